/* Files of Caffe. */

#include "config.h"

#include "check.h"
#include "make-caffe.h"

static void
test_caffe (void)
{
  for (size_t v = 0; v < G_N_ELEMENTS (dfi_vggs); v++)
    {
      Network *network = network_new (&dfi_vggs[v], 2);

      for (CaffeForm form = CAFFE_V1; form <= CAFFE_NEW; form++)
        check_accept (make_caffe (network, form), network, FALSE);
      check_refuse (make_caffe (network, CAFFE_BLOB_SHORT), "does not fit");
      check_refuse (make_caffe (network, CAFFE_DIMS_HUGE), "does not fit");
      check_refuse (make_caffe (network, CAFFE_GROUP), "middle of a layer");
      check_refuse (make_caffe (network, CAFFE_TWICE), "twice");
      network_free (network);
    }
}

static void
test_damage (void)
{
  Network *network = network_new (&dfi_vggs[1], 1);

  check_damage (make_caffe (network, CAFFE_V1), 1);
  check_damage (make_caffe (network, CAFFE_SINGLY), 1);
  network_free (network);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  check_start ();
  g_test_add_func ("/import/caffe/forms", test_caffe);
  g_test_add_func ("/import/caffe/damage", test_damage);
  status = g_test_run ();
  check_end ();
  return status;
}
