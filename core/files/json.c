#include "config.h"

#include <math.h>

#include <glib.h>

#include "files/json.h"

/* The deepest nesting of brackets outside strings. */
static int
nesting (const char *text, size_t length)
{
  int      depth = 0, deepest = 0;
  gboolean quoted = FALSE;

  for (size_t i = 0; i < length; i++)
    {
      if (quoted && text[i] == '\\')
        i++;
      else if (text[i] == '"')
        quoted = ! quoted;
      else if (! quoted && (text[i] == '{' || text[i] == '['))
        {
          depth++;
          deepest = MAX (deepest, depth); /* a macro: it may evaluate twice */
        }
      else if (! quoted && (text[i] == '}' || text[i] == ']'))
        depth--;
    }
  return deepest;
}

JsonNode *
dfi_json_parse (const char *text, size_t length)
{
  JsonParser *parser;
  JsonNode   *root = NULL;

  if (length > G_MAXSSIZE || ! g_utf8_validate (text, length, NULL) || nesting (text, length) > DFI_JSON_NESTING_MAX)
    return NULL;

  parser = json_parser_new_immutable ();
  if (json_parser_load_from_data (parser, text, length, NULL) && json_parser_get_root (parser))
    root = json_node_ref (json_parser_get_root (parser));
  g_object_unref (parser);
  return root;
}

JsonNode *
dfi_json_member (JsonNode *node, const char *name)
{
  return node && JSON_NODE_HOLDS_OBJECT (node) ? json_object_get_member (json_node_get_object (node), name) : NULL;
}

const char *
dfi_json_string (JsonNode *node)
{
  if (! node || ! JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

gboolean
dfi_json_number (JsonNode *node, double *value)
{
  if (! node || ! JSON_NODE_HOLDS_VALUE (node) ||
      (json_node_get_value_type (node) != G_TYPE_INT64 && json_node_get_value_type (node) != G_TYPE_DOUBLE))
    return FALSE;
  *value = json_node_get_double (node);
  return isfinite (*value);
}

gboolean
dfi_json_numbers (JsonNode *node, double *values, int n)
{
  JsonArray *array;

  if (! node || ! JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;

  array = json_node_get_array (node);
  if (json_array_get_length (array) != (guint) n)
    return FALSE;
  for (int i = 0; i < n; i++)
    if (! dfi_json_number (json_array_get_element (array, i), &values[i]))
      return FALSE;
  return TRUE;
}
