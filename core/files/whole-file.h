/* whole-file.h: files that are read whole: pictures, lists, what people write. */

#ifndef DFI_WHOLE_FILE_H
#define DFI_WHOLE_FILE_H

#include <glib.h>

#define DFI_STREAM_MAX ((size_t) 1 << 30) /* bytes of a pipe or a device, which need not have an end */

/**
 * dfi_file_read:
 * @path: of the file; it may be a pipe or a device
 * @most: bytes that it may have; of what is no regular file at most DFI_STREAM_MAX
 * @length: (out): bytes that it has
 * @error: DFI_ERROR_IO; DFI_ERROR_FORMAT when it has more; DFI_ERROR_MEMORY
 *
 * Returns: (transfer full) (nullable): (@length), and a zero byte behind them that does not count; free with g_free()
 */
char *dfi_file_read (const char *path, size_t most, size_t *length, GError **error);

#endif
