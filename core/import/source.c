#include "config.h"

#include <glib/gi18n-lib.h>

#include "error.h"
#include "import/source.h"

gboolean
dfi_source_broken (const DfiSource  *source,
                   GError          **error,
                   const char       *what)
{
  g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
               _("“%s” is not a usable file of weights (%s): %s. It may be damaged or cut short; fetch it again."),
               source->path, source->format->name, what);
  return FALSE;
}

gboolean
dfi_source_add (DfiSource        *source,
                const DfiTensor  *tensor,
                size_t            size,
                GError          **error)
{
  DfiTensor *copy;
  size_t     bytes = dfi_dtype_size (tensor->dtype), count = 1;

  for (int i = 0; i < tensor->rank; i++)
    if (! g_size_checked_mul (&count, count, tensor->shape[i]))
      return dfi_source_broken (source, error, _("a tensor's shape does not fit its size"));
  if (size % bytes != 0 || count != size / bytes)
    return dfi_source_broken (source, error, _("a tensor's shape does not fit its size"));
  if (g_hash_table_contains (source->tensors, tensor->name))
    return dfi_source_broken (source, error, _("a tensor is there twice"));

  copy        = g_new (DfiTensor, 1);
  *copy       = *tensor;
  copy->name  = g_strdup (tensor->name);
  copy->count = count;
  g_hash_table_insert (source->tensors, (char *) copy->name, copy);
  return TRUE;
}

gpointer
dfi_source_alloc (DfiSource  *source,
                  size_t      count,
                  size_t      size,
                  GError    **error)
{
  gpointer block = dfi_try_alloc (count, size, error);

  if (block)
    g_ptr_array_add (source->blocks, block);
  return block;
}
