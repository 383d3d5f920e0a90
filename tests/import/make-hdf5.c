#include "config.h"

#include <string.h>

#include "bytes.h"
#include "make-hdf5.h"

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

GByteArray *
make_keras (const Network *network, KerasForm form)
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
