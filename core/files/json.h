/* json.h: JSON (RFC 8259) is read from text that nobody vouches for. */

#ifndef DFI_JSON_H
#define DFI_JSON_H

#include <json-glib/json-glib.h>

#define DFI_JSON_NESTING_MAX 8         /* our own files need 3 */
#define DFI_JSON_VALUES_MAX  (1 << 18) /* each takes some 100 bytes of memory; our own files need 50,000 at most */

/* NULL when @text is no JSON in UTF-8, nested too deeply, of too many values, or when an object has a name twice, a string
 * U+0000 in it, or a number more than 127 characters.  Takes time in proportion to @length.  Free with json_node_unref(). */
JsonNode *dfi_json_parse (const char *text, size_t length);

/* All of the following may be given NULL, which is no value at all. */

/* The member @name of the object @node, or NULL when it is missing or @node no object. */
JsonNode *dfi_json_member (JsonNode *node, const char *name);

/* The string that @node holds, or NULL; belongs to @node. */
const char *dfi_json_string (JsonNode *node);

/* The array that @node holds, and its length, or NULL and 0; belongs to @node. */
JsonArray *dfi_json_array (JsonNode *node, guint *length);

/* True or false; a finite number; a whole number of 0 and more.  FALSE when @node holds something else. */
gboolean dfi_json_boolean (JsonNode *node, gboolean *value);
gboolean dfi_json_number (JsonNode *node, double *value);
gboolean dfi_json_size (JsonNode *node, size_t *value);

/* Exactly @n finite numbers out of an array. */
gboolean dfi_json_numbers (JsonNode *node, double *values, int n);

/* Whole numbers out of an array of at most @max; how many there are, or -1. */
int dfi_json_sizes (JsonNode *node, size_t *values, int max);

#endif
