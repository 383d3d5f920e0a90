/* focus.h: a direction weighed by how sure it is, place by place.
 *
 * The mean of a few faces less the mean of others has something to say wherever there is a picture, also where it is chance: a
 * plain wall gets clouds when a fringe is added.  How much of it is chance the same faces tell: split in halves, one half less
 * the other differs by chance alone.  In each cell of a coarse grid the direction is therefore multiplied by the share of its
 * energy that chance does not explain, as Wiener's filter does with a signal in noise of known power.
 */

#ifndef DFI_FOCUS_H
#define DFI_FOCUS_H

#include "database/basis.h"

/**
 * dfi_focus:
 * @direction: (D), weighed in place
 * @chance: (D), of as much energy as the direction has by chance
 * @error: DFI_ERROR_MEMORY
 */
gboolean dfi_focus (const DfiLayout *layout, float *direction, const float *chance, GError **error);

#endif
