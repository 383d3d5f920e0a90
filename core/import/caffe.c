/* caffe.c: a .caffemodel: Caffe's NetParameter as Google's Protocol Buffers put it into bytes.
 *
 * A message is a row of fields; each is a key (a varint: field number times 8 plus wire type) and a value: a varint (0), 8 bytes
 * (1), a length and that many bytes (2), or 4 bytes (5).  What is wanted of them:
 *
 *   NetParameter         layers 2 (V1LayerParameter), layer 100 (LayerParameter)
 *   V1LayerParameter     name 4, blobs 6
 *   LayerParameter       name 1, blobs 7
 *   BlobProto            num 1, channels 2, height 3, width 4, or shape 7; data 5 (floats, packed or one by one)
 *   BlobShape            dim 1 (varints, packed or one by one)
 *
 * Source: "Encoding" in the documentation of Protocol Buffers; src/caffe/proto/caffe.proto of Caffe.
 */

#include "config.h"

#include <glib/gi18n-lib.h>

#include "import/source.h"

#define LAYER_NAME_MAX  256 /* bytes; the layer is passed over when its name is longer */
#define FILTER_SIDE_MAX 16  /* pixels; larger ones are those of other kinds of layers */

enum
{
  WIRE_VARINT = 0,
  WIRE_8      = 1,
  WIRE_BYTES  = 2,
  WIRE_4      = 5
};

typedef struct
{
  guint64   number;
  int       wire;
  guint64   value; /* of WIRE_VARINT */
  DfiCursor bytes; /* of all others */
} Field;

/* ---------- the wire format ---------- */

/* Seven bits a byte, the lowest first; the highest bit says that more follow. */
static gboolean
read_varint (DfiCursor *cursor, guint64 *value)
{
  *value = 0;
  for (int shift = 0; shift < 64; shift += 7)
    {
      guint64 byte;

      if (! dfi_cursor_number (cursor, 1, &byte) || (shift == 63 && byte > 1))
        return FALSE;
      *value |= (byte & 0x7f) << shift;
      if (byte < 0x80)
        return TRUE;
    }
  return FALSE;
}

static gboolean
read_field (DfiCursor *cursor, Field *field)
{
  guint64 key, size = 0;

  if (! read_varint (cursor, &key) || key >> 3 == 0 || key >> 3 >= 1 << 29)
    return FALSE;

  field->number = key >> 3;
  field->wire   = key & 7;
  switch (field->wire)
    {
    case WIRE_VARINT: return read_varint (cursor, &field->value);

    case WIRE_8: size = 8; break;

    case WIRE_4: size = 4; break;

    case WIRE_BYTES:
      if (! read_varint (cursor, &size))
        return FALSE;
      break;

    default: return FALSE;
    }
  field->bytes      = *cursor;
  field->bytes.left = size;
  return dfi_cursor_skip (cursor, size);
}

/* ---------- blobs ---------- */

typedef struct
{
  size_t    dims[DFI_RANK_MAX]; /* of `shape` */
  int       rank;               /* -1: there is none */
  size_t    old_dims[4];        /* num, channels, height, width */
  size_t    n_floats;
  guint     n_runs; /* pieces that the floats come in */
  DfiCursor run;    /* the last of them */
} Blob;

static gboolean
add_dim (Blob *blob, guint64 value)
{
  if (blob->rank >= DFI_RANK_MAX || value > G_MAXINT64)
    return FALSE;
  blob->dims[blob->rank++] = value;
  return TRUE;
}

static gboolean
read_shape (DfiCursor cursor, Blob *blob)
{
  Field   field;
  guint64 value;

  blob->rank = 0;
  while (cursor.left)
    {
      if (! read_field (&cursor, &field))
        return FALSE;
      if (field.number != 1)
        continue;
      if (field.wire == WIRE_VARINT && ! add_dim (blob, field.value))
        return FALSE;
      while (field.wire == WIRE_BYTES && field.bytes.left)
        if (! read_varint (&field.bytes, &value) || ! add_dim (blob, value))
          return FALSE;
    }
  return TRUE;
}

static gboolean
is_floats (const Field *field)
{
  return field->number == 5 && (field->wire == WIRE_4 || (field->wire == WIRE_BYTES && field->bytes.left % 4 == 0));
}

static gboolean
read_blob (DfiCursor cursor, Blob *blob)
{
  Field field;

  *blob = (Blob){ .rank = -1 };
  while (cursor.left)
    {
      if (! read_field (&cursor, &field))
        return FALSE;

      if (field.number <= 4 && field.wire == WIRE_VARINT && field.value <= G_MAXINT32)
        blob->old_dims[field.number - 1] = field.value;
      else if (field.number == 7 && field.wire == WIRE_BYTES)
        {
          if (! read_shape (field.bytes, blob))
            return FALSE;
        }
      else if (is_floats (&field))
        {
          blob->run = field.bytes;
          blob->n_floats += field.bytes.left / 4; /* not more than the file has */
          blob->n_runs++;
        }
      else if (field.number <= 5 || field.number == 7)
        return FALSE;
    }
  return TRUE;
}

/* The floats in one piece: where they lie, or, when they come in several, copied. */
static gboolean
find_floats (DfiSource *source, DfiCursor cursor, const Blob *blob, DfiTensor *tensor, GError **error)
{
  guint8 *end;
  Field   field;

  if (blob->n_runs == 1)
    {
      tensor->position = blob->run.at;
      return TRUE;
    }

  tensor->data = end = dfi_source_alloc (source, blob->n_floats, 4, error);
  while (end && cursor.left && read_field (&cursor, &field))
    if (is_floats (&field))
      {
        size_t size = field.bytes.left;

        if (! dfi_cursor_read (&field.bytes, end, size))
          return dfi_source_broken (source, error, _ ("a blob makes no sense"));
        end += size;
      }
  return end != NULL;
}

/* Notes a convolution's blob @i, 0 the filters, 1 the biases, under `NAME.weight` or `.bias`. Biases are (K), or, before Caffe
 * had shapes, (1, 1, 1, K). */
static gboolean
note_blob (DfiSource *source, const char *layer, int i, DfiCursor bytes, GError **error)
{
  DfiTensor tensor = { .dtype = DFI_DTYPE_F32 };
  Blob      blob;
  char     *name;
  gboolean  done;

  if (! read_blob (bytes, &blob))
    return dfi_source_broken (source, error, _ ("a blob makes no sense"));
  if (i > 1)
    return TRUE;

  tensor.rank = blob.rank < 0 ? 4 : blob.rank;
  memcpy (tensor.shape, blob.rank < 0 ? blob.old_dims : blob.dims, sizeof tensor.shape);
  while (i == 1 && tensor.rank > 1 && tensor.shape[0] == 1)
    {
      tensor.rank--;
      memmove (tensor.shape, tensor.shape + 1, tensor.rank * sizeof *tensor.shape);
    }

  if (tensor.rank != (i == 0 ? 4 : 1) || (i == 0 && MAX (tensor.shape[2], tensor.shape[3]) > FILTER_SIDE_MAX))
    return TRUE; /* no convolution */

  name        = g_strdup_printf ("%s.%s", layer, i == 0 ? "weight" : "bias");
  tensor.name = name;
  done        = find_floats (source, bytes, &blob, &tensor, error) && dfi_source_add (source, &tensor, blob.n_floats * 4, error);
  g_free (name);
  return done;
}

/* ---------- layers ---------- */

/* The name may stand after the blobs: so it is looked for first. */
static gboolean
find_name (DfiCursor cursor, guint64 number, DfiCursor *name)
{
  Field field;

  *name = (DfiCursor){ .left = 0 };
  while (cursor.left)
    {
      if (! read_field (&cursor, &field))
        return FALSE;
      if (field.number == number && field.wire == WIRE_BYTES)
        *name = field.bytes;
    }
  return TRUE;
}

/* A layer of either form; the numbers of its fields differ. */
static gboolean
is_layer (const Field *field)
{
  return (field->number == 2 || field->number == 100) && field->wire == WIRE_BYTES;
}

static guint64
name_field (const Field *layer)
{
  return layer->number == 2 ? 4 : 1;
}

static guint64
blobs_field (const Field *layer)
{
  return layer->number == 2 ? 6 : 7;
}

static gboolean
read_layer (DfiSource *source, const Field *layer, GError **error)
{
  DfiCursor cursor = layer->bytes, name;
  Field     field;
  int       n_blobs = 0;
  char      text[LAYER_NAME_MAX + 1];
  size_t    length;
  gboolean  done = TRUE;

  if (! find_name (cursor, name_field (layer), &name))
    return dfi_source_broken (source, error, _ ("a layer makes no sense"));
  length = name.left;
  if (length > LAYER_NAME_MAX)
    return TRUE;
  if (! dfi_cursor_read (&name, text, length))
    return dfi_source_broken (source, error, _ ("a layer makes no sense"));
  text[length] = 0;
  if (! g_utf8_validate_len (text, length, NULL))
    return TRUE;

  while (done && cursor.left && read_field (&cursor, &field))
    if (field.number == blobs_field (layer) && field.wire == WIRE_BYTES)
      done = note_blob (source, text, n_blobs++, field.bytes, error);
  return done;
}

/* There is no magic number: the file is what it is when the fields up to the first layer make sense, and those of that layer,
 * which must have a name. */
static gboolean
recognise (const DfiSource *source)
{
  DfiCursor cursor = source->whole, name;
  Field     field;

  while (cursor.left && read_field (&cursor, &field))
    if (is_layer (&field))
      return find_name (field.bytes, name_field (&field), &name) && name.left > 0;
  return FALSE;
}

static gboolean
read_net (DfiSource *source, GError **error)
{
  DfiCursor cursor = source->whole;
  Field     field;

  while (cursor.left)
    {
      if (! read_field (&cursor, &field))
        return dfi_source_broken (source, error, _ ("it ends in the middle of a layer"));
      if (is_layer (&field) && ! read_layer (source, &field, error))
        return FALSE;
    }
  return TRUE;
}

const DfiFormat dfi_format_caffe = { "Caffe", TRUE, DFI_IMPORT_INPUT_CAFFE, recognise, read_net };
