/* table.h: pictures, their labels and what the attributes are called, out of the files that people write (labels.h,
 * attribute-file.h): what a database is built of. */

#ifndef DFI_TABLE_H
#define DFI_TABLE_H

#include "database/attribute.h"

typedef struct _DfiTableStore DfiTableStore;

typedef struct
{
  const char *const  *files; /* (n_files) names of pictures */
  size_t              n_files;
  const guint8       *labels;     /* (n_files, ceil (A / 8)), as in attribute.h */
  const DfiAttribute *attributes; /* (A) */
  int                 n_attributes;
  const char *const  *notes; /* (array zero-terminated=1): sentences about what is odd in the labels and does no harm */
  DfiTableStore      *store; /* owns all of them */
} DfiTable;

/**
 * dfi_table_read:
 * @labels: as dfi_labels_read() reads it
 * @threshold: NAN: the labels are yes or no; else they are scores, above this is yes
 * @columns: (nullable) (array zero-terminated=1): attributes to take; NULL: all that are labels
 * @attributes: (nullable): as dfi_attributes_read() reads it
 * @error: as both set it
 *
 * Returns: (transfer full) (nullable): free with dfi_table_free()
 */
DfiTable      *
dfi_table_read (const char *labels, double threshold, const char *const *columns, const char *attributes, GError **error);
void dfi_table_free (DfiTable *table); /* NULL is fine */

#endif
