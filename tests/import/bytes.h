/* bytes.h: files are put together here byte by byte, little-endian. */

#ifndef DFI_TESTS_IMPORT_BYTES_H
#define DFI_TESTS_IMPORT_BYTES_H

#include <glib.h>

void put (GByteArray *bytes, const void *data, size_t size);
void put_text (GByteArray *bytes, const char *text);
void put_number (GByteArray *bytes, guint64 number, int size);
void put_floats (GByteArray *bytes, const float *values, size_t n);

#endif
