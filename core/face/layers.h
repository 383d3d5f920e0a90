/* layers.h: the layers of the networks that find faces, with the weights that a file has for them. */

#ifndef DFI_LAYERS_H
#define DFI_LAYERS_H

#include "files/safetensors-reader.h"

/* A convolution.  With `planes`: a 3x3 filter a channel, then 1x1 over all channels (depthwise separable: Howard et al.,
 * "MobileNets", 2017).  Without: 3x3 or 1x1 over all channels. */
typedef struct
{
  int    channels; /* C */
  int    filters;  /* K */
  float *planes;   /* (C, 3, 3) or NULL */
  float *points;   /* (K, C), or (K, C, 3, 3) */
  float *bias;     /* (K) */
} DfiLayer;

/* Each reads the tensors @name.depthwise_filter, @name.pointwise_filter and @name.bias, or @name.@what and @name.bias; after a
 * failure, too, dfi_layer_clear() frees what there is. */
gboolean dfi_layer_load_separable (DfiLayer             *layer,
                                   const DfiSafetensors *file,
                                   const char           *name,
                                   int                   channels,
                                   int                   filters,
                                   GError              **error);
gboolean
dfi_layer_load_3x3 (DfiLayer *layer, const DfiSafetensors *file, const char *name, int channels, int filters, GError **error);
gboolean dfi_layer_load_1x1 (DfiLayer             *layer,
                             const DfiSafetensors *file,
                             const char           *name,
                             const char           *what,
                             int                   channels,
                             int                   filters,
                             GError              **error);
void     dfi_layer_clear (DfiLayer *layer);

/* A separable layer: @y (K, height / stride, width / stride) from @x (C, height, width); @between takes as much as C planes
 * of the result, @scratch (height + 2) (width + 2).  See convolve.h for @stride. */
void dfi_layer_separable (const DfiLayer *layer,
                          float          *y,
                          const float    *x,
                          int             height,
                          int             width,
                          int             stride,
                          float          *between,
                          float          *scratch);

#endif
