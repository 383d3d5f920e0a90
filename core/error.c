#include "config.h"

#include <glib/gi18n-lib.h>

#include "error.h"

G_DEFINE_QUARK (dfi-error-quark, dfi_error)

gboolean
dfi_error_set_cancelled (GError **error)
{
  g_set_error_literal (error, DFI_ERROR, DFI_ERROR_CANCELLED, _("Cancelled."));
  return FALSE;
}

gpointer
dfi_try_alloc (size_t   count,
               size_t   size,
               GError **error)
{
  gpointer block = g_try_malloc_n (MAX (count, 1), size);

  if (! block)
    g_set_error (error, DFI_ERROR, DFI_ERROR_MEMORY,
                 _("Not enough memory: %zu times %zu bytes were asked for."),
                 count, size);
  return block;
}
