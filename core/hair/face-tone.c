#include "config.h"

#include "hair/face-tone.h"
#include "hair/hair.h"

#define SIZE 320 /* of the bundled database's frame; the view does not depend on it */

gboolean
dfi_face_tone (const DfiHairNetwork *network, const DfiImage *photo, const DfiFace *face, DfiTone *tone, GError **error)
{
  const DfiFrame frame = dfi_frame_usual (SIZE);
  DfiSimilarity  to_frame;

  return dfi_align_face (&frame, face, &to_frame, error) && dfi_hair_measure (network, photo, &frame, &to_frame, tone, error);
}
