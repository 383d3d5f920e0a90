#include "config.h"

#include <string.h>

#include "database/face-features.h"
#include "picture/chroma.h"

/* Where the chroma begins, and how many numbers it has. */
static size_t
chroma_extent (const DfiLayout *layout, size_t *n)
{
  *n = dfi_layout_part_size (layout, dfi_taps_count (layout->taps));
  return layout->n_features - *n;
}

void
dfi_features_compute (const DfiLayout *layout, DfiPass *pass, const DfiImage *x, const DfiImage *crop, float *features)
{
  memcpy (features, dfi_pass_forward (pass, x->data), dfi_pass_n_features (pass) * sizeof *features);
  if (layout->chroma)
    {
      size_t n, first = chroma_extent (layout, &n);

      dfi_chroma_reduce (features + first, crop, (int) layout->shape[dfi_taps_count (layout->taps)][1]);
      for (size_t i = first; i < first + n; i++)
        features[i] *= DFI_CHROMA_WEIGHT;
    }
}

float *
dfi_features_chroma (const DfiLayout *layout, const float *w)
{
  size_t n, first = chroma_extent (layout, &n);
  float *map = g_new (float, n);

  for (size_t i = 0; i < n; i++)
    map[i] = w[first + i] / DFI_CHROMA_WEIGHT;
  return map;
}
