/* apply.h: an edit of a face in a layer of GIMP. */

#ifndef DFI_APPLY_H
#define DFI_APPLY_H

#include "earlier.h"

/* What an edit needs and takes time to get: what is NULL is got when it is needed.  Free what it holds with
 * dfi_prepared_clear(). */
typedef struct
{
  DfiEditor *editor; /* of the settings' files */
  DfiFace   *faces;  /* (n_faces), in place of the layer: those that are found and that the selection meets */
  int        n_faces;
} DfiPrepared;

void dfi_prepared_clear (DfiPrepared *prepared);

/**
 * dfi_apply:
 * @source: not changed
 * @prepared: (inout): also holds then what it lacked
 * @earlier: the result that is replaced, if there is one
 * @progress: (nullable): called with @data
 * @error: DFI_ERROR_VALUE also when the selection or the layer's transparency leaves nothing to change
 *
 * Edits the face and adds the result as a layer directly above @source, or as its effect.  Until that last step, and after an
 * error, the image is as it was.
 *
 * Returns: the new layer, or the one that has the effect; or DFI_NO_LAYER
 */
DfiGimpLayer dfi_apply (const DfiDrawable      *source,
                        const DfiApplySettings *settings,
                        DfiPrepared            *prepared,
                        const DfiEarlier       *earlier,
                        DfiProgressFunc         progress,
                        gpointer                data,
                        GError                **error);

/* The face with these eyes, which are in pixels of the image, in place of the layer.  DFI_ERROR_VALUE when they lie outside the
 * layer, or as dfi_face_from_eyes() sets it. */
gboolean dfi_apply_face_from_eyes (const DfiDrawable *source, const double image_eyes[4], DfiFace *face, GError **error);

#endif
