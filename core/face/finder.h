/* finder.h: where the faces of a photograph are, as networks find them. */

#ifndef DFI_FINDER_H
#define DFI_FINDER_H

#include "base/error.h"
#include "picture/face.h"
#include "picture/image.h"

typedef struct _DfiFaceFinder DfiFaceFinder; /* the networks; never changes after load, so threads may share it */

/**
 * dfi_face_finder_new:
 * @weights: (nullable): file of kind `face`; NULL takes the bundled one
 * @error: DFI_ERROR_IO, _FORMAT or _MEMORY
 *
 * Returns: (transfer full) (nullable): free with dfi_face_finder_free()
 */
DfiFaceFinder *dfi_face_finder_new (const char *weights, GError **error);
void           dfi_face_finder_free (DfiFaceFinder *finder); /* NULL is fine */

/**
 * dfi_face_finder_search:
 * @photo: of a large one, parts are looked at
 * @progress: (nullable): asked every few hundredths of a second
 * @n_faces: (out): at least 1, or 0 when NULL is returned
 * @error: DFI_ERROR_CANCELLED; DFI_ERROR_NO_FACE; DFI_ERROR_VALUE when a pixel is not finite; DFI_ERROR_MEMORY; what the
 *         photograph's part() sets
 *
 * Finds faces turned by up to 45 degrees in the plane, partly outside the photograph too, that are 40 pixels high and at least
 * a twenty-fifth of the photograph's longer side, or a fortieth where that side has no more than 2048 pixels; of smaller ones
 * only some, unless there are no others.  Turned and dark ones are looked for when there are no others: such as stand on a
 * side or on their head, too.
 *
 * Returns: (transfer full) (nullable): (@n_faces), the largest first; free with g_free()
 */
DfiFace *dfi_face_finder_search (const DfiFaceFinder  *finder,
                                 const DfiPixelSource *photo,
                                 DfiProgressFunc       progress,
                                 gpointer              progress_data,
                                 int                  *n_faces,
                                 GError              **error);

/* The same in a photograph that is in memory. */
DfiFace *dfi_face_finder_find (const DfiFaceFinder *finder,
                               const DfiImage      *photo,
                               DfiProgressFunc      progress,
                               gpointer             progress_data,
                               int                 *n_faces,
                               GError             **error);

#endif
