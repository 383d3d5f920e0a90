#include "config.h"

#include <string.h>

#include "edit-stages.h"
#include "picture/ground.h"
#include "picture/mask.h"

#define FACE_EDGE 0.05 /* feather around what is certainly face */

DfiRegion
dfi_edit_region (const DfiAttribute *attribute)
{
  return attribute->region >= DFI_REGION_HAIR ? DFI_REGION_HEAD : attribute->region;
}

/* Leaves the plain ground behind a head out of its mask. */
static gboolean
leave_ground_out (const DfiEdit *edit, float *mask, GError **error)
{
  const DfiFrame *frame = dfi_database_frame (edit->editor->database);
  float          *keep  = dfi_mask_new (edit->face, &edit->to_frame, frame->size, DFI_REGION_FACE, FACE_EDGE, error);
  gboolean        done  = keep && dfi_ground_leave_out (mask, keep, edit->crop, 0.5 * (frame->eyes[1] + frame->eyes[3]), error);

  g_free (keep);
  return done;
}

/* The mask of a region; belongs to what is known of the face. Face, skin and head fade out over the ground. */
static const float *
find_mask (DfiEdit *edit, DfiRegion region, GError **error)
{
  const int size = dfi_database_frame (edit->editor->database)->size;
  float   **mask = &edit->editor->known.masks[region];

  if (! *mask)
    {
      *mask = dfi_mask_new (edit->face, &edit->to_frame, size, region, edit->options->feather, error);
      if (*mask && region <= DFI_REGION_HEAD && ! leave_ground_out (edit, *mask, error))
        g_clear_pointer (mask, g_free);
    }
  return *mask;
}

gboolean
dfi_edit_make_mask (DfiEdit *edit, GError **error)
{
  const DfiDatabase *database = edit->editor->database;
  const DfiFrame    *frame    = dfi_database_frame (database);
  const size_t       plane    = (size_t) frame->size * frame->size;

  if (frame->whole)
    return (edit->mask = dfi_mask_whole (frame->size, error)) != NULL;

  edit->mask = dfi_try_alloc (plane, sizeof (float), error);
  if (! edit->mask)
    return FALSE;
  memset (edit->mask, 0, plane * sizeof (float));
  for (int r = 0; r < edit->n_requests; r++)
    {
      const DfiRequest   *request   = &edit->requests[r];
      const DfiAttribute *attribute = dfi_database_attribute (database, request->attribute);
      const float        *mask;

      if (dfi_edit_hair_only (database, request, edit->options))
        continue;
      mask = find_mask (edit, dfi_edit_region (attribute), error);
      if (! mask || (attribute->renew >= 0 && ! find_mask (edit, attribute->renew, error)))
        return FALSE;
      for (size_t i = 0; i < plane; i++)
        edit->mask[i] = MAX (edit->mask[i], mask[i]);
    }
  return TRUE;
}
