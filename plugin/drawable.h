/* drawable.h: the layer of GIMP that is edited. */

#ifndef DFI_DRAWABLE_H
#define DFI_DRAWABLE_H

#include "dfi.h"
#include "gimp-compat.h"

/* Its pixels are never written to. */
typedef struct
{
  DfiGimpImage image;
  DfiGimpLayer layer;
  int          x, y; /* of the layer's corner in the image */
  int          width, height;
  gboolean     bare;  /* without its topmost effect, which is an earlier result */
  GeglBuffer  *looks; /* a copy of its pixels, with its other effects; NULL before dfi_drawable_prepare() */

  GeglRectangle searched; /* where faces were looked for when they got their numbers; of no width: look in what is selected */
} DfiDrawable;

/* DFI_ERROR_VALUE when @layer is no layer of @image with colours of its own: a channel, a mask, a floating selection, an indexed
 * layer, or another image's.  A layer mask stands for its layer.  Free what it holds with dfi_drawable_clear(). */
gboolean dfi_drawable_init (DfiDrawable *drawable, DfiGimpImage image, DfiGimpDrawable layer, GError **error);

void dfi_drawable_clear (DfiDrawable *drawable);

/* Whether the layer is still there as it was.  While a window is open, people go on working: they close the image, delete or
 * move the layer.  DFI_ERROR_VALUE says so.  The functions below that take an error look first. */
gboolean dfi_drawable_check (const DfiDrawable *drawable, GError **error);

/* The smallest rectangle of the layer around what is selected of it: all of it without a selection; of no width when the
 * selection lies beside the layer. */
GeglRectangle dfi_drawable_selected (const DfiDrawable *drawable);

/* Where faces are to be looked for: the same, or where they were found before. */
GeglRectangle dfi_drawable_searched (const DfiDrawable *drawable);

/* Lets GIMP keep @eyes, which are in pixels of the image, with the image as long as it is open; all 0 forgets them. */
void dfi_drawable_keep_eyes (const DfiDrawable *drawable, const double eyes[4]);

/* What was kept last, or all 0: nothing, or the image has got another size since. */
void dfi_drawable_recall_eyes (const DfiDrawable *drawable, double eyes[4]);

#endif
