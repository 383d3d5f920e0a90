#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "files/atomic-file.h"
#include "files/temporary-file.h"

#define LINKS_MAX 40 /* as many as Linux follows */

struct _DfiAtomicFile
{
  char *path;      /* as the caller has it */
  char *target;    /* the same with links followed */
  char *temporary; /* takes the target's place in the end; NULL when the target itself is written to */
  FILE *stream;
};

/* ---------- what is written to ---------- */

/* Where @path leads to, even if nothing is there yet; NULL with errno when it goes round in a circle. */
static char *
follow_links (const char *path)
{
  char *at = g_strdup (path);

  for (int i = 0; i < LINKS_MAX; i++)
    {
      char *link = g_file_read_link (at, NULL);
      char *folder;

      if (! link || g_str_has_prefix (at, "/proc/")) /* a link there need not name a file */
        {
          g_free (link);
          return at;
        }
      folder = g_path_get_dirname (at);
      g_free (at);
      at = g_path_is_absolute (link) ? g_strdup (link) : g_build_filename (folder, link, NULL);
      g_free (folder);
      g_free (link);
    }
  g_free (at);
  errno = ELOOP;
  return NULL;
}

/* The descriptor that @target is another name of, or -1. */
static int
named_descriptor (const char *target)
{
  static const char *folders[] = { "/dev/fd/", "/proc/self/fd/" };
  guint64            number;

  for (size_t i = 0; i < G_N_ELEMENTS (folders); i++)
    if (g_str_has_prefix (target, folders[i]) &&
        g_ascii_string_to_unsigned (target + strlen (folders[i]), 10, 0, G_MAXINT, &number, NULL))
      return (int) number;
  return -1;
}

/* Whether @target must not be replaced: a pipe, a device, what is open already; a folder cannot be opened then. */
static gboolean
is_written_to (const char *target)
{
  GStatBuf about;

  return named_descriptor (target) >= 0 || (g_stat (target, &about) == 0 && ! S_ISREG (about.st_mode));
}

static int
open_target (const char *target)
{
  int number = named_descriptor (target);

  return number >= 0 ? fcntl (number, F_DUPFD_CLOEXEC, 0) : g_open (target, O_WRONLY | O_CLOEXEC, 0);
}

/* ---------- the file that takes its place ---------- */

/* Owner, group and mode of an older file.  If it belongs to a group that this process may not give it to, the group that it gets
 * may do what everybody may. */
static void
keep_rights (int fd, const char *target)
{
  GStatBuf old;
  mode_t   mode;

  if (g_stat (target, &old) != 0)
    return;

  mode = old.st_mode & 0777;
  if (fchown (fd, old.st_uid, old.st_gid) != 0 && fchown (fd, (uid_t) -1, old.st_gid) != 0)
    mode = (mode & 0707) | (mode & 0007) << 3;
  fchmod (fd, mode); /* or not: some file systems know no rights */
}

static int
open_temporary (DfiAtomicFile *file)
{
  char *folder = g_path_get_dirname (file->target);
  int   fd;

  fd = dfi_temporary_file_new (folder, &file->temporary);
  if (fd >= 0)
    keep_rights (fd, file->target);
  g_free (folder);
  return fd;
}

/* ---------- the file ---------- */

/* Frees the file and closes what is open of it; a temporary file that has not taken its place goes. */
static void
atomic_file_free (DfiAtomicFile *file, gboolean in_place)
{
  if (file->temporary)
    dfi_temporary_file_end (file->temporary, in_place);
  if (file->stream)
    fclose (file->stream);
  g_free (file->target);
  g_free (file->path);
  g_free (file);
}

DfiAtomicFile *
dfi_atomic_file_new (const char *path, GError **error)
{
  DfiAtomicFile *file = g_new0 (DfiAtomicFile, 1);
  int            fd   = -1;

  file->path   = g_strdup (path);
  file->target = follow_links (path);
  if (file->target)
    fd = is_written_to (file->target) ? open_target (file->target) : open_temporary (file);
  file->stream = fd < 0 ? NULL : fdopen (fd, "wb");
  if (file->stream)
    return file;

  dfi_error_set_unwritable (error, path);
  if (fd >= 0)
    close (fd);
  atomic_file_free (file, FALSE);
  return NULL;
}

gboolean
dfi_atomic_file_write (DfiAtomicFile *file, const void *bytes, size_t size, GError **error)
{
  return fwrite (bytes, 1, size, file->stream) == size || dfi_error_set_unwritable (error, file->path);
}

/* The lock lasts until the file has its name. */
gboolean
dfi_atomic_file_commit (DfiAtomicFile *file, GError **error)
{
  gboolean done = fflush (file->stream) == 0;

  if (file->temporary)
    done = done && fsync (fileno (file->stream)) == 0 && g_rename (file->temporary, file->target) == 0;
  if (! done)
    dfi_error_set_unwritable (error, file->path);
  atomic_file_free (file, done);
  return done;
}

void
dfi_atomic_file_discard (DfiAtomicFile *file)
{
  if (file)
    atomic_file_free (file, FALSE);
}
