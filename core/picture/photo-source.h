/* photo-source.h: what photo.c reads and photo-save.c writes of a file, and the transfer between its samples and R'G'B'. */

#ifndef DFI_PHOTO_SOURCE_H
#define DFI_PHOTO_SOURCE_H

#include <vips/vips.h>

#include "base/apart.h"
#include "picture/photo.h"

struct _DfiPhotoSource
{
  VipsImage *samples;     /* (H, W, bands) in memory, upright, of 8 or 16 bits or float, with the file's metadata */
  int        n_colours;   /* 1 for grey, 3; the next band, if there is one, is alpha */
  double     exponent;    /* 0: samples are R'G'B'; else a sample to this power is linear light */
  double     png_gamma;   /* of the gAMA chunk, or 0 */
  gboolean   associated;  /* colours are multiplied by alpha, as TIFF has it */
  int        quality;     /* that a JPEG was written with, 1..100; 0 when the file is none */
  gboolean   progressive; /* a JPEG that appears coarse at first */
  gboolean   subsampled;  /* a JPEG's colours have half its resolution both ways */
};

/* Who is asked, while a photograph is read or written, whether to go on. */
typedef struct
{
  DfiProgressFunc func; /* (nullable) */
  gpointer        data;
  double          before, share; /* of all, 0..1: what was done before, and what is computed now */
  double          done;          /* that was told last; libvips begins some of its work anew */
  gboolean        stopped;
} DfiPhotoListener;

/* @fraction: of what is computed now; FALSE when it is to stop, now or since an earlier call */
gboolean dfi_photo_go_on (DfiPhotoListener *listener, double fraction);

/* Has the listener asked while libvips computes @image, which then fails when it is to stop. The image must not outlive it. */
void dfi_photo_listen (DfiPhotoListener *listener, VipsImage *image);

/* dfi_run_apart() with the listener asked, or DFI_ERROR_CANCELLED: libvips, and what it calls, may ask nobody for seconds.  The
 * work has a listener of its own. */
gboolean
dfi_photo_run_apart (DfiApartFunc work, gpointer data, GDestroyNotify free_data, DfiPhotoListener *listener, GError **error);

/* Starts libvips in this process, once: no cache, our number of threads, only the formats that photo.h lists, no messages.
 * DFI_ERROR_FORMAT. */
gboolean dfi_photo_start (GError **error);

/* The libvips errors since the last call in one line.  Free with g_free(). */
char *dfi_photo_reason (void);

/* dfi_photo_part() and dfi_photo_put_part() with a listener; the latter FALSE when it was stopped. */
DfiImage *
dfi_photo_decode_part (const DfiPhoto *photo, int x, int y, int width, int height, DfiPhotoListener *listener, GError **error);
gboolean dfi_photo_encode_part (DfiPhoto *photo, const DfiImage *part, int x, int y, DfiPhotoListener *listener);

/* R'G'B' of band @band at a pixel whose samples begin at @pixel; not limited to 0..1. */
float dfi_photo_decode (const DfiPhotoSource *source, const void *pixel, int band);

/* The other way: R'G'B' 0..1 -> 0..1 as the file's samples are. */
double dfi_photo_encode (const DfiPhotoSource *source, double value);

/* 0..1; 1 where there is none. */
double dfi_photo_alpha (const DfiPhotoSource *source, const void *pixel);

/* @value: 0..1, or any in float */
void dfi_photo_put_sample (void *pixel, int band, VipsBandFormat format, double value);

/* Luma of R'G'B'. */
double dfi_photo_grey (const float rgb[3]);

/* Whether a file that begins with these bytes is of one of the formats that photo.h lists. */
gboolean dfi_photo_is_picture (const guint8 *head, size_t length);

/* A quality whose tables are at least as fine as those of a JPEG file; 0 when it is none.  @progressive: (out) */
int dfi_photo_jpeg_quality (GBytes *file, gboolean *progressive);

/* Calls the alpha of a TIFF file @to instead of @from: 1 is associated, that is, colours are multiplied by it; 2 is not.  FALSE
 * when it is not @from. */
gboolean dfi_photo_tiff_set_alpha (guint8 *bytes, size_t length, int from, int to);

/* The EXIF of a TIFF file, as a block of the kind that other formats have; NULL when it has none. */
GBytes *dfi_photo_exif_from_tiff (GBytes *file);

/* Adds the block @exif to a TIFF file, whose bytes end with g_free().  FALSE when it is of a kind that takes none. */
gboolean dfi_photo_exif_into_tiff (void **bytes, size_t *length, const guint8 *exif, size_t exif_length);

/* Says in a block of EXIF that the picture stands upright. */
void dfi_photo_exif_set_upright (guint8 *exif, size_t length);

/* The exponent in the gAMA chunk of a PNG file that has neither profile nor sRGB chunk; 0 when there is none. */
double dfi_photo_png_gamma (GBytes *file);

#endif
