/* Networks as others publish them.  Built once for each importer, with seeds of its own: its FORMAT. */

#include "config.h"

#include "fuzz.h"
#include "import/import.h"
#include "make-caffe.h"
#include "make-hdf5.h"
#include "make-safetensors.h"
#include "make-torch.h"
#include "make-zip.h"

#define CAFFE       0
#define KERAS       1
#define SAFETENSORS 2
#define TORCH       3

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char *in    = fuzz_file ("in", data, size);
  char       *out   = g_build_filename (fuzz_folder (), "out.safetensors", NULL);
  GError     *error = NULL;

  fuzz_told (dfi_import_weights (in, out, DFI_IMPORT_INPUT_AUTO, size % 2, &error), &error);
  g_free (out);
  return 0;
}

/* Takes @bytes. */
static void
seed (const char *folder, const char *name, int form, GByteArray *bytes)
{
  char *file = g_strdup_printf ("%s-%d", name, form);

  fuzz_seed (folder, file, bytes->data, bytes->len);
  g_byte_array_unref (bytes);
  g_free (file);
}

#if FORMAT == KERAS
static void
seed_archive (const char *folder, const Network *network)
{
  GByteArray *inner = make_keras (network, KERAS_3);
  Zip        *zip   = zip_new ();

  zip_add (zip, "config.json", inner);
  zip_add (zip, "model.weights.h5", inner);
  seed (folder, "keras-zip", KERAS_3, zip_end (zip));
  g_byte_array_unref (inner);
}
#endif

void
fuzz_seeds (const char *folder)
{
  Network *network = network_new (&dfi_vggs[1], 1);

#if FORMAT == CAFFE
  for (CaffeForm form = CAFFE_V1; form <= CAFFE_TWICE; form++)
    seed (folder, "caffe", form, make_caffe (network, form));
#elif FORMAT == KERAS
  for (KerasForm form = KERAS_OLD; form <= KERAS_HUGE; form++)
    seed (folder, "keras", form, make_keras (network, form));
  seed_archive (folder, network);
#elif FORMAT == SAFETENSORS
  static const char index[] = "{\"metadata\":{\"total_size\":1},\"weight_map\":{\"a\":\"in\",\"b\":\"m-00001-of-00002\"}}";

  for (DfiDtype dtype = DFI_DTYPE_F16; dtype <= DFI_DTYPE_F64; dtype++)
    seed (folder, "safetensors", dtype, make_safetensors (network, dtype));
  fuzz_seed (folder, "index", index, sizeof index - 1);
#else
  for (Lie form = HONEST; form <= LIE_TWICE; form++)
    {
      seed (folder, "zip", form, make_torch_zip (network, form));
      seed (folder, "legacy", form, make_torch_legacy (network, form));
    }
#endif
  network_free (network);
}
