/* blend.h: the change that was made in the frame, brought back to the photograph. */

#ifndef DFI_BLEND_H
#define DFI_BLEND_H

#include "base/error.h"
#include "picture/align.h"

/* Edited pixels for a rectangle of the photograph.  Colours are not multiplied by alpha.  Laid over the photograph with
 * ordinary blending of R'G'B' values it gives the edited photograph; where alpha is 0 nothing changes. */
typedef struct
{
  int    x, y; /* of the rectangle's corner in the photograph */
  int    width, height;
  float *rgba; /* (height, width, 4), R'G'B'A 0..1 */
} DfiPatch;

/**
 * dfi_blend:
 * @photo: the untouched photograph, or the part of it that the frame covers
 * @change: (3, size, size), what is to be added to the face's R'G'B' in the frame
 * @crop: (3, size, size): the face in its frame
 * @fresh: (nullable): (size, size), from dfi_fresh_find(): where nothing is left of what the photograph has beyond @crop
 * @mask: (size, size), from dfi_mask_new(): 0 at the frame's border; or from dfi_mask_whole()
 * @to_frame: photograph -> frame
 * @progress: (nullable): asked with @data
 *
 * Only the change travels: enlarged smoothly to the face's true size, added to the photograph's own pixels, and faded out by
 * the mask.
 *
 * Returns: (transfer full) (nullable): free with dfi_patch_free(); DFI_ERROR_MEMORY or _CANCELLED otherwise, or DFI_ERROR_VALUE
 *          when the face lies wholly outside @photo
 */
DfiPatch *dfi_blend (const DfiImage      *photo,
                     const DfiImage      *change,
                     const DfiImage      *crop,
                     const float         *fresh,
                     const float         *mask,
                     const DfiSimilarity *to_frame,
                     DfiProgressFunc      progress,
                     gpointer             data,
                     GError             **error);

/* Lays @patch over @photo, in place. */
void dfi_patch_composite (const DfiPatch *patch, DfiImage *photo);

/* What two patches of one photograph, in place of the same corner, are together, @upper laid over @lower: a patch that covers
 * both.  DFI_ERROR_MEMORY.  Free with dfi_patch_free(). */
DfiPatch *dfi_patch_join (const DfiPatch *lower, const DfiPatch *upper, GError **error);
/* Lays @patch, which it takes, over *@all, which is NULL before the first and after an error: as above. */
gboolean dfi_patch_add (DfiPatch **all, DfiPatch *patch, GError **error);
void     dfi_patch_free (DfiPatch *patch); /* NULL is fine */

#endif
