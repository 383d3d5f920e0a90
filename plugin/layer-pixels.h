/* layer-pixels.h: a layer of GIMP as the core wants it. */

#ifndef DFI_LAYER_PIXELS_H
#define DFI_LAYER_PIXELS_H

#include "drawable.h"

/* To be called before anything below, once GEGL is there: takes a copy of the layer's pixels, in GIMP 3 with its effects, which
 * replaces an earlier one.  What people do to the layer afterwards is not seen.  DFI_ERROR_VALUE as dfi_drawable_check() sets
 * it, or DFI_ERROR_MEMORY. */
gboolean dfi_drawable_prepare (DfiDrawable *drawable, GError **error);

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

/* The alpha of each pixel of @part, likewise; NULL without an error when the layer has none.  Free with g_free(). */
float *dfi_drawable_fetch_alpha (const DfiDrawable *drawable, const GeglRectangle *part, double zoom, GError **error);

/* Fetches @n_rows rows of @image from number @row on: its corner is at (@x, @y) in the layer, which it lies in.  May be called on
 * any thread. */
gboolean
dfi_drawable_fetch_rows (const DfiDrawable *drawable, int x, int y, int row, int n_rows, DfiImage *image, GError **error);

/* ---------- for result-layer.c ---------- */

/* @source's buffer with the image's colour space, which GIMP 3 gives by itself.  A profile that babl cannot use (of tables
 * instead of curves) is taken for sRGB. */
GeglBuffer *dfi_drawable_buffer (const DfiDrawable *drawable, DfiGimpDrawable source);

/* Called with @n_rows rows, of which the first is number @row of what is read. */
typedef void (*DfiBandFunc) (const float *pixels, int row, int n_rows, gpointer data);

/* Reads @part of @source, which is the layer, its mask or the selection, as it is at @zoom: of the layer its copy.  GIMP ends a
 * plug-in that reads what has been deleted meanwhile; so masks and selections are looked after between the bands. */
gboolean dfi_drawable_read (const DfiDrawable   *drawable,
                            DfiGimpDrawable      source,
                            const GeglRectangle *part,
                            double               zoom,
                            const Babl          *format,
                            DfiBandFunc          func,
                            gpointer             data,
                            GError             **error);

#endif
