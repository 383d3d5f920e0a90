/* metadata.h: what a database says of itself in JSON (database.h), written and read side by side. */

#ifndef DFI_METADATA_H
#define DFI_METADATA_H

#include <json-glib/json-glib.h>

#include "database/attribute.h"
#include "database/detail.h"
#include "picture/align.h"

/* Free with g_free(). */
char *dfi_frame_print (const DfiFrame *frame);
char *dfi_layout_print (const DfiLayout *layout);
/* Of the details, their rectangles. */
char *dfi_details_print (const DfiDetail *details, int n);
char *dfi_attributes_print (const DfiAttribute *attributes, int n);

/* FALSE when @text, which may be NULL, is not what it should be. */
gboolean dfi_frame_parse (const char *text, DfiFrame *frame);
gboolean dfi_layout_parse (const char *text, DfiLayout *layout);
/* Fills in the rectangles of @details and their layouts, cut out of @whole, of which no two meet; no @text, no patch. */
gboolean dfi_details_parse (const char *text, const DfiLayout *whole, DfiDetail details[DFI_DETAILS_MAX], int *n);

/**
 * dfi_attributes_parse:
 * @text: (nullable)
 * @path: of the file that it stands in, for the message
 * @owner: (out): owns all strings; end with json_node_unref() when the attributes are no longer needed
 * @n: (out)
 * @error: DFI_ERROR_FORMAT naming the attribute and what is wrong with it
 *
 * Names are checked to be such as dfi_requests_parse() can read: no spaces, commas or equals signs, none twice.
 *
 * Returns: (transfer full) (array length=n) (nullable): free with g_free()
 */
DfiAttribute *dfi_attributes_parse (const char *text, const char *path, JsonNode **owner, int *n, GError **error);

#endif
