/* labels.h: which picture has which attributes, out of a CSV file.
 *
 * A header row with the names of the attributes behind a first column for the pictures' files; then a row a picture with 1
 * for yes, and 0 or -1 for no.
 */

#ifndef DFI_LABELS_H
#define DFI_LABELS_H

#include <glib.h>

typedef struct
{
  GPtrArray  *names;         /* (A) of attributes */
  GPtrArray  *files;         /* (N) */
  GByteArray *bits;          /* (N, ceil (A / 8)), as in database.h */
} DfiLabels;

/**
 * dfi_labels_read:
 * @path: of the CSV file
 * @error: DFI_ERROR_IO, or DFI_ERROR_FORMAT naming line and column
 *
 * Returns: (transfer full) (nullable): free with dfi_labels_free()
 */
DfiLabels * dfi_labels_read (const char  *path,
                             GError     **error);
void        dfi_labels_free (DfiLabels   *labels);   /* NULL is fine */

#endif
