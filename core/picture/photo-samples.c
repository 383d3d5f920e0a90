/* photo-samples.c: between the samples of a file and R'G'B'. */

#include "config.h"

#include <math.h>

#include "picture/photo-source.h"

static double
to_display (double light)
{
  return light <= 0.0031308 ? 12.92 * light : 1.055 * pow (light, 1.0 / 2.4) - 0.055; /* IEC 61966-2-1 */
}

static double
to_light (double value)
{
  return value <= 0.04045 ? value / 12.92 : pow ((value + 0.055) / 1.055, 2.4);
}

static float
get_sample (const DfiPhotoSource *source, const void *pixel, int band)
{
  switch (source->samples->BandFmt)
    {
    case VIPS_FORMAT_UCHAR: return ((const guint8 *) pixel)[band] / 255.0f;
    case VIPS_FORMAT_USHORT: return ((const guint16 *) pixel)[band] / 65535.0f;
    default: return ((const float *) pixel)[band];
    }
}

float
dfi_photo_decode (const DfiPhotoSource *source, const void *pixel, int band)
{
  float value = get_sample (source, pixel, band);

  if (source->associated)
    {
      float alpha = get_sample (source, pixel, source->n_colours);

      value = alpha > 0.0f ? MIN (value / alpha, 1.0f) : 0.0f;
    }
  return source->exponent > 0.0 ? to_display (source->exponent == 1.0 ? value : pow (value, source->exponent)) : value;
}

double
dfi_photo_encode (const DfiPhotoSource *source, double value)
{
  return source->exponent > 0.0 ? pow (to_light (value), 1.0 / source->exponent) : value;
}

double
dfi_photo_alpha (const DfiPhotoSource *source, const void *pixel)
{
  return source->samples->Bands > source->n_colours ? get_sample (source, pixel, source->n_colours) : 1.0;
}

/* 0 for what is no number, too. */
static double
limit (double value)
{
  return value > 0.0 ? MIN (value, 1.0) : 0.0;
}

void
dfi_photo_put_sample (void *pixel, int band, VipsBandFormat format, double value)
{
  switch (format)
    {
    case VIPS_FORMAT_UCHAR: ((guint8 *) pixel)[band] = (float) limit (value) * 255.0f + 0.5f; break;
    case VIPS_FORMAT_USHORT: ((guint16 *) pixel)[band] = limit (value) * 65535.0 + 0.5; break;
    default: ((float *) pixel)[band] = value; break;
    }
}

double
dfi_photo_grey (const float rgb[3])
{
  return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
}

/* ---------- parts of a photograph ---------- */

#define ROWS 64 /* between questions whether to go on */

/* One band of @n pixels. */
static void
decode_row (const DfiPhotoSource *source, const guint8 *row, int band, int n, float *out)
{
  const size_t step = VIPS_IMAGE_SIZEOF_PEL (source->samples);

  if (source->samples->BandFmt == VIPS_FORMAT_UCHAR && ! source->associated && source->exponent == 0.0) /* by far the most */
    for (int j = 0; j < n; j++)
      out[j] = row[j * step + band] / 255.0f;
  else
    for (int j = 0; j < n; j++)
      out[j] = dfi_photo_decode (source, row + j * step, band);
}

DfiImage *
dfi_photo_decode_part (const DfiPhoto *photo, int x, int y, int width, int height, DfiPhotoListener *listener, GError **error)
{
  const DfiPhotoSource *source = photo->source;
  DfiImage             *part   = dfi_image_new (width, height, error);

  for (int i = 0; part && i < height; i++)
    {
      if (i % ROWS == 0 && ! dfi_photo_go_on (listener, (double) i / height))
        {
          g_clear_pointer (&part, dfi_image_free);
          dfi_error_set_cancelled (error);
          break;
        }
      for (int c = 0; c < 3; c++)
        decode_row (source, (const guint8 *) VIPS_IMAGE_ADDR (source->samples, x, y + i), MIN (c, source->n_colours - 1), width,
                    part->data + ((size_t) c * height + i) * width);
    }
  return part;
}

DfiImage *
dfi_photo_part (const DfiPhoto *photo, int x, int y, int width, int height, GError **error)
{
  return dfi_photo_decode_part (photo, x, y, width, height, &(DfiPhotoListener){ NULL }, error);
}

/* Samples that say the same stay as they are. */
static void
put_pixel (const DfiPhotoSource *source, const float rgb[3], void *pixel)
{
  const double alpha = source->associated ? dfi_photo_alpha (source, pixel) : 1.0;
  gboolean     same  = TRUE;

  for (int c = 0; c < 3 && same; c++)
    same = rgb[c] == dfi_photo_decode (source, pixel, MIN (c, source->n_colours - 1));
  for (int c = 0; c < source->n_colours && ! same; c++)
    dfi_photo_put_sample (pixel, c, source->samples->BandFmt,
                          dfi_photo_encode (source, source->n_colours == 3 ? rgb[c] : dfi_photo_grey (rgb)) * alpha);
}

gboolean
dfi_photo_encode_part (DfiPhoto *photo, const DfiImage *part, int x, int y, DfiPhotoListener *listener)
{
  const DfiPhotoSource *source = photo->source;
  const size_t          n      = (size_t) part->height * part->width;

  for (int i = 0; i < part->height && (i % ROWS != 0 || dfi_photo_go_on (listener, (double) i / part->height)); i++)
    {
      guint8 *row = VIPS_IMAGE_ADDR (source->samples, x, y + i);

      for (int j = 0; j < part->width; j++)
        {
          const float *pixel  = part->data + (size_t) i * part->width + j;
          const float  rgb[3] = { pixel[0], pixel[n], pixel[2 * n] };

          put_pixel (source, rgb, row + j * VIPS_IMAGE_SIZEOF_PEL (source->samples));
        }
    }
  return ! listener->stopped;
}

void
dfi_photo_put_part (DfiPhoto *photo, const DfiImage *part, int x, int y)
{
  dfi_photo_encode_part (photo, part, x, y, &(DfiPhotoListener){ NULL });
}
