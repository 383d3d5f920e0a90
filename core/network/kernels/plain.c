/* plain.c: the kernels in plain C. Convolution is a matrix product (im2col), a band of rows at a time. */

#include "config.h"

#include <string.h>

#include "network/kernels/kernels.h"
#include "base/linalg.h"

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
panel_size (int channels, int width)
{
  return (size_t) 9 * channels * band_rows (width) * width;
}

/* One row of the panel: the input row shifted by dj - 1 columns, zero where that leaves the picture.
 * out (width)   x (width), or NULL for a row outside the picture */
static void
shifted_row (float *out, const float *x, int dj, int width)
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

/* Writes col (9 C, rows * W): for each channel and filter position the input under it, for output rows top .. top + rows - 1. */
static void
im2col (float *col, const float *x, int channels, int height, int width, int top, int rows)
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

/* y = the convolution of x. y (K, H, W)   w (K, C, 3, 3)   x (C, H, W)   panel: panel_size() floats */
static void
conv3x3 (float *y, const float *w, const float *x, int n_filters, int channels, int height, int width, float *panel)
{
  int band = band_rows (width);

  for (int top = 0; top < height; top += band)
    {
      int rows = MIN (band, height - top);

      im2col (panel, x, channels, height, width, top, rows);
      dfi_gemm (FALSE, FALSE, n_filters, rows * width, 9 * channels, 1.0f, w, 9 * channels, panel, rows * width, 0.0f,
                y + (size_t) top * width, height * width);
    }
}

/* In place: x = max (x + bias, 0), where what is no number stays so. x (C, n) */
static void
bias_relu (float *x, const float *bias, int channels, size_t n)
{
  for (int c = 0; c < channels; c++)
    for (size_t i = 0; i < n; i++)
      x[c * n + i] = MAX (0.0f, x[c * n + i] + bias[c]);
}

static void
mark (guint8 *mask, size_t unit)
{
  mask[unit / 8] |= 1 << (unit % 8);
}

static gboolean
marked (const guint8 *mask, size_t unit)
{
  return mask[unit / 8] >> (unit % 8) & 1;
}

static void
mask_active (guint8 *mask, const float *x, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (x[i] > 0.0f)
      mark (mask, i);
}

/* y = the largest of every 2x2 of x, and the mask of where it is. y (C, H / 2, W / 2)   x (C, H, W) */
static void
max_pool (float *y, guint8 *mask, const float *x, int channels, int height, int width)
{
  for (int c = 0; c < channels; c++)
    for (int i = 0; i < height / 2; i++)
      for (int j = 0; j < width / 2; j++)
        {
          size_t       at      = ((size_t) c * height + 2 * i) * width + 2 * j;
          const size_t four[4] = { at, at + 1, at + width, at + width + 1 };
          size_t       best    = four[0];

          for (int k = 1; k < 4; k++)
            if (x[four[k]] > x[best])
              best = four[k];

          if (x[best] > 0.0f)
            mark (mask, best);
          *y++ = x[best];
        }
}

/* Writes dx (C, H, W), the gradient before pooling and ReLU, from dy, the one after them. */
static void
unpool (float *dx, const float *dy, const guint8 *mask, const DfiLayerShape *shape)
{
  int width  = shape->pooled ? shape->width / 2 : shape->width; /* of dy */
  int height = shape->pooled ? shape->height / 2 : shape->height;

  for (int k = 0; k < shape->filters; k++)
    for (int i = 0; i < shape->height; i++)
      for (int j = 0; j < shape->width; j++)
        {
          size_t at = ((size_t) k * shape->height + i) * shape->width + j;
          int    y  = shape->pooled ? i / 2 : i;
          int    x  = shape->pooled ? j / 2 : j;

          dx[at] = y < height && x < width && marked (mask, at) ? dy[((size_t) k * height + y) * width + x] : 0.0f;
        }
}

static size_t
filters_size (int n_filters, int channels)
{
  return (size_t) 9 * n_filters * channels;
}

static void
filters_prepare (float *prepared, const float *w, int n_filters, int channels)
{
  memcpy (prepared, w, filters_size (n_filters, channels) * sizeof *w);
}

/* A map before pooling, and the panel. */
static size_t
scratch_size (const DfiLayerShape *shape, int n_threads)
{
  return (size_t) shape->filters * shape->height * shape->width +
         panel_size (MAX (shape->channels, shape->filters), shape->width);
}

static void
forward (float               *y,
         guint8              *mask,
         const DfiLayerShape *shape,
         const float         *w,
         const float         *bias,
         const float         *x,
         DfiThreads          *threads,
         float               *scratch)
{
  size_t n   = (size_t) shape->height * shape->width;
  float *map = shape->pooled ? scratch : y;

  memset (mask, 0, dfi_mask_size (&dfi_kernels_plain, shape));
  conv3x3 (map, w, x, shape->filters, shape->channels, shape->height, shape->width, scratch + shape->filters * n);
  bias_relu (map, bias, shape->filters, n);
  if (shape->pooled)
    max_pool (y, mask, map, shape->filters, shape->height, shape->width);
  else
    mask_active (mask, y, shape->filters * n);
}

static void
gradient (float               *dx,
          const float         *more,
          const DfiLayerShape *shape,
          const float         *turned,
          const float         *dy,
          const guint8        *mask,
          DfiThreads          *threads,
          float               *scratch)
{
  unpool (scratch, dy, mask, shape);
  conv3x3 (dx, turned, scratch, shape->channels, shape->filters, shape->height, shape->width,
           scratch + (size_t) shape->filters * shape->height * shape->width);
  for (size_t i = 0; more && i < (size_t) shape->channels * shape->height * shape->width; i++)
    dx[i] += more[i];
}

/* The filters as they are, then turned. */
static size_t
picture_size (int n_filters)
{
  return 2 * filters_size (n_filters, DFI_PICTURE_CHANNELS);
}

static void
picture_prepare (float *prepared, const float *w, int n_filters)
{
  size_t size = filters_size (n_filters, DFI_PICTURE_CHANNELS);

  memcpy (prepared, w, size * sizeof *w);
  dfi_filters_turn (prepared + size, w, n_filters, DFI_PICTURE_CHANNELS);
}

static size_t
picture_scratch (const DfiLayerShape *shape, int n_threads)
{
  return scratch_size (shape, 1) + (size_t) DFI_PICTURE_CHANNELS * shape->height * shape->width;
}

static void
picture_forward (float               *y,
                 guint8              *mask,
                 const DfiLayerShape *shape,
                 const float         *w,
                 const float         *bias,
                 const float         *x,
                 const float          mean[DFI_PICTURE_CHANNELS],
                 DfiThreads          *threads,
                 float               *scratch)
{
  size_t n       = (size_t) shape->height * shape->width;
  float *centred = scratch + scratch_size (shape, 1);

  for (int c = 0; c < DFI_PICTURE_CHANNELS; c++)
    for (size_t i = c * n; i < (c + 1) * n; i++)
      centred[i] = x[i] - mean[c];
  forward (y, mask, shape, w, bias, centred, threads, scratch);
}

static void
picture_gradient (float               *dx,
                  const DfiLayerShape *shape,
                  const float         *w,
                  const float         *dy,
                  const guint8        *mask,
                  DfiThreads          *threads,
                  float               *scratch)
{
  gradient (dx, NULL, shape, w + filters_size (shape->filters, DFI_PICTURE_CHANNELS), dy, mask, threads, scratch);
}

static const DfiPictureKernels picture = {
  .filters_size    = picture_size,
  .filters_prepare = picture_prepare,
  .scratch_size    = picture_scratch,
  .forward         = picture_forward,
  .gradient        = picture_gradient,
};

const DfiKernels dfi_kernels_plain = {
  .name            = "plain",
  .lanes           = 1,
  .filters_size    = filters_size,
  .filters_prepare = filters_prepare,
  .scratch_size    = scratch_size,
  .forward         = forward,
  .gradient        = gradient,
  .picture         = &picture,
};
