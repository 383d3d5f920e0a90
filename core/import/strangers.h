/* strangers.h: files that are no weights, or of a form that is not read: what they are is told. */

#ifndef DFI_IMPORT_STRANGERS_H
#define DFI_IMPORT_STRANGERS_H

#include "import/cursor.h"

/* Sets DFI_ERROR_FORMAT with what the file @path, of which @whole are the bytes, seems to be.  Returns FALSE. */
gboolean dfi_stranger_refuse (const char *path, const DfiCursor *whole, GError **error);

#endif
