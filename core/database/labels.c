/* labels.c: a file becomes text, text becomes rows of fields, and a row a picture's labels. */

#include "config.h"

#include <math.h>
#include <string.h>

#include <csv.h>
#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "database/attribute.h"
#include "database/labels.h"
#include "files/whole-file.h"

/* A column behind that of the files. */
typedef struct
{
  char    *name;
  gboolean passed;    /* its fields are not looked at, or are no labels */
  gboolean described; /* if its fields are no labels that is an error */
  double   threshold; /* NAN: none */
} Column;

/* What is known while a list is read. */
typedef struct
{
  const char             *path;
  const DfiLabelsOptions *options;
  DfiLabels              *labels;
  char                    separator; /* of fields */
  GPtrArray              *fields;    /* of the row at hand */
  size_t                  line;      /* of the file, from 1 */
  size_t                  header_line;
  GArray                 *columns;
  guint                   file_column; /* of the files, from 0; those before it are passed over */
  gboolean                in_header;
  gboolean                first_row; /* the next is the first behind the header */
  guint                   label_bytes;
  GHashTable             *files; /* seen */
  GError                 *error; /* the first */
} Reader;

static void
fail (Reader *reader, guint column, const char *what)
{
  if (! reader->error)
    g_set_error (&reader->error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("“%s”, line %zu, column %u: %s. Correct the list of labels."),
                 reader->path, reader->line, column + 1, what);
}

static const char *
field (const Reader *reader, guint column)
{
  return reader->fields->pdata[column];
}

static Column *
column_at (const Reader *reader, guint i)
{
  return &g_array_index (reader->columns, Column, i);
}

/* ---------- labels ---------- */

/* All of @text, finite, with a decimal point, or a comma where that does not part fields. */
static gboolean
parse_number (const Reader *reader, const char *text, double *number)
{
  char    *point = g_strdup (text);
  char    *end;
  gboolean good;

  if (reader->separator != ',')
    g_strdelimit (point, ",", '.');
  *number = g_ascii_strtod (point, &end);
  good    = end > point && ! *end && isfinite (*number);
  g_free (point);
  return good;
}

/* 1 for yes, 0 for no, -1 for something else. */
static int
parse_label (const Reader *reader, const char *text, double threshold)
{
  static const char *words[] = { "no", "yes", "false", "true" };
  double             number;

  for (size_t i = 0; isnan (threshold) && i < G_N_ELEMENTS (words); i++)
    if (g_ascii_strcasecmp (text, words[i]) == 0)
      return i % 2;
  if (! parse_number (reader, text, &number))
    return -1;
  if (! isnan (threshold))
    return number > threshold;
  return number == 1.0 ? 1 : number == 0.0 || number == -1.0 ? 0 : -1;
}

/* ---------- the header ---------- */

/* Whether the row is not of names, but of a picture and its labels or scores. */
static gboolean
is_row (const Reader *reader)
{
  double number;

  for (guint i = 1; i < reader->fields->len; i++)
    if (parse_label (reader, field (reader, i), NAN) < 0 && ! parse_number (reader, field (reader, i), &number))
      return FALSE;
  return reader->fields->len > 1;
}

static gboolean
is_chosen (const Reader *reader, const char *name)
{
  return ! reader->options->columns || g_strv_contains (reader->options->columns, name);
}

static void
take_header (Reader *reader)
{
  reader->header_line = reader->line;
  if (is_row (reader))
    fail (reader, 0, _ ("the first row must name the attributes, and this is a picture's"));
  for (guint i = 0; i < reader->fields->len; i++)
    {
      Column column = { .name = g_strdup (field (reader, i)), .passed = TRUE, .threshold = NAN };

      g_array_append_val (reader->columns, column);
    }
}

static void
add_attribute (Reader *reader, guint i)
{
  const DfiLabelsOptions *options = reader->options;
  Column                 *column  = column_at (reader, i);
  const double           *own     = options->thresholds ? g_hash_table_lookup (options->thresholds, column->name) : NULL;

  if (! g_utf8_validate (column->name, -1, NULL) || ! dfi_attribute_name_valid (column->name))
    fail (reader, i, _ ("an attribute's name must not be empty or have spaces, commas or equals signs"));
  for (guint k = reader->file_column + 1; k < i; k++)
    if (strcmp (column_at (reader, k)->name, column->name) == 0)
      fail (reader, i, _ ("this attribute has a column already"));
  column->passed    = FALSE;
  column->described = options->columns || ! options->described || g_strv_contains (options->described, column->name);
  column->threshold = own ? *own : options->threshold;
}

/* Columns of the attributes; what the others are called does not matter. */
static void
add_attributes (Reader *reader)
{
  guint n = reader->columns->len;

  if (n > reader->file_column + 1 && *column_at (reader, n - 1)->name == '\0')
    n--; /* a separator at the end of each line begins no column */
  for (guint i = reader->file_column + 1; i < n; i++)
    if (is_chosen (reader, column_at (reader, i)->name))
      add_attribute (reader, i);
  if (n <= reader->file_column + 1)
    fail (reader, reader->file_column + 1, _ ("there is no attribute in the first row"));
  if (n > DFI_ATTRIBUTES_MAX)
    fail (reader, n - 1, _ ("there are too many attributes"));
  reader->label_bytes = dfi_labels_bytes (reader->columns->len);
}

/* Column 0 numbers the rows, as some programs write them, and the files are in the next. */
static gboolean
has_index (const Reader *reader)
{
  static const char *const names[] = { "", "index", "Unnamed: 0", "id", NULL };
  const char              *first   = reader->fields->len > 2 ? field (reader, 0) : "";

  return *first && strspn (first, "0123456789") == strlen (first) && g_strv_contains (names, column_at (reader, 0)->name) &&
         parse_label (reader, field (reader, 1), NAN) < 0;
}

/* Only a row shows which column the files are in; in CelebA's form that has no name, unless a program has added one. */
static void
begin_rows (Reader *reader)
{
  static const char *const names[] = { "file", "filename", "image", "image_id", "name", NULL };
  size_t                   line    = reader->line;

  if (reader->separator == ' ' && ! g_strv_contains (names, column_at (reader, 0)->name))
    {
      Column files = { .name = g_strdup (""), .passed = TRUE, .threshold = NAN };

      g_array_prepend_val (reader->columns, files);
    }
  reader->file_column = has_index (reader) ? 1 : 0;
  reader->first_row   = FALSE;
  reader->line        = reader->header_line; /* for what is wrong there */
  add_attributes (reader);
  reader->line = line;
}

/* ---------- rows ---------- */

static guint8 *
last_bits (const Reader *reader)
{
  return reader->labels->bits->data + (reader->labels->files->len - 1) * reader->label_bytes;
}

static void
add_file (Reader *reader, const char *text)
{
  char *file = g_strdup (text);

  if (! *file)
    fail (reader, reader->file_column, _ ("the name of a picture's file is missing"));
  g_ptr_array_add (reader->labels->files, file);
  if (! g_hash_table_add (reader->files, file))
    fail (reader, reader->file_column, _ ("this picture has a row already"));
  g_byte_array_set_size (reader->labels->bits, reader->labels->files->len * reader->label_bytes);
  memset (last_bits (reader), 0, reader->label_bytes);
}

/* A column that nobody has described may hold something else than labels; it is passed over then. */
static void
add_label (Reader *reader, guint i)
{
  Column *column = column_at (reader, i);
  int     label  = parse_label (reader, field (reader, i), column->threshold);

  if (label > 0)
    dfi_labels_set (last_bits (reader), i);
  if (label >= 0)
    return;
  if (! column->described)
    {
      column->passed = TRUE;
      g_ptr_array_add (reader->labels->notes,
                       g_strdup_printf (_ ("The column “%s” of “%s” is passed over, since “%s” in line %zu is no label."),
                                        column->name, reader->path, field (reader, i), reader->line));
    }
  else if (isnan (column->threshold))
    {
      fail (reader, i, _ ("a label must be 1, 0 or -1, or yes or no, or true or false; for scores, give a threshold"));
    }
  else
    {
      fail (reader, i, _ ("a score must be a number"));
    }
}

static void
take_row (Reader *reader)
{
  guint n = reader->fields->len;

  if (reader->first_row)
    begin_rows (reader);
  while (n > reader->columns->len && *field (reader, n - 1) == '\0')
    n--;
  if (n > reader->columns->len)
    fail (reader, reader->columns->len, _ ("there are more fields than in the first row"));
  else if (n < reader->columns->len && ! (n + 1 == reader->columns->len && column_at (reader, n)->name[0] == '\0'))
    fail (reader, n, _ ("there are fewer fields than in the first row"));
  if (reader->error)
    return;

  add_file (reader, field (reader, reader->file_column));
  for (guint i = 0; i < n && ! reader->error; i++)
    if (! column_at (reader, i)->passed)
      add_label (reader, i);
    else if (i > reader->file_column && ! *column_at (reader, i)->name && *field (reader, i))
      fail (reader, i, _ ("this column has no name in the first row"));
}

static void
end_row (int terminator, void *data)
{
  Reader *reader = data;

  if (reader->fields->len > 0 && ! reader->error)
    {
      if (reader->in_header)
        take_header (reader);
      else
        take_row (reader);
      reader->in_header = FALSE;
    }
  g_ptr_array_set_size (reader->fields, 0);
}

static void
take_field (void *text, size_t length, void *data)
{
  Reader *reader = data;

  if (strlen (text) != length) /* CSV_APPEND_NULL puts one behind it */
    fail (reader, reader->fields->len, _ ("there is a zero byte in the text"));
  g_ptr_array_add (reader->fields, g_strdup (text));
}

/* ---------- rows with spaces between their fields ---------- */

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
read_spaced (Reader *reader, const char *text, size_t length)
{
  const char *end = text + length;

  for (; text < end && ! reader->error; reader->line++)
    {
      size_t size = strcspn (text, "\n");
      char  *line = g_strndup (text, size);
      char  *next;

      if (text + size < end && text[size] == '\0')
        fail (reader, 0, _ ("there is a zero byte in the text"));
      for (char *word = strtok_r (line, " \t\r", &next); word; word = strtok_r (NULL, " \t\r", &next))
        take_field (word, strlen (word), reader);
      end_row (0, reader);
      text += size + 1;
      g_free (line);
    }
}

/* ---------- CSV ---------- */

/* A line at a time, so that a message can name the line. */
static void
read_csv (Reader *reader, const char *text, size_t length)
{
  struct csv_parser parser;
  const char       *end  = text + length;
  gboolean          good = TRUE;

  if (csv_init (&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) != 0)
    {
      fail (reader, 0, _ ("the reader of CSV files could not be started"));
      return;
    }

  csv_set_delim (&parser, reader->separator);
  while (good && text < end && ! reader->error)
    {
      const char *newline = memchr (text, '\n', end - text);
      size_t      size    = newline ? newline + 1 - text : end - text;

      reader->line++;
      good = csv_parse (&parser, text, size, take_field, end_row, reader) == size;
      text += size;
    }
  if (good && ! reader->error)
    good = csv_fini (&parser, take_field, end_row, reader) == 0;
  if (! good)
    fail (reader, reader->fields->len, _ ("the quotation marks are not in pairs"));
  csv_free (&parser);
}

/* What parts the fields of the first line: what it has most of; a space where there is nothing else. */
static char
find_separator (const char *text)
{
  static const char separators[] = { ',', ';', '\t', ' ' };
  size_t            counts[]     = { 0, 0, 0, 0 };
  size_t            length       = strcspn (text, "\r\n");
  size_t            best         = 0;

  for (size_t i = 0; i < length; i++)
    for (size_t k = 0; k < G_N_ELEMENTS (separators); k++)
      counts[k] += text[i] == separators[k];
  for (size_t k = 1; k < G_N_ELEMENTS (separators) - 1; k++)
    if (counts[k] > counts[best])
      best = k;
  return counts[best] == 0 && counts[3] > 0 ? ' ' : separators[best];
}

/* ---------- the file ---------- */

/* Which of two UTF-16 forms @bytes are in, by the mark or by the zeros in Latin letters; NULL: neither. */
static const char *
wide_encoding (const char *bytes, size_t length)
{
  const guint8 *b = (const guint8 *) bytes;

  if (length < 4)
    return NULL;
  if ((b[0] == 0xff && b[1] == 0xfe) || (b[0] && ! b[1] && b[2] && ! b[3]))
    return "UTF-16LE";
  if ((b[0] == 0xfe && b[1] == 0xff) || (! b[0] && b[1] && ! b[2] && b[3]))
    return "UTF-16BE";
  return NULL;
}

/* UTF-8 of what is in a UTF-16 form, which is taken; NULL with the line set where it is not.  Free with g_free(). */
static char *
decode_wide (Reader *reader, char *bytes, const char *encoding, size_t *length)
{
  const size_t low = g_str_equal (encoding, "UTF-16LE") ? 0 : 1; /* byte of a unit */
  size_t       read, written;
  char        *text = g_convert (bytes, *length, "UTF-8", encoding, &read, &written, NULL);

  if (text && read < *length)
    g_clear_pointer (&text, g_free);
  reader->line = 1;
  for (size_t i = 0; ! text && i + 1 < read; i += 2)
    reader->line += bytes[i + low] == '\n' && bytes[i + 1 - low] == '\0';
  g_free (bytes);
  *length = written;
  return text;
}

/* UTF-8 without a mark, of @bytes (@length), which are taken.  Free with g_free(). */
static char *
decode (Reader *reader, char *bytes, size_t *length)
{
  const char *mark     = "\xef\xbb\xbf"; /* that some programs put first, in UTF-8 */
  const char *encoding = wide_encoding (bytes, *length);
  char       *text     = encoding ? decode_wide (reader, bytes, encoding, length) : bytes;

  if (! text)
    {
      fail (reader, 0, _ ("the text looks like UTF-16 and is not"));
      return NULL;
    }
  if (g_str_has_prefix (text, mark))
    {
      *length -= strlen (mark);
      memmove (text, text + strlen (mark), *length + 1);
    }
  return text;
}

static void
read_text (Reader *reader, const char *text, size_t length)
{
  size_t   first = strcspn (text, "\n");
  guint64  count = 0;
  gboolean counted;

  counted           = first < length && text[first] == '\n' && begins_with_count (text, &count);
  reader->separator = counted ? ' ' : find_separator (text);
  reader->line      = counted ? 2 : 1;
  if (reader->separator == ' ')
    {
      read_spaced (reader, counted ? text + first + 1 : text, counted ? length - first - 1 : length);
    }
  else
    {
      reader->line = 0; /* the reader counts */
      read_csv (reader, text, length);
    }

  if (! reader->error && reader->first_row && ! reader->in_header)
    add_attributes (reader);
  if (! reader->error && reader->labels->files->len == 0)
    fail (reader, 0, _ ("there is no picture in the list"));
  if (counted && count != reader->labels->files->len)
    g_ptr_array_add (reader->labels->notes, g_strdup_printf (_ ("“%s” says that it has %u pictures, and has %u."), reader->path,
                                                             (guint) count, reader->labels->files->len));
}

/* ---------- the result ---------- */

/* Leaves the columns that count: their names, and their labels without a gap between. */
static void
pack (Reader *reader)
{
  DfiLabels  *labels = reader->labels;
  GByteArray *wide   = labels->bits;
  size_t      bytes;

  for (guint i = 0; i < reader->columns->len; i++)
    {
      Column *column = column_at (reader, i);

      if (! column->passed)
        g_ptr_array_add (labels->names, g_strdup (column->name));
      else if (i > reader->file_column)
        g_ptr_array_add (labels->others, g_strdup (column->name));
    }
  g_ptr_array_add (labels->others, NULL);

  bytes        = dfi_labels_bytes (labels->names->len);
  labels->bits = g_byte_array_new ();
  g_byte_array_set_size (labels->bits, labels->files->len * bytes);
  if (labels->bits->len > 0)
    memset (labels->bits->data, 0, labels->bits->len);
  for (guint file = 0; file < labels->files->len; file++)
    for (guint i = 0, a = 0; i < reader->columns->len; i++)
      if (! column_at (reader, i)->passed)
        {
          if (dfi_labels_get (wide->data + file * reader->label_bytes, i))
            dfi_labels_set (labels->bits->data + file * bytes, a);
          a++;
        }
  g_byte_array_unref (wide);
}

/* Every column that was asked for must be there. */
static void
check_columns (Reader *reader)
{
  const char *const *columns = reader->options->columns;

  for (int i = 0; columns && columns[i] && ! reader->error; i++)
    if (! g_ptr_array_find_with_equal_func (reader->labels->names, columns[i], g_str_equal, NULL))
      g_set_error (&reader->error, DFI_ERROR, DFI_ERROR_VALUE, _ ("“%s” has no column “%s”."), reader->path, columns[i]);
  if (! reader->error && reader->labels->names->len == 0)
    g_set_error (&reader->error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("“%s” has no column of labels."), reader->path);
}

static void
column_clear (gpointer column)
{
  g_free (((Column *) column)->name);
}

DfiLabels *
dfi_labels_read (const char *path, const DfiLabelsOptions *options, GError **error)
{
  DfiLabels *labels = g_new0 (DfiLabels, 1);
  Reader     reader = { .path = path, .labels = labels, .options = options, .in_header = TRUE, .first_row = TRUE };
  char      *text;
  size_t     length;

  labels->names  = g_ptr_array_new_with_free_func (g_free);
  labels->others = g_ptr_array_new_with_free_func (g_free);
  labels->files  = g_ptr_array_new_with_free_func (g_free);
  labels->notes  = g_ptr_array_new_with_free_func (g_free);
  labels->bits   = g_byte_array_new ();
  reader.fields  = g_ptr_array_new_with_free_func (g_free);
  reader.columns = g_array_new (FALSE, FALSE, sizeof (Column));
  reader.files   = g_hash_table_new (g_str_hash, g_str_equal);
  g_array_set_clear_func (reader.columns, column_clear);

  text = dfi_file_read (path, DFI_LABELS_MAX, &length, &reader.error);
  if (text && (text = decode (&reader, text, &length)))
    read_text (&reader, text, length);
  if (! reader.error)
    pack (&reader);
  if (! reader.error)
    check_columns (&reader);

  g_free (text);
  g_hash_table_unref (reader.files);
  g_array_unref (reader.columns);
  g_ptr_array_unref (reader.fields);
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

  g_ptr_array_unref (labels->notes);
  g_ptr_array_unref (labels->others);
  g_ptr_array_unref (labels->names);
  g_ptr_array_unref (labels->files);
  g_byte_array_unref (labels->bits);
  g_free (labels);
}
