/* Files of PyTorch. */

#include "config.h"

#include <string.h>

#include "bytes.h"
#include "check.h"
#include "files/safetensors-reader.h"
#include "import/import.h"
#include "make-torch.h"
#include "make-zip.h"

static void
test_state_dicts (void)
{
  for (size_t v = 0; v < G_N_ELEMENTS (dfi_vggs); v++)
    {
      Network *network = network_new (&dfi_vggs[v], 2);

      for (Lie form = HONEST; form <= HONEST_LAST; form++)
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
    [BATCH_NORM]          = "batch normalisation",
    [LIE_GLOBAL]          = "os.system",
    [LIE_INSTRUCTION]     = "0x69",
    [LIE_COUNT]           = "fit",
    [LIE_COUNT_HUGE]      = "fit",
    [LIE_OFFSET]          = "fit",
    [LIE_OFFSET_NEGATIVE] = "fit",
    [LIE_STRIDE]          = "fit",
    [LIE_SHAPE]           = "fit",
    [LIE_SHAPE_HUGE]      = "fit",
    [LIE_KEY]             = "fit",
    [LIE_VIEW]            = "fit",
    [LIE_PROTOCOL]        = "protocol 6",
    [LIE_TWICE]           = "twice",
  };
  Network *network = network_new (&dfi_vggs[1], 1);

  for (Lie lie = BATCH_NORM; lie <= LIE_TWICE; lie++)
    {
      check_refuse (make_torch_zip (network, lie), texts[lie]);
      check_refuse (make_torch_legacy (network, lie), texts[lie]);
    }
  network_free (network);
}

/* Where the layers are called as in Caffe, the network wants its input, unless it is told otherwise. */
static void
test_caffe_names (void)
{
  Network        *network = network_new (&dfi_vggs[0], 1);
  GByteArray     *bytes   = make_torch_zip (network, CAFFE_NAMES);
  GError         *error   = NULL;
  DfiSafetensors *file;

  check_write (bytes->data, bytes->len);
  for (int said = 0; said < 2; said++)
    {
      g_assert_true (
          dfi_import_weights (check_in, check_out, said ? DFI_IMPORT_INPUT_TORCHVISION : DFI_IMPORT_INPUT_AUTO, FALSE, &error));
      file = dfi_safetensors_open (check_out, "encoder", 1, &error);
      g_assert_no_error (error);
      g_assert_nonnull (strstr (dfi_safetensors_metadata (file, "dfi.source"), said ? "RGB" : "BGR"));
      dfi_safetensors_free (file);
    }
  g_byte_array_unref (bytes);
  network_free (network);
}

/* A pickle that makes as many values as it has bytes is refused before they take much memory. */
static void
test_bomb (void)
{
  GByteArray *bomb = g_byte_array_new ();
  Zip        *zip  = zip_new ();

  put_text (bomb, "\x80\2");
  for (int i = 0; i < 2000000; i++)
    put_text (bomb, "](");
  zip_add (zip, "net/data.pkl", bomb);
  check_refuse (zip_end (zip), "more values");
  g_byte_array_unref (bomb);
}

static void
test_packed (void)
{
  GByteArray *pickle = g_byte_array_new ();
  Zip        *zip    = zip_new ();

  zip->method = 8;
  zip_add (zip, "net/data.pkl", pickle);
  check_refuse (zip_end (zip), "compressed");
  g_byte_array_unref (pickle);
}

static void
test_damage (void)
{
  Network *network = network_new (&dfi_vggs[1], 1);

  check_damage (make_torch_zip (network, HONEST), 1);
  check_damage (make_torch_legacy (network, HONEST), 1);
  check_damage (make_torch_legacy (network, PYTHON_2), 3);
  check_damage (make_torch_zip (network, OBJECTS), 5);
  check_damage (make_torch_zip (network, PROTOCOL_4), 5);
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
  g_test_add_func ("/import/torch/caffe-names", test_caffe_names);
  g_test_add_func ("/import/torch/bomb", test_bomb);
  g_test_add_func ("/import/torch/packed", test_packed);
  g_test_add_func ("/import/torch/damage", test_damage);
  status = g_test_run ();
  check_end ();
  return status;
}
