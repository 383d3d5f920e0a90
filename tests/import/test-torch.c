/* Files of PyTorch. */

#include "config.h"

#include "check.h"
#include "make-torch.h"

static void
test_state_dicts (void)
{
  for (size_t v = 0; v < G_N_ELEMENTS (dfi_vggs); v++)
    {
      Network *network = network_new (&dfi_vggs[v], 2);

      for (Lie form = HONEST; form <= NESTED; form++)
        {
          check_accept (make_torch_zip (network, form), network, FALSE);
          check_accept (make_torch_legacy (network, form), network, FALSE);
        }
      network_free (network);
    }
}

static void
test_lies (void)
{
  static const char *texts[] = {
    [LIE_GLOBAL] = "os.system", [LIE_INSTRUCTION] = "0x93", [LIE_COUNT] = "fit",
    [LIE_COUNT_HUGE] = "fit",   [LIE_OFFSET] = "fit",       [LIE_OFFSET_NEGATIVE] = "fit",
    [LIE_STRIDE] = "fit",       [LIE_SHAPE] = "fit",        [LIE_SHAPE_HUGE] = "fit",
    [LIE_KEY] = "fit",          [LIE_VIEW] = "fit",         [LIE_PROTOCOL] = "no sense",
    [LIE_TWICE] = "twice",
  };
  Network *network = network_new (&dfi_vggs[1], 1);

  for (Lie lie = LIE_GLOBAL; lie <= LIE_TWICE; lie++)
    {
      check_refuse (make_torch_zip (network, lie), texts[lie]);
      check_refuse (make_torch_legacy (network, lie), texts[lie]);
    }
  network_free (network);
}

static void
test_damage (void)
{
  Network *network = network_new (&dfi_vggs[1], 1);

  check_damage (make_torch_zip (network, HONEST));
  check_damage (make_torch_legacy (network, HONEST));
  check_damage (make_torch_legacy (network, PYTHON_2));
  network_free (network);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  check_start ();
  g_test_add_func ("/import/torch/state-dicts", test_state_dicts);
  g_test_add_func ("/import/torch/lies", test_lies);
  g_test_add_func ("/import/torch/damage", test_damage);
  status = g_test_run ();
  check_end ();
  return status;
}
