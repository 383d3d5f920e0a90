/* gimp-compat.h: libgimp of either generation.  Code is written as for GIMP 3, where layers and images are objects; for
 * libgimp 2.10, where they are numbers, the casts do nothing and the names are the older ones. */

#ifndef DFI_GIMP_COMPAT_H
#define DFI_GIMP_COMPAT_H

#include <libgimp/gimp.h>

#if GIMP_CHECK_VERSION(2, 99, 0)

typedef GimpImage     *DfiGimpImage;
typedef GimpLayer     *DfiGimpLayer;
typedef GimpDrawable  *DfiGimpDrawable;
typedef GimpLayerMask *DfiGimpMask;

#define DFI_NO_LAYER  NULL
#define DFI_NO_MASK   NULL
#define DFI_NO_ITEM   NULL
#define DFI_TOP_LEVEL NULL /* parent of a layer that is in no group */

#define dfi_new_group(image) GIMP_LAYER (gimp_group_layer_new (image, NULL))

#define dfi_n_outputs 3 /* kinds of results that this GIMP has, see DfiOutput */

#define dfi_keep_errors()                gimp_plug_in_set_pdb_error_handler (gimp_get_plug_in (), GIMP_PDB_ERROR_HANDLER_PLUGIN)
#define dfi_merge_effects(layer)         gimp_drawable_merge_filters (GIMP_DRAWABLE (layer))
#define dfi_gimp_last_error()            gimp_pdb_get_last_error (gimp_get_pdb ())
#define dfi_gimp_parasite_text(parasite) ((const char *) gimp_parasite_get_data (parasite, NULL))

static inline gboolean
dfi_has_effects (DfiGimpLayer layer)
{
  GimpDrawableFilter **effects = gimp_drawable_get_filters (GIMP_DRAWABLE (layer));
  gboolean             has     = effects && effects[0];

  g_free (effects);
  return has;
}

#else

typedef gint32 DfiGimpImage;
typedef gint32 DfiGimpLayer;
typedef gint32 DfiGimpDrawable;
typedef gint32 DfiGimpMask;

#define DFI_NO_LAYER  (-1)
#define DFI_NO_MASK   (-1)
#define DFI_NO_ITEM   (-1)
#define DFI_TOP_LEVEL 0

#define dfi_new_group gimp_layer_group_new
#define dfi_n_outputs 2

#define GIMP_DRAWABLE(id)         (id)
#define GIMP_ITEM(id)             (id)
#define GIMP_LAYER(id)            (id)
#define GIMP_LAYER_MASK(id)       (id)
#define GIMP_IS_LAYER             gimp_item_is_layer
#define gimp_drawable_get_width   gimp_drawable_width
#define gimp_drawable_get_height  gimp_drawable_height
#define gimp_drawable_get_offsets gimp_drawable_offsets
#define gimp_image_get_width      gimp_image_width
#define gimp_image_get_height     gimp_image_height

#define dfi_keep_errors()                gimp_plugin_set_pdb_error_handler (GIMP_PDB_ERROR_HANDLER_PLUGIN)
#define dfi_merge_effects(layer)         /* there are none */
#define dfi_has_effects(layer)           FALSE
#define dfi_gimp_last_error()            gimp_get_pdb_error ()
#define dfi_gimp_parasite_text(parasite) ((const char *) gimp_parasite_data (parasite))

#endif

#endif
