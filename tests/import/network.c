#include "config.h"

#include <math.h>

#include "common.h"
#include "network.h"

Network *
network_new (const DfiVgg *vgg, int base)
{
  Network *network  = g_new0 (Network, 1);
  size_t   channels = 3;

  for (int l = 0; l < vgg->n_convs; l++)
    {
      size_t filters = (size_t) base * vgg->convs[l].units;

      network->parts[network->n++] =
          (Part){ vgg->convs[l], "weight", 4, { filters, channels, 3, 3 }, filters * channels * 9, NULL };
      network->parts[network->n++] = (Part){ vgg->convs[l], "bias", 1, { filters }, filters, NULL };
      channels                     = filters;
    }
  for (int i = 0; i < network->n; i++)
    {
      Part *part = &network->parts[i];

      part->values = g_new (float, part->count);
      test_uniform (3000 + i, part->values, part->count);
      for (size_t k = 0; k < part->count; k++)
        part->values[k] = floorf (part->values[k] * 256.0f) / 64.0f - 2.0f;
    }
  return network;
}

void
network_free (Network *network)
{
  for (int i = 0; i < network->n; i++)
    g_free (network->parts[i].values);
  g_free (network);
}

char *
part_name (const Part *part)
{
  return dfi_vgg_tensor_name (&part->conv, part->what);
}
