#include "config.h"

#include <json-glib/json-glib.h>

#include "files/atomic-file.h"
#include "files/safetensors-writer.h"

struct _DfiSafetensorsWriter
{
  DfiAtomicFile *out;
  size_t         left; /* bytes promised by the header and not yet appended */
};

static void
build_metadata (JsonBuilder *builder, const char *const *metadata)
{
  json_builder_set_member_name (builder, "__metadata__");
  json_builder_begin_object (builder);
  for (int i = 0; metadata[i]; i += 2)
    {
      json_builder_set_member_name (builder, metadata[i]);
      json_builder_add_string_value (builder, metadata[i + 1]);
    }
  json_builder_end_object (builder);
}

static void
build_tensor (JsonBuilder *builder, const DfiTensor *tensor, size_t begin, size_t end)
{
  json_builder_set_member_name (builder, tensor->name);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "dtype");
  json_builder_add_string_value (builder, dfi_dtype_name (tensor->dtype));
  json_builder_set_member_name (builder, "shape");
  json_builder_begin_array (builder);
  for (int i = 0; i < tensor->rank; i++)
    json_builder_add_int_value (builder, tensor->shape[i]);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "data_offsets");
  json_builder_begin_array (builder);
  json_builder_add_int_value (builder, begin);
  json_builder_add_int_value (builder, end);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

/* The header as it stands in the file, its length first, padded with spaces so that the tensors start at a multiple of 8.
 * @total gets the bytes of all tensors. */
static GString *
header_text (const char *const *metadata, const DfiTensor *tensors, int n_tensors, size_t *total)
{
  JsonBuilder   *builder   = json_builder_new ();
  JsonGenerator *generator = json_generator_new ();
  JsonNode      *root;
  GString       *text;
  guint64        length;

  *total = 0;
  json_builder_begin_object (builder);
  build_metadata (builder, metadata);
  for (int i = 0; i < n_tensors; i++)
    {
      size_t   begin = *total, count;
      gboolean fits  = dfi_shape_count (tensors[i].shape, tensors[i].rank, &count);

      g_assert (fits);
      *total += count * dfi_dtype_size (tensors[i].dtype);
      build_tensor (builder, &tensors[i], begin, *total);
    }
  json_builder_end_object (builder);

  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  text = g_string_new (NULL);
  json_generator_to_gstring (generator, text);
  while (text->len % 8)
    g_string_append_c (text, ' ');
  length = GUINT64_TO_LE ((guint64) text->len);
  g_string_prepend_len (text, (const char *) &length, sizeof length);

  json_node_unref (root);
  g_object_unref (generator);
  g_object_unref (builder);
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
