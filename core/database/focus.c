#include "config.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "database/focus.h"
#include "picture/smooth-step.h"

/* Energy by chance varies, too: what exceeds its mean by less than this factor is taken for chance. */
#define DOUBT 1.5

/* Amplitudes, in shares of the largest, that are left out, and from which on all is kept. */
#define FAINT 0.08
#define CLEAR 0.3

/* Cells (height, width): one for each position of the coarsest part. */
typedef struct
{
  int height;
  int width;
} Grid;

static Grid
coarsest (const DfiLayout *layout)
{
  Grid grid = { G_MAXINT, G_MAXINT };

  for (int p = 0; p < dfi_layout_parts (layout); p++)
    {
      grid.height = MIN (grid.height, (int) layout->shape[p][1]);
      grid.width  = MIN (grid.width, (int) layout->shape[p][2]);
    }
  return grid;
}

/* Adds to each cell the squares of the part's features in it, over @norm. */
static void
add_energy (double *cells, Grid grid, const float *w, const size_t shape[3], double norm)
{
  for (size_t c = 0; c < shape[0]; c++)
    for (size_t y = 0; y < shape[1]; y++)
      {
        double      *row  = cells + y * grid.height / shape[1] * grid.width;
        const float *from = w + (c * shape[1] + y) * shape[2];

        for (size_t x = 0; x < shape[2]; x++)
          row[x * grid.width / shape[2]] += (double) from[x] * from[x] / norm;
      }
}

/* Sum of the squares of @w (n). */
static double
energy (const float *w, size_t n)
{
  double sum = 0.0;

  for (size_t i = 0; i < n; i++)
    sum += (double) w[i] * w[i];
  return sum;
}

/* Means over each cell and its neighbours, the nearer the heavier: 1 2 1, then 1 2 1 down. */
static void
smooth (float *cells, float *scratch, Grid grid)
{
  for (int y = 0; y < grid.height; y++)
    for (int x = 0; x < grid.width; x++)
      {
        const float *row = cells + y * grid.width;

        scratch[y * grid.width + x] = 0.25f * (row[MAX (x - 1, 0)] + 2.0f * row[x] + row[MIN (x + 1, grid.width - 1)]);
      }
  for (int y = 0; y < grid.height; y++)
    for (int x = 0; x < grid.width; x++)
      {
        const float *above = scratch + MAX (y - 1, 0) * grid.width, *row = scratch + y * grid.width;
        const float *below = scratch + MIN (y + 1, grid.height - 1) * grid.width;

        cells[y * grid.width + x] = 0.25f * (above[x] + 2.0f * row[x] + below[x]);
      }
}

/* The weight at position (@y, @x) of a part of @height x @width, between the cells' centres. */
static float
weight_at (const float *cells, Grid grid, size_t y, size_t x, size_t height, size_t width)
{
  float        down  = MAX ((y + 0.5f) * grid.height / height - 0.5f, 0.0f);
  float        right = MAX ((x + 0.5f) * grid.width / width - 0.5f, 0.0f);
  int          top = (int) down, left = (int) right;
  const float *upper = cells + top * grid.width, *lower = cells + MIN (top + 1, grid.height - 1) * grid.width;
  int          next = MIN (left + 1, grid.width - 1);
  float        above, below;

  down -= top;
  right -= left;
  above = upper[left] + right * (upper[next] - upper[left]);
  below = lower[left] + right * (lower[next] - lower[left]);
  return above + down * (below - above);
}

/* Multiplies the features (C, H, W) of one part by the cells' weights. */
static void
weigh (float *w, const size_t shape[3], const float *cells, Grid grid)
{
  for (size_t y = 0; y < shape[1]; y++)
    for (size_t x = 0; x < shape[2]; x++)
      {
        float weight = weight_at (cells, grid, y, x, shape[1], shape[2]);

        for (size_t c = 0; c < shape[0]; c++)
          w[(c * shape[1] + y) * shape[2] + x] *= weight;
      }
}

/* The share that chance does not explain, and less of it where the direction says far less than where it says most: what comes
 * with an attribute by custom, such as long hair with a fringe, may be sure, but is not what was asked for. */
static void
cell_weights (float *weights, const double *all, const double *chance, size_t n)
{
  double most = 0.0;

  for (size_t i = 0; i < n; i++)
    if (chance[i] > 0.0)
      most = MAX (most, all[i] / chance[i]);
  for (size_t i = 0; i < n; i++)
    {
      double ratio = chance[i] > 0.0 ? all[i] / chance[i] : G_MAXDOUBLE;
      double share = (sqrt (ratio / most) - FAINT) / (CLEAR - FAINT);

      weights[i] = ratio > DOUBT ? (1.0 - DOUBT / ratio) * dfi_smooth_step (share) : 0.0;
    }
}

/* From cells' weights to the shares of a face's own that give way there: half where the direction has as much energy as the way
 * in which faces vary. */
static void
giving_shares (float             *shares,
               const float       *weights,
               const double      *all,
               const double      *chance,
               size_t             n,
               const DfiYielding *yielding)
{
  for (size_t i = 0; i < n; i++)
    {
      double change = MAX (all[i] - chance[i], 0.0), vary = yielding->variety * chance[i];

      shares[i] = change > 0.0 ? weights[i] * change / (change + vary) : 0.0;
    }
}

/* Multiplies all features of @w (D) by their cells' weights. */
static void
weigh_parts (const DfiLayout *layout, float *w, const float *cells, Grid grid)
{
  for (int p = 0; p < dfi_layout_parts (layout); p++)
    {
      weigh (w, layout->shape[p], cells, grid);
      w += dfi_layout_part_size (layout, p);
    }
}

gboolean
dfi_focus (const DfiLayout *layout, float *direction, const float *chance, const DfiYielding *yielding, GError **error)
{
  const Grid grid    = coarsest (layout);
  size_t     n       = (size_t) grid.height * grid.width;
  double    *all     = dfi_try_alloc (2 * n, sizeof *all, error);
  float     *weights = all ? dfi_try_alloc (3 * n, sizeof *weights, error) : NULL;
  size_t     at      = 0;
  double    *noise;
  float     *shares, *scratch;

  if (! weights)
    {
      g_free (all);
      return FALSE;
    }

  noise   = all + n;
  shares  = weights + n;
  scratch = weights + 2 * n;
  memset (all, 0, 2 * n * sizeof *all);
  for (int p = 0; p < dfi_layout_parts (layout); p++)
    {
      size_t size = dfi_layout_part_size (layout, p);
      double norm = energy (chance + at, size); /* so that each part has as much to say */

      if (norm > 0.0)
        {
          add_energy (all, grid, direction + at, layout->shape[p], norm);
          add_energy (noise, grid, chance + at, layout->shape[p], norm);
        }
      at += size;
    }
  cell_weights (weights, all, noise, n);
  if (yielding)
    {
      giving_shares (shares, weights, all, noise, n, yielding);
      smooth (shares, scratch, grid);
      weigh_parts (layout, yielding->own, shares, grid);
    }
  smooth (weights, scratch, grid);
  weigh_parts (layout, direction, weights, grid);
  g_free (weights);
  g_free (all);
  return TRUE;
}
