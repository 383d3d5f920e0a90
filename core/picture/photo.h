/* photo.h: picture files: PNG, JPEG, TIFF, WebP, HEIC, AVIF, JPEG XL, and GIF and PPM to read, through libvips.
 *
 * What comes in goes out: samples that an edit left alone are written as they were read, to the bit where the format is lossless,
 * with their depth, alpha, profile, EXIF, XMP, IPTC and resolution.  What the output's format cannot keep is said.
 */

#ifndef DFI_PHOTO_H
#define DFI_PHOTO_H

#include "base/error.h"
#include "picture/image.h"

#define DFI_PHOTO_MEGAPIXELS 250.0
#define DFI_PHOTO_FILE_MAX   ((size_t) 4 << 30) /* bytes, as many as a TIFF can have */

typedef struct _DfiPhotoSource DfiPhotoSource; /* samples and metadata as the file has them */

typedef struct
{
  int        width; /* upright, as the EXIF orientation says */
  int        height;
  DfiImage  *image; /* of a grey file three equal planes. It may be changed; or freed, and set to NULL: see dfi_photo_part() */
  GPtrArray *notes; /* (element-type utf8): sentences for people about what was not read or kept as it was */
  DfiPhotoSource *source; /* NULL for a picture that no file was read for */
} DfiPhoto;

typedef struct
{
  double   megapixels; /* a larger picture is refused before memory is taken; 0: DFI_PHOTO_MEGAPIXELS */
  gboolean incomplete; /* a picture whose file ends early is read as far as it goes, and a note says so; FALSE: it is refused */
} DfiPhotoLimits;

/**
 * dfi_photo_load:
 * @path: a file, of any of the formats above, whatever its name
 * @limits: (nullable): NULL is as if all were 0
 * @progress: (nullable): asked with @data, 50 times a second at least, while samples are decoded.  What a library does in one
 *            go, as with WebP, HEIC, AVIF, JPEG XL and progressive JPEG, is not interrupted but left: it ends on a thread of its
 *            own, for which the end of the process waits
 * @error: DFI_ERROR_IO, _FORMAT, _VALUE (too large), _MEMORY or _CANCELLED; all but the last name the file
 *
 * Pictures in CMYK, Lab and the like are converted to sRGB by their profile.  RGB and grey pictures keep their profile, and their
 * values are taken as they are.  Only the first of several pages is read.
 *
 * Returns: (transfer full) (nullable): free with dfi_photo_free()
 */
DfiPhoto *
dfi_photo_load (const char *path, const DfiPhotoLimits *limits, DfiProgressFunc progress, gpointer data, GError **error);

/* As dfi_photo_load(), without an image, which takes most of the memory of a large photograph. */
DfiPhoto *
dfi_photo_open (const char *path, const DfiPhotoLimits *limits, DfiProgressFunc progress, gpointer data, GError **error);

/* A picture of our own: RGB of 8 bits a channel.  @image: (transfer full). */
DfiPhoto *dfi_photo_new (DfiImage *image);

/**
 * dfi_photo_part:
 * @x: left edge; the part lies within the photograph, which was read from a file
 *
 * Returns: (transfer full) (nullable): what the file's samples say; DFI_ERROR_MEMORY
 */
DfiImage *dfi_photo_part (const DfiPhoto *photo, int x, int y, int width, int height, GError **error);

/* Puts a part that has been changed in its place among the samples, to their depth.  There is no image meanwhile. */
void dfi_photo_put_part (DfiPhoto *photo, const DfiImage *part, int x, int y);

/* DFI_ERROR_VALUE when the ending of @path, in either case, names no format that is written.  No ending stands for PNG. */
gboolean dfi_photo_check_name (const char *path, GError **error);

/**
 * dfi_photo_save:
 * @photo: notes are added to it; what was changed in its image is put among the samples
 * @path: the format follows from the ending, see dfi_photo_check_name(); the file appears whole or not at all
 * @progress: (nullable): asked as by dfi_photo_load() while samples are encoded
 * @error: DFI_ERROR_IO, _VALUE, _MEMORY, _CANCELLED, or _FORMAT when libvips cannot write this format here.  After _CANCELLED,
 *         @photo can only be freed, since its samples may still be read
 *
 * A JPEG that was a JPEG keeps its quality and the resolution of its colours, or gets better ones.
 */
gboolean dfi_photo_save (DfiPhoto *photo, const char *path, DfiProgressFunc progress, gpointer data, GError **error);
void     dfi_photo_free (DfiPhoto *photo); /* NULL is fine */

#endif
