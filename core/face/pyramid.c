#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "face/pyramid.h"

#define STRETCH_SHARE 0.02 /* of the pixels may become black, and as many white */

gboolean
dfi_pyramid_init (DfiPyramid *pyramid, const DfiImage *photo, int coarse, GError **error)
{
  const DfiImage *from   = photo;
  int             longer = MAX (photo->width, photo->height), level = 0;

  pyramid->levels[0] = photo;
  pyramid->n         = 1;
  pyramid->black     = 0.0f;
  pyramid->gain      = 1.0f;
  while (pyramid->n < DFI_PYRAMID_LEVELS_MAX && ((longer - 1) >> (pyramid->n - 1)) + 1 >= 2 * coarse)
    pyramid->n++;

  for (int next = MAX (pyramid->n - 2, 1); next < pyramid->n; level = next++)
    {
      from = pyramid->levels[next] = dfi_image_shrink (from, 0, 0, from->width, from->height, next - level, error);
      if (! from)
        return FALSE;
    }
  return TRUE;
}

void
dfi_pyramid_clear (DfiPyramid *pyramid)
{
  for (int i = 1; i < pyramid->n; i++)
    dfi_image_free ((DfiImage *) pyramid->levels[i]);
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
  const DfiImage *photo = pyramid->levels[0];
  size_t          n     = (size_t) image->height * image->width;

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

DfiImage *
dfi_pyramid_view (const DfiPyramid *pyramid, const DfiSimilarity *map, int width, int height, GError **error)
{
  double        scale = hypot (map->a, map->b);
  int           level = scale >= 2.0 ? MIN ((int) log2 (scale), pyramid->n - 1) : 0;
  double        share;
  DfiSimilarity near;
  DfiImage     *view;

  while (! pyramid->levels[level])
    level--;
  share = ldexp (1.0, -level);
  near  = (DfiSimilarity){ map->a * share, map->b * share, map->tx * share, map->ty * share };
  view  = dfi_align_warp (pyramid->levels[level], &near, width, height, error);
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
