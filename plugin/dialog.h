/* dialog.h: the window in which a person says what is to be changed, and sees it. */

#ifndef DFI_DIALOG_H
#define DFI_DIALOG_H

#include "apply.h"

/**
 * dfi_dialog_run:
 * @source: is prepared then (layer-pixels.h)
 * @settings: (inout): what the window shows at first, and what was chosen; not to be used after an error
 * @prepared: (out): what the window has loaded and found, for the edit
 * @earlier: (inout): the result that @source and @settings came from, if there is one; is looked after then
 * @error: DFI_ERROR_CANCELLED when the window is closed otherwise than by OK; DFI_ERROR_VALUE when there is no display
 *
 * What goes wrong meanwhile is said in the window.
 */
gboolean
dfi_dialog_run (DfiDrawable *source, DfiApplySettings *settings, DfiPrepared *prepared, DfiEarlier *earlier, GError **error);

#endif
