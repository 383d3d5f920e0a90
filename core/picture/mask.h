/* mask.h: where in the frame a change may show. */

#ifndef DFI_MASK_H
#define DFI_MASK_H

#include "picture/align.h"

/* How far from the middle of the face a change may reach. */
typedef enum
{
  DFI_REGION_FACE, /* forehead to chin */
  DFI_REGION_HEAD  /* hair, ears, hats too: almost the whole frame */
} DfiRegion;

/**
 * dfi_mask_new:
 * @face: in the photograph
 * @to_frame: photograph -> frame
 * @size: of the frame
 * @feather: width of the fade beyond the outline, > 0, in distances between the eyes
 *
 * 1 within the convex outline of jaw, brows and a forehead above them, falling smoothly to 0 beyond it, and to 0 towards the
 * frame's border.
 *
 * Returns: (transfer full) (nullable): (size, size) in 0..1; free with g_free(); DFI_ERROR_MEMORY otherwise, or DFI_ERROR_VALUE
 *          when a landmark is not finite
 */
float *
dfi_mask_new (const DfiFace *face, const DfiSimilarity *to_frame, int size, DfiRegion region, double feather, GError **error);

/* 1 everywhere, for a database of whole pictures.  As above. */
float *dfi_mask_whole (int size, GError **error);

#endif
