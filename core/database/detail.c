#include "config.h"

#include <string.h>

#include "database/detail.h"

const char *
dfi_detail_prefix (int number)
{
  static const char prefixes[DFI_DETAILS_MAX][10] = { "detail-0-", "detail-1-", "detail-2-", "detail-3-",
                                                      "detail-4-", "detail-5-", "detail-6-", "detail-7-" };

  return prefixes[number];
}

gboolean
dfi_details_meet (const size_t a[4], const size_t b[4])
{
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

static const size_t *
deepest (const DfiLayout *layout)
{
  return layout->shape[dfi_taps_count (layout->taps) - 1];
}

gboolean
dfi_detail_layout (const DfiLayout *whole, const size_t cells[4], DfiLayout *layout)
{
  const size_t height = deepest (whole)[1], width = deepest (whole)[2];

  if (cells[2] <= cells[0] || cells[3] <= cells[1] || cells[2] > width || cells[3] > height)
    return FALSE;

  *layout = (DfiLayout){ .taps = whole->taps };
  for (int t = 0; t < dfi_taps_count (whole->taps); t++)
    {
      const size_t *shape = whole->shape[t];

      if (shape[1] % height != 0 || shape[2] % width != 0)
        return FALSE;
      layout->shape[t][0] = shape[0];
      layout->shape[t][1] = shape[1] / height * (cells[3] - cells[1]);
      layout->shape[t][2] = shape[2] / width * (cells[2] - cells[0]);
    }
  return dfi_layout_complete (layout);
}

/* A line of a detail, in a feature vector and in the detail's own. */
typedef void (*LineFunc) (float *whole, float *part, size_t n);

static void
each_line (const DfiLayout *whole, const DfiDetail *detail, float *features, float *part, LineFunc use)
{
  const size_t *cells = deepest (whole);

  for (int t = 0; t < dfi_taps_count (whole->taps); t++)
    {
      const size_t *shape = whole->shape[t], *cut = detail->basis.layout.shape[t];
      const size_t  left = shape[2] / cells[2] * detail->cells[0], top = shape[1] / cells[1] * detail->cells[1];

      for (size_t c = 0; c < shape[0]; c++)
        for (size_t y = 0; y < cut[1]; y++, part += cut[2])
          use (features + (c * shape[1] + top + y) * shape[2] + left, part, cut[2]);
      features += dfi_layout_part_size (whole, t);
    }
}

static void
take_line (float *whole, float *part, size_t n)
{
  memcpy (part, whole, n * sizeof *part);
}

static void
add_line (float *whole, float *part, size_t n)
{
  for (size_t i = 0; i < n; i++)
    whole[i] += part[i];
}

void
dfi_detail_take (const DfiLayout *whole, const DfiDetail *detail, const float *features, float *part)
{
  each_line (whole, detail, (float *) features, part, take_line);
}

void
dfi_detail_add (const DfiLayout *whole, const DfiDetail *detail, const float *part, float *features)
{
  each_line (whole, detail, features, (float *) part, add_line);
}
