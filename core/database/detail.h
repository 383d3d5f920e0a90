/* detail.h: a rectangle of the frame that has rows of its own.
 *
 * A few hundred rows of the whole frame tell light, pose and the shape of a head; of the rims of glasses or of teeth they leave
 * a shadow.  Rows that are 0 outside a rectangle cost as many bytes as it is large, and all that they tell is of what is in it.
 * They are of what the rows of the whole frame leave over: with mean m, basis B and a detail's basis P,
 *
 *   phi  ~  m + B^T c + P^T d,    c = B (phi - m),    d = P (phi - m - B^T c)
 *
 * in the detail, so that whoever does not know of details has a database that is coarser, and nothing else.
 */

#ifndef DFI_DETAIL_H
#define DFI_DETAIL_H

#include "database/basis.h"

#define DFI_DETAILS_MAX 8 /* of a database */

typedef struct
{
  size_t   cells[4]; /* left, top, right, bottom among the places of the deepest tap; right and bottom are the first outside */
  DfiBasis basis;    /* of layout dfi_detail_layout() */
} DfiDetail;

/* What the names of the tensors of the detail number @number begin with: "detail-0-" and so on. */
const char *dfi_detail_prefix (int number);

/* Whether two details have a place in common. */
gboolean dfi_details_meet (const size_t a[4], const size_t b[4]);

/* What of @whole is in the detail: each tap's maps, cut out. FALSE when @cells are not a rectangle within the deepest tap, or
 * its places do not divide the other taps' evenly. */
gboolean dfi_detail_layout (const DfiLayout *whole, const size_t cells[4], DfiLayout *layout);

/* @part, in the detail's layout: what of @features (D) is in it. */
void dfi_detail_take (const DfiLayout *whole, const DfiDetail *detail, const float *features, float *part);

/* The way back: @features (D) += @part in the detail. */
void dfi_detail_add (const DfiLayout *whole, const DfiDetail *detail, const float *part, float *features);

#endif
