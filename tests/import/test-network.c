/* What is imported, whatever kind of file it comes from. */

#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "check.h"
#include "common.h"
#include "files/safetensors-reader.h"
#include "import/source.h"
#include "make-caffe.h"
#include "make-hdf5.h"
#include "make-safetensors.h"
#include "make-torch.h"

/* Filters and biases of the file @out's first layer. */
static void
read_first_layer (float *filters, float *biases, size_t n)
{
  GError         *error = NULL;
  DfiSafetensors *file  = dfi_safetensors_open (check_out, "encoder", 1, &error);

  g_assert_no_error (error);
  dfi_safetensors_floats (file, dfi_safetensors_tensor (file, "features.0.weight", 4, (size_t[]){ n, 3, 3, 3 }, &error), filters,
                          &error);
  dfi_safetensors_floats (file, dfi_safetensors_tensor (file, "features.0.bias", 1, &n, &error), biases, &error);
  g_assert_no_error (error);
  dfi_safetensors_free (file);
}

/* Caffe's first layer, on a patch of a picture turned to BGR, 0..255, less Caffe's mean, gives what the imported one gives on the
 * patch as the encoder takes it. */
static void
test_caffe_input (void)
{
  static const double mean[3] = { 0.485, 0.456, 0.406 }, std[3] = { 0.229, 0.224, 0.225 };
  static const double caffe_mean[3] = { 103.939, 116.779, 123.68 }; /* B, G, R */
  const size_t        n             = 2;
  Network            *network       = network_new (&dfi_vggs[1], n);
  float               patch[27], filters[54], biases[2];

  for (int keras = 0; keras < 2; keras++)
    {
      GByteArray *bytes = keras ? make_keras (network, KERAS_OLD) : make_caffe (network, CAFFE_V1);
      GError     *error = NULL;

      check_write (bytes->data, bytes->len);
      g_assert_true (dfi_import_weights (check_in, check_out, DFI_IMPORT_INPUT_AUTO, FALSE, &error));
      read_first_layer (filters, biases, n);
      test_uniform (5, patch, 27);
      for (size_t k = 0; k < n; k++)
        {
          double theirs = network->parts[1].values[k], ours = biases[k], size = 0.0;

          for (int c = 0; c < 3; c++)
            for (int i = 0; i < 9; i++)
              {
                double term = network->parts[0].values[k * 27 + c * 9 + i] * (255.0 * patch[(2 - c) * 9 + i] - caffe_mean[c]);

                theirs += term;
                size += fabs (term);
                ours += filters[k * 27 + c * 9 + i] * (patch[c * 9 + i] - mean[c]) / std[c];
              }
          g_assert_cmpfloat (fabs (theirs - ours), <, 1e-6 * size);
        }
      g_byte_array_unref (bytes);
    }
  network_free (network);
}

/* A file that another program cuts short while it is imported is an error, whatever the form. */
static void
test_shrinking (void)
{
  Network    *network = network_new (&dfi_vggs[0], 8);
  GByteArray *files[] = { make_torch_zip (network, HONEST), make_torch_legacy (network, HONEST), make_caffe (network, CAFFE_V1),
                          make_safetensors (network, DFI_DTYPE_F32) };

  for (size_t i = 0; i < G_N_ELEMENTS (files); i++)
    {
      GError          *error = NULL;
      DfiSource       *source;
      DfiSourceTensor *last;
      float           *values;

      check_write (files[i]->data, files[i]->len);
      source = dfi_source_open (check_in, FALSE, &error);
      g_assert_no_error (error);
      last   = g_ptr_array_index (source->tensors, source->tensors->len - 1);
      values = g_new (float, last->tensor.count);
      check_write (NULL, 0);
      g_assert_false (dfi_source_floats (source, last, values, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
      g_assert_nonnull (strstr (error->message, "shorter"));
      g_clear_error (&error);
      g_free (values);
      dfi_source_free (source);
      g_byte_array_unref (files[i]);
    }
  network_free (network);
}

/* What is wrong with a network, whatever the form. */
static void
test_networks (void)
{
  Network    *network = network_new (&dfi_vggs[1], 1);
  Part       *last    = &network->parts[network->n - 2];
  GByteArray *moved;

  last->values[5] = NAN;
  check_refuse (make_torch_legacy (network, HONEST), "features.28.weight");
  check_refuse (make_safetensors (network, DFI_DTYPE_F32), "not a finite number");
  last->values[5] = 0.0f;

  last->shape[0]--;
  last->count -= 72;
  check_refuse (make_torch_legacy (network, HONEST), "7 x 8 x 3 x 3 where 8 x 8 x 3 x 3");
  last->shape[0]++;
  last->count += 72;

  last->conv.number = 29;
  check_refuse (make_torch_legacy (network, HONEST), "conv5_1");
  check_refuse (make_safetensors (network, DFI_DTYPE_F32), "conv5_1");
  last->conv.number = 28;

  network->parts[15].conv.number = 1;
  check_refuse (make_torch_zip (network, HONEST), "conv3_4 (“features.16”)");
  network->parts[14].conv.number = 1;
  check_refuse (make_torch_zip (network, HONEST), "conv3_4");
  network->parts[14].conv.number = network->parts[15].conv.number = 16;

  for (int i = 0; i < network->n; i++) /* where it begins to count does not matter */
    network->parts[i].conv.number += 100;
  moved = make_torch_zip (network, HONEST);
  for (int i = 0; i < network->n; i++)
    network->parts[i].conv.number -= 100;
  check_accept (moved, network, FALSE);
  network_free (network);

  network                    = network_new (&dfi_vggs[0], 1);
  network->parts[0].shape[0] = 257;
  network->parts[0].count    = 257 * 27;
  g_free (network->parts[0].values);
  network->parts[0].values = g_new0 (float, 257 * 27);
  check_refuse (make_torch_legacy (network, HONEST), "257 filters");
  network_free (network);
}

/* A value that half precision lacks is the fault of what was asked for. */
static void
test_half (void)
{
  Network    *network = network_new (&dfi_vggs[1], 1);
  GError     *error   = NULL;
  GByteArray *bytes;

  network->parts[2].values[7] = 70000.0f;
  bytes                       = make_safetensors (network, DFI_DTYPE_F32);
  check_write (bytes->data, bytes->len);
  g_assert_false (dfi_import_weights (check_in, check_out, DFI_IMPORT_INPUT_AUTO, TRUE, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_assert_null (strstr (error->message, "--"));
  g_clear_error (&error);
  g_assert_true (dfi_import_weights (check_in, check_out, DFI_IMPORT_INPUT_AUTO, FALSE, &error));
  g_assert_no_error (error);
  g_byte_array_unref (bytes);
  network_free (network);
}

static void
test_strangers (void)
{
  static const char *kinds[][2] = {
    { "version https://git-lfs.github.com/spec/v1\n", "Git LFS" },
    { "<!DOCTYPE html>\n<html>", "a web page" },
    { "MATLAB 5.0 MAT-file", "MATLAB" },
    { "\x1f\x8b\x08", "unpack it first" },
    { "\x93NUMPY", "NumPy" },
    { "\x89PNG\r\n", "a picture" },
    { "\x80\x04]", "pickle of Python" },
    { "name: \"VGG\"\nlayer {", ".caffemodel" },
    { "{\"a\":1}", "JSON" },
    { "", "is empty" },
    { "PK\3\4", "damaged" },
    { "\x89HDF\r\n\x1a\n", "damaged" },
  };
  static const char *texts[] = { "", "P", "PK\3\4", "<!DOCTYPE html>\n<html>", "\x89HDF\r\n\x1a\n" };
  GError            *error   = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    check_refuse (g_byte_array_append (g_byte_array_new (), (const guint8 *) texts[i], strlen (texts[i])), "");

  for (size_t i = 0; i < G_N_ELEMENTS (kinds); i++)
    check_refuse (g_byte_array_append (g_byte_array_new (), (const guint8 *) kinds[i][0], strlen (kinds[i][0])), kinds[i][1]);

  g_remove (check_in);
  g_assert_false (dfi_import_weights (check_in, check_out, DFI_IMPORT_INPUT_AUTO, FALSE, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
  g_clear_error (&error);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  check_start ();
  g_test_add_func ("/import/network/caffe-input", test_caffe_input);
  g_test_add_func ("/import/network/networks", test_networks);
  g_test_add_func ("/import/network/half", test_half);
  g_test_add_func ("/import/network/strangers", test_strangers);
  g_test_add_func ("/import/network/shrinking", test_shrinking);
  status = g_test_run ();
  check_end ();
  return status;
}
