#include "config.h"

#include <glib/gi18n-lib.h>

#include "import/archive.h"

#define END_BYTES  22 /* of the end record, without its comment */
#define END_SIGN   0x06054b50
#define ENTRY_SIGN 0x02014b50
#define LOCAL_SIGN 0x04034b50

#define ZIP64 G_MAXUINT32 /* in place of a number that is elsewhere */

#define METHOD_STORED 0

struct _DfiArchive
{
  GHashTable *entries; /* name -> DfiCursor over its bytes */
};

/* @n numbers of @sizes bytes each. */
static gboolean
read_fields (DfiCursor *cursor, const guint8 *sizes, guint64 *fields, int n)
{
  for (int i = 0; i < n; i++)
    if (! dfi_cursor_number (cursor, sizes[i], &fields[i]))
      return FALSE;
  return TRUE;
}

/* The last end record of the file; a comment may follow it. */
static gboolean
find_directory (const DfiCursor *whole, DfiCursor *directory, guint64 *n_entries, DfiArchiveFault *fault)
{
  static const guint8 sizes[] = { 4, 2, 2, 2, 2, 4, 4, 2 }; /* sign, disks, entries here and in all, size, offset, comment */
  guint64             from    = whole->left < END_BYTES ? 0 : whole->left - END_BYTES;

  for (guint64 back = 0; whole->left >= END_BYTES && back <= MIN (from, G_MAXUINT16); back++)
    {
      DfiCursor end = { whole->window, whole->at + from - back, END_BYTES };
      guint64   fields[G_N_ELEMENTS (sizes)];

      if (! read_fields (&end, sizes, fields, G_N_ELEMENTS (sizes)))
        return FALSE;
      if (fields[0] != END_SIGN || fields[7] != back)
        continue;

      *directory = *whole;
      *n_entries = fields[4];
      if (fields[6] == ZIP64)
        *fault = DFI_ARCHIVE_TOO_LARGE;
      if (! dfi_cursor_skip (directory, fields[6]) || fields[5] > directory->left)
        return FALSE;
      directory->left = fields[5];
      return TRUE;
    }
  return FALSE;
}

/* The bytes of an entry, which stand behind a header of its own; that header's name and extra field may be longer or shorter
 * than the directory's. */
static gboolean
find_bytes (DfiCursor whole, guint64 offset, guint64 size, DfiCursor *bytes)
{
  static const guint8 sizes[] = { 4, 2, 2, 2, 4, 4, 4, 4, 2, 2 }; /* sign, ..., lengths of name and extra field */
  guint64             fields[G_N_ELEMENTS (sizes)];

  if (! dfi_cursor_skip (&whole, offset) || ! read_fields (&whole, sizes, fields, G_N_ELEMENTS (sizes)) ||
      fields[0] != LOCAL_SIGN || ! dfi_cursor_skip (&whole, fields[8] + fields[9]))
    return FALSE;

  *bytes      = whole;
  bytes->left = size;
  return size <= whole.left;
}

static gboolean
read_entry (DfiArchive *archive, const DfiCursor *whole, DfiCursor *directory, DfiArchiveFault *fault)
{
  /* sign, versions, flags, method, time, checksum, sizes packed and not, lengths of name, extra field and comment, disk,
   * attributes, offset */
  static const guint8 sizes[] = { 4, 2, 2, 2, 2, 4, 4, 4, 4, 2, 2, 2, 2, 2, 4, 4 };
  guint64             fields[G_N_ELEMENTS (sizes)];
  DfiCursor           bytes;
  char               *name;

  if (! read_fields (directory, sizes, fields, G_N_ELEMENTS (sizes)) || fields[0] != ENTRY_SIGN)
    return FALSE;
  if (fields[4] != METHOD_STORED || (fields[3] & 1))
    *fault = DFI_ARCHIVE_PACKED;
  else if (fields[8] == ZIP64 || fields[15] == ZIP64)
    *fault = DFI_ARCHIVE_TOO_LARGE;
  if (*fault != DFI_ARCHIVE_BROKEN || fields[7] != fields[8] || ! find_bytes (*whole, fields[15], fields[8], &bytes))
    return FALSE;

  name = g_malloc0 (fields[9] + 1);
  if (dfi_cursor_read (directory, name, fields[9]) && dfi_cursor_skip (directory, fields[10] + fields[11]) &&
      g_utf8_validate_len (name, fields[9], NULL))
    return g_hash_table_insert (archive->entries, name, g_memdup2 (&bytes, sizeof bytes));
  g_free (name);
  return FALSE;
}

DfiArchive *
dfi_archive_new (const DfiCursor *whole, DfiArchiveFault *fault)
{
  DfiArchive *archive = g_new0 (DfiArchive, 1);
  DfiCursor   directory;
  guint64     n_entries;
  gboolean    done;

  *fault           = DFI_ARCHIVE_BROKEN;
  archive->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  done             = find_directory (whole, &directory, &n_entries, fault); /* at most 65535 */
  for (guint64 i = 0; done && i < n_entries; i++)
    done = read_entry (archive, whole, &directory, fault);
  if (! done)
    g_clear_pointer (&archive, dfi_archive_free);
  return archive;
}

void
dfi_archive_free (DfiArchive *archive)
{
  if (! archive)
    return;

  g_hash_table_unref (archive->entries);
  g_free (archive);
}

const DfiCursor *
dfi_archive_find (const DfiArchive *archive, const char *name)
{
  return g_hash_table_lookup (archive->entries, name);
}

const char *
dfi_archive_find_ending (const DfiArchive *archive, const char *ending)
{
  const char    *found = NULL;
  GHashTableIter iter;
  gpointer       name;

  g_hash_table_iter_init (&iter, archive->entries);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (g_str_has_suffix (name, ending))
      {
        if (found)
          return NULL;
        found = name;
      }
  return found;
}

gboolean
dfi_archive_is (const DfiCursor *whole)
{
  return dfi_cursor_is (whole, "PK\3\4", 4);
}

gboolean
dfi_archive_refuse (const DfiSource *source, DfiArchiveFault fault, GError **error)
{
  switch (fault)
    {
    case DFI_ARCHIVE_PACKED:
      return dfi_source_refuse (source, error, _ ("its zip archive is compressed or encrypted; pack it again without that"));

    case DFI_ARCHIVE_TOO_LARGE: return dfi_source_refuse (source, error, _ ("its zip archive is of the kind for more than 4 GB"));

    case DFI_ARCHIVE_BROKEN: break;
    }
  return dfi_source_broken (source, error, _ ("its archive has no readable directory"));
}
