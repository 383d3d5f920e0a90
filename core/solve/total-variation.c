/* total-variation.c: row by row, so that threads can share the rows out. To a row's part of the gradient its own differences
 * contribute, and those of the row above.
 */

#include "config.h"

#include <math.h>

#include "base/vectorise.h"
#include "solve/total-variation.h"

#define PIECES 32 /* of the rows, for threads to take */

typedef struct
{
  const float *z;
  float       *gradient;
  int          height, width;
  double       beta;
  float        weight;
  double      *sums;   /* (3 height): each row's variation */
  float       *slopes; /* each thread's three rows, slopes_step() apart */
} Variation;

/* Returns the total variation of one row of one channel but its last pixel. @across and @down (n) get the slopes by the
 * difference to the pixel on the right, (z[j + 1] - z[j]), and by the one to the pixel below. */
DFI_VECTORISE
static double
row_variation (float *across, float *down, const float *z, const float *below, int n, double beta)
{
  const double unit = 255.0;
  double       sum  = 0.0;

  if (beta == 2.0) /* the same as below, but for vectors */
    {
#pragma omp simd reduction(+ : sum)
      for (int j = 0; j < n; j++)
        {
          double dx = unit * (z[j + 1] - z[j]), dy = unit * (below[j] - z[j]);

          across[j] = 2.0 * unit * dx;
          down[j]   = 2.0 * unit * dy;
          sum += dx * dx + dy * dy;
        }
      return sum;
    }

  for (int j = 0; j < n; j++)
    {
      double dx = unit * (z[j + 1] - z[j]), dy = unit * (below[j] - z[j]);
      double square = dx * dx + dy * dy;
      double slope  = square > 0.0 ? beta * pow (square, beta / 2.0 - 1.0) : 0.0; /* of square^(beta/2), by dx^2 / 2; without
                                                                                      * end at 0 where beta < 2 */
      across[j]     = unit * slope * dx;
      down[j]       = unit * slope * dy;
      sum += slope * square / beta;
    }
  return sum;
}

/* Adds to a row's gradient what the row's own slopes contribute. */
DFI_VECTORISE
static void
add_slopes (float *restrict gradient, const float *restrict across, const float *restrict down, int n, float weight)
{
  gradient[0] -= weight * (across[0] + down[0]);
  for (int j = 1; j < n; j++)
    gradient[j] += weight * (across[j - 1] - across[j] - down[j]);
  gradient[n] += weight * across[n - 1];
}

/* Adds to a row's gradient what the slopes of the row above contribute. */
DFI_VECTORISE
static void
add_slopes_below (float *restrict gradient, const float *restrict down, int n, float weight)
{
  for (int j = 0; j < n; j++)
    gradient[j] += weight * down[j];
}

static size_t
slopes_step (int width)
{
  return dfi_scratch_step (3 * (size_t) width);
}

static void
do_rows (int piece, int thread, gpointer data)
{
  const Variation *variation = data;
  const int        width = variation->width, n = width - 1;
  int              first  = dfi_stretch (3 * variation->height, piece, PIECES);
  int              end    = dfi_stretch (3 * variation->height, piece + 1, PIECES);
  float           *across = variation->slopes + thread * slopes_step (width);
  float           *down = across + width, *above = down + width;

  for (int row = first; row < end; row++)
    {
      const float *z        = variation->z + (size_t) row * width;
      float       *gradient = variation->gradient + (size_t) row * width, *spare = above;
      int          i = row % variation->height; /* in its channel */

      if (i > 0 && row == first)
        row_variation (across, above, z - width, z, n, variation->beta);
      if (i > 0)
        add_slopes_below (gradient, above, n, variation->weight);

      variation->sums[row] = 0.0;
      if (i < variation->height - 1)
        {
          variation->sums[row] = row_variation (across, down, z, z + width, n, variation->beta);
          add_slopes (gradient, across, down, n, variation->weight);
        }
      above = down;
      down  = spare;
    }
}

size_t
dfi_total_variation_scratch (int height, int width, int n_threads)
{
  return (size_t) 3 * height + n_threads * slopes_step (width) * sizeof (float) / sizeof (double);
}

double
dfi_total_variation (const float *z,
                     int          height,
                     int          width,
                     double       beta,
                     double       weight,
                     float       *gradient,
                     DfiThreads  *threads,
                     double      *scratch)
{
  Variation variation = {
    .z        = z,
    .gradient = gradient,
    .height   = height,
    .width    = width,
    .beta     = beta,
    .weight   = weight,
    .sums     = scratch,
    .slopes   = (float *) (scratch + 3 * height),
  };
  double sum = 0.0;

  if (width < 2)
    return 0.0;

  dfi_threads_run (threads, PIECES, do_rows, &variation);
  for (int row = 0; row < 3 * height; row++)
    sum += variation.sums[row];
  return sum;
}
