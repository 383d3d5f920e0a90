/* image.h: pictures as the core sees them, and the files that they come from. */

#ifndef DFI_IMAGE_H
#define DFI_IMAGE_H

#include <glib.h>

#define DFI_IMAGE_MAX 65536   /* pixels along one side */

/* Planar R'G'B' as sRGB encodes it (not linear), 0..1, rows top to bottom.  Positions in a picture are continuous: pixel
 * (i, j) covers [i, i+1) x [j, j+1), so its centre is at (i + 0.5, j + 0.5). */
typedef struct
{
  int    width;
  int    height;
  float *data;     /* (3, height, width) */
} DfiImage;

/* Pixels are not set.  DFI_ERROR_VALUE for a side outside 1..DFI_IMAGE_MAX, DFI_ERROR_MEMORY.  Free with dfi_image_free(). */
DfiImage * dfi_image_new    (int              width,
                             int              height,
                             GError         **error);
DfiImage * dfi_image_copy   (const DfiImage  *image,
                             GError         **error);
void       dfi_image_free   (DfiImage        *image);   /* NULL is fine */

/* 2x2 means, ((width + 1) / 2, (height + 1) / 2); an odd last column or row is the mean of what there is.  DFI_ERROR_MEMORY. */
DfiImage * dfi_image_halve  (const DfiImage  *image,
                             GError         **error);

/* DFI_ERROR_VALUE when a pixel is NaN or infinite. */
gboolean   dfi_image_check  (const DfiImage  *image,
                             GError         **error);

/* A picture file with what must survive an edit. */
typedef struct
{
  DfiImage *image;         /* turned upright as the EXIF orientation says */
  guint8   *alpha;         /* (height, width), or NULL when the file has none */
  char     *icc_profile;   /* base64 as gdk-pixbuf passes it, or NULL */
} DfiPhoto;

/**
 * dfi_photo_load:
 * @path: PNG, JPEG, TIFF or whatever else gdk-pixbuf reads; 8 bits a channel
 * @error: DFI_ERROR_IO or DFI_ERROR_FORMAT
 *
 * Returns: (transfer full) (nullable): free with dfi_photo_free()
 */
DfiPhoto * dfi_photo_load   (const char      *path,
                             GError         **error);

/* Writes an 8-bit PNG beside @path, then gives it that name.  A pixel that dfi_photo_load() gave comes out as it was. */
gboolean   dfi_photo_save   (const DfiPhoto  *photo,
                             const char      *path,
                             GError         **error);
void       dfi_photo_free   (DfiPhoto        *photo);   /* NULL is fine */

#endif
