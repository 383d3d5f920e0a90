#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "import/source.h"
#include "import/strangers.h"

/* Those with a magic number first: a .caffemodel has none. */
static const DfiFormat *formats[] = {
  &dfi_format_keras_zip,   &dfi_format_torch, &dfi_format_torch_legacy, &dfi_format_keras,
  &dfi_format_safetensors, &dfi_format_index, &dfi_format_caffe,
};

/* ---------- what is wrong with a file ---------- */

gboolean
dfi_source_broken (const DfiSource *source, GError **error, const char *what)
{
  g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
               _ ("“%s” is not a usable file of weights (%s): %s. It may be damaged or cut short; fetch it again."), source->path,
               source->format->name, what);
  return FALSE;
}

gboolean
dfi_source_refuse (const DfiSource *source, GError **error, const char *what)
{
  g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("“%s” (%s) cannot be imported: %s."), source->path, source->format->name,
               what);
  return FALSE;
}

/* ---------- opening ---------- */

static gboolean
recognise (DfiSource *source, gboolean part, GError **error)
{
  for (size_t i = 0; i < G_N_ELEMENTS (formats); i++)
    if (! (part && formats[i] == &dfi_format_index) && formats[i]->recognise (source))
      {
        source->format = formats[i];
        return TRUE;
      }
  return dfi_stranger_refuse (source->path, &source->whole, error);
}

/* What the system did not read is no damage of the file. */
static void
explain_system (DfiSource *source, GError **error)
{
  if (! source->window.error)
    return;

  g_clear_error (error);
  g_propagate_error (error, g_steal_pointer (&source->window.error));
}

DfiSource *
dfi_source_open (const char *path, gboolean part, GError **error)
{
  DfiInputFile *file = dfi_input_file_new (path, error);
  DfiSource    *source;

  if (! file)
    return NULL;

  source              = g_new0 (DfiSource, 1);
  source->path        = g_strdup (path);
  source->window.file = file;
  source->whole       = (DfiCursor){ &source->window, 0, dfi_input_file_size (file) };
  source->tensors     = g_ptr_array_new ();
  source->names       = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  source->blocks      = g_ptr_array_new_with_free_func (g_free);
  source->parts       = g_ptr_array_new_with_free_func ((GDestroyNotify) dfi_source_free);
  if (! recognise (source, part, error) || ! source->format->read (source, error))
    {
      explain_system (source, error);
      g_clear_pointer (&source, dfi_source_free);
    }
  return source;
}

void
dfi_source_free (DfiSource *source)
{
  if (! source)
    return;

  g_ptr_array_unref (source->tensors);
  g_hash_table_unref (source->names);
  g_ptr_array_unref (source->blocks);
  g_ptr_array_unref (source->parts);
  g_clear_error (&source->window.error);
  dfi_input_file_free (source->window.file);
  g_free (source->path);
  g_free (source);
}

/* ---------- tensors ---------- */

static gboolean
add_tensor (DfiSource *source, const DfiTensor *tensor, const size_t *strides, const DfiInputFile *file, GError **error)
{
  DfiSourceTensor *copy;
  size_t           count;
  char            *name;

  if (! dfi_shape_count (tensor->shape, tensor->rank, &count))
    return dfi_source_broken (source, error, _ ("a tensor's shape does not fit its size"));
  if (source->tensors->len >= DFI_SOURCE_TENSORS_MAX)
    return dfi_source_refuse (source, error, _ ("it has more tensors than any network of its kind"));
  if (strlen (tensor->name) > DFI_SOURCE_NAME_MAX)
    return dfi_source_refuse (source, error, _ ("a tensor has a name that is too long"));
  if (g_hash_table_contains (source->names, tensor->name))
    return dfi_source_broken (source, error, _ ("a tensor is there twice"));

  name               = g_strdup (tensor->name);
  copy               = g_new0 (DfiSourceTensor, 1);
  copy->file         = file;
  copy->tensor       = *tensor;
  copy->tensor.name  = name;
  copy->tensor.count = count;
  memcpy (copy->strides, strides, tensor->rank * sizeof *strides);
  g_hash_table_insert (source->names, name, copy);
  g_ptr_array_add (source->tensors, copy);
  return TRUE;
}

gboolean
dfi_source_add_strided (DfiSource *source, const DfiTensor *tensor, const size_t *strides, GError **error)
{
  return add_tensor (source, tensor, strides, source->window.file, error);
}

gboolean
dfi_source_add_part (DfiSource *source, DfiSource *part, GError **error)
{
  gboolean done = TRUE;

  g_ptr_array_add (source->parts, part);
  for (guint i = 0; done && i < part->tensors->len; i++)
    {
      const DfiSourceTensor *tensor = g_ptr_array_index (part->tensors, i);

      done = add_tensor (source, &tensor->tensor, tensor->strides, tensor->file, error);
    }
  return done;
}

gboolean
dfi_source_add (DfiSource *source, const DfiTensor *tensor, size_t size, GError **error)
{
  size_t strides[DFI_RANK_MAX], count, bytes = dfi_dtype_size (tensor->dtype);

  if (! dfi_shape_count (tensor->shape, tensor->rank, &count) || size % bytes != 0 || count != size / bytes)
    return dfi_source_broken (source, error, _ ("a tensor's shape does not fit its size"));

  for (int i = tensor->rank - 1; i >= 0; i--)
    strides[i] = i == tensor->rank - 1 ? 1 : strides[i + 1] * tensor->shape[i + 1];
  return dfi_source_add_strided (source, tensor, strides, error);
}

gpointer
dfi_source_alloc (DfiSource *source, size_t count, size_t size, GError **error)
{
  gpointer block = dfi_try_alloc (count, size, error);

  if (block)
    g_ptr_array_add (source->blocks, block);
  return block;
}

/* Copies the values behind @data to where a row-major tensor without gaps has them. */
static void
gather (guint8 *out, const DfiSourceTensor *source, const guint8 *data)
{
  const DfiTensor *tensor     = &source->tensor;
  const size_t     size       = dfi_dtype_size (tensor->dtype);
  size_t           shape[4]   = { 1, 1, 1, 1 };
  size_t           strides[4] = { 0, 0, 0, 0 };

  for (int i = 0; i < tensor->rank; i++)
    {
      shape[4 - tensor->rank + i]   = tensor->shape[i];
      strides[4 - tensor->rank + i] = source->strides[i];
    }

  for (size_t k = 0; k < shape[0]; k++)
    for (size_t c = 0; c < shape[1]; c++)
      for (size_t y = 0; y < shape[2]; y++)
        for (size_t x = 0; x < shape[3]; x++)
          {
            memcpy (out, data + size * (k * strides[0] + c * strides[1] + y * strides[2] + x * strides[3]), size);
            out += size;
          }
}

/* All that lies between the first value and the last in the file, in a block that ends with g_free(). */
static guint8 *
load (const DfiSourceTensor *source, GError **error)
{
  const DfiTensor *tensor = &source->tensor;
  size_t           size   = dfi_dtype_size (tensor->dtype);
  size_t           n      = tensor->count > 0;
  guint8          *block;

  for (int i = 0; i < tensor->rank && n > 0; i++)
    n += (tensor->shape[i] - 1) * source->strides[i];
  block = dfi_try_alloc (n, size, error);
  if (block && ! dfi_input_file_read (source->file, tensor->position, block, n * size, error))
    g_clear_pointer (&block, g_free);
  return block;
}

gboolean
dfi_source_floats (const DfiSource *source, const DfiSourceTensor *tensor, float *out, GError **error)
{
  DfiTensor     ordered = tensor->tensor;
  guint8       *block   = ordered.data ? NULL : load (tensor, error);
  const guint8 *data    = ordered.data ? ordered.data : block;
  guint8       *copy    = data ? dfi_try_alloc (ordered.count, dfi_dtype_size (ordered.dtype), error) : NULL;
  gboolean      done    = copy != NULL;

  if (done)
    {
      gather (copy, tensor, data);
      ordered.data = copy;
      done         = dfi_tensor_floats (&ordered, source->path, out, error);
    }
  g_free (copy);
  g_free (block);
  return done;
}
