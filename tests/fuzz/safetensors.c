/* Files of safetensors, their header and their numbers. */

#include "config.h"

#include "common.h"
#include "files/safetensors-reader.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  GError         *error = NULL;
  const char     *path  = fuzz_file ("in.safetensors", data, size);
  DfiSafetensors *file  = dfi_safetensors_open (path, NULL, 0, &error);

  fuzz_told (file != NULL, &error);
  for (guint i = 0; file && dfi_safetensors_nth (file, i); i++)
    {
      const DfiTensor *tensor   = dfi_safetensors_nth (file, i);
      const char      *names[2] = { tensor->name, NULL };
      float           *values   = g_new (float, tensor->count);
      char            *sum;

      fuzz_told (dfi_safetensors_floats (file, tensor, values, &error), &error);
      sum = dfi_safetensors_sha256 (file, names, &error);
      fuzz_told (sum != NULL, &error);
      g_free (sum);
      g_free (values);
    }
  dfi_safetensors_free (file);

  file = dfi_safetensors_open (path, "encoder", 1, &error);
  fuzz_told (file != NULL, &error);
  dfi_safetensors_free (file);
  return 0;
}

void
fuzz_seeds (const char *folder)
{
  static const char small[] = "\x5f\0\0\0\0\0\0\0{\"__metadata__\":{\"dfi.kind\":\"encoder\",\"dfi.version\":\"1\"},"
                              "\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}    \0\x3c\0\x3c";
  char             *path    = test_weights_new (fuzz_folder (), 1);

  fuzz_seed_file (folder, "weights", path, -1);
  fuzz_seed_file (folder, "header", path, 0);
  fuzz_seed_file (folder, "database", fuzz_database (), -1);
  fuzz_seed (folder, "small", small, sizeof small - 1);
  g_free (path);
}
