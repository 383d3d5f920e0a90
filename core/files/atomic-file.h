/* atomic-file.h: a file that appears whole or not at all.  It is written beside its place, under a name of its own, and takes its
 * place at the end, so that nobody ever sees half of it and an older file stays until then; it keeps that one's mode and, where
 * allowed, its owner.  What a killed process has left beside it goes.
 *
 * A symbolic link stays, and what it leads to changes.  A pipe, a device and a descriptor such as /dev/stdout are written to as
 * they are. */

#ifndef DFI_ATOMIC_FILE_H
#define DFI_ATOMIC_FILE_H

#include <glib.h>

typedef struct _DfiAtomicFile DfiAtomicFile;

/* All set DFI_ERROR_IO with the path and the system's reason. */
DfiAtomicFile *dfi_atomic_file_new (const char *path, GError **error);
gboolean       dfi_atomic_file_write (DfiAtomicFile *file, const void *bytes, size_t size, GError **error);
/* Takes @file in any case. */
gboolean dfi_atomic_file_commit (DfiAtomicFile *file, GError **error);
/* Removes what was written. */
void dfi_atomic_file_discard (DfiAtomicFile *file); /* NULL is fine */

#endif
