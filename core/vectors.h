/* vectors.h: what an edit works with, as files for those who study it. */

#ifndef DFI_VECTORS_H
#define DFI_VECTORS_H

#include "edit.h"
#include "picture/photo.h"

/**
 * dfi_vectors_write_edit:
 * @report: of an edit
 * @error: DFI_ERROR_IO; DFI_ERROR_VALUE when the edit was of hair alone
 *
 * Writes float32 tensors as safetensors: `face` and `result` (3, S, S), `target` (D).
 */
gboolean dfi_vectors_write_edit (const DfiEditReport *report, const char *path, GError **error);

/**
 * dfi_vectors_write_features:
 * @weights: encoder to use; NULL or "": the bundled one
 * @taps: layers to write
 * @picture: a picture file, or a safetensors file with a tensor `image` (3, H, W) of values in 0..1
 * @limits: (nullable): of the picture, as dfi_photo_load() has them
 * @path: of the file to write
 * @notes: (nullable) (element-type utf8): gets sentences about what was not read as it was
 * @error: as dfi_encoder_new_from_file(), dfi_photo_load() and dfi_pass_new() set it, DFI_ERROR_IO
 *
 * Writes what each layer makes of the picture as a float32 tensor (C, H, W) of its name.
 */
gboolean dfi_vectors_write_features (const char           *weights,
                                     DfiTaps               taps,
                                     const char           *picture,
                                     const DfiPhotoLimits *limits,
                                     const char           *path,
                                     GPtrArray            *notes,
                                     GError              **error);

#endif
