#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "drawable.h"

#define EYES_PARASITE "dfi-eyes" /* the image's width and height, and x1, y1, x2, y2, with spaces between them */

gboolean
dfi_drawable_init (DfiDrawable *drawable, DfiGimpImage image, DfiGimpDrawable layer, GError **error)
{
  const char *wrong = NULL;

  if (gimp_item_is_layer_mask (GIMP_ITEM (layer))) /* one that is active: its layer is meant */
    layer = GIMP_DRAWABLE (gimp_layer_from_mask (GIMP_LAYER_MASK (layer)));

  if (! GIMP_IS_LAYER (layer))
    wrong = _ ("Deep Feature Interpolation edits layers, not channels or masks; choose a layer first.");
  else if (gimp_item_get_image (GIMP_ITEM (layer)) != image)
    wrong = _ ("The layer belongs to another image than the one that was given; give a layer of that image.");
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

void
dfi_drawable_clear (DfiDrawable *drawable)
{
  g_clear_object (&drawable->looks);
}

gboolean
dfi_drawable_check (const DfiDrawable *drawable, GError **error)
{
  DfiGimpDrawable layer = GIMP_DRAWABLE (drawable->layer);
  const char     *wrong = NULL;
  int             x, y;

  if (! gimp_image_is_valid (drawable->image) || ! gimp_item_is_valid (GIMP_ITEM (drawable->layer)))
    wrong = _ ("The layer is not there any more: it was deleted, or its image was closed. Call Deep Feature Interpolation again "
               "on another one.");
  else if (! gimp_drawable_get_offsets (layer, &x, &y) || x != drawable->x || y != drawable->y ||
           gimp_drawable_get_width (layer) != drawable->width || gimp_drawable_get_height (layer) != drawable->height ||
           gimp_drawable_is_indexed (layer))
    wrong = _ ("The layer has been moved, resized or made indexed meanwhile. Call Deep Feature Interpolation again.");

  if (wrong)
    g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE, wrong);
  return ! wrong;
}

GeglRectangle
dfi_drawable_selected (const DfiDrawable *drawable)
{
  GeglRectangle part = { 0, 0, 0, 0 };

  if (! gimp_drawable_mask_intersect (GIMP_DRAWABLE (drawable->layer), &part.x, &part.y, &part.width, &part.height))
    part.width = part.height = 0;
  return part;
}

GeglRectangle
dfi_drawable_searched (const DfiDrawable *drawable)
{
  return drawable->searched.width > 0 ? drawable->searched : dfi_drawable_selected (drawable);
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
