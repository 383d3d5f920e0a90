#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "face/pyramid.h"

#define BAND_PIXELS   (1 << 20)
#define STRETCH_SHARE 0.02 /* of the pixels may become black, and as many white */

/* A copy of the photograph, halved @times times, of which no more than a band is in memory at a time. */
static DfiImage *
shrink_in_bands (const DfiPixelSource *photo, int times, GError **error)
{
  const int rows   = MAX (BAND_PIXELS / photo->width >> times, 1) << times;
  DfiImage *result = dfi_image_new (((photo->width - 1) >> times) + 1, ((photo->height - 1) >> times) + 1, error);

  for (int y = 0; result && y < photo->height; y += rows)
    {
      DfiImage *band  = photo->part (photo->data, 0, y, photo->width, MIN (rows, photo->height - y), error);
      DfiImage *small = band ? dfi_image_shrink (band, 0, 0, band->width, band->height, times, error) : NULL;

      for (int c = 0; small && c < 3; c++)
        memcpy (result->data + ((size_t) c * result->height + (y >> times)) * result->width,
                small->data + (size_t) c * small->height * small->width, (size_t) small->height * small->width * sizeof (float));
      if (! small)
        g_clear_pointer (&result, dfi_image_free);
      dfi_image_free (small);
      dfi_image_free (band);
    }
  return result;
}

/* The photograph itself, unless there is none in memory and it is too large for that. */
static gboolean
first_level (DfiPyramid *pyramid, GError **error)
{
  const DfiPixelSource *photo = &pyramid->photo;

  if (! photo->image && pyramid->n <= 2)
    {
      pyramid->whole = photo->part (photo->data, 0, 0, photo->width, photo->height, error);
      if (! pyramid->whole)
        return FALSE;
    }
  pyramid->levels[0] = photo->image ? photo->image : pyramid->whole;
  return TRUE;
}

gboolean
dfi_pyramid_init (DfiPyramid *pyramid, const DfiPixelSource *photo, int coarse, GError **error)
{
  int longer = MAX (photo->width, photo->height), level = 0;

  *pyramid = (DfiPyramid){ .photo = *photo, .n = 1, .black = 0.0f, .gain = 1.0f };
  while (pyramid->n < DFI_PYRAMID_LEVELS_MAX && ((longer - 1) >> (pyramid->n - 1)) + 1 >= 2 * coarse)
    pyramid->n++;
  if (! first_level (pyramid, error))
    return FALSE;

  for (int next = MAX (pyramid->n - 2, 1); next < pyramid->n; level = next++)
    {
      const DfiImage *from = pyramid->levels[level];

      pyramid->levels[next] = from ? dfi_image_shrink (from, 0, 0, from->width, from->height, next - level, error)
                                   : shrink_in_bands (photo, next, error);
      if (! pyramid->levels[next])
        return FALSE;
    }
  return TRUE;
}

void
dfi_pyramid_clear (DfiPyramid *pyramid)
{
  for (int i = 1; i < pyramid->n; i++)
    dfi_image_free ((DfiImage *) pyramid->levels[i]);
  g_clear_pointer (&pyramid->whole, dfi_image_free);
  pyramid->n = 0;
}

static int
compare_floats (gconstpointer a, gconstpointer b)
{
  float x = *(const float *) a, y = *(const float *) b;

  return (x > y) - (x < y);
}

gboolean
dfi_pyramid_stretch (DfiPyramid *pyramid, GError **error)
{
  const DfiImage *image  = pyramid->levels[pyramid->n - 1];
  size_t          n      = (size_t) image->height * image->width;
  float          *sorted = dfi_try_alloc (n, sizeof *sorted, error);

  if (! sorted)
    return FALSE;

  for (size_t i = 0; i < n; i++)
    sorted[i] = (image->data[i] + image->data[n + i] + image->data[2 * n + i]) / 3.0f;
  qsort (sorted, n, sizeof *sorted, compare_floats);
  pyramid->black = sorted[(size_t) ((n - 1) * STRETCH_SHARE)];
  pyramid->gain  = 1.0f / MAX (sorted[(size_t) ((n - 1) * (1.0 - STRETCH_SHARE))] - pyramid->black, 1e-3f);
  g_free (sorted);
  return TRUE;
}

/* Black where @map leads outside the photograph, elsewhere from 0 to 1, as bright as the pyramid says. */
static void
expose (DfiImage *image, const DfiSimilarity *map, const DfiPyramid *pyramid)
{
  const DfiPixelSource *photo = &pyramid->photo;
  size_t                n     = (size_t) image->height * image->width;

  for (int i = 0; i < image->height; i++)
    for (int j = 0; j < image->width; j++)
      {
        size_t   at = (size_t) i * image->width + j;
        double   x, y;
        gboolean inside;

        dfi_similarity_apply (map, j + 0.5, i + 0.5, &x, &y);
        inside = x >= 0.0 && y >= 0.0 && x <= photo->width && y <= photo->height;
        for (int c = 0; c < 3; c++)
          {
            float value = (image->data[c * n + at] - pyramid->black) * pyramid->gain;

            image->data[c * n + at] = inside ? CLAMP (value, 0.0f, 1.0f) : 0.0f;
          }
      }
}

/* As dfi_align_warp() of the whole photograph. */
static DfiImage *
warp_part (const DfiPixelSource *photo, const DfiSimilarity *map, int width, int height, GError **error)
{
  DfiSimilarity moved = *map;
  int           x, y, part_width, part_height;
  DfiImage     *part, *view;

  dfi_align_part (map, width, height, photo->width, photo->height, &x, &y, &part_width, &part_height);
  if (part_width <= 0 || part_height <= 0)
    return dfi_image_new (width, height, error); /* that all of it is black, the caller sees to */

  if (! (part = photo->part (photo->data, x, y, part_width, part_height, error)))
    return NULL;
  moved.tx -= x;
  moved.ty -= y;
  view = dfi_align_warp (part, &moved, width, height, error);
  dfi_image_free (part);
  return view;
}

DfiImage *
dfi_pyramid_view (const DfiPyramid *pyramid, const DfiSimilarity *map, int width, int height, GError **error)
{
  double        scale = hypot (map->a, map->b);
  int           level = scale >= 2.0 ? MIN ((int) log2 (scale), pyramid->n - 1) : 0;
  double        share;
  DfiSimilarity near;
  DfiImage     *view;

  while (level > 0 && ! pyramid->levels[level])
    level--;
  share = ldexp (1.0, -level);
  near  = (DfiSimilarity){ map->a * share, map->b * share, map->tx * share, map->ty * share };
  view  = pyramid->levels[level] ? dfi_align_warp (pyramid->levels[level], &near, width, height, error)
                                 : warp_part (&pyramid->photo, map, width, height, error);
  if (view)
    expose (view, map, pyramid);
  return view;
}

/* From a picture of @pixels along a side to the photograph. */
static DfiSimilarity
square_map (const DfiSquare *square, int pixels)
{
  double        scale = square->side / pixels;
  DfiSimilarity map   = { .a = scale * cos (square->angle), .b = scale * sin (square->angle) };

  map.tx = square->x - (map.a - map.b) * pixels / 2.0;
  map.ty = square->y - (map.b + map.a) * pixels / 2.0;
  return map;
}

DfiImage *
dfi_pyramid_view_square (const DfiPyramid *pyramid, const DfiSquare *square, int pixels, DfiSimilarity *map, GError **error)
{
  DfiSimilarity to_photo = square_map (square, pixels);

  if (map)
    *map = to_photo;
  return dfi_pyramid_view (pyramid, &to_photo, pixels, pixels, error);
}
