#include "config.h"

#include <math.h>
#include <string.h>

#include "database/codes.h"
#include "database/face-features.h"
#include "edit-stages.h"

gboolean
dfi_edit_find_features (DfiEdit *edit, DfiPass *pass, GError **error)
{
  const DfiDatabase *database = edit->editor->database;
  const DfiLayout   *layout   = &dfi_database_basis (database)->layout;
  DfiKnownFace      *known    = &edit->editor->known;

  if (! known->phi)
    {
      if (! (known->phi = dfi_try_alloc (layout->n_features, sizeof (float), error)))
        return FALSE;
      dfi_features_compute (layout, pass, edit->report.crop, edit->crop, known->phi);
    }
  if (! known->code)
    {
      if (! (known->code = dfi_try_alloc (dfi_database_code_length (database), sizeof (double), error)))
        return FALSE;
      if (! dfi_database_project (database, known->code, known->phi, error))
        g_clear_pointer (&known->code, g_free);
    }
  return known->code != NULL;
}

/* Confines the direction to the masks of its attribute, and says how much of it is about colours. */
static void
confine (const DfiEdit *edit, const DfiAttribute *attribute, DfiKnownDirection *direction)
{
  const DfiKnownFace *known  = &edit->editor->known;
  const DfiLayout    *layout = &dfi_database_basis (edit->editor->database)->layout;
  const int           size   = dfi_database_frame (edit->editor->database)->size;
  const float        *mask   = known->masks[dfi_edit_region (attribute)];

  if (mask && known->how.focus)
    {
      if (attribute->region == DFI_REGION_LIPS)
        dfi_features_level_chroma (layout, direction->w, mask, size);
      dfi_features_confine (layout, direction->w, mask, size);
    }
  dfi_features_scale_chroma (layout, direction->w, attribute->colour);
  if (! direction->own)
    return;
  if (known->masks[attribute->renew])
    dfi_features_confine (layout, direction->own, known->masks[attribute->renew], size);
  dfi_features_scale_chroma (layout, direction->own, attribute->colour);
}

/* An attribute's direction; belongs to what is known of the face. */
static const DfiKnownDirection *
find_direction (DfiEdit *edit, const DfiRequest *request, GError **error)
{
  const DfiRequest         once      = { request->attribute, request->alpha < 0.0 ? -1.0 : 1.0 };
  DfiDatabase             *database  = edit->editor->database;
  const DfiAttribute      *attribute = dfi_database_attribute (database, request->attribute);
  const size_t             n         = dfi_database_n_features (database);
  DfiKnownFace            *known     = &edit->editor->known;
  const DfiKnownDirection *direction = dfi_known_face_direction (known, request);
  const DfiRegion          region    = dfi_edit_region (attribute);
  const gboolean           yields    = attribute->renew >= 0 && known->how.focus;
  DfiDirectionOptions      how       = known->how;
  DfiKnownDirection        found     = { .own = NULL };

  if (direction)
    return direction;

  found.w = dfi_try_alloc (n, sizeof *found.w, error);
  if (found.w && yields && (found.own = dfi_try_alloc (n, sizeof *found.own, error)))
    memcpy (found.own, known->phi, n * sizeof *found.own);
  how.where = region > DFI_REGION_HEAD ? known->masks[region] : NULL; /* a part of the face */
  if (! found.w || (yields && ! found.own) ||
      ! dfi_database_direction (database, known->code, &once, 1, &how, found.w, found.own, &found.note, error))
    {
      dfi_known_direction_clear (&found);
      return NULL;
    }
  confine (edit, attribute, &found);
  return dfi_known_face_add_direction (known, &found);
}

/* @target (D) += what a change of @strength, > 0, adds.  What the face has of its own gives way up to a strength of 1, at which
 * the faces that are gone to begin. */
static void
add_direction (float *target, const DfiKnownDirection *direction, float strength, size_t n)
{
  const float *w = direction->w, *own = direction->own;
  const float  loss = own ? MIN (strength, 1.0f) : 0.0f;

  for (size_t d = 0; d < n; d++)
    target[d] += own ? strength * w[d] - loss * own[d] : strength * w[d];
}

/* @target (D): the sum of alpha w over what changes the frame. */
static gboolean
sum_directions (DfiEdit *edit, float *target, size_t n, GError **error)
{
  memset (target, 0, n * sizeof *target);
  dfi_known_face_keep_directions (&edit->editor->known, edit->requests, edit->n_requests);
  for (int i = 0; i < edit->n_requests; i++)
    {
      const DfiRequest        *request = &edit->requests[i];
      const DfiKnownDirection *direction;

      if (! dfi_edit_progress ((i + 1.0) / (edit->n_requests + 1), edit))
        return dfi_error_set_cancelled (error);
      if (dfi_edit_hair_only (edit->editor->database, request, edit->options))
        continue;
      if (! (direction = find_direction (edit, request, error)))
        return FALSE;

      edit->report.notes[i]       = direction->note;
      edit->report.notes[i].alpha = fabs (request->alpha) * direction->note.alpha;
      add_direction (target, direction, fabs (request->alpha), n);
    }
  return TRUE;
}

gboolean
dfi_edit_find_target (DfiEdit *edit, GError **error)
{
  const DfiLayout *layout = &dfi_database_basis (edit->editor->database)->layout;
  DfiPass         *pass   = dfi_editor_use_taps (edit->editor, layout->taps, error);
  float           *target;

  if (! pass || ! dfi_edit_find_features (edit, pass, error) ||
      ! (target = edit->report.target = dfi_try_alloc (layout->n_features, sizeof *target, error)) ||
      ! sum_directions (edit, target, layout->n_features, error))
    return FALSE;

  edit->chroma            = layout->chroma ? dfi_features_chroma (layout, target) : NULL;
  edit->report.n_features = dfi_pass_n_features (pass);
  for (size_t d = 0; d < edit->report.n_features; d++)
    target[d] += edit->editor->known.phi[d];
  return TRUE;
}
