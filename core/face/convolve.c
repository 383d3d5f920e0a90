#include "config.h"

#include <string.h>

#include "base/vectorise.h"
#include "face/convolve.h"

/* So many sums are kept in registers: FILTERS times PIXELS. */
#define FILTERS 4
#define LANES   8 /* floats of a vector */
#define PIXELS  (2 * LANES)

typedef float Lanes __attribute__ ((vector_size (LANES * sizeof (float)), aligned (sizeof (float)), may_alias));

/* ---------- all channels of one pixel ---------- */

/* FILTERS results for each of the PIXELS pixels from @x on. */
static inline __attribute__ ((always_inline)) void
points_block (float *y, const float *filters, const float *bias, const float *x, int n_channels, size_t y_row, size_t x_row)
{
  Lanes sums[FILTERS][2];

  for (int k = 0; k < FILTERS; k++)
    sums[k][0] = sums[k][1] = bias[k] - (Lanes){
      0.0f,
    };

  for (int c = 0; c < n_channels; c++, x += x_row)
    {
      Lanes left  = *(const Lanes *) x;
      Lanes right = *(const Lanes *) (x + LANES);

      for (int k = 0; k < FILTERS; k++)
        {
          sums[k][0] += filters[(size_t) k * n_channels + c] * left;
          sums[k][1] += filters[(size_t) k * n_channels + c] * right;
        }
    }

  for (int k = 0; k < FILTERS; k++)
    {
      *(Lanes *) (y + k * y_row)         = sums[k][0];
      *(Lanes *) (y + k * y_row + LANES) = sums[k][1];
    }
}

/* What is left over at the edges: @n_filters and @n pixels, fewer than in a block. */
static inline __attribute__ ((always_inline)) void
points_rest (float       *y,
             const float *filters,
             const float *bias,
             const float *x,
             int          n_filters,
             int          n_channels,
             size_t       n,
             size_t       y_row,
             size_t       x_row)
{
  for (int k = 0; k < n_filters; k++)
    {
      float *line = y + k * y_row;

      for (size_t p = 0; p < n; p++)
        line[p] = bias[k];
      for (int c = 0; c < n_channels; c++)
        for (size_t p = 0; p < n; p++)
          line[p] += filters[(size_t) k * n_channels + c] * x[c * x_row + p];
    }
}

DFI_VECTORISE
void
dfi_convolve_points (float       *y,
                     const float *filters,
                     const float *bias,
                     const float *x,
                     int          n_filters,
                     int          n_channels,
                     size_t       n,
                     size_t       y_row,
                     size_t       x_row)
{
  size_t whole = n - n % PIXELS;
  int    k;

  for (k = 0; k + FILTERS <= n_filters; k += FILTERS)
    {
      const float *some = filters + (size_t) k * n_channels;

      for (size_t p = 0; p < whole; p += PIXELS)
        points_block (y + k * y_row + p, some, bias + k, x + p, n_channels, y_row, x_row);
      points_rest (y + k * y_row + whole, some, bias + k, x + whole, FILTERS, n_channels, n - whole, y_row, x_row);
    }
  points_rest (y + k * y_row, filters + (size_t) k * n_channels, bias + k, x, n_filters - k, n_channels, n, y_row, x_row);
}

/* ---------- 3x3 ---------- */

/* One line of a patch matrix: x[from], x[from + stride], ..., 0 from @end on. */
static void
patch_line (float *line, const float *x, int from, int end, int stride, int n)
{
  int inside = CLAMP ((end - from + stride - 1) / stride, 0, n);

  if (stride == 1)
    memcpy (line, x + from, inside * sizeof *line);
  else
    for (int j = 0; j < inside; j++)
      line[j] = x[from + j * stride];
  memset (line + inside, 0, (n - inside) * sizeof *line);
}

void
dfi_convolve_3x3 (float       *y,
                  const float *filters,
                  const float *bias,
                  const float *x,
                  int          n_filters,
                  int          n_channels,
                  int          height,
                  int          width,
                  int          stride,
                  int          out_height,
                  int          out_width,
                  float       *scratch)
{
  for (int i = 0; i < out_height; i++)
    {
      float *line = scratch;

      for (int c = 0; c < n_channels; c++)
        for (int u = 0; u < 3; u++)
          for (int v = 0; v < 3; v++, line += out_width)
            {
              int row = i * stride + u;

              if (row < height)
                patch_line (line, x + ((size_t) c * height + row) * width, v, width, stride, out_width);
              else
                memset (line, 0, out_width * sizeof *line);
            }
      dfi_convolve_points (y + (size_t) i * out_width, filters, bias, scratch, n_filters, 9 * n_channels, out_width,
                           (size_t) out_height * out_width, out_width);
    }
}

/* The plane with 0 around it: before the first row and column, too, when @before is 1. */
static void
pad (float *padded, const float *x, int height, int width, int before)
{
  memset (padded, 0, (size_t) (height + 2) * (width + 2) * sizeof *padded);
  for (int i = 0; i < height; i++)
    memcpy (padded + (size_t) (i + before) * (width + 2) + before, x + (size_t) i * width, width * sizeof *x);
}

/* A row of @n results from the padded rows at @x, which are @row floats apart, with the filter @f (3, 3). */
static inline void
plane_row (float *restrict y, const float *f, const float *restrict x, int row, int stride, int n)
{
  const float *x1 = x + row, *x2 = x1 + row;

  for (int j = 0; j < n; j++)
    {
      int at = j * stride;

      y[j] = f[0] * x[at] + f[1] * x[at + 1] + f[2] * x[at + 2] + f[3] * x1[at] + f[4] * x1[at + 1] + f[5] * x1[at + 2] +
             f[6] * x2[at] + f[7] * x2[at + 1] + f[8] * x2[at + 2];
    }
}

DFI_VECTORISE
void
dfi_convolve_planes (float       *y,
                     const float *filters,
                     const float *x,
                     int          n_channels,
                     int          height,
                     int          width,
                     int          stride,
                     float       *scratch)
{
  int out_height = height / stride;
  int out_width  = width / stride;

  for (int c = 0; c < n_channels; c++, filters += 9, x += (size_t) height * width)
    {
      pad (scratch, x, height, width, stride == 1);
      for (int i = 0; i < out_height; i++, y += out_width)
        {
          const float *line = scratch + (size_t) i * stride * (width + 2);

          if (stride == 1)
            plane_row (y, filters, line, width + 2, 1, out_width);
          else
            plane_row (y, filters, line, width + 2, 2, out_width);
        }
    }
}

/* ---------- units ---------- */

DFI_VECTORISE
void
dfi_leaky_relu (float *x, float slope, size_t n)
{
  for (size_t i = 0; i < n; i++)
    x[i] = x[i] > 0.0f ? x[i] : slope * x[i];
}

/* A row of results from the rows @upper and @lower, which are the same at the lower edge. */
static inline void
pool_row (float *restrict y, const float *restrict upper, const float *restrict lower, int width, int stride)
{
  int whole = stride == 1 ? width - 1 : width / 2;

  for (int j = 0; j < whole; j++)
    {
      float above = MAX (upper[j * stride], upper[j * stride + 1]);
      float below = MAX (lower[j * stride], lower[j * stride + 1]);

      y[j] = MAX (above, below);
    }
  if (stride == 1 || width % 2)
    y[whole] = MAX (upper[width - 1], lower[width - 1]);
}

DFI_VECTORISE
void
dfi_max_pool_2x2 (float *y, const float *x, int n_channels, int height, int width, int stride)
{
  int out_height = (height + stride - 1) / stride;
  int out_width  = (width + stride - 1) / stride;

  for (int c = 0; c < n_channels; c++, x += (size_t) height * width)
    for (int i = 0; i < out_height; i++, y += out_width)
      {
        const float *upper = x + (size_t) i * stride * width;
        const float *lower = i * stride + 1 < height ? upper + width : upper;

        if (stride == 1)
          pool_row (y, upper, lower, width, 1);
        else
          pool_row (y, upper, lower, width, 2);
      }
}
