#include "config.h"

#include "database/attribute-file.h"
#include "database/labels.h"
#include "database/table.h"

struct _DfiTableStore
{
  DfiLabels    *labels;
  DfiAttribute *attributes;
  GStringChunk *strings; /* of the attributes */
};

static DfiLabels *
read_labels (const char *path, double threshold, const char *attributes, GError **error)
{
  GHashTable *thresholds = attributes ? dfi_attributes_read_thresholds (attributes, error) : NULL;
  DfiLabels  *labels     = NULL;

  if (thresholds || ! attributes)
    labels = dfi_labels_read (path, threshold, thresholds, error);
  g_clear_pointer (&thresholds, g_hash_table_unref);
  return labels;
}

DfiTable *
dfi_table_read (const char *path, double threshold, const char *attributes, GError **error)
{
  DfiTable      *table = g_new0 (DfiTable, 1);
  DfiTableStore *store = table->store = g_new0 (DfiTableStore, 1);

  store->strings = g_string_chunk_new (1024);
  store->labels  = read_labels (path, threshold, attributes, error);
  if (store->labels)
    store->attributes = dfi_attributes_read (attributes, (const char *const *) store->labels->names->pdata,
                                             store->labels->names->len, store->strings, error);
  if (! store->attributes)
    {
      dfi_table_free (table);
      return NULL;
    }

  table->files        = (const char *const *) store->labels->files->pdata;
  table->n_files      = store->labels->files->len;
  table->labels       = store->labels->bits->data;
  table->attributes   = store->attributes;
  table->n_attributes = store->labels->names->len;
  return table;
}

void
dfi_table_free (DfiTable *table)
{
  if (! table)
    return;

  g_free (table->store->attributes);
  dfi_labels_free (table->store->labels);
  g_string_chunk_free (table->store->strings);
  g_free (table->store);
  g_free (table);
}
