#include "config.h"

#include <string.h>

#include "input.h"

DfiImage *
dfi_input_fetch (GeglBuffer *buffer, const GeglRectangle *part, GError **error)
{
  DfiImage           *image = dfi_image_new (part->width, part->height, error);
  const size_t        plane = (size_t) part->width * part->height;
  GeglBufferIterator *tiles;

  if (! image)
    return NULL;

  tiles = gegl_buffer_iterator_new (buffer, part, 0, babl_format ("R'G'B' float"), GEGL_ACCESS_READ, GEGL_ABYSS_NONE, 1);
  while (gegl_buffer_iterator_next (tiles))
    {
      const GeglRectangle *tile = &tiles->items[0].roi;
      const float         *rgb  = tiles->items[0].data;

      for (int y = tile->y - part->y; y < tile->y - part->y + tile->height; y++)
        for (int x = tile->x - part->x; x < tile->x - part->x + tile->width; x++)
          for (int c = 0; c < 3; c++)
            image->data[c * plane + (size_t) y * part->width + x] = *rgb++;
    }
  return image;
}

/* Both ways between a format and R'G'B'A. */
typedef struct
{
  const Babl *read, *write;
  int         size; /* bytes of a pixel */
} Conversion;

/* Mixes @n pixels with a patch's that cover each of them; @line (n, 4) is scratch. */
static void
mix (const Conversion *conversion, guint8 *pixels, const float *rgba, int n, float *line)
{
  babl_process (conversion->read, pixels, line, n);
  for (int i = 0; i < n; i++)
    for (int c = 0; c < 3; c++)
      line[4 * i + c] += rgba[4 * i + 3] * (rgba[4 * i + c] - line[4 * i + c]);
  babl_process (conversion->write, line, pixels, n);
}

static void
mix_row (const Conversion *conversion, guint8 *pixels, const float *rgba, int n, float *line)
{
  int end;

  for (int i = 0; i < n; i = end + 1)
    {
      for (end = i; end < n && rgba[4 * end + 3] > 0.0f;)
        end++;
      if (end > i)
        mix (conversion, pixels + (size_t) i * conversion->size, rgba + 4 * i, end - i, line);
    }
}

void
dfi_output_composite (GeglBuffer *buffer, const DfiPatch *patch, int x, int y, const GeglRectangle *part)
{
  const Babl      *format = gegl_buffer_get_format (buffer), *rgba = babl_format ("R'G'B'A float");
  const Conversion conversion = { babl_fish (format, rgba), babl_fish (rgba, format), babl_format_get_bytes_per_pixel (format) };
  GeglRectangle    place      = { x + patch->x, y + patch->y, patch->width, patch->height };
  GeglBufferIterator *tiles;
  float              *line;

  if (! gegl_rectangle_intersect (&place, &place, part))
    return;

  line  = g_new (float, 4 * place.width);
  tiles = gegl_buffer_iterator_new (buffer, &place, 0, format, GEGL_ACCESS_READWRITE, GEGL_ABYSS_NONE, 1);
  while (gegl_buffer_iterator_next (tiles))
    {
      const GeglRectangle *tile   = &tiles->items[0].roi;
      guint8              *pixels = tiles->items[0].data;

      for (int row = 0; row < tile->height; row++, pixels += (size_t) tile->width * conversion.size)
        mix_row (&conversion, pixels,
                 patch->rgba + 4 * ((size_t) (tile->y + row - y - patch->y) * patch->width + tile->x - x - patch->x), tile->width,
                 line);
    }
  g_free (line);
}
