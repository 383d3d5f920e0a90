/* safetensors-reader.c: nothing in a file is believed: its numbers are compared with what is there, never added first. */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "files/input-file.h"
#include "files/json.h"
#include "files/safetensors-reader.h"

#define PIECE_MAX ((size_t) 1 << 30) /* bytes at once; g_checksum_update() takes a signed length */

struct _DfiSafetensors
{
  char         *path;
  DfiInputFile *input;
  guint64       blob; /* where the bytes after the header begin */
  guint64       blob_size;
  JsonNode     *header;  /* owns all strings */
  GArray       *tensors; /* DfiTensor, in the order of the file */
};

static gboolean
broken (const char *path, GError **error, const char *what)
{
  g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
               _ ("“%s” is not a usable safetensors file: %s. It may be damaged or cut short; fetch it again."), path, what);
  return FALSE;
}

/* Where a tensor's bytes lie, for the check that the tensors cover the file. */
typedef struct
{
  size_t begin, end;
} Extent;

static int
compare_extents (gconstpointer a, gconstpointer b)
{
  const Extent *p = a, *q = b;

  if (p->begin != q->begin)
    return p->begin < q->begin ? -1 : 1;
  return (p->end > q->end) - (p->end < q->end);
}

static gboolean
tensor_read (DfiSafetensors *file, const char *name, JsonNode *node, GArray *extents, GError **error)
{
  size_t      offsets[2], size;
  const char *dtype;
  DfiTensor   tensor = { .name = name };

  if (! JSON_NODE_HOLDS_OBJECT (node))
    return broken (file->path, error, _ ("an entry of its header is not an object"));

  if (dfi_json_sizes (dfi_json_member (node, "data_offsets"), offsets, 2) != 2 || offsets[0] > offsets[1] ||
      offsets[1] > file->blob_size)
    return broken (file->path, error, _ ("a tensor lies outside the file"));
  g_array_append_vals (extents, &(Extent){ offsets[0], offsets[1] }, 1);

  dtype       = dfi_json_string (dfi_json_member (node, "dtype"));
  tensor.rank = dfi_json_sizes (dfi_json_member (node, "shape"), tensor.shape, DFI_RANK_MAX);
  if (! dtype || ! dfi_dtype_find (dtype, &tensor.dtype) || tensor.rank < 0)
    return TRUE; /* of a type that nothing here asks for */

  size = dfi_dtype_size (tensor.dtype);
  if (! dfi_shape_count (tensor.shape, tensor.rank, &tensor.count) || (offsets[1] - offsets[0]) % size != 0 ||
      tensor.count != (offsets[1] - offsets[0]) / size)
    return broken (file->path, error, _ ("a tensor's shape does not fit its size"));

  tensor.position = file->blob + offsets[0];
  g_array_append_val (file->tensors, tensor);
  return TRUE;
}

static gboolean
check_cover (const DfiSafetensors *file, GArray *extents, GError **error)
{
  size_t at = 0;

  g_array_sort (extents, compare_extents);
  for (guint i = 0; i < extents->len; i++)
    {
      const Extent *extent = &g_array_index (extents, Extent, i);

      if (extent->begin != at)
        return broken (file->path, error, _ ("its tensors overlap or leave holes"));
      at = extent->end;
    }
  return at == file->blob_size || broken (file->path, error, _ ("it is longer or shorter than its header says"));
}

static gboolean
metadata_is_strings (JsonNode *metadata)
{
  JsonObjectIter iter;
  JsonNode      *value;

  if (! metadata)
    return TRUE;
  if (! JSON_NODE_HOLDS_OBJECT (metadata))
    return FALSE;

  json_object_iter_init (&iter, json_node_get_object (metadata));
  while (json_object_iter_next (&iter, NULL, &value))
    if (! dfi_json_string (value))
      return FALSE;
  return TRUE;
}

static gboolean
header_parse (DfiSafetensors *file, const char *text, size_t length, GError **error)
{
  JsonObjectIter iter;
  const char    *name;
  JsonNode      *node;
  GArray        *extents;
  gboolean       done = TRUE;

  file->header = dfi_json_parse (text, length);
  if (! file->header || ! JSON_NODE_HOLDS_OBJECT (file->header))
    return broken (file->path, error, _ ("its header is not a JSON object that this program reads"));

  if (! metadata_is_strings (dfi_json_member (file->header, "__metadata__")))
    return broken (file->path, error, _ ("its metadata are not strings"));

  extents = g_array_new (FALSE, FALSE, sizeof (Extent));
  json_object_iter_init (&iter, json_node_get_object (file->header));
  while (done && json_object_iter_next (&iter, &name, &node))
    if (strcmp (name, "__metadata__") != 0)
      done = tensor_read (file, name, node, extents, error);
  done = done && check_cover (file, extents, error);
  g_array_free (extents, TRUE);
  return done;
}

/* As a header does: a file with another beginning is of another kind, and not a damaged one of this. */
static gboolean
begins_with_brace (const DfiSafetensors *file, guint64 size)
{
  char first;

  return size > sizeof (guint64) && dfi_input_file_read (file->input, sizeof (guint64), &first, 1, NULL) && first == '{';
}

static gboolean
file_parse (DfiSafetensors *file, GError **error)
{
  guint64  size, length;
  char    *text;
  gboolean done;

  if (! (file->input = dfi_input_file_new (file->path, error)))
    return FALSE;
  size = dfi_input_file_size (file->input);
  if (size < sizeof length)
    return broken (file->path, error, _ ("it is too short to have a header"));
  if (! dfi_input_file_read (file->input, 0, &length, sizeof length, error))
    return FALSE;

  length = GUINT64_FROM_LE (length);
  if (length > size - sizeof length && ! begins_with_brace (file, size))
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("“%s” is no safetensors file; choose another file."), file->path);
      return FALSE;
    }
  if (length > size - sizeof length)
    return broken (file->path, error, _ ("its header is longer than the file"));
  if (length > DFI_HEADER_MAX)
    return broken (file->path, error, _ ("its header is longer than 16 MiB"));

  file->blob      = sizeof length + length;
  file->blob_size = size - file->blob;
  text            = dfi_try_alloc (length, 1, error);
  done =
      text && dfi_input_file_read (file->input, sizeof length, text, length, error) && header_parse (file, text, length, error);
  g_free (text);
  return done;
}

static gboolean
check_kind (const DfiSafetensors *file, const char *kind, int version, GError **error)
{
  const char *found_kind    = dfi_safetensors_metadata (file, "dfi.kind");
  const char *found_version = dfi_safetensors_metadata (file, "dfi.version");
  guint64     number;

  if (! found_kind || strcmp (found_kind, kind) != 0)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("“%s” holds “%s” where “%s” is wanted; choose another file."),
                   file->path, found_kind ? found_kind : _ ("something else"), kind);
      return FALSE;
    }
  if (! found_version || ! g_ascii_string_to_unsigned (found_version, 10, 1, G_MAXINT, &number, NULL))
    return broken (file->path, error, _ ("its version is missing or not a number"));
  if ((int) number > version)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                   _ ("“%s” has version %d of its format; this program reads up to %d. Update the program."), file->path,
                   (int) number, version);
      return FALSE;
    }
  return TRUE;
}

DfiSafetensors *
dfi_safetensors_open (const char *path, const char *kind, int version, GError **error)
{
  DfiSafetensors *file = g_new0 (DfiSafetensors, 1);

  file->path    = g_strdup (path);
  file->tensors = g_array_new (FALSE, FALSE, sizeof (DfiTensor));
  if (! file_parse (file, error) || (kind && ! check_kind (file, kind, version, error)))
    g_clear_pointer (&file, dfi_safetensors_free);
  return file;
}

gboolean
dfi_safetensors_may_be (const DfiSafetensors *file, const char *kind, int version, GError **error)
{
  return ! dfi_safetensors_metadata (file, "dfi.kind") || check_kind (file, kind, version, error);
}

void
dfi_safetensors_free (DfiSafetensors *file)
{
  if (! file)
    return;

  g_array_free (file->tensors, TRUE);
  g_clear_pointer (&file->header, json_node_unref);
  dfi_input_file_free (file->input);
  g_free (file->path);
  g_free (file);
}

const char *
dfi_safetensors_path (const DfiSafetensors *file)
{
  return file->path;
}

const char *
dfi_safetensors_metadata (const DfiSafetensors *file, const char *key)
{
  return dfi_json_string (dfi_json_member (dfi_json_member (file->header, "__metadata__"), key));
}

const DfiTensor *
dfi_safetensors_nth (const DfiSafetensors *file, guint i)
{
  return i < file->tensors->len ? &g_array_index (file->tensors, DfiTensor, i) : NULL;
}

static const DfiTensor *
find_tensor (const DfiSafetensors *file, const char *name)
{
  for (guint i = 0; i < file->tensors->len; i++)
    {
      const DfiTensor *tensor = &g_array_index (file->tensors, DfiTensor, i);

      if (strcmp (tensor->name, name) == 0)
        return tensor;
    }
  return NULL;
}

static gboolean
shape_fits (const DfiTensor *tensor, int rank, const size_t *shape)
{
  if (tensor->rank != rank)
    return FALSE;
  for (int i = 0; i < rank; i++)
    if (tensor->shape[i] == 0 || (shape[i] != 0 && tensor->shape[i] != shape[i]))
      return FALSE;
  return TRUE;
}

gboolean
dfi_safetensors_has (const DfiSafetensors *file, const char *name)
{
  return find_tensor (file, name) != NULL;
}

const DfiTensor *
dfi_safetensors_tensor (const DfiSafetensors *file, const char *name, int rank, const size_t *shape, GError **error)
{
  const DfiTensor *tensor = find_tensor (file, name);
  char            *found, *wanted;

  if (! tensor)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                   _ ("“%s” has no tensor “%s” that this program can read; choose another file."), file->path, name);
      return NULL;
    }
  if (shape_fits (tensor, rank, shape))
    return tensor;

  found  = dfi_shape_text (tensor->shape, tensor->rank);
  wanted = dfi_shape_text (shape, rank);
  g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
               _ ("In “%s” the tensor “%s” has the shape %s where %s is wanted; choose another file."), file->path, name, found,
               wanted);
  g_free (wanted);
  g_free (found);
  return NULL;
}

const DfiTensor *
dfi_safetensors_typed (const DfiSafetensors *file,
                       const char           *name,
                       DfiDtype              dtype,
                       int                   rank,
                       const size_t         *shape,
                       GError              **error)
{
  const DfiTensor *tensor = dfi_safetensors_tensor (file, name, rank, shape, error);

  if (tensor && tensor->dtype != dtype)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                   _ ("In “%s” the tensor “%s” is stored as %s where %s is wanted; choose another file."), file->path, name,
                   dfi_dtype_name (tensor->dtype), dfi_dtype_name (dtype));
      return NULL;
    }
  return tensor;
}

gboolean
dfi_safetensors_read (const DfiSafetensors *file, const DfiTensor *tensor, void *bytes, GError **error)
{
  return dfi_input_file_read (file->input, tensor->position, bytes, tensor->count * dfi_dtype_size (tensor->dtype), error);
}

void *
dfi_safetensors_load (const DfiSafetensors *file, const DfiTensor *tensor, GError **error)
{
  void *bytes = dfi_try_alloc (tensor->count, dfi_dtype_size (tensor->dtype), error);

  if (bytes && ! dfi_safetensors_read (file, tensor, bytes, error))
    g_clear_pointer (&bytes, g_free);
  return bytes;
}

gboolean
dfi_safetensors_floats (const DfiSafetensors *file, const DfiTensor *tensor, float *out, GError **error)
{
  DfiTensor whole = *tensor;
  void     *block = NULL;
  gboolean  done;

  if (tensor->dtype == DFI_DTYPE_F32) /* each turns into itself, in its place */
    whole.data = dfi_safetensors_read (file, tensor, out, error) ? out : NULL;
  else
    whole.data = block = dfi_safetensors_load (file, tensor, error);
  done = whole.data && dfi_tensor_floats (&whole, file->path, out, error);
  g_free (block);
  return done;
}

/* Adds a tensor's name, type, shape and bytes. */
static gboolean
checksum_add (GChecksum *checksum, const DfiSafetensors *file, const DfiTensor *tensor, GError **error)
{
  char         *shape = dfi_shape_text (tensor->shape, tensor->rank);
  char         *head  = g_strdup_printf ("%s %s %s\n", tensor->name, dfi_dtype_name (tensor->dtype), shape);
  size_t        left  = tensor->count * dfi_dtype_size (tensor->dtype);
  guint8       *block = dfi_safetensors_load (file, tensor, error);
  const guint8 *bytes = block;

  g_checksum_update (checksum, (const guint8 *) head, strlen (head));
  while (block && left > 0)
    {
      size_t piece = MIN (left, PIECE_MAX);

      g_checksum_update (checksum, bytes, piece);
      bytes += piece;
      left -= piece;
    }
  g_free (block);
  g_free (head);
  g_free (shape);
  return block != NULL;
}

char *
dfi_safetensors_sha256 (const DfiSafetensors *file, const char *const *names, GError **error)
{
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gboolean   done     = TRUE;
  char      *hex;

  for (int i = 0; done && names[i]; i++)
    done = checksum_add (checksum, file, find_tensor (file, names[i]), error);

  hex = done ? g_strdup (g_checksum_get_string (checksum)) : NULL;
  g_checksum_free (checksum);
  return hex;
}
