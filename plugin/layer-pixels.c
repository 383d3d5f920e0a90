/* Pixels pass through GEGL's buffers, where babl converts them. */

#include "config.h"

#include <glib/gi18n-lib.h>

#include "effect.h"
#include "layer-pixels.h"

#define BAND_ROWS 128 /* that are read at a time: a row of the tiles that GIMP sends */

GeglBuffer *
dfi_drawable_buffer (const DfiDrawable *drawable, DfiGimpDrawable source)
{
  GeglBuffer *buffer = gimp_drawable_get_buffer (source);

#if ! GIMP_CHECK_VERSION(2, 99, 0)
  if (GIMP_IS_LAYER (source))
    {
      const char       *encoding = babl_format_get_encoding (gegl_buffer_get_format (buffer));
      GimpColorProfile *profile  = gimp_image_get_color_profile (drawable->image);
      const Babl       *space    = NULL;

      if (profile)
        space = gimp_color_profile_get_space (profile, GIMP_COLOR_RENDERING_INTENT_RELATIVE_COLORIMETRIC, NULL);
      if (space)
        gegl_buffer_set_format (buffer, babl_format_with_space (encoding, space));
      g_clear_object (&profile);
    }
#endif
  return buffer;
}

/* Says why there is no copy of the layer's pixels; returns FALSE. */
static gboolean
no_copy (const DfiDrawable *drawable, GError **error)
{
  if (dfi_drawable_check (drawable, error))
    g_set_error (error, DFI_ERROR, DFI_ERROR_MEMORY, _ ("GIMP cannot give the layer's pixels: %s"), dfi_gimp_last_error ());
  return FALSE;
}

gboolean
dfi_drawable_read (const DfiDrawable   *drawable,
                   DfiGimpDrawable      source,
                   const GeglRectangle *part,
                   double               zoom,
                   const Babl          *format,
                   DfiBandFunc          func,
                   gpointer             data,
                   GError             **error)
{
  gboolean own = source == GIMP_DRAWABLE (drawable->layer); /* nobody can take it away */
  int      n   = MIN (BAND_ROWS, part->height);
  int      row = 0;
  float   *pixels;

  if (own && ! drawable->looks) /* it had gone before it could be copied */
    return no_copy (drawable, error);

  pixels = dfi_try_alloc ((size_t) n * part->width, babl_format_get_bytes_per_pixel (format), error);
  while (pixels && row < part->height && (own || dfi_drawable_check (drawable, error)))
    {
      GeglRectangle band   = { part->x, part->y + row, part->width, MIN (n, part->height - row) };
      GeglBuffer   *buffer = own ? g_object_ref (drawable->looks) : dfi_drawable_buffer (drawable, source);

      gegl_buffer_get (buffer, &band, zoom, format, pixels, GEGL_AUTO_ROWSTRIDE, zoom < 1.0 ? GEGL_ABYSS_CLAMP : GEGL_ABYSS_NONE);
      g_object_unref (buffer);
      func (pixels, row, band.height, data);
      row += band.height;
    }
  g_free (pixels);
  return pixels && row == part->height;
}

/* Where the rows that are read go. */
typedef struct
{
  DfiImage *image;
  int       y; /* of the first */
} Rows;

static void
store_rows (const float *pixels, int row, int n_rows, gpointer data)
{
  const Rows *rows  = data;
  DfiImage   *image = rows->image;
  size_t      n     = (size_t) image->height * image->width;
  float      *to    = image->data + (size_t) (rows->y + row) * image->width;

  for (size_t i = 0; i < (size_t) n_rows * image->width; i++)
    for (int c = 0; c < 3; c++)
      to[c * n + i] = *pixels++;
}

gboolean
dfi_drawable_fetch_rows (const DfiDrawable *drawable, int x, int y, int row, int n_rows, DfiImage *image, GError **error)
{
  const GeglRectangle rows = { x, y + row, image->width, n_rows };

  return dfi_drawable_read (drawable, GIMP_DRAWABLE (drawable->layer), &rows, 1.0, babl_format ("R'G'B' float"), store_rows,
                            &(Rows){ image, row }, error);
}

DfiImage *
dfi_drawable_fetch (const DfiDrawable *drawable, const GeglRectangle *part, double zoom, GError **error)
{
  DfiImage *image = dfi_image_new (part->width, part->height, error);

  if (image && ! dfi_drawable_read (drawable, GIMP_DRAWABLE (drawable->layer), part, zoom, babl_format ("R'G'B' float"),
                                    store_rows, &(Rows){ image, 0 }, error))
    g_clear_pointer (&image, dfi_image_free);
  return image;
}

/* Where the alpha of rows goes. */
typedef struct
{
  float *alpha;
  int    width;
} Alpha;

static void
store_alpha (const float *pixels, int row, int n_rows, gpointer data)
{
  const Alpha *alpha = data;
  float       *to    = alpha->alpha + (size_t) row * alpha->width;

  for (size_t i = 0; i < (size_t) n_rows * alpha->width; i++)
    to[i] = pixels[2 * i + 1];
}

float *
dfi_drawable_fetch_alpha (const DfiDrawable *drawable, const GeglRectangle *part, double zoom, GError **error)
{
  DfiGimpDrawable layer = GIMP_DRAWABLE (drawable->layer);
  float          *alpha = NULL;

  if (drawable->looks && babl_format_has_alpha (gegl_buffer_get_format (drawable->looks)))
    alpha = dfi_try_alloc ((size_t) part->width * part->height, sizeof *alpha, error);
  if (alpha && ! dfi_drawable_read (drawable, layer, part, zoom, babl_format ("YA float"), store_alpha,
                                    &(Alpha){ alpha, part->width }, error))
    g_clear_pointer (&alpha, g_free);
  return alpha;
}

/* An image of GIMP's for a copy of the layer: of its size, and its image's kind. */
static DfiGimpImage
new_image (const DfiDrawable *drawable)
{
  gboolean          gray    = gimp_drawable_is_gray (GIMP_DRAWABLE (drawable->layer));
  DfiGimpImage      image   = gimp_image_new_with_precision (drawable->width, drawable->height, gray ? GIMP_GRAY : GIMP_RGB,
                                                             gimp_image_get_precision (drawable->image));
  GimpColorProfile *profile = gimp_image_get_color_profile (drawable->image);

  if (profile)
    gimp_image_set_color_profile (image, profile);
  g_clear_object (&profile);
  return image;
}

/* The copy in GIMP has an image of its own, which nobody can close meanwhile, and goes at once: it would outlast a plug-in that
 * is ended. */
gboolean
dfi_drawable_prepare (DfiDrawable *drawable, GError **error)
{
  DfiGimpImage image;
  DfiGimpLayer copy;
  GeglBuffer  *buffer;

  dfi_drawable_clear (drawable);
  if (! dfi_drawable_check (drawable, error))
    return FALSE;

  image = new_image (drawable);
  copy  = gimp_layer_new_from_drawable (GIMP_DRAWABLE (drawable->layer), image);
  if (copy != DFI_NO_LAYER && gimp_image_insert_layer (image, copy, DFI_TOP_LEVEL, 0))
    {
      if (drawable->bare)
        dfi_effect_remove (copy);
      dfi_merge_effects (copy);
      buffer          = dfi_drawable_buffer (drawable, GIMP_DRAWABLE (copy));
      drawable->looks = gegl_buffer_dup (buffer);
      g_object_unref (buffer);
    }
  gimp_image_delete (image);
  return drawable->looks || no_copy (drawable, error);
}
