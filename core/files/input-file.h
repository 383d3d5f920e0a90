/* input-file.h: a regular file that is read wherever one likes, and never mapped: whoever looks at a mapped file that another
 * program cuts short is killed. */

#ifndef DFI_INPUT_FILE_H
#define DFI_INPUT_FILE_H

#include <glib.h>

typedef struct _DfiInputFile DfiInputFile; /* never changes, so threads may share it */

/* Opens @path, which stays open, and may be replaced meanwhile.  DFI_ERROR_IO, also for folders, pipes and devices.  Free with
 * dfi_input_file_free(). */
DfiInputFile *dfi_input_file_new (const char *path, GError **error);
void          dfi_input_file_free (DfiInputFile *file); /* NULL is fine */

const char *dfi_input_file_path (const DfiInputFile *file);

/* Bytes that it had when it was opened. */
guint64 dfi_input_file_size (const DfiInputFile *file);

/* Reads @size bytes at @position.  DFI_ERROR_IO; DFI_ERROR_FORMAT when the file does not reach that far (any more). */
gboolean dfi_input_file_read (const DfiInputFile *file, guint64 position, void *bytes, size_t size, GError **error);

#endif
