#include "config.h"

#include <string.h>

#include "bytes.h"
#include "make-safetensors.h"

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
GByteArray *
make_safetensors (const Network *network, DfiDtype dtype)
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
