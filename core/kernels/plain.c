/* plain.c: the kernels in plain C; convolution as a matrix product (im2col), a band of rows at a time. */

#include "config.h"

#include <string.h>

#include "kernels.h"
#include "linalg.h"

/* Columns of the im2col panel: enough for OpenBLAS to work at full speed, few enough for the panel to stay in cache where
 * the layer is narrow. */
#define PANEL_COLUMNS 1024

/* Rows of the picture whose columns go into one panel. */
static int
band_rows (int width)
{
  return MAX (1, PANEL_COLUMNS / width);
}

static size_t
conv3x3_scratch (int channels,
                 int width)
{
  return (size_t) 9 * channels * band_rows (width) * width;
}

/* One row of the panel: the input row shifted by dj - 1 columns, zero where that leaves the picture.
 * out (width)   x (width), or NULL for a row outside the picture */
static void
shifted_row (float       *out,
             const float *x,
             int          dj,
             int          width)
{
  if (! x)
    {
      memset (out, 0, width * sizeof *out);
    }
  else if (dj == 0)
    {
      out[0] = 0.0f;
      memcpy (out + 1, x, (width - 1) * sizeof *out);
    }
  else if (dj == 1)
    {
      memcpy (out, x, width * sizeof *out);
    }
  else
    {
      memcpy (out, x + 1, (width - 1) * sizeof *out);
      out[width - 1] = 0.0f;
    }
}

/* col (9 C, rows * W): for each channel and filter position the input under it, for output rows top .. top + rows - 1. */
static void
im2col (float       *col,
        const float *x,
        int          channels,
        int          height,
        int          width,
        int          top,
        int          rows)
{
  for (int c = 0; c < channels; c++)
    for (int di = 0; di < 3; di++)
      for (int dj = 0; dj < 3; dj++)
        for (int i = top; i < top + rows; i++)
          {
            int          y      = i + di - 1;
            const float *source = y < 0 || y >= height ? NULL : x + ((size_t) c * height + y) * width;

            shifted_row (col, source, dj, width);
            col += width;
          }
}

static void
conv3x3 (float       *y,
         const float *w,
         const float *x,
         int          n_filters,
         int          channels,
         int          height,
         int          width,
         float       *scratch)
{
  int band = band_rows (width);

  for (int top = 0; top < height; top += band)
    {
      int rows = MIN (band, height - top);

      im2col (scratch, x, channels, height, width, top, rows);
      dfi_gemm (FALSE, FALSE, n_filters, rows * width, 9 * channels,
                1.0f, w, 9 * channels, scratch, rows * width,
                0.0f, y + (size_t) top * width, height * width);
    }
}

static void
bias_relu (float       *x,
           guint8      *active,
           const float *bias,
           int          channels,
           size_t       n)
{
  memset (active, 0, (channels * n + 7) / 8);

  for (int c = 0; c < channels; c++)
    for (size_t i = 0; i < n; i++)
      {
        size_t j = c * n + i;
        float  v = x[j] + bias[c];

        x[j] = MAX (v, 0.0f);
        active[j / 8] |= (v > 0.0f) << (j % 8);
      }
}

static void
relu_gradient (float        *dx,
               const guint8 *active,
               size_t        n)
{
  for (size_t j = 0; j < n; j++)
    dx[j] = active[j / 8] >> (j % 8) & 1 ? dx[j] : 0.0f;
}

static void
max_pool (float       *y,
          guint8      *choice,
          const float *x,
          int          channels,
          int          height,
          int          width)
{
  for (int c = 0; c < channels; c++)
    for (int i = 0; i < height / 2; i++)
      {
        const float *upper = x + ((size_t) c * height + 2 * i) * width;
        const float *lower = upper + width;

        for (int j = 0; j < width / 2; j++)
          {
            const float four[4] = { upper[2 * j], upper[2 * j + 1], lower[2 * j], lower[2 * j + 1] };
            int         best    = 0;

            for (int k = 1; k < 4; k++)
              if (four[k] > four[best])
                best = k;

            *y++      = four[best];
            *choice++ = best;
          }
      }
}

static void
pool_gradient (float        *dx,
               const float  *dy,
               const guint8 *choice,
               int           channels,
               int           height,
               int           width)
{
  memset (dx, 0, (size_t) channels * height * width * sizeof *dx);

  for (int c = 0; c < channels; c++)
    for (int i = 0; i < height / 2; i++)
      for (int j = 0; j < width / 2; j++)
        {
          int row    = 2 * i + (*choice >> 1);
          int column = 2 * j + (*choice & 1);

          dx[((size_t) c * height + row) * width + column] = *dy++;
          choice++;
        }
}

const DfiKernels dfi_kernels_plain =
{
  .conv3x3_scratch = conv3x3_scratch,
  .conv3x3         = conv3x3,
  .bias_relu       = bias_relu,
  .relu_gradient   = relu_gradient,
  .max_pool        = max_pool,
  .pool_gradient   = pool_gradient,
};
