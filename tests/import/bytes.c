#include "config.h"

#include <string.h>

#include "bytes.h"

void
put (GByteArray *bytes, const void *data, size_t size)
{
  g_byte_array_append (bytes, data, size);
}

void
put_text (GByteArray *bytes, const char *text)
{
  put (bytes, text, strlen (text));
}

void
put_number (GByteArray *bytes, guint64 number, int size)
{
  for (int i = 0; i < size; i++)
    put (bytes, &(guint8){ number >> 8 * i }, 1);
}

void
put_floats (GByteArray *bytes, const float *values, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      guint32 word;

      memcpy (&word, &values[i], sizeof word);
      put_number (bytes, word, 4);
    }
}
