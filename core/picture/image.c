#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/vectorise.h"
#include "base/error.h"
#include "picture/image.h"

DfiImage *
dfi_image_new (int width, int height, GError **error)
{
  DfiImage *image;
  float    *data;

  if (width < 1 || height < 1 || width > DFI_IMAGE_MAX || height > DFI_IMAGE_MAX)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                   _ ("A picture of %d x %d pixels is too large or empty; sides of 1 to %d are possible."), width, height,
                   DFI_IMAGE_MAX);
      return NULL;
    }

  data = dfi_try_alloc ((size_t) 3 * height * width, sizeof *data, error);
  if (! data)
    return NULL;

  image         = g_new (DfiImage, 1);
  image->width  = width;
  image->height = height;
  image->data   = data;
  return image;
}

DfiImage *
dfi_image_copy (const DfiImage *image, GError **error)
{
  DfiImage *copy = dfi_image_new (image->width, image->height, error);

  if (copy)
    memcpy (copy->data, image->data, (size_t) 3 * image->height * image->width * sizeof (float));
  return copy;
}

void
dfi_image_free (DfiImage *image)
{
  if (! image)
    return;

  g_free (image->data);
  g_free (image);
}

/* ---------- shrinking ---------- */

typedef struct
{
  const DfiImage *image;
  int             x, y;                            /* of the part */
  int             width[DFI_IMAGE_SHRINK_MAX + 1]; /* of the part, halved so often */
  int             height[DFI_IMAGE_SHRINK_MAX + 1];
  float          *rows[DFI_IMAGE_SHRINK_MAX + 1][2]; /* an upper and a lower row of each size */
} Shrink;

DFI_VECTORISE
static void
halve_row (float *out, const float *upper, const float *lower, int width)
{
  for (int j = 0; j < width / 2; j++)
    out[j] = 0.25f * (upper[2 * j] + upper[2 * j + 1] + lower[2 * j] + lower[2 * j + 1]);
  if (width % 2)
    out[width / 2] = 0.5f * (upper[width - 1] + lower[width - 1]);
}

/* Row @i of channel @c, halved @times times: in rows[times][which] unless that is 0. */
static const float *
shrunk_row (const Shrink *shrink, int c, int i, int times, int which)
{
  const DfiImage *image = shrink->image;
  const float    *upper, *lower;

  if (times == 0)
    return image->data + ((size_t) c * image->height + shrink->y + i) * image->width + shrink->x;

  upper = shrunk_row (shrink, c, 2 * i, times - 1, 0);
  lower = 2 * i + 1 < shrink->height[times - 1] ? shrunk_row (shrink, c, 2 * i + 1, times - 1, 1) : upper;
  halve_row (shrink->rows[times][which], upper, lower, shrink->width[times - 1]);
  return shrink->rows[times][which];
}

DfiImage *
dfi_image_shrink (const DfiImage *image, int x, int y, int width, int height, int times, GError **error)
{
  Shrink    shrink = { .image = image, .x = x, .y = y };
  DfiImage *result;
  float    *rows;

  g_assert (times >= 1 && times <= DFI_IMAGE_SHRINK_MAX && x >= 0 && y >= 0 && x < image->width && y < image->height);

  shrink.width[0]  = MIN (width, image->width - x);
  shrink.height[0] = MIN (height, image->height - y);
  for (int i = 1; i <= times; i++)
    {
      shrink.width[i]  = (shrink.width[i - 1] + 1) / 2;
      shrink.height[i] = (shrink.height[i - 1] + 1) / 2;
    }

  result = dfi_image_new (shrink.width[times], shrink.height[times], error);
  rows   = result ? dfi_try_alloc (2 * (size_t) times, shrink.width[1] * sizeof *rows, error) : NULL;
  if (! rows)
    {
      dfi_image_free (result);
      return NULL;
    }

  for (int i = 1; i < times; i++)
    for (int k = 0; k < 2; k++)
      shrink.rows[i][k] = rows + (2 * i + k) * (size_t) shrink.width[1];
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < result->height; i++)
      {
        shrink.rows[times][0] = result->data + ((size_t) c * result->height + i) * result->width;
        shrunk_row (&shrink, c, i, times, 0);
      }
  g_free (rows);
  return result;
}

gboolean
dfi_image_check (const DfiImage *image, GError **error)
{
  size_t n = (size_t) 3 * image->height * image->width;

  for (size_t i = 0; i < n; i++)
    if (! isfinite (image->data[i]))
      {
        size_t at = i % ((size_t) image->height * image->width);

        g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                     _ ("The picture has a pixel that is not a finite number, at (%d, %d); repair it first, for instance by "
                        "converting the image to integer precision and back."),
                     (int) (at % image->width), (int) (at / image->width));
        return FALSE;
      }
  return TRUE;
}
