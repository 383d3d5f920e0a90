/* face-effect.h: what an instance of the operation was asked last, and what came of it. */

#ifndef DFI_FACE_EFFECT_H
#define DFI_FACE_EFFECT_H

#include <gegl.h>

#include "dfi.h"
#include "settings.h"

typedef struct _DfiFaceEffect DfiFaceEffect;

/* Called on the main loop with @data: @painted when a draft has been given, and what is more urgent is done; @refined when its
 * real result is there.  Neither comes after dfi_face_effect_free(), which the main loop's thread is to call where drafts are
 * made. */
DfiFaceEffect *dfi_face_effect_new (GSourceFunc painted, GSourceFunc refined, gpointer data);
void           dfi_face_effect_free (DfiFaceEffect *effect); /* NULL is fine */

/**
 * dfi_face_effect_render:
 * @whole: part of @input that is the photograph
 * @settings: eyes in place of @input; nothing to change is fine
 * @may_draft: a result of DFI_QUALITY_PREVIEW will do for now; a thread makes the rest, which the next call after its end gives
 * @patch: (out) (nullable) (transfer none): in place of @whole's corner, until the next call; NULL: the input is not changed
 * @error: (out): as of dfi_editor_new(), dfi_requests_parse(), dfi_face_finder_find() and dfi_edit()
 *
 * Computes only when something differs from the last time.  Not for two threads at once.
 *
 * Returns: FALSE with @error set, anew each time
 */
gboolean dfi_face_effect_render (DfiFaceEffect          *effect,
                                 GeglBuffer             *input,
                                 const GeglRectangle    *whole,
                                 const DfiApplySettings *settings,
                                 gboolean                may_draft,
                                 const DfiPatch        **patch,
                                 GError                **error);

#endif
