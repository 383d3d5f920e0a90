#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hair/look.h"
#include "hair/random.h"
#include "picture/chroma.h"

#define SAMPLES 8192   /* colours that are looked at, */
#define TRIES   100000 /* in so many places at most */
#define BESIDE  0.4    /* share of the places that are beside the face, */
#define ASIDE   0.5    /* so far from it, */
#define UPPER   -0.6   /* and from here */
#define LOWER   0.7    /* to here */
#define EDGE    0.06   /* from the hairline up: skin may show there */
#define HIGH    0.8    /* hair from there up that counts */
#define HAIR    0.9f   /* least share of hair of a pixel that counts */

/* Differences of red and blue from luma: what differs by more from their medians is something else that is taken for hair. But
 * hair that is long may be more golden beside the face. */
#define ALIKE  0.07f
#define GOLDEN 0.25f

/* By so much more green than red and than blue is no hair, if there is this share of others. */
#define GREEN 0.01f
#define FEW   0.05

/* Likewise what is brighter than the median by more than so many times the median distance to it, and by more than strands
 * shine. */
#define BRIGHT       4.0f
#define BRIGHT_LEAST 0.15f

#define NEAR   0.25 /* the first width, to either side, in which colours are taken, */
#define WIDER  1.4  /* and by how much it grows until there are */
#define ENOUGH 300

#define PATCHES      400   /* of hair, of which the strands' run is looked at, */
#define PATCH        0.15  /* so large, */
#define GRID         0.012 /* in such steps */
#define STRANDS      0.06  /* so large is a patch in which strands are neighbours */
#define SHARE        0.8f  /* least share of hair of a pixel in one */
#define STRAIGHT     0.42  /* coherence of straight strands, at least, */
#define COILED       0.25  /* and of coils, at most */
#define CONTRAST     1.7   /* what lies over each other is seen with less contrast than it has */
#define CONTRAST_MIN 0.4
#define PAIRS        2000 /* of pixels that are compared, for each lag, */
#define LAGS         1.4  /* which grows by this factor */

struct _DfiLookSamples
{
  float    rgb[SAMPLES][3];
  double   x[SAMPLES];
  gboolean beside[SAMPLES];
  int      n;
};

/* What is looked at. */
typedef struct
{
  const DfiForehead *forehead;
  const DfiMatte    *matte;
  const DfiImage    *photo;
  DfiRandom          random;
} Seen;

static float
hair_at (const Seen *seen, double x, double y, float rgb[3])
{
  return dfi_forehead_hair (seen->forehead, seen->matte, seen->photo, x, y, rgb);
}

/* A place in the hair above the forehead, at least @edge from the hairline. */
static void
choose_above (Seen *seen, double edge, double *x, double *y)
{
  const DfiForehead *forehead = seen->forehead;

  *x = forehead->left + (forehead->right - forehead->left) * dfi_random_share (&seen->random);
  *y = dfi_forehead_at (forehead, forehead->line, *x) - edge -
       dfi_random_share (&seen->random) * CLAMP (dfi_forehead_at (forehead, forehead->high, *x) - edge, 0.0, HIGH);
}

/* A place beside the face. */
static void
choose_beside (Seen *seen, double *x, double *y)
{
  const double away = ASIDE * dfi_random_share (&seen->random);

  *x = dfi_random_share (&seen->random) < 0.5 ? seen->forehead->left - away : seen->forehead->right + away;
  *y = UPPER + (LOWER - UPPER) * dfi_random_share (&seen->random);
}

/* ---------- colours ---------- */

/* Returns how much is hair of the places below the eyes. */
static double
take_samples (Seen *seen, DfiLookSamples *samples)
{
  int below = 0, found = 0;

  for (int try = 0; try < TRIES && samples->n < SAMPLES; try++)
    {
      const int      n      = samples->n;
      const gboolean beside = dfi_random_share (&seen->random) < BESIDE;
      double         x, y;
      gboolean       hair;

      if (beside)
        choose_beside (seen, &x, &y);
      else
        choose_above (seen, EDGE, &x, &y);
      hair               = hair_at (seen, x, y, samples->rgb[n]) > HAIR;
      samples->x[n]      = x;
      samples->beside[n] = beside;
      samples->n += hair;
      below += beside && y > 0.0;
      found += beside && y > 0.0 && hair;
    }
  return below > 0 ? (double) found / below : 0.0;
}

static int
compare_floats (const void *a, const void *b)
{
  const float x = *(const float *) a, y = *(const float *) b;

  return (x > y) - (x < y);
}

/* What channel @c differs by from luma; luma itself for -1. */
static float
difference (const float rgb[3], int c)
{
  return c < 0 ? dfi_luma (rgb) : rgb[c] - dfi_luma (rgb);
}

/* The median over the samples, or of the distance to @from when that is not NaN. */
static float
median (const DfiLookSamples *samples, int c, float from)
{
  float values[SAMPLES];

  for (int i = 0; i < samples->n; i++)
    values[i] = isnan (from) ? difference (samples->rgb[i], c) : fabsf (difference (samples->rgb[i], c) - from);
  qsort (values, samples->n, sizeof *values, compare_floats);
  return values[samples->n / 2];
}

static void
keep_sample (DfiLookSamples *samples, int from, int to)
{
  memmove (samples->rgb[to], samples->rgb[from], sizeof samples->rgb[from]);
  samples->x[to]      = samples->x[from];
  samples->beside[to] = samples->beside[from];
}

/* Whether a colour is that of leaves, which hair is hardly ever. */
static gboolean
is_green (const float rgb[3])
{
  return rgb[1] > MAX (rgb[0], rgb[2]) + GREEN;
}

/* Leaves out leaves, unless nearly all is green: dyed, or in green light. */
static void
drop_green (DfiLookSamples *samples)
{
  int others = 0;

  for (int i = 0; i < samples->n; i++)
    others += ! is_green (samples->rgb[i]);
  if (others < FEW * samples->n)
    return;
  others = 0;
  for (int i = 0; i < samples->n; i++)
    if (! is_green (samples->rgb[i]))
      keep_sample (samples, i, others++);
  samples->n = others;
}

/* Leaves out what is of another colour than most: leaves or a window that are seen through the hair. */
static void
keep_alike (DfiLookSamples *samples)
{
  const float red = median (samples, 0, NAN), blue = median (samples, 2, NAN), luma = median (samples, -1, NAN);
  const float most = MAX (BRIGHT * median (samples, -1, luma), BRIGHT_LEAST);
  int         kept = 0;

  for (int i = 0; i < samples->n; i++)
    {
      const float *rgb = samples->rgb[i];
      const float  r = difference (rgb, 0), b = difference (rgb, 2), apart = hypotf (r - red, b - blue);

      if (dfi_luma (rgb) - luma < most && (apart < ALIKE || (samples->beside[i] && r > 0.0f && b < 0.0f && apart < GOLDEN)))
        keep_sample (samples, i, kept++);
    }
  samples->n = kept;
}

static int
compare_lumas (const void *a, const void *b)
{
  const float x = dfi_luma (a), y = dfi_luma (b);

  return (x > y) - (x < y);
}

/* The samples above the forehead, or beside the face, that are within @near of @x, or of a greater width that holds enough.
 * Returns how many they are; fewer than enough, and no palette, where there are no more. */
static int
make_palette (const DfiLookSamples *samples, gboolean beside, double x, double near, DfiPalette *palette)
{
  const int ranks     = DFI_PALETTE_RANKS;
  float (*colours)[3] = g_malloc_n (SAMPLES, sizeof *colours);
  int      n          = 0;
  gboolean wider      = TRUE;

  for (; n < ENOUGH && wider; near *= WIDER)
    {
      wider = FALSE;
      n     = 0;
      for (int i = 0; i < samples->n; i++)
        if (samples->beside[i] == beside && fabs (samples->x[i] - x) < near)
          memcpy (colours[n++], samples->rgb[i], sizeof *colours);
        else
          wider |= samples->beside[i] == beside;
    }
  if (n > 0)
    qsort (colours, n, sizeof *colours, compare_lumas);
  for (int r = 0; r < ranks && n > 0; r++) /* but for the darkest and the brightest, which may be anything */
    {
      const int from = n * (r + 1) / (ranks + 2), to = MAX (n * (r + 2) / (ranks + 2), from + 1);

      memset (palette->rgb[r], 0, sizeof palette->rgb[r]);
      for (int i = from; i < to; i++)
        for (int c = 0; c < 3; c++)
          palette->rgb[r][c] += colours[MIN (i, n - 1)][c] / (to - from);
    }
  g_free (colours);
  return n;
}

void
dfi_look_near (const DfiLook *look, double x, DfiPalette *palette)
{
  make_palette (look->samples, FALSE, x, NEAR, palette);
}

void
dfi_palette_at (const DfiPalette *palette, double rank, float rgb[3])
{
  const double place = CLAMP (rank, 0.0, 1.0) * (DFI_PALETTE_RANKS - 1);
  const int    i     = MIN ((int) place, DFI_PALETTE_RANKS - 2);

  for (int c = 0; c < 3; c++)
    rgb[c] = palette->rgb[i][c] + (place - i) * (palette->rgb[i + 1][c] - palette->rgb[i][c]);
}

/* ---------- strands ---------- */

/* A square patch of hair. */
typedef struct
{
  double coherence; /* of its gradients: 0 all ways .. 1 one way */
  double variance;  /* of luma */
} Patch;

/* FALSE when it is not all hair.  Coherence: the difference of the structure tensor's eigenvalues over their sum. */
static gboolean
look_at_patch (const Seen *seen, double x, double y, double size, Patch *patch)
{
  const int side = MAX ((int) (size / GRID), 3);
  double    xx = 0.0, yy = 0.0, xy = 0.0, sum = 0.0, square = 0.0;

  for (int i = 0; i < side * side; i++)
    {
      const double u = x + (i % side - side / 2) * GRID, v = y + (i / side - side / 2) * GRID;
      double       luma[4];

      for (int k = 0; k < 4; k++)
        {
          float rgb[3];

          if (hair_at (seen, u + GRID * ((k == 1) - (k == 0)), v + GRID * ((k == 3) - (k == 2)), rgb) < SHARE)
            return FALSE;
          luma[k] = dfi_luma (rgb);
        }
      xx += (luma[1] - luma[0]) * (luma[1] - luma[0]);
      yy += (luma[3] - luma[2]) * (luma[3] - luma[2]);
      xy += (luma[1] - luma[0]) * (luma[3] - luma[2]);
      sum += luma[0];
      square += luma[0] * luma[0];
    }
  patch->coherence = xx + yy > 0.0 ? hypot (xx - yy, 2.0 * xy) / (xx + yy) : 0.0;
  patch->variance  = square / (side * side) - sum / (side * side) * sum / (side * side);
  return TRUE;
}

/* Means over patches of this size; those of straight hair that lies still where there are too few. */
static Patch
mean_patch (Seen *seen, double size)
{
  Patch mean = { 0.0, 0.0 }, patch;
  int   n    = 0;

  for (int i = 0; i < PATCHES; i++)
    {
      double x, y;

      choose_above (seen, EDGE, &x, &y);
      if (! look_at_patch (seen, x, y, size, &patch))
        continue;
      mean.coherence += patch.coherence;
      mean.variance += patch.variance;
      n++;
    }
  return n > 10 ? (Patch){ mean.coherence / n, mean.variance / n } : (Patch){ STRAIGHT, 0.0 };
}

static double
luma_variance (const DfiLookSamples *samples)
{
  double sum = 0.0, square = 0.0;
  int    n = 0;

  for (int i = 0; i < samples->n; i++)
    if (! samples->beside[i])
      {
        const double luma = dfi_luma (samples->rgb[i]);

        sum += luma;
        square += luma * luma;
        n++;
      }
  return n > 0 ? square / n - sum / n * sum / n : 0.0;
}

/* The mean squared difference of luma of hair that is @lag pixels apart along the eyes' line: the structure function. */
static double
structure (Seen *seen, double lag)
{
  double sum = 0.0;
  int    n   = 0;

  for (int i = 0; i < PAIRS; i++)
    {
      double x, y, change;
      float  here[3], there[3];

      choose_above (seen, EDGE, &x, &y);
      if (hair_at (seen, x, y, here) < SHARE || hair_at (seen, x + lag / seen->forehead->unit, y, there) < SHARE)
        continue;
      change = dfi_luma (there) - dfi_luma (here);
      sum += change * change;
      n++;
    }
  return n > 0 ? sum / n : 0.0;
}

/* How wide, in pixels, what is seen as a strand is: the lag at which the structure function is half of what it is at STRANDS. */
static double
strand_width (Seen *seen)
{
  const double most = MAX (STRANDS * seen->forehead->unit, 4.0), half = 0.5 * structure (seen, most);
  double       lag = 1.0, below = 0.0, at = structure (seen, lag);

  for (; at < half && lag * LAGS < most; at = structure (seen, lag))
    {
      below = at;
      lag *= LAGS;
    }
  if (lag == 1.0 || ! (at > below))
    return lag;
  return lag * (1.0 - (1.0 - 1.0 / LAGS) * CLAMP ((at - half) / (at - below), 0.0, 1.0));
}

gboolean
dfi_look_init (DfiLook           *look,
               const DfiForehead *forehead,
               const DfiHair     *hair,
               const DfiImage    *photo,
               const DfiTone     *change,
               GError           **error)
{
  Seen   seen = { forehead, &hair->matte, photo, dfi_random_start (0) };
  double variance;

  *look = (DfiLook){ .samples = dfi_try_alloc (1, sizeof *look->samples, error) };
  if (! look->samples)
    return FALSE;

  look->samples->n = 0;
  look->beside     = take_samples (&seen, look->samples);
  drop_green (look->samples);
  if (look->samples->n > 0)
    keep_alike (look->samples);
  look->curl  = CLAMP ((STRAIGHT - mean_patch (&seen, PATCH).coherence) / (STRAIGHT - COILED), 0.0, 1.0);
  look->width = strand_width (&seen);
  variance    = luma_variance (look->samples);
  look->contrast =
      variance > 0.0 ? CLAMP (CONTRAST * sqrt (mean_patch (&seen, STRANDS).variance / variance), CONTRAST_MIN, 1.0) : 1.0;
  if (change)
    dfi_hair_recolour_colours (hair, change, look->samples->rgb, look->samples->n);
  if (make_palette (look->samples, TRUE, 0.0, HUGE_VAL, &look->ends) < ENOUGH)
    make_palette (look->samples, FALSE, 0.0, HUGE_VAL, &look->ends);
  return TRUE;
}

void
dfi_look_clear (DfiLook *look)
{
  g_clear_pointer (&look->samples, g_free);
}
