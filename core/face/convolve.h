/* convolve.h: the forward kernels that small convolutional networks are made of.
 *
 * Maps are planar, (channels, height, width).  Nothing may overlap.  Sizes are the caller's to check: kernels cannot fail.
 */

#ifndef DFI_CONVOLVE_H
#define DFI_CONVOLVE_H

#include <glib.h>

/* y (K, N) = filters (K, C) x (C, N) + bias (K); @y_row and @x_row are the rows' lengths in memory. */
void dfi_convolve_points (float       *y,
                          const float *filters,
                          const float *bias,
                          const float *x,
                          int          n_filters,
                          int          n_channels,
                          size_t       n,
                          size_t       y_row,
                          size_t       x_row);

/**
 * dfi_convolve_3x3:
 * @y: (K, out_height, out_width)
 * @filters: (K, C, 3, 3)
 * @bias: (K)
 * @x: (C, height, width)
 * @scratch: (9 C, out_width)
 *
 * y[k, i, j] = bias[k] + sum over c, u, v of filters[k, c, u, v] x[c, i stride + u, j stride + v], where x is 0 beyond its
 * last row and column.
 */
void dfi_convolve_3x3 (float       *y,
                       const float *filters,
                       const float *bias,
                       const float *x,
                       int          n_filters,
                       int          n_channels,
                       int          height,
                       int          width,
                       int          stride,
                       int          out_height,
                       int          out_width,
                       float       *scratch);

/**
 * dfi_convolve_planes:
 * @y: (C, height / stride, width / stride)
 * @filters: (C, 3, 3)
 * @x: (C, height, width)
 * @stride: 1, or 2 with even sides
 * @scratch: (height + 2, width + 2)
 *
 * A filter a channel, x being 0 outside.  With stride 1 the filter's middle is at the result's pixel, with stride 2 its upper
 * left corner is: TensorFlow's padding “same”.
 */
void dfi_convolve_planes (float       *y,
                          const float *filters,
                          const float *x,
                          int          n_channels,
                          int          height,
                          int          width,
                          int          stride,
                          float       *scratch);

/* x (n): x > 0 ? x : slope x; slope 0 is the plain rectifier. */
void dfi_leaky_relu (float *x, float slope, size_t n);

/* y: largest of 2x2 with @stride 1 (height, width) or 2 ((height + 1) / 2, (width + 1) / 2); fewer at the lower and right
 * edge. */
void dfi_max_pool_2x2 (float *y, const float *x, int n_channels, int height, int width, int stride);

#endif
