/* cursor.h: reading bytes of a file that nobody vouches for, never past their end.  All numbers are little-endian. */

#ifndef DFI_IMPORT_CURSOR_H
#define DFI_IMPORT_CURSOR_H

#include <string.h>

#include <glib.h>

typedef struct
{
  const guint8 *at;
  size_t        left;
} DfiCursor;

/* The next @size bytes, or NULL, and the cursor where it was, when there are fewer. */
static inline const guint8 *
dfi_cursor_take (DfiCursor *cursor, size_t size)
{
  const guint8 *at = cursor->at;

  if (size > cursor->left)
    return NULL;
  cursor->at += size;
  cursor->left -= size;
  return at;
}

/* An unsigned number of @size bytes, at most 8. */
static inline gboolean
dfi_cursor_number (DfiCursor *cursor, size_t size, guint64 *value)
{
  const guint8 *bytes = dfi_cursor_take (cursor, size);

  if (! bytes)
    return FALSE;
  *value = 0;
  for (size_t i = 0; i < size; i++)
    *value |= (guint64) bytes[i] << 8 * i;
  return TRUE;
}

#endif
