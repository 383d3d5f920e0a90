/* inverse.h: what the learned inverse makes of a target: where a search may start, or a preview end.
 *
 *   z0 = x + Dec (target) - Dec (phi(x))
 *
 * The decoder loses some of every picture's detail.  What it makes of the face itself is therefore taken off again, so that
 * only the change is the decoder's, and an unchanged target gives the face to the bit.
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
 * @z: (3, side, side) of three equal planes: x, then z0, within 0..1
 */
void dfi_inverse (DfiDecoder *decoder, const float *decoded, const float *target, DfiThreads *threads, DfiImage *z);

#endif
