#include "config.h"

#include <math.h>

#include "base/error.h"
#include "hair/guided-filter.h"
#include "hair/hair-network.h"
#include "hair/matte.h"
#include "picture/chroma.h"
#include "picture/hull.h"
#include "picture/smooth-step.h"

#define SIDE       DFI_MATTE_SIDE
#define RADIUS     7     /* cells: as far as strands stand off, a seventh of the distance between the eyes */
#define EPSILON    5e-4f /* the square of two hundredths of white */
#define FAINT      0.05f /* what is less is none */
#define WHOLE      0.85f /* what is more is all: bright strands near an edge are taken for a little ground */
#define UNSURE     1e-3f /* what a share counts that may be either */
#define MARGIN     1     /* of the shares' pixels: so far hair's edge may be from where the network has it */
#define TRUST      0.4f  /* in the likelihoods' quotient, whose three numbers are not independent */
#define DOUBT      1.5f  /* by so much more likely, in logarithms, is hair than skin where the shares say so */
#define BORDER     0.05  /* share of the view's side over which hair fades towards its border */
#define FACE_FADE  0.15  /* distances between the eyes from the face's outline inwards */
#define FACE_LINES 27    /* landmarks of the jaw and the brows */

/* ---------- where hair may be ---------- */

/* @open (DFI_HAIR_SHARES, DFI_HAIR_SHARES): 0 in the face and at the view's border, 1 away from both. */
static void
find_open (float *open, const DfiSimilarity *to_view, const DfiFace *face)
{
  const int    n    = DFI_HAIR_SHARES;
  const double cell = (double) SIDE / n, fade = FACE_FADE * SIDE / DFI_VIEW_WIDE;
  DfiPoint     points[FACE_LINES], hull[FACE_LINES + 1];
  int          corners;

  for (int i = 0; i < FACE_LINES; i++)
    dfi_similarity_apply (to_view, face->landmarks[i][0], face->landmarks[i][1], &points[i].x, &points[i].y);
  corners = dfi_hull_make (points, FACE_LINES, hull);
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++)
      {
        DfiPoint p      = { (j + 0.5) * cell, (i + 0.5) * cell };
        double   border = MIN (MIN (i, n - 1 - i), MIN (j, n - 1 - j)) / (BORDER * n);

        open[i * n + j] = dfi_smooth_step (1.0 + dfi_hull_distance (p, hull, corners) / fade) * dfi_smooth_step (border);
      }
}

/* A map (DFI_HAIR_SHARES, DFI_HAIR_SHARES) at the position (@u, @v) of the view; its edge repeats. */
static float
enlarged (const float *map, double u, double v)
{
  const int    n = DFI_HAIR_SHARES;
  const float  x = CLAMP (u * n / SIDE - 0.5, 0.0, n - 1.0), y = CLAMP (v * n / SIDE - 0.5, 0.0, n - 1.0);
  const int    j = MIN ((int) x, n - 2), i = MIN ((int) y, n - 2);
  const float  right = x - j, down = y - i;
  const float *at = map + i * n + j;

  return (1.0f - down) * ((1.0f - right) * at[0] + right * at[1]) + down * ((1.0f - right) * at[n] + right * at[n + 1]);
}

/* ---------- the matte ---------- */

/* What the share in a cell can be at most. */
static float
highest (const float fit[4])
{
  return fit[3] + MAX (fit[0], 0.0f) + MAX (fit[1], 0.0f) + MAX (fit[2], 0.0f);
}

/* @certainty: how much each of the @shares (DFI_HAIR_SHARES, DFI_HAIR_SHARES) counts. What is hair or not for certain, as is all
 * around it, decides over what is not. The network is sure of hair, but not of the place of its edge. */
static void
find_certainty (float *certainty, const float *shares)
{
  const int n = DFI_HAIR_SHARES;

  for (int y = 0; y < n; y++)
    for (int x = 0; x < n; x++)
      {
        float low = 1.0f, high = 0.0f, sure;

        for (int v = MAX (y - MARGIN, 0); v <= MIN (y + MARGIN, n - 1); v++)
          for (int u = MAX (x - MARGIN, 0); u <= MIN (x + MARGIN, n - 1); u++)
            {
              low  = MIN (low, shares[v * n + u]);
              high = MAX (high, shares[v * n + u]);
            }
        sure                 = MAX (MAX (2.0f * low - 1.0f, 1.0f - 2.0f * high), 0.0f);
        certainty[y * n + x] = UNSURE + sure * sure * sure * sure;
      }
}

gboolean
dfi_matte_init (DfiMatte            *matte,
                const float         *shares,
                const DfiImage      *view,
                const DfiSimilarity *to_view,
                const DfiFace       *face,
                GError             **error)
{
  const size_t n   = (size_t) SIDE * SIDE;
  float       *map = dfi_try_alloc (6 * n, sizeof *map, error), *fit = map ? map + 2 * n : NULL;
  float        open[DFI_HAIR_SHARES * DFI_HAIR_SHARES], certainty[DFI_HAIR_SHARES * DFI_HAIR_SHARES];
  gboolean     done;

  find_certainty (certainty, shares);
  *matte = (DfiMatte){ *to_view, map ? dfi_try_alloc (n, sizeof *matte->cells, error) : NULL };
  for (size_t i = 0; matte->cells && i < n; i++)
    {
      map[i]     = enlarged (shares, i % SIDE + 0.5, i / SIDE + 0.5);
      map[n + i] = enlarged (certainty, i % SIDE + 0.5, i / SIDE + 0.5);
    }
  done = matte->cells && dfi_guided_fit (fit, view, map, map + n, RADIUS, EPSILON, error);
  if (done)
    find_open (open, to_view, face);
  for (size_t i = 0; done && i < n; i++)
    {
      const float *f = fit + 4 * i;

      matte->cells[i] = (DfiMatteCell){ { f[0], f[1], f[2] }, f[3], 0.0f };
      if (highest (f) > FAINT)
        matte->cells[i].open = enlarged (open, i % SIDE + 0.5, i / SIDE + 0.5);
    }
  g_free (map);
  return done;
}

void
dfi_matte_clear (DfiMatte *matte)
{
  g_clear_pointer (&matte->cells, g_free);
}

/* Log of how likely a colour is among those of which these are the means and variances, each number apart. */
static inline float
log_likelihood (const DfiMatteColours *colours, const float x[3])
{
  float sum = 0.0f;

  for (int k = 0; k < 3; k++)
    sum -= 0.5f * ((x[k] - colours->mean[k]) * (x[k] - colours->mean[k]) / colours->variance[k] + logf (colours->variance[k]));
  return sum;
}

/* 1 for colours of hair, 0 for such as are those of skin and hardly hair's. */
static inline float
not_skin (const DfiMatte *matte, const float rgb[3])
{
  const float luma = dfi_luma (rgb);
  const float x[3] = { luma, DFI_CB_SCALE * (rgb[2] - luma), DFI_CR_SCALE * (rgb[0] - luma) };

  return 1.0f / (1.0f + expf (TRUST * (log_likelihood (&matte->skin, x) - log_likelihood (&matte->hair, x)) - DOUBT));
}

float
dfi_matte_at (const DfiMatte *matte, double u, double v, const float rgb[3])
{
  double              x = u - 0.5, y = v - 0.5;
  const DfiMatteCell *at;
  float               right, down, weights[4], open = 0.0f, share = 0.0f;

  if (! (x >= 0.0 && y >= 0.0 && x < SIDE - 1 && y < SIDE - 1))
    return 0.0f;

  at    = matte->cells + (size_t) y * SIDE + (int) x;
  right = x - (int) x;
  down  = y - (int) y;
  for (int k = 0; k < 4; k++)
    {
      weights[k] = (k & 1 ? right : 1.0f - right) * (k & 2 ? down : 1.0f - down);
      open += weights[k] * at[(k & 1) + (k & 2) / 2 * SIDE].open;
    }
  if (! (open > 0.0f))
    return 0.0f;

  for (int k = 0; k < 4; k++)
    {
      const DfiMatteCell *cell = at + (k & 1) + (k & 2) / 2 * SIDE;

      share += weights[k] * (cell->constant + cell->colour[0] * CLAMP (rgb[0], 0.0f, 1.0f) +
                             cell->colour[1] * CLAMP (rgb[1], 0.0f, 1.0f) + cell->colour[2] * CLAMP (rgb[2], 0.0f, 1.0f));
    }
  share = open * CLAMP ((share - FAINT) / (WHOLE - FAINT), 0.0f, 1.0f);
  return matte->parted && share > 0.0f ? share * not_skin (matte, rgb) : share;
}

void
dfi_matte_bounds (const DfiMatte *matte, int width, int height, int *x, int *y, int *part_width, int *part_height)
{
  DfiSimilarity to_photo = dfi_similarity_invert (&matte->to_view);
  double        from[2] = { SIDE, SIDE }, to[2] = { 0.0, 0.0 }, low[2], high[2];

  for (int i = 0; i < SIDE; i++)
    for (int j = 0; j < SIDE; j++)
      if (matte->cells[(size_t) i * SIDE + j].open > 0.0f)
        {
          from[0] = MIN (from[0], j - 0.5); /* interpolation reaches to the next cells' middles */
          from[1] = MIN (from[1], i - 0.5);
          to[0]   = MAX (to[0], j + 1.5);
          to[1]   = MAX (to[1], i + 1.5);
        }
  *x = *y = *part_width = *part_height = 0;
  if (to[0] <= from[0])
    return;

  dfi_similarity_bounds (&to_photo, from, to, low, high);
  *x           = CLAMP (floor (low[0]), 0.0, width);
  *y           = CLAMP (floor (low[1]), 0.0, height);
  *part_width  = MAX (MIN (ceil (high[0]), width) - *x, 0.0);
  *part_height = MAX (MIN (ceil (high[1]), height) - *y, 0.0);
}
