/* decoder.h: the learned inverse: a small network that makes a grey picture of what the encoder saw.
 *
 * The features that an edit asks for are no picture's.  A network that was trained to undo the encoder on photographs of faces
 * answers with what such photographs look like, which the optimiser alone knows nothing of.
 *
 * A safetensors file with `dfi.kind` = decoder, `dfi.version` = 1, `dfi.encoder` = SHA-256 of the weights it belongs to, and
 * 13 convolutions of 3 x 3 with zero padding, `decoder.N.weight` (K, C, 3, 3) and `decoder.N.bias` (K), of which all but the
 * last end with a ReLU.  weights/train_decoder.py describes and trains it:
 *
 *   N        C        K    before it                                    at
 *   0       128      128                                               H/16
 *   1       128      128
 *   2     128+128    128   doubled, relu4_1 joined behind               H/8
 *   3       128      128
 *   4       128       64
 *   5      64+64      64   doubled, relu3_1 joined behind               H/4
 *   6        64       64
 *   7        64       64
 *   8        64       32   doubled                                      H/2
 *   9        32       32
 *  10        32       32   doubled                                      H
 *  11        32       16
 *  12        16        1
 *
 * Doubling is bilinear: out[2i] = 1/4 in[i - 1] + 3/4 in[i] and out[2i + 1] = 3/4 in[i] + 1/4 in[i + 1], along rows and along
 * columns, the index held within the map.
 */

#ifndef DFI_DECODER_H
#define DFI_DECODER_H

#include "base/threads.h"
#include "network/encoder.h"

#define DFI_DECODER_VERSION 1
#define DFI_DECODER_UNIT    16 /* pixels; the frame's side is a multiple of it */

typedef struct _DfiDecoder DfiDecoder; /* weights and memory for one size of frame; one thread at a time */

/**
 * dfi_decoder_new:
 * @path: of the file
 * @encoder: whose features it undoes
 * @side: of the square frame
 * @error: DFI_ERROR_IO, _FORMAT, _MEMORY; DFI_ERROR_SHAPE when it belongs to other weights, or @side is no multiple of
 *         DFI_DECODER_UNIT
 *
 * Takes all memory that decoding needs; nothing is allocated later.
 *
 * Returns: (transfer full) (nullable): free with dfi_decoder_free()
 */
DfiDecoder *dfi_decoder_new (const char *path, const DfiEncoder *encoder, int side, GError **error);
void        dfi_decoder_free (DfiDecoder *decoder); /* NULL is fine */

/**
 * dfi_decoder_run:
 * @phi: (D): relu3_1, relu4_1 and relu5_1, one after the other, as dfi_pass_forward() gives them
 * @threads: as many as the encoder's passes have
 *
 * Returns: (transfer none): (side, side), luma, meant for 0..1 but not cut to it; belongs to @decoder and lasts until the next
 * call
 */
const float *dfi_decoder_run (DfiDecoder *decoder, const float *phi, DfiThreads *threads);

#endif
