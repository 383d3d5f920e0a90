/* dfi features: the taps of a picture as a safetensors file, to study them or to check the encoder from outside. */

#include "config.h"

#include <stdlib.h>

#include <glib/gi18n-lib.h>

#include "dfi.h"
#include "commands.h"
#include "console.h"

static int
run (const char *weights, const char *taps_text, const DfiPhotoLimits *limits, const char *in, const char *out)
{
  GPtrArray *notes = g_ptr_array_new_with_free_func (g_free);
  GError    *error = NULL;
  DfiTaps    taps  = taps_text ? dfi_taps_parse (taps_text, &error) : DFI_TAPS_PAPER;
  gboolean   done  = taps && dfi_cli_check_output (out, (char *[]){ (char *) in, NULL }, &error) &&
                  dfi_vectors_write_features (weights, taps, in, limits, out, notes, &error);

  for (guint i = 0; done && i < notes->len; i++)
    dfi_cli_print_note (notes->pdata[i], NULL);
  g_ptr_array_unref (notes);
  dfi_command_explain_weights (weights, &error);
  return done ? EXIT_SUCCESS : dfi_cli_fail (error);
}

int
dfi_command_features (int argc, char **argv)
{
  char *weights = NULL, *taps = NULL;
  int   status = DFI_EXIT_USAGE;

  DfiPhotoLimits limits = { 0.0, FALSE };

  const GOptionEntry entries[] = {
    { "weights", 'w', 0, G_OPTION_ARG_FILENAME, &weights, N_ ("Encoder to use instead of the bundled one"), N_ ("FILE") },
    { "taps", 0, 0, G_OPTION_ARG_STRING, &taps, N_ ("Layers to write (relu3_1,relu4_1,relu5_1)"), N_ ("LAYER,...") },
    DFI_CLI_LIMITS (&limits),
    G_OPTION_ENTRY_NULL
  };

  if (dfi_cli_parse (_ ("features IMAGE OUT.safetensors"),
                     _ ("Writes what the network’s layers make of a picture, each (C, H, W), float32.\n"
                        "IMAGE may be a safetensors file with a tensor “image” (3, H, W) of values in 0..1."),
                     entries, NULL, &argc, &argv, 2))
    status = run (weights, taps, &limits, argv[1], argv[2]);

  g_free (taps);
  g_free (weights);
  return status;
}
