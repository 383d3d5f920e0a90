#include "config.h"

#include "face/convolve.h"
#include "base/error.h"
#include "face/layers.h"

/* The tensor @name.@what as floats; free with g_free(). */
static float *
load_tensor (const DfiSafetensors *file, const char *name, const char *what, int rank, const size_t *shape, GError **error)
{
  char            *full   = g_strconcat (name, ".", what, NULL);
  const DfiTensor *tensor = dfi_safetensors_tensor (file, full, rank, shape, error);
  float           *values = tensor ? dfi_try_alloc (tensor->count, sizeof *values, error) : NULL;

  if (values && ! dfi_safetensors_floats (file, tensor, values, error))
    g_clear_pointer (&values, g_free);
  g_free (full);
  return values;
}

static gboolean
load (DfiLayer             *layer,
      const DfiSafetensors *file,
      const char           *name,
      const char           *what,
      int                   rank,
      int                   channels,
      int                   filters,
      GError              **error)
{
  const size_t shape[4] = { filters, channels, 3, 3 };

  layer->channels = channels;
  layer->filters  = filters;
  return (layer->points = load_tensor (file, name, what, rank, shape, error)) &&
         (layer->bias = load_tensor (file, name, "bias", 1, shape, error));
}

gboolean
dfi_layer_load_separable (DfiLayer             *layer,
                          const DfiSafetensors *file,
                          const char           *name,
                          int                   channels,
                          int                   filters,
                          GError              **error)
{
  const size_t shape[3] = { channels, 3, 3 };

  return (layer->planes = load_tensor (file, name, "depthwise_filter", 3, shape, error)) &&
         load (layer, file, name, "pointwise_filter", 2, channels, filters, error);
}

gboolean
dfi_layer_load_3x3 (DfiLayer *layer, const DfiSafetensors *file, const char *name, int channels, int filters, GError **error)
{
  return load (layer, file, name, "filters", 4, channels, filters, error);
}

gboolean
dfi_layer_load_1x1 (DfiLayer             *layer,
                    const DfiSafetensors *file,
                    const char           *name,
                    const char           *what,
                    int                   channels,
                    int                   filters,
                    GError              **error)
{
  return load (layer, file, name, what, 2, channels, filters, error);
}

void
dfi_layer_clear (DfiLayer *layer)
{
  g_clear_pointer (&layer->planes, g_free);
  g_clear_pointer (&layer->points, g_free);
  g_clear_pointer (&layer->bias, g_free);
}

void
dfi_layer_separable (const DfiLayer *layer,
                     float          *y,
                     const float    *x,
                     int             height,
                     int             width,
                     int             stride,
                     float          *between,
                     float          *scratch)
{
  size_t n = (size_t) (height / stride) * (width / stride);

  dfi_convolve_planes (between, layer->planes, x, layer->channels, height, width, stride, scratch);
  dfi_convolve_points (y, layer->points, layer->bias, between, layer->filters, layer->channels, n, n, n);
}
