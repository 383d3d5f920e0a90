/* colours.h: what a network says of hair anywhere, made to fit the colours of one photograph. */

#ifndef DFI_HAIR_COLOURS_H
#define DFI_HAIR_COLOURS_H

#include <glib.h>

/**
 * dfi_hair_colours_weigh:
 * @shares: (n), changed in place: hair's share of each pixel, 0..1
 * @colours: (3, n): R'G'B' of these pixels
 * @weights: (n): how much each pixel counts
 * @error: DFI_ERROR_MEMORY
 *
 * The hair of one head has few colours.  Those of what is hair for certain tell of what may be hair whether it is: long hair far
 * from the face more likely than the network says, skin and the wall behind the head less.
 */
gboolean dfi_hair_colours_weigh (float *shares, const float *colours, const float *weights, size_t n, GError **error);

#endif
