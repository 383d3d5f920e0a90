/* total-variation.h: how rough a picture is. */

#ifndef DFI_TOTAL_VARIATION_H
#define DFI_TOTAL_VARIATION_H

#include "base/threads.h"

/**
 * dfi_total_variation:
 * @z: (3, height, width) in 0..1
 * @beta: the exponent, > 0
 * @weight: the gradient is multiplied by it before it is added; the value returned is not
 * @gradient: (3, height, width), added to
 * @scratch: dfi_total_variation_scratch() doubles
 *
 * R_beta(z) = sum over channels and pixels that have a right and a lower neighbour of (dx^2 + dy^2)^(beta/2), where dx and
 * dy are differences to those neighbours in units of 0..255.  Where dx = dy = 0 and beta < 2 the gradient is taken as 0,
 * the subgradient of least norm.  The numbers are the same for any number of threads.
 *
 * Source: Upchurch et al., "Deep Feature Interpolation for Image Content Changes", CVPR 2017, eq. 4.
 */
double dfi_total_variation (const float *z,
                            int          height,
                            int          width,
                            double       beta,
                            double       weight,
                            float       *gradient,
                            DfiThreads  *threads,
                            double      *scratch);

/* How many doubles of scratch that takes. */
size_t dfi_total_variation_scratch (int height, int width, int n_threads);

#endif
