/* Weights of an encoder, and the features that they give. */

#include "config.h"

#include "common.h"
#include "fuzz.h"
#include "network/pass.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  GError     *error   = NULL;
  DfiEncoder *encoder = dfi_encoder_new_from_file (fuzz_file ("in.safetensors", data, size), &error);
  DfiPass    *pass;
  float       image[3 * 32 * 33];

  fuzz_told (encoder != NULL, &error);
  if (! encoder)
    return 0;

  test_uniform (1, image, G_N_ELEMENTS (image));
  pass = dfi_pass_new (encoder, DFI_TAPS_PAPER, 32, 33, &error);
  fuzz_told (pass != NULL, &error);
  if (pass)
    dfi_pass_forward (pass, image);
  dfi_pass_free (pass);
  dfi_encoder_free (encoder);
  return 0;
}

void
fuzz_seeds (const char *folder)
{
  for (size_t v = 0; v < G_N_ELEMENTS (dfi_vggs); v++)
    {
      char *path = test_network_new (fuzz_folder (), &dfi_vggs[v], 1);

      fuzz_seed_file (folder, dfi_vggs[v].name, path, -1);
      g_free (path);
    }
}
