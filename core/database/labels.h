/* labels.h: which picture has which attributes, out of a list.
 *
 * Either a CSV file: a header row with the names of the attributes behind a first column for the pictures' files, then a row
 * a picture.  Or the text form of CelebA's list_attr_celeba.txt (Liu et al., "Deep learning face attributes in the wild", 2015):
 * a line with the number of pictures, a line with the names, then a line a picture, all with spaces between.
 *
 * A label is 1 for yes, and 0 or -1 for no; or any number, which is yes when it is greater than a threshold.
 */

#ifndef DFI_LABELS_H
#define DFI_LABELS_H

#include <glib.h>

typedef struct
{
  GPtrArray  *names; /* (A) of attributes */
  GPtrArray  *files; /* (N) */
  GByteArray *bits;  /* (N, ceil (A / 8)), as in attribute.h */
} DfiLabels;

/**
 * dfi_labels_read:
 * @path: of the list
 * @threshold: for all attributes that have none of their own; NAN: their labels must be 1, 0 or -1
 * @thresholds: (nullable) (element-type utf8 double): attributes' own
 * @error: DFI_ERROR_IO, or DFI_ERROR_FORMAT naming line and column
 *
 * Returns: (transfer full) (nullable): free with dfi_labels_free()
 */
DfiLabels *dfi_labels_read (const char *path, double threshold, GHashTable *thresholds, GError **error);
void       dfi_labels_free (DfiLabels *labels); /* NULL is fine */

#endif
