/* json-writer.h: JSON is written. */

#ifndef DFI_JSON_WRITER_H
#define DFI_JSON_WRITER_H

#include <json-glib/json-glib.h>

/* Each adds a member @name to the object that was begun last, or, where @name is NULL, an element to the array. */
void dfi_json_add_string (JsonBuilder *builder, const char *name, const char *value); /* null when @value is NULL */
void dfi_json_add_boolean (JsonBuilder *builder, const char *name, gboolean value);
void dfi_json_add_integer (JsonBuilder *builder, const char *name, gint64 value);
void dfi_json_add_number (JsonBuilder *builder, const char *name, double value); /* null when @value is not finite */
void dfi_json_add_numbers (JsonBuilder *builder, const char *name, const double *values, int n);
void dfi_json_add_sizes (JsonBuilder *builder, const char *name, const size_t *values, int n);
void dfi_json_begin_array (JsonBuilder *builder, const char *name);
void dfi_json_begin_object (JsonBuilder *builder, const char *name);

/* The text of what was built; takes @builder.  Free with g_free(). */
char *dfi_json_print (JsonBuilder *builder, gboolean pretty);

#endif
