/* Files of safetensors. */

#include "config.h"

#include <string.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "bytes.h"
#include "check.h"
#include "import/import.h"
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
      check_accept (make_safetensors (network, DFI_DTYPE_F64), network, FALSE);
      check_accept (make_safetensors_part (network, DFI_DTYPE_F32, "module.", 0, network->n), network, FALSE);
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

/* Takes @bytes, which become the file @name beside those that are imported; returns its path. */
static char *
write_beside (const char *name, GByteArray *bytes)
{
  char *folder = g_path_get_dirname (check_in);
  char *path   = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, (const char *) bytes->data, bytes->len, NULL));
  g_byte_array_unref (bytes);
  g_free (folder);
  return path;
}

static void
check_index (const char *map, const Network *network, const char *text)
{
  char       *json  = g_strdup_printf ("{\"metadata\":{\"total_size\":1},\"weight_map\":{%s}}", map);
  GByteArray *bytes = g_byte_array_new ();

  put_text (bytes, json);
  if (text)
    check_refuse (bytes, text);
  else
    check_accept (bytes, network, FALSE);
  g_free (json);
}

/* A network in two files, and their index; a part alone, and indices that lead elsewhere. */
static void
test_parts (void)
{
  Network *network = network_new (&dfi_vggs[1], 2);
  GError  *error   = NULL;
  char    *paths[2];

  paths[0] = write_beside ("m-00001-of-00002.safetensors", make_safetensors_part (network, DFI_DTYPE_F32, "", 0, 10));
  paths[1] =
      write_beside ("m-00002-of-00002.safetensors", make_safetensors_part (network, DFI_DTYPE_F32, "", 10, network->n - 10));

  check_index ("\"a\":\"m-00001-of-00002.safetensors\",\"b\":\"m-00002-of-00002.safetensors\"", network, NULL);
  check_index ("\"a\":\"m-00001-of-00002.safetensors\"", NULL, "conv3_2");
  check_index ("\"a\":\"m-00003-of-00002.safetensors\"", NULL, "m-00003");
  check_index ("\"a\":\"../m-00001-of-00002.safetensors\"", NULL, "no sense");
  check_index ("\"a\":\"in\"", NULL, "no file of weights");
  check_index ("\"a\":1", NULL, "no sense");

  for (int i = 0; i < 2; i++)
    {
      g_assert_false (dfi_import_weights (paths[i], check_out, DFI_IMPORT_INPUT_AUTO, FALSE, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
      g_test_message ("%s", error->message);
      if (i == 0)
        g_assert_nonnull (strstr (error->message, "“m.safetensors.index.json”"));
      g_clear_error (&error);
      g_unlink (paths[i]);
      g_free (paths[i]);
    }
  network_free (network);
}

static void
test_damage (void)
{
  Network *network = network_new (&dfi_vggs[1], 1);

  check_damage (make_safetensors (network, DFI_DTYPE_F16), 1);
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
  g_test_add_func ("/import/safetensors/parts", test_parts);
  g_test_add_func ("/import/safetensors/damage", test_damage);
  status = g_test_run ();
  check_end ();
  return status;
}
