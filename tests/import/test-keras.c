/* Files of Keras. */

#include "config.h"

#include "check.h"
#include "make-hdf5.h"

static void
test_keras (void)
{
  for (size_t v = 0; v < G_N_ELEMENTS (dfi_vggs); v++)
    {
      Network *network = network_new (&dfi_vggs[v], 2);

      check_accept (make_keras (network, KERAS_OLD), network, FALSE);
      check_accept (make_keras (network, KERAS_NEW), network, FALSE);
      check_refuse (make_keras (network, KERAS_DOUBLE), "single precision");
      check_refuse (make_keras (network, KERAS_CHUNKED), "compressed");
      check_refuse (make_keras (network, KERAS_SHAPE), "does not fit");
      check_refuse (make_keras (network, KERAS_LOOP), v == 0 ? "conv1_1" : "conv5_1");
      network_free (network);
    }
}

static void
test_damage (void)
{
  Network *network = network_new (&dfi_vggs[1], 1);

  check_damage (make_keras (network, KERAS_OLD));
  network_free (network);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  check_start ();
  g_test_add_func ("/import/keras/forms", test_keras);
  g_test_add_func ("/import/keras/damage", test_damage);
  status = g_test_run ();
  check_end ();
  return status;
}
