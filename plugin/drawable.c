/* All that is asked of libgimp about layers is here.  Pixels pass through GEGL's buffers, where babl converts them. */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "drawable.h"

#define BAND_ROWS 128 /* that are read at a time: a row of the tiles that GIMP sends */

#define EYES_PARASITE "dfi-eyes" /* the image's width and height, and x1, y1, x2, y2, with spaces between them */

gboolean
dfi_drawable_init (DfiDrawable *drawable, DfiGimpImage image, DfiGimpDrawable layer, GError **error)
{
  const char *wrong = NULL;

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

gboolean
dfi_drawable_meets_selection (const DfiDrawable *drawable, const GeglRectangle *part)
{
  GeglRectangle selected;

  return gimp_drawable_mask_intersect (GIMP_DRAWABLE (drawable->layer), &selected.x, &selected.y, &selected.width,
                                       &selected.height) &&
         gegl_rectangle_intersect (NULL, &selected, part);
}

/* @source's buffer with the image's colour space, which GIMP 3 gives by itself.  A profile that babl cannot use (of tables
 * instead of curves) is taken for sRGB. */
static GeglBuffer *
buffer_of (const DfiDrawable *drawable, DfiGimpDrawable source)
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

/* Called with @n_rows rows of floats, of which the first is number @row of what is read. */
typedef void (*BandFunc) (const float *pixels, int row, int n_rows, gpointer data);

/* Reads @part of @source, which is the layer, its mask or the selection, as it is at @zoom.  GIMP ends a plug-in that reads what has
 * been deleted meanwhile; so the layer is looked after between the bands. */
static gboolean
read_bands (const DfiDrawable   *drawable,
            DfiGimpDrawable      source,
            const GeglRectangle *part,
            double               zoom,
            const Babl          *format,
            BandFunc             func,
            gpointer             data,
            GError             **error)
{
  int    n      = MIN (BAND_ROWS, part->height);
  float *pixels = dfi_try_alloc ((size_t) n * part->width, babl_format_get_bytes_per_pixel (format), error);
  int    row    = 0;

  while (pixels && row < part->height && dfi_drawable_check (drawable, error))
    {
      GeglRectangle band   = { part->x, part->y + row, part->width, MIN (n, part->height - row) };
      GeglBuffer   *buffer = buffer_of (drawable, source);

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

  return read_bands (drawable, GIMP_DRAWABLE (drawable->layer), &part, 1.0, babl_format ("R'G'B' float"), store_rows,
                     &(Rows){ image, y }, error);
}

DfiImage *
dfi_drawable_fetch (const DfiDrawable *drawable, const GeglRectangle *part, double zoom, GError **error)
{
  DfiImage *image = dfi_image_new (part->width, part->height, error);

  if (image && ! read_bands (drawable, GIMP_DRAWABLE (drawable->layer), part, zoom, babl_format ("R'G'B' float"), store_rows,
                             &(Rows){ image, 0 }, error))
    g_clear_pointer (&image, dfi_image_free);
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

/* A patch whose alpha is multiplied by what is read, the last of @n components. */
typedef struct
{
  DfiPatch *patch;
  int       n;
} Limit;

static void
multiply_rows (const float *values, int row, int n_rows, gpointer data)
{
  const Limit    *limit = data;
  const DfiPatch *patch = limit->patch;
  float          *rgba  = patch->rgba + 4 * (size_t) row * patch->width;

  for (size_t i = 0; i < (size_t) n_rows * patch->width; i++)
    rgba[4 * i + 3] *= values[limit->n * i + limit->n - 1];
}

/* Multiplies the patch's alpha by @source's values, which are the last component of @format, with the layer's corner at (@x, @y)
 * in it.  Beyond its edges it counts as 0. */
static gboolean
multiply_alpha (const DfiDrawable *drawable,
                DfiPatch          *patch,
                DfiGimpDrawable    source,
                const Babl        *format,
                int                x,
                int                y,
                GError           **error)
{
  const GeglRectangle place = { x + patch->x, y + patch->y, patch->width, patch->height };
  Limit               limit = { patch, babl_format_get_n_components (format) };

  return read_bands (drawable, source, &place, 1.0, format, multiply_rows, &limit, error);
}

static gboolean
visible (const DfiPatch *patch)
{
  for (size_t i = 0; i < (size_t) patch->height * patch->width; i++)
    if (patch->rgba[4 * i + 3] > 0.0f)
      return TRUE;
  return FALSE;
}

gboolean
dfi_drawable_set_nothing_left (GError **error)
{
  g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                       _ ("Nothing would change: the selection does not meet the face, or the layer is transparent there."));
  return FALSE;
}

/* By the layer's mask, when it has one that hides something. */
static gboolean
limit_by_mask (const DfiDrawable *drawable, DfiPatch *patch, GError **error)
{
  DfiGimpDrawable mask = GIMP_DRAWABLE (gimp_layer_get_mask (drawable->layer));

  return mask == DFI_NO_LAYER || ! gimp_layer_get_apply_mask (drawable->layer) ||
         multiply_alpha (drawable, patch, mask, babl_format ("Y float"), 0, 0, error);
}

gboolean
dfi_drawable_limit (const DfiDrawable *drawable, DfiPatch *patch, GError **error)
{
  DfiGimpDrawable layer = GIMP_DRAWABLE (drawable->layer);

  if (! dfi_drawable_check (drawable, error))
    return FALSE;
  if (gimp_drawable_has_alpha (layer) && ! multiply_alpha (drawable, patch, layer, babl_format ("YA float"), 0, 0, error))
    return FALSE;
  if (! limit_by_mask (drawable, patch, error))
    return FALSE;
  if (! gimp_selection_is_empty (drawable->image) &&
      ! multiply_alpha (drawable, patch, GIMP_DRAWABLE (gimp_image_get_selection (drawable->image)), babl_format ("Y float"),
                        drawable->x, drawable->y, error))
    return FALSE;
  return visible (patch) || dfi_drawable_set_nothing_left (error);
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

  buffer = buffer_of (drawable, GIMP_DRAWABLE (layer));
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
  DfiGimpLayer layer;
  int          position;
  gboolean     inserted = FALSE;

  if (! dfi_drawable_check (drawable, error))
    return DFI_NO_LAYER;

  layer = patch_layer (drawable, patch, name);
  if (layer != DFI_NO_LAYER)
    {
      position = gimp_image_get_item_position (drawable->image, GIMP_ITEM (drawable->layer));
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
