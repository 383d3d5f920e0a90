/* json.c: text is read by a reader of our own, since json-glib's accepts comments and single quotes, recurses as deeply as the
 * text is nested, takes time that grows with the square of the number of names that stand twice, and leaks what it has read of
 * malformed text.  Its tree of nodes is as good as any. */

#include "config.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "files/json.h"

/* Where reading is.  The text is valid UTF-8 and has no byte 0. */
typedef struct
{
  const char *at, *end;
  int         n_left; /* values that may still come */
} Reader;

static JsonNode *read_value (Reader *reader, int depth);

/* The next character that is not white space; 0 at the end. */
static char
peek (Reader *reader)
{
  while (reader->at < reader->end && strchr (" \t\n\r", *reader->at))
    reader->at++;
  return reader->at < reader->end ? *reader->at : 0;
}

/* Steps over @wanted, and white space before it. */
static gboolean
take (Reader *reader, char wanted)
{
  gboolean there = peek (reader) == wanted;

  if (there)
    reader->at++;
  return there;
}

/* Steps over the very next character if it is one of @set. */
static gboolean
take_one_of (Reader *reader, const char *set)
{
  gboolean there = reader->at < reader->end && strchr (set, *reader->at);

  if (there)
    reader->at++;
  return there;
}

/* The number that the next four hexadecimal digits are; -1 if they are none. */
static int
read_hexadecimal (Reader *reader)
{
  int number = 0;

  for (int i = 0; i < 4; i++)
    {
      int digit = reader->at < reader->end ? g_ascii_xdigit_value (*reader->at++) : -1;

      if (digit < 0)
        return -1;
      number = 16 * number + digit;
    }
  return number;
}

/* What follows a backslash.  U+0000 is refused, since strings end there, and so is half of a surrogate pair. */
static gboolean
read_escape (Reader *reader, GString *string)
{
  static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
  int               character, low;

  if (take_one_of (reader, letters))
    {
      g_string_append_c (string, meanings[strchr (letters, reader->at[-1]) - letters]);
      return TRUE;
    }
  if (! take_one_of (reader, "u"))
    return FALSE;

  character = read_hexadecimal (reader);
  if (character >= 0xd800 && character < 0xdc00)
    {
      if (! take_one_of (reader, "\\") || ! take_one_of (reader, "u"))
        return FALSE;
      low = read_hexadecimal (reader);
      if (low < 0xdc00 || low > 0xdfff)
        return FALSE;
      character = 0x10000 + ((character - 0xd800) << 10) + (low - 0xdc00);
    }
  if (character <= 0 || ! g_unichar_validate (character))
    return FALSE;
  g_string_append_unichar (string, character);
  return TRUE;
}

/* Free with g_free(). */
static char *
read_string (Reader *reader)
{
  GString *string;

  if (! take (reader, '"'))
    return NULL;

  string = g_string_new (NULL);
  while (reader->at < reader->end && (guchar) *reader->at >= ' ')
    {
      char c = *reader->at++;

      if (c == '"')
        return g_string_free (string, FALSE);
      if (c != '\\')
        g_string_append_c (string, c);
      else if (! read_escape (reader, string))
        break;
    }
  g_string_free (string, TRUE);
  return NULL;
}

static JsonNode *
read_string_node (Reader *reader)
{
  char     *string = read_string (reader);
  JsonNode *node   = string ? json_node_init_string (json_node_alloc (), string) : NULL;

  g_free (string);
  return node;
}

static gboolean
take_digits (Reader *reader)
{
  const char *start = reader->at;

  while (take_one_of (reader, "0123456789"))
    ;
  return reader->at > start;
}

#define NUMBER_MAX 127 /* characters */

/* A whole number that does not fit into 64 bits is read as a real one. */
static JsonNode *
read_number (Reader *reader)
{
  const char *start = reader->at;
  gboolean    whole = TRUE;
  char        text[NUMBER_MAX + 1];
  gint64      integer;

  take_one_of (reader, "-");
  if (! take_one_of (reader, "0") && ! take_digits (reader))
    return NULL;
  if (take_one_of (reader, "."))
    {
      whole = FALSE;
      if (! take_digits (reader))
        return NULL;
    }
  if (take_one_of (reader, "eE"))
    {
      whole = FALSE;
      take_one_of (reader, "+-");
      if (! take_digits (reader))
        return NULL;
    }
  if (reader->at - start > NUMBER_MAX)
    return NULL;

  memcpy (text, start, reader->at - start);
  text[reader->at - start] = '\0';
  errno                    = 0;
  integer                  = whole ? g_ascii_strtoll (text, NULL, 10) : 0;
  return whole && errno == 0 ? json_node_init_int (json_node_alloc (), integer)
                             : json_node_init_double (json_node_alloc (), g_ascii_strtod (text, NULL));
}

static JsonNode *
read_word (Reader *reader, const char *word, JsonNode *node)
{
  size_t length = strlen (word);

  if ((size_t) (reader->end - reader->at) >= length && memcmp (reader->at, word, length) == 0)
    {
      reader->at += length;
      return node;
    }
  json_node_unref (node);
  return NULL;
}

static JsonNode *
read_array (Reader *reader, int depth)
{
  JsonArray *array = json_array_new ();
  JsonNode  *value = NULL;
  gboolean   good  = take (reader, '[');

  if (good && ! take (reader, ']'))
    {
      do
        if ((value = read_value (reader, depth)))
          json_array_add_element (array, value);
      while (value && take (reader, ','));
      good = value && take (reader, ']');
    }

  value = good ? json_node_init_array (json_node_alloc (), array) : NULL;
  json_array_unref (array);
  return value;
}

/* "name": value */
static gboolean
read_member (Reader *reader, int depth, JsonObject *object)
{
  char     *name  = read_string (reader);
  JsonNode *value = NULL;

  if (name && ! json_object_has_member (object, name) && take (reader, ':'))
    value = read_value (reader, depth);
  if (value)
    json_object_set_member (object, name, value);
  g_free (name);
  return value != NULL;
}

static JsonNode *
read_object (Reader *reader, int depth)
{
  JsonObject *object = json_object_new ();
  JsonNode   *node;
  gboolean    good = take (reader, '{');

  if (good && ! take (reader, '}'))
    {
      do
        good = read_member (reader, depth, object);
      while (good && take (reader, ','));
      good = good && take (reader, '}');
    }

  node = good ? json_node_init_object (json_node_alloc (), object) : NULL;
  json_object_unref (object);
  return node;
}

/* @depth levels may still open. */
static JsonNode *
read_value (Reader *reader, int depth)
{
  char first = peek (reader);

  if (reader->n_left-- == 0)
    return NULL;

  switch (first)
    {
    case '{': return depth > 0 ? read_object (reader, depth - 1) : NULL;
    case '[': return depth > 0 ? read_array (reader, depth - 1) : NULL;
    case '"': return read_string_node (reader);
    case 't': return read_word (reader, "true", json_node_init_boolean (json_node_alloc (), TRUE));
    case 'f': return read_word (reader, "false", json_node_init_boolean (json_node_alloc (), FALSE));
    case 'n': return read_word (reader, "null", json_node_init_null (json_node_alloc ()));
    default: return read_number (reader);
    }
}

JsonNode *
dfi_json_parse (const char *text, size_t length)
{
  Reader    reader;
  JsonNode *root;

  if (length == 0 || length > G_MAXSSIZE || ! g_utf8_validate (text, length, NULL)) /* of no bytes text may be NULL */
    return NULL;

  reader = (Reader){ text, text + length, DFI_JSON_VALUES_MAX };
  root   = read_value (&reader, DFI_JSON_NESTING_MAX);
  if (root && (peek (&reader), reader.at < reader.end))
    g_clear_pointer (&root, json_node_unref);
  return root;
}

JsonNode *
dfi_json_member (JsonNode *node, const char *name)
{
  return node && JSON_NODE_HOLDS_OBJECT (node) ? json_object_get_member (json_node_get_object (node), name) : NULL;
}

static gboolean
holds (JsonNode *node, GType type)
{
  return node && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == type;
}

const char *
dfi_json_string (JsonNode *node)
{
  return holds (node, G_TYPE_STRING) ? json_node_get_string (node) : NULL;
}

gboolean
dfi_json_boolean (JsonNode *node, gboolean *value)
{
  if (! holds (node, G_TYPE_BOOLEAN))
    return FALSE;
  *value = json_node_get_boolean (node);
  return TRUE;
}

gboolean
dfi_json_number (JsonNode *node, double *value)
{
  if (! holds (node, G_TYPE_INT64) && ! holds (node, G_TYPE_DOUBLE))
    return FALSE;
  *value = json_node_get_double (node);
  return isfinite (*value);
}

gboolean
dfi_json_size (JsonNode *node, size_t *value)
{
  gint64 number = holds (node, G_TYPE_INT64) ? json_node_get_int (node) : -1;

  *value = (size_t) number;
  return number >= 0 && (guint64) number <= G_MAXSIZE;
}

JsonArray *
dfi_json_array (JsonNode *node, guint *length)
{
  JsonArray *array = node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  *length = array ? json_array_get_length (array) : 0;
  return array;
}

gboolean
dfi_json_numbers (JsonNode *node, double *values, int n)
{
  guint      length;
  JsonArray *array = dfi_json_array (node, &length);

  if (! array || length != (guint) n)
    return FALSE;
  for (int i = 0; i < n; i++)
    if (! dfi_json_number (json_array_get_element (array, i), &values[i]))
      return FALSE;
  return TRUE;
}

int
dfi_json_sizes (JsonNode *node, size_t *values, int max)
{
  guint      length;
  JsonArray *array = dfi_json_array (node, &length);

  if (! array || length > (guint) max)
    return -1;
  for (guint i = 0; i < length; i++)
    if (! dfi_json_size (json_array_get_element (array, i), &values[i]))
      return -1;
  return length;
}
