/* labels.h: which picture has which attributes, out of a list.
 *
 * Either a table as programs write them: a header row with the names of the attributes behind a first column for the pictures'
 * files, then a row a picture, with commas, semicolons or tabs between fields.  A column of row numbers may come before the
 * files, and a separator may end each line.  Or the text form of CelebA's list_attr_celeba.txt (Liu et al., "Deep learning face
 * attributes in the wild", 2015): a line with the number of pictures, which may be missing, a line with the names, then a line
 * a picture, all with spaces between.  UTF-8 or UTF-16.
 *
 * A label is 1, yes or true, or 0, -1, no or false; or any number, which is yes when it is greater than a threshold.
 */

#ifndef DFI_LABELS_H
#define DFI_LABELS_H

#include <glib.h>

#define DFI_LABELS_MAX (256u << 20) /* bytes of a list; CelebA's, of 202,599 pictures and 40 attributes, has 25 MB */

/* All but the first may be NULL. */
typedef struct
{
  double             threshold;  /* of all attributes that have none of their own; NAN: their labels are yes or no */
  GHashTable        *thresholds; /* (element-type utf8 double): attributes' own */
  const char *const *columns;    /* (array zero-terminated=1): take these alone */
  const char *const *described;  /* (array zero-terminated=1): a column that is not among these may hold something else than
                                  * labels, and is passed over then */
} DfiLabelsOptions;

typedef struct
{
  GPtrArray  *names;  /* (A) of attributes */
  GPtrArray  *others; /* (array zero-terminated=1): of columns that were passed over */
  GPtrArray  *files;  /* (N) */
  GByteArray *bits;   /* (N, ceil (A / 8)), as in attribute.h */
  GPtrArray  *notes;  /* sentences about what is odd in the list and does no harm */
} DfiLabels;

/**
 * dfi_labels_read:
 * @path: of the list, at most DFI_LABELS_MAX bytes
 * @error: DFI_ERROR_IO; DFI_ERROR_FORMAT naming line and column; DFI_ERROR_VALUE when there is no column that was asked for
 *
 * Returns: (transfer full) (nullable): free with dfi_labels_free()
 */
DfiLabels *dfi_labels_read (const char *path, const DfiLabelsOptions *options, GError **error);
void       dfi_labels_free (DfiLabels *labels); /* NULL is fine */

#endif
