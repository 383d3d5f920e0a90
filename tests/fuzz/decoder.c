/* The learned inverse.  An input is the file's header and its first numbers; the others are what a good file has. */

#include "config.h"

#include "common.h"
#include "fuzz.h"
#include "network/decoder.h"

#define SIDE 32

static DfiEncoder *encoder;
static const char *original;

static void
start (void)
{
  GError *error = NULL;
  char   *path;

  if (encoder)
    return;
  path    = test_weights_new (fuzz_folder (), 16);
  encoder = dfi_encoder_new_from_file (path, &error);
  g_assert_no_error (error);
  original = test_decoder_new (fuzz_folder (), "original", dfi_encoder_sha256 (encoder), 0);
  g_free (path);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static float phi[SIDE * SIDE * 13 / 2];
  GError      *error = NULL;
  DfiDecoder  *decoder;

  start ();
  decoder = dfi_decoder_new (fuzz_file_over ("in.safetensors", data, size, original), encoder, SIDE, &error);
  fuzz_told (decoder != NULL, &error);
  if (decoder)
    {
      DfiThreads *threads = dfi_threads_new (1);

      dfi_decoder_run (decoder, phi, threads);
      dfi_threads_free (threads);
    }
  dfi_decoder_free (decoder);
  return 0;
}

void
fuzz_seeds (const char *folder)
{
  start ();
  fuzz_seed_file (folder, "header", original, 0);
  fuzz_seed_file (folder, "values", original, 64);
}
