/* Every set of kernels against the plain one, layer by layer: values, masks, bytes around the outputs, threads. */

#include "config.h"

#include "common.h"
#include "compare-kernels.h"
#include "network/pass.h"
#include "base/error.h"

static const DfiLayerShape shapes[] = {
  { 1, 1, 1, 1, FALSE },     { 3, 16, 5, 7, FALSE },    { 16, 16, 4, 4, TRUE },     { 16, 16, 33, 32, TRUE },
  { 3, 5, 2, 3, TRUE },      { 7, 9, 6, 5, TRUE },      { 17, 33, 9, 10, FALSE },   { 33, 17, 10, 9, TRUE },
  { 8, 24, 1, 40, FALSE },   { 24, 8, 40, 1, FALSE },   { 16, 32, 47, 50, FALSE },  { 32, 32, 50, 47, TRUE },
  { 32, 64, 24, 24, FALSE }, { 64, 64, 25, 26, TRUE },  { 64, 128, 12, 13, FALSE }, { 128, 128, 12, 12, FALSE },
  { 3, 64, 37, 100, FALSE }, { 64, 64, 101, 35, TRUE }, { 128, 256, 8, 9, FALSE },  { 256, 512, 5, 4, TRUE },
  { 512, 512, 6, 7, FALSE }, { 2, 4, 19, 18, TRUE },    { 48, 48, 13, 21, TRUE },
};

static void
test_layers (gconstpointer kernels)
{
  for (size_t s = 0; s < G_N_ELEMENTS (shapes); s++)
    compare_layer (kernels, &shapes[s], 2);
}

static void
test_pictures (gconstpointer kernels)
{
  static const DfiLayerShape sizes[] = {
    { 3, 1, 1, 1, FALSE }, { 3, 16, 8, 8, FALSE },  { 3, 17, 13, 9, FALSE }, { 3, 64, 30, 21, FALSE },
    { 3, 5, 2, 3, FALSE }, { 3, 16, 4, 50, FALSE }, { 3, 40, 33, 5, FALSE }, { 3, 16, 47, 46, FALSE },
  };

  for (size_t s = 0; s < G_N_ELEMENTS (sizes); s++)
    compare_picture (kernels, &sizes[s], 2);
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
  const char *names[] = { "avx2", "avx512", "neon" };

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
