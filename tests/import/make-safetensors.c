#include "config.h"

#include <string.h>

#include "bytes.h"
#include "make-safetensors.h"

static void
put_as (GByteArray *bytes, const Part *part, DfiDtype dtype)
{
  for (size_t i = 0; i < part->count; i++)
    {
      double  value = part->values[i];
      guint64 wide;
      guint32 word;

      memcpy (&wide, &value, sizeof wide);
      memcpy (&word, &part->values[i], sizeof word);
      switch (dtype)
        {
        case DFI_DTYPE_F64: put_number (bytes, wide, 8); break;
        case DFI_DTYPE_F32: put_number (bytes, word, 4); break;
        case DFI_DTYPE_BF16: put_number (bytes, word >> 16, 2); break;
        default: put_number (bytes, dfi_half_from_float (part->values[i]), 2);
        }
    }
}

static int
compare_parts (gconstpointer a, gconstpointer b)
{
  char *name_a = part_name (*(const Part *const *) a), *name_b = part_name (*(const Part *const *) b);
  int   order = strcmp (name_a, name_b);

  g_free (name_b);
  g_free (name_a);
  return order;
}

/* As the library of safetensors writes them: sorted by name, so that features.10 stands before features.2. */
GByteArray *
make_safetensors_part (const Network *network, DfiDtype dtype, const char *prefix, int first, int n)
{
  GByteArray *bytes = g_byte_array_new (), *content = g_byte_array_new ();
  GString    *header = g_string_new ("{\"classifier.0.weight\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}");
  GPtrArray  *parts  = g_ptr_array_new ();

  for (int i = first; i < first + n; i++)
    g_ptr_array_add (parts, (Part *) &network->parts[i]);
  g_ptr_array_sort (parts, compare_parts);

  put_number (content, 0, 8);
  for (int i = 0; i < n; i++)
    {
      const Part *part  = g_ptr_array_index (parts, i);
      char       *name  = part_name (part);
      guint       begin = content->len;

      put_as (content, part, dtype);
      g_string_append_printf (header, ",\"%s%s\":{\"dtype\":\"%s\",\"shape\":[", prefix, name, dfi_dtype_name (dtype));
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
  g_ptr_array_unref (parts);
  return bytes;
}

GByteArray *
make_safetensors (const Network *network, DfiDtype dtype)
{
  return make_safetensors_part (network, dtype, "", 0, network->n);
}
