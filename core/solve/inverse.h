/* inverse.h: what the learned inverse makes of a target: where a search may start, or a preview end.
 *
 *   z0 = x + Dec (target) - Dec (phi(x))
 *
 * The decoder loses some of every picture's detail.  What it makes of the face itself is therefore taken off again, so that
 * only the change is the decoder's, and an unchanged target gives the face to the bit.  Where the change draws something new
 * (fresh.h) the face's own detail has no business, and z0 is Dec (target).
 */

#ifndef DFI_INVERSE_H
#define DFI_INVERSE_H

#include "network/decoder.h"
#include "picture/image.h"

/**
 * dfi_inverse:
 * @decoded: (side, side) what the decoder makes of the features of the face
 * @target: (D) the wanted ones
 * @threads: as many as the encoder's passes have
 * @z: (3, side, side) of three equal planes: x, then z0, within 0..1; undefined after an error
 * @error: DFI_ERROR_MEMORY
 *
 * Returns: (transfer full) (nullable): (side, side) dfi_fresh_find() of the change; free with g_free()
 */
float *
dfi_inverse (DfiDecoder *decoder, const float *decoded, const float *target, DfiThreads *threads, DfiImage *z, GError **error);

#endif
