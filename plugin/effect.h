/* effect.h: an edit as an effect of the layer itself, which GIMP 3 keeps and lets people edit: the operation dfi:edit-face
 * (gegl/edit-face.c).  effect-3.c has it; GIMP 2.10 has none, and effect-2.c says so. */

#ifndef DFI_EFFECT_H
#define DFI_EFFECT_H

#include "drawable.h"
#include "settings.h"

/* Whether @source can have the effect now.  DFI_ERROR_VALUE says why not, and what to do. */
gboolean dfi_effect_check (const DfiDrawable *source, GError **error);

/* Whether the topmost effect of @layer is an edit of faces. */
gboolean dfi_effect_exists (DfiGimpLayer layer);

/* Sets @settings to what that effect is asked for. */
void dfi_effect_recall (const DfiDrawable *source, DfiApplySettings *settings);

/* Takes that effect away, if it is there; with undo. */
void dfi_effect_remove (DfiGimpLayer layer);

/**
 * dfi_effect_add:
 * @database: of @settings
 * @instead: of the topmost effect, which is an edit of faces and goes: the new one is as opaque as that, and so on
 * @error: DFI_ERROR_VALUE with what GIMP says
 *
 * Adds the effect on top of others; with undo.
 */
gboolean dfi_effect_add (const DfiDrawable      *source,
                         const DfiApplySettings *settings,
                         const DfiDatabase      *database,
                         gboolean                instead,
                         GError                **error);

#endif
