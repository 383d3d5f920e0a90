/* photo-tiff.c: directories of TIFF files, which libvips does not tell all of, and of EXIF blocks, which are such files in small.
 *
 *   header      byte order "II" or "MM", 42, offset of the first directory; or, in BigTIFF, 43, 8, 0, offset
 *   directory   number of fields, fields, offset of the next directory
 *   field       tag, type, number of values, values, or, where these do not fit into an offset's place, where they are
 *
 * Sources: TIFF 6.0, section 2; the BigTIFF design of AWare Systems; EXIF 2.32, 4.6.
 */

#include "config.h"

#include <string.h>

#include "picture/photo-source.h"

#define FIELDS_MAX 1024    /* of a directory, that are looked at */
#define EXIF_MAX   1000000 /* bytes of values that are copied; JPEG has room for 65,533 */

enum
{
  TAG_DESCRIPTION  = 270,
  TAG_MAKE         = 271,
  TAG_MODEL        = 272,
  TAG_ORIENTATION  = 274,
  TAG_SOFTWARE     = 305,
  TAG_DATE         = 306,
  TAG_ARTIST       = 315,
  TAG_HOST         = 316,
  TAG_EXTRA        = 338,
  TAG_RATING       = 18246,
  TAG_COPYRIGHT    = 33432,
  TAG_EXIF         = 34665,
  TAG_GPS          = 34853,
  TAG_XP_FIRST     = 40091,
  TAG_XP_LAST      = 40095,
  TAG_INTEROPERATE = 40965
};

#define TYPE_LONG 4

static const guint8 EXIF_SIGN[6] = { 'E', 'x', 'i', 'f', 0, 0 };

/* ---------- reading ---------- */

typedef struct
{
  const guint8 *bytes;
  guint64       length;
  gboolean      big;   /* endian */
  gboolean      wide;  /* BigTIFF */
  guint64       first; /* directory */
} Tiff;

typedef struct
{
  int     tag, type;
  guint64 count;
  guint64 place; /* of the values in the file, all of which are there */
  size_t  size;  /* of them, bytes */
  guint64 at;    /* of the field itself */
} Field;

static guint64
get_number (const Tiff *tiff, guint64 at, int size)
{
  guint64 number = 0;

  for (int i = 0; i < size; i++)
    number = number << 8 | tiff->bytes[at + (tiff->big ? i : size - 1 - i)];
  return number;
}

static gboolean
tiff_open (Tiff *tiff, const guint8 *bytes, size_t length)
{
  static const char signs[4][5] = { "II*\0", "MM\0*", "II+\0", "MM\0+" };

  *tiff = (Tiff){ bytes, length, FALSE, FALSE, 0 };
  for (int i = 0; i < 4 && tiff->first == 0; i++)
    if (length >= 16 && memcmp (bytes, signs[i], 4) == 0)
      {
        tiff->big   = i % 2;
        tiff->wide  = i / 2;
        tiff->first = tiff->wide ? get_number (tiff, 8, 8) : get_number (tiff, 4, 4);
      }
  return tiff->first != 0;
}

/* The fields of the directory at @at, none when it is not inside the file. */
static int
count_fields (const Tiff *tiff, guint64 at)
{
  int     head = tiff->wide ? 8 : 2;
  guint64 left;

  if (at > tiff->length || tiff->length - at < (guint64) head)
    return 0;
  left = (tiff->length - at - head) / (tiff->wide ? 20 : 12);
  return MIN (MIN (get_number (tiff, at, head), left), FIELDS_MAX);
}

/* Bytes of a value of a type, and of the numbers that it is made of; 0 for a type that is not known. */
static size_t
value_size (int type, int *number)
{
  static const guint8 sizes[]   = { 0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8 };
  static const guint8 numbers[] = { 0, 1, 1, 2, 4, 4, 1, 1, 2, 4, 4, 4, 8, 4, 0, 0, 8, 8, 8 };

  if (type >= (int) G_N_ELEMENTS (sizes))
    return 0;
  *number = numbers[type];
  return sizes[type];
}

/* Field @i of the directory at @at; FALSE when its values are not in the file. */
static gboolean
get_field (const Tiff *tiff, guint64 at, int i, Field *field)
{
  int    offset = tiff->wide ? 8 : 4, number;
  size_t size;

  field->at    = at + (tiff->wide ? 8 + 20 * (guint64) i : 2 + 12 * (guint64) i);
  field->tag   = get_number (tiff, field->at, 2);
  field->type  = get_number (tiff, field->at + 2, 2);
  field->count = get_number (tiff, field->at + 4, offset);
  field->place = field->at + 4 + offset;
  size         = value_size (field->type, &number);
  if (size == 0 || field->count > tiff->length / size)
    return FALSE;

  field->size = field->count * size;
  if (field->size > (size_t) offset)
    field->place = get_number (tiff, field->place, offset);
  return field->place <= tiff->length && field->size <= tiff->length - field->place;
}

static gboolean
find_field (const Tiff *tiff, guint64 at, int tag, Field *field)
{
  for (int i = 0, n = count_fields (tiff, at); i < n; i++)
    if (get_field (tiff, at, i, field) && field->tag == tag)
      return TRUE;
  return FALSE;
}

/* ---------- changing ---------- */

gboolean
dfi_photo_tiff_set_alpha (guint8 *bytes, size_t length, int from, int to)
{
  Tiff  tiff;
  Field field;

  if (! tiff_open (&tiff, bytes, length) || ! find_field (&tiff, tiff.first, TAG_EXTRA, &field) || field.size < 2 ||
      get_number (&tiff, field.place, 2) != (guint64) from)
    return FALSE;
  bytes[field.place + tiff.big] = to;
  return TRUE;
}

/* Where the small TIFF file in an EXIF block begins. */
static size_t
exif_start (const guint8 *exif, size_t length)
{
  return length >= sizeof EXIF_SIGN && memcmp (exif, EXIF_SIGN, sizeof EXIF_SIGN) == 0 ? sizeof EXIF_SIGN : 0;
}

void
dfi_photo_exif_set_upright (guint8 *exif, size_t length)
{
  size_t start = exif_start (exif, length);
  Tiff   tiff;
  Field  field;

  if (tiff_open (&tiff, exif + start, length - start) && find_field (&tiff, tiff.first, TAG_ORIENTATION, &field) &&
      field.size == 2)
    {
      exif[start + field.place + ! tiff.big] = 0;
      exif[start + field.place + tiff.big]   = 1;
    }
}

/* ---------- writing ---------- */

typedef struct
{
  guint16 tag, type;
  guint32 count;
  GBytes *value; /* in the byte order of the file that is written; where they do not fit into a field, they follow it */
} Entry;

/* A file that grows at its end; offsets count from @base. */
typedef struct
{
  GByteArray *bytes;
  size_t      base;
  gboolean    big;
  size_t      left; /* bytes of values that may still be copied */
} Output;

static void
clear_entry (gpointer entry)
{
  g_bytes_unref (((Entry *) entry)->value);
}

static GArray *
entries_new (void)
{
  GArray *entries = g_array_new (FALSE, FALSE, sizeof (Entry));

  g_array_set_clear_func (entries, clear_entry);
  return entries;
}

static void
put_number (const Output *output, size_t at, int size, guint32 number)
{
  for (int i = 0; i < size; i++)
    output->bytes->data[at + (output->big ? size - 1 - i : i)] = number >> 8 * i;
}

/* The bytes of a field's values, in the order of the output. */
static GBytes *
copy_value (const Tiff *tiff, const Field *field, const Output *output)
{
  guint8 *copy = g_memdup2 (tiff->bytes + field->place, field->size);
  int     number;

  value_size (field->type, &number);
  for (size_t at = 0; tiff->big != output->big && at + number <= field->size; at += number)
    for (int i = 0; i < number / 2; i++)
      {
        guint8 byte = copy[at + i];

        copy[at + i]              = copy[at + number - 1 - i];
        copy[at + number - 1 - i] = byte;
      }
  return g_bytes_new_take (copy, field->size);
}

static void
add_entry (GArray *entries, int tag, int type, guint32 count, GBytes *value)
{
  Entry entry = { tag, type, count, value };

  g_array_append_val (entries, entry);
}

static int
compare_tags (gconstpointer a, gconstpointer b)
{
  return (int) ((const Entry *) a)->tag - (int) ((const Entry *) b)->tag;
}

/* Returns where the directory is. */
static guint32
write_directory (const Output *output, GArray *entries, guint32 next)
{
  static const guint8 zeros[12];
  size_t              at;

  g_array_sort (entries, compare_tags);
  if ((output->bytes->len - output->base) % 2)
    g_byte_array_append (output->bytes, zeros, 1);
  at = output->bytes->len;
  g_byte_array_append (output->bytes, zeros, 2);
  put_number (output, at, 2, entries->len);
  for (guint i = 0; i < entries->len; i++)
    g_byte_array_append (output->bytes, zeros, 12);
  g_byte_array_append (output->bytes, zeros, 4);
  put_number (output, at + 2 + 12 * (size_t) entries->len, 4, next);

  for (guint i = 0; i < entries->len; i++)
    {
      const Entry  *entry = &g_array_index (entries, Entry, i);
      size_t        field = at + 2 + 12 * (size_t) i, size;
      const guint8 *value = g_bytes_get_data (entry->value, &size);

      put_number (output, field, 2, entry->tag);
      put_number (output, field + 2, 2, entry->type);
      put_number (output, field + 4, 4, entry->count);
      if (size > 4)
        {
          put_number (output, field + 8, 4, output->bytes->len - output->base);
          g_byte_array_append (output->bytes, value, size);
          if (size % 2)
            g_byte_array_append (output->bytes, zeros, 1);
        }
      else if (size > 0)
        {
          memcpy (output->bytes->data + field + 8, value, size);
        }
    }
  return at - output->base;
}

/* ---------- EXIF between the two kinds of files ---------- */

/* Whether a field of the first directory is about the photograph, not about how the file holds its samples. */
static gboolean
is_about_photograph (int tag)
{
  static const int tags[] = { TAG_DESCRIPTION, TAG_MAKE,   TAG_MODEL,     TAG_SOFTWARE, TAG_DATE, TAG_ARTIST,
                              TAG_HOST,        TAG_RATING, TAG_COPYRIGHT, TAG_EXIF,     TAG_GPS };

  for (size_t i = 0; i < G_N_ELEMENTS (tags); i++)
    if (tag == tags[i])
      return TRUE;
  return tag >= TAG_XP_FIRST && tag <= TAG_XP_LAST;
}

static gboolean
leads_to_directory (int tag)
{
  return tag == TAG_EXIF || tag == TAG_GPS || tag == TAG_INTEROPERATE;
}

static gboolean
has_entry (GArray *entries, int tag)
{
  for (guint i = 0; i < entries->len; i++)
    if (g_array_index (entries, Entry, i).tag == tag)
      return TRUE;
  return FALSE;
}

/* Adds the fields of the directory at @at, and copies the directories below it. */
static void
copy_fields (const Tiff *tiff, guint64 at, int depth, Output *output, GArray *entries)
{
  for (int i = 0, n = count_fields (tiff, at); i < n; i++)
    {
      Field field;

      if (! get_field (tiff, at, i, &field) || has_entry (entries, field.tag) || field.size > output->left ||
          (depth == 0 && ! is_about_photograph (field.tag)))
        continue;
      output->left -= field.size;
      if (! leads_to_directory (field.tag))
        {
          add_entry (entries, field.tag, field.type, field.count, copy_value (tiff, &field, output));
        }
      else if (depth < 2 && (field.size == 4 || field.size == 8))
        {
          GArray *below = entries_new ();
          Output  small = { g_byte_array_new (), 0, output->big, 0 };

          copy_fields (tiff, get_number (tiff, field.place, field.size), depth + 1, output, below);
          g_byte_array_append (small.bytes, (const guint8 *) "\0\0\0", 4);
          put_number (&small, 0, 4, write_directory (output, below, 0));
          add_entry (entries, field.tag, TYPE_LONG, 1, g_byte_array_free_to_bytes (small.bytes));
          g_array_unref (below);
        }
    }
}

GBytes *
dfi_photo_exif_from_tiff (GBytes *file)
{
  static const guint8 header[] = { 'E', 'x', 'i', 'f', 0, 0, 'I', 'I', '*', 0, 0, 0, 0, 0 };
  size_t              length;
  const guint8       *bytes = g_bytes_get_data (file, &length);
  Tiff                tiff;
  GArray             *entries;
  Output              output;

  if (! tiff_open (&tiff, bytes, length))
    return NULL;

  output = (Output){ g_byte_array_new (), sizeof EXIF_SIGN, FALSE, EXIF_MAX };
  g_byte_array_append (output.bytes, header, sizeof header);
  entries = entries_new ();
  copy_fields (&tiff, tiff.first, 0, &output, entries);
  if (entries->len > 0)
    put_number (&output, sizeof EXIF_SIGN + 4, 4, write_directory (&output, entries, 0));
  else
    g_clear_pointer (&output.bytes, g_byte_array_unref);
  g_array_unref (entries);
  return output.bytes ? g_byte_array_free_to_bytes (output.bytes) : NULL;
}

/* The fields that a file has, as they are: places in it stay. */
static void
keep_fields (const Tiff *tiff, GArray *entries)
{
  for (int i = 0, n = count_fields (tiff, tiff->first); i < n; i++)
    {
      guint64 at = tiff->first + 2 + 12 * (guint64) i;

      add_entry (entries, get_number (tiff, at, 2), get_number (tiff, at + 2, 2), get_number (tiff, at + 4, 4),
                 g_bytes_new (tiff->bytes + at + 8, 4));
    }
}

gboolean
dfi_photo_exif_into_tiff (void **bytes, size_t *length, const guint8 *exif, size_t exif_length)
{
  size_t  start = exif_start (exif, exif_length);
  Tiff    file, from;
  Output  output;
  GArray *entries;

  if (! tiff_open (&file, *bytes, *length) || file.wide || *length > G_MAXUINT32 - 2 * EXIF_MAX ||
      ! tiff_open (&from, exif + start, exif_length - start))
    return FALSE;

  entries = entries_new ();
  keep_fields (&file, entries);
  output = (Output){ g_byte_array_new_take (*bytes, *length), 0, file.big, EXIF_MAX };
  copy_fields (&from, from.first, 0, &output, entries);
  put_number (&output, 4, 4, write_directory (&output, entries, 0));
  g_array_unref (entries);
  *length = output.bytes->len;
  *bytes  = g_byte_array_free (output.bytes, FALSE);
  return TRUE;
}
