/* json.h: JSON text that nobody vouches for. */

#ifndef DFI_JSON_H
#define DFI_JSON_H

#include <json-glib/json-glib.h>

#define DFI_JSON_NESTING_MAX 8 /* json-glib's parser recurses once a level; our own files need 3 */

/* NULL when @text is no UTF-8, no JSON, or nested too deeply.  Free with json_node_unref(). */
JsonNode *dfi_json_parse (const char *text, size_t length);

/* The member @name of the object @node, or NULL when it is missing or @node no object. */
JsonNode *dfi_json_member (JsonNode *node, const char *name);

/* The string that @node holds, or NULL; belongs to @node, which may be NULL. */
const char *dfi_json_string (JsonNode *node);

/* The finite number that @node holds; FALSE when it is NULL or holds something else. */
gboolean dfi_json_number (JsonNode *node, double *value);

/* Exactly @n finite numbers out of an array. */
gboolean dfi_json_numbers (JsonNode *node, double *values, int n);

#endif
