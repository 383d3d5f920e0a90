/* Every set of kernels against the plain one, layer by layer: values, masks, bytes around the outputs, threads. */

#include "config.h"

#include <math.h>
#include <string.h>

#include "common.h"
#include "network/pass.h"
#include "base/error.h"
#include "network/kernels/kernels.h"

#define GUARD      256 /* bytes before and after every output */
#define GUARD_BYTE 0xa5

static const DfiLayerShape shapes[] = {
  { 1, 1, 1, 1, FALSE },     { 3, 16, 5, 7, FALSE },    { 16, 16, 4, 4, TRUE },     { 16, 16, 33, 32, TRUE },
  { 3, 5, 2, 3, TRUE },      { 7, 9, 6, 5, TRUE },      { 17, 33, 9, 10, FALSE },   { 33, 17, 10, 9, TRUE },
  { 8, 24, 1, 40, FALSE },   { 24, 8, 40, 1, FALSE },   { 16, 32, 47, 50, FALSE },  { 32, 32, 50, 47, TRUE },
  { 32, 64, 24, 24, FALSE }, { 64, 64, 25, 26, TRUE },  { 64, 128, 12, 13, FALSE }, { 128, 128, 12, 12, FALSE },
  { 3, 64, 37, 100, FALSE }, { 64, 64, 101, 35, TRUE }, { 128, 256, 8, 9, FALSE },  { 256, 512, 5, 4, TRUE },
  { 512, 512, 6, 7, FALSE }, { 2, 4, 19, 18, TRUE },    { 48, 48, 13, 21, TRUE },
};

/* Memory with bytes around it that must stay. */
typedef struct
{
  guint8 *block;
  guint8 *start;
  size_t  size;
} Guarded;

static gpointer
guarded_new (Guarded *guarded, size_t size)
{
  guarded->size  = size;
  guarded->block = g_malloc (size + 2 * GUARD + DFI_KERNELS_ALIGN);
  guarded->start = guarded->block + GUARD + DFI_KERNELS_ALIGN - (guintptr) guarded->block % DFI_KERNELS_ALIGN;
  memset (guarded->start - GUARD, GUARD_BYTE, size + 2 * GUARD);
  return guarded->start;
}

static void
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

/* Numbers from -1 to 1. */
static float *
numbers (int seed, size_t n)
{
  float *out = g_new (float, n);

  test_uniform (seed, out, n);
  for (size_t i = 0; i < n; i++)
    out[i] = 2.0f * out[i] - 1.0f;
  return out;
}

/* Filters, prepared, either as they are or turned. */
static const float *
prepared_filters (Guarded *guarded, const DfiKernels *kernels, const DfiLayerShape *shape, gboolean turned)
{
  int    filters = shape->filters, channels = shape->channels;
  float *w     = numbers (1, (size_t) filters * channels * 9);
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
  float       *plain_x = numbers (2, shape->channels * n), *plain_dy = numbers (3, shape->filters * n_out);
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

/* Length of a - b, relative to b's. */
static double
relative_error (const float *a, const float *b, size_t n)
{
  double error = 0.0, length = 0.0;

  for (size_t i = 0; i < n; i++)
    {
      error += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
      length += (double) b[i] * b[i];
    }
  return error > 0.0 ? sqrt (error / length) : 0.0;
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
  float      *w = numbers (1, (size_t) shape->filters * 27), *x = numbers (2, 3 * n);
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
              void (*run) (Result *, const DfiKernels *, const DfiLayerShape *, int))
{
  Result plain, once, two;

  run (&plain, &dfi_kernels_plain, shape, 1);
  run (&once, kernels, shape, 1);
  run (&two, kernels, shape, 2);

  g_test_message ("%d -> %d channels, %d x %d%s: relative errors %.1e, gradient %.1e", shape->channels, shape->filters,
                  shape->width, shape->height, shape->pooled ? ", pooled" : "", relative_error (once.y, plain.y, plain.n_y),
                  relative_error (once.dx, plain.dx, plain.n_dx));
  g_assert_cmpfloat (relative_error (once.y, plain.y, plain.n_y), <, 1e-5);
  g_assert_cmpfloat (relative_error (once.dx, plain.dx, plain.n_dx), <, 1e-5);
  g_assert_cmpmem (once.y, once.n_y * sizeof (float), two.y, two.n_y * sizeof (float));
  g_assert_cmpmem (once.dx, once.n_dx * sizeof (float), two.dx, two.n_dx * sizeof (float));

  result_clear (&two);
  result_clear (&once);
  result_clear (&plain);
}

static void
test_layers (gconstpointer kernels)
{
  for (size_t s = 0; s < G_N_ELEMENTS (shapes); s++)
    compare_runs (kernels, &shapes[s], run_layer);
}

static void
test_pictures (gconstpointer kernels)
{
  static const DfiLayerShape sizes[] = {
    { 3, 1, 1, 1, FALSE }, { 3, 16, 8, 8, FALSE },  { 3, 17, 13, 9, FALSE }, { 3, 64, 30, 21, FALSE },
    { 3, 5, 2, 3, FALSE }, { 3, 16, 4, 50, FALSE }, { 3, 40, 33, 5, FALSE }, { 3, 16, 47, 46, FALSE },
  };

  for (size_t s = 0; s < G_N_ELEMENTS (sizes); s++)
    compare_runs (kernels, &sizes[s], run_picture);
}

/* All-zero input: 2x2 squares of equals, of which the first counts when a bias lifts them above 0. */
static void
test_equals (gconstpointer data)
{
  const DfiKernels   *kernels = data;
  const DfiLayerShape shape   = { 1, 1, 6, 6, TRUE };
  DfiThreads         *threads = dfi_threads_new (1);
  float               w[9]    = { 0.0f, 0.0f, 0.0f, 0.0f, 1.0f, 0.0f, 0.0f, 0.0f, 0.0f };
  float               ones[9] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 }, dx[36], x[36] = { 0.0f };
  float               bias[16] = { 1.0f };
  Guarded             prepared, x_map, y_map, mask, scratch;

  guarded_new (&prepared, kernels->filters_size (1, 1) * sizeof (float));
  guarded_new (&x_map, dfi_map_size (kernels, 1, 36) * sizeof (float));
  guarded_new (&y_map, dfi_map_size (kernels, 1, 9) * sizeof (float));
  guarded_new (&mask, dfi_mask_size (kernels, &shape));
  guarded_new (&scratch, kernels->scratch_size (&shape, 1) * sizeof (float));

  kernels->filters_prepare ((float *) prepared.start, w, 1, 1);
  dfi_map_pack (kernels, (float *) x_map.start, x, 1, 36);
  kernels->forward ((float *) y_map.start, mask.start, &shape, (float *) prepared.start, bias, (float *) x_map.start, threads,
                    (float *) scratch.start);
  dfi_map_pack (kernels, (float *) y_map.start, ones, 1, 9);
  kernels->gradient ((float *) x_map.start, NULL, &shape, (float *) prepared.start, (float *) y_map.start, mask.start, threads,
                     (float *) scratch.start);
  dfi_map_unpack (kernels, dx, (float *) x_map.start, 1, 36);

  for (int i = 0; i < 36; i++)
    g_assert_cmpfloat_with_epsilon (dx[i], i / 6 % 2 == 0 && i % 2 == 0 ? 1.0f : 0.0f, 1e-5f);

  dfi_threads_free (threads);
  guarded_free (&scratch);
  guarded_free (&mask);
  guarded_free (&y_map);
  guarded_free (&x_map);
  guarded_free (&prepared);
}

static void
count_item (int item, int thread, gpointer data)
{
  g_atomic_int_inc (&((int *) data)[item]);
}

/* Every item once, in every round, whether the helpers sleep or not. */
static void
test_threads (void)
{
  DfiThreads *threads    = dfi_threads_new (3);
  int         counts[50] = {
            0,
  };

  for (int round = 0; round < 200; round++)
    {
      dfi_threads_run (threads, round % 50 + 1, count_item, counts);
      if (round % 50 == 0)
        g_usleep (2000);
    }
  for (int i = 0; i < 50; i++)
    g_assert_cmpint (counts[i], ==, 4 * (50 - i));
  dfi_threads_free (threads);
}

/* What the environment asks for and cannot have is said by whoever loads an encoder. */
static void
test_environment (void)
{
  char   *path  = test_source_file ("weights/vgg19-slim.safetensors");
  GError *error = NULL;

  g_assert_null (dfi_kernels_find ("abacus", &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "abacus"));
  g_clear_error (&error);

  g_setenv ("DFI_KERNELS", "", TRUE);
  g_assert_null (dfi_encoder_new_from_file (path, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);
  g_setenv ("DFI_KERNELS", "plain", TRUE);

  for (int i = 0; i < 4; i++)
    {
      const char *bad[] = { "0", "-1", "many", "1000" };

      g_setenv ("DFI_THREADS", bad[i], TRUE);
      g_assert_null (dfi_encoder_new_from_file (path, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
      g_assert_nonnull (strstr (error->message, bad[i]));
      g_clear_error (&error);
    }
  g_unsetenv ("DFI_THREADS");
  g_unsetenv ("DFI_KERNELS");
  g_free (path);
}

int
main (int argc, char **argv)
{
  const char *names[] = { "avx2", "avx512" };

  g_test_init (&argc, &argv, NULL);

  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const DfiKernels *kernels  = dfi_kernels_find (names[i], NULL);
      char             *layers   = g_strdup_printf ("/kernels/%s/layers", names[i]);
      char             *pictures = g_strdup_printf ("/kernels/%s/pictures", names[i]);
      char             *equals   = g_strdup_printf ("/kernels/%s/equals", names[i]);

      if (kernels)
        {
          g_test_add_data_func (layers, kernels, test_layers);
          g_test_add_data_func (pictures, kernels, test_pictures);
          g_test_add_data_func (equals, kernels, test_equals);
        }
      g_free (equals);
      g_free (pictures);
      g_free (layers);
    }
  g_test_add_data_func ("/kernels/plain/equals", &dfi_kernels_plain, test_equals);
  g_test_add_func ("/threads/items", test_threads);
  g_test_add_func ("/kernels/environment", test_environment);
  return g_test_run ();
}
