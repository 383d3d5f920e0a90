#include "config.h"

#include "files/atomic-file.h"
#include "files/json-writer.h"
#include "files/safetensors-writer.h"

struct _DfiSafetensorsWriter
{
  DfiAtomicFile *out;
  size_t         left; /* bytes promised by the header and not yet appended */
};

static void
add_tensor (JsonBuilder *builder, const DfiTensor *tensor, size_t begin, size_t end)
{
  const size_t offsets[] = { begin, end };

  dfi_json_begin_object (builder, tensor->name);
  dfi_json_add_string (builder, "dtype", dfi_dtype_name (tensor->dtype));
  dfi_json_add_sizes (builder, "shape", tensor->shape, tensor->rank);
  dfi_json_add_sizes (builder, "data_offsets", offsets, 2);
  json_builder_end_object (builder);
}

/* The header as it stands in the file, its length first, padded with spaces so that the tensors start at a multiple of 8.
 * @total gets the bytes of all tensors. */
static GString *
header_text (const char *const *metadata, const DfiTensor *tensors, int n_tensors, size_t *total)
{
  JsonBuilder *builder = json_builder_new ();
  GString     *text    = g_string_new (NULL);
  char        *json;
  guint64      length;

  *total = 0;
  dfi_json_begin_object (builder, NULL);
  dfi_json_begin_object (builder, "__metadata__");
  for (int i = 0; metadata[i]; i += 2)
    dfi_json_add_string (builder, metadata[i], metadata[i + 1]);
  json_builder_end_object (builder);
  for (int i = 0; i < n_tensors; i++)
    {
      size_t   begin = *total, count;
      gboolean fits  = dfi_shape_count (tensors[i].shape, tensors[i].rank, &count);

      g_assert (fits);
      *total += count * dfi_dtype_size (tensors[i].dtype);
      add_tensor (builder, &tensors[i], begin, *total);
    }
  json_builder_end_object (builder);

  json = dfi_json_print (builder, FALSE);
  g_string_append (text, json);
  while (text->len % 8)
    g_string_append_c (text, ' ');
  length = GUINT64_TO_LE ((guint64) text->len);
  g_string_prepend_len (text, (const char *) &length, sizeof length);
  g_free (json);
  return text;
}

DfiSafetensorsWriter *
dfi_safetensors_create (const char *path, const char *const *metadata, const DfiTensor *tensors, int n_tensors, GError **error)
{
  DfiAtomicFile        *out = dfi_atomic_file_new (path, error);
  DfiSafetensorsWriter *writer;
  GString              *header;

  if (! out)
    return NULL;

  writer      = g_new0 (DfiSafetensorsWriter, 1);
  writer->out = out;
  header      = header_text (metadata, tensors, n_tensors, &writer->left);
  if (! dfi_atomic_file_write (out, header->str, header->len, error))
    g_clear_pointer (&writer, dfi_safetensors_discard);
  g_string_free (header, TRUE);
  return writer;
}

gboolean
dfi_safetensors_append (DfiSafetensorsWriter *writer, const void *bytes, size_t size, GError **error)
{
  g_assert (size <= writer->left);

  writer->left -= size;
  return dfi_atomic_file_write (writer->out, bytes, size, error);
}

gboolean
dfi_safetensors_append_numbers (DfiSafetensorsWriter *writer, const void *values, size_t n, size_t width, GError **error)
{
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
  return dfi_safetensors_append (writer, values, n * width, error);
#else
  guint8 bytes[8];

  g_assert (width <= sizeof bytes);

  for (const guint8 *number = values; n > 0; n--, number += width)
    {
      for (size_t k = 0; k < width; k++)
        bytes[k] = number[width - 1 - k];
      if (! dfi_safetensors_append (writer, bytes, width, error))
        return FALSE;
    }
  return TRUE;
#endif
}

gboolean
dfi_safetensors_commit (DfiSafetensorsWriter *writer, GError **error)
{
  DfiAtomicFile *out = writer->out;

  g_assert (writer->left == 0);

  g_free (writer);
  return dfi_atomic_file_commit (out, error);
}

void
dfi_safetensors_discard (DfiSafetensorsWriter *writer)
{
  if (! writer)
    return;

  dfi_atomic_file_discard (writer->out);
  g_free (writer);
}
