#include "config.h"

#include <math.h>
#include <string.h>

#include "common.h"
#include "compare-kernels.h"

#define GUARD      256 /* bytes before and after every output */
#define GUARD_BYTE 0xa5

gpointer
guarded_new (Guarded *guarded, size_t size)
{
  guarded->size  = size;
  guarded->block = g_malloc (size + 2 * GUARD + DFI_KERNELS_ALIGN);
  guarded->start = guarded->block + GUARD + DFI_KERNELS_ALIGN - (guintptr) guarded->block % DFI_KERNELS_ALIGN;
  memset (guarded->start - GUARD, GUARD_BYTE, size + 2 * GUARD);
  return guarded->start;
}

void
guarded_free (Guarded *guarded)
{
  for (int i = 1; i <= GUARD; i++)
    {
      g_assert_cmpint (guarded->start[-i], ==, GUARD_BYTE);
      g_assert_cmpint (guarded->start[guarded->size + i - 1], ==, GUARD_BYTE);
    }
  g_free (guarded->block);
}

/* What a layer gives, as plain (C, H, W). */
typedef struct
{
  size_t n_y, n_dx;
  float *y, *dx;
} Result;

static void
result_clear (Result *result)
{
  g_free (result->y);
  g_free (result->dx);
}

/* Eighths from -1 to 1. */
static float *
numbers (int seed, size_t n)
{
  float *out = g_new (float, n);

  test_uniform (seed, out, n);
  for (size_t i = 0; i < n; i++)
    out[i] = (floorf (out[i] * 17.0f) - 8.0f) / 8.0f;
  return out;
}

/* The filters (K, C, 3, 3): the first channel goes through as it is. Together with input_new() no sum is then nearer to 0,
 * or to the others of its square of 2x2, than 1/512, and rounding decides nowhere which of them the gradient goes to. */
static float *
filters_new (int n_filters, int channels)
{
  float *w = numbers (1, (size_t) n_filters * channels * 9);

  for (int k = 0; k < n_filters; k++)
    for (int i = 0; i < 9; i++)
      w[(size_t) k * channels * 9 + i] = i == 4 ? 1.0f : 0.0f;
  return w;
}

/* The input (C, H, W). */
static float *
input_new (const DfiLayerShape *shape)
{
  float *x = numbers (2, (size_t) shape->channels * shape->height * shape->width);

  for (int i = 0; i < shape->height; i++)
    for (int j = 0; j < shape->width; j++)
      x[(size_t) i * shape->width + j] += (i % 2 * 2 + j % 2 + 0.5f) / 256.0f;
  return x;
}

/* Filters, prepared, either as they are or turned. */
static const float *
prepared_filters (Guarded *guarded, const DfiKernels *kernels, const DfiLayerShape *shape, gboolean turned)
{
  int    filters = shape->filters, channels = shape->channels;
  float *w     = filters_new (filters, channels);
  float *other = g_new (float, (size_t) filters *channels * 9);
  float *prepared =
      guarded_new (guarded, kernels->filters_size (turned ? channels : filters, turned ? filters : channels) * sizeof (float));

  for (int k = 0; k < filters; k++)
    for (int c = 0; c < channels; c++)
      for (int i = 0; i < 9; i++)
        other[(c * filters + k) * 9 + 8 - i] = w[(k * channels + c) * 9 + i];
  kernels->filters_prepare (prepared, turned ? other : w, turned ? channels : filters, turned ? filters : channels);
  g_free (other);
  g_free (w);
  return prepared;
}

/* Forward and gradient of random numbers by @kernels. */
static void
run_layer (Result *result, const DfiKernels *kernels, const DfiLayerShape *shape, int n_threads)
{
  size_t       n     = (size_t) shape->height * shape->width;
  size_t       n_out = shape->pooled ? (size_t) (shape->height / 2) * (shape->width / 2) : n;
  size_t       in = dfi_map_size (kernels, shape->channels, n), out = dfi_map_size (kernels, shape->filters, n_out);
  Guarded      w, turned, x, y, dx, more, dy, mask, scratch;
  const float *w_data = prepared_filters (&w, kernels, shape, FALSE);
  const float *t_data = prepared_filters (&turned, kernels, shape, TRUE);
  float       *x_data = guarded_new (&x, in * sizeof (float)), *dx_data = guarded_new (&dx, in * sizeof (float));
  float       *more_data = guarded_new (&more, in * sizeof (float));
  float       *y_data = guarded_new (&y, out * sizeof (float)), *dy_data = guarded_new (&dy, out * sizeof (float));
  guint8      *m_data  = guarded_new (&mask, dfi_mask_size (kernels, shape));
  float       *s_data  = guarded_new (&scratch, kernels->scratch_size (shape, n_threads) * sizeof (float));
  float       *plain_x = input_new (shape), *plain_dy = numbers (3, shape->filters * n_out);
  float       *bias = numbers (4, dfi_map_size (kernels, shape->filters, 1)), *plain_more = numbers (5, shape->channels * n);
  DfiThreads  *threads = dfi_threads_new (n_threads);

  memset (bias + shape->filters, 0, (dfi_map_size (kernels, shape->filters, 1) - shape->filters) * sizeof (float));
  dfi_map_pack (kernels, x_data, plain_x, shape->channels, n);
  dfi_map_pack (kernels, more_data, plain_more, shape->channels, n);
  dfi_map_pack (kernels, dy_data, plain_dy, shape->filters, n_out);

  kernels->forward (y_data, m_data, shape, w_data, bias, x_data, threads, s_data);
  kernels->gradient (dx_data, more_data, shape, t_data, dy_data, m_data, threads, s_data);

  result->n_y  = shape->filters * n_out;
  result->n_dx = shape->channels * n;
  result->y    = g_new (float, result->n_y);
  result->dx   = g_new (float, result->n_dx);
  dfi_map_unpack (kernels, result->y, y_data, shape->filters, n_out);
  dfi_map_unpack (kernels, result->dx, dx_data, shape->channels, n);

  dfi_threads_free (threads);
  g_free (plain_more);
  g_free (bias);
  g_free (plain_dy);
  g_free (plain_x);
  guarded_free (&scratch);
  guarded_free (&mask);
  guarded_free (&dy);
  guarded_free (&y);
  guarded_free (&more);
  guarded_free (&dx);
  guarded_free (&x);
  guarded_free (&turned);
  guarded_free (&w);
}

/* Length of a - b, relative to b's, or to what is usual for sums of so many products of numbers(), whose mean square is 3/8: few
 * sums may happen to be small, and their terms were rounded all the same. */
static double
relative_error (const float *a, const float *b, size_t n, int n_terms)
{
  double error = 0.0, length = 0.0;

  for (size_t i = 0; i < n; i++)
    {
      error += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
      length += (double) b[i] * b[i];
    }
  return sqrt (error / MAX (length, n * MAX (1.0, n_terms * 9.0 / 64.0)));
}

/* The same for the first layer. */
static void
run_picture (Result *result, const DfiKernels *kernels, const DfiLayerShape *shape, int n_threads)
{
  const float mean[3] = { 0.5f, 0.25f, 0.75f };
  size_t      n = (size_t) shape->height * shape->width, out = dfi_map_size (kernels, shape->filters, n);
  Guarded     prepared, dx, y, dy, mask, scratch;
  float      *w_data  = guarded_new (&prepared, kernels->picture->filters_size (shape->filters) * sizeof (float));
  float      *dx_data = guarded_new (&dx, 3 * n * sizeof (float));
  float      *y_data = guarded_new (&y, out * sizeof (float)), *dy_data = guarded_new (&dy, out * sizeof (float));
  guint8     *m_data = guarded_new (&mask, dfi_mask_size (kernels, shape));
  float      *s_data = guarded_new (&scratch, kernels->picture->scratch_size (shape, n_threads) * sizeof (float));
  float      *w = filters_new (shape->filters, 3), *x = input_new (shape);
  float      *plain_dy = numbers (3, shape->filters * n), *bias = numbers (4, dfi_map_size (kernels, shape->filters, 1));
  DfiThreads *threads = dfi_threads_new (n_threads);

  memset (bias + shape->filters, 0, (dfi_map_size (kernels, shape->filters, 1) - shape->filters) * sizeof (float));
  dfi_map_pack (kernels, dy_data, plain_dy, shape->filters, n);

  kernels->picture->filters_prepare (w_data, w, shape->filters);
  kernels->picture->forward (y_data, m_data, shape, w_data, bias, x, mean, threads, s_data);
  kernels->picture->gradient (dx_data, shape, w_data, dy_data, m_data, threads, s_data);

  result->n_y  = shape->filters * n;
  result->n_dx = 3 * n;
  result->y    = g_new (float, result->n_y);
  result->dx   = g_memdup2 (dx_data, result->n_dx * sizeof (float));
  dfi_map_unpack (kernels, result->y, y_data, shape->filters, n);

  dfi_threads_free (threads);
  g_free (bias);
  g_free (plain_dy);
  g_free (x);
  g_free (w);
  guarded_free (&scratch);
  guarded_free (&mask);
  guarded_free (&dy);
  guarded_free (&y);
  guarded_free (&dx);
  guarded_free (&prepared);
}

static void
compare_runs (const DfiKernels    *kernels,
              const DfiLayerShape *shape,
              int                  n_threads,
              void (*run) (Result *, const DfiKernels *, const DfiLayerShape *, int))
{
  const int terms_y = 9 * shape->channels, terms_dx = 9 * shape->filters;
  Result    plain, once, many;

  run (&plain, &dfi_kernels_plain, shape, 1);
  run (&once, kernels, shape, 1);
  run (&many, kernels, shape, n_threads);

  g_test_message ("%d -> %d channels, %d x %d%s: relative errors %.1e, gradient %.1e", shape->channels, shape->filters,
                  shape->width, shape->height, shape->pooled ? ", pooled" : "",
                  relative_error (once.y, plain.y, plain.n_y, terms_y), relative_error (once.dx, plain.dx, plain.n_dx, terms_dx));
  g_assert_cmpfloat (relative_error (once.y, plain.y, plain.n_y, terms_y), <, 1e-5);
  g_assert_cmpfloat (relative_error (once.dx, plain.dx, plain.n_dx, terms_dx), <, 1e-5);
  g_assert_cmpmem (once.y, once.n_y * sizeof (float), many.y, many.n_y * sizeof (float));
  g_assert_cmpmem (once.dx, once.n_dx * sizeof (float), many.dx, many.n_dx * sizeof (float));

  result_clear (&many);
  result_clear (&once);
  result_clear (&plain);
}

void
compare_layer (const DfiKernels *kernels, const DfiLayerShape *shape, int n_threads)
{
  compare_runs (kernels, shape, n_threads, run_layer);
}

void
compare_picture (const DfiKernels *kernels, const DfiLayerShape *shape, int n_threads)
{
  compare_runs (kernels, shape, n_threads, run_picture);
}
