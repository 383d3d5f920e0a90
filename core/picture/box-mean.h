/* box-mean.h: the mean around each pixel. */

#ifndef DFI_BOX_MEAN_H
#define DFI_BOX_MEAN_H

#include <glib.h>

/**
 * dfi_box_mean:
 * @plane: (height, width), in place: means over squares of @radius to every side of a pixel; beyond the edges there is nothing
 * @scratch: (height + 1, width)
 */
void dfi_box_mean (float *plane, int height, int width, int radius, float *scratch);

#endif
