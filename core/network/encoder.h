/* encoder.h: the weights of VGG-16 or VGG-19, up to the deepest layer that can be tapped.
 *
 * Topology and layer names: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition",
 * ICLR 2015, see vgg.h and taps.h.  Any base width: 64 is the published networks.
 */

#ifndef DFI_ENCODER_H
#define DFI_ENCODER_H

#include "network/taps.h"

#define DFI_ENCODER_VERSION   1
#define DFI_ENCODER_SIDE_MIN  32 /* pixels; four halvings leave 2 for relu5_1 */
#define DFI_ENCODER_SIDE_MAX  8192
#define DFI_ENCODER_WIDTH_MAX 256 /* filters of the first layer; the published network has 64 */

typedef struct _DfiEncoder DfiEncoder; /* weights; never changes after load, so threads may share it */

/**
 * dfi_encoder_new_from_file:
 * @path: safetensors with the convolutions `features.N.weight` (K, C, 3, 3) and `features.N.bias` (K), F16 or F32, of VGG-16 (11)
 *        or VGG-19 (13): whichever `dfi.architecture` says, or else has the most tensors there.  A file that says its kind must
 *        say `dfi.kind` = encoder, `dfi.version` = 1; others' files say none
 * @error: DFI_ERROR_IO, _FORMAT or _MEMORY; _VALUE if the environment asks for what this computer does not have
 *
 * The environment may choose: DFI_KERNELS is plain, avx2, avx512 or neon (else: the fastest that runs here), DFI_THREADS how many
 * threads a pass uses, 1 to 64 (else: one a processor). The numbers are the same for any number of threads.
 *
 * Returns: (transfer full) (nullable): free with dfi_encoder_free()
 */
DfiEncoder *dfi_encoder_new_from_file (const char *path, GError **error);
void        dfi_encoder_free (DfiEncoder *encoder); /* NULL is fine */

/* Hex SHA-256 of the tensors: what a database names the weights by that it was built with. */
const char *dfi_encoder_sha256 (const DfiEncoder *encoder);
const char *dfi_encoder_path (const DfiEncoder *encoder);

/* What an encoder is, for people. */
typedef struct
{
  const char *architecture; /* vgg16 or vgg19, and how people write it */
  const char *title;
  int         n_layers;
  size_t      filters[DFI_TAPS_MAX]; /* of each layer */
  size_t      n_parameters;
  const char *dtype;  /* how the file stores the first layer's filters, such as "F16" */
  const char *source; /* what the file says about where it comes from, or NULL */
} DfiEncoderInfo;

/* The strings belong to @encoder. */
void dfi_encoder_describe (const DfiEncoder *encoder, DfiEncoderInfo *info);

/**
 * dfi_encoder_tap_shapes:
 * @taps: layers of the encoder, at least one
 * @height: of the pictures, DFI_ENCODER_SIDE_MIN to DFI_ENCODER_SIDE_MAX
 * @width: likewise
 * @shapes: (out): (C, H, W) of each of @taps, shallow ones first; computed, nothing is allocated
 * @error: DFI_ERROR_VALUE for a bad size or a layer that the network lacks
 */
gboolean dfi_encoder_tap_shapes (const DfiEncoder *encoder,
                                 DfiTaps           taps,
                                 int               height,
                                 int               width,
                                 size_t            shapes[DFI_TAPS_MAX][3],
                                 GError          **error);

#endif
