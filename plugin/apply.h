/* apply.h: an edit of a face in a layer of GIMP. */

#ifndef DFI_APPLY_H
#define DFI_APPLY_H

#include "drawable.h"
#include "settings.h"

/**
 * dfi_apply:
 * @source: not changed
 * @progress: (nullable): called with @data
 * @error: DFI_ERROR_VALUE also when the selection or the layer's transparency leaves nothing to change
 *
 * Edits the face and adds the result as a layer directly above @source.  Until that last step, and after an error, the image
 * is as it was.
 *
 * Returns: the new layer, or DFI_NO_LAYER
 */
DfiGimpLayer dfi_apply (const DfiDrawable       *source,
                        const DfiApplySettings  *settings,
                        DfiProgressFunc          progress,
                        gpointer                 data,
                        GError                 **error);

/* The faces of the layer that the selection meets, in its pixels, the largest first: the ones that the settings number.  Errors as
 * dfi_face_finder_find() and dfi_image_new() set them.  Free with g_free(). */
DfiFace    * dfi_apply_find_faces (const DfiDrawable  *source,
                                   DfiProgressFunc     progress,   /* or NULL */
                                   gpointer            data,
                                   int                *n_faces,
                                   GError            **error);

#endif
