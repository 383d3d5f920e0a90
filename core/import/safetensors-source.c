/* safetensors-source.c: safetensors, in one file, or in several that an index lists:
 *
 *   { "weight_map": { NAME OF A TENSOR: NAME OF A FILE beside the index, ... }, ... }
 *
 * Source: "Sharded checkpoints" in the documentation of Hugging Face's Transformers.
 */

#include "config.h"

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "files/json.h"
#include "import/source.h"
#include "network/encoder.h"

/* ---------- one file ---------- */

static gboolean
recognise (const DfiSource *source)
{
  DfiCursor cursor = source->whole;
  guint64   length;

  return dfi_cursor_number (&cursor, 8, &length) && length <= DFI_HEADER_MAX && dfi_cursor_is (&cursor, "{", 1);
}

static gboolean
note_tensor (DfiSource *source, const DfiTensor *tensor, GError **error)
{
  return (tensor->rank != 1 && tensor->rank != 4) ||
         dfi_source_add (source, tensor, tensor->count * dfi_dtype_size (tensor->dtype), error);
}

static gboolean
read_tensors (DfiSource *source, GError **error)
{
  DfiSafetensors  *file = dfi_safetensors_open (source->path, NULL, 0, error);
  gboolean         done = file && dfi_safetensors_may_be (file, "encoder", DFI_ENCODER_VERSION, error);
  const DfiTensor *tensor;

  for (guint i = 0; done && (tensor = dfi_safetensors_nth (file, i)); i++)
    done = note_tensor (source, tensor, error);
  dfi_safetensors_free (file);
  return done;
}

const DfiFormat dfi_format_safetensors = { "safetensors", FALSE, DFI_IMPORT_INPUT_TORCHVISION, recognise, read_tensors };

/* ---------- several files ---------- */

static JsonNode *
parse_index (const DfiSource *source)
{
  DfiCursor cursor = source->whole;
  size_t    length = cursor.left;
  JsonNode *root   = NULL;
  char     *text;

  if (length > DFI_HEADER_MAX || ! dfi_cursor_is (&cursor, "{", 1))
    return NULL;

  text = g_malloc (length);
  if (dfi_cursor_read (&cursor, text, length))
    root = dfi_json_parse (text, length);
  g_free (text);
  return root;
}

static gboolean
recognise_index (const DfiSource *source)
{
  JsonNode *root = parse_index (source);
  gboolean  is   = dfi_json_member (root, "weight_map") != NULL;

  g_clear_pointer (&root, json_node_unref);
  return is;
}

/* The files of the index, once each; NULL when an entry is no plain file name. */
static GPtrArray *
list_parts (JsonObject *map)
{
  GPtrArray     *names = g_ptr_array_new ();
  GHashTable    *known = g_hash_table_new (g_str_hash, g_str_equal);
  JsonObjectIter iter;
  JsonNode      *node;

  json_object_iter_init (&iter, map);
  while (names && json_object_iter_next (&iter, NULL, &node))
    {
      const char *name = dfi_json_string (node);

      if (! name || ! *name || *name == '.' || strchr (name, '/') || strchr (name, '\\'))
        g_clear_pointer (&names, g_ptr_array_unref);
      else if (g_hash_table_add (known, (char *) name))
        g_ptr_array_add (names, (char *) name);
    }
  g_hash_table_unref (known);
  return names;
}

/* Opens a part, and takes over its tensors. */
static gboolean
read_part (DfiSource *source, const char *name, GError **error)
{
  char      *folder = g_path_get_dirname (source->path);
  char      *path   = g_build_filename (folder, name, NULL);
  DfiSource *part   = NULL;

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    part = dfi_source_open (path, TRUE, error);
  else
    g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("“%s” lists the part “%s”, which is not beside it."), source->path, name);
  g_free (path);
  g_free (folder);
  return part && dfi_source_add_part (source, part, error);
}

static gboolean
read_index (DfiSource *source, GError **error)
{
  JsonNode  *root  = parse_index (source);
  JsonNode  *map   = dfi_json_member (root, "weight_map");
  GPtrArray *names = map && JSON_NODE_HOLDS_OBJECT (map) ? list_parts (json_node_get_object (map)) : NULL;
  gboolean   done  = names != NULL && names->len <= DFI_SOURCE_PARTS_MAX;

  if (! done)
    dfi_source_broken (source, error, _ ("its list of files makes no sense"));
  for (guint i = 0; done && i < names->len; i++)
    done = read_part (source, g_ptr_array_index (names, i), error);
  g_clear_pointer (&names, g_ptr_array_unref);
  json_node_unref (root);
  return done;
}

const DfiFormat dfi_format_index = { "safetensors in parts", FALSE, DFI_IMPORT_INPUT_TORCHVISION, recognise_index, read_index };
