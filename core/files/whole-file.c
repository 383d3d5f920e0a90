#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

#include "base/error.h"
#include "files/whole-file.h"

#define FIRST 65536 /* bytes of memory at first, where the file's size is not known */

/* A file while it is read. */
typedef struct
{
  FILE  *file;
  size_t most;
  char  *bytes;
  size_t used;
  size_t room; /* bytes of memory, one of them for the zero */
} Reader;

static gboolean
make_room (Reader *reader, size_t room, GError **error)
{
  char *bytes = g_try_realloc (reader->bytes, room);

  if (! bytes)
    return dfi_error_set_no_memory (error, room, sizeof *bytes);

  reader->bytes = bytes;
  reader->room  = room;
  return TRUE;
}

/* Memory for all of the file where its size is known. */
static gboolean
begin (Reader *reader, GError **error)
{
  struct stat about;
  gboolean    regular = fstat (fileno (reader->file), &about) == 0 && S_ISREG (about.st_mode);

  if (! regular)
    reader->most = MIN (reader->most, DFI_STREAM_MAX);
  return make_room (reader, regular && about.st_size > 0 ? MIN ((guint64) about.st_size, reader->most) + 2 : FIRST, error);
}

/* Reads to the end, or to a byte more than there may be. */
static gboolean
read_all (Reader *reader, GError **error)
{
  size_t size;

  do
    {
      if (reader->used + 1 == reader->room && ! make_room (reader, MIN (2 * reader->room, reader->most + 2), error))
        return FALSE;
      size = fread (reader->bytes + reader->used, 1, reader->room - reader->used - 1, reader->file);
      reader->used += size;
    }
  while (size > 0 && reader->used <= reader->most);
  reader->bytes[reader->used] = '\0';
  return TRUE;
}

char *
dfi_file_read (const char *path, size_t most, size_t *length, GError **error)
{
  Reader   reader = { .file = g_fopen (path, "rb"), .most = most };
  gboolean done   = FALSE;

  if (! reader.file)
    {
      dfi_error_set_unreadable (error, path);
      return NULL;
    }

  if (begin (&reader, error) && read_all (&reader, error))
    {
      if (ferror (reader.file))
        dfi_error_set_unreadable (error, path);
      else if (reader.used > reader.most)
        g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("“%s” has more than %zu MiB, too many for a file of its kind."), path,
                     reader.most >> 20);
      else
        done = TRUE;
    }
  fclose (reader.file);
  *length = reader.used;
  if (! done)
    g_clear_pointer (&reader.bytes, g_free);
  return reader.bytes;
}
