/* The bundled network for hair bare, for test_hair_network.py: a view of float32 on standard input, its shares on the output. */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "hair/hair-network.h"

int
main (void)
{
  const size_t    n       = 3 * DFI_HAIR_VIEW * DFI_HAIR_VIEW;
  GError         *error   = NULL;
  DfiHairNetwork *network = dfi_hair_network_new (NULL, &error);
  DfiImage       *view    = dfi_image_new (DFI_HAIR_VIEW, DFI_HAIR_VIEW, NULL);
  float           shares[DFI_HAIR_SHARES * DFI_HAIR_SHARES];
  gboolean        done = network && fread (view->data, sizeof (float), n, stdin) == n &&
                  dfi_hair_network_run (network, view, shares, &error) && fwrite (shares, sizeof shares, 1, stdout) == 1;

  if (error)
    fprintf (stderr, "hair-net: %s\n", error->message);
  g_clear_error (&error);
  dfi_image_free (view);
  dfi_hair_network_free (network);
  return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
