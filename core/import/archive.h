/* archive.h: the directory of a zip archive, nothing of which is unpacked.
 *
 * Source: .ZIP File Format Specification of PKWARE, 4.3.
 */

#ifndef DFI_IMPORT_ARCHIVE_H
#define DFI_IMPORT_ARCHIVE_H

#include "import/source.h"

typedef struct _DfiArchive DfiArchive;

typedef enum
{
  DFI_ARCHIVE_BROKEN,   /* no directory, or one that makes no sense */
  DFI_ARCHIVE_PACKED,   /* something in it is compressed or encrypted */
  DFI_ARCHIVE_TOO_LARGE /* of the form for more than 4 GB, zip64 */
} DfiArchiveFault;

/* Reads the directory of the archive @whole, which must stay.  NULL, and @fault says why, when that is not possible.  Free it
 * with dfi_archive_free(). */
DfiArchive *dfi_archive_new (const DfiCursor *whole, DfiArchiveFault *fault);
void        dfi_archive_free (DfiArchive *archive); /* NULL is fine */

/* Sets DFI_ERROR_FORMAT for the reason @fault; returns FALSE. */
gboolean dfi_archive_refuse (const DfiSource *source, DfiArchiveFault fault, GError **error);

/* The bytes of the entry @name, or NULL; they belong to @archive. */
const DfiCursor *dfi_archive_find (const DfiArchive *archive, const char *name);

/* The only entry whose name ends in @ending, or NULL; belongs to @archive. */
const char *dfi_archive_find_ending (const DfiArchive *archive, const char *ending);

/* Whether @whole begins as an archive does. */
gboolean dfi_archive_is (const DfiCursor *whole);

#endif
