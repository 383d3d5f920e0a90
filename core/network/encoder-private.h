/* encoder-private.h: what encoder.c leaves in memory for pass.c to compute with. */

#ifndef DFI_ENCODER_PRIVATE_H
#define DFI_ENCODER_PRIVATE_H

#include "network/encoder.h"
#include "network/kernels/kernels.h"
#include "network/vgg.h"

typedef struct
{
  int    channels; /* C */
  int    filters;  /* K */
  float *forward;  /* (K, C, 3, 3), prepared by the kernels */
  float *backward; /* (C, K, 3, 3), turned by 180 degrees, prepared; the first layer's `forward` serves both */
  float *bias;     /* (K), then zeros up to a multiple of the lanes */
} DfiConv;

struct _DfiEncoder
{
  char             *path;
  char             *sha256;
  const char       *dtype;  /* of the first layer's filters in the file */
  char             *source; /* NULL: not said */
  const DfiVgg     *vgg;
  const DfiKernels *kernels;
  int               n_threads;
  void             *block; /* all filters are in it */
  DfiConv           convs[DFI_VGG_CONVS_MAX];
};

/* Shapes of all layers up to the deepest of @taps for pictures of @height x @width; a layer that is tapped is never pooled on
 * the fly. Returns how many there are, or 0 with DFI_ERROR_VALUE for a bad size or a layer that the network lacks. */
int dfi_encoder_layers (const DfiEncoder *encoder,
                        DfiTaps           taps,
                        int               height,
                        int               width,
                        DfiLayerShape     shapes[DFI_VGG_CONVS_MAX],
                        GError          **error);

#endif
