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

/* What of a face gives way where a direction replaces what is there: a mouth that opens shows teeth, and the creases of the lips
 * that were in their place must not lie over them. */
typedef struct
{
  float *own; /* (D) in: what the face has of its own, its features less the mean of those that the direction leaves; out: what
                     of it gives way */
  double variety; /* by how much the energy in which faces vary exceeds that of chance in the direction, > 0 */
} DfiYielding;

/**
 * dfi_focus:
 * @direction: (D), weighed in place
 * @chance: (D), of as much energy as the direction has by chance
 * @yielding: (nullable): what gives way
 * @error: DFI_ERROR_MEMORY
 */
gboolean dfi_focus (const DfiLayout *layout, float *direction, const float *chance, const DfiYielding *yielding, GError **error);

#endif
