/* result-layer.h: an edited face as a layer of GIMP. */

#ifndef DFI_RESULT_LAYER_H
#define DFI_RESULT_LAYER_H

#include "earlier.h"

/**
 * dfi_result_insert:
 * @patch: in place of the layer; changed
 * @name: of the new layer
 * @settings: what was asked for, which the layer keeps; its output is what the patch becomes
 * @earlier: the result that the new layer replaces, if there is one
 * @error: DFI_ERROR_VALUE as dfi_drawable_check() and dfi_result_set_nothing() set it, DFI_ERROR_MEMORY when GIMP cannot make the
 *   layer
 *
 * Adds what the patch changes within the selection as a layer directly above @drawable, in one undo step.  Until then the image
 * is as it was.  Of a layer that covers what is below it, and is not mixed with it, that is the patch.  Of any other the patch
 * would cover what shows through; then it is a copy of the layer with the face changed, or for a mask a group of a copy and the
 * patch, and the layer itself is hidden.
 *
 * Returns: the new layer, or DFI_NO_LAYER
 */
DfiGimpLayer dfi_result_insert (const DfiDrawable      *drawable,
                                DfiPatch               *patch,
                                const char             *name,
                                const DfiApplySettings *settings,
                                const DfiEarlier       *earlier,
                                GError                **error);

/* Gives the layer itself the effect, in the place of the earlier result, in one undo step.  @database is of @settings; errors as
 * of dfi_effect_check() and dfi_effect_add(). */
gboolean dfi_result_add_effect (const DfiDrawable      *drawable,
                                const DfiApplySettings *settings,
                                const DfiDatabase      *database,
                                const DfiEarlier       *earlier,
                                GError                **error);

/* DFI_ERROR_VALUE: the selection or the layer's transparency leaves nothing to change.  Returns FALSE. */
gboolean dfi_result_set_nothing (GError **error);

#endif
