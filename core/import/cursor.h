/* cursor.h: reading bytes of a file that nobody vouches for, never past their end.  All numbers are little-endian. */

#ifndef DFI_IMPORT_CURSOR_H
#define DFI_IMPORT_CURSOR_H

#include "files/input-file.h"

#define DFI_WINDOW_BYTES (1 << 16)

/* The part of a file that was last looked at, so that a few bytes at a time can be read fast. */
typedef struct
{
  DfiInputFile *file;
  guint64       at;     /* where the part begins */
  size_t        length; /* of it; 0 at first */
  GError       *error;  /* the first of the system, or NULL */
  guint8        bytes[DFI_WINDOW_BYTES];
} DfiWindow;

/* A place in a file, and how many bytes may be read from there on. */
typedef struct
{
  DfiWindow *window;
  guint64    at;
  guint64    left;
} DfiCursor;

/* All of these go on behind what they were asked for, or, when there are fewer bytes or the file cannot be read, return FALSE. */
gboolean dfi_cursor_skip (DfiCursor *cursor, guint64 size);
gboolean dfi_cursor_read (DfiCursor *cursor, void *bytes, size_t size);
/* An unsigned number of @size bytes, at most 8. */
gboolean dfi_cursor_number (DfiCursor *cursor, size_t size, guint64 *value);

/* Whether the next @size bytes are these. */
gboolean dfi_cursor_is (const DfiCursor *cursor, const void *bytes, size_t size);

#endif
