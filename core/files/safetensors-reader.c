/* safetensors.c: reading and writing the container that safetensors.h describes.  Nothing in a file is believed: numbers are
 * compared with what is there, never added first. */

#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include "base/error.h"
#include "files/json.h"
#include "files/atomic-file.h"
#include "files/safetensors.h"

#define LENGTH_BYTES 8

struct _DfiSafetensors
{
  char         *path;
  GMappedFile  *map;
  const guint8 *blob; /* the bytes after the header */
  size_t        blob_size;
  JsonNode     *header;  /* owns all strings */
  GArray       *tensors; /* DfiTensor, in the order of the file */
};

static const struct
{
  const char *name;
  size_t      size;
} dtypes[] = {
  [DFI_DTYPE_U8]   = { "U8", 1 },
  [DFI_DTYPE_F16]  = { "F16", 2 },
  [DFI_DTYPE_F32]  = { "F32", 4 },
  [DFI_DTYPE_BF16] = { "BF16", 2 },
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

/* ---------- reading ---------- */

static gboolean
broken (const char *path, GError **error, const char *what)
{
  g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
               _ ("“%s” is not a usable safetensors file: %s. It may be damaged or cut short; fetch it again."), path, what);
  return FALSE;
}

/* product of @shape, or FALSE when it does not fit */
static gboolean
shape_count (const size_t *shape, int rank, size_t *count)
{
  *count = 1;
  for (int i = 0; i < rank; i++)
    if (! g_size_checked_mul (count, *count, shape[i]))
      return FALSE;
  return TRUE;
}

/* A non-negative integer of the header. */
static gboolean
node_size (JsonNode *node, size_t *value)
{
  gint64 number;

  if (! node || ! JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_INT64)
    return FALSE;

  number = json_node_get_int (node);
  *value = (size_t) number;
  return number >= 0;
}

/* An array of non-negative integers, at most @max of them; their number, or -1. */
static int
node_sizes (JsonNode *node, size_t *values, int max)
{
  JsonArray *array;
  guint      n;

  if (! node || ! JSON_NODE_HOLDS_ARRAY (node))
    return -1;

  array = json_node_get_array (node);
  n     = json_array_get_length (array);
  if (n > (guint) max)
    return -1;
  for (guint i = 0; i < n; i++)
    if (! node_size (json_array_get_element (array, i), &values[i]))
      return -1;
  return n;
}

static int
node_dtype (JsonNode *node)
{
  if (node && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    for (size_t i = 0; i < G_N_ELEMENTS (dtypes); i++)
      if (strcmp (json_node_get_string (node), dtypes[i].name) == 0)
        return i;
  return -1;
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
  JsonObject *object;
  size_t      offsets[2];
  int         dtype;
  DfiTensor   tensor = { .name = name };

  if (! JSON_NODE_HOLDS_OBJECT (node))
    return broken (file->path, error, _ ("an entry of its header is not an object"));
  object = json_node_get_object (node);

  if (node_sizes (json_object_get_member (object, "data_offsets"), offsets, 2) != 2 || offsets[0] > offsets[1] ||
      offsets[1] > file->blob_size)
    return broken (file->path, error, _ ("a tensor lies outside the file"));
  g_array_append_vals (extents, &(Extent){ offsets[0], offsets[1] }, 1);

  dtype       = node_dtype (json_object_get_member (object, "dtype"));
  tensor.rank = node_sizes (json_object_get_member (object, "shape"), tensor.shape, DFI_RANK_MAX);
  if (dtype < 0 || tensor.rank < 0)
    return TRUE; /* of a kind that nothing here asks for */

  if (! shape_count (tensor.shape, tensor.rank, &tensor.count) || (offsets[1] - offsets[0]) % dtypes[dtype].size != 0 ||
      tensor.count != (offsets[1] - offsets[0]) / dtypes[dtype].size)
    return broken (file->path, error, _ ("a tensor's shape does not fit its size"));

  tensor.dtype = dtype;
  tensor.data  = file->blob + offsets[0];
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
metadata_is_strings (JsonObject *root)
{
  JsonNode      *node = json_object_get_member (root, "__metadata__");
  JsonObjectIter iter;
  const char    *key;
  JsonNode      *value;

  if (! node)
    return TRUE;
  if (! JSON_NODE_HOLDS_OBJECT (node))
    return FALSE;

  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &key, &value))
    if (! JSON_NODE_HOLDS_VALUE (value) || json_node_get_value_type (value) != G_TYPE_STRING)
      return FALSE;
  return TRUE;
}

static gboolean
header_parse (DfiSafetensors *file, const char *text, size_t length, GError **error)
{
  JsonObject    *root;
  JsonObjectIter iter;
  const char    *name;
  JsonNode      *node;
  GArray        *extents;
  gboolean       done = TRUE;

  file->header = dfi_json_parse (text, length);
  if (! file->header || ! JSON_NODE_HOLDS_OBJECT (file->header))
    return broken (file->path, error, _ ("its header is not a JSON object"));

  root = json_node_get_object (file->header);
  if (! metadata_is_strings (root))
    return broken (file->path, error, _ ("its metadata are not strings"));

  extents = g_array_new (FALSE, FALSE, sizeof (Extent));
  json_object_iter_init (&iter, root);
  while (done && json_object_iter_next (&iter, &name, &node))
    if (strcmp (name, "__metadata__") != 0)
      done = tensor_read (file, name, node, extents, error);
  done = done && check_cover (file, extents, error);
  g_array_free (extents, TRUE);
  return done;
}

static gboolean
file_parse (DfiSafetensors *file, GError **error)
{
  const char *bytes = g_mapped_file_get_contents (file->map);
  size_t      size  = g_mapped_file_get_length (file->map);
  guint64     length;

  if (size < LENGTH_BYTES)
    return broken (file->path, error, _ ("it is too short to have a header"));

  memcpy (&length, bytes, LENGTH_BYTES);
  length = GUINT64_FROM_LE (length);
  if (length > DFI_HEADER_MAX || length > size - LENGTH_BYTES)
    return broken (file->path, error, _ ("its header is longer than the file"));

  file->blob      = (const guint8 *) bytes + LENGTH_BYTES + length;
  file->blob_size = size - LENGTH_BYTES - length;
  return header_parse (file, bytes + LENGTH_BYTES, length, error);
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
  DfiSafetensors *file;
  GMappedFile    *map;
  GError         *cause = NULL;

  map = g_mapped_file_new (path, FALSE, &cause);
  if (! map)
    {
      g_set_error_literal (error, DFI_ERROR, DFI_ERROR_IO, cause->message); /* names the path and the reason */
      g_error_free (cause);
      return NULL;
    }

  file          = g_new0 (DfiSafetensors, 1);
  file->path    = g_strdup (path);
  file->map     = map;
  file->tensors = g_array_new (FALSE, FALSE, sizeof (DfiTensor));

  if (! file_parse (file, error) || (kind && ! check_kind (file, kind, version, error)))
    g_clear_pointer (&file, dfi_safetensors_free);
  return file;
}

void
dfi_safetensors_free (DfiSafetensors *file)
{
  if (! file)
    return;

  g_array_free (file->tensors, TRUE);
  g_clear_pointer (&file->header, json_node_unref);
  g_mapped_file_unref (file->map);
  g_free (file->path);
  g_free (file);
}

void
dfi_safetensors_release_pages (const DfiSafetensors *file)
{
#ifdef MADV_DONTNEED
  madvise (g_mapped_file_get_contents (file->map), g_mapped_file_get_length (file->map),
           MADV_DONTNEED); /* or not: it is a wish */
#endif
}

const char *
dfi_safetensors_path (const DfiSafetensors *file)
{
  return file->path;
}

const char *
dfi_safetensors_metadata (const DfiSafetensors *file, const char *key)
{
  JsonObject *root = json_node_get_object (file->header);

  if (! json_object_has_member (root, "__metadata__"))
    return NULL;
  return json_object_get_string_member_with_default (json_object_get_object_member (root, "__metadata__"), key, NULL);
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
                   dtypes[tensor->dtype].name, dtypes[dtype].name);
      return NULL;
    }
  return tensor;
}

static float
float_at (const DfiTensor *tensor, size_t i)
{
  const guint8 *bytes = tensor->data;
  guint16       half;
  guint32       word;
  float         value;

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

char *
dfi_safetensors_sha256 (const DfiSafetensors *file, const char *const *names)
{
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);
  char      *hex;

  for (int i = 0; names[i]; i++)
    {
      const DfiTensor *tensor = find_tensor (file, names[i]);
      char            *shape  = dfi_shape_text (tensor->shape, tensor->rank);
      char            *head   = g_strdup_printf ("%s %s %s\n", tensor->name, dtypes[tensor->dtype].name, shape);
      const guint8    *bytes  = tensor->data;
      size_t           left   = tensor->count * dtypes[tensor->dtype].size;

      g_checksum_update (checksum, (const guint8 *) head, strlen (head));
      while (left > 0) /* g_checksum_update() takes a signed length */
        {
          size_t piece = MIN (left, (size_t) 1 << 30);

          g_checksum_update (checksum, bytes, piece);
          bytes += piece;
          left -= piece;
        }
      g_free (head);
      g_free (shape);
    }

  hex = g_strdup (g_checksum_get_string (checksum));
  g_checksum_free (checksum);
  return hex;
}

/* ---------- half precision ---------- */

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

/* ---------- writing ---------- */

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
  json_builder_add_string_value (builder, dtypes[tensor->dtype].name);
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
      gboolean fits  = shape_count (tensors[i].shape, tensors[i].rank, &count);

      g_assert (fits);
      *total += count * dtypes[tensors[i].dtype].size;
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
  g_string_prepend_len (text, (const char *) &length, LENGTH_BYTES);

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
