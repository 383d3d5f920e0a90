#include "config.h"

#include <string.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "check.h"
#include "common.h"
#include "files/safetensors-reader.h"
#include "import/import.h"

char *check_in, *check_out;

static char *folder;

const char *
check_start (void)
{
  folder    = test_folder_new ();
  check_in  = g_build_filename (folder, "in", NULL);
  check_out = g_build_filename (folder, "out.safetensors", NULL);
  return folder;
}

void
check_end (void)
{
  g_free (check_out);
  g_free (check_in);
  test_folder_remove (folder);
}

void
check_write (const guint8 *bytes, size_t size)
{
  test_write_over (check_in, bytes, size);
}

static gboolean
import_bytes (const GByteArray *bytes, gboolean half, GError **error)
{
  check_write (bytes->data, bytes->len);
  g_remove (check_out);
  return dfi_import_weights (check_in, check_out, DFI_IMPORT_INPUT_TORCHVISION, half, error);
}

/* The file @out has exactly the numbers of @network. */
static void
check_same (const Network *network, gboolean half)
{
  GError         *error = NULL;
  DfiSafetensors *file  = dfi_safetensors_open (check_out, "encoder", 1, &error);

  g_assert_no_error (error);
  for (int i = 0; i < network->n; i++)
    {
      const Part      *part   = &network->parts[i];
      char            *name   = part_name (part);
      float           *values = g_new (float, part->count);
      const DfiTensor *tensor = dfi_safetensors_typed (file, name, half && part->rank == 4 ? DFI_DTYPE_F16 : DFI_DTYPE_F32,
                                                       part->rank, part->shape, &error);

      g_assert_no_error (error);
      g_assert_true (dfi_safetensors_floats (file, tensor, values, &error));
      g_assert_cmpmem (values, part->count * sizeof (float), part->values, part->count * sizeof (float));
      g_free (values);
      g_free (name);
    }
  dfi_safetensors_free (file);
}

/* Takes @bytes. */
void
check_accept (GByteArray *bytes, const Network *network, gboolean half)
{
  GError *error = NULL;

  import_bytes (bytes, half, &error);
  g_assert_no_error (error);
  check_same (network, half);
  g_byte_array_unref (bytes);
}

/* Takes @bytes. A sentence that names the file and says @text, and no file. */
void
check_refuse (GByteArray *bytes, const char *text)
{
  GError *error = NULL;

  g_assert_false (import_bytes (bytes, FALSE, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, check_in));
  g_assert_nonnull (strstr (error->message, text));
  g_assert_false (g_file_test (check_out, G_FILE_TEST_EXISTS));
  g_error_free (error);
  g_byte_array_unref (bytes);
}

/* No crash, and either a good file or a sentence. */
static void
survive (const guint8 *bytes, size_t size)
{
  GError  *error = NULL;
  gboolean done;

  check_write (bytes, size);
  g_remove (check_out);
  done = dfi_import_weights (check_in, check_out, DFI_IMPORT_INPUT_AUTO, FALSE, &error);
  g_assert_true (done == (error == NULL));
  g_assert_true (done == g_file_test (check_out, G_FILE_TEST_EXISTS));
  g_clear_error (&error);
}

/* Takes @bytes. Cut short everywhere, a bit turned everywhere; where there are only weights, here and there. */
void
check_damage (GByteArray *bytes, int step)
{
  GError *error = NULL;

  for (guint size = 0; size < bytes->len; size += step * (size % 5000 < 1000 ? 7 : 97))
    {
      check_write (bytes->data, size);
      g_assert_false (dfi_import_weights (check_in, check_out, DFI_IMPORT_INPUT_AUTO, FALSE, &error));
      g_clear_error (&error);
    }
  for (guint i = 0; i < bytes->len; i += step * (i % 8000 < 3500 ? 2 : 53))
    {
      bytes->data[i] ^= 1 << test_random (7, i) % 8;
      survive (bytes->data, bytes->len);
      bytes->data[i] ^= 1 << test_random (7, i) % 8;
    }
  g_byte_array_unref (bytes);
}
