/* drawable.h: a layer of GIMP as the core wants it, and what the core gives back as a layer of GIMP. */

#ifndef DFI_DRAWABLE_H
#define DFI_DRAWABLE_H

#include "dfi.h"
#include "gimp-compat.h"

/* The layer that is edited; it is never written to. */
typedef struct
{
  DfiGimpImage image;
  DfiGimpLayer layer;
  int          x, y; /* of the layer's corner in the image */
  int          width, height;
} DfiDrawable;

/* DFI_ERROR_VALUE when @layer is no layer of @image with colours of its own: a channel, a mask, a floating selection, an indexed
 * layer, or another image's. */
gboolean dfi_drawable_init (DfiDrawable *drawable, DfiGimpImage image, DfiGimpDrawable layer, GError **error);

/* Whether the layer is still there as it was.  While a window is open, people go on working: they close the image, delete or
 * move the layer.  DFI_ERROR_VALUE says so.  The functions below that take an error look first. */
gboolean dfi_drawable_check (const DfiDrawable *drawable, GError **error);

/* FALSE when there is a selection and its bounds do not overlap @part, a rectangle of the layer. */
gboolean dfi_drawable_meets_selection (const DfiDrawable *drawable, const GeglRectangle *part);

/**
 * dfi_drawable_fetch:
 * @part: rectangle, inside the layer as it is at @zoom
 * @zoom: above 0 and up to 1
 * @error: as dfi_image_new() or dfi_drawable_check() sets it
 *
 * Converts from the image's colour space, and from grey and linear values, to sRGB's R'G'B'.  Where the layer is
 * transparent, the colour is the one that lies under the transparency.
 *
 * Returns: (transfer full) (nullable): free with dfi_image_free()
 */
DfiImage *dfi_drawable_fetch (const DfiDrawable *drawable, const GeglRectangle *part, double zoom, GError **error);

/* Fetches rows @y to @y + @height of the whole layer into their place in @image, which has the layer's size. */
gboolean dfi_drawable_fetch_rows (const DfiDrawable *drawable, int y, int height, DfiImage *image, GError **error);

/* Lets GIMP keep @eyes, which are in pixels of the image, with the image as long as it is open; all 0 forgets them. */
void dfi_drawable_keep_eyes (const DfiDrawable *drawable, const double eyes[4]);

/* What was kept last, or all 0: nothing, or the image has got another size since. */
void dfi_drawable_recall_eyes (const DfiDrawable *drawable, double eyes[4]);

/**
 * dfi_drawable_limit:
 * @patch: in place of the layer
 * @error: as dfi_drawable_set_nothing_left() sets it when nothing of the patch is left
 *
 * Multiplies the patch's alpha by the layer's own alpha, by its mask and by the selection.
 */
gboolean dfi_drawable_limit (const DfiDrawable *drawable, DfiPatch *patch, GError **error);

/* DFI_ERROR_VALUE: the selection or the layer's transparency leaves nothing to change.  Returns FALSE. */
gboolean dfi_drawable_set_nothing_left (GError **error);

/**
 * dfi_drawable_insert:
 * @patch: in place of the layer
 * @name: of the new layer
 * @error: DFI_ERROR_MEMORY when GIMP cannot make the layer
 *
 * Adds @patch as a layer directly above @drawable, in one undo step.  Until then the image is as it was.
 *
 * Returns: the new layer, or DFI_NO_LAYER
 */
DfiGimpLayer dfi_drawable_insert (const DfiDrawable *drawable, const DfiPatch *patch, const char *name, GError **error);

#endif
