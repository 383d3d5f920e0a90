/* keras.c: HDF5 files of Keras with TensorFlow's order of dimensions: filters (3, 3, C, K).
 *
 * A layer's numbers are at `block3_conv1/block3_conv1_W_1:0` and `..._b_1:0` (the published VGG networks), or at
 * `block3_conv1/block3_conv1/kernel:0` and `.../bias:0` (what newer versions save); under `model_weights` when a whole model was
 * saved.
 *
 * Of HDF5 this reads the oldest form, which h5py writes unless it is told otherwise, and of that what is on the way to these numbers: a
 * damaged file cannot keep it busy, as it can the HDF5 library.  Of 5,565 files of 7 kB with one to three bytes spoilt, libhdf5 1.10.8
 * took 11 seconds of computing over one before it refused it, although the sizes of all datasets were checked before they were read;
 * nothing interrupts it.  It crashed on none.  All addresses count from the start of the file:
 *
 *   superblock      version 0; at 64 the address of the root group's header
 *   object header   version 1; messages, some of them in further blocks: dataspace, datatype, layout, symbol table
 *   group           a tree (TREE) sorted by name, whose leaves (SNOD) hold a name and a header each; names lie in a heap (HEAP)
 *   dataset         contiguous numbers at an address
 *
 * Source: "HDF5 File Format Specification Version 3.0" of The HDF Group; keras/applications/vgg19.py and keras/saving of Keras.
 */

#include "config.h"

#include <glib/gi18n-lib.h>

#include "network/encoder.h"
#include "import/source.h"
#include "network/vgg.h"

#define N_MESSAGES_MAX 4096 /* of one object; Keras writes less than ten */
#define N_LEVELS_MAX   8    /* of a tree; one is enough for 32 leaves */

enum
{
  MESSAGE_DATASPACE    = 1,
  MESSAGE_DATATYPE     = 3,
  MESSAGE_LAYOUT       = 8,
  MESSAGE_CONTINUATION = 16,
  MESSAGE_SYMBOL_TABLE = 17,
  N_MESSAGE_KINDS
};

/* The last message of each kind of an object, empty for none. */
typedef struct
{
  DfiCursor messages[N_MESSAGE_KINDS];
} Object;

static gboolean
number (DfiCursor *cursor, size_t size, guint64 *value)
{
  return dfi_cursor_number (cursor, size, value);
}

/* From @address to the end of the file. */
static gboolean
go_to (const DfiSource *source, guint64 address, DfiCursor *cursor)
{
  *cursor = source->whole;
  return dfi_cursor_take (cursor, address) != NULL;
}

/* As above, after the four letters that must stand there. */
static gboolean
go_to_sign (const DfiSource *source, guint64 address, const char *sign, DfiCursor *cursor)
{
  const guint8 *found;

  return go_to (source, address, cursor) && (found = dfi_cursor_take (cursor, 4)) && memcmp (found, sign, 4) == 0;
}

/* ---------- objects ---------- */

/* The messages of one block: kind, size, flags, data.  @next gets the block that continues this one, if there is one. */
static gboolean
read_messages (DfiCursor block, Object *object, int *n_messages, DfiCursor *next)
{
  guint64 kind, size, flags, unused;

  while (block.left >= 8)
    {
      DfiCursor message;

      if (! number (&block, 2, &kind) || ! number (&block, 2, &size) || ! number (&block, 1, &flags) ||
          ! number (&block, 3, &unused) || ++*n_messages > N_MESSAGES_MAX)
        return FALSE;
      message.left = size;
      message.at   = dfi_cursor_take (&block, size);
      if (! message.at)
        return FALSE;

      if (kind == MESSAGE_CONTINUATION)
        *next = message;
      else if (kind < N_MESSAGE_KINDS)
        object->messages[kind] = flags & 2 ? (DfiCursor){ NULL, 0 } : message; /* 2: it is elsewhere, shared */
    }
  return TRUE;
}

static gboolean
read_object (const DfiSource *source, guint64 address, Object *object)
{
  DfiCursor block;
  guint64   version, unused, size;
  int       n_messages = 0;

  memset (object, 0, sizeof *object);
  if (! go_to (source, address, &block) || ! number (&block, 1, &version) || version != 1 || ! number (&block, 7, &unused) ||
      ! number (&block, 4, &size) || ! number (&block, 4, &unused))
    return FALSE;

  for (;;)
    {
      DfiCursor next = { NULL, 0 };
      guint64   next_address;

      if (size > block.left)
        return FALSE;
      block.left = size;
      if (! read_messages (block, object, &n_messages, &next))
        return FALSE;
      if (! next.at)
        return TRUE;
      if (! number (&next, 8, &next_address) || ! number (&next, 8, &size) || size < 8 || ! go_to (source, next_address, &block))
        return FALSE;
    }
}

/* ---------- groups ---------- */

/* Compares @name with the string at @offset of the heap's data, of which it looks at no more than it must; FALSE when the heap ends
 * before the difference is known. */
static gboolean
compare_name (const DfiCursor *heap, guint64 offset, const char *name, int *order)
{
  DfiCursor string = *heap;
  size_t    length = strlen (name) + 1;

  if (! dfi_cursor_take (&string, offset))
    return FALSE;
  *order = strncmp (name, (const char *) string.at, MIN (length, string.left));
  return *order != 0 || string.left >= length;
}

static gboolean
open_heap (const DfiSource *source, guint64 address, DfiCursor *heap)
{
  guint64 version, size, free_list, data;

  if (! go_to_sign (source, address, "HEAP", heap) || ! number (heap, 4, &version) || ! number (heap, 8, &size) ||
      ! number (heap, 8, &free_list) || ! number (heap, 8, &data) || ! go_to (source, data, heap) || size > heap->left)
    return FALSE;
  heap->left = size;
  return TRUE;
}

/* Goes down the tree to the leaf that would hold @name: below a key are the names up to it.  A level must be less than the one above,
 * so that this ends. */
static gboolean
find_leaf (const DfiSource *source, guint64 address, const DfiCursor *heap, const char *name, DfiCursor *leaf)
{
  guint64 above = N_LEVELS_MAX, kind, level, n, siblings, child, key;

  do
    {
      DfiCursor node;
      int       order = 1;

      if (! go_to_sign (source, address, "TREE", &node) || ! number (&node, 1, &kind) || kind != 0 ||
          ! number (&node, 1, &level) || level >= above || ! number (&node, 2, &n) || ! number (&node, 8, &siblings) ||
          ! number (&node, 8, &siblings) || ! number (&node, 8, &key))
        return FALSE;

      for (guint64 i = 0; order > 0 && i < n; i++)
        if (! number (&node, 8, &child) || ! number (&node, 8, &key) || ! compare_name (heap, key, name, &order))
          return FALSE;
      if (order > 0)
        return FALSE;
      address = child;
      above   = level;
    }
  while (level > 0);

  return go_to_sign (source, address, "SNOD", leaf);
}

/* The address of the header of @name in the group @group. */
static gboolean
find_member (const DfiSource *source, const Object *group, const char *name, guint64 *address)
{
  DfiCursor table = group->messages[MESSAGE_SYMBOL_TABLE];
  DfiCursor heap, leaf;
  guint64   tree, heap_address, version, n, offset, unused;
  int       order;

  if (! number (&table, 8, &tree) || ! number (&table, 8, &heap_address) || ! open_heap (source, heap_address, &heap) ||
      ! find_leaf (source, tree, &heap, name, &leaf) || ! number (&leaf, 2, &version) || ! number (&leaf, 2, &n))
    return FALSE;

  for (guint64 i = 0; i < n; i++)
    {
      if (! number (&leaf, 8, &offset) || ! number (&leaf, 8, address) || ! number (&leaf, 8, &unused) ||
          ! dfi_cursor_take (&leaf, 16) || ! compare_name (&heap, offset, name, &order))
        return FALSE;
      if (order == 0)
        return TRUE;
    }
  return FALSE;
}

/* The object at @path, of which the parts stand between slashes, or FALSE when there is none. */
static gboolean
find_object (const DfiSource *source, const char *path, Object *object)
{
  DfiCursor superblock = source->whole;
  char    **names      = g_strsplit (path, "/", -1);
  guint64   address;
  gboolean  found;

  found = dfi_cursor_take (&superblock, 64) && number (&superblock, 8, &address) && read_object (source, address, object);
  for (int i = 0; found && names[i]; i++)
    found = find_member (source, object, names[i], &address) && read_object (source, address, object);
  g_strfreev (names);
  return found;
}

/* ---------- datasets ---------- */

/* A little-endian IEEE single: class 1 of version 1 to 3, its bits, its size, and where sign, exponent and fraction are. */
static gboolean
is_single (DfiCursor type)
{
  static const guint8 single[19] = { 0x20, 0x1f, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0 };

  return type.left >= 20 && (type.at[0] & 0x0f) == 1 && memcmp (type.at + 1, single, sizeof single) == 0;
}

/* No side may be longer than the filters of the widest network that an encoder takes. */
static gboolean
read_shape (DfiCursor space, DfiTensor *tensor)
{
  guint64 version, rank, flags, dim;

  if (! number (&space, 1, &version) || ! number (&space, 1, &rank) || ! number (&space, 1, &flags) ||
      (version != 1 && version != 2) || rank > DFI_RANK_MAX || ! dfi_cursor_take (&space, version == 1 ? 5 : 1))
    return FALSE;

  tensor->rank = rank;
  for (int i = 0; i < tensor->rank; i++)
    {
      if (! number (&space, 8, &dim) || dim > 8 * DFI_ENCODER_WIDTH_MAX)
        return FALSE;
      tensor->shape[i] = dim;
    }
  return TRUE;
}

/* Class 1 is contiguous; other classes are chunks, perhaps compressed, and numbers in the header itself. */
static gboolean
read_layout (const DfiSource *source, DfiCursor layout, DfiCursor *bytes)
{
  guint64 version, class, address, size;

  if (! number (&layout, 1, &version) || (version != 3 && version != 4) || ! number (&layout, 1, &class) || class != 1 ||
      ! number (&layout, 8, &address) || ! number (&layout, 8, &size) || ! go_to (source, address, bytes) || size > bytes->left)
    return FALSE;
  bytes->left = size;
  return TRUE;
}

/* (H, W, C, K) -> (K, C, H, W), words of four bytes. */
static gboolean
turn_filters (DfiSource *source, DfiTensor *tensor, GError **error)
{
  const guint8 *in    = tensor->data;
  const size_t *shape = tensor->shape;
  size_t        n     = shape[0] * shape[1];
  guint8       *out   = dfi_source_alloc (source, tensor->count, 4, error);

  if (! out)
    return FALSE;

  for (size_t i = 0; i < n; i++)
    for (size_t c = 0; c < shape[2]; c++)
      for (size_t k = 0; k < shape[3]; k++)
        memcpy (out + 4 * ((k * shape[2] + c) * n + i), in + 4 * ((i * shape[2] + c) * shape[3] + k), 4);

  tensor->data = out;
  memcpy (tensor->shape, (size_t[]){ shape[3], shape[2], shape[0], shape[1] }, sizeof tensor->shape);
  return TRUE;
}

static gboolean
note_dataset (DfiSource *source, const Object *object, const char *name, GError **error)
{
  DfiTensor tensor = { .name = name, .dtype = DFI_DTYPE_F32 };
  DfiCursor bytes;

  if (! is_single (object->messages[MESSAGE_DATATYPE]))
    return dfi_source_broken (source, error, _ ("a tensor is not of little-endian numbers in single precision"));
  if (! read_layout (source, object->messages[MESSAGE_LAYOUT], &bytes))
    return dfi_source_broken (source, error, _ ("a tensor is missing, compressed or in pieces"));
  if (! read_shape (object->messages[MESSAGE_DATASPACE], &tensor))
    return dfi_source_broken (source, error, _ ("a tensor's shape does not fit its size"));

  tensor.data = bytes.at;
  return dfi_source_count (source, &tensor, bytes.left, error) && (tensor.rank != 4 || turn_filters (source, &tensor, error)) &&
         dfi_source_add (source, &tensor, bytes.left, error);
}

/* ---------- layers ---------- */

/* The dataset under any of the names that it may have. */
static gboolean
find_dataset (const DfiSource *source, const DfiVggConv *conv, gboolean is_bias, Object *object)
{
  static const char *places[]  = { "", "model_weights/" };
  static const char *ends[][2] = { { "_W_1:0", "_b_1:0" }, { "/kernel:0", "/bias:0" } };
  gboolean           found     = FALSE;

  for (size_t p = 0; p < G_N_ELEMENTS (places); p++)
    for (size_t e = 0; ! found && e < G_N_ELEMENTS (ends); e++)
      {
        char *path = g_strdup_printf ("%sblock%d_conv%d/block%d_conv%d%s", places[p], conv->block, conv->index, conv->block,
                                      conv->index, ends[e][is_bias]);

        found = find_object (source, path, object);
        g_free (path);
      }
  return found;
}

static gboolean
recognise (const DfiSource *source)
{
  return source->whole.left >= 8 && memcmp (source->whole.at, "\x89HDF\r\n\x1a\n", 8) == 0;
}

/* The layers of VGG-19, of which VGG-16 has some; one that is not there is missed later, if it is needed. */
static gboolean
read_layers (DfiSource *source, GError **error)
{
  static const guint8 oldest[] = { 0, 0, 0, 0, 0, 8, 8 }; /* four versions, a gap, bytes of an address, of a length */
  const DfiVgg       *vgg      = &dfi_vggs[1];
  Object              object;

  if (source->whole.left < 96 || memcmp (source->whole.at + 8, oldest, sizeof oldest) != 0)
    return dfi_source_broken (source, error, _ ("it is cut short, or in a newer form of HDF5 than Keras usually writes"));

  for (int i = 0; i < 2 * vgg->n_convs; i++)
    {
      const DfiVggConv *conv = &vgg->convs[i / 2];
      char             *name = g_strdup_printf ("conv%d_%d.%s", conv->block, conv->index, i % 2 ? "bias" : "weight");
      gboolean          done = ! find_dataset (source, conv, i % 2, &object) || note_dataset (source, &object, name, error);

      g_free (name);
      if (! done)
        return FALSE;
    }
  return TRUE;
}

const DfiFormat dfi_format_keras = { "Keras", FALSE, DFI_IMPORT_INPUT_CAFFE, recognise, read_layers };
