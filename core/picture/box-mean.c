#include "config.h"

#include <string.h>

#include "base/vectorise.h"
#include "picture/box-mean.h"

/* Adds @sign times a row (n) to @sums (n). */
DFI_VECTORISE
static void
add_row (float *restrict sums, const float *restrict row, float sign, int n)
{
  for (int j = 0; j < n; j++)
    sums[j] += sign * row[j];
}

/* Means of @in (n) over @radius to either side; beyond its ends there is nothing. */
static void
average_line (float *out, const float *in, int n, int radius)
{
  float sum = 0.0f;

  for (int j = 0; j < MIN (radius, n); j++)
    sum += in[j];
  for (int j = 0; j < n; j++)
    {
      if (j + radius < n)
        sum += in[j + radius];
      if (j > radius)
        sum -= in[j - radius - 1];
      out[j] = sum / (MIN (j + radius, n - 1) - MAX (j - radius, 0) + 1);
    }
}

void
dfi_box_mean (float *plane, int height, int width, int radius, float *scratch)
{
  float *between = scratch, *sums = scratch + (size_t) height * width;

  for (int i = 0; i < height; i++)
    average_line (between + (size_t) i * width, plane + (size_t) i * width, width, radius);

  memset (sums, 0, width * sizeof *sums);
  for (int i = 0; i < MIN (radius, height); i++)
    add_row (sums, between + (size_t) i * width, 1.0f, width);
  for (int i = 0; i < height; i++)
    {
      const float share = 1.0f / (MIN (i + radius, height - 1) - MAX (i - radius, 0) + 1);

      if (i + radius < height)
        add_row (sums, between + (size_t) (i + radius) * width, 1.0f, width);
      if (i > radius)
        add_row (sums, between + (size_t) (i - radius - 1) * width, -1.0f, width);
      memset (plane + (size_t) i * width, 0, width * sizeof *plane);
      add_row (plane + (size_t) i * width, sums, share, width);
    }
}
