/* picture-features.h: a picture file to the features of its frame, and to the tone of its hair. */

#ifndef DFI_PICTURE_FEATURES_H
#define DFI_PICTURE_FEATURES_H

#include "build/framing.h"
#include "database/basis.h"
#include "hair/hair.h"
#include "network/pass.h"
#include "picture/photo.h"

/* How pictures are read.  Nothing is owned. */
typedef struct
{
  const DfiPhotoLimits *limits;  /* (nullable): as dfi_photo_load() has them */
  DfiFrame              frame;   /* of the features */
  const DfiFraming     *framing; /* (nullable): finds where the frame is; NULL when that is known already */
  const DfiLayout      *layout;  /* of the features */
  DfiPass              *pass;    /* of the size of the frame */
  const DfiHairNetwork *hair;    /* (nullable): NULL when no tone is asked for */
} DfiPictureReader;

/**
 * dfi_picture_features:
 * @path: of the picture
 * @map: (inout): frame -> picture; unchanged after an error
 * @features: (out): (D), as an edit has them
 * @tone: (out): of the hair; not set without a network for hair
 * @notes: (nullable) (element-type utf8): gets sentences about what was not read as it was
 * @progress: (nullable): asked with @share and @data, now and then, whether to go on
 * @share: of all the work, that was done before
 * @error: what dfi_photo_load(), dfi_framing_find() and dfi_hair_measure() set; DFI_ERROR_MEMORY
 */
gboolean dfi_picture_features (const DfiPictureReader *reader,
                               const char             *path,
                               DfiSimilarity          *map,
                               float                  *features,
                               DfiTone                *tone,
                               GPtrArray              *notes,
                               DfiProgressFunc         progress,
                               gpointer                data,
                               double                  share,
                               GError                **error);

#endif
