/* face-tone.h: what tone the hair of a face in a photograph has. */

#ifndef DFI_FACE_TONE_H
#define DFI_FACE_TONE_H

#include "hair/hair-network.h"
#include "picture/face.h"
#include "picture/tone.h"

/* @tone as a database of the usual frame, dfi_frame_usual(), has it of @face in @photo: all NaN where there is too little hair to
 * say; cb and cr in a grey picture, too. FALSE with DFI_ERROR_MEMORY, or what dfi_align_face() sets. */
gboolean dfi_face_tone (const DfiHairNetwork *network, const DfiImage *photo, const DfiFace *face, DfiTone *tone, GError **error);

#endif
