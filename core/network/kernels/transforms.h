/* transforms.h: the three transforms of Winograd's F(6x6, 3x3), in one dimension; tiles and filters take them in both.
 *
 * Eight numbers of the input go in as B^T d, three of a filter as G g, and the sums of their products come out as six numbers in
 * A^T m. Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016, has the whole; the matrices follow
 * from the points at which polynomials are multiplied, here 0, +-1, +-2, +-1/2 and infinity. Of each pair of points one gives the
 * sum of what the other gives the difference of.
 *
 * Each takes every @step-th vector and leaves every @out_step-th.
 */

#ifndef DFI_TRANSFORMS_H
#define DFI_TRANSFORMS_H

#include "network/kernels/simd.h"

#define SIDE   6          /* of a tile's outputs */
#define AROUND (SIDE + 2) /* of a tile's inputs, and of its transform */

static inline __attribute__ ((always_inline)) void
transform_input (Vector *out, int out_step, const Vector *d, int step)
{
  Vector d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step];
  Vector d4 = d[4 * step], d5 = d[5 * step], d6 = d[6 * step], d7 = d[7 * step];
  Vector even_1 = d2 + d6 - 4.25f * d4, odd_1 = d1 + d5 - 4.25f * d3;
  Vector even_2 = d6 + 0.25f * d2 - 1.25f * d4, odd_2 = d5 + 0.25f * d1 - 1.25f * d3;
  Vector even_h = d6 + 4.0f * d2 - 5.0f * d4, odd_h = d5 + 4.0f * d1 - 5.0f * d3;

  out[0]            = d0 - d6 + 5.25f * (d4 - d2);
  out[out_step]     = even_1 + odd_1;
  out[2 * out_step] = even_1 - odd_1;
  out[3 * out_step] = even_2 + 2.0f * odd_2;
  out[4 * out_step] = even_2 - 2.0f * odd_2;
  out[5 * out_step] = even_h + 0.5f * odd_h;
  out[6 * out_step] = even_h - 0.5f * odd_h;
  out[7 * out_step] = d7 - d1 + 5.25f * (d3 - d5);
}

/* What a filter gives at @point and at -@point. */
static inline __attribute__ ((always_inline)) void
transform_filter_at (Vector *out, int out_step, const Vector *g, int step, const float point)
{
  /* by the products of the points' differences */
  const float scale = point == 1.0f ? -2.0f / 9.0f : point == 2.0f ? 1.0f / 90.0f : 32.0f / 45.0f;
  Vector      even = scale * g[0] + point * point * scale * g[2 * step], odd = point * scale * g[step];

  out[0]        = even + odd;
  out[out_step] = even - odd;
}

static inline __attribute__ ((always_inline)) void
transform_filter (Vector *out, int out_step, const Vector *g, int step)
{
  out[0] = g[0];
  transform_filter_at (out + out_step, out_step, g, step, 1.0f);
  transform_filter_at (out + 3 * out_step, out_step, g, step, 2.0f);
  transform_filter_at (out + 5 * out_step, out_step, g, step, 0.5f);
  out[7 * out_step] = g[2 * step];
}

static inline __attribute__ ((always_inline)) void
transform_output (Vector *out, int out_step, const Vector *m, int step)
{
  Vector sum_1 = m[step] + m[2 * step], difference_1 = m[step] - m[2 * step];
  Vector sum_2 = m[3 * step] + m[4 * step], difference_2 = m[3 * step] - m[4 * step];
  Vector sum_h = m[5 * step] + m[6 * step], difference_h = m[5 * step] - m[6 * step];

  out[0]            = m[0] + sum_1 + sum_2 + sum_h;
  out[out_step]     = difference_1 + 2.0f * difference_2 + 0.5f * difference_h;
  out[2 * out_step] = sum_1 + 4.0f * sum_2 + 0.25f * sum_h;
  out[3 * out_step] = difference_1 + 8.0f * difference_2 + 0.125f * difference_h;
  out[4 * out_step] = sum_1 + 16.0f * sum_2 + 0.0625f * sum_h;
  out[5 * out_step] = difference_1 + 32.0f * difference_2 + 0.03125f * difference_h + m[7 * step];
}

#endif
