/* photo-source.h: what photo.c reads and photo-save.c writes of a file, and the transfer between its samples and R'G'B'. */

#ifndef DFI_PHOTO_SOURCE_H
#define DFI_PHOTO_SOURCE_H

#include <vips/vips.h>

#include "picture/photo.h"

struct _DfiPhotoSource
{
  VipsImage *samples;    /* (H, W, bands) in memory, upright, of 8 or 16 bits or float, with the file's metadata */
  int        n_colours;  /* 1 for grey, 3; the next band, if there is one, is alpha */
  double     exponent;   /* 0: samples are R'G'B'; else a sample to this power is linear light */
  double     png_gamma;  /* of the gAMA chunk, or 0 */
  gboolean   associated; /* colours are multiplied by alpha, as TIFF has it */
  int        quality;    /* that a JPEG was written with, 1..100; 0 when the file is none */
  gboolean   subsampled; /* a JPEG's colours have half its resolution both ways */
};

/* Starts libvips in this process, once: no cache, our number of threads, only the formats that photo.h lists, no messages.
 * DFI_ERROR_FORMAT. */
gboolean dfi_photo_start (GError **error);

/* The libvips errors since the last call in one line.  Free with g_free(). */
char *dfi_photo_reason (void);

/* R'G'B' of band @band at a pixel whose samples begin at @pixel; not limited to 0..1. */
float dfi_photo_decode (const DfiPhotoSource *source, const void *pixel, int band);

/* The other way: R'G'B' 0..1 -> 0..1 as the file's samples are. */
double dfi_photo_encode (const DfiPhotoSource *source, double value);

/* A quality whose tables are at least as fine as those of a JPEG file; 0 when they are no JPEG. */
int dfi_photo_jpeg_quality (GBytes *file);

/* Calls the alpha of a TIFF file @to instead of @from: 1 is associated, that is, colours are multiplied by it; 2 is not.  FALSE
 * when it is not @from. */
gboolean dfi_photo_tiff_set_alpha (guint8 *bytes, size_t length, int from, int to);

/* The exponent in the gAMA chunk of a PNG file that has neither profile nor sRGB chunk; 0 when there is none. */
double dfi_photo_png_gamma (GBytes *file);

#endif
