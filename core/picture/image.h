/* image.h: pixels as the core sees them. */

#ifndef DFI_IMAGE_H
#define DFI_IMAGE_H

#include <glib.h>

#define DFI_IMAGE_MAX        65536 /* pixels along one side */
#define DFI_IMAGE_SHRINK_MAX 16    /* so often can that be halved */

/* Planar R'G'B' as sRGB encodes it (not linear), 0..1, rows top to bottom.  Positions in a picture are continuous: pixel
 * (i, j) covers [i, i+1) x [j, j+1), so its centre is at (i + 0.5, j + 0.5). */
typedef struct
{
  int    width;
  int    height;
  float *data; /* (3, height, width) */
} DfiImage;

/* Pixels are not set.  DFI_ERROR_VALUE for a side outside 1..DFI_IMAGE_MAX, DFI_ERROR_MEMORY.  Free with dfi_image_free(). */
DfiImage *dfi_image_new (int width, int height, GError **error);
DfiImage *dfi_image_copy (const DfiImage *image, GError **error);
void      dfi_image_free (DfiImage *image); /* NULL is fine */

/**
 * dfi_image_shrink:
 * @x: left edge of the part wanted, a multiple of 2^@times, as is
 * @y: its upper edge
 * @width: of the part, at least 1; beyond the picture's edges there is nothing
 * @height: likewise
 * @times: how often it is halved, 1 to DFI_IMAGE_SHRINK_MAX
 *
 * Means of 2x2, of those again, and so on; an odd last column or row is the mean of what there is.  Nothing of the sizes
 * between is kept but a few rows.
 *
 * Returns: (transfer full) (nullable): DFI_ERROR_MEMORY
 */
DfiImage *dfi_image_shrink (const DfiImage *image, int x, int y, int width, int height, int times, GError **error);

/* A picture that need not be in memory as a whole. */
typedef struct
{
  int             width;
  int             height;
  const DfiImage *image; /* all of it, or NULL: then there is part() */
  DfiImage *(*part) (gpointer data, int x, int y, int width, int height, GError **error);
  gpointer data; /* for part() */
} DfiPixelSource;

/* DFI_ERROR_VALUE when a pixel is NaN or infinite. */
gboolean dfi_image_check (const DfiImage *image, GError **error);

#endif
