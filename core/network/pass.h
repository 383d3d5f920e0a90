/* pass.h: phi, the features of a picture: the encoder up to the deepest of the layers that are tapped, forward, and the
 * gradient with respect to the picture.
 */

#ifndef DFI_PASS_H
#define DFI_PASS_H

#include "base/threads.h"
#include "network/encoder.h"

typedef struct _DfiPass DfiPass; /* an encoder's memory for pictures of one size; one thread at a time */

/**
 * dfi_pass_new:
 * @encoder: must outlive the pass
 * @taps: layers that make up the features, at least one
 * @height: of the pictures, DFI_ENCODER_SIDE_MIN to DFI_ENCODER_SIDE_MAX
 * @width: likewise
 * @error: DFI_ERROR_VALUE for a bad size or a layer that the network lacks, DFI_ERROR_MEMORY
 *
 * Takes all memory that forward and gradient need; nothing is allocated later.
 *
 * Returns: (transfer full) (nullable): free with dfi_pass_free()
 */
DfiPass *dfi_pass_new (const DfiEncoder *encoder, DfiTaps taps, int height, int width, GError **error);
void     dfi_pass_free (DfiPass *pass); /* NULL is fine */

int dfi_pass_height (const DfiPass *pass);
int dfi_pass_width (const DfiPass *pass);

DfiTaps dfi_pass_taps (const DfiPass *pass);
/* Shape (C, H, W) of a tap, by its number from 0, shallow ones first. */
void dfi_pass_tap_shape (const DfiPass *pass, int tap, size_t shape[3]);

/* D, the length of the feature vector: the taps' sizes added up. */
size_t dfi_pass_n_features (const DfiPass *pass);

/* phi(x): @image (3, H, W) in 0..1 -> (D), the taps one after the other.  The result belongs to @pass and lasts until the
 * next call. */
const float *dfi_pass_forward (DfiPass *pass, const float *image);

/* The threads that it runs on, for work on its results. */
DfiThreads *dfi_pass_threads (const DfiPass *pass);

/* Feature vectors in the order that the encoder computes in: dfi_pass_packed_size() floats, some of them always 0. */
size_t dfi_pass_packed_size (const DfiPass *pass);
void   dfi_pass_pack (const DfiPass *pass, float *packed, const float *phi);

/* The mean over the taps of 1/2 |phi(x) - target|^2, and its gradient: @image (3, H, W) in 0..1, @packed the target, @dimage
 * (3, H, W), overwritten. */
double dfi_pass_distance (DfiPass *pass, const float *packed, const float *image, float *dimage);

#endif
