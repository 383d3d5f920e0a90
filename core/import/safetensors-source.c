/* safetensors-source.c: safetensors with torchvision's names, as torchvision's and timm's networks are published. */

#include "config.h"

#include "import/source.h"
#include "network/vgg.h"

static gboolean
recognise (const DfiSource *source)
{
  DfiCursor cursor = source->whole;
  guint64   length;

  return dfi_cursor_number (&cursor, 8, &length) && length <= DFI_HEADER_MAX && cursor.left > 0 && cursor.at[0] == '{';
}

/* Notes a tensor of the file with its values. */
static gboolean
load (DfiSource *source, const DfiTensor *tensor, GError **error)
{
  DfiTensor loaded = *tensor;
  void     *bytes  = dfi_source_alloc (source, tensor->count, dfi_dtype_size (tensor->dtype), error);

  loaded.data = bytes;
  return bytes && dfi_safetensors_read (source->file, tensor, bytes, error) &&
         dfi_source_add (source, &loaded, tensor->count * dfi_dtype_size (tensor->dtype), error);
}

/* Notes the tensor if it is there and has @rank dimensions. */
static gboolean
note (DfiSource *source, const DfiVggConv *conv, const char *what, int rank, GError **error)
{
  const size_t any[4] = {
    0,
  };
  char            *name   = dfi_vgg_tensor_name (conv, what);
  const DfiTensor *tensor = dfi_safetensors_tensor (source->file, name, rank, any, NULL);
  gboolean         done   = TRUE;

  if (tensor && ! g_hash_table_contains (source->tensors, name)) /* both networks have it */
    done = load (source, tensor, error);
  g_free (name);
  return done;
}

static gboolean
read_tensors (DfiSource *source, GError **error)
{
  source->file = dfi_safetensors_open (source->path, NULL, 0, error);
  if (! source->file)
    return FALSE;

  for (size_t i = 0; i < G_N_ELEMENTS (dfi_vggs); i++)
    for (int l = 0; l < dfi_vggs[i].n_convs; l++)
      if (! note (source, &dfi_vggs[i].convs[l], "weight", 4, error) || ! note (source, &dfi_vggs[i].convs[l], "bias", 1, error))
        return FALSE;
  return TRUE;
}

const DfiFormat dfi_format_safetensors = { "safetensors", TRUE, DFI_IMPORT_INPUT_TORCHVISION, recognise, read_tensors };
