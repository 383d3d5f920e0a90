#include "config.h"

#include "network/vgg.h"

const DfiVgg dfi_vggs[2] = {
  {
      "vgg16",
      "VGG-16",
      11,
      {
          { 0, 1, 1, 1 },
          { 2, 1, 2, 1 },
          { 5, 2, 1, 2 },
          { 7, 2, 2, 2 },
          { 10, 3, 1, 4 },
          { 12, 3, 2, 4 },
          { 14, 3, 3, 4 },
          { 17, 4, 1, 8 },
          { 19, 4, 2, 8 },
          { 21, 4, 3, 8 },
          { 24, 5, 1, 8 },
      },
  },
  {
      "vgg19",
      "VGG-19",
      13,
      {
          { 0, 1, 1, 1 },
          { 2, 1, 2, 1 },
          { 5, 2, 1, 2 },
          { 7, 2, 2, 2 },
          { 10, 3, 1, 4 },
          { 12, 3, 2, 4 },
          { 14, 3, 3, 4 },
          { 16, 3, 4, 4 },
          { 19, 4, 1, 8 },
          { 21, 4, 2, 8 },
          { 23, 4, 3, 8 },
          { 25, 4, 4, 8 },
          { 28, 5, 1, 8 },
      },
  },
};

char *
dfi_vgg_tensor_name (const DfiVggConv *conv, const char *what)
{
  return g_strdup_printf ("features.%d.%s", conv->number, what);
}

DfiTaps
dfi_vgg_tap (const DfiVggConv *conv)
{
  return DFI_TAP (conv->block, conv->index);
}

gboolean
dfi_vgg_pools_before (const DfiVgg *vgg, int l)
{
  return l < vgg->n_convs && vgg->convs[l].block > 1 && vgg->convs[l].index == 1;
}

const DfiVgg *
dfi_vgg_choose (DfiVggHasFunc has, gpointer data)
{
  const DfiVgg *best       = NULL;
  int           best_count = -1;

  for (size_t i = 0; i < G_N_ELEMENTS (dfi_vggs); i++)
    {
      int count = 0;

      for (int l = 0; l < dfi_vggs[i].n_convs; l++)
        count += has (&dfi_vggs[i].convs[l], data);
      if (count > best_count)
        {
          best       = &dfi_vggs[i];
          best_count = count;
        }
    }
  return best;
}
