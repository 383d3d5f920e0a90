/* safetensors-writer.h: writes the files that safetensors-reader.h describes.  All shapes are said first, then the bytes arrive
 * in that order and in pieces of any size, so that a file may be larger than memory.  It appears whole at the commit, or not at
 * all. */

#ifndef DFI_SAFETENSORS_WRITER_H
#define DFI_SAFETENSORS_WRITER_H

#include "files/tensor.h"

typedef struct _DfiSafetensorsWriter DfiSafetensorsWriter;

/**
 * dfi_safetensors_create:
 * @metadata: (element-type utf8 utf8): key, value, key, value, ..., NULL
 * @tensors: (array length=n_tensors): `data` and `count` are not looked at
 *
 * Returns: (transfer full) (nullable): end it with dfi_safetensors_commit() or dfi_safetensors_discard()
 */
DfiSafetensorsWriter *
dfi_safetensors_create (const char *path, const char *const *metadata, const DfiTensor *tensors, int n_tensors, GError **error);

/* Appends @size bytes that are as the file shall have them.  FALSE with DFI_ERROR_IO. */
gboolean dfi_safetensors_append (DfiSafetensorsWriter *writer, const void *bytes, size_t size, GError **error);
/* Appends @n numbers of @width bytes, at most 8, in the machine's order of bytes.  FALSE with DFI_ERROR_IO. */
gboolean
dfi_safetensors_append_numbers (DfiSafetensorsWriter *writer, const void *values, size_t n, size_t width, GError **error);

/* Takes @writer in any case; FALSE, and no file, when something could not be written. It is a bug to commit before all
 * bytes that the shapes promise have been appended. */
gboolean dfi_safetensors_commit (DfiSafetensorsWriter *writer, GError **error);
void     dfi_safetensors_discard (DfiSafetensorsWriter *writer); /* NULL is fine */

#endif
