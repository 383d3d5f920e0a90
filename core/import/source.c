#include "config.h"

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "import/source.h"

gboolean
dfi_source_broken (const DfiSource *source, GError **error, const char *what)
{
  g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
               _ ("“%s” is not a usable file of weights (%s): %s. It may be damaged or cut short; fetch it again."), source->path,
               source->format->name, what);
  return FALSE;
}

gboolean
dfi_source_count (const DfiSource *source, DfiTensor *tensor, size_t size, GError **error)
{
  size_t   bytes = dfi_dtype_size (tensor->dtype);
  gboolean fits  = TRUE;

  tensor->count = 1;
  for (int i = 0; fits && i < tensor->rank; i++)
    fits = g_size_checked_mul (&tensor->count, tensor->count, tensor->shape[i]);
  return (fits && size % bytes == 0 && tensor->count == size / bytes) ||
         dfi_source_broken (source, error, _ ("a tensor's shape does not fit its size"));
}

gboolean
dfi_source_add (DfiSource *source, const DfiTensor *tensor, size_t size, GError **error)
{
  DfiTensor  counted = *tensor;
  DfiTensor *copy;

  if (! dfi_source_count (source, &counted, size, error))
    return FALSE;
  if (g_hash_table_contains (source->tensors, tensor->name))
    return dfi_source_broken (source, error, _ ("a tensor is there twice"));

  copy       = g_memdup2 (&counted, sizeof counted);
  copy->name = g_strdup (tensor->name);
  g_hash_table_insert (source->tensors, (char *) copy->name, copy);
  return TRUE;
}

gpointer
dfi_source_alloc (DfiSource *source, size_t count, size_t size, GError **error)
{
  gpointer block = dfi_try_alloc (count, size, error);

  if (block)
    g_ptr_array_add (source->blocks, block);
  return block;
}
