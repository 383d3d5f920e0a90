/* tensor.h: arrays of numbers as safetensors files hold them (safetensors-reader.h, safetensors-writer.h). */

#ifndef DFI_TENSOR_H
#define DFI_TENSOR_H

#include <math.h>

#include <glib.h>

#define DFI_RANK_MAX 4

typedef enum
{
  DFI_DTYPE_U8,
  DFI_DTYPE_F16,
  DFI_DTYPE_F32,
  DFI_DTYPE_BF16, /* the upper half of an F32 */
  DFI_DTYPE_F64
} DfiDtype;

typedef struct
{
  const char *name;
  DfiDtype    dtype;
  int         rank;
  size_t      shape[DFI_RANK_MAX];
  size_t      count;    /* product of the shape */
  const void *data;     /* the values, not aligned to more than a byte; NULL while they are in a file alone */
  guint64     position; /* of the first value in that file */
} DfiTensor;

/* "F16", as the header of a file has it, and the bytes of one value. */
const char *dfi_dtype_name (DfiDtype dtype);
size_t      dfi_dtype_size (DfiDtype dtype);

/* The type that is called @name; FALSE when none is. */
gboolean dfi_dtype_find (const char *name, DfiDtype *dtype);

/* Product of @shape; FALSE when it does not fit into a size_t. */
gboolean dfi_shape_count (const size_t *shape, int rank, size_t *count);

/* "16 x 3 x 3 x 3"; a 0 is any size, "n".  Free with g_free(). */
char *dfi_shape_text (const size_t *shape, int rank);

/**
 * dfi_tensor_floats:
 * @tensor: of dtype F16, BF16, F32 or F64, in memory
 * @out: (@count), overwritten
 * @error: DFI_ERROR_FORMAT for U8, and for values that are NaN, infinite or beyond a float's
 */
gboolean dfi_tensor_floats (const DfiTensor *tensor, const char *path, float *out, GError **error);

/* IEEE 754 binary16: sign, 5 bits of exponent (bias 15), 10 of fraction.  Rounds to nearest even; values beyond 65504 become
 * infinite. */
guint16 dfi_half_from_float (float value);

/* Exact for every finite value; a NaN comes out infinite, which is not finite either.  Shifted into place, a half is a single
 * whose exponent is too small by 127 - 15. */
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

#endif
