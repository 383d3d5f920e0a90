/* fringe.h: a fringe of the photograph's own hair.
 *
 * Strands are drawn, from the hair above the forehead down to the brows, in the colours of that hair and as straight or curly as
 * it is: what features of a few hundred faces cannot tell, for in a mean of fringes no strand is left.
 */

#ifndef DFI_FRINGE_H
#define DFI_FRINGE_H

#include "base/threads.h"
#include "hair/hair.h"

/**
 * dfi_fringe_draw:
 * @hair: of a face in @photo; it must be there
 * @photo: not changed
 * @face: in @photo
 * @change: (nullable): of the hair's tone, to be in keeping with dfi_hair_recolour()
 * @strength: 0 nothing; 1 down to the brows; above that, denser
 * @label: what people call it, for an error
 * @progress: (nullable): asked with @data
 * @error: DFI_ERROR_VALUE when there is no hair above the forehead; DFI_ERROR_MEMORY or _CANCELLED
 *
 * Brows, eyes and what is not head are left as they are.
 *
 * Returns: (transfer full) (nullable): the fringe, with its shadow, to be laid over whatever else is edited; free with
 *          dfi_patch_free()
 */
DfiPatch *dfi_fringe_draw (const DfiHair  *hair,
                           const DfiImage *photo,
                           const DfiFace  *face,
                           const DfiTone  *change,
                           double          strength,
                           const char     *label,
                           DfiThreads     *threads,
                           DfiProgressFunc progress,
                           gpointer        data,
                           GError        **error);

#endif
