#include "config.h"

#include <math.h>
#include <string.h>

#include <csv.h>
#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "database/attribute.h"
#include "database/labels.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf" /* that some programs put before UTF-8 */

/* What is known while a list is read. */
typedef struct
{
  const char *path;
  DfiLabels  *labels;
  double      threshold;  /* NAN: none */
  GHashTable *own;        /* thresholds by name, or NULL */
  GArray     *thresholds; /* (A) */
  size_t      line;       /* of the file, from 1 */
  guint       column;     /* of the next field, from 0 */
  gboolean    in_header;
  guint       label_bytes;
  GHashTable *names; /* seen */
  GHashTable *files; /* seen */
  GError     *error; /* the first */
} Reader;

static void
fail (Reader *reader, const char *what)
{
  if (! reader->error)
    g_set_error (&reader->error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("“%s”, line %zu, column %u: %s. Correct the list of labels."),
                 reader->path, reader->line, reader->column + 1, what);
}

static void
add_name (Reader *reader, const char *text)
{
  char   *name = g_strdup (text);
  double *own  = reader->own ? g_hash_table_lookup (reader->own, name) : NULL;

  g_array_append_val (reader->thresholds, *(own ? own : &reader->threshold));
  if (! g_utf8_validate (name, -1, NULL) || ! dfi_attribute_name_valid (name))
    fail (reader, _ ("an attribute's name must not be empty or have spaces, commas or equals signs"));
  g_ptr_array_add (reader->labels->names, name);
  if (! g_hash_table_add (reader->names, name))
    fail (reader, _ ("this attribute has a column already"));
  if (reader->labels->names->len > DFI_ATTRIBUTES_MAX)
    fail (reader, _ ("there are too many attributes"));
}

static void
add_file (Reader *reader, const char *text)
{
  char *file = g_strdup (text);

  if (! *file)
    fail (reader, _ ("the name of a picture's file is missing"));
  g_ptr_array_add (reader->labels->files, file);
  if (! g_hash_table_add (reader->files, file))
    fail (reader, _ ("this picture has a row already"));
  g_byte_array_set_size (reader->labels->bits, reader->labels->files->len * reader->label_bytes);
  memset (reader->labels->bits->data + (reader->labels->files->len - 1) * reader->label_bytes, 0, reader->label_bytes);
}

static gboolean
read_label (Reader *reader, const char *text, double threshold)
{
  char  *end;
  double score;

  if (isnan (threshold))
    {
      if (strcmp (text, "1") != 0 && strcmp (text, "0") != 0 && strcmp (text, "-1") != 0)
        fail (reader, _ ("a label must be 1, 0 or -1; for scores, give a threshold"));
      return *text == '1';
    }

  score = g_ascii_strtod (text, &end);
  if (end == text || *end || ! isfinite (score))
    fail (reader, _ ("a score must be a number"));
  return score > threshold;
}

static void
add_label (Reader *reader, const char *text)
{
  guint   attribute = reader->column - 1;
  guint8 *bits      = reader->labels->bits->data + (reader->labels->files->len - 1) * reader->label_bytes;

  if (read_label (reader, text, g_array_index (reader->thresholds, double, attribute)))
    dfi_labels_set (bits, attribute);
}

static void
read_field (void *field, size_t length, void *data)
{
  Reader     *reader = data;
  const char *text   = field;

  if (reader->error)
    return;
  if (strlen (text) != length) /* CSV_APPEND_NULL puts one behind it */
    fail (reader, _ ("there is a zero byte in the text"));
  else if (! reader->in_header && reader->column > reader->labels->names->len)
    fail (reader, _ ("there are more fields than in the first row"));
  else if (! reader->in_header && reader->column == 0)
    add_file (reader, text);
  else if (! reader->in_header)
    add_label (reader, text);
  else if (reader->column > 0) /* what the first column is called does not matter */
    add_name (reader, text);
  reader->column++;
}

static void
end_row (int terminator, void *data)
{
  Reader *reader = data;

  if (reader->in_header && reader->labels->names->len == 0)
    fail (reader, _ ("there is no attribute in the first row"));
  else if (! reader->in_header && reader->column != reader->labels->names->len + 1)
    fail (reader, _ ("there are fewer fields than in the first row"));
  reader->label_bytes = dfi_labels_bytes (reader->labels->names->len);
  reader->in_header   = FALSE;
  reader->column      = 0;
}

/* ---------- CelebA's text form ---------- */

/* Whether the first line is nothing but a number. */
static gboolean
begins_with_count (const char *text, guint64 *count)
{
  char    *first    = g_strndup (text, strcspn (text, "\n"));
  gboolean is_count = g_ascii_string_to_unsigned (g_strstrip (first), 10, 0, G_MAXUINT32, count, NULL);

  g_free (first);
  return is_count;
}

static void
read_line (Reader *reader, char *line)
{
  char *next;

  for (char *field = strtok_r (line, " \t\r", &next); field; field = strtok_r (NULL, " \t\r", &next))
    read_field (field, strlen (field), reader);
}

/* What follows the count. */
static void
read_celeba (Reader *reader, const char *text, size_t length, guint64 count)
{
  const char *end = text + length;

  for (; text < end && ! reader->error; reader->line++)
    {
      size_t size = strcspn (text, "\n");
      char  *line = g_strndup (text, size);

      if (text + size < end && text[size] == '\0')
        fail (reader, _ ("there is a zero byte in the text"));
      reader->column = reader->in_header; /* the names have no column for the files before them */
      read_line (reader, line);
      if (reader->column > (guint) reader->in_header)
        end_row (0, reader);
      text += size + 1;
      g_free (line);
    }
  if (! reader->error && reader->labels->files->len != count)
    fail (reader, _ ("there are not as many pictures as the first line says"));
}

/* ---------- CSV ---------- */

/* A line at a time, so that a message can name the line. */
static void
read_csv (Reader *reader, const char *text, size_t length)
{
  struct csv_parser parser;
  const char       *end = text + length;
  gboolean          good;

  if (csv_init (&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) != 0)
    {
      fail (reader, _ ("the reader of CSV files could not be started"));
      return;
    }

  good = TRUE;
  while (good && text < end && ! reader->error)
    {
      const char *newline = memchr (text, '\n', end - text);
      size_t      size    = newline ? newline + 1 - text : end - text;

      reader->line++;
      good = csv_parse (&parser, text, size, read_field, end_row, reader) == size;
      text += size;
    }
  if (good && ! reader->error)
    good = csv_fini (&parser, read_field, end_row, reader) == 0;
  if (! good)
    fail (reader, _ ("the quotation marks are not in pairs"));
  csv_free (&parser);
}

static void
read_text (Reader *reader, const char *text, size_t length)
{
  size_t  first = strcspn (text, "\n");
  guint64 count;

  if (first < length && text[first] == '\n' && begins_with_count (text, &count))
    {
      reader->line = 2;
      read_celeba (reader, text + first + 1, length - first - 1, count);
    }
  else
    {
      read_csv (reader, text, length);
    }
  if (! reader->error && reader->labels->files->len == 0)
    fail (reader, _ ("there is no picture in the list"));
}

DfiLabels *
dfi_labels_read (const char *path, double threshold, GHashTable *thresholds, GError **error)
{
  char      *text;
  gsize      length, skipped;
  GError    *cause  = NULL;
  DfiLabels *labels = g_new0 (DfiLabels, 1);
  Reader     reader = { .path = path, .labels = labels, .threshold = threshold, .own = thresholds, .in_header = TRUE };

  labels->names     = g_ptr_array_new_with_free_func (g_free);
  labels->files     = g_ptr_array_new_with_free_func (g_free);
  labels->bits      = g_byte_array_new ();
  reader.thresholds = g_array_new (FALSE, FALSE, sizeof (double));
  reader.names      = g_hash_table_new (g_str_hash, g_str_equal);
  reader.files      = g_hash_table_new (g_str_hash, g_str_equal);

  if (g_file_get_contents (path, &text, &length, &cause))
    {
      skipped = g_str_has_prefix (text, BYTE_ORDER_MARK) ? strlen (BYTE_ORDER_MARK) : 0;
      read_text (&reader, text + skipped, length - skipped);
      g_free (text);
    }
  else
    {
      g_set_error_literal (&reader.error, DFI_ERROR, DFI_ERROR_IO, cause->message); /* names the path and the reason */
      g_error_free (cause);
    }

  g_array_unref (reader.thresholds);
  g_hash_table_unref (reader.files);
  g_hash_table_unref (reader.names);
  if (reader.error)
    {
      g_propagate_error (error, reader.error);
      g_clear_pointer (&labels, dfi_labels_free);
    }
  return labels;
}

void
dfi_labels_free (DfiLabels *labels)
{
  if (! labels)
    return;

  g_ptr_array_unref (labels->names);
  g_ptr_array_unref (labels->files);
  g_byte_array_unref (labels->bits);
  g_free (labels);
}
