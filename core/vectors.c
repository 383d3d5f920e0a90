#include "config.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "files/bundled.h"
#include "files/safetensors-reader.h"
#include "files/safetensors-writer.h"
#include "network/pass.h"
#include "picture/photo.h"
#include "vectors.h"

/* @tensors: with their `data`, float32 */
static gboolean
write_tensors (const char *path, const char *const *metadata, const DfiTensor *tensors, int n_tensors, GError **error)
{
  DfiSafetensorsWriter *writer = dfi_safetensors_create (path, metadata, tensors, n_tensors, error);

  if (! writer)
    return FALSE;

  for (int t = 0; t < n_tensors; t++)
    {
      size_t n = 0;

      dfi_shape_count (tensors[t].shape, tensors[t].rank, &n); /* what is in memory cannot overflow */
      if (! dfi_safetensors_append_numbers (writer, tensors[t].data, n, sizeof (float), error))
        {
          dfi_safetensors_discard (writer);
          return FALSE;
        }
    }
  return dfi_safetensors_commit (writer, error);
}

static gboolean
write_edit (const DfiEditReport *report, const char *path, GError **error)
{
  const size_t    side       = report->crop->width;
  const char     *metadata[] = { "dfi.kind", "edit", "dfi.version", "1", NULL };
  const DfiTensor tensors[]  = {
     { "face", DFI_DTYPE_F32, 3, { 3, side, side }, .data = report->crop->data },
     { "result", DFI_DTYPE_F32, 3, { 3, side, side }, .data = report->result->data },
     { "target", DFI_DTYPE_F32, 1, { report->n_features }, .data = report->target },
  };

  return write_tensors (path, metadata, tensors, G_N_ELEMENTS (tensors), error);
}

gboolean
dfi_vectors_write_edit (const DfiEditReport *report, const char *path, GError **error)
{
  if (report->target)
    return write_edit (report, path, error);

  g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                       _ ("What was asked for changes hair alone, so that there is no target in the face's features to write."));
  return FALSE;
}

/* ---------- features ---------- */

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
  if (image && ! dfi_safetensors_floats (file, tensor, image->data, error))
    g_clear_pointer (&image, dfi_image_free);

  dfi_safetensors_free (file);
  return image;
}

static DfiImage *
load_image (const char *path, const DfiPhotoLimits *limits, GPtrArray *notes, GError **error)
{
  DfiPhoto *photo;
  DfiImage *image = NULL;

  if (g_str_has_suffix (path, ".safetensors"))
    return image_from_tensor (path, error);

  photo = dfi_photo_load (path, limits, NULL, NULL, error);
  if (photo)
    {
      image = g_steal_pointer (&photo->image);
      for (guint i = 0; notes && i < photo->notes->len; i++)
        g_ptr_array_add (notes, g_strdup (photo->notes->pdata[i]));
    }
  dfi_photo_free (photo);
  return image;
}

/* Of @features (D). */
static gboolean
check_features (const DfiEncoder *encoder, const float *features, size_t n, GError **error)
{
  for (size_t i = 0; i < n; i++)
    if (! isfinite (features[i]))
      {
        g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                     _ ("The weights “%s” give features of this picture that are no finite numbers; choose other weights."),
                     dfi_encoder_path (encoder));
        return FALSE;
      }
  return TRUE;
}

/* @features (D): what @pass has made of a picture */
static gboolean
write_features (const char *path, const DfiEncoder *encoder, const DfiPass *pass, const float *features, GError **error)
{
  const char *metadata[] = { "dfi.kind", "features", "dfi.version", "1", "dfi.encoder", dfi_encoder_sha256 (encoder), NULL };
  const int   n_taps     = dfi_taps_count (dfi_pass_taps (pass));
  DfiTensor   tensors[DFI_TAPS_MAX];

  if (! check_features (encoder, features, dfi_pass_n_features (pass), error))
    return FALSE;
  for (int t = 0; t < n_taps; t++)
    {
      tensors[t] = (DfiTensor){ dfi_taps_name (dfi_pass_taps (pass), t), DFI_DTYPE_F32, 3, .data = features };
      dfi_pass_tap_shape (pass, t, tensors[t].shape);
      features += tensors[t].shape[0] * tensors[t].shape[1] * tensors[t].shape[2];
    }
  return write_tensors (path, metadata, tensors, n_taps, error);
}

gboolean
dfi_vectors_write_features (const char           *weights,
                            DfiTaps               taps,
                            const char           *picture,
                            const DfiPhotoLimits *limits,
                            const char           *path,
                            GPtrArray            *notes,
                            GError              **error)
{
  char       *file    = dfi_chosen_file (weights, DFI_BUNDLED_WEIGHTS, error);
  DfiEncoder *encoder = file ? dfi_encoder_new_from_file (file, error) : NULL;
  DfiImage   *image   = encoder ? load_image (picture, limits, notes, error) : NULL;
  DfiPass    *pass    = image ? dfi_pass_new (encoder, taps, image->height, image->width, error) : NULL;
  gboolean    done    = pass && write_features (path, encoder, pass, dfi_pass_forward (pass, image->data), error);

  dfi_pass_free (pass);
  dfi_image_free (image);
  dfi_encoder_free (encoder);
  g_free (file);
  return done;
}
