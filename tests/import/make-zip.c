#include "config.h"

#include <string.h>

#include "bytes.h"
#include "make-zip.h"

Zip *
zip_new (void)
{
  Zip *zip = g_new0 (Zip, 1);

  zip->bytes     = g_byte_array_new ();
  zip->directory = g_byte_array_new ();
  return zip;
}

/* Adds an entry to the archive, and to its directory. */
void
zip_add (Zip *zip, const char *name, const GByteArray *content)
{
  GByteArray *bytes = zip->bytes, *directory = zip->directory;
  guint       offset = bytes->len;

  put (bytes, "PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 18);
  put_number (bytes, content->len, 4);
  put_number (bytes, content->len, 4);
  put_number (bytes, strlen (name), 2);
  put_number (bytes, 5, 2);
  put_text (bytes, name);
  put_text (bytes, "extra");
  put (bytes, content->data, content->len);

  put (directory, "PK\1\2\0\0\0\0\0\0", 10);
  put_number (directory, zip->method, 2);
  put_number (directory, 0, 8);
  put_number (directory, content->len, 4);
  put_number (directory, content->len, 4);
  put_number (directory, strlen (name), 2);
  put (directory, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
  put_number (directory, offset, 4);
  put_text (directory, name);
  zip->n++;
}

GByteArray *
zip_end (Zip *zip)
{
  GByteArray *bytes  = zip->bytes;
  guint       offset = bytes->len;

  put (bytes, zip->directory->data, zip->directory->len);
  put (bytes, "PK\5\6\0\0\0\0", 8);
  put_number (bytes, zip->n, 2);
  put_number (bytes, zip->n, 2);
  put_number (bytes, zip->directory->len, 4);
  put_number (bytes, offset, 4);
  put_number (bytes, 0, 2);
  g_byte_array_unref (zip->directory);
  g_free (zip);
  return bytes;
}
