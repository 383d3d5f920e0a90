#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"

G_DEFINE_QUARK (dfi - error - quark, dfi_error)

gboolean
dfi_error_set_cancelled (GError **error)
{
  g_set_error_literal (error, DFI_ERROR, DFI_ERROR_CANCELLED, _ ("Cancelled."));
  return FALSE;
}

gboolean
dfi_error_set_no_memory (GError **error, size_t count, size_t size)
{
  g_set_error (error, DFI_ERROR, DFI_ERROR_MEMORY, _ ("Not enough memory: %zu times %zu bytes were asked for."), count, size);
  return FALSE;
}

void
dfi_error_advise (GError *error, int code, const char *advice)
{
  char *message;

  if (! g_error_matches (error, DFI_ERROR, code))
    return;
  message = g_strconcat (error->message, " ", advice, NULL);
  g_free (error->message);
  error->message = message;
}

gboolean
dfi_error_set_unreadable (GError **error, const char *path)
{
  int reason = errno;

  g_set_error (error, DFI_ERROR, DFI_ERROR_IO, _ ("“%s” cannot be read: %s."), path, g_strerror (reason));
  return FALSE;
}

gboolean
dfi_error_set_unwritable (GError **error, const char *path)
{
  int reason = errno;

  g_set_error (error, DFI_ERROR, DFI_ERROR_IO, _ ("“%s” cannot be written: %s."), path, g_strerror (reason));
  return FALSE;
}

#define HUGE_PAGE ((size_t) 2 << 20) /* bytes, on most machines */

/* A large picture that is touched for the first time in pages of 4 KiB waits for the system longer than for its pixels. */
static gpointer
try_alloc_large (size_t n_bytes)
{
  void *block;

  if (posix_memalign (&block, HUGE_PAGE, n_bytes) != 0)
    return NULL;
#ifdef MADV_HUGEPAGE
  madvise (block, n_bytes, MADV_HUGEPAGE); /* or not: it is a wish */
#endif
  return block;
}

gpointer
dfi_try_alloc (size_t count, size_t size, GError **error)
{
  gpointer block = NULL;
  gsize    n_bytes;

  if (g_size_checked_mul (&n_bytes, MAX (count, 1), size))
    block = n_bytes >= 2 * HUGE_PAGE ? try_alloc_large (n_bytes) : g_try_malloc (n_bytes);
  if (! block)
    dfi_error_set_no_memory (error, count, size);
  return block;
}
