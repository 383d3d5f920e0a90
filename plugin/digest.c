#include "config.h"

#include <string.h>

#include "digest.h"

/* Eight bytes at a time: multiplied by an odd number, so that nothing is lost, and turned, so that high bits reach low ones. */
static guint64
stir (guint64 digest, guint64 word)
{
  digest = (digest ^ word) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  return digest << 29 | digest >> 35;
}

guint64
dfi_buffer_digest (GeglBuffer *buffer, const GeglRectangle *part)
{
  const Babl         *format = gegl_buffer_get_format (buffer);
  const size_t        size   = babl_format_get_bytes_per_pixel (format);
  GeglBufferIterator *tiles  = gegl_buffer_iterator_new (buffer, part, 0, format, GEGL_ACCESS_READ, GEGL_ABYSS_NONE, 1);
  guint64             digest =
      stir (stir (0, (guint64) part->width << 32 | (guint32) part->height), g_str_hash (babl_format_get_encoding (format)));

  while (gegl_buffer_iterator_next (tiles))
    {
      const guint8 *bytes = tiles->items[0].data;
      size_t        n     = tiles->length * size;
      guint64       word  = 0;

      for (; n >= sizeof word; n -= sizeof word, bytes += sizeof word)
        {
          memcpy (&word, bytes, sizeof word);
          digest = stir (digest, word);
        }
      word = 0;
      memcpy (&word, bytes, n);
      digest = stir (digest, word);
    }
  return digest;
}
