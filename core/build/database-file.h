/* database-file.h: a finished build to the file that database.h describes. */

#ifndef DFI_DATABASE_FILE_H
#define DFI_DATABASE_FILE_H

#include "build/state.h"
#include "files/safetensors-writer.h"

/* Writes the codes (n, length) of all faces as halves, in the order of the pictures: of each the numbers from @first to before
 * @end. */
typedef gboolean (*DfiCodesFunc) (DfiSafetensorsWriter *writer, size_t first, size_t end, gpointer data, GError **error);

/* @state is at the end of the last stage; @codes is called with @data.  The file appears whole or not at all. */
gboolean
dfi_build_write_database (const DfiBuildState *state, const char *path, DfiCodesFunc codes, gpointer data, GError **error);

#endif
