/* Files of Keras. */

#include "config.h"

#include "bytes.h"
#include "check.h"
#include "make-hdf5.h"
#include "make-zip.h"

static void
test_forms (void)
{
  for (size_t v = 0; v < G_N_ELEMENTS (dfi_vggs); v++)
    {
      Network *network = network_new (&dfi_vggs[v], 2);

      for (KerasForm form = KERAS_OLD; form <= KERAS_HONEST_LAST; form++)
        check_accept (make_keras (network, form), network, FALSE);
      check_refuse (make_keras (network, KERAS_BATCH_NORM), "batch normalisation");
      check_refuse (make_keras (network, KERAS_SCALED), "compressed in a way");
      check_refuse (make_keras (network, KERAS_ELSEWHERE), "conv5_1");
      check_refuse (make_keras (network, KERAS_SHAPE), "1 x 9 where");
      check_refuse (make_keras (network, KERAS_HUGE), "larger than");
      network_free (network);
    }
}

/* A .keras file: HDF5 in a zip archive. */
static void
test_archive (void)
{
  Network    *network = network_new (&dfi_vggs[1], 2);
  GByteArray *inner   = make_keras (network, KERAS_3);
  GByteArray *config  = g_byte_array_new ();
  Zip        *zip     = zip_new ();

  put_text (config, "{}");
  zip_add (zip, "config.json", config);
  zip_add (zip, "model.weights.h5", inner);
  check_accept (zip_end (zip), network, FALSE);

  zip = zip_new ();
  zip_add (zip, "config.json", config);
  check_refuse (zip_end (zip), "a zip archive, neither of PyTorch nor of Keras");
  g_byte_array_unref (config);
  g_byte_array_unref (inner);
  network_free (network);
}

static void
test_damage (void)
{
  Network *network = network_new (&dfi_vggs[1], 1);

  check_damage (make_keras (network, KERAS_OLD), 19);
  check_damage (make_keras (network, KERAS_GZIP), 29);
  check_damage (make_keras (network, KERAS_LATEST), 29);
  network_free (network);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  check_start ();
  g_test_add_func ("/import/keras/forms", test_forms);
  g_test_add_func ("/import/keras/archive", test_archive);
  g_test_add_func ("/import/keras/damage", test_damage);
  status = g_test_run ();
  check_end ();
  return status;
}
