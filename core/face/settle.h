/* settle.h: which of the candidates are faces, and where their landmarks are.
 *
 * A candidate's landmarks are found in the detector's box first, then in a square that is laid level on them, and in its mirror
 * image.  The detector looks at that square again, and what it does not know there is no face.
 */

#ifndef DFI_SETTLE_H
#define DFI_SETTLE_H

#include "face/candidates.h"

/**
 * dfi_settle_faces:
 * @candidates: (element-type DfiCandidate): empty afterwards, unless there is an error
 * @faces: (element-type DfiFace): what is found is added to it, once a face
 * @error: DFI_ERROR_CANCELLED or DFI_ERROR_MEMORY
 */
gboolean dfi_settle_faces (const DfiFaceSearch *search, GArray *candidates, GArray *faces, GError **error);

#endif
