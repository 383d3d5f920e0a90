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

float
dfi_features_weight (const size_t shape[3], size_t place, const float *mask, int size)
{
  size_t y = place / shape[2], x = place % shape[2];
  size_t top = y * size / shape[1], bottom = MAX ((y + 1) * size / shape[1], top + 1);
  size_t left = x * size / shape[2], right = MAX ((x + 1) * size / shape[2], left + 1);
  float  sum = 0.0f;

  for (size_t i = top; i < bottom; i++)
    for (size_t j = left; j < right; j++)
      sum += mask[i * size + j];
  return sum / ((bottom - top) * (right - left));
}

void
dfi_features_confine (const DfiLayout *layout, float *w, const float *mask, int size)
{
  for (int p = 0; p < dfi_layout_parts (layout); p++)
    {
      const size_t *shape = layout->shape[p];
      const size_t  plane = shape[1] * shape[2];

      for (size_t at = 0; at < plane; at++)
        {
          float weight = dfi_features_weight (shape, at, mask, size);

          for (size_t c = 0; c < shape[0]; c++)
            w[c * plane + at] *= weight;
        }
      w += shape[0] * plane;
    }
}

/* Around the places of a map (H, W) where @mask is not 0: the first row and the one after the last, then likewise the columns. */
static void
mask_box (const size_t shape[3], const float *mask, int size, size_t box[4])
{
  box[0] = shape[1];
  box[2] = shape[2];
  box[1] = box[3] = 0;
  for (size_t at = 0; at < shape[1] * shape[2]; at++)
    if (dfi_features_weight (shape, at, mask, size) > 0.0f)
      {
        box[0] = MIN (box[0], at / shape[2]);
        box[1] = MAX (box[1], at / shape[2] + 1);
        box[2] = MIN (box[2], at % shape[2]);
        box[3] = MAX (box[3], at % shape[2] + 1);
      }
}

void
dfi_features_level_chroma (const DfiLayout *layout, float *w, const float *mask, int size)
{
  const size_t *shape   = layout->shape[dfi_taps_count (layout->taps)];
  double        sums[2] = { 0.0 }, weights = 0.0;
  size_t        n, first, plane, box[4];
  float        *map;

  if (! layout->chroma)
    return;

  first = chroma_extent (layout, &n);
  plane = n / 2;
  map   = w + first;
  mask_box (shape, mask, size, box);
  for (size_t y = box[0]; y < box[1]; y++)
    for (size_t x = box[2]; x < box[3]; x++)
      {
        double blue = map[y * shape[2] + x], red = map[plane + y * shape[2] + x], weight = blue * blue + red * red;

        sums[0] += weight * blue;
        sums[1] += weight * red;
        weights += weight;
      }
  for (size_t at = 0; at < plane; at++)
    {
      gboolean inside = weights > 0.0 && dfi_features_weight (shape, at, mask, size) > 0.0f;

      map[at]         = inside ? sums[0] / weights : 0.0f;
      map[plane + at] = inside ? sums[1] / weights : 0.0f;
    }
}

void
dfi_features_scale_chroma (const DfiLayout *layout, float *w, double gain)
{
  size_t n, first;

  if (! layout->chroma)
    return;
  first = chroma_extent (layout, &n);
  for (size_t i = first; i < first + n; i++)
    w[i] *= gain;
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
