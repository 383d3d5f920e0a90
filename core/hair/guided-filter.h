/* guided-filter.h: a coarse map that follows the edges of a picture: He, Sun and Tang, "Guided image filtering", IEEE PAMI 35,
 * 2013. */

#ifndef DFI_GUIDED_FILTER_H
#define DFI_GUIDED_FILTER_H

#include "picture/image.h"

/**
 * dfi_guided_fit:
 * @fit: (height, width, 4) (out caller-allocates): a of R', G' and B', and b
 * @guide: (3, height, width), 0..1
 * @map: (height, width)
 * @weights: (height, width), > 0: how much each pixel of @map counts
 * @radius: pixels to either side of the windows in which @map = a . guide + b is fitted, and over which these are averaged
 * @epsilon: > 0, in squares of the guide's units: what varies less than its root counts as plain
 * @error: DFI_ERROR_MEMORY
 *
 * The filtered map is a . guide + b.  With the coefficients between the pixels interpolated, and the guide in its full size, it
 * is as sharp as that (He and Sun, "Fast guided filter", 2015).
 */
gboolean dfi_guided_fit (float          *fit,
                         const DfiImage *guide,
                         const float    *map,
                         const float    *weights,
                         int             radius,
                         float           epsilon,
                         GError        **error);

#endif
