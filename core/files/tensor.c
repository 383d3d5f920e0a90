/* tensor.c: what the reader and the writer of safetensors share. */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "files/tensor.h"

static const struct
{
  const char *name;
  size_t      size;
} dtypes[] = {
  [DFI_DTYPE_U8] = { "U8", 1 },     [DFI_DTYPE_F16] = { "F16", 2 }, [DFI_DTYPE_F32] = { "F32", 4 },
  [DFI_DTYPE_BF16] = { "BF16", 2 }, [DFI_DTYPE_F64] = { "F64", 8 },
};

const char *
dfi_dtype_name (DfiDtype dtype)
{
  return dtypes[dtype].name;
}

size_t
dfi_dtype_size (DfiDtype dtype)
{
  return dtypes[dtype].size;
}

gboolean
dfi_dtype_find (const char *name, DfiDtype *dtype)
{
  for (size_t i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (strcmp (name, dtypes[i].name) == 0)
      {
        *dtype = i;
        return TRUE;
      }
  return FALSE;
}

gboolean
dfi_shape_count (const size_t *shape, int rank, size_t *count)
{
  *count = 1;
  for (int i = 0; i < rank; i++)
    if (! g_size_checked_mul (count, *count, shape[i]))
      return FALSE;
  return TRUE;
}

char *
dfi_shape_text (const size_t *shape, int rank)
{
  GString *text = g_string_new (NULL);

  for (int i = 0; i < rank; i++)
    {
      g_string_append (text, i ? " x " : "");
      if (shape[i])
        g_string_append_printf (text, "%zu", shape[i]);
      else
        g_string_append (text, "n");
    }
  return g_string_free (text, FALSE);
}

static double
double_at (const guint8 *bytes)
{
  guint64 word;
  double  value;

  memcpy (&word, bytes, sizeof word);
  word = GUINT64_FROM_LE (word);
  memcpy (&value, &word, sizeof value);
  return value;
}

static float
float_at (const DfiTensor *tensor, size_t i)
{
  const guint8 *bytes = tensor->data;
  guint16       half;
  guint32       word;
  float         value;

  if (tensor->dtype == DFI_DTYPE_F64)
    return double_at (bytes + 8 * i);
  if (tensor->dtype == DFI_DTYPE_F32)
    {
      memcpy (&word, bytes + 4 * i, sizeof word);
      word = GUINT32_FROM_LE (word);
    }
  else
    {
      memcpy (&half, bytes + 2 * i, sizeof half);
      half = GUINT16_FROM_LE (half);
      if (tensor->dtype == DFI_DTYPE_F16)
        return dfi_half_to_float (half);
      word = (guint32) half << 16;
    }
  memcpy (&value, &word, sizeof value);
  return value;
}

gboolean
dfi_tensor_floats (const DfiTensor *tensor, const char *path, float *out, GError **error)
{
  if (tensor->dtype == DFI_DTYPE_U8)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                   _ ("In “%s” the tensor “%s” holds bytes where real numbers are wanted; choose another file."), path,
                   tensor->name);
      return FALSE;
    }

  for (size_t i = 0; i < tensor->count; i++)
    {
      out[i] = float_at (tensor, i);
      if (! isfinite (out[i]))
        {
          g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                       _ ("In “%s” the tensor “%s” has a value that is not a finite number; fetch the file again."), path,
                       tensor->name);
          return FALSE;
        }
    }
  return TRUE;
}

guint16
dfi_half_from_float (float value)
{
  guint16 sign = signbit (value) ? 0x8000 : 0;
  float   size = fabsf (value);
  int     exponent;
  float   fraction;

  if (isnan (value))
    return sign | 0x7e00;
  if (size >= 65520.0f) /* half way beyond the largest, 65504 */
    return sign | 0x7c00;
  if (size < 0x1p-14f) /* subnormal: steps of 2^-24; the sum is right when it rounds up to normal */
    return sign | (guint16) nearbyintf (ldexpf (size, 24));

  fraction = frexpf (size, &exponent); /* 0.5 .. 1 */
  return sign | (guint16) (((exponent + 14) << 10) + (int) nearbyintf (ldexpf (fraction, 11)) - 1024);
}
