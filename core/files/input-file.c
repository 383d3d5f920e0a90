#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

#include "base/error.h"
#include "files/input-file.h"

#define PIECE_MAX ((size_t) 1 << 30) /* bytes at once; systems read no more than 2 GiB */

struct _DfiInputFile
{
  char   *path;
  int     fd;
  guint64 size;
};

/* A folder can be opened, and a pipe could be, but neither has bytes at a position. */
static gboolean
file_open (DfiInputFile *file)
{
  GStatBuf about;

  file->fd = g_open (file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
  if (file->fd < 0 || fstat (file->fd, &about) != 0)
    return FALSE;
  if (! S_ISREG (about.st_mode))
    {
      errno = S_ISDIR (about.st_mode) ? EISDIR : ESPIPE;
      return FALSE;
    }
  file->size = about.st_size;
  return TRUE;
}

DfiInputFile *
dfi_input_file_new (const char *path, GError **error)
{
  DfiInputFile *file = g_new0 (DfiInputFile, 1);

  file->path = g_strdup (path);
  if (! file_open (file))
    {
      dfi_error_set_unreadable (error, path);
      g_clear_pointer (&file, dfi_input_file_free);
    }
  return file;
}

void
dfi_input_file_free (DfiInputFile *file)
{
  if (! file)
    return;

  if (file->fd >= 0)
    close (file->fd);
  g_free (file->path);
  g_free (file);
}

const char *
dfi_input_file_path (const DfiInputFile *file)
{
  return file->path;
}

guint64
dfi_input_file_size (const DfiInputFile *file)
{
  return file->size;
}

gboolean
dfi_input_file_read (const DfiInputFile *file, guint64 position, void *bytes, size_t size, GError **error)
{
  while (size > 0)
    {
      ssize_t n = pread (file->fd, bytes, MIN (size, PIECE_MAX), (off_t) position);

      if (n < 0 && errno != EINTR)
        return dfi_error_set_unreadable (error, file->path);
      if (n == 0)
        {
          g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("“%s” has become shorter since it was opened."), file->path);
          return FALSE;
        }
      if (n > 0)
        {
          bytes = (guint8 *) bytes + n;
          position += n;
          size -= n;
        }
    }
  return TRUE;
}
