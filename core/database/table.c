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

/* What the file @attributes, if there is one, says of the labels in @options. */
static gboolean
read_described (const char *attributes, DfiLabelsOptions *options, char ***names, GError **error)
{
  if (! attributes)
    return TRUE;

  options->thresholds = dfi_attributes_read_thresholds (attributes, error);
  *names              = options->thresholds ? dfi_attributes_read_names (attributes, error) : NULL;
  options->described  = (const char *const *) *names;
  return *names != NULL;
}

static DfiLabels *
read_labels (const char *path, double threshold, const char *const *columns, const char *attributes, GError **error)
{
  DfiLabelsOptions options = { .threshold = threshold, .columns = columns };
  char           **names   = NULL;
  DfiLabels       *labels  = NULL;

  if (read_described (attributes, &options, &names, error))
    labels = dfi_labels_read (path, &options, error);
  g_strfreev (names);
  g_clear_pointer (&options.thresholds, g_hash_table_unref);
  return labels;
}

DfiTable *
dfi_table_read (const char *path, double threshold, const char *const *columns, const char *attributes, GError **error)
{
  DfiTable      *table = g_new0 (DfiTable, 1);
  DfiTableStore *store = table->store = g_new0 (DfiTableStore, 1);

  store->strings = g_string_chunk_new (1024);
  store->labels  = read_labels (path, threshold, columns, attributes, error);
  if (store->labels)
    store->attributes =
        dfi_attributes_read (attributes, (const char *const *) store->labels->names->pdata, store->labels->names->len,
                             (const char *const *) store->labels->others->pdata, store->strings, error);
  if (! store->attributes)
    {
      dfi_table_free (table);
      return NULL;
    }

  g_ptr_array_add (store->labels->notes, NULL);
  table->notes        = (const char *const *) store->labels->notes->pdata;
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
