/* dfi features: the taps of a picture as a safetensors file, to study them or to check the encoder from outside. */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "commands.h"
#include "files/bundled.h"
#include "network/pass.h"
#include "base/error.h"
#include "picture/photo.h"
#include "files/safetensors-reader.h"
#include "files/safetensors-writer.h"

/* The tensor `image` (3, H, W) of a safetensors file, as it is. */
static DfiImage *
image_from_tensor (const char *path, GError **error)
{
  const size_t     shape[3] = { 3, 0, 0 };
  DfiSafetensors  *file     = dfi_safetensors_open (path, NULL, 0, error);
  const DfiTensor *tensor   = file ? dfi_safetensors_tensor (file, "image", 3, shape, error) : NULL;
  DfiImage        *image    = NULL;

  if (tensor)
    image = dfi_image_new (MIN (tensor->shape[2], G_MAXINT), MIN (tensor->shape[1], G_MAXINT), error);
  if (image && ! dfi_tensor_floats (tensor, path, image->data, error))
    g_clear_pointer (&image, dfi_image_free);

  dfi_safetensors_free (file);
  return image;
}

static DfiImage *
load_image (const char *path, GError **error)
{
  DfiPhoto *photo;
  DfiImage *image = NULL;

  if (g_str_has_suffix (path, ".safetensors"))
    return image_from_tensor (path, error);

  photo = dfi_photo_load (path, error);
  if (photo)
    image = g_steal_pointer (&photo->image);
  dfi_photo_free (photo);
  return image;
}

static gboolean
write_features (const char *path, const DfiEncoder *encoder, const DfiPass *pass, const float *features, GError **error)
{
  const char *metadata[] = { "dfi.kind", "features", "dfi.version", "1", "dfi.encoder", dfi_encoder_sha256 (encoder), NULL };
  DfiTensor   taps[DFI_TAPS_MAX] = {
      {
          NULL,
    },
  };
  const int             n_taps = dfi_taps_count (dfi_pass_taps (pass));
  DfiSafetensorsWriter *writer;

  for (int i = 0; i < n_taps; i++)
    {
      taps[i].name  = dfi_taps_name (dfi_pass_taps (pass), i);
      taps[i].dtype = DFI_DTYPE_F32;
      taps[i].rank  = 3;
      dfi_pass_tap_shape (pass, i, taps[i].shape);
    }

  writer = dfi_safetensors_create (path, metadata, taps, n_taps, error);
  if (! writer)
    return FALSE;
  if (! dfi_safetensors_append_numbers (writer, features, dfi_pass_n_features (pass), sizeof (float), error))
    {
      dfi_safetensors_discard (writer);
      return FALSE;
    }
  return dfi_safetensors_commit (writer, error);
}

static int
run (const char *weights, const char *taps_text, const char *in, const char *out)
{
  GError     *error   = NULL;
  DfiTaps     taps    = taps_text ? dfi_taps_parse (taps_text, &error) : DFI_TAPS_PAPER;
  char       *path    = ! taps ? NULL : weights ? g_strdup (weights) : dfi_bundled_file (DFI_BUNDLED_WEIGHTS, &error);
  DfiEncoder *encoder = path ? dfi_encoder_new_from_file (path, &error) : NULL;
  DfiImage   *image   = encoder ? load_image (in, &error) : NULL;
  DfiPass    *pass    = image ? dfi_pass_new (encoder, taps, image->height, image->width, &error) : NULL;
  gboolean    done    = pass && write_features (out, encoder, pass, dfi_pass_forward (pass, image->data), &error);

  dfi_pass_free (pass);
  dfi_image_free (image);
  dfi_encoder_free (encoder);
  g_free (path);
  return done ? EXIT_SUCCESS : dfi_cli_fail (error);
}

int
dfi_command_features (int argc, char **argv)
{
  char *weights = NULL, *taps = NULL;
  int   status = DFI_EXIT_USAGE;

  const GOptionEntry entries[] = {
    { "weights", 'w', 0, G_OPTION_ARG_FILENAME, &weights, N_ ("Encoder to use instead of the bundled one"), N_ ("FILE") },
    { "taps", 0, 0, G_OPTION_ARG_STRING, &taps, N_ ("Layers to write (relu3_1,relu4_1,relu5_1)"), N_ ("LAYER,...") },
    G_OPTION_ENTRY_NULL
  };

  if (dfi_cli_parse (_ ("features IMAGE OUT.safetensors"),
                     _ ("Writes what the network’s layers make of a picture, each (C, H, W), float32.\n"
                        "IMAGE may be a safetensors file with a tensor “image” (3, H, W) of values in 0..1."),
                     entries, NULL, &argc, &argv, 2))
    status = run (weights, taps, argv[1], argv[2]);

  g_free (taps);
  g_free (weights);
  return status;
}
