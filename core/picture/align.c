#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "picture/align.h"
#include "base/error.h"
#include "base/vectorise.h"

DfiFrame
dfi_frame_usual (int size)
{
  const double scale = size / 192.0;

  return (DfiFrame){ .size  = size,
                     .eyes  = { 71.1 * scale, 81.6 * scale, 122.6 * scale, 80.8 * scale },
                     .mouth = { 97.9 * scale, 139.8 * scale } };
}

void
dfi_similarity_apply (const DfiSimilarity *map, double x, double y, double *u, double *v)
{
  *u = map->a * x - map->b * y + map->tx;
  *v = map->b * x + map->a * y + map->ty;
}

DfiSimilarity
dfi_similarity_invert (const DfiSimilarity *map)
{
  double        square  = map->a * map->a + map->b * map->b;
  DfiSimilarity inverse = { .a = map->a / square, .b = -map->b / square };

  inverse.tx = -(inverse.a * map->tx - inverse.b * map->ty);
  inverse.ty = -(inverse.b * map->tx + inverse.a * map->ty);
  return inverse;
}

void
dfi_similarity_bounds (const DfiSimilarity *map, const double from[2], const double to[2], double low[2], double high[2])
{
  double corners[4][2];

  for (int i = 0; i < 4; i++)
    dfi_similarity_apply (map, i & 1 ? to[0] : from[0], i & 2 ? to[1] : from[1], &corners[i][0], &corners[i][1]);
  dfi_points_bounds (corners, 4, low, high);
}

DfiSimilarity
dfi_align_whole (const DfiFrame *frame, int width, int height)
{
  int    side  = MAX (width, height);
  double scale = (double) frame->size / side;

  return (DfiSimilarity){ .a = scale, .b = 0.0, .tx = (side - width) / 2.0 * scale, .ty = (side - height) / 2.0 * scale };
}

gboolean
dfi_align_face (const DfiFrame *frame, const DfiFace *face, DfiSimilarity *map, GError **error)
{
  DfiFacePoints points   = dfi_face_points (face);
  const double *from[3]  = { points.eyes, points.eyes + 2, points.mouth };
  const double *to[3]    = { frame->eyes, frame->eyes + 2, frame->mouth };
  double        distance = hypot (points.across[0], points.across[1]);
  double        mean[2] = { 0.0, 0.0 }, target[2] = { 0.0, 0.0 };
  double        square = 0.0, re = 0.0, im = 0.0;

  if (! dfi_face_check (face, error))
    return FALSE;
  if (! (distance >= DFI_EYES_MIN))
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                   _ ("The eyes are %.1f pixels apart; a face can be edited when they are at least %g apart."), distance,
                   DFI_EYES_MIN);
      return FALSE;
    }

  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 2; k++)
      {
        mean[k] += from[i][k] / 3.0;
        target[k] += to[i][k] / 3.0;
      }

  /* With points as complex numbers p and q about their means, a + ib = sum conj (p) q / sum |p|^2 minimises
   * sum |(a + ib) p - q|^2. */
  for (int i = 0; i < 3; i++)
    {
      double x = from[i][0] - mean[0], y = from[i][1] - mean[1];
      double u = to[i][0] - target[0], v = to[i][1] - target[1];

      re += x * u + y * v;
      im += x * v - y * u;
      square += x * x + y * y;
    }
  if (! (hypot (re, im) > 0.0))
    {
      g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("The eyes and the mouth do not form a face."));
      return FALSE;
    }
  map->a  = re / square;
  map->b  = im / square;
  map->tx = target[0] - (map->a * mean[0] - map->b * mean[1]);
  map->ty = target[1] - (map->b * mean[0] + map->a * mean[1]);
  return TRUE;
}

/* ---------- resampling ---------- */

/* Weights of the four samples around a position that lies @t (0..1) after the second: Catmull and Rom, "A class of local
 * interpolating splines", 1974. They add up to 1. */
static void
catmull_rom (float t, float weights[4])
{
  weights[0] = ((-0.5f * t + 1.0f) * t - 0.5f) * t;
  weights[1] = (1.5f * t - 2.5f) * t * t + 1.0f;
  weights[2] = ((-1.5f * t + 2.0f) * t + 0.5f) * t;
  weights[3] = (0.5f * t - 0.5f) * t * t;
}

/* Four samples' indices and weights along one axis for the continuous position @x; the edge's sample repeats. */
static inline void
taps_at (double x, int length, int at[4], float weights[4])
{
  double first = floor (CLAMP (x, -2.0, length + 2.0) - 0.5); /* farther out all four are the edge's sample */

  catmull_rom (CLAMP (x - 0.5 - first, 0.0, 1.0), weights);
  for (int k = 0; k < 4; k++)
    at[k] = CLAMP ((int) first - 1 + k, 0, length - 1);
}

/* R'G'B' of @source at the continuous position (@x, @y). */
static inline void
sample (const DfiImage *source, double x, double y, float rgb[3])
{
  int   column[4], row[4];
  float across[4], down[4];

  taps_at (x, source->width, column, across);
  taps_at (y, source->height, row, down);

  for (int c = 0; c < 3; c++)
    {
      const float *plane = source->data + (size_t) c * source->height * source->width;

      rgb[c] = 0.0f;
      for (int i = 0; i < 4; i++)
        {
          const float *line = plane + (size_t) row[i] * source->width;

          rgb[c] += down[i] * (across[0] * line[column[0]] + across[1] * line[column[1]] + across[2] * line[column[2]] +
                               across[3] * line[column[3]]);
        }
    }
}

DFI_VECTORISE
static void
resample_row (const DfiImage *source, const DfiSimilarity *map, int i, int width, float *out, size_t plane)
{
  for (int j = 0; j < width; j++)
    {
      double x, y;
      float  rgb[3];

      dfi_similarity_apply (map, j + 0.5, i + 0.5, &x, &y);
      sample (source, x, y, rgb);
      for (int c = 0; c < 3; c++)
        out[c * plane + j] = rgb[c];
    }
}

/* Widens the stretch from @low to @high by room for the samples around it, to whole multiples of @step from *@start to *@end
 * within 0 .. @length. At least one step, even where all lies outside. */
static void
whole_steps (double low, double high, int length, int step, int *start, int *end)
{
  *start = (int) CLAMP (low - 4.0 * step, 0.0, length - 1.0) / step * step;
  *end   = MIN (((int) CLAMP (high + 4.0 * step, 0.0, length) / step + 1) * step, length);
}

/* The part of @source that the result shows, halved @times times. @map, which led to @source, leads to that part then. */
static DfiImage *
shrink_part (const DfiImage *source, DfiSimilarity *map, int width, int height, int times, GError **error)
{
  int    step  = 1 << times;
  double share = 1.0 / step;
  double low[2], high[2];
  int    x, y, right, bottom;

  dfi_similarity_bounds (map, (double[2]){ 0.0, 0.0 }, (double[2]){ width, height }, low, high);
  whole_steps (low[0], high[0], source->width, step, &x, &right);
  whole_steps (low[1], high[1], source->height, step, &y, &bottom);

  map->a *= share;
  map->b *= share;
  map->tx = (map->tx - x) * share;
  map->ty = (map->ty - y) * share;
  return dfi_image_shrink (source, x, y, right - x, bottom - y, times, error);
}

/* How often the source is halved for a result. */
static int
halvings (const DfiSimilarity *map)
{
  int times = 0;

  while (times < DFI_IMAGE_SHRINK_MAX && ldexp (hypot (map->a, map->b), -times) >= 2.0)
    times++;
  return times;
}

gboolean
dfi_warp_init (DfiWarp *warp, const DfiImage *source, const DfiSimilarity *map, int width, int height, GError **error)
{
  int times = halvings (map);

  *warp = (DfiWarp){ *map, source, NULL };
  return times == 0 || (warp->shrunk = shrink_part (source, &warp->map, width, height, times, error));
}

void
dfi_warp_clear (DfiWarp *warp)
{
  g_clear_pointer (&warp->shrunk, dfi_image_free);
}

void
dfi_warp_row (const DfiWarp *warp, int i, int width, float *out, size_t plane)
{
  resample_row (warp->shrunk ? warp->shrunk : warp->source, &warp->map, i, width, out, plane);
}

DfiImage *
dfi_align_warp (const DfiImage *source, const DfiSimilarity *map, int width, int height, GError **error)
{
  DfiWarp   warp;
  DfiImage *result = NULL;

  if (dfi_warp_init (&warp, source, map, width, height, error))
    result = dfi_image_new (width, height, error);
  for (int i = 0; result && i < height; i++)
    dfi_warp_row (&warp, i, width, result->data + (size_t) i * width, (size_t) height * width);
  dfi_warp_clear (&warp);
  return result;
}

/* Widens the stretch from @low to @high by @margin, to whole multiples of @step within 0 .. @length. */
static void
widen (double low, double high, double margin, int step, int length, int *start, int *n)
{
  *start = (int) CLAMP (low - margin, 0.0, length) / step * step;
  *n     = (int) MIN (ceil ((MAX (high, 0.0) + margin) / step) * step, length) - *start;
}

void
dfi_align_part (const DfiSimilarity *map,
                int                  width,
                int                  height,
                int                  source_width,
                int                  source_height,
                int                 *x,
                int                 *y,
                int                 *part_width,
                int                 *part_height)
{
  const double margin = 2.0 + 2.0 * hypot (map->a, map->b); /* the interpolation's support: two pixels of the result */
  const int    step   = 1 << halvings (map);                /* what is halved into one pixel begins where the whole's does */
  double       low[2], high[2];

  dfi_similarity_bounds (map, (double[2]){ 0.0, 0.0 }, (double[2]){ width, height }, low, high);
  widen (low[0], high[0], margin, step, source_width, x, part_width);
  widen (low[1], high[1], margin, step, source_height, y, part_height);
}
