/* The network that says where hair is.  An input is the file's header and its first numbers; the others are the bundled one's. */

#include "config.h"

#include "common.h"
#include "files/bundled.h"
#include "fuzz.h"
#include "hair/hair-network.h"

static const char *
original (void)
{
  static char *path;
  GError      *error = NULL;

  if (! path)
    path = dfi_bundled_file (DFI_BUNDLED_HAIR, &error);
  g_assert_no_error (error);
  return path;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  GError         *error   = NULL;
  DfiHairNetwork *network = dfi_hair_network_new (fuzz_file_over ("in.safetensors", data, size, original ()), &error);
  float           shares[DFI_HAIR_SHARES * DFI_HAIR_SHARES];
  DfiImage       *view;

  fuzz_told (network != NULL, &error);
  if (! network)
    return 0;

  view = dfi_image_new (DFI_HAIR_VIEW, DFI_HAIR_VIEW, NULL);
  test_uniform (3, view->data, (size_t) 3 * DFI_HAIR_VIEW * DFI_HAIR_VIEW);
  fuzz_told (dfi_hair_network_run (network, view, shares, &error), &error);
  for (int i = 0; i < DFI_HAIR_SHARES * DFI_HAIR_SHARES; i++)
    g_assert_true (! (shares[i] < 0.0f || shares[i] > 1.0f));
  dfi_image_free (view);
  dfi_hair_network_free (network);
  return 0;
}

void
fuzz_seeds (const char *folder)
{
  fuzz_seed_file (folder, "header", original (), 0);
  fuzz_seed_file (folder, "values", original (), 256);
}
