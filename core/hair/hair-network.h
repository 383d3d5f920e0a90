/* hair-network.h: a network that says where hair is around a face.
 *
 * An encoder and decoder of depthwise separable convolutions (Howard et al., "MobileNets", 2017) whose maps of equal size are
 * added up (Ronneberger et al., "U-Net", 2015), on the kernels of the networks that find faces.  weights/train_hair.py describes
 * and trains it.
 *
 * A safetensors file with `dfi.kind` = hair, `dfi.version` = 1, and for each layer NAME below the tensors that layers.h reads:
 * hair.NAME.depthwise_filter (C, 3, 3), hair.NAME.pointwise_filter (K, C) and hair.NAME.bias (K); the first has
 * hair.down0.filters (K, C, 3, 3) and the last hair.out.weights (K, C) instead of the filters.  Every layer but the last ends
 * with a ReLU, the last with a sigmoid:
 *
 *   NAME     C     K   before it    after it             side
 *   down0    3    24   3x3, stride 2                      80
 *   down1   24    48   stride 2                           40
 *   keep1   48    48                                      40
 *   down2   48    96   stride 2                           20
 *   keep2   96    96                                      20
 *   down3   96   192   stride 2                           10
 *   keep3  192   192                                      10
 *   keep4  192   192                                      10
 *   up2    192    96   doubled      keep2 added           20
 *   join2   96    96                                      20
 *   up1     96    48   doubled      keep1 added           40
 *   join1   48    48                                      40
 *   up0     48    24   doubled      down0 added           80
 *   join0   24    24                                      80
 *   out     24     1   1x1                                80
 *
 * What is added is added before the ReLU.  Doubling is bilinear: out[2i] = 1/4 in[i - 1] + 3/4 in[i] and out[2i + 1] =
 * 3/4 in[i] + 1/4 in[i + 1], along rows and along columns, the index held within the map.
 */

#ifndef DFI_HAIR_NETWORK_H
#define DFI_HAIR_NETWORK_H

#include "picture/image.h"

#define DFI_HAIR_VIEW   160 /* pixels along a side of what the network sees: view.h */
#define DFI_HAIR_SHARES 80  /* along a side of what it answers */

typedef struct _DfiHairNetwork DfiHairNetwork; /* weights; never changes after load, so threads may share it */

/**
 * dfi_hair_network_new:
 * @weights: (nullable): file of kind `hair`; NULL takes the bundled one
 * @error: DFI_ERROR_IO, _FORMAT or _MEMORY
 *
 * Returns: (transfer full) (nullable): free with dfi_hair_network_free()
 */
DfiHairNetwork *dfi_hair_network_new (const char *weights, GError **error);
void            dfi_hair_network_free (DfiHairNetwork *network); /* NULL is fine */

/**
 * dfi_hair_network_run:
 * @view: (3, DFI_HAIR_VIEW, DFI_HAIR_VIEW), 0..1
 * @shares: (DFI_HAIR_SHARES, DFI_HAIR_SHARES) (out caller-allocates): how much of each 2x2 pixels is hair, 0..1
 * @error: DFI_ERROR_MEMORY
 */
gboolean dfi_hair_network_run (const DfiHairNetwork *network, const DfiImage *view, float *shares, GError **error);

#endif
