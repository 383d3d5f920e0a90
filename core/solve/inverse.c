#include "config.h"

#include <string.h>

#include "solve/inverse.h"

void
dfi_inverse (DfiDecoder *decoder, const float *decoded, const float *target, DfiThreads *threads, DfiImage *z)
{
  const size_t n    = (size_t) z->width * z->height;
  const float *luma = dfi_decoder_run (decoder, target, threads);

  for (size_t i = 0; i < n; i++)
    z->data[i] = CLAMP (z->data[i] - decoded[i] + luma[i], 0.0f, 1.0f);
  for (int c = 1; c < 3; c++)
    memcpy (z->data + c * n, z->data, n * sizeof (float));
}
