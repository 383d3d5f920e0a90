/* patch.h: a rectangle of the frame that has rows of its own.
 *
 * A few hundred rows of the whole frame tell light, pose and the shape of a head; of the rims of glasses or of teeth they leave
 * a shadow.  Rows that are 0 outside a rectangle cost as many bytes as it is large, and all that they tell is of what is in it.
 * They are of what the rows of the whole frame leave over: with mean m, basis B and a patch's basis P,
 *
 *   phi  ~  m + B^T c + P^T d,    c = B (phi - m),    d = P (phi - m - B^T c)
 *
 * in the patch, so that whoever does not know of patches has a database that is coarser, and nothing else.
 */

#ifndef DFI_PATCH_H
#define DFI_PATCH_H

#include "database/basis.h"

#define DFI_PATCHES_MAX 8 /* of a database */

typedef struct
{
  size_t   cells[4]; /* left, top, right, bottom among the places of the deepest tap; right and bottom are the first outside */
  DfiBasis basis;    /* of layout dfi_patch_layout() */
} DfiPatch;

/* Whether two patches have a place in common. */
gboolean dfi_patches_meet (const size_t a[4], const size_t b[4]);

/* What of @whole is in the patch: each tap's maps, cut out. FALSE when @cells are not a rectangle within the deepest tap, or
 * its places do not divide the other taps' evenly. */
gboolean dfi_patch_layout (const DfiLayout *whole, const size_t cells[4], DfiLayout *layout);

/* @part, in the patch's layout: what of @features (D) is in it. */
void dfi_patch_take (const DfiLayout *whole, const DfiPatch *patch, const float *features, float *part);

/* The way back: @features (D) += @part in the patch. */
void dfi_patch_add (const DfiLayout *whole, const DfiPatch *patch, const float *part, float *features);

#endif
