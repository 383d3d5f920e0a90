/* make-zip.h: zip archives, nothing compressed. */

#ifndef DFI_TESTS_IMPORT_MAKE_ZIP_H
#define DFI_TESTS_IMPORT_MAKE_ZIP_H

#include <glib.h>

typedef struct
{
  GByteArray *bytes;
  GByteArray *directory;
  guint       n;
  guint       method; /* what is said of the next entries: 0 for not compressed */
} Zip;

Zip        *zip_new (void);
void        zip_add (Zip *zip, const char *name, const GByteArray *content);
GByteArray *zip_end (Zip *zip); /* takes @zip */

#endif
