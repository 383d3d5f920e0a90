/* photo-peek.c: what libvips does not tell of a file. */

#include "config.h"

#include <string.h>

#include "picture/photo-source.h"

/* ---------- kinds of files ---------- */

gboolean
dfi_photo_is_picture (const guint8 *head, size_t length)
{
  static const struct
  {
    size_t      at;
    const char *sign;
    size_t      length;
  } signs[] = {
    { 0, "\x89PNG", 4 }, { 0, "\xff\xd8\xff", 3 }, { 0, "II*\0", 4 },        { 0, "MM\0*", 4 },
    { 0, "II+\0", 4 },   { 0, "MM\0+", 4 },        { 8, "WEBP", 4 },         { 4, "ftyp", 4 },
    { 0, "GIF8", 4 },    { 0, "\xff\x0a", 2 },     { 0, "\0\0\0\fJXL ", 8 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (signs); i++)
    if (length >= signs[i].at + signs[i].length && memcmp (head + signs[i].at, signs[i].sign, signs[i].length) == 0)
      return TRUE;
  return length >= 2 && head[0] == 'P' && strchr ("123456Ff", head[1]); /* of the family of PPM */
}

/* ---------- JPEG ---------- */

/* Quantisation of luma and chroma at quality 50, in the order of the file: ITU-T T.81, annex K. */
static const guint8 standard[2][64] = {
  { 16, 11,  12, 14, 12, 10, 16,  14,  13,  14, 18, 17,  16,  19,  24,  40,  26, 24,  22,  22, 24, 49,
    35, 37,  29, 40, 58, 51, 61,  60,  57,  51, 56, 55,  64,  72,  92,  78,  64, 68,  87,  69, 55, 56,
    80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99 },
  { 17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99 },
};

/* The least quality at which libjpeg's tables are nowhere coarser than @table. */
static int
quality_of (const int table[64], const guint8 base[64])
{
  for (int quality = 1; quality < 100; quality++)
    {
      int scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
      int i     = 0;

      while (i < 64 && CLAMP ((base[i] * scale + 50) / 100, 1, 255) <= table[i])
        i++;
      if (i == 64)
        return quality;
    }
  return 100;
}

/* The tables of a DQT segment. */
static int
segment_quality (const guint8 *bytes, int length)
{
  int quality = 0;

  for (int at = 0; at < length;)
    {
      int wide = bytes[at] >> 4 ? 2 : 1, number = bytes[at] & 15;
      int table[64];

      if (at + 1 + 64 * wide > length)
        break;
      for (int i = 0; i < 64; i++)
        table[i] = wide == 2 ? bytes[at + 1 + 2 * i] << 8 | bytes[at + 2 + 2 * i] : bytes[at + 1 + i];
      quality = MAX (quality, quality_of (table, standard[number > 0]));
      at += 1 + 64 * wide;
    }
  return quality;
}

int
dfi_photo_jpeg_quality (GBytes *file, gboolean *progressive)
{
  gsize         length;
  const guint8 *bytes   = g_bytes_get_data (file, &length);
  gsize         at      = 2;
  int           quality = 0;

  *progressive = FALSE;
  if (length < 4 || bytes[0] != 0xff || bytes[1] != 0xd8)
    return 0;

  while (at + 4 <= length && bytes[at] == 0xff && bytes[at + 1] != 0xda) /* up to the first scan */
    {
      gsize size = (gsize) bytes[at + 2] << 8 | bytes[at + 3];

      if (size < 2 || at + 2 + size > length)
        break;
      *progressive |= bytes[at + 1] == 0xc2;
      if (bytes[at + 1] == 0xdb)
        quality = MAX (quality, segment_quality (bytes + at + 4, size - 2));
      at += 2 + size;
    }
  return quality;
}

/* ---------- PNG ---------- */

double
dfi_photo_png_gamma (GBytes *file)
{
  static const guint8 signature[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
  gsize               length;
  const guint8       *bytes = g_bytes_get_data (file, &length);
  double              gamma = 0.0;

  if (length < 8 || memcmp (bytes, signature, 8) != 0)
    return 0.0;

  for (gsize at = 8; at + 12 <= length && memcmp (bytes + at + 4, "IDAT", 4) != 0;)
    {
      const guint8 *data = bytes + at + 8;

      if (memcmp (bytes + at + 4, "sRGB", 4) == 0 || memcmp (bytes + at + 4, "iCCP", 4) == 0)
        return 0.0;
      if (memcmp (bytes + at + 4, "gAMA", 4) == 0)
        gamma = ((guint32) data[0] << 24 | data[1] << 16 | data[2] << 8 | data[3]) / 100000.0;
      at += 12 + ((gsize) bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3]);
    }
  return gamma;
}
