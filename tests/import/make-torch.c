#include "config.h"

#include <string.h>

#include "bytes.h"
#include "make-torch.h"

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
GByteArray *
make_torch_zip (const Network *network, Lie lie)
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
