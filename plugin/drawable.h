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

/* DFI_ERROR_VALUE when @drawable is no layer with colours of its own: a channel, a mask, a floating selection, an indexed
 * layer. */
gboolean dfi_drawable_init (DfiDrawable *drawable, DfiGimpImage image, DfiGimpDrawable layer, GError **error);

/* FALSE when there is a selection and its bounds do not overlap @part, a rectangle of the layer. */
gboolean dfi_drawable_meets_selection (const DfiDrawable *drawable, const GeglRectangle *part);

/**
 * dfi_drawable_fetch:
 * @part: rectangle of the layer, inside it
 * @error: as dfi_image_new() sets it
 *
 * Converts from the image's colour space, and from grey and linear values, to sRGB's R'G'B'.  Where the layer is
 * transparent, the colour is the one that lies under the transparency.
 *
 * Returns: (transfer full) (nullable): free with dfi_image_free()
 */
DfiImage *dfi_drawable_fetch (const DfiDrawable *drawable, const GeglRectangle *part, GError **error);

/* Fetches rows @y to @y + @height of the whole layer into their place in @image, which has the layer's size. */
void dfi_drawable_fetch_rows (const DfiDrawable *drawable, int y, int height, DfiImage *image);

/* As dfi_drawable_fetch() from the layer as it is at @zoom (0 to 1), where @part is a rectangle of it. */
DfiImage *dfi_drawable_fetch_small (const DfiDrawable *drawable, const GeglRectangle *part, double zoom, GError **error);

/* Lets GIMP keep @eyes, which are in pixels of the image, with the image as long as it is open; all 0 forgets them. */
void dfi_drawable_keep_eyes (const DfiDrawable *drawable, const double eyes[4]);

/* What was kept last, or all 0: nothing, or the image has got another size since. */
void dfi_drawable_recall_eyes (const DfiDrawable *drawable, double eyes[4]);

/**
 * dfi_drawable_limit:
 * @patch: in place of the layer
 *
 * Multiplies the patch's alpha by the layer's own alpha, by its mask and by the selection.
 *
 * Returns: FALSE when nothing of the patch is left
 */
gboolean dfi_drawable_limit (const DfiDrawable *drawable, DfiPatch *patch);

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
