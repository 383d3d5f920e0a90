/* decoder.c: seconds that the learned inverse takes for a frame, and the encoder before it: bench-decoder SIDE [REPEATS]
 *
 * Prints the medians. The weights are random, which takes as long as trained ones.
 */

#include "config.h"

#include <stdlib.h>

#include "../common.h"
#include "network/decoder.h"
#include "network/pass.h"

static int
compare (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
median (double *seconds, int n)
{
  qsort (seconds, n, sizeof *seconds, compare);
  return seconds[n / 2];
}

int
main (int argc, char **argv)
{
  int         side    = argc > 1 ? atoi (argv[1]) : 320;
  int         repeats = argc > 2 ? MAX (1, atoi (argv[2])) : 99;
  GError     *error   = NULL;
  char       *folder  = test_folder_new ();
  char       *weights = test_weights_new (folder, 16);
  DfiEncoder *encoder = dfi_encoder_new_from_file (weights, &error);
  char       *file    = encoder ? test_decoder_new (folder, "decoder.safetensors", dfi_encoder_sha256 (encoder), 0) : NULL;
  DfiPass    *pass    = encoder ? dfi_pass_new (encoder, DFI_TAPS_PAPER, side, side, &error) : NULL;
  DfiDecoder *decoder = pass ? dfi_decoder_new (file, encoder, side, &error) : NULL;
  int         status  = decoder ? 0 : 1;

  if (decoder)
    {
      float  *image    = g_new (float, 3 * side * side);
      double *encoding = g_new (double, repeats), *decoding = g_new (double, repeats);

      test_uniform (1, image, 3 * side * side);
      for (int i = 0; i < repeats; i++)
        {
          gint64       start = g_get_monotonic_time (), middle;
          const float *phi   = dfi_pass_forward (pass, image);

          middle = g_get_monotonic_time ();
          dfi_decoder_run (decoder, phi, dfi_pass_threads (pass));
          encoding[i] = (middle - start) * 1e-6;
          decoding[i] = (g_get_monotonic_time () - middle) * 1e-6;
        }
      g_print ("%d x %d, %d threads: encoder %.6f, decoder %.6f\n", side, side, dfi_threads_count (dfi_pass_threads (pass)),
               median (encoding, repeats), median (decoding, repeats));
      g_free (decoding);
      g_free (encoding);
      g_free (image);
    }
  else
    {
      g_printerr ("%s\n", error->message);
    }

  dfi_decoder_free (decoder);
  dfi_pass_free (pass);
  dfi_encoder_free (encoder);
  g_free (file);
  g_free (weights);
  test_folder_remove (folder);
  return status;
}
