/* Networks that the real libraries write, against what PyTorch makes of a picture with them.  Needs python3-torch and
 * python3-h5py. */

#include "config.h"

#include <math.h>
#include <sys/wait.h>

#include <glib/gstdio.h>

#include "check.h"
#include "common.h"
#include "files/safetensors-reader.h"
#include "import/import.h"
#include "network/pass.h"

static const char *folder;

typedef struct
{
  const char *name;
  gboolean    caffe; /* input as Caffe has it */
  double      edge;  /* relative difference that the edge may make */
} Real;

/* Of a random network's features the edge makes 0.0005. */
static const Real reals[] = {
  { "zip", FALSE, 1e-4 },      { "zip-16", FALSE, 1e-4 },  { "parameters", FALSE, 1e-4 }, { "half", FALSE, 1e-4 },
  { "bfloat16", FALSE, 1e-4 }, { "legacy", FALSE, 1e-4 },  { "caffe", TRUE, 2e-3 },       { "caffe-16", TRUE, 2e-3 },
  { "keras", TRUE, 2e-3 },     { "keras-16", TRUE, 2e-3 }, { "published", FALSE, 1e-4 },
};

static gboolean have_reals;

/* Runs make_reals.py with the first Python that has what it needs. */
static gboolean
make_reals (void)
{
  static const char *pythons[] = { "python3", "/usr/bin/python3" };
  char              *script    = test_source_file ("tests/import/make_reals.py");
  gboolean           made      = FALSE;

  for (size_t i = 0; ! made && i < G_N_ELEMENTS (pythons); i++)
    {
      const char *arguments[] = { pythons[i], script, folder, NULL };
      int         status      = 0;

      if (! g_spawn_sync (NULL, (char **) arguments, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL))
        continue;
      made = status == 0;
      g_assert_true (made || (WIFEXITED (status) && WEXITSTATUS (status) == 77));
    }
  g_free (script);
  return made;
}

static float *
read_tensor (const char *path, const char *name, const size_t *shape)
{
  GError          *error  = NULL;
  DfiSafetensors  *file   = dfi_safetensors_open (path, NULL, 0, &error);
  const DfiTensor *tensor = dfi_safetensors_tensor (file, name, 3, shape, &error);
  float           *values;

  g_assert_no_error (error);
  values = g_new (float, tensor->count);
  g_assert_true (dfi_safetensors_floats (file, tensor, values, &error));
  dfi_safetensors_free (file);
  return values;
}

/* Length of the difference over the length of @b, of maps (C, H, W) without @margin units at each edge. */
static double
difference (const float *a, const float *b, const size_t *shape, size_t margin)
{
  double sum = 0.0, size = 0.0;

  for (size_t c = 0; c < shape[0]; c++)
    for (size_t y = margin; y < shape[1] - margin; y++)
      for (size_t x = margin; x < shape[2] - margin; x++)
        {
          size_t i = (c * shape[1] + y) * shape[2] + x;

          sum += (a[i] - b[i]) * (a[i] - b[i]);
          size += b[i] * b[i];
        }
  return sqrt (sum / size);
}

/* Features with the imported weights against PyTorch's. Units that see the edge of the picture may differ by more when the
 * network has Caffe's input, see import.h. */
static void
check_features (const Real *real, const DfiEncoder *encoder, const char *expected)
{
  static const size_t margins[] = { 4, 5, 6 }; /* units see 13, 37 and 85 pixels to each side */
  GError             *error     = NULL;
  const size_t        any[3]    = { 3, 0, 0 };
  char               *picture   = g_build_filename (folder, "picture.safetensors", NULL);
  float              *image     = read_tensor (picture, "image", any);
  DfiPass            *pass      = dfi_pass_new (encoder, DFI_TAPS_PAPER, 224, 224, &error);
  const float        *features;

  g_assert_no_error (error);
  features = dfi_pass_forward (pass, image);
  for (int tap = 0; tap < 3; tap++)
    {
      size_t shape[3];
      float *wanted;
      double all, inner;

      dfi_pass_tap_shape (pass, tap, shape);
      wanted = read_tensor (expected, dfi_taps_name (DFI_TAPS_PAPER, tap), shape);
      all    = difference (features, wanted, shape, 0);
      inner  = difference (features, wanted, shape, margins[tap]);
      g_test_message ("%s: %s differs by %.1e, away from the edge by %.1e", real->name, dfi_taps_name (DFI_TAPS_PAPER, tap), all,
                      inner);
      g_assert_cmpfloat (all, <, real->edge);
      g_assert_cmpfloat (inner, <, 1e-4);
      features += shape[0] * shape[1] * shape[2];
      g_free (wanted);
    }
  dfi_pass_free (pass);
  g_free (image);
  g_free (picture);
}

static void
test_real (gconstpointer data)
{
  const Real *real     = data;
  char       *path     = g_strdup_printf ("%s/%s.in", folder, real->name);
  char       *expected = g_strdup_printf ("%s/%s.safetensors", folder, real->name);
  GError     *error    = NULL;
  DfiEncoder *encoder;

  if (have_reals)
    {
      g_assert_true (dfi_import_weights (path, check_out, DFI_IMPORT_INPUT_AUTO, FALSE, &error));
      g_assert_no_error (error);
      g_remove (path);
      encoder = dfi_encoder_new_from_file (check_out, &error);
      if (! encoder && g_str_has_suffix (real->name, "-16"))
        {
          g_test_skip ("the encoder takes no VGG-16");
          g_clear_error (&error);
        }
      else
        {
          g_assert_no_error (error);
          check_features (real, encoder, expected);
          dfi_encoder_free (encoder);
        }
    }
  else
    {
      g_test_skip ("needs python3-torch and python3-h5py");
    }
  g_free (expected);
  g_free (path);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder     = check_start ();
  have_reals = make_reals ();
  for (size_t i = 0; i < G_N_ELEMENTS (reals); i++)
    {
      char *path = g_strdup_printf ("/import/real/%s", reals[i].name);

      g_test_add_data_func (path, &reals[i], test_real);
      g_free (path);
    }
  status = g_test_run ();
  check_end ();
  return status;
}
