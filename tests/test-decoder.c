/* The learned inverse against PyTorch's numbers (fixtures/oracle.json), and the files that it refuses. */

#include <math.h>
#include <string.h>

#include <json-glib/json-glib.h>

#include "base/error.h"
#include "common.h"
#include "network/decoder.h"
#include "network/kernels/kernels.h"

static char *folder;

static DfiEncoder *
encoder_of (int base)
{
  GError     *error   = NULL;
  char       *path    = test_weights_new (folder, base);
  DfiEncoder *encoder = dfi_encoder_new_from_file (path, &error);

  g_assert_no_error (error);
  g_free (path);
  return encoder;
}

/* The taps of make_fixtures.py for a frame of @side. */
static float *
features_of (int side)
{
  static const int tap_channels[] = { 64, 128, 128 }, divisors[] = { 4, 8, 16 };
  size_t           n   = (size_t) side * side * (64 / 16 + 128 / 64) + (size_t) side * side / 2;
  float           *phi = g_new (float, n), *at = phi;

  for (int t = 0; t < 3; t++)
    {
      size_t count = (size_t) tap_channels[t] * (side / divisors[t]) * (side / divisors[t]);

      test_uniform (5000 + t, at, count);
      at += count;
    }
  g_assert_true (at == phi + n);
  return phi;
}

/* Within 1e-4 of PyTorch's, with one thread and with three, to the same bytes. */
static void
check_case (JsonObject *fixture, const char *kernels)
{
  int         side    = json_object_get_int_member (fixture, "side");
  size_t      n       = (size_t) side * side;
  double      length  = json_object_get_double_member (fixture, "luma_length"), expected[32], error_length;
  DfiEncoder *encoder = encoder_of (16);
  char       *path    = test_decoder_new (folder, "decoder.safetensors", dfi_encoder_sha256 (encoder), 0);
  float      *phi     = features_of (side), *one;
  GError     *error   = NULL;
  DfiDecoder *decoder = dfi_decoder_new (path, encoder, side, &error);
  DfiThreads *threads[2];

  g_assert_no_error (error);
  threads[0] = dfi_threads_new (1);
  threads[1] = dfi_threads_new (3);
  for (int k = 0; k < 32; k++)
    expected[k] = json_array_get_double_element (json_object_get_array_member (fixture, "luma"), k);

  one          = g_memdup2 (dfi_decoder_run (decoder, phi, threads[0]), n * sizeof (float));
  error_length = test_error_length (one, n, expected) / length;
  g_test_message ("%s, %d x %d: relative error %.2e", kernels, side, side, error_length);
  g_assert_cmpfloat (error_length, <, 1e-4);
  g_assert_cmpmem (one, n * sizeof (float), dfi_decoder_run (decoder, phi, threads[1]), n * sizeof (float));

  dfi_threads_free (threads[1]);
  dfi_threads_free (threads[0]);
  g_free (one);
  g_free (phi);
  dfi_decoder_free (decoder);
  dfi_encoder_free (encoder);
  g_free (path);
}

static void
test_oracle (void)
{
  static const char *sets[] = { "plain", "avx2", "avx512", "neon" };
  char              *file   = test_source_file ("tests/fixtures/oracle.json");
  JsonParser        *parser = json_parser_new ();
  JsonArray         *cases;

  g_setenv ("DFI_THREADS", "3", TRUE);
  g_assert_true (json_parser_load_from_file (parser, file, NULL));
  cases = json_object_get_array_member (json_node_get_object (json_parser_get_root (parser)), "decoder");
  g_assert_cmpuint (json_array_get_length (cases), ==, 3);
  for (size_t s = 0; s < G_N_ELEMENTS (sets); s++)
    {
      if (! dfi_kernels_find (sets[s], NULL))
        continue;
      g_setenv ("DFI_KERNELS", sets[s], TRUE);
      for (guint i = 0; i < json_array_get_length (cases); i++)
        check_case (json_array_get_object_element (cases, i), sets[s]);
    }
  g_unsetenv ("DFI_KERNELS");
  g_object_unref (parser);
  g_free (file);
}

static void
refused (const char *path, const DfiEncoder *encoder, int side, int code, const char *text)
{
  GError *error = NULL;

  g_assert_null (dfi_decoder_new (path, encoder, side, &error));
  g_assert_error (error, DFI_ERROR, code);
  g_assert_nonnull (strstr (error->message, text));
  g_clear_error (&error);
}

static void
test_refused (void)
{
  DfiEncoder *encoder = encoder_of (16), *other = encoder_of (8);
  char       *good    = test_decoder_new (folder, "good.safetensors", dfi_encoder_sha256 (encoder), 0);
  char       *short_  = test_decoder_new (folder, "short.safetensors", dfi_encoder_sha256 (encoder), 1);
  char       *claims  = test_decoder_new (folder, "claims.safetensors", dfi_encoder_sha256 (other), 0);
  char       *weights = test_weights_new (folder, 16);

  refused (good, other, 64, DFI_ERROR_SHAPE, "other weights");
  refused (claims, other, 64, DFI_ERROR_SHAPE, "other weights"); /* the right hash, but taps of another shape */
  refused (good, encoder, 72, DFI_ERROR_SHAPE, "multiple of 16");
  refused (short_, encoder, 64, DFI_ERROR_FORMAT, "decoder.12.bias");
  refused (weights, encoder, 64, DFI_ERROR_FORMAT, "");
  refused ("/nonexistent/decoder", encoder, 64, DFI_ERROR_IO, "/nonexistent/decoder");

  g_free (weights);
  g_free (claims);
  g_free (short_);
  g_free (good);
  dfi_encoder_free (other);
  dfi_encoder_free (encoder);
}

/* Pixels are squares: a quarter of the way into its neighbour, and no farther than the map. */
static void
test_double (void)
{
  static const float x[]     = { 1, 5, 9, 3, 7, 11 }; /* (1, 2, 3) */
  const DfiKernels  *kernels = dfi_kernels_find ("plain", NULL);
  DfiThreads        *threads = dfi_threads_new (1);
  float              y[4 * 6];

  dfi_map_double (kernels, y, x, 1, 2, 3, threads);
  for (int j = 0; j < 6; j++)
    {
      static const float across[] = { 0, 1, 3, 5, 7, 8 };

      g_assert_cmpfloat (y[j], ==, 1 + across[j]);
      g_assert_cmpfloat (y[6 + j], ==, 1.5f + across[j]);
      g_assert_cmpfloat (y[12 + j], ==, 2.5f + across[j]);
      g_assert_cmpfloat (y[18 + j], ==, 3 + across[j]);
    }
  dfi_threads_free (threads);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  g_test_add_func ("/decoder/double", test_double);
  g_test_add_func ("/decoder/oracle", test_oracle);
  g_test_add_func ("/decoder/refused", test_refused);
  status = g_test_run ();
  test_folder_remove (folder);
  return status;
}
