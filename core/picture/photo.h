/* photo.h: files of pictures. */

#ifndef DFI_PHOTO_H
#define DFI_PHOTO_H

#include "picture/image.h"

/* A picture file with what must survive an edit. */
typedef struct
{
  DfiImage *image;       /* turned upright as the EXIF orientation says */
  guint8   *alpha;       /* (height, width), or NULL when the file has none */
  char     *icc_profile; /* base64 as gdk-pixbuf passes it, or NULL */
} DfiPhoto;

/**
 * dfi_photo_load:
 * @path: PNG, JPEG, TIFF or whatever else gdk-pixbuf reads; 8 bits a channel
 * @error: DFI_ERROR_IO or DFI_ERROR_FORMAT
 *
 * Returns: (transfer full) (nullable): free with dfi_photo_free()
 */
DfiPhoto *dfi_photo_load (const char *path, GError **error);

/* Writes an 8-bit PNG beside @path, then gives it that name.  A pixel that dfi_photo_load() gave comes out as it was. */
gboolean dfi_photo_save (const DfiPhoto *photo, const char *path, GError **error);
void     dfi_photo_free (DfiPhoto *photo); /* NULL is fine */

#endif
