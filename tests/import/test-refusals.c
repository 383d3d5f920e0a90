/* Imports that the system refuses memory, writes or reads: a sentence, and no file.  Those of Keras are left out, since another
 * process reads them. */

#include "config.h"

#include <glib/gstdio.h>

#include "check.h"
#include "import/import.h"
#include "make-caffe.h"
#include "make-safetensors.h"
#include "make-torch.h"
#include "refuse.h"

static GByteArray *
make_file (const char *name)
{
  Network    *network = network_new (&dfi_vggs[1], 1);
  GByteArray *bytes   = g_str_equal (name, "caffe")         ? make_caffe (network, CAFFE_V1)
                        : g_str_equal (name, "safetensors") ? make_safetensors (network, DFI_DTYPE_F16)
                        : g_str_equal (name, "zip")         ? make_torch_zip (network, OBJECTS)
                                                            : make_torch_legacy (network, CHANNELS_LAST);

  network_free (network);
  return bytes;
}

static gboolean
import (const char *name, GError **error)
{
  int         kept  = refuse_after;
  GByteArray *bytes = make_file (name);
  gboolean    done;

  refuse_after = -1;
  check_write (bytes->data, bytes->len);
  refuse_after = kept;
  g_remove (check_out);
  done = dfi_import_weights (check_in, check_out, DFI_IMPORT_INPUT_AUTO, FALSE, error);
  g_assert_true (g_file_test (check_out, G_FILE_TEST_EXISTS) == done);
  g_byte_array_unref (bytes);
  return done;
}

static gboolean
import_caffe (GError **error)
{
  return import ("caffe", error);
}

static gboolean
import_safetensors (GError **error)
{
  return import ("safetensors", error);
}

static gboolean
import_zip (GError **error)
{
  return import ("zip", error);
}

static gboolean
import_legacy (GError **error)
{
  return import ("legacy", error);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  check_start ();
  refuse_add ("import-caffe", import_caffe);
  refuse_add ("import-safetensors", import_safetensors);
  refuse_add ("import-zip", import_zip);
  refuse_add ("import-legacy", import_legacy);
  status = g_test_run ();
  check_end ();
  return status;
}
