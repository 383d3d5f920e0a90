#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/vectorise.h"
#include "hair/guided-filter.h"
#include "picture/box-mean.h"

/* What is averaged over windows: the guide's channels, the map, their products. */
enum
{
  MAP          = 3,
  MAP_GUIDE    = 4, /* map times channel, thrice */
  GUIDE_SQUARE = 7, /* RR, RG, RB, GG, GB, BB */
  WEIGHT       = 13,
  N_MEANS      = 14,
  N_FITTED     = 4
};

static const int pairs[6][2] = { { 0, 0 }, { 0, 1 }, { 0, 2 }, { 1, 1 }, { 1, 2 }, { 2, 2 } };

/* ---------- the fit ---------- */

static void
multiply (float *restrict product, const float *a, const float *b, size_t n)
{
  for (size_t i = 0; i < n; i++)
    product[i] = a[i] * b[i];
}

static void
divide (float *restrict values, const float *by, size_t n)
{
  for (size_t i = 0; i < n; i++)
    values[i] /= by[i];
}

/* The windows' means become their a and b, in the first N_FITTED planes: eq. 19 to 21, the matrix inverted by its cofactors.
 * It is positive definite, since @epsilon is added to its diagonal. */
DFI_VECTORISE
static void
fit_windows (float *restrict means, size_t n, float epsilon)
{
  for (size_t i = 0; i < n; i++)
    {
      float r = means[i], g = means[n + i], b = means[2 * n + i], map = means[MAP * n + i];
      float pr = means[MAP_GUIDE * n + i] - map * r, pg = means[(MAP_GUIDE + 1) * n + i] - map * g;
      float pb = means[(MAP_GUIDE + 2) * n + i] - map * b;
      float rr = means[GUIDE_SQUARE * n + i] - r * r + epsilon, rg = means[(GUIDE_SQUARE + 1) * n + i] - r * g;
      float rb = means[(GUIDE_SQUARE + 2) * n + i] - r * b, gg = means[(GUIDE_SQUARE + 3) * n + i] - g * g + epsilon;
      float gb = means[(GUIDE_SQUARE + 4) * n + i] - g * b, bb = means[(GUIDE_SQUARE + 5) * n + i] - b * b + epsilon;
      float c0 = gg * bb - gb * gb, c1 = rb * gb - rg * bb, c2 = rg * gb - rb * gg;
      float scale = 1.0f / (rr * c0 + rg * c1 + rb * c2);
      float ar    = scale * (c0 * pr + c1 * pg + c2 * pb);
      float ag    = scale * (c1 * pr + (rr * bb - rb * rb) * pg + (rg * rb - rr * gb) * pb);
      float ab    = scale * (c2 * pr + (rg * rb - rr * gb) * pg + (rr * gg - rg * rg) * pb);

      means[i]         = ar;
      means[n + i]     = ag;
      means[2 * n + i] = ab;
      means[3 * n + i] = map - ar * r - ag * g - ab * b;
    }
}

/* The planes over which windows average: the guide, the map and their products, times the weights, and these. */
static void
fill_planes (float *planes, const DfiImage *guide, const float *map, const float *weights, size_t n)
{
  const float *rgb     = guide->data;
  float       *weighed = planes; /* the guide's channels */

  for (int c = 0; c < 3; c++)
    multiply (weighed + c * n, rgb + c * n, weights, n);
  multiply (planes + MAP * n, map, weights, n);
  for (int c = 0; c < 3; c++)
    multiply (planes + (MAP_GUIDE + c) * n, map, weighed + c * n, n);
  for (int k = 0; k < 6; k++)
    multiply (planes + (GUIDE_SQUARE + k) * n, rgb + pairs[k][0] * n, weighed + pairs[k][1] * n, n);
  memcpy (planes + WEIGHT * n, weights, n * sizeof *planes);
}

gboolean
dfi_guided_fit (float          *fit,
                const DfiImage *guide,
                const float    *map,
                const float    *weights,
                int             radius,
                float           epsilon,
                GError        **error)
{
  const int    height = guide->height, width = guide->width;
  const size_t n       = (size_t) height * width;
  float       *planes  = dfi_try_alloc ((N_MEANS + 1) * n + width, sizeof *planes, error);
  float       *scratch = planes + N_MEANS * n, *weight = planes + WEIGHT * n;

  if (! planes)
    return FALSE;

  fill_planes (planes, guide, map, weights, n);
  for (int k = 0; k < N_MEANS; k++)
    dfi_box_mean (planes + k * n, height, width, radius, scratch);
  for (int k = 0; k < WEIGHT; k++)
    divide (planes + k * n, weight, n);
  fit_windows (planes, n, epsilon);

  /* Windows count by what their pixels counted. */
  for (int k = 0; k < N_FITTED; k++)
    {
      multiply (planes + (N_FITTED + k) * n, planes + k * n, weight, n);
      dfi_box_mean (planes + (N_FITTED + k) * n, height, width, radius, scratch);
    }
  dfi_box_mean (weight, height, width, radius, scratch);
  for (int k = 0; k < N_FITTED; k++)
    for (size_t i = 0; i < n; i++)
      fit[N_FITTED * i + k] = planes[(N_FITTED + k) * n + i] / weight[i];
  g_free (planes);
  return TRUE;
}
