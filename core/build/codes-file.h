/* codes-file.h: the faces' codes of a build under way, in a file beside the database: halves (n, rank), little-endian. */

#ifndef DFI_CODES_FILE_H
#define DFI_CODES_FILE_H

#include "files/safetensors-writer.h"

typedef struct _DfiCodesFile DfiCodesFile;

/**
 * dfi_codes_file_open:
 * @folder: that the file lies in
 * @n: codes that count; what lies behind them is cut off
 * @rank: numbers of a code
 * @error: DFI_ERROR_IO; DFI_ERROR_FORMAT when the file has fewer codes
 *
 * Returns: (transfer full) (nullable): stands behind the codes that count; close it with dfi_codes_file_close()
 */
DfiCodesFile *dfi_codes_file_open (const char *folder, size_t n, size_t rank, GError **error);
void          dfi_codes_file_close (DfiCodesFile *codes); /* NULL is fine */

size_t dfi_codes_file_count (const DfiCodesFile *codes);

/* Appends @code (rank), and rounds it as the file does.  DFI_ERROR_VALUE when it is not finite then; DFI_ERROR_IO. */
gboolean dfi_codes_file_append (DfiCodesFile *codes, float *code, size_t rank, GError **error);

/* Makes sure that all codes outlast a loss of power.  DFI_ERROR_IO. */
gboolean dfi_codes_file_sync (DfiCodesFile *codes, GError **error);

/* Appends all codes to @writer.  DFI_ERROR_IO. */
gboolean dfi_codes_file_copy (DfiCodesFile *codes, DfiSafetensorsWriter *writer, GError **error);

#endif
