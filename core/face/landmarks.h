/* landmarks.h: a network that says where the 68 landmarks of a face are.
 *
 * The larger landmark network of face-api.js: four blocks of depthwise separable convolutions whose results are added up, as
 * in Huang et al., "Densely connected convolutional networks", CVPR 2017.
 */

#ifndef DFI_LANDMARKS_H
#define DFI_LANDMARKS_H

#include "picture/face.h"
#include "picture/image.h"
#include "files/safetensors-reader.h"

#define DFI_LANDMARKS_SIDE 112 /* pixels of the square that the network sees */

typedef struct _DfiLandmarker DfiLandmarker; /* weights; never changes after load, so threads may share it */

/* From the tensors `landmarks.*`.  DFI_ERROR_FORMAT or _MEMORY.  Free with dfi_landmarker_free(). */
DfiLandmarker *dfi_landmarker_new (const DfiSafetensors *file, GError **error);
void           dfi_landmarker_free (DfiLandmarker *landmarker); /* NULL is fine */

/* @image: (3, DFI_LANDMARKS_SIDE, DFI_LANDMARKS_SIDE), a face fills it; @landmarks: in its pixels.  DFI_ERROR_MEMORY. */
gboolean
dfi_landmarker_run (const DfiLandmarker *landmarker, const DfiImage *image, double landmarks[DFI_N_LANDMARKS][2], GError **error);

#endif
