#include "config.h"

#include <math.h>

#include "files/json-writer.h"

static void
add_name (JsonBuilder *builder, const char *name)
{
  if (name)
    json_builder_set_member_name (builder, name);
}

void
dfi_json_add_string (JsonBuilder *builder, const char *name, const char *value)
{
  add_name (builder, name);
  if (value)
    json_builder_add_string_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

void
dfi_json_add_boolean (JsonBuilder *builder, const char *name, gboolean value)
{
  add_name (builder, name);
  json_builder_add_boolean_value (builder, value);
}

void
dfi_json_add_integer (JsonBuilder *builder, const char *name, gint64 value)
{
  add_name (builder, name);
  json_builder_add_int_value (builder, value);
}

void
dfi_json_add_number (JsonBuilder *builder, const char *name, double value)
{
  add_name (builder, name);
  if (isfinite (value))
    json_builder_add_double_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

void
dfi_json_add_numbers (JsonBuilder *builder, const char *name, const double *values, int n)
{
  dfi_json_begin_array (builder, name);
  for (int i = 0; i < n; i++)
    json_builder_add_double_value (builder, values[i]);
  json_builder_end_array (builder);
}

void
dfi_json_add_sizes (JsonBuilder *builder, const char *name, const size_t *values, int n)
{
  dfi_json_begin_array (builder, name);
  for (int i = 0; i < n; i++)
    json_builder_add_int_value (builder, (gint64) values[i]);
  json_builder_end_array (builder);
}

void
dfi_json_begin_array (JsonBuilder *builder, const char *name)
{
  add_name (builder, name);
  json_builder_begin_array (builder);
}

void
dfi_json_begin_object (JsonBuilder *builder, const char *name)
{
  add_name (builder, name);
  json_builder_begin_object (builder);
}

char *
dfi_json_print (JsonBuilder *builder, gboolean pretty)
{
  JsonNode *root = json_builder_get_root (builder);
  char     *text = json_to_string (root, pretty);

  json_node_unref (root);
  g_object_unref (builder);
  return text;
}
