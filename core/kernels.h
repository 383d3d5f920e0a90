/* kernels.h: what the encoder does to feature maps, behind one table, so that faster versions can take over one by one.
 *
 * Maps are (C, H, W) floats, row-major, one picture at a time. Outputs come first and are overwritten; nothing overlaps
 * unless it says "in place". Sizes are at least 1. Kernels cannot fail: whoever calls has checked all.
 */

#ifndef DFI_KERNELS_H
#define DFI_KERNELS_H

#include <glib.h>

typedef struct
{
  /* Floats of scratch that conv3x3 wants for any input of up to @channels x @width, whatever the height. */
  size_t (* conv3x3_scratch) (int           channels,
                              int           width);

  /* y[k, i, j] = sum over c, di, dj of w[k, c, di, dj] x[c, i + di - 1, j + dj - 1], zero outside x
   *
   * y (K, H, W)   w (K, C, 3, 3)   x (C, H, W)
   *
   * Its gradient with respect to x is the same sum with the filters turned by 180 degrees and their first two axes
   * swapped, so one function serves both ways. */
  void   (* conv3x3)         (float        *y,
                              const float  *w,
                              const float  *x,
                              int           n_filters,
                              int           channels,
                              int           height,
                              int           width,
                              float        *scratch);

  /* In place: x = max (x + bias, 0). Bit j % 8 of active[j / 8] says whether element j came out positive.
   * x (C, n)   bias (C)   active: (C n + 7) / 8 bytes */
  void   (* bias_relu)       (float        *x,
                              guint8       *active,
                              const float  *bias,
                              int           channels,
                              size_t        n);

  /* In place: dx = 0 wherever the unit was not active. dx (n) */
  void   (* relu_gradient)   (float        *dx,
                              const guint8 *active,
                              size_t        n);

  /* 2x2 maxima, stride 2; an odd last row or column is left out. choice (C, H/2, W/2) says which of the four it was,
   * 2 * row + column, the first of equals.  y (C, H/2, W/2)   x (C, H, W) */
  void   (* max_pool)        (float        *y,
                              guint8       *choice,
                              const float  *x,
                              int           channels,
                              int           height,
                              int           width);

  /* dx (C, H, W): dy where the maximum was, 0 elsewhere.  dy (C, H/2, W/2) */
  void   (* pool_gradient)   (float        *dx,
                              const float  *dy,
                              const guint8 *choice,
                              int           channels,
                              int           height,
                              int           width);
} DfiKernels;

/* Complete and correct on its own; OpenBLAS does the multiplying. */
extern const DfiKernels dfi_kernels_plain;

#endif
