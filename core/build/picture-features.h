/* picture-features.h: a picture file to the features of its frame. */

#ifndef DFI_PICTURE_FEATURES_H
#define DFI_PICTURE_FEATURES_H

#include "build/framing.h"
#include "database/basis.h"
#include "network/pass.h"
#include "picture/photo.h"

/**
 * dfi_picture_features:
 * @path: of the picture
 * @limits: (nullable): as dfi_photo_load() has them
 * @framing: (nullable): finds where the frame is; NULL when @map says it already
 * @map: (inout): frame -> picture; unchanged after an error
 * @layout: of the features
 * @pass: of the size of the frame
 * @features: (out): (D), as an edit has them
 * @notes: (nullable) (element-type utf8): gets sentences about what was not read as it was
 * @progress: (nullable): asked with @share and @data, now and then, whether to go on
 * @share: of all the work, that was done before
 * @error: what dfi_photo_load() and dfi_framing_find() set; DFI_ERROR_MEMORY
 */
gboolean dfi_picture_features (const char           *path,
                               const DfiPhotoLimits *limits,
                               const DfiFraming     *framing,
                               DfiSimilarity        *map,
                               const DfiLayout      *layout,
                               DfiPass              *pass,
                               float                *features,
                               GPtrArray            *notes,
                               DfiProgressFunc       progress,
                               gpointer              data,
                               double                share,
                               GError              **error);

#endif
