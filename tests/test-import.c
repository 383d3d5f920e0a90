/* Importing published networks: files of each form, made here byte by byte, come back as the same numbers; damaged and hostile
 * ones are refused in a sentence. Files that the real libraries write are in make_import.py's part. */

#include "config.h"

#include <math.h>
#include <string.h>
#include <sys/wait.h>

#include <glib/gstdio.h>

#include "common.h"
#include "network/pass.h"
#include "base/error.h"
#include "import/import.h"
#include "files/safetensors-reader.h"
#include "network/vgg.h"

static char *folder, *in, *out;

/* ---------- a small network ---------- */

typedef struct
{
  DfiVggConv  conv;
  const char *what; /* weight or bias */
  int         rank;
  size_t      shape[4];
  size_t      count;
  float      *values; /* (count), on a grid that half precision and bfloat16 have */
} Part;

typedef struct
{
  Part parts[2 * DFI_VGG_CONVS_MAX];
  int  n;
} Network;

static Network *
network_new (const DfiVgg *vgg, int base)
{
  Network *network  = g_new0 (Network, 1);
  size_t   channels = 3;

  for (int l = 0; l < vgg->n_convs; l++)
    {
      size_t filters = (size_t) base * vgg->convs[l].units;

      network->parts[network->n++] =
          (Part){ vgg->convs[l], "weight", 4, { filters, channels, 3, 3 }, filters * channels * 9, NULL };
      network->parts[network->n++] = (Part){ vgg->convs[l], "bias", 1, { filters }, filters, NULL };
      channels                     = filters;
    }
  for (int i = 0; i < network->n; i++)
    {
      Part *part = &network->parts[i];

      part->values = g_new (float, part->count);
      test_uniform (3000 + i, part->values, part->count);
      for (size_t k = 0; k < part->count; k++)
        part->values[k] = floorf (part->values[k] * 256.0f) / 64.0f - 2.0f;
    }
  return network;
}

static void
network_free (Network *network)
{
  for (int i = 0; i < network->n; i++)
    g_free (network->parts[i].values);
  g_free (network);
}

static char *
part_name (const Part *part)
{
  return dfi_vgg_tensor_name (&part->conv, part->what);
}

/* ---------- bytes ---------- */

static void
put (GByteArray *bytes, const void *data, size_t size)
{
  g_byte_array_append (bytes, data, size);
}

static void
put_text (GByteArray *bytes, const char *text)
{
  put (bytes, text, strlen (text));
}

static void
put_number (GByteArray *bytes, guint64 number, int size)
{
  for (int i = 0; i < size; i++)
    put (bytes, &(guint8){ number >> 8 * i }, 1);
}

static void
put_floats (GByteArray *bytes, const float *values, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      guint32 word;

      memcpy (&word, &values[i], sizeof word);
      put_number (bytes, word, 4);
    }
}

/* ---------- state dicts ---------- */

/* What is wrong with a state dict; the lies are about its first tensor. */
typedef enum
{
  HONEST,
  PYTHON_2, /* nothing: the dict's items in a list, byte strings, _rebuild_tensor */
  NESTED,   /* nothing: the dict under "state_dict", and the tensors are parameters */
  LIE_GLOBAL,
  LIE_INSTRUCTION,
  LIE_COUNT,
  LIE_COUNT_HUGE,
  LIE_OFFSET,
  LIE_OFFSET_NEGATIVE,
  LIE_STRIDE,
  LIE_SHAPE,
  LIE_SHAPE_HUGE,
  LIE_KEY,
  LIE_VIEW,
  LIE_PROTOCOL,
  LIE_TWICE,
} Lie;

static void
put_string (GByteArray *bytes, const char *text, Lie lie)
{
  put_text (bytes, lie == PYTHON_2 ? "U" : "X");
  put_number (bytes, strlen (text), lie == PYTHON_2 ? 1 : 4);
  put_text (bytes, text);
}

static void
put_integer (GByteArray *bytes, gint64 number)
{
  if (number >= 0 && number < 65536)
    {
      put_text (bytes, "M");
      put_number (bytes, number, 2);
    }
  else if (number == (gint32) number)
    {
      put_text (bytes, "J");
      put_number (bytes, (guint64) number, 4);
    }
  else
    {
      put (bytes, "\x8a\x08", 2);
      put_number (bytes, (guint64) number, 8);
    }
}

static void
put_tensor (GByteArray *bytes, const Part *part, int key, Lie lie)
{
  char  *key_text = g_strdup_printf ("%d", lie == LIE_KEY ? 999 : key);
  gint64 stride   = 1, strides[4];

  for (int i = part->rank - 1; i >= 0; i--)
    {
      strides[i] = stride;
      stride *= part->shape[i];
    }

  if (lie == NESTED)
    put_text (bytes, "ctorch._utils\n_rebuild_parameter\n(");
  put_text (bytes, lie == PYTHON_2 ? "ctorch._utils\n_rebuild_tensor\n(" : "ctorch._utils\n_rebuild_tensor_v2\n(");
  put_text (bytes, "(");
  put_string (bytes, "storage", lie);
  put_text (bytes, "ctorch\nFloatStorage\n");
  put_string (bytes, key_text, lie);
  put_string (bytes, "cpu", lie);
  put_integer (bytes, lie == LIE_COUNT ? (gint64) part->count + 1 : lie == LIE_COUNT_HUGE ? G_MAXINT64 : (gint64) part->count);
  put_text (bytes, lie == LIE_VIEW ? ")tQ" : "NtQ");

  put_integer (bytes, lie == LIE_OFFSET ? 1 : lie == LIE_OFFSET_NEGATIVE ? -1 : 0);
  put_text (bytes, "(");
  for (int i = 0; i < part->rank; i++)
    put_integer (bytes, i > 0                   ? (gint64) part->shape[i]
                        : lie == LIE_SHAPE      ? (gint64) part->shape[i] + 1
                        : lie == LIE_SHAPE_HUGE ? G_MAXINT64
                                                : (gint64) part->shape[i]);
  put_text (bytes, "t(");
  for (int i = 0; i < part->rank; i++)
    put_integer (bytes, strides[i] + (lie == LIE_STRIDE && i == part->rank - 1));
  put_text (bytes, lie == PYTHON_2 ? "ttR"
                                   : "t\x89"
                                     "ccollections\nOrderedDict\n)RtR");
  if (lie == NESTED)
    put_text (bytes, "\x88"
                     "ccollections\nOrderedDict\n)RtR");
  g_free (key_text);
}

static void
put_state_dict (GByteArray *bytes, const Network *network, Lie lie)
{
  put (bytes, lie == LIE_PROTOCOL ? "\x80\x03" : "\x80\x02", 2);
  if (lie == NESTED)
    {
      put_text (bytes, "}q\x05(");
      put_string (bytes, "epoch", lie);
      put (bytes, "G\x3f\xf0\0\0\0\0\0\0", 9);
      put_string (bytes, "state_dict", lie);
    }
  if (lie == LIE_INSTRUCTION)
    put_text (bytes, "\x93");
  put_text (bytes, lie == LIE_GLOBAL ? "cos\nsystem\n" : "ccollections\nOrderedDict\n");
  put_text (bytes, lie == PYTHON_2 ? "](" : ")Rr");
  if (lie != PYTHON_2)
    {
      put_number (bytes, 70000, 4);
      put_text (bytes, "(");
    }

  for (int i = 0; i < network->n; i++)
    {
      char *name = part_name (&network->parts[i]);

      put_text (bytes, lie == PYTHON_2 ? "](" : "");
      put_string (bytes, i == 1 && lie == LIE_TWICE ? "features.0.weight" : name, lie);
      put_tensor (bytes, &network->parts[i], i, i == 0 || lie == PYTHON_2 || lie == NESTED ? lie : HONEST);
      put_text (bytes, lie == PYTHON_2 ? "e" : "");
      g_free (name);
    }
  put_text (bytes, lie == PYTHON_2 ? "e\x85R" : "u");

  put_text (bytes, "}");
  put_string (bytes, "_metadata", lie);
  put_text (bytes, "}sb");
  put_text (bytes, lie == NESTED ? "u." : ".");
}

/* As torch.save (..., _use_new_zipfile_serialization=False) lays it out. */
static GByteArray *
legacy_file (const Network *network, Lie lie)
{
  GByteArray *bytes = g_byte_array_new ();

  put (bytes, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}", 24);
  put_string (bytes, "little_endian", lie);
  put_text (bytes, "\x88s.");
  put_state_dict (bytes, network, lie);

  put_text (bytes, "\x80\x02](");
  for (int i = network->n - 1; i >= 0; i--)
    {
      char *key = g_strdup_printf ("%d", i);

      put_string (bytes, key, lie);
      g_free (key);
    }
  put_text (bytes, "e.");
  for (int i = network->n - 1; i >= 0; i--)
    {
      put_number (bytes, network->parts[i].count, 8);
      put_floats (bytes, network->parts[i].values, network->parts[i].count);
    }
  return bytes;
}

/* Adds an entry to the archive, and to its directory. */
static void
put_entry (GByteArray *bytes, GByteArray *directory, const char *name, const GByteArray *content)
{
  guint offset = bytes->len;

  put (bytes, "PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 18);
  put_number (bytes, content->len, 4);
  put_number (bytes, content->len, 4);
  put_number (bytes, strlen (name), 2);
  put_number (bytes, 5, 2);
  put_text (bytes, name);
  put_text (bytes, "extra");
  put (bytes, content->data, content->len);

  put (directory, "PK\1\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  put_number (directory, content->len, 4);
  put_number (directory, content->len, 4);
  put_number (directory, strlen (name), 2);
  put (directory, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
  put_number (directory, offset, 4);
  put_text (directory, name);
}

/* As torch.save() lays it out. */
static GByteArray *
zip_file (const Network *network, Lie lie)
{
  GByteArray *bytes = g_byte_array_new (), *directory = g_byte_array_new (), *content = g_byte_array_new ();
  guint       offset;

  put_state_dict (content, network, lie);
  put_entry (bytes, directory, "net/data.pkl", content);
  for (int i = 0; i < network->n; i++)
    {
      char *name = g_strdup_printf ("net/data/%d", i);

      g_byte_array_set_size (content, 0);
      put_floats (content, network->parts[i].values, network->parts[i].count);
      put_entry (bytes, directory, name, content);
      g_free (name);
    }

  offset = bytes->len;
  put (bytes, directory->data, directory->len);
  put (bytes, "PK\5\6\0\0\0\0", 8);
  put_number (bytes, network->n + 1, 2);
  put_number (bytes, network->n + 1, 2);
  put_number (bytes, directory->len, 4);
  put_number (bytes, offset, 4);
  put_number (bytes, 0, 2);
  g_byte_array_unref (content);
  g_byte_array_unref (directory);
  return bytes;
}

/* ---------- safetensors ---------- */

static void
put_as (GByteArray *bytes, const Part *part, DfiDtype dtype)
{
  for (size_t i = 0; i < part->count; i++)
    {
      guint32 word;

      memcpy (&word, &part->values[i], sizeof word);
      if (dtype == DFI_DTYPE_F32)
        put_number (bytes, word, 4);
      else
        put_number (bytes, dtype == DFI_DTYPE_BF16 ? word >> 16 : dfi_half_from_float (part->values[i]), 2);
    }
}

/* With a classifier's tensor, and one of a type that is not read. */
static GByteArray *
safetensors_file (const Network *network, DfiDtype dtype)
{
  GByteArray *bytes = g_byte_array_new (), *content = g_byte_array_new ();
  GString    *header = g_string_new ("{\"classifier.0.weight\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}");

  put_number (content, 0, 8);
  for (int i = 0; i < network->n; i++)
    {
      const Part *part  = &network->parts[i];
      char       *name  = part_name (part);
      guint       begin = content->len;

      put_as (content, part, dtype);
      g_string_append_printf (header, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[", name, dfi_dtype_name (dtype));
      for (int d = 0; d < part->rank; d++)
        g_string_append_printf (header, "%s%zu", d ? "," : "", part->shape[d]);
      g_string_append_printf (header, "],\"data_offsets\":[%u,%u]}", begin, content->len);
      g_free (name);
    }
  g_string_append_c (header, '}');

  put_number (bytes, header->len, 8);
  put_text (bytes, header->str);
  put (bytes, content->data, content->len);
  g_string_free (header, TRUE);
  g_byte_array_unref (content);
  return bytes;
}

/* ---------- Caffe ---------- */

typedef enum
{
  CAFFE_V1,     /* layers 2, blobs with num, channels, height, width */
  CAFFE_SINGLY, /* the same, its floats one by one, its name after the blobs */
  CAFFE_NEW,    /* layer 100, blobs with a shape */
  CAFFE_BLOB_SHORT,
  CAFFE_DIMS_HUGE,
  CAFFE_GROUP, /* a field of a wire type that is not read */
  CAFFE_TWICE,
} CaffeForm;

static void
put_varint (GByteArray *bytes, guint64 value)
{
  for (; value >= 0x80; value >>= 7)
    put_number (bytes, (value & 0x7f) | 0x80, 1);
  put_number (bytes, value, 1);
}

/* Takes @content. */
static void
put_message (GByteArray *bytes, int field, GByteArray *content)
{
  put_varint (bytes, field << 3 | 2);
  put_varint (bytes, content->len);
  put (bytes, content->data, content->len);
  g_byte_array_unref (content);
}

static void
put_label (GByteArray *bytes, int field, const char *text)
{
  GByteArray *content = g_byte_array_new ();

  put_text (content, text);
  put_message (bytes, field, content);
}

static GByteArray *
caffe_blob (const Part *part, CaffeForm form)
{
  GByteArray *bytes = g_byte_array_new (), *content = g_byte_array_new ();

  for (int d = 0; form == CAFFE_NEW && d < part->rank; d++)
    put_varint (content, part->shape[d]);
  if (form == CAFFE_NEW)
    {
      GByteArray *shape = g_byte_array_new ();

      put_message (shape, 1, content);
      put_message (bytes, 7, shape);
      content = g_byte_array_new ();
    }
  for (int d = 0; form != CAFFE_NEW && d < 4; d++)
    {
      put_varint (bytes, (d + 1) << 3);
      put_varint (bytes, form == CAFFE_DIMS_HUGE && d == 0 ? G_MAXINT32
                         : part->rank == 4                 ? part->shape[d]
                         : d < 3                           ? 1
                                                           : part->shape[0]);
    }

  put_floats (content, part->values, part->count - (form == CAFFE_BLOB_SHORT));
  if (form != CAFFE_SINGLY)
    {
      put_message (bytes, 5, content);
      return bytes;
    }
  for (guint i = 0; i < content->len; i += 4)
    {
      put_varint (bytes, 5 << 3 | 5);
      put (bytes, content->data + i, 4);
    }
  g_byte_array_unref (content);
  return bytes;
}

static GByteArray *
caffe_file (const Network *network, CaffeForm form)
{
  GByteArray *bytes = g_byte_array_new (), *layer = g_byte_array_new ();
  gboolean    is_new = form == CAFFE_NEW;

  put_label (bytes, 1, "VGG");
  put_label (layer, is_new ? 1 : 4, "data");
  put_message (bytes, is_new ? 100 : 2, layer);
  if (form == CAFFE_GROUP)
    put_varint (bytes, 3 << 3 | 3);

  for (int i = 0; i < network->n; i += 2)
    {
      const DfiVggConv *conv = &network->parts[form == CAFFE_TWICE ? 0 : i].conv;
      char             *name = g_strdup_printf ("conv%d_%d", conv->block, conv->index);

      layer = g_byte_array_new ();
      if (form != CAFFE_SINGLY)
        put_label (layer, is_new ? 1 : 4, name);
      for (int k = 0; k < 2; k++)
        put_message (layer, is_new ? 7 : 6, caffe_blob (&network->parts[i + k], form));
      if (form == CAFFE_SINGLY)
        put_label (layer, 4, name);
      put_message (bytes, is_new ? 100 : 2, layer);
      g_free (name);
    }
  return bytes;
}

/* ---------- Keras ---------- */

typedef enum
{
  KERAS_OLD, /* block1_conv1/block1_conv1_W_1:0 */
  KERAS_NEW, /* block1_conv1/block1_conv1/kernel:0 */
  KERAS_DOUBLE,
  KERAS_CHUNKED,
  KERAS_SHAPE,
  KERAS_LOOP, /* a tree that leads to itself, a header that goes on in itself */
} KerasForm;

static void
put_header (GByteArray *bytes, guint n_messages, guint size)
{
  put_number (bytes, 1, 2);
  put_number (bytes, n_messages, 2);
  put_number (bytes, 1, 4);
  put_number (bytes, size, 8);
}

/* A group of @n members, all in one leaf; returns the address of its header. */
static guint
put_group (GByteArray *bytes, char **names, const guint *addresses, int n, gboolean loop)
{
  GByteArray *heap = g_byte_array_new ();
  guint       data, heap_at, leaf_at, tree_at, header_at, *offsets = g_new (guint, n);

  put_number (heap, 0, 8);
  for (int i = 0; i < n; i++)
    {
      offsets[i] = heap->len;
      put (heap, names[i], strlen (names[i]) + 1);
    }
  data = bytes->len;
  put (bytes, heap->data, heap->len);
  heap_at = bytes->len;
  put (bytes, "HEAP\0\0\0\0", 8);
  put_number (bytes, heap->len, 8);
  put_number (bytes, 1, 8);
  put_number (bytes, data, 8);

  leaf_at = bytes->len;
  put (bytes, "SNOD\1\0", 6);
  put_number (bytes, n, 2);
  for (int i = 0; i < n; i++)
    {
      put_number (bytes, offsets[i], 8);
      put_number (bytes, addresses[i], 8);
      for (int k = 0; k < 3; k++)
        put_number (bytes, 0, 8);
    }

  tree_at = bytes->len;
  put (bytes, "TREE\0", 5);
  put_number (bytes, loop, 1);
  put_number (bytes, 1, 2);
  put_number (bytes, G_MAXUINT64, 8);
  put_number (bytes, G_MAXUINT64, 8);
  put_number (bytes, 0, 8);
  put_number (bytes, loop ? tree_at : leaf_at, 8);
  put_number (bytes, offsets[n - 1], 8);

  header_at = bytes->len;
  put_header (bytes, 1, 24);
  put_number (bytes, 17 | 16 << 16, 8);
  put_number (bytes, tree_at, 8);
  put_number (bytes, heap_at, 8);
  g_byte_array_unref (heap);
  g_free (offsets);
  return header_at;
}

static guint
put_dataset (GByteArray *bytes, const Part *part, KerasForm form)
{
  guint         size = 0, data = bytes->len, header_at;
  const size_t *s       = part->shape;
  GByteArray   *message = g_byte_array_new ();

  for (size_t i = 0; part->rank == 4 && i < 9; i++)
    for (size_t c = 0; c < s[1]; c++)
      for (size_t k = 0; k < s[0]; k++)
        put_floats (bytes, &part->values[(k * s[1] + c) * 9 + i], 1);
  if (part->rank == 1)
    put_floats (bytes, part->values, part->count);
  size = bytes->len - data;

  put_number (message, 1 | (8 + 8 * part->rank) << 16, 8); /* dataspace */
  put_number (message, 1 | part->rank << 8, 8);
  if (part->rank == 4)
    {
      put_number (message, 3, 8);
      put_number (message, form == KERAS_SHAPE ? G_MAXUINT64 / 9 : 3, 8);
      put_number (message, s[1], 8);
    }
  put_number (message, s[0], 8);
  put (message, "\3\0\x18\0\0\0\0\0\x11\x20\x1f\0\4\0\0\0\0\0\x20\0\x17\x08\0\x17\x7f\0\0\0\0\0\0\0", 32); /* datatype */
  if (form == KERAS_DOUBLE)
    message->data[message->len - 20] = 8;
  put (message, "\x08\0\x18\0\0\0\0\0\3", 9); /* layout */
  put_number (message, form == KERAS_CHUNKED ? 2 : 1, 1);
  put_number (message, data, 8);
  put_number (message, size, 8);
  put_number (message, 0, 6);

  header_at = bytes->len;
  if (form == KERAS_LOOP)
    {
      put_header (bytes, 1, 24);
      put_number (bytes, 16 | 16 << 16, 8);
      put_number (bytes, header_at + 16, 8);
      put_number (bytes, 24, 8);
    }
  else
    {
      put_header (bytes, 3, message->len);
      put (bytes, message->data, message->len);
    }
  g_byte_array_unref (message);
  return header_at;
}

static GByteArray *
keras_file (const Network *network, KerasForm form)
{
  GByteArray *bytes                     = g_byte_array_new ();
  char       *layers[DFI_VGG_CONVS_MAX] = {
          NULL,
  };
  guint addresses[DFI_VGG_CONVS_MAX] = {
    0,
  };
  int     n = network->n / 2;
  guint64 root;

  put (bytes, "\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0\4\0\x10\0\0\0\0\0", 24);
  for (int i = 0; i < 9; i++)
    put_number (bytes, 0, 8);

  for (int l = 0; l < n; l++)
    {
      const DfiVggConv *conv   = &network->parts[2 * l].conv;
      gboolean          nested = form == KERAS_NEW;
      char             *names[2];
      guint             inner[2], group;

      layers[l] = g_strdup_printf ("block%d_conv%d", conv->block, conv->index);
      names[0]  = nested ? g_strdup ("bias:0") : g_strconcat (layers[l], "_W_1:0", NULL);
      names[1]  = nested ? g_strdup ("kernel:0") : g_strconcat (layers[l], "_b_1:0", NULL);
      for (int k = 0; k < 2; k++)
        inner[k] = put_dataset (bytes, &network->parts[2 * l + (nested ? 1 - k : k)],
                                l == n - 1 || form == KERAS_NEW ? form : KERAS_OLD);
      group        = put_group (bytes, names, inner, 2, FALSE);
      addresses[l] = nested ? put_group (bytes, &layers[l], &group, 1, FALSE) : group;
      g_free (names[1]);
      g_free (names[0]);
    }
  root = GUINT64_TO_LE (put_group (bytes, layers, addresses, n, form == KERAS_LOOP && network->n == 22));
  memcpy (bytes->data + 64, &root, 8);
  for (int l = 0; l < n; l++)
    g_free (layers[l]);
  return bytes;
}

/* ---------- importing ---------- */

static void
write_bytes (const guint8 *bytes, size_t size)
{
  FILE *file = g_fopen (in, "wb"); /* not g_file_set_contents(), which waits for the disk */

  g_assert_nonnull (file);
  g_assert_true (size == 0 || fwrite (bytes, 1, size, file) == size);
  g_assert_cmpint (fclose (file), ==, 0);
}

static gboolean
import_bytes (const GByteArray *bytes, gboolean half, GError **error)
{
  write_bytes (bytes->data, bytes->len);
  g_remove (out);
  return dfi_import_weights (in, out, DFI_IMPORT_INPUT_TORCHVISION, half, error);
}

/* The file @out has exactly the numbers of @network. */
static void
check_same (const Network *network, gboolean half)
{
  GError         *error = NULL;
  DfiSafetensors *file  = dfi_safetensors_open (out, "encoder", 1, &error);

  g_assert_no_error (error);
  for (int i = 0; i < network->n; i++)
    {
      const Part      *part   = &network->parts[i];
      char            *name   = part_name (part);
      float           *values = g_new (float, part->count);
      const DfiTensor *tensor = dfi_safetensors_typed (file, name, half && part->rank == 4 ? DFI_DTYPE_F16 : DFI_DTYPE_F32,
                                                       part->rank, part->shape, &error);

      g_assert_no_error (error);
      g_assert_true (dfi_tensor_floats (tensor, out, values, &error));
      g_assert_cmpmem (values, part->count * sizeof (float), part->values, part->count * sizeof (float));
      g_free (values);
      g_free (name);
    }
  dfi_safetensors_free (file);
}

/* Takes @bytes. */
static void
accept (GByteArray *bytes, const Network *network, gboolean half)
{
  GError *error = NULL;

  import_bytes (bytes, half, &error);
  g_assert_no_error (error);
  check_same (network, half);
  g_byte_array_unref (bytes);
}

/* Takes @bytes. A sentence that names the file and says @text, and no file. */
static void
refuse (GByteArray *bytes, const char *text)
{
  GError *error = NULL;

  g_assert_false (import_bytes (bytes, FALSE, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, in));
  g_assert_nonnull (strstr (error->message, text));
  g_assert_false (g_file_test (out, G_FILE_TEST_EXISTS));
  g_error_free (error);
  g_byte_array_unref (bytes);
}

static void
test_safetensors (void)
{
  for (size_t v = 0; v < G_N_ELEMENTS (dfi_vggs); v++)
    {
      Network *network = network_new (&dfi_vggs[v], 2);

      accept (safetensors_file (network, DFI_DTYPE_F32), network, FALSE);
      accept (safetensors_file (network, DFI_DTYPE_F32), network, TRUE);
      accept (safetensors_file (network, DFI_DTYPE_F16), network, FALSE);
      accept (safetensors_file (network, DFI_DTYPE_BF16), network, FALSE);
      network_free (network);
    }
}

/* An encoder takes the published file without an import, too: other tensors and bfloat16 do not disturb it. */
static void
test_straight (void)
{
  Network    *network = network_new (&dfi_vggs[1], 2);
  GByteArray *bytes   = safetensors_file (network, DFI_DTYPE_BF16);
  GError     *error   = NULL;
  DfiEncoder *encoder;

  write_bytes (bytes->data, bytes->len);
  encoder = dfi_encoder_new_from_file (in, &error);
  g_assert_no_error (error);
  dfi_encoder_free (encoder);
  g_byte_array_unref (bytes);
  network_free (network);
}

static void
test_state_dicts (void)
{
  for (size_t v = 0; v < G_N_ELEMENTS (dfi_vggs); v++)
    {
      Network *network = network_new (&dfi_vggs[v], 2);

      for (Lie form = HONEST; form <= NESTED; form++)
        {
          accept (zip_file (network, form), network, FALSE);
          accept (legacy_file (network, form), network, FALSE);
        }
      network_free (network);
    }
}

static void
test_lies (void)
{
  static const char *texts[] = {
    [LIE_GLOBAL] = "os.system", [LIE_INSTRUCTION] = "0x93", [LIE_COUNT] = "fit",
    [LIE_COUNT_HUGE] = "fit",   [LIE_OFFSET] = "fit",       [LIE_OFFSET_NEGATIVE] = "fit",
    [LIE_STRIDE] = "fit",       [LIE_SHAPE] = "fit",        [LIE_SHAPE_HUGE] = "fit",
    [LIE_KEY] = "fit",          [LIE_VIEW] = "fit",         [LIE_PROTOCOL] = "no sense",
    [LIE_TWICE] = "twice",
  };
  Network *network = network_new (&dfi_vggs[1], 1);

  for (Lie lie = LIE_GLOBAL; lie <= LIE_TWICE; lie++)
    {
      refuse (zip_file (network, lie), texts[lie]);
      refuse (legacy_file (network, lie), texts[lie]);
    }
  network_free (network);
}

static void
test_caffe (void)
{
  for (size_t v = 0; v < G_N_ELEMENTS (dfi_vggs); v++)
    {
      Network *network = network_new (&dfi_vggs[v], 2);

      for (CaffeForm form = CAFFE_V1; form <= CAFFE_NEW; form++)
        accept (caffe_file (network, form), network, FALSE);
      refuse (caffe_file (network, CAFFE_BLOB_SHORT), "does not fit");
      refuse (caffe_file (network, CAFFE_DIMS_HUGE), "does not fit");
      refuse (caffe_file (network, CAFFE_GROUP), "middle of a layer");
      refuse (caffe_file (network, CAFFE_TWICE), "twice");
      network_free (network);
    }
}

static void
test_keras (void)
{
  for (size_t v = 0; v < G_N_ELEMENTS (dfi_vggs); v++)
    {
      Network *network = network_new (&dfi_vggs[v], 2);

      accept (keras_file (network, KERAS_OLD), network, FALSE);
      accept (keras_file (network, KERAS_NEW), network, FALSE);
      refuse (keras_file (network, KERAS_DOUBLE), "single precision");
      refuse (keras_file (network, KERAS_CHUNKED), "compressed");
      refuse (keras_file (network, KERAS_SHAPE), "does not fit");
      refuse (keras_file (network, KERAS_LOOP), v == 0 ? "conv1_1" : "conv5_1");
      network_free (network);
    }
}

/* Filters and biases of the file @out's first layer. */
static void
read_first_layer (float *filters, float *biases, size_t n)
{
  GError         *error = NULL;
  DfiSafetensors *file  = dfi_safetensors_open (out, "encoder", 1, &error);

  g_assert_no_error (error);
  dfi_tensor_floats (dfi_safetensors_tensor (file, "features.0.weight", 4, (size_t[]){ n, 3, 3, 3 }, &error), out, filters,
                     &error);
  dfi_tensor_floats (dfi_safetensors_tensor (file, "features.0.bias", 1, &n, &error), out, biases, &error);
  g_assert_no_error (error);
  dfi_safetensors_free (file);
}

/* Caffe's first layer, on a patch of a picture turned to BGR, 0..255, less Caffe's mean, gives what the imported one gives on the
 * patch as the encoder takes it. */
static void
test_caffe_input (void)
{
  static const double mean[3] = { 0.485, 0.456, 0.406 }, std[3] = { 0.229, 0.224, 0.225 };
  static const double caffe_mean[3] = { 103.939, 116.779, 123.68 }; /* B, G, R */
  const size_t        n             = 2;
  Network            *network       = network_new (&dfi_vggs[1], n);
  float               patch[27], filters[54], biases[2];

  for (int keras = 0; keras < 2; keras++)
    {
      GByteArray *bytes = keras ? keras_file (network, KERAS_OLD) : caffe_file (network, CAFFE_V1);
      GError     *error = NULL;

      write_bytes (bytes->data, bytes->len);
      g_assert_true (dfi_import_weights (in, out, DFI_IMPORT_INPUT_AUTO, FALSE, &error));
      read_first_layer (filters, biases, n);
      test_uniform (5, patch, 27);
      for (size_t k = 0; k < n; k++)
        {
          double theirs = network->parts[1].values[k], ours = biases[k], size = 0.0;

          for (int c = 0; c < 3; c++)
            for (int i = 0; i < 9; i++)
              {
                double term = network->parts[0].values[k * 27 + c * 9 + i] * (255.0 * patch[(2 - c) * 9 + i] - caffe_mean[c]);

                theirs += term;
                size += fabs (term);
                ours += filters[k * 27 + c * 9 + i] * (patch[c * 9 + i] - mean[c]) / std[c];
              }
          g_assert_cmpfloat (fabs (theirs - ours), <, 1e-6 * size);
        }
      g_byte_array_unref (bytes);
    }
  network_free (network);
}

/* What is wrong with a network, whatever the form. */
static void
test_networks (void)
{
  Network *network = network_new (&dfi_vggs[1], 1);
  Part    *last    = &network->parts[network->n - 2];

  last->values[5] = NAN;
  refuse (legacy_file (network, HONEST), "features.28.weight");
  refuse (safetensors_file (network, DFI_DTYPE_F32), "not a finite number");
  last->values[5] = 0.0f;

  last->shape[0]--;
  last->count -= 72;
  refuse (legacy_file (network, HONEST), "7 x 8 x 3 x 3 where 8 x 8 x 3 x 3");
  last->shape[0]++;
  last->count += 72;

  last->conv.number = 29;
  refuse (legacy_file (network, HONEST), "conv5_1");
  refuse (safetensors_file (network, DFI_DTYPE_F32), "conv5_1 (“features.28.weight”)");
  last->conv.number = 28;

  network->parts[15].conv.number = 1;
  refuse (zip_file (network, HONEST), "conv3_4 (“features.16.bias”)");
  network->parts[14].conv.number = 1;
  refuse (zip_file (network, HONEST), "conv3_4 (“features.16.weight”)");
  for (int i = 0; i < network->n; i++)
    network->parts[i].conv.number = 100 + network->parts[i].conv.number;
  refuse (zip_file (network, HONEST), "conv1_1");
  network_free (network);

  network                    = network_new (&dfi_vggs[0], 1);
  network->parts[0].shape[0] = 257;
  network->parts[0].count    = 257 * 27;
  g_free (network->parts[0].values);
  network->parts[0].values = g_new0 (float, 257 * 27);
  refuse (legacy_file (network, HONEST), "257 filters");
  network_free (network);
}

/* ---------- damage ---------- */

/* No crash, and either a good file or a sentence. */
static void
survive (const guint8 *bytes, size_t size)
{
  GError  *error = NULL;
  gboolean done;

  write_bytes (bytes, size);
  g_remove (out);
  done = dfi_import_weights (in, out, DFI_IMPORT_INPUT_AUTO, FALSE, &error);
  g_assert_true (done == (error == NULL));
  g_assert_true (done == g_file_test (out, G_FILE_TEST_EXISTS));
  g_clear_error (&error);
}

/* Takes @bytes. Cut short everywhere, a bit turned everywhere; where there are only weights, here and there. */
static void
damage (GByteArray *bytes)
{
  GError *error = NULL;

  for (guint size = 0; size < bytes->len; size += size % 5000 < 1000 ? 7 : 97)
    {
      write_bytes (bytes->data, size);
      g_assert_false (dfi_import_weights (in, out, DFI_IMPORT_INPUT_AUTO, FALSE, &error));
      g_clear_error (&error);
    }
  for (guint i = 0; i < bytes->len; i += i % 8000 < 3500 ? 2 : 53)
    {
      bytes->data[i] ^= 1 << test_random (7, i) % 8;
      survive (bytes->data, bytes->len);
      bytes->data[i] ^= 1 << test_random (7, i) % 8;
    }
  g_byte_array_unref (bytes);
}

static void
test_damage (void)
{
  Network *network = network_new (&dfi_vggs[1], 1);

  damage (zip_file (network, HONEST));
  damage (legacy_file (network, HONEST));
  damage (legacy_file (network, PYTHON_2));
  damage (safetensors_file (network, DFI_DTYPE_F16));
  damage (caffe_file (network, CAFFE_V1));
  damage (caffe_file (network, CAFFE_SINGLY));
  damage (keras_file (network, KERAS_OLD));
  network_free (network);
}

static void
test_strangers (void)
{
  static const char *texts[] = { "", "P", "PK\3\4", "<!DOCTYPE html>\n<html>", "\x89HDF\r\n\x1a\n" };
  GError            *error   = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    refuse (g_byte_array_append (g_byte_array_new (), (const guint8 *) texts[i], strlen (texts[i])), "");

  g_remove (in);
  g_assert_false (dfi_import_weights (in, out, DFI_IMPORT_INPUT_AUTO, FALSE, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
  g_clear_error (&error);
}

/* ---------- what the real libraries write ---------- */

typedef struct
{
  const char *name;
  gboolean    caffe; /* input as Caffe has it */
  double      edge;  /* relative difference that the edge may make */
} Real;

/* Of a random network's features the edge makes 0.0005. */
static const Real reals[] = {
  { "zip", FALSE, 1e-4 },      { "zip-16", FALSE, 1e-4 },  { "parameters", FALSE, 1e-4 }, { "half", FALSE, 1e-4 },
  { "bfloat16", FALSE, 1e-4 }, { "legacy", FALSE, 1e-4 },  { "caffe", TRUE, 2e-3 },       { "caffe-16", TRUE, 2e-3 },
  { "keras", TRUE, 2e-3 },     { "keras-16", TRUE, 2e-3 }, { "published", FALSE, 1e-4 },
};

static gboolean have_reals;

/* Runs make_import.py with the first Python that has what it needs. */
static gboolean
make_reals (void)
{
  static const char *pythons[] = { "python3", "/usr/bin/python3" };
  char              *script    = test_source_file ("tests/make_import.py");
  gboolean           made      = FALSE;

  for (size_t i = 0; ! made && i < G_N_ELEMENTS (pythons); i++)
    {
      const char *arguments[] = { pythons[i], script, folder, NULL };
      int         status      = 0;

      if (! g_spawn_sync (NULL, (char **) arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL))
        continue;
      made = status == 0;
      g_assert_true (made || (WIFEXITED (status) && WEXITSTATUS (status) == 77));
    }
  g_free (script);
  return made;
}

static float *
read_tensor (const char *path, const char *name, const size_t *shape)
{
  GError          *error  = NULL;
  DfiSafetensors  *file   = dfi_safetensors_open (path, NULL, 0, &error);
  const DfiTensor *tensor = dfi_safetensors_tensor (file, name, 3, shape, &error);
  float           *values;

  g_assert_no_error (error);
  values = g_new (float, tensor->count);
  g_assert_true (dfi_tensor_floats (tensor, path, values, &error));
  dfi_safetensors_free (file);
  return values;
}

/* Length of the difference over the length of @b, of maps (C, H, W) without @margin units at each edge. */
static double
difference (const float *a, const float *b, const size_t *shape, size_t margin)
{
  double sum = 0.0, size = 0.0;

  for (size_t c = 0; c < shape[0]; c++)
    for (size_t y = margin; y < shape[1] - margin; y++)
      for (size_t x = margin; x < shape[2] - margin; x++)
        {
          size_t i = (c * shape[1] + y) * shape[2] + x;

          sum += (a[i] - b[i]) * (a[i] - b[i]);
          size += b[i] * b[i];
        }
  return sqrt (sum / size);
}

/* Features with the imported weights against PyTorch's. Units that see the edge of the picture may differ by more when the
 * network has Caffe's input, see import.h. */
static void
check_features (const Real *real, const DfiEncoder *encoder, const char *expected)
{
  static const size_t margins[] = { 4, 5, 6 }; /* units see 13, 37 and 85 pixels to each side */
  GError             *error     = NULL;
  const size_t        any[3]    = { 3, 0, 0 };
  char               *picture   = g_build_filename (folder, "picture.safetensors", NULL);
  float              *image     = read_tensor (picture, "image", any);
  DfiPass            *pass      = dfi_pass_new (encoder, DFI_TAPS_PAPER, 224, 224, &error);
  const float        *features;

  g_assert_no_error (error);
  features = dfi_pass_forward (pass, image);
  for (int tap = 0; tap < 3; tap++)
    {
      size_t shape[3];
      float *wanted;
      double all, inner;

      dfi_pass_tap_shape (pass, tap, shape);
      wanted = read_tensor (expected, dfi_taps_name (DFI_TAPS_PAPER, tap), shape);
      all    = difference (features, wanted, shape, 0);
      inner  = difference (features, wanted, shape, margins[tap]);
      g_test_message ("%s: %s differs by %.1e, away from the edge by %.1e", real->name, dfi_taps_name (DFI_TAPS_PAPER, tap), all,
                      inner);
      g_assert_cmpfloat (all, <, real->edge);
      g_assert_cmpfloat (inner, <, 1e-4);
      features += shape[0] * shape[1] * shape[2];
      g_free (wanted);
    }
  dfi_pass_free (pass);
  g_free (image);
  g_free (picture);
}

static void
test_real (gconstpointer data)
{
  const Real *real     = data;
  char       *path     = g_strdup_printf ("%s/%s.in", folder, real->name);
  char       *expected = g_strdup_printf ("%s/%s.safetensors", folder, real->name);
  GError     *error    = NULL;
  DfiEncoder *encoder;

  if (have_reals)
    {
      g_assert_true (dfi_import_weights (path, out, DFI_IMPORT_INPUT_AUTO, FALSE, &error));
      g_assert_no_error (error);
      g_remove (path);
      encoder = dfi_encoder_new_from_file (out, &error);
      if (! encoder && g_str_has_suffix (real->name, "-16"))
        {
          g_test_skip ("the encoder takes no VGG-16");
          g_clear_error (&error);
        }
      else
        {
          g_assert_no_error (error);
          check_features (real, encoder, expected);
          dfi_encoder_free (encoder);
        }
    }
  else
    {
      g_test_skip ("needs python3-torch and python3-h5py");
    }
  g_free (expected);
  g_free (path);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  in     = g_build_filename (folder, "in", NULL);
  out    = g_build_filename (folder, "out.safetensors", NULL);

  g_test_add_func ("/import/safetensors", test_safetensors);
  g_test_add_func ("/import/straight", test_straight);
  g_test_add_func ("/import/state-dicts", test_state_dicts);
  g_test_add_func ("/import/caffe", test_caffe);
  g_test_add_func ("/import/keras", test_keras);
  g_test_add_func ("/import/caffe-input", test_caffe_input);
  g_test_add_func ("/import/lies", test_lies);
  g_test_add_func ("/import/networks", test_networks);
  g_test_add_func ("/import/damage", test_damage);
  g_test_add_func ("/import/strangers", test_strangers);
  have_reals = make_reals ();
  for (size_t i = 0; i < G_N_ELEMENTS (reals); i++)
    {
      char *path = g_strdup_printf ("/import/real/%s", reals[i].name);

      g_test_add_data_func (path, &reals[i], test_real);
      g_free (path);
    }
  status = g_test_run ();

  g_free (out);
  g_free (in);
  test_folder_remove (folder);
  return status;
}
