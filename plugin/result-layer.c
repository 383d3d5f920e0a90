#include "config.h"

#include <glib/gi18n-lib.h>

#include "effect.h"
#include "layer-pixels.h"
#include "result-layer.h"

#define COVERED (1.0f / 512.0f) /* half a step of 8 bits: what a patch may change below the layer without being seen */

/* Values of the patch's pixels that are multiplied by what is read, the last of @n components. */
typedef struct
{
  float *values; /* (height, width), @stride floats apart */
  int    stride;
  int    width;
  int    n;
} Factor;

static void
multiply_rows (const float *read, int row, int n_rows, gpointer data)
{
  const Factor *factor = data;
  float        *value  = factor->values + (size_t) row * factor->width * factor->stride;

  for (size_t i = 0; i < (size_t) n_rows * factor->width; i++)
    value[i * factor->stride] *= read[factor->n * i + factor->n - 1];
}

/* By @source's values, which are the last component of @format, with the layer's corner at (@x, @y) in it.  Beyond its edges it
 * counts as 0. */
static gboolean
multiply (const DfiDrawable *drawable,
          const DfiPatch    *patch,
          float             *values,
          int                stride,
          DfiGimpDrawable    source,
          const Babl        *format,
          int                x,
          int                y,
          GError           **error)
{
  const GeglRectangle place  = { x + patch->x, y + patch->y, patch->width, patch->height };
  Factor              factor = { values, stride, patch->width, babl_format_get_n_components (format) };

  return dfi_drawable_read (drawable, source, &place, 1.0, format, multiply_rows, &factor, error);
}

/* Multiplies the patch's alpha by the selection. */
static gboolean
select_patch (const DfiDrawable *drawable, DfiPatch *patch, GError **error)
{
  return gimp_selection_is_empty (drawable->image) ||
         multiply (drawable, patch, patch->rgba + 3, 4, GIMP_DRAWABLE (gimp_image_get_selection (drawable->image)),
                   babl_format ("Y float"), drawable->x, drawable->y, error);
}

/* How much the layer covers where the patch is, 0..1: its alpha times its mask, without its opacity. Free with g_free(). */
static float *
layer_cover (const DfiDrawable *drawable, const DfiPatch *patch, GError **error)
{
  size_t          n     = (size_t) patch->height * patch->width;
  float          *cover = dfi_try_alloc (n, sizeof *cover, error);
  DfiGimpDrawable layer = GIMP_DRAWABLE (drawable->layer);
  DfiGimpDrawable mask;

  if (! cover || ! dfi_drawable_check (drawable, error))
    {
      g_free (cover);
      return NULL;
    }

  for (size_t i = 0; i < n; i++)
    cover[i] = 1.0f;
  mask = GIMP_DRAWABLE (gimp_layer_get_mask (drawable->layer));
  if ((gimp_drawable_has_alpha (layer) && ! multiply (drawable, patch, cover, 1, layer, babl_format ("YA float"), 0, 0, error)) ||
      (mask != DFI_NO_LAYER && gimp_layer_get_apply_mask (drawable->layer) &&
       ! multiply (drawable, patch, cover, 1, mask, babl_format ("Y float"), 0, 0, error)))
    g_clear_pointer (&cover, g_free);
  return cover;
}

gboolean
dfi_result_set_nothing (GError **error)
{
  g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                       _ ("Nothing would change: the selection does not meet the face, or the layer is transparent there."));
  return FALSE;
}

/* Whether something can be seen of the patch. */
static gboolean
visible (const DfiPatch *patch, const float *cover, GError **error)
{
  for (size_t i = 0; i < (size_t) patch->height * patch->width; i++)
    if (patch->rgba[4 * i + 3] * cover[i] > 0.0f)
      return TRUE;
  return dfi_result_set_nothing (error);
}

/* Whether the patch laid over the layer looks as if the layer itself were changed. */
static gboolean
patch_suffices (const DfiDrawable *drawable, const DfiPatch *patch, const float *cover)
{
  GimpLayerMode mode = gimp_layer_get_mode (drawable->layer);

  if ((mode != GIMP_LAYER_MODE_NORMAL && mode != GIMP_LAYER_MODE_NORMAL_LEGACY && mode != GIMP_LAYER_MODE_PASS_THROUGH) ||
      gimp_layer_get_opacity (drawable->layer) < 100.0)
    return FALSE;

  for (size_t i = 0; i < (size_t) patch->height * patch->width; i++)
    if (patch->rgba[4 * i + 3] * cover[i] * (1.0f - cover[i]) > COVERED)
      return FALSE;
  return TRUE;
}

/* ---------- the patch as a layer ---------- */

/* A layer of the source's kind that is in no image yet, or DFI_NO_LAYER. */
static DfiGimpLayer
new_layer (const DfiDrawable *drawable, const char *name, int width, int height)
{
  gboolean gray = gimp_drawable_is_gray (GIMP_DRAWABLE (drawable->layer));

  return gimp_layer_new (drawable->image, name, width, height, gray ? GIMP_GRAYA_IMAGE : GIMP_RGBA_IMAGE, 100.0,
                         GIMP_LAYER_MODE_NORMAL);
}

static DfiGimpLayer
patch_layer (const DfiDrawable *drawable, const DfiPatch *patch, const char *name)
{
  DfiGimpLayer layer = new_layer (drawable, name, patch->width, patch->height);
  GeglBuffer  *buffer;

  if (layer == DFI_NO_LAYER)
    return DFI_NO_LAYER;

  buffer = dfi_drawable_buffer (drawable, GIMP_DRAWABLE (layer));
  gegl_buffer_set (buffer, NULL, 0, babl_format ("R'G'B'A float"), patch->rgba, GEGL_AUTO_ROWSTRIDE);
  g_object_unref (buffer);

  gimp_layer_set_offsets (layer, drawable->x + patch->x, drawable->y + patch->y);
  /* The patch is to be mixed with the layer as it was made, by R'G'B' values; GIMP would mix light otherwise. */
  gimp_layer_set_composite_space (layer, GIMP_LAYER_COLOR_SPACE_RGB_PERCEPTUAL);
  return layer;
}

/* Over a source that suffices; so nothing of the patch is to be seen where the source is transparent. */
static DfiGimpLayer
covering_layer (const DfiDrawable *drawable, DfiPatch *patch, const float *cover, const char *name)
{
  DfiGimpLayer layer;

  for (size_t i = 0; i < (size_t) patch->height * patch->width; i++)
    patch->rgba[4 * i + 3] *= cover[i];
  layer = patch_layer (drawable, patch, name);
  if (layer != DFI_NO_LAYER)
    gimp_item_set_visible (GIMP_ITEM (layer), gimp_item_get_visible (GIMP_ITEM (drawable->layer)));
  return layer;
}

/* ---------- the changed layer ---------- */

/* The patch becomes what the layer's pixels are to be. */
static void
mix_rows (const float *read, int row, int n_rows, gpointer data)
{
  const DfiPatch *patch = data;
  float          *rgba  = patch->rgba + 4 * (size_t) row * patch->width;

  for (size_t i = 0; i < (size_t) n_rows * patch->width; i++, rgba += 4, read += 4)
    {
      for (int c = 0; c < 3; c++)
        rgba[c] = read[c] + rgba[3] * (rgba[c] - read[c]);
      rgba[3] = read[3];
    }
}

/* Gives @layer a mask like the source's, if that has one. */
static void
copy_mask (const DfiDrawable *drawable, DfiGimpLayer layer)
{
  DfiGimpMask mask = gimp_layer_get_mask (drawable->layer);
  DfiGimpMask copy;
  GeglBuffer *from, *to;

  if (mask == DFI_NO_MASK)
    return;
  copy = gimp_layer_create_mask (layer, GIMP_ADD_MASK_WHITE);
  gimp_layer_add_mask (layer, copy);
  gimp_layer_set_apply_mask (layer, gimp_layer_get_apply_mask (drawable->layer));
  from = gimp_drawable_get_buffer (GIMP_DRAWABLE (mask));
  to   = gimp_drawable_get_buffer (GIMP_DRAWABLE (copy));
  gegl_buffer_copy (from, NULL, GEGL_ABYSS_NONE, to, NULL);
  g_object_unref (to);
  g_object_unref (from);
}

/* A layer with the source's pixels and effects. */
static DfiGimpLayer
bare_copy (const DfiDrawable *drawable, const char *name)
{
  DfiGimpLayer layer = new_layer (drawable, name, drawable->width, drawable->height);
  GeglBuffer  *buffer;

  if (layer == DFI_NO_LAYER)
    return DFI_NO_LAYER;

  gimp_layer_set_offsets (layer, drawable->x, drawable->y);
  buffer = dfi_drawable_buffer (drawable, GIMP_DRAWABLE (layer));
  gegl_buffer_copy (drawable->looks, NULL, GEGL_ABYSS_NONE, buffer, NULL);
  g_object_unref (buffer);
  return layer;
}

/* Mixes @layer with what is below it as the source is. */
static void
mix_alike (const DfiDrawable *drawable, DfiGimpLayer layer)
{
  DfiGimpLayer  source = drawable->layer;
  GimpLayerMode mode   = gimp_layer_get_mode (source);

  gimp_layer_set_mode (layer, mode == GIMP_LAYER_MODE_PASS_THROUGH ? GIMP_LAYER_MODE_NORMAL : mode);
  gimp_layer_set_opacity (layer, gimp_layer_get_opacity (source));
  gimp_layer_set_blend_space (layer, gimp_layer_get_blend_space (source));
  gimp_layer_set_composite_space (layer, gimp_layer_get_composite_space (source));
  gimp_layer_set_composite_mode (layer, gimp_layer_get_composite_mode (source));
  gimp_item_set_visible (GIMP_ITEM (layer), gimp_item_get_visible (GIMP_ITEM (source)));
}

/* A layer that looks like the group, with its mask: nothing can be drawn on a copy of a group. */
static DfiGimpLayer
flat_group (const DfiDrawable *drawable)
{
  DfiGimpLayer layer = bare_copy (drawable, "");

  if (layer != DFI_NO_LAYER)
    {
      mix_alike (drawable, layer);
      copy_mask (drawable, layer);
    }
  return layer;
}

/* A copy of the layer with the face changed, which is in no image yet, or DFI_NO_LAYER. */
static DfiGimpLayer
changed_layer (const DfiDrawable *drawable, DfiPatch *patch, const char *name, GError **error)
{
  const GeglRectangle part = { patch->x, patch->y, patch->width, patch->height };
  DfiGimpLayer        layer;
  GeglBuffer         *buffer;

  if (! dfi_drawable_read (drawable, GIMP_DRAWABLE (drawable->layer), &part, 1.0, babl_format ("R'G'B'A float"), mix_rows, patch,
                           error))
    return DFI_NO_LAYER;

  layer = gimp_item_is_group (GIMP_ITEM (drawable->layer)) ? flat_group (drawable) : gimp_layer_copy (drawable->layer);
  if (layer == DFI_NO_LAYER)
    return DFI_NO_LAYER;

  gimp_item_set_name (GIMP_ITEM (layer), name);
  gimp_item_set_lock_content (GIMP_ITEM (layer), FALSE);
  if (drawable->bare)
    dfi_effect_remove (layer);
  dfi_merge_effects (layer); /* which are in the patch, too */
  buffer = dfi_drawable_buffer (drawable, GIMP_DRAWABLE (layer));
  gegl_buffer_set (buffer, &part, 0, babl_format ("R'G'B'A float"), patch->rgba, GEGL_AUTO_ROWSTRIDE);
  g_object_unref (buffer);
  return layer;
}

/* ---------- into the image ---------- */

/* The group that @layer is in. */
static DfiGimpLayer
layer_group (DfiGimpLayer layer)
{
  DfiGimpLayer group = GIMP_LAYER (gimp_item_get_parent (GIMP_ITEM (layer)));

  return group == DFI_NO_LAYER ? DFI_TOP_LEVEL : group;
}

/* What a new layer is to be. */
typedef struct
{
  const char             *name;
  const DfiApplySettings *settings;
  const DfiEarlier       *earlier;        /* that it replaces */
  gboolean                instead;        /* of the source, which is hidden, not over it */
  DfiGimpLayer            bottom, masked; /* what goes into it, when it is a group; or DFI_NO_LAYER */
} Order;

static void
delete_layer (DfiGimpLayer layer)
{
  if (layer != DFI_NO_LAYER && gimp_item_is_valid (GIMP_ITEM (layer)))
    gimp_item_delete (GIMP_ITEM (layer));
}

/* A group that is mixed with what is below it as the source is; in it a copy of that, and over this the patch, which is to have
 * the mask: a mask of the copy would hide all of the source but the face. */
static DfiGimpLayer
masked_group (const DfiDrawable *drawable, const DfiPatch *patch, Order *order)
{
  char        *name  = gimp_item_get_name (GIMP_ITEM (drawable->layer));
  DfiGimpLayer group = dfi_new_group (drawable->image);

  order->bottom = bare_copy (drawable, name);
  order->masked = patch_layer (drawable, patch, order->name);
  g_free (name);
  if (group == DFI_NO_LAYER || order->bottom == DFI_NO_LAYER || order->masked == DFI_NO_LAYER)
    {
      delete_layer (group);
      return DFI_NO_LAYER;
    }

  gimp_item_set_name (GIMP_ITEM (group), order->name);
  mix_alike (drawable, group);
  gimp_layer_set_composite_mode (order->masked, GIMP_LAYER_COMPOSITE_CLIP_TO_BACKDROP);
  return group;
}

static DfiGimpLayer
make_layer (const DfiDrawable *drawable, DfiPatch *patch, const float *cover, Order *order, GError **error)
{
  if (! order->instead)
    {
      order->masked = covering_layer (drawable, patch, cover, order->name);
      return order->masked;
    }
  return order->settings->output == DFI_OUTPUT_MASK ? masked_group (drawable, patch, order)
                                                    : changed_layer (drawable, patch, order->name, error);
}

/* Fills @layer, when it is a group, and turns transparency into a mask, when that is wanted. */
static void
finish (const DfiDrawable *drawable, DfiGimpLayer layer, const Order *order)
{
  if (order->bottom != DFI_NO_LAYER)
    {
      gimp_image_insert_layer (drawable->image, order->bottom, layer, 0);
      gimp_image_insert_layer (drawable->image, order->masked, layer, 0);
      copy_mask (drawable, layer);
    }
  if (order->masked != DFI_NO_LAYER && order->settings->output == DFI_OUTPUT_MASK)
    gimp_layer_add_mask (order->masked, gimp_layer_create_mask (order->masked, GIMP_ADD_MASK_ALPHA_TRANSFER));
}

/* Puts @layer directly above the source, or where the earlier result is, in one undo step. */
static gboolean
insert (const DfiDrawable *drawable, DfiGimpLayer layer, const Order *order)
{
  DfiGimpLayer place    = dfi_earlier_is_layer (order->earlier) ? order->earlier->layer : drawable->layer;
  int          position = gimp_image_get_item_position (drawable->image, GIMP_ITEM (place));
  gboolean     inserted;

  gimp_image_undo_group_start (drawable->image);
  inserted = gimp_image_insert_layer (drawable->image, layer, layer_group (place), position);
  if (inserted)
    {
      finish (drawable, layer, order);
      if (order->instead)
        gimp_item_set_visible (GIMP_ITEM (drawable->layer), FALSE);
      dfi_earlier_replace (order->earlier, drawable, layer, order->name, order->instead);
      dfi_earlier_keep (drawable, layer, order->name, order->settings, order->instead);
    }
  gimp_image_undo_group_end (drawable->image);
  return inserted;
}

static DfiGimpLayer
make_and_insert (const DfiDrawable *drawable, DfiPatch *patch, const float *cover, Order *order, GError **error)
{
  GError      *wrong = NULL;
  DfiGimpLayer layer;

  order->instead = ! patch_suffices (drawable, patch, cover);
  layer          = make_layer (drawable, patch, cover, order, &wrong);
  if (wrong)
    g_propagate_error (error, wrong);
  else if (dfi_drawable_check (drawable, error))
    {
      if (layer != DFI_NO_LAYER && insert (drawable, layer, order))
        return layer;
      g_set_error (error, DFI_ERROR, DFI_ERROR_MEMORY, _ ("GIMP cannot add the edited face as a layer of %d x %d pixels: %s"),
                   order->instead ? drawable->width : patch->width, order->instead ? drawable->height : patch->height,
                   dfi_gimp_last_error ());
    }

  delete_layer (layer);
  delete_layer (order->bottom);
  delete_layer (order->masked);
  return DFI_NO_LAYER;
}

DfiGimpLayer
dfi_result_insert (const DfiDrawable      *drawable,
                   DfiPatch               *patch,
                   const char             *name,
                   const DfiApplySettings *settings,
                   const DfiEarlier       *earlier,
                   GError                **error)
{
  Order        order = { .name = name, .settings = settings, .earlier = earlier, .bottom = DFI_NO_LAYER, .masked = DFI_NO_LAYER };
  float       *cover = select_patch (drawable, patch, error) ? layer_cover (drawable, patch, error) : NULL;
  DfiGimpLayer layer = DFI_NO_LAYER;

  if (cover && visible (patch, cover, error))
    layer = make_and_insert (drawable, patch, cover, &order, error);
  g_free (cover);
  return layer;
}

gboolean
dfi_result_add_effect (const DfiDrawable      *drawable,
                       const DfiApplySettings *settings,
                       const DfiDatabase      *database,
                       const DfiEarlier       *earlier,
                       GError                **error)
{
  gboolean added;

  if (! dfi_effect_check (drawable, error))
    return FALSE;
  gimp_image_undo_group_start (drawable->image);
  added = dfi_effect_add (drawable, settings, database, earlier->effect, error);
  if (added)
    dfi_earlier_give_way (earlier, drawable);
  gimp_image_undo_group_end (drawable->image);
  return added;
}
