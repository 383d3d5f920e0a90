/* Kernels: layers of all small sizes, by this processor's vectors, against plain C.  An input's bytes are the sizes. */

#include "config.h"

#include "compare-kernels.h"
#include "fuzz.h"

#define N_BYTES 7

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *const sets[] = { "avx2", "avx512", "neon" };
  const DfiKernels        *kernels;
  DfiLayerShape            shape;

  if (size < N_BYTES || ! (kernels = dfi_kernels_find (sets[data[0] % G_N_ELEMENTS (sets)], NULL)))
    return 0;
  shape = (DfiLayerShape){ .channels = 1 + data[1] % 80,
                           .filters  = 1 + data[2] % 80,
                           .height   = 1 + data[3] % 40,
                           .width    = 1 + data[4] % 40,
                           .pooled   = data[5] % 2 };
  shape.pooled &= shape.height > 1 && shape.width > 1;
  if (data[6] % 4 > 0)
    {
      compare_layer (kernels, &shape, 1 + data[6] % 3);
      return 0;
    }
  shape.channels = DFI_PICTURE_CHANNELS;
  shape.pooled   = FALSE;
  compare_picture (kernels, &shape, 1 + data[6] % 3);
  return 0;
}

void
fuzz_seeds (const char *folder)
{
  static const uint8_t sizes[][N_BYTES] = {
    { 0, 15, 15, 7, 7, 0, 1 },  { 1, 15, 31, 32, 31, 1, 2 }, { 2, 6, 8, 5, 4, 1, 3 },
    { 0, 2, 63, 36, 12, 0, 4 }, { 1, 2, 15, 7, 7, 0, 8 },    { 2, 2, 3, 0, 0, 0, 0 },
    { 1, 79, 79, 1, 1, 1, 5 },  { 1, 48, 0, 0, 1, 1, 2 },    { 46, 174, 0, 1, 2, 3, 2 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      char name[2] = { '0' + i, '\0' };

      fuzz_seed (folder, name, sizes[i], sizeof sizes[i]);
    }
}
