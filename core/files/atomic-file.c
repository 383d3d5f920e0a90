#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

#include "base/error.h"
#include "files/atomic-file.h"

struct _DfiReplacement
{
  char *path;
  char *temporary;
  FILE *stream;
};

static gboolean
fail (const char  *path,
      GError     **error)
{
  int reason = errno;

  g_set_error (error, DFI_ERROR, DFI_ERROR_IO, _("“%s” cannot be written: %s."), path, g_strerror (reason));
  return FALSE;
}

DfiReplacement *
dfi_replacement_new (const char  *path,
                     GError     **error)
{
  char           *temporary = g_strconcat (path, ".XXXXXX", NULL);
  int             fd;
  FILE           *stream;
  DfiReplacement *replacement;

  /* g_mkstemp_full() would name the temporary file in its message; the reader knows only the path that was asked for. */
  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    {
      errno = EISDIR;
      fd    = -1;
    }
  else
    {
      fd = g_mkstemp_full (temporary, O_WRONLY | O_CLOEXEC, 0666);
    }
  stream = fd < 0 ? NULL : fdopen (fd, "wb");
  if (! stream)
    {
      fail (path, error);
      g_free (temporary);
      return NULL;
    }

  replacement            = g_new0 (DfiReplacement, 1);
  replacement->path      = g_strdup (path);
  replacement->temporary = temporary;
  replacement->stream    = stream;
  return replacement;
}

gboolean
dfi_replacement_write (DfiReplacement  *replacement,
                       const void      *bytes,
                       size_t           size,
                       GError         **error)
{
  return fwrite (bytes, 1, size, replacement->stream) == size || fail (replacement->path, error);
}

static void
replacement_free (DfiReplacement *replacement)
{
  if (replacement->stream)
    fclose (replacement->stream);
  g_free (replacement->temporary);
  g_free (replacement->path);
  g_free (replacement);
}

gboolean
dfi_replacement_commit (DfiReplacement  *replacement,
                        GError         **error)
{
  FILE     *stream  = g_steal_pointer (&replacement->stream);
  gboolean  flushed = fflush (stream) == 0 && fsync (fileno (stream)) == 0;
  gboolean  done;

  /* fclose() may be the first to hear that the disk is full; its stream is gone either way. */
  if (! flushed)
    {
      fail (replacement->path, error);
      fclose (stream);
      done = FALSE;
    }
  else
    {
      done = (fclose (stream) == 0 && g_rename (replacement->temporary, replacement->path) == 0) ||
             fail (replacement->path, error);
    }

  if (! done)
    g_unlink (replacement->temporary);
  replacement_free (replacement);
  return done;
}

void
dfi_replacement_discard (DfiReplacement *replacement)
{
  if (! replacement)
    return;

  g_unlink (replacement->temporary);
  replacement_free (replacement);
}
