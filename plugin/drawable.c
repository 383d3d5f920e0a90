/* All that is asked of libgimp about layers is here.  Pixels pass through GEGL's buffers, where babl converts them. */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "drawable.h"

#define EYES_PARASITE "dfi-eyes" /* the image's width and height, and x1, y1, x2, y2, with spaces between them */

gboolean
dfi_drawable_init (DfiDrawable *drawable, DfiGimpImage image, DfiGimpDrawable layer, GError **error)
{
  const char *wrong = NULL;

  if (! GIMP_IS_LAYER (layer))
    wrong = _ ("Deep Feature Interpolation edits layers, not channels or masks; choose a layer first.");
  else if (gimp_layer_is_floating_sel (GIMP_LAYER (layer)))
    wrong = _ ("A floating selection cannot be edited; anchor it or make it a layer first.");
  else if (gimp_drawable_is_indexed (layer))
    wrong = _ ("Indexed images cannot be edited; convert the image with Image, Mode, RGB first.");

  if (wrong)
    {
      g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE, wrong);
      return FALSE;
    }

  *drawable = (DfiDrawable){ .image  = image,
                             .layer  = GIMP_LAYER (layer),
                             .width  = gimp_drawable_get_width (layer),
                             .height = gimp_drawable_get_height (layer) };
  gimp_drawable_get_offsets (layer, &drawable->x, &drawable->y);
  return TRUE;
}

gboolean
dfi_drawable_meets_selection (const DfiDrawable *drawable, const GeglRectangle *part)
{
  GeglRectangle selected;

  return gimp_drawable_mask_intersect (GIMP_DRAWABLE (drawable->layer), &selected.x, &selected.y, &selected.width,
                                       &selected.height) &&
         gegl_rectangle_intersect (NULL, &selected, part);
}

#if GIMP_CHECK_VERSION(2, 99, 0)
#define layer_buffer(image, layer) gimp_drawable_get_buffer (GIMP_DRAWABLE (layer))
#else

/* The layer's buffer with the image's colour space, which GIMP 3 gives by itself.  A profile that babl cannot use (of tables
 * instead of curves) is taken for sRGB. */
static GeglBuffer *
layer_buffer (DfiGimpImage image, DfiGimpLayer layer)
{
  GeglBuffer       *buffer   = gimp_drawable_get_buffer (layer);
  const char       *encoding = babl_format_get_encoding (gegl_buffer_get_format (buffer));
  GimpColorProfile *profile  = gimp_image_get_color_profile (image);
  const Babl       *space    = NULL;

  if (profile)
    space = gimp_color_profile_get_space (profile, GIMP_COLOR_RENDERING_INTENT_RELATIVE_COLORIMETRIC, NULL);
  if (space)
    gegl_buffer_set_format (buffer, babl_format_with_space (encoding, space));

  g_clear_object (&profile);
  return buffer;
}

#endif

/* Fetches @part of the layer into @image, whose corner is at (@x, @y) in the layer. */
static void
fetch_into (const DfiDrawable *drawable, const GeglRectangle *part, DfiImage *image, int x, int y)
{
  size_t              n      = (size_t) image->height * image->width;
  GeglBuffer         *buffer = layer_buffer (drawable->image, drawable->layer);
  GeglBufferIterator *iter =
      gegl_buffer_iterator_new (buffer, part, 0, babl_format ("R'G'B' float"), GEGL_ACCESS_READ, GEGL_ABYSS_NONE, 1);

  while (gegl_buffer_iterator_next (iter))
    {
      const GeglRectangle *roi   = &iter->items[0].roi;
      const float         *pixel = iter->items[0].data;

      for (int i = roi->y - y; i < roi->y - y + roi->height; i++)
        for (int j = roi->x - x; j < roi->x - x + roi->width; j++)
          for (int c = 0; c < 3; c++)
            image->data[c * n + (size_t) i * image->width + j] = *pixel++;
    }
  g_object_unref (buffer);
}

DfiImage *
dfi_drawable_fetch (const DfiDrawable *drawable, const GeglRectangle *part, GError **error)
{
  DfiImage *image = dfi_image_new (part->width, part->height, error);

  if (image)
    fetch_into (drawable, part, image, part->x, part->y);
  return image;
}

void
dfi_drawable_fetch_rows (const DfiDrawable *drawable, int y, int height, DfiImage *image)
{
  fetch_into (drawable, &(GeglRectangle){ 0, y, drawable->width, height }, image, 0, 0);
}

DfiImage *
dfi_drawable_fetch_small (const DfiDrawable *drawable, const GeglRectangle *part, double zoom, GError **error)
{
  DfiImage   *image  = dfi_image_new (part->width, part->height, error);
  size_t      n      = (size_t) part->height * part->width;
  float      *pixels = image ? dfi_try_alloc (n, 3 * sizeof *pixels, error) : NULL;
  GeglBuffer *buffer;

  if (! pixels)
    {
      dfi_image_free (image);
      return NULL;
    }

  buffer = gimp_drawable_get_buffer (GIMP_DRAWABLE (drawable->layer));
  gegl_buffer_get (buffer, part, zoom, babl_format ("R'G'B' float"), pixels, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_CLAMP);
  for (size_t i = 0; i < n; i++)
    for (int c = 0; c < 3; c++)
      image->data[c * n + i] = pixels[3 * i + c];

  g_object_unref (buffer);
  g_free (pixels);
  return image;
}

void
dfi_drawable_keep_eyes (const DfiDrawable *drawable, const double eyes[4])
{
  GString      *text = g_string_new (NULL);
  GimpParasite *parasite;

  g_string_printf (text, "%d %d", gimp_image_get_width (drawable->image), gimp_image_get_height (drawable->image));
  for (int i = 0; i < 4; i++)
    {
      char number[G_ASCII_DTOSTR_BUF_SIZE];

      g_string_append_printf (text, " %s", g_ascii_dtostr (number, sizeof number, eyes[i]));
    }
  parasite = gimp_parasite_new (EYES_PARASITE, 0, text->len + 1, text->str); /* neither saved nor a step to undo */
  gimp_image_attach_parasite (drawable->image, parasite);
  gimp_parasite_free (parasite);
  g_string_free (text, TRUE);
}

void
dfi_drawable_recall_eyes (const DfiDrawable *drawable, double eyes[4])
{
  GimpParasite *parasite = gimp_image_get_parasite (drawable->image, EYES_PARASITE);
  char        **words    = g_strsplit (parasite ? dfi_gimp_parasite_text (parasite) : "", " ", -1);

  memset (eyes, 0, 4 * sizeof *eyes);
  if (g_strv_length (words) == 6 && g_ascii_strtoll (words[0], NULL, 10) == gimp_image_get_width (drawable->image) &&
      g_ascii_strtoll (words[1], NULL, 10) == gimp_image_get_height (drawable->image))
    for (int i = 0; i < 4; i++)
      eyes[i] = g_ascii_strtod (words[2 + i], NULL);
  g_strfreev (words);
  if (parasite)
    gimp_parasite_free (parasite);
}

/* Multiplies the patch's alpha by @source's values, which are the last component of @format, with the layer's corner at
 * (@x, @y) in it.  Beyond its edges it counts as 0. */
static void
multiply_alpha (DfiPatch *patch, DfiGimpDrawable source, const Babl *format, int x, int y)
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
dfi_drawable_limit (const DfiDrawable *drawable, DfiPatch *patch)
{
  size_t          n     = (size_t) patch->height * patch->width;
  DfiGimpDrawable layer = GIMP_DRAWABLE (drawable->layer);
  DfiGimpDrawable mask  = GIMP_DRAWABLE (gimp_layer_get_mask (drawable->layer));

  if (gimp_drawable_has_alpha (layer))
    multiply_alpha (patch, layer, babl_format ("YA float"), 0, 0);
  if (mask != DFI_NO_LAYER && gimp_layer_get_apply_mask (drawable->layer))
    multiply_alpha (patch, mask, babl_format ("Y float"), 0, 0);
  if (! gimp_selection_is_empty (drawable->image))
    multiply_alpha (patch, GIMP_DRAWABLE (gimp_image_get_selection (drawable->image)), babl_format ("Y float"), drawable->x,
                    drawable->y);

  for (size_t i = 0; i < n; i++)
    if (patch->rgba[4 * i + 3] > 0.0f)
      return TRUE;
  return FALSE;
}

/* A layer that is in no image yet, or DFI_NO_LAYER. */
static DfiGimpLayer
patch_layer (const DfiDrawable *drawable, const DfiPatch *patch, const char *name)
{
  gboolean     gray    = gimp_drawable_is_gray (GIMP_DRAWABLE (drawable->layer));
  double       opacity = gimp_layer_get_opacity (drawable->layer);
  DfiGimpLayer layer   = gimp_layer_new (drawable->image, name, patch->width, patch->height,
                                       gray ? GIMP_GRAYA_IMAGE : GIMP_RGBA_IMAGE, opacity, GIMP_LAYER_MODE_NORMAL);
  GeglBuffer  *buffer;

  if (layer == DFI_NO_LAYER)
    return DFI_NO_LAYER;

  buffer = layer_buffer (drawable->image, layer);
  gegl_buffer_set (buffer, NULL, 0, babl_format ("R'G'B'A float"), patch->rgba, GEGL_AUTO_ROWSTRIDE);
  g_object_unref (buffer);

  gimp_layer_set_offsets (layer, drawable->x + patch->x, drawable->y + patch->y);
  /* The patch is to be mixed with the layer as it was made, by R'G'B' values; GIMP would mix light otherwise. */
  gimp_layer_set_composite_space (layer, GIMP_LAYER_COLOR_SPACE_RGB_PERCEPTUAL);
  return layer;
}

/* The group that @layer is in. */
static DfiGimpLayer
layer_group (DfiGimpLayer layer)
{
  DfiGimpLayer group = GIMP_LAYER (gimp_item_get_parent (GIMP_ITEM (layer)));

  return group == DFI_NO_LAYER ? DFI_TOP_LEVEL : group;
}

DfiGimpLayer
dfi_drawable_insert (const DfiDrawable *drawable, const DfiPatch *patch, const char *name, GError **error)
{
  DfiGimpLayer layer    = patch_layer (drawable, patch, name);
  int          position = gimp_image_get_item_position (drawable->image, GIMP_ITEM (drawable->layer));
  gboolean     inserted = FALSE;

  if (layer != DFI_NO_LAYER)
    {
      gimp_image_undo_group_start (drawable->image);
      inserted = gimp_image_insert_layer (drawable->image, layer, layer_group (drawable->layer), position);
      gimp_image_undo_group_end (drawable->image);
    }
  if (inserted)
    return layer;

  if (layer != DFI_NO_LAYER)
    gimp_item_delete (GIMP_ITEM (layer));
  g_set_error (error, DFI_ERROR, DFI_ERROR_MEMORY, _ ("GIMP cannot add the edited face as a layer of %d x %d pixels: %s"),
               patch->width, patch->height, dfi_gimp_last_error ());
  return DFI_NO_LAYER;
}
