/* database-file.h: a finished build to the file that database.h describes. */

#ifndef DFI_DATABASE_FILE_H
#define DFI_DATABASE_FILE_H

#include "build/state.h"
#include "files/safetensors-writer.h"

/* Writes the codes (n, rank) of all faces as halves, in the order of the pictures. */
typedef gboolean (*DfiCodesFunc) (DfiSafetensorsWriter *writer, gpointer data, GError **error);

/* @state is at the end of the last stage; @codes is called with @data.  The file appears whole or not at all. */
gboolean
dfi_build_write_database (const DfiBuildState *state, const char *path, DfiCodesFunc codes, gpointer data, GError **error);

#endif
