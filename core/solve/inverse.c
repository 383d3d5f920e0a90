#include "config.h"

#include <string.h>

#include "picture/fresh.h"
#include "solve/inverse.h"

float *
dfi_inverse (DfiDecoder *decoder, const float *decoded, const float *target, DfiThreads *threads, DfiImage *z, GError **error)
{
  const size_t n      = (size_t) z->width * z->height;
  const float *luma   = dfi_decoder_run (decoder, target, threads);
  float       *change = z->data + n; /* all planes are equal: the second is free until they are again */
  float       *fresh;

  for (size_t i = 0; i < n; i++)
    change[i] = luma[i] - decoded[i];
  if (! (fresh = dfi_fresh_find (change, z->width, error)))
    return NULL;

  for (size_t i = 0; i < n; i++)
    z->data[i] = CLAMP (luma[i] + (1.0f - fresh[i]) * (z->data[i] - decoded[i]), 0.0f, 1.0f);
  for (int c = 1; c < 3; c++)
    memcpy (z->data + c * n, z->data, n * sizeof (float));
  return fresh;
}
