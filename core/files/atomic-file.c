#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "files/atomic-file.h"

struct _DfiAtomicFile
{
  char *path;
  char *temporary;
  FILE *stream;
};

DfiAtomicFile *
dfi_atomic_file_new (const char *path, GError **error)
{
  char          *temporary = g_strconcat (path, ".XXXXXX", NULL);
  int            fd;
  FILE          *stream;
  DfiAtomicFile *file;

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
      dfi_error_set_unwritable (error, path);
      g_free (temporary);
      return NULL;
    }

  file            = g_new0 (DfiAtomicFile, 1);
  file->path      = g_strdup (path);
  file->temporary = temporary;
  file->stream    = stream;
  return file;
}

gboolean
dfi_atomic_file_write (DfiAtomicFile *file, const void *bytes, size_t size, GError **error)
{
  return fwrite (bytes, 1, size, file->stream) == size || dfi_error_set_unwritable (error, file->path);
}

static void
atomic_file_free (DfiAtomicFile *file)
{
  if (file->stream)
    fclose (file->stream);
  g_free (file->temporary);
  g_free (file->path);
  g_free (file);
}

gboolean
dfi_atomic_file_commit (DfiAtomicFile *file, GError **error)
{
  FILE    *stream  = g_steal_pointer (&file->stream);
  gboolean flushed = fflush (stream) == 0 && fsync (fileno (stream)) == 0;
  gboolean done;

  /* fclose() may be the first to hear that the disk is full; its stream is gone either way. */
  if (! flushed)
    {
      dfi_error_set_unwritable (error, file->path);
      fclose (stream);
      done = FALSE;
    }
  else
    {
      done =
          (fclose (stream) == 0 && g_rename (file->temporary, file->path) == 0) || dfi_error_set_unwritable (error, file->path);
    }

  if (! done)
    g_unlink (file->temporary);
  atomic_file_free (file);
  return done;
}

void
dfi_atomic_file_discard (DfiAtomicFile *file)
{
  if (! file)
    return;

  g_unlink (file->temporary);
  atomic_file_free (file);
}
