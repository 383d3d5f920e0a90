/* codes-file.h: the faces' codes, and their hair's tones where these are measured, of a build under way, in a file beside the
 * database: halves (n, length), little-endian. */

#ifndef DFI_CODES_FILE_H
#define DFI_CODES_FILE_H

#include "files/safetensors-writer.h"

typedef struct _DfiCodesFile DfiCodesFile;

/**
 * dfi_codes_file_open:
 * @folder: that the file lies in
 * @n: codes that count; what lies behind them is cut off
 * @length: numbers of a code
 * @error: DFI_ERROR_IO; DFI_ERROR_FORMAT when the file has fewer codes
 *
 * Returns: (transfer full) (nullable): stands behind the codes that count; close it with dfi_codes_file_close()
 */
DfiCodesFile *dfi_codes_file_open (const char *folder, size_t n, size_t length, GError **error);
void          dfi_codes_file_close (DfiCodesFile *codes); /* NULL is fine */

size_t dfi_codes_file_count (const DfiCodesFile *codes);

/* Rounds @code (n) as the file does.  DFI_ERROR_VALUE when it is not finite then. */
gboolean dfi_codes_round (float *code, size_t n, GError **error);

/* Appends @code (length).  DFI_ERROR_IO. */
gboolean dfi_codes_file_append (DfiCodesFile *codes, const float *code, size_t length, GError **error);

/* Makes sure that all codes outlast a loss of power.  DFI_ERROR_IO. */
gboolean dfi_codes_file_sync (DfiCodesFile *codes, GError **error);

/* Appends all codes to @writer, of each (length) the numbers from @first to before @end.  DFI_ERROR_IO, DFI_ERROR_MEMORY. */
gboolean
dfi_codes_file_copy (DfiCodesFile *codes, size_t length, size_t first, size_t end, DfiSafetensorsWriter *writer, GError **error);

#endif
