/* All that is asked of libgimp about layers is here.  Pixels pass through GEGL's buffers, where babl converts them. */

#include "config.h"

#include <glib/gi18n-lib.h>
#include <libgimp/gimp.h>

#include "drawable.h"
#include "error.h"

gboolean
dfi_drawable_init (DfiDrawable  *drawable,
                   gint32        image,
                   gint32        layer,
                   GError      **error)
{
  const char *wrong = NULL;

  if (! gimp_item_is_layer (layer))
    wrong = _("Deep Feature Interpolation edits layers, not channels or masks; choose a layer first.");
  else if (gimp_layer_is_floating_sel (layer))
    wrong = _("A floating selection cannot be edited; anchor it or make it a layer first.");
  else if (gimp_drawable_is_indexed (layer))
    wrong = _("Indexed images cannot be edited; convert the image with Image, Mode, RGB first.");

  if (wrong)
    {
      g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE, wrong);
      return FALSE;
    }

  *drawable = (DfiDrawable)
    {
      .image = image, .layer = layer,
      .width = gimp_drawable_width (layer), .height = gimp_drawable_height (layer)
    };
  gimp_drawable_offsets (layer, &drawable->x, &drawable->y);
  return TRUE;
}

gboolean
dfi_drawable_meets_selection (const DfiDrawable   *drawable,
                              const GeglRectangle *part)
{
  GeglRectangle selected;

  return gimp_drawable_mask_intersect (drawable->layer, &selected.x, &selected.y, &selected.width, &selected.height) &&
         gegl_rectangle_intersect (NULL, &selected, part);
}

DfiImage *
dfi_drawable_fetch (const DfiDrawable    *drawable,
                    const GeglRectangle  *part,
                    GError              **error)
{
  DfiImage           *image = dfi_image_new (part->width, part->height, error);
  size_t              n     = (size_t) part->height * part->width;
  GeglBuffer         *buffer;
  GeglBufferIterator *iter;

  if (! image)
    return NULL;

  buffer = gimp_drawable_get_buffer (drawable->layer);
  iter   = gegl_buffer_iterator_new (buffer, part, 0, babl_format ("R'G'B' float"),
                                     GEGL_ACCESS_READ, GEGL_ABYSS_NONE, 1);
  while (gegl_buffer_iterator_next (iter))
    {
      const GeglRectangle *roi   = &iter->items[0].roi;
      const float         *pixel = iter->items[0].data;

      for (int y = roi->y - part->y; y < roi->y - part->y + roi->height; y++)
        for (int x = roi->x - part->x; x < roi->x - part->x + roi->width; x++)
          for (int c = 0; c < 3; c++)
            image->data[c * n + (size_t) y * part->width + x] = *pixel++;
    }

  g_object_unref (buffer);
  return image;
}

/* Multiplies the patch's alpha by @source's values, which are the last component of @format, with the layer's corner at
 * (@x, @y) in it.  Beyond its edges it counts as 0. */
static void
multiply_alpha (DfiPatch   *patch,
                gint32      source,
                const Babl *format,
                int         x,
                int         y)
{
  int                 n      = babl_format_get_n_components (format);
  GeglBuffer         *buffer = gimp_drawable_get_buffer (source);
  GeglRectangle       place  = { x + patch->x, y + patch->y, patch->width, patch->height };
  GeglBufferIterator *iter   = gegl_buffer_iterator_new (buffer, &place, 0, format, GEGL_ACCESS_READ, GEGL_ABYSS_NONE, 1);

  while (gegl_buffer_iterator_next (iter))
    {
      const GeglRectangle *roi   = &iter->items[0].roi;
      const float         *value = (const float *) iter->items[0].data + n - 1;

      for (int i = roi->y - place.y; i < roi->y - place.y + roi->height; i++)
        for (int j = roi->x - place.x; j < roi->x - place.x + roi->width; j++, value += n)
          patch->rgba[4 * ((size_t) i * patch->width + j) + 3] *= *value;
    }

  g_object_unref (buffer);
}

gboolean
dfi_drawable_limit (const DfiDrawable *drawable,
                    DfiPatch          *patch)
{
  size_t n    = (size_t) patch->height * patch->width;
  gint32 mask = gimp_layer_get_mask (drawable->layer);

  if (gimp_drawable_has_alpha (drawable->layer))
    multiply_alpha (patch, drawable->layer, babl_format ("YA float"), 0, 0);
  if (mask != -1 && gimp_layer_get_apply_mask (drawable->layer))
    multiply_alpha (patch, mask, babl_format ("Y float"), 0, 0);
  if (! gimp_selection_is_empty (drawable->image))
    multiply_alpha (patch, gimp_image_get_selection (drawable->image), babl_format ("Y float"), drawable->x, drawable->y);

  for (size_t i = 0; i < n; i++)
    if (patch->rgba[4 * i + 3] > 0.0f)
      return TRUE;
  return FALSE;
}

/* A layer that is in no image yet, or -1. */
static gint32
patch_layer (const DfiDrawable *drawable,
             const DfiPatch    *patch,
             const char        *name)
{
  GimpImageType  type    = gimp_drawable_is_gray (drawable->layer) ? GIMP_GRAYA_IMAGE : GIMP_RGBA_IMAGE;
  double         opacity = gimp_layer_get_opacity (drawable->layer);
  gint32         layer   = gimp_layer_new (drawable->image, name, patch->width, patch->height, type, opacity,
                                           GIMP_LAYER_MODE_NORMAL);
  GeglBuffer    *buffer;

  if (layer == -1)
    return -1;

  buffer = gimp_drawable_get_buffer (layer);
  gegl_buffer_set (buffer, NULL, 0, babl_format ("R'G'B'A float"), patch->rgba, GEGL_AUTO_ROWSTRIDE);
  g_object_unref (buffer);

  gimp_layer_set_offsets (layer, drawable->x + patch->x, drawable->y + patch->y);
  /* The patch is to be mixed with the layer as it was made, by R'G'B' values; GIMP would mix light otherwise. */
  gimp_layer_set_composite_space (layer, GIMP_LAYER_COLOR_SPACE_RGB_PERCEPTUAL);
  return layer;
}

gint32
dfi_drawable_insert (const DfiDrawable  *drawable,
                     const DfiPatch     *patch,
                     const char         *name,
                     GError            **error)
{
  gint32   layer    = patch_layer (drawable, patch, name);
  gint32   group    = gimp_item_get_parent (drawable->layer);
  int      position = gimp_image_get_item_position (drawable->image, drawable->layer);
  gboolean inserted = FALSE;

  if (layer != -1)
    {
      gimp_image_undo_group_start (drawable->image);
      inserted = gimp_image_insert_layer (drawable->image, layer, MAX (group, 0), position);
      gimp_image_undo_group_end (drawable->image);
    }
  if (inserted)
    return layer;

  if (layer != -1)
    gimp_item_delete (layer);
  g_set_error (error, DFI_ERROR, DFI_ERROR_MEMORY, _("GIMP cannot add the edited face as a layer of %d x %d pixels: %s"),
               patch->width, patch->height, gimp_get_pdb_error ());
  return -1;
}
