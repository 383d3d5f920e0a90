#include "config.h"

#include <string.h>

#include "known-face.h"

void
dfi_known_direction_clear (DfiKnownDirection *direction)
{
  g_free (direction->w);
  g_free (direction->own);
}

void
dfi_known_face_keep_directions (DfiKnownFace *known, const DfiRequest *requests, int n_requests)
{
  int kept = 0;

  for (int k = 0; k < known->n_directions; k++)
    {
      gboolean wanted = FALSE;

      for (int i = 0; i < n_requests; i++)
        wanted |= requests[i].attribute == known->directions[k].note.attribute;
      if (wanted)
        known->directions[kept++] = known->directions[k];
      else
        dfi_known_direction_clear (&known->directions[k]);
    }
  known->n_directions = kept;
}

const DfiKnownDirection *
dfi_known_face_direction (const DfiKnownFace *known, const DfiRequest *request)
{
  const double sign = request->alpha < 0.0 ? -1.0 : 1.0;

  for (int k = 0; k < known->n_directions; k++)
    if (known->directions[k].note.attribute == request->attribute && known->directions[k].note.alpha * sign > 0.0)
      return &known->directions[k];
  return NULL;
}

const DfiKnownDirection *
dfi_known_face_add_direction (DfiKnownFace *known, const DfiKnownDirection *direction)
{
  known->directions                      = g_renew (DfiKnownDirection, known->directions, known->n_directions + 1);
  known->directions[known->n_directions] = *direction;
  return &known->directions[known->n_directions++];
}

void
dfi_known_face_clear (DfiKnownFace *known)
{
  dfi_known_face_keep_directions (known, NULL, 0);
  for (int r = 0; r < DFI_N_REGIONS; r++)
    g_free (known->masks[r]);
  g_free (known->directions);
  g_free (known->tints);
  g_free (known->decoded);
  g_free (known->code);
  g_free (known->phi);
  dfi_image_free (known->crop);
  *known = (DfiKnownFace){ 0 };
}

static gboolean
same_directions (const DfiDirectionOptions *a, const DfiDirectionOptions *b)
{
  return a->neighbours == b->neighbours && a->nearness == b->nearness && a->delta == b->delta && a->taps == b->taps &&
         a->focus == b->focus && a->alike == b->alike;
}

gboolean
dfi_known_face_recall (DfiKnownFace              *known,
                       const DfiImage            *crop,
                       const DfiFace             *face,
                       gboolean                   colour,
                       const DfiDirectionOptions *how,
                       double                     feather,
                       GError                   **error)
{
  const size_t bytes = sizeof *crop->data * 3 * crop->height * crop->width;

  if (known->crop && known->colour == colour && known->feather == feather && same_directions (&known->how, how) &&
      (! face || memcmp (known->landmarks, face->landmarks, sizeof known->landmarks) == 0) &&
      memcmp (known->crop->data, crop->data, bytes) == 0)
    return TRUE;

  dfi_known_face_clear (known);
  if (! (known->crop = dfi_image_copy (crop, error)))
    return FALSE;
  if (face)
    memcpy (known->landmarks, face->landmarks, sizeof known->landmarks);
  known->colour    = colour;
  known->how       = *how;
  known->how.where = NULL;
  known->feather   = feather;
  return TRUE;
}
