/* mask.h: where in the frame a change may show. */

#ifndef DFI_MASK_H
#define DFI_MASK_H

#include "picture/align.h"

/* Where in a face a change may reach. */
typedef enum
{
  DFI_REGION_FACE,      /* forehead to chin */
  DFI_REGION_SKIN,      /* the face, but little of what somebody is known by: brows, eyes, nose and lips */
  DFI_REGION_HEAD,      /* hair, ears, hats too: almost the whole frame, of which ground.h leaves out plain walls */
  DFI_REGION_EYES,      /* what glasses cover: brows to cheeks, and out to the ears */
  DFI_REGION_UPPER_LIP, /* nose to the upper lip: a moustache */
  DFI_REGION_MOUTH,     /* the lips, and what is between them */
  DFI_REGION_JAW,       /* all below the nose: a beard */
  DFI_REGION_LIPS,      /* the lips without what is between them: no teeth */
  DFI_REGION_HAIR,      /* all of the hair, which reaches beyond the frame: no part of the frame is its place */
  DFI_REGION_FOREHEAD   /* the hair above the forehead, and the forehead as far as hair falls over it: likewise */
} DfiRegion;

#define DFI_N_REGIONS (DFI_REGION_FOREHEAD + 1)

/**
 * dfi_mask_new:
 * @face: in the photograph
 * @to_frame: photograph -> frame
 * @size: of the frame
 * @feather: width of the fade beyond the outline, > 0, in distances between the eyes; a part of it where the region is small
 *
 * 1 within the convex outline of the region's landmarks, for face and head with a forehead above the brows, falling smoothly to 0
 * beyond it, and to 0 towards the frame's border; less than 1 where the region's change is to be small. 0 everywhere for hair and
 * a fringe.
 *
 * Returns: (transfer full) (nullable): (size, size) in 0..1; free with g_free(); DFI_ERROR_MEMORY otherwise, or DFI_ERROR_VALUE
 *          when a landmark is not finite
 */
float *
dfi_mask_new (const DfiFace *face, const DfiSimilarity *to_frame, int size, DfiRegion region, double feather, GError **error);

/* 1 everywhere, for a database of whole pictures.  As above. */
float *dfi_mask_whole (int size, GError **error);

#endif
