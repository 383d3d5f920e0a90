/* ground.h: the plain ground that a head stands before, found in the photograph itself. */

#ifndef DFI_GROUND_H
#define DFI_GROUND_H

#include "picture/image.h"

/**
 * dfi_ground_leave_out:
 * @mask: (size, size), changed in place: 0 on the ground, less than it was close to it
 * @keep: (size, size): where it is not 0 there is the face, and no ground
 * @crop: (3, size, size): the face in its frame
 * @rows: of the frame, from its top, whose ends the ground reaches
 *
 * The ground is what can be reached from both ends of these rows (a head may pass the frame's top) while colours change hardly or
 * slowly: a wall, the sky, a studio's ground.  Hair, leaves and waves are no such thing, and keep the mask that they have.
 *
 * Returns: FALSE with DFI_ERROR_MEMORY
 */
gboolean dfi_ground_leave_out (float *mask, const float *keep, const DfiImage *crop, int rows, GError **error);

#endif
