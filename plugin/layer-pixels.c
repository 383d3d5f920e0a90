/* Pixels pass through GEGL's buffers, where babl converts them. */

#include "config.h"

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

/* Of the layer as it looks, its mask or the selection. */
static GeglBuffer *
source_buffer (const DfiDrawable *drawable, DfiGimpDrawable source)
{
  if (drawable->looks && source == GIMP_DRAWABLE (drawable->layer))
    return g_object_ref (drawable->looks);
  return dfi_drawable_buffer (drawable, source);
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
  int    n      = MIN (BAND_ROWS, part->height);
  float *pixels = dfi_try_alloc ((size_t) n * part->width, babl_format_get_bytes_per_pixel (format), error);
  int    row    = 0;

  while (pixels && row < part->height && dfi_drawable_check (drawable, error))
    {
      GeglRectangle band   = { part->x, part->y + row, part->width, MIN (n, part->height - row) };
      GeglBuffer   *buffer = source_buffer (drawable, source);

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
dfi_drawable_fetch_rows (const DfiDrawable *drawable, int y, int height, DfiImage *image, GError **error)
{
  const GeglRectangle part = { 0, y, drawable->width, height };

  return dfi_drawable_read (drawable, GIMP_DRAWABLE (drawable->layer), &part, 1.0, babl_format ("R'G'B' float"), store_rows,
                            &(Rows){ image, y }, error);
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

  if (dfi_drawable_check (drawable, error) && gimp_drawable_has_alpha (layer))
    alpha = dfi_try_alloc ((size_t) part->width * part->height, sizeof *alpha, error);
  if (alpha && ! dfi_drawable_read (drawable, layer, part, zoom, babl_format ("YA float"), store_alpha,
                                    &(Alpha){ alpha, part->width }, error))
    g_clear_pointer (&alpha, g_free);
  return alpha;
}

#if GIMP_CHECK_VERSION(2, 99, 0)

static gboolean
has_effects (GimpDrawable *layer)
{
  GimpDrawableFilter **filters = gimp_drawable_get_filters (layer);
  gboolean             has     = filters && filters[0];

  g_free (filters);
  return has;
}

/* The buffer that is read is the process's own: a copy of the layer that stayed with GIMP would outlast a plug-in that is
 * ended. */
gboolean
dfi_drawable_prepare (DfiDrawable *drawable, GError **error)
{
  GimpLayer  *copy;
  GeglBuffer *buffer;

  if (! dfi_drawable_check (drawable, error))
    return FALSE;
  if (drawable->looks || ! has_effects (GIMP_DRAWABLE (drawable->layer)))
    return TRUE;

  copy = gimp_layer_copy (drawable->layer);
  gimp_drawable_merge_filters (GIMP_DRAWABLE (copy));
  buffer          = gimp_drawable_get_buffer (GIMP_DRAWABLE (copy));
  drawable->looks = gegl_buffer_dup (buffer);
  g_object_unref (buffer);
  gimp_item_delete (GIMP_ITEM (copy));
  return TRUE;
}

#else

gboolean
dfi_drawable_prepare (DfiDrawable *drawable, GError **error)
{
  return dfi_drawable_check (drawable, error);
}

#endif
