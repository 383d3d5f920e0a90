/* temporary-file.h: a file beside the one that it is going to become (atomic-file.h).  Its name says which machine made it, and
 * it is locked as long as it is open: one without a lock was left by a process that was killed, and the next one that writes to
 * the folder removes it. */

#ifndef DFI_TEMPORARY_FILE_H
#define DFI_TEMPORARY_FILE_H

#include <glib.h>

/* A new file in @folder, open for writing and locked; -1 with errno.  @path: (out): ends with dfi_temporary_file_end() */
int dfi_temporary_file_new (const char *folder, char **path);

/* Frees @path, and removes the file unless it is @kept, under another name.  Call it before the descriptor is closed. */
void dfi_temporary_file_end (char *path, gboolean kept);

/* Removes what processes that were killed have left in @folder. */
void dfi_temporary_files_remove_left (const char *folder);

/* From now on the signals that people stop programs with remove what is unfinished before they end the process.  For programs
 * that have no handlers of their own. */
void dfi_temporary_files_remove_on_signals (void);

#endif
