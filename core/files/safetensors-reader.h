/* safetensors.h: the one container for weights, databases and features.
 *
 *   8 bytes    n, length of the header, little-endian; at most DFI_HEADER_MAX and what the file holds
 *   n bytes    JSON object: tensor name -> { dtype, shape, data_offsets [begin, end) },
 *              and "__metadata__" -> { string: string }
 *   the rest   the tensors' bytes, little-endian, row-major, without holes, overlaps or bytes left over
 *
 * Source: the format's description at https://github.com/huggingface/safetensors.
 * Dfi's own files carry in the metadata `dfi.kind` (encoder | database | features) and `dfi.version` (a decimal number).
 */

#ifndef DFI_SAFETENSORS_H
#define DFI_SAFETENSORS_H

#include <math.h>

#include <glib.h>

#define DFI_HEADER_MAX (16u << 20) /* bytes of JSON; the largest header of our own has about 20 kB */
#define DFI_RANK_MAX   4

typedef enum
{
  DFI_DTYPE_U8,
  DFI_DTYPE_F16,
  DFI_DTYPE_F32,
  DFI_DTYPE_BF16 /* the upper half of an F32 */
} DfiDtype;

typedef struct
{
  const char *name;
  DfiDtype    dtype;
  int         rank;
  size_t      shape[DFI_RANK_MAX];
  size_t      count; /* product of the shape */
  const void *data;  /* when read: inside the mapped file, not aligned to more than a byte */
} DfiTensor;

/* "F16", as the header of a file has it, and the bytes of one value. */
const char *dfi_dtype_name (DfiDtype dtype);
size_t      dfi_dtype_size (DfiDtype dtype);

/* "16 x 3 x 3 x 3"; a 0 is any size, "n".  Free with g_free(). */
char *dfi_shape_text (const size_t *shape, int rank);

typedef struct _DfiSafetensors DfiSafetensors; /* a mapped file; never changes, so threads may share it */

/**
 * dfi_safetensors_open:
 * @path: file to map; it must not be cut short while it is open
 * @kind: (nullable): what `dfi.kind` must say; NULL accepts any file
 * @version: the `dfi.version` that is understood, when @kind is given
 * @error: DFI_ERROR_IO or DFI_ERROR_FORMAT; a newer version is told apart from a broken one
 *
 * Every number of the header is checked before it is used. Tensors with a dtype that we do not read are passed over.
 *
 * Returns: (transfer full) (nullable): free with dfi_safetensors_free()
 */
DfiSafetensors *dfi_safetensors_open (const char *path, const char *kind, int version, GError **error);
void            dfi_safetensors_free (DfiSafetensors *file); /* NULL is fine */

/* Gives back the memory that the file's pages take, until they are read again. */
void dfi_safetensors_release_pages (const DfiSafetensors *file);

const char *dfi_safetensors_path (const DfiSafetensors *file);

/* NULL, and no error, when there is no such key. */
const char *dfi_safetensors_metadata (const DfiSafetensors *file, const char *key);

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

/* As above, but DFI_ERROR_FORMAT too when the dtype is not @dtype. */
const DfiTensor *dfi_safetensors_typed (const DfiSafetensors *file,
                                        const char           *name,
                                        DfiDtype              dtype,
                                        int                   rank,
                                        const size_t         *shape,
                                        GError              **error);

/**
 * dfi_tensor_floats:
 * @tensor: of dtype F16, BF16 or F32
 * @out: (@count), overwritten
 * @error: DFI_ERROR_FORMAT for U8, and for NaN or infinite values
 */
gboolean dfi_tensor_floats (const DfiTensor *tensor, const char *path, float *out, GError **error);

/* Hex SHA-256 over the bytes of @names' tensors in that order, each preceded by its name, dtype and shape as text.
 * Free with g_free(). Every name must exist. */
char *dfi_safetensors_sha256 (const DfiSafetensors *file, const char *const *names);

/* IEEE 754 binary16: sign, 5 bits of exponent (bias 15), 10 of fraction.  Rounds to nearest even; values beyond 65504 become
 * infinite. */
guint16 dfi_half_from_float (float value);

/* Exact for every finite value; NaN comes out infinite, as not finite as before. Shifted into place, a half is a single whose exponent is too small by 127 - 15. */
static inline float
dfi_half_to_float (guint16 half)
{
  union
  {
    guint32 bits;
    float   value;
  } single = { .bits = (guint32) (half & 0x7fff) << 13 };

  single.value *= (half & 0x7c00) == 0x7c00 ? INFINITY : 0x1p112f;
  return half & 0x8000 ? -single.value : single.value;
}

/* Writing: all shapes are said first, then the bytes arrive in that order, in pieces of any size, so that a file may be
 * larger than memory. It is written beside @path and takes its name only at the commit: nobody ever sees half a file. */
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
gboolean dfi_safetensors_append (DfiSafetensorsWriter *writer, const void *bytes, size_t size, GError **error);
/* Takes @writer in any case; FALSE, and no file, when something could not be written. It is a bug to commit before all
 * bytes that the shapes promise have been appended. */
gboolean dfi_safetensors_commit (DfiSafetensorsWriter *writer, GError **error);
void     dfi_safetensors_discard (DfiSafetensorsWriter *writer); /* NULL is fine */

#endif
