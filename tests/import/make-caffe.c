#include "config.h"

#include "bytes.h"
#include "make-caffe.h"

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

GByteArray *
make_caffe (const Network *network, CaffeForm form)
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
