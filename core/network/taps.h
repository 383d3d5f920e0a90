/* taps.h: sets of layers whose outputs make up the features, by their names: reluB_I is what follows the I-th convolution of
 * block B.  The same name means the same place in VGG-16 and VGG-19; the deepest is relu5_1.
 */

#ifndef DFI_TAPS_H
#define DFI_TAPS_H

#include <glib.h>

#define DFI_TAPS_MAX 13 /* layers in a set: all that a network has */

typedef guint32 DfiTaps; /* a bit each, shallow ones low */

#define DFI_TAP(block, index) (1u << (4 * ((block) -1) + (index) -1))

/* relu3_1, relu4_1, relu5_1: those of the paper. */
#define DFI_TAPS_PAPER (DFI_TAP (3, 1) | DFI_TAP (4, 1) | DFI_TAP (5, 1))

int dfi_taps_count (DfiTaps taps);
/* The @number-th of @taps, from 0, from the shallowest on. */
const char *dfi_taps_name (DfiTaps taps, int number);

/* One name; 0 when there is no such layer. */
DfiTaps dfi_taps_find (const char *name);

/**
 * dfi_taps_parse:
 * @text: such as "relu3_1,relu4_1"; spaces do not count, neither does the order
 * @error: DFI_ERROR_VALUE: no such layer, or one named twice
 *
 * Returns: 0 after an error
 */
DfiTaps dfi_taps_parse (const char *text, GError **error);

/* As above, from the shallowest on.  Free with g_free(). */
char *dfi_taps_print (DfiTaps taps);

#endif
