/* Files of safetensors with the names of torchvision. */

#include "config.h"

#include "check.h"
#include "make-safetensors.h"
#include "network/encoder.h"

static void
test_safetensors (void)
{
  for (size_t v = 0; v < G_N_ELEMENTS (dfi_vggs); v++)
    {
      Network *network = network_new (&dfi_vggs[v], 2);

      check_accept (make_safetensors (network, DFI_DTYPE_F32), network, FALSE);
      check_accept (make_safetensors (network, DFI_DTYPE_F32), network, TRUE);
      check_accept (make_safetensors (network, DFI_DTYPE_F16), network, FALSE);
      check_accept (make_safetensors (network, DFI_DTYPE_BF16), network, FALSE);
      network_free (network);
    }
}

/* An encoder takes the published file without an import, too: other tensors and bfloat16 do not disturb it. */
static void
test_straight (void)
{
  Network    *network = network_new (&dfi_vggs[1], 2);
  GByteArray *bytes   = make_safetensors (network, DFI_DTYPE_BF16);
  GError     *error   = NULL;
  DfiEncoder *encoder;

  check_write (bytes->data, bytes->len);
  encoder = dfi_encoder_new_from_file (check_in, &error);
  g_assert_no_error (error);
  dfi_encoder_free (encoder);
  g_byte_array_unref (bytes);
  network_free (network);
}

static void
test_damage (void)
{
  Network *network = network_new (&dfi_vggs[1], 1);

  check_damage (make_safetensors (network, DFI_DTYPE_F16));
  network_free (network);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  check_start ();
  g_test_add_func ("/import/safetensors/dtypes", test_safetensors);
  g_test_add_func ("/import/safetensors/straight", test_straight);
  g_test_add_func ("/import/safetensors/damage", test_damage);
  status = g_test_run ();
  check_end ();
  return status;
}
