#include "config.h"

#include <string.h>

#include "import/cursor.h"

gboolean
dfi_cursor_skip (DfiCursor *cursor, guint64 size)
{
  if (size > cursor->left)
    return FALSE;

  cursor->at += size;
  cursor->left -= size;
  return TRUE;
}

/* Moves the window to where the byte @at is; windows lie side by side, so that going backwards is as fast. */
static gboolean
look (DfiWindow *window, guint64 at)
{
  guint64 size = dfi_input_file_size (window->file);

  if (at >= window->at && at - window->at < window->length)
    return TRUE;

  window->at     = at - at % DFI_WINDOW_BYTES;
  window->length = MIN (DFI_WINDOW_BYTES, size - window->at);
  if (! dfi_input_file_read (window->file, window->at, window->bytes, window->length, window->error ? NULL : &window->error))
    window->length = 0;
  return window->length > 0;
}

gboolean
dfi_cursor_read (DfiCursor *cursor, void *bytes, size_t size)
{
  DfiWindow *window = cursor->window;
  guint8    *out    = bytes;

  if (size > cursor->left)
    return FALSE;

  while (size > 0)
    {
      size_t from, piece;

      if (! look (window, cursor->at))
        return FALSE;
      from  = cursor->at - window->at;
      piece = MIN (size, window->length - from);
      memcpy (out, window->bytes + from, piece);
      out += piece;
      size -= piece;
      dfi_cursor_skip (cursor, piece);
    }
  return TRUE;
}

gboolean
dfi_cursor_number (DfiCursor *cursor, size_t size, guint64 *value)
{
  guint8 bytes[8];

  if (! dfi_cursor_read (cursor, bytes, size))
    return FALSE;

  *value = 0;
  for (size_t i = 0; i < size; i++)
    *value |= (guint64) bytes[i] << 8 * i;
  return TRUE;
}

gboolean
dfi_cursor_is (const DfiCursor *cursor, const void *bytes, size_t size)
{
  DfiCursor copy = *cursor;

  for (size_t i = 0; i < size; i++)
    {
      guint64 byte;

      if (! dfi_cursor_number (&copy, 1, &byte) || byte != ((const guint8 *) bytes)[i])
        return FALSE;
    }
  return TRUE;
}
