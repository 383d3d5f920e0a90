#include "config.h"

#include <string.h>

#include "bytes.h"
#include "make-torch.h"
#include "make-zip.h"

static gboolean
is_protocol_4 (Lie lie)
{
  return lie == PROTOCOL_4 || lie == PROTOCOL_5;
}

static void
put_string (GByteArray *bytes, const char *text, Lie lie)
{
  put_text (bytes, lie == PYTHON_2 ? "U" : is_protocol_4 (lie) ? "\x8c" : "X");
  put_number (bytes, strlen (text), lie == PYTHON_2 || is_protocol_4 (lie) ? 1 : 4);
  put_text (bytes, text);
  put_text (bytes, is_protocol_4 (lie) ? "\x94" : "");
}

static void
put_global (GByteArray *bytes, const char *module, const char *name, Lie lie)
{
  if (is_protocol_4 (lie))
    {
      put_string (bytes, module, lie);
      put_string (bytes, name, lie);
      put_text (bytes, "\x93\x94");
      return;
    }
  put_text (bytes, "c");
  put_text (bytes, module);
  put_text (bytes, "\n");
  put_text (bytes, name);
  put_text (bytes, "\n");
}

static void
put_empty_dict (GByteArray *bytes, Lie lie)
{
  put_global (bytes, "collections", "OrderedDict", lie);
  put_text (bytes, ")R");
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
put_storage (GByteArray *bytes, const Part *part, int key, Lie lie)
{
  char *key_text = g_strdup_printf ("%d", lie == LIE_KEY ? 999 : key);

  put_text (bytes, "(");
  put_string (bytes, "storage", lie);
  put_global (bytes, "torch", lie == DOUBLE ? "DoubleStorage" : "FloatStorage", lie);
  put_string (bytes, key_text, lie);
  put_string (bytes, "cpu", lie);
  put_integer (bytes, lie == LIE_COUNT ? (gint64) part->count + 1 : lie == LIE_COUNT_HUGE ? G_MAXINT64 : (gint64) part->count);
  put_text (bytes, lie == LIE_VIEW ? ")tQ" : "NtQ");
  g_free (key_text);
}

static void
put_strides (GByteArray *bytes, const Part *part, Lie lie)
{
  gint64 stride = 1, strides[4];

  for (int i = part->rank - 1; i >= 0; i--)
    {
      strides[i] = stride;
      stride *= part->shape[i];
    }
  if (lie == CHANNELS_LAST && part->rank == 4)
    memcpy (strides, (gint64[]){ part->shape[1] * 9, 1, part->shape[1] * 3, part->shape[1] }, sizeof strides);
  for (int i = 0; i < part->rank; i++)
    put_integer (bytes, strides[i] + (lie == LIE_STRIDE && i == part->rank - 1));
}

static void
put_tensor (GByteArray *bytes, const Part *part, int key, Lie lie)
{
  if (lie == NESTED)
    put_text (bytes, "ctorch._utils\n_rebuild_parameter\n(");
  put_global (bytes, "torch._utils", lie == PYTHON_2 ? "_rebuild_tensor" : "_rebuild_tensor_v2", lie);
  put_text (bytes, "(");
  put_storage (bytes, part, key, lie);

  put_integer (bytes, lie == LIE_OFFSET ? 1 : lie == LIE_OFFSET_NEGATIVE ? -1 : 0);
  put_text (bytes, "(");
  for (int i = 0; i < part->rank; i++)
    put_integer (bytes, i > 0                   ? (gint64) part->shape[i]
                        : lie == LIE_SHAPE      ? (gint64) part->shape[i] + 1
                        : lie == LIE_SHAPE_HUGE ? G_MAXINT64
                                                : (gint64) part->shape[i]);
  put_text (bytes, "t(");
  put_strides (bytes, part, lie);
  if (lie == PYTHON_2)
    {
      put_text (bytes, "ttR");
    }
  else
    {
      put_text (bytes, "t\x89");
      put_empty_dict (bytes, lie);
      put_text (bytes, "tR");
    }
  if (lie == NESTED)
    put_text (bytes, "\x88"
                     "ccollections\nOrderedDict\n)RtR");
}

/* Free with g_free(). */
static char *
tensor_name (const Part *part, int i, Lie lie)
{
  switch (lie)
    {
    case PREFIXED: return g_strdup_printf ("module.features.module.%d.%s", part->conv.number, part->what);
    case NAMELESS: return g_strdup_printf ("%c.%s", 'z' - i / 2, part->what);
    case CAFFE_NAMES: return g_strdup_printf ("conv%d_%d.%s", part->conv.block, part->conv.index, part->what);
    case LIE_TWICE: return i == 1 ? g_strdup ("features.0.weight") : part_name (part);
    default: return part_name (part);
    }
}

/* An object of a class that is not known, with a state; then something that a function made. */
static void
put_objects (GByteArray *bytes, Lie lie)
{
  put_string (bytes, "args", lie);
  put_text (bytes, "cargparse\nNamespace\n)\x81}(");
  put_string (bytes, "lr", lie);
  put (bytes, "G\x3f\xf0\0\0\0\0\0\0", 9);
  put_text (bytes, "ub");
  put_string (bytes, "best", lie);
  put_text (bytes, "cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(");
  put_string (bytes, "f8", lie);
  put (bytes, "\x89\x88tR(K\3NtbC\4\xff\xfe\0\0tR", 18);
  put_string (bytes, "queue", lie);
  put_text (bytes, "ccollections\ndeque\n)R(K\1K\2e");
}

/* Modules in modules, whose parameters are in dicts. */
static void
put_module (GByteArray *bytes, const Network *network, Lie lie)
{
  put_text (bytes, "ctorchvision.models.vgg\nVGG\n)\x81}(");
  put_string (bytes, "_modules", lie);
  put_text (bytes, "}");
  put_string (bytes, "features", lie);
  put_text (bytes, "ctorch.nn.modules.container\nSequential\n)\x81}");
  put_string (bytes, "_modules", lie);
  put_text (bytes, "}(");
  for (int i = 0; i < network->n; i += 2)
    {
      char *number = g_strdup_printf ("%d", network->parts[i].conv.number);

      put_string (bytes, number, lie);
      put_text (bytes, "ctorch.nn.modules.conv\nConv2d\n)\x81}");
      put_string (bytes, "_parameters", lie);
      put_text (bytes, "}(");
      for (int k = 0; k < 2; k++)
        {
          put_string (bytes, network->parts[i + k].what, lie);
          put_tensor (bytes, &network->parts[i + k], i + k, lie);
        }
      put_text (bytes, "usb");
      g_free (number);
    }
  put_text (bytes, "usbsub.");
}

static void
put_start (GByteArray *bytes, Lie lie)
{
  if (lie == NESTED || lie == OBJECTS)
    {
      put_text (bytes, "}q\x05(");
      put_string (bytes, "epoch", lie);
      put (bytes, "G\x3f\xf0\0\0\0\0\0\0", 9);
      if (lie == OBJECTS)
        put_objects (bytes, lie);
      put_string (bytes, "state_dict", lie);
    }
  if (lie == PREFIXED)
    {
      put_text (bytes, "]}");
      put_string (bytes, "net", lie);
    }
  put_text (bytes, lie == LIE_INSTRUCTION ? "i" : "");
  put_text (bytes, is_protocol_4 (lie) ? "\x95" : "");
  put_number (bytes, 1000, is_protocol_4 (lie) ? 8 : 0);
}

static void
put_state_dict (GByteArray *bytes, const Network *network, Lie lie)
{
  put_text (bytes, "\x80");
  put_number (bytes, lie == LIE_PROTOCOL ? 6 : lie == PROTOCOL_4 ? 4 : lie == PROTOCOL_5 ? 5 : 2, 1);
  if (lie == MODULE)
    {
      put_module (bytes, network, lie);
      return;
    }

  put_start (bytes, lie);
  put_global (bytes, lie == LIE_GLOBAL ? "os" : "collections", lie == LIE_GLOBAL ? "system" : "OrderedDict", lie);
  put_text (bytes, lie == PYTHON_2 ? "](" : is_protocol_4 (lie) ? ")R(" : ")Rr");
  if (lie != PYTHON_2 && ! is_protocol_4 (lie))
    {
      put_number (bytes, 70000, 4);
      put_text (bytes, "(");
    }

  for (int i = 0; i < network->n; i++)
    {
      char *name = tensor_name (&network->parts[i], i, lie);

      put_text (bytes, lie == PYTHON_2 ? "](" : "");
      put_string (bytes, name, lie);
      put_tensor (bytes, &network->parts[i], i, i == 0 || lie < LIE_GLOBAL ? lie : HONEST);
      put_text (bytes, lie == PYTHON_2 ? "e" : "");
      g_free (name);
    }
  if (lie == BATCH_NORM)
    {
      put_string (bytes, "features.1.running_mean", lie);
      put_tensor (bytes, &network->parts[1], 1, lie);
    }
  put_text (bytes, lie == PYTHON_2 ? "e\x85R" : "u");

  put_text (bytes, "}");
  put_string (bytes, "_metadata", lie);
  put_text (bytes, "}sb");
  put_text (bytes, lie == NESTED || lie == OBJECTS ? "u." : lie == PREFIXED ? "sa." : ".");
}

/* The values as the file has them. */
static void
put_values (GByteArray *bytes, const Part *part, Lie lie)
{
  for (size_t i = 0; i < part->count; i++)
    {
      size_t  channels = part->shape[1];
      size_t  at       = i;
      guint64 word;
      double  value;

      if (lie == CHANNELS_LAST && part->rank == 4) /* value i is at k, y, x, c */
        at = (i / (9 * channels)) * 9 * channels + i % channels * 9 + i / channels % 9;
      value = part->values[at];
      memcpy (&word, &value, sizeof word);
      if (lie == DOUBLE)
        put_number (bytes, word, 8);
      else
        put_floats (bytes, &part->values[at], 1);
    }
}

/* As torch.save (..., _use_new_zipfile_serialization=False) lays it out. */
GByteArray *
make_torch_legacy (const Network *network, Lie lie)
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
      put_values (bytes, &network->parts[i], lie);
    }
  return bytes;
}

GByteArray *
make_torch_zip (const Network *network, Lie lie)
{
  Zip        *zip     = zip_new ();
  GByteArray *content = g_byte_array_new ();

  put_state_dict (content, network, lie);
  zip_add (zip, "net/data.pkl", content);
  for (int i = 0; i < network->n; i++)
    {
      char *name = g_strdup_printf ("net/data/%d", i);

      g_byte_array_set_size (content, 0);
      put_values (content, &network->parts[i], lie);
      zip_add (zip, name, content);
      g_free (name);
    }
  g_byte_array_unref (content);
  return zip_end (zip);
}
