/* safetensors-reader.h: the one container of numbers, for networks, databases and features.
 *
 *   8 bytes    n, length of the header, little-endian; at most DFI_HEADER_MAX and what the file holds
 *   n bytes    JSON object: tensor name -> { dtype, shape, data_offsets [begin, end) },
 *              and "__metadata__" -> { string: string }
 *   the rest   the tensors' bytes, little-endian, row-major, without holes, overlaps or bytes left over
 *
 * Source: the format's description at https://github.com/huggingface/safetensors.
 *
 * Dfi's own files say in the metadata what they are, `dfi.kind`, and in which version, `dfi.version`, a decimal number:
 *
 *   encoder    weights of a VGG up to its last tap
 *   decoder    weights of the network that goes the encoder's way back
 *   face       weights of the networks that find faces and their landmarks
 *   hair       weights of the network that says where hair is
 *   database   codes and labels of many faces
 *   partial    sums of a build that is not finished, or of one shard of it
 *   basis      what the second and third stage of a build start from
 *   features   taps of a picture
 *   edit       face, result and target of an edit
 */

#ifndef DFI_SAFETENSORS_READER_H
#define DFI_SAFETENSORS_READER_H

#include "files/tensor.h"

#define DFI_HEADER_MAX (16u << 20) /* bytes of JSON; the largest header of our own has about 20 kB */

typedef struct _DfiSafetensors DfiSafetensors; /* never changes, so threads may share it */

/**
 * dfi_safetensors_open:
 * @path: file to read; it stays open, and may be replaced meanwhile
 * @kind: (nullable): what `dfi.kind` must say; NULL accepts any file
 * @version: the `dfi.version` that is understood, when @kind is given
 * @error: DFI_ERROR_IO, _FORMAT or _MEMORY; a newer version is told apart from a broken one
 *
 * Every number of the header is checked before it is used. Tensors with a dtype that we do not read are passed over.
 *
 * Returns: (transfer full) (nullable): free with dfi_safetensors_free()
 */
DfiSafetensors *dfi_safetensors_open (const char *path, const char *kind, int version, GError **error);
void            dfi_safetensors_free (DfiSafetensors *file); /* NULL is fine */

/* For files that may be somebody else's, and say no kind: FALSE with DFI_ERROR_FORMAT when the file says that it is something
 * else than @kind, or of a version beyond @version. */
gboolean dfi_safetensors_may_be (const DfiSafetensors *file, const char *kind, int version, GError **error);

const char *dfi_safetensors_path (const DfiSafetensors *file);

/* NULL, and no error, when there is no such key. */
const char *dfi_safetensors_metadata (const DfiSafetensors *file, const char *key);

/* Whether there is a tensor of that name, for those that may be missing. */
gboolean dfi_safetensors_has (const DfiSafetensors *file, const char *name);

/**
 * dfi_safetensors_tensor:
 * @name: tensor to find
 * @rank: number of dimensions wanted
 * @shape: (array length=rank): sizes wanted; 0 accepts any size but 0
 * @error: DFI_ERROR_FORMAT naming file, tensor, what was found and what was wanted
 *
 * Returns: (transfer none) (nullable): belongs to @file
 */
const DfiTensor *
dfi_safetensors_tensor (const DfiSafetensors *file, const char *name, int rank, const size_t *shape, GError **error);

/* Tensor @i in the order of the header, or NULL behind the last; belongs to @file. */
const DfiTensor *dfi_safetensors_nth (const DfiSafetensors *file, guint i);

/* As dfi_safetensors_tensor(), but DFI_ERROR_FORMAT too when the dtype is not @dtype. */
const DfiTensor *dfi_safetensors_typed (const DfiSafetensors *file,
                                        const char           *name,
                                        DfiDtype              dtype,
                                        int                   rank,
                                        const size_t         *shape,
                                        GError              **error);

/* The bytes of @tensor, which is one of @file's: read to @bytes, or to a block that ends with g_free(); or its values as
 * dfi_tensor_floats() gives them.  DFI_ERROR_IO; DFI_ERROR_FORMAT when the file has been cut short; DFI_ERROR_MEMORY. */
gboolean dfi_safetensors_read (const DfiSafetensors *file, const DfiTensor *tensor, void *bytes, GError **error);
void    *dfi_safetensors_load (const DfiSafetensors *file, const DfiTensor *tensor, GError **error);
gboolean dfi_safetensors_floats (const DfiSafetensors *file, const DfiTensor *tensor, float *out, GError **error);

/* Hex SHA-256 over the bytes of @names' tensors in that order, each preceded by its name, dtype and shape as text.
 * Free with g_free().  Every name must exist.  NULL with an error as above. */
char *dfi_safetensors_sha256 (const DfiSafetensors *file, const char *const *names, GError **error);

#endif
