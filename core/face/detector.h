/* detector.h: a network that says where faces may be: boxes with scores.
 *
 * Tiny face detector of face-api.js: a smaller YOLOv2 (Redmon and Farhadi, "YOLO9000: better, faster, stronger", CVPR 2017,
 * section 2, "direct location prediction") of depthwise separable convolutions.
 */

#ifndef DFI_DETECTOR_H
#define DFI_DETECTOR_H

#include "picture/image.h"
#include "files/safetensors-reader.h"

#define DFI_DETECTOR_CELL 32 /* pixels; what the network reduces to one position */

typedef struct
{
  double box[4]; /* x, y, width, height */
  double score;  /* 0..1 */
} DfiDetection;

typedef struct _DfiDetector DfiDetector; /* weights; never changes after load, so threads may share it */

/* From the tensors `detector.*`.  DFI_ERROR_FORMAT or _MEMORY.  Free with dfi_detector_free(). */
DfiDetector *dfi_detector_new (const DfiSafetensors *file, GError **error);
void         dfi_detector_free (DfiDetector *detector); /* NULL is fine */

/**
 * dfi_detector_run:
 * @image: sides are multiples of DFI_DETECTOR_CELL; what there is no picture for is black
 * @threshold: least score
 * @found: (element-type DfiDetection): detections in the image's pixels are added to it, not yet one a face
 * @error: DFI_ERROR_MEMORY
 *
 * Faces of some 20 to 400 pixels are found.
 */
gboolean dfi_detector_run (const DfiDetector *detector, const DfiImage *image, double threshold, GArray *found, GError **error);

/* Keeps, best score first, those that overlap no better one by more than @overlap: intersection over union. */
void dfi_detections_reduce (GArray *detections, double overlap);

/* Intersection over union of two boxes, x, y, width, height: 0..1. */
double dfi_box_overlap (const double a[4], const double b[4]);

#endif
