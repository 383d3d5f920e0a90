#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "database/tone-direction.h"
#include "edit-hair.h"

void
dfi_edit_hair_clear (DfiEditHair *known)
{
  g_clear_pointer (&known->hair, dfi_hair_free);
  g_clear_pointer (&known->seen, dfi_image_free);
  g_clear_pointer (&known->network, dfi_hair_network_free);
}

gboolean
dfi_edit_hair_may (const DfiDatabase *database, const DfiRequest *requests, int n_requests)
{
  const gboolean toned = dfi_database_n_tones (database) > 0;
  const int      n     = requests ? n_requests : dfi_database_n_attributes (database);
  gboolean       may   = ! requests && toned;

  for (int i = 0; i < n; i++)
    {
      const DfiAttribute *attribute = dfi_database_attribute (database, requests ? requests[i].attribute : i);

      may |= (attribute->hair > 0.0 && toned) || attribute->region == DFI_REGION_FOREHEAD;
    }
  return may && ! dfi_database_frame (database)->whole;
}

gboolean
dfi_edit_hair_changes (const DfiDatabase *database, int attribute, const DfiEditOptions *options)
{
  return ! options->colour && ! dfi_database_frame (database)->whole &&
         (dfi_database_attribute (database, attribute)->region == DFI_REGION_HAIR ||
          (dfi_database_attribute (database, attribute)->hair > 0.0 && dfi_database_n_tones (database) > 0));
}

gboolean
dfi_edit_hair_draws (const DfiDatabase *database, const DfiRequest *request, const DfiEditOptions *options)
{
  const DfiAttribute *attribute = dfi_database_attribute (database, request->attribute);

  return attribute->region == DFI_REGION_FOREHEAD && request->alpha >= 0.0 && ! options->colour &&
         ! dfi_database_frame (database)->whole;
}

gboolean
dfi_edit_hair_only (const DfiDatabase *database, const DfiRequest *request, const DfiEditOptions *options)
{
  const DfiRegion region = dfi_database_attribute (database, request->attribute)->region;

  return (region == DFI_REGION_HAIR && dfi_edit_hair_changes (database, request->attribute, options)) ||
         dfi_edit_hair_draws (database, request, options);
}

/* ---------- where it is ---------- */

static gboolean
is_known (const DfiEditHair *known, const DfiImage *seen, const DfiFace *face)
{
  const size_t bytes = sizeof (float) * 3 * seen->height * seen->width;

  return known->hair && memcmp (known->landmarks, face->landmarks, sizeof known->landmarks) == 0 &&
         memcmp (known->seen->data, seen->data, bytes) == 0;
}

gboolean
dfi_edit_hair_find (DfiEditHair         *known,
                    const DfiFrame      *frame,
                    const DfiImage      *photo,
                    const DfiFace       *face,
                    const DfiSimilarity *to_frame,
                    GError             **error)
{
  DfiSimilarity to_view = dfi_view_place (frame, to_frame, DFI_HAIR_VIEW);
  DfiImage     *seen    = dfi_view_cut (photo, &to_view, DFI_HAIR_VIEW, error);

  if (! seen)
    return FALSE;
  if (is_known (known, seen, face))
    {
      dfi_image_free (seen);
      return TRUE;
    }

  g_clear_pointer (&known->hair, dfi_hair_free);
  dfi_image_free (known->seen);
  known->seen = seen;
  memcpy (known->landmarks, face->landmarks, sizeof known->landmarks);
  if (! known->network)
    known->network = dfi_hair_network_new (NULL, error);
  if (known->network)
    known->hair = dfi_hair_find (known->network, seen, photo, frame, to_frame, face, error);
  return known->hair != NULL;
}

/* ---------- what becomes of it ---------- */

static gboolean
set_no_hair (const DfiAttribute *attribute, GError **error)
{
  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
               _ ("“%s” is a change of the hair, and around this face no hair was found. Leave it out, or choose another face."),
               attribute->label);
  return FALSE;
}

gboolean
dfi_edit_hair_change (const DfiEditHair    *known,
                      const DfiDatabase    *database,
                      const DfiRequest     *requests,
                      int                   n_requests,
                      const DfiEditOptions *options,
                      DfiTone              *change,
                      DfiDirectionNote     *notes,
                      GError              **error)
{
  *change = (DfiTone){ 0 };
  for (int i = 0; i < n_requests; i++)
    {
      const int           number    = requests[i].attribute;
      const DfiAttribute *attribute = dfi_database_attribute (database, number);
      const float         alpha     = fabs (requests[i].alpha) * attribute->hair;
      const float         loss      = MIN (alpha, 1.0f);
      DfiTone             w, own;
      int                 neighbours;

      if (dfi_edit_hair_only (database, &requests[i], options) && ! dfi_hair_is_there (known->hair))
        return set_no_hair (attribute, error);
      if (! dfi_edit_hair_changes (database, number, options))
        continue;
      if (attribute->region == DFI_REGION_HAIR && ! dfi_database_check_tones (database, number, error))
        return FALSE;
      if (! dfi_hair_is_there (known->hair))
        continue;
      neighbours =
          dfi_database_tone_direction (database, number, requests[i].alpha, &known->hair->tone, options->neighbours, &w, &own);
      if (neighbours == 0)
        continue;
      notes[i] = (DfiDirectionNote){ number, requests[i].alpha * attribute->hair, neighbours, neighbours };
      change->luma += alpha * w.luma - loss * own.luma;
      change->deviation += alpha * w.deviation;
      change->cb += alpha * w.cb - loss * own.cb;
      change->cr += alpha * w.cr - loss * own.cr;
    }
  return TRUE;
}

/* Moves the colours of @patch by what @hair changes in the pixels below it. */
static void
carry_over (DfiPatch *patch, const DfiPatch *hair, const DfiImage *photo)
{
  const size_t plane = (size_t) photo->height * photo->width;
  const int    left = MAX (patch->x, hair->x), right = MIN (patch->x + patch->width, hair->x + hair->width);
  const int    top = MAX (patch->y, hair->y), bottom = MIN (patch->y + patch->height, hair->y + hair->height);

  for (int y = top; y < bottom; y++)
    for (int x = left; x < right; x++)
      {
        float       *rgba  = patch->rgba + 4 * ((size_t) (y - patch->y) * patch->width + x - patch->x);
        const float *below = hair->rgba + 4 * ((size_t) (y - hair->y) * hair->width + x - hair->x);

        for (int c = 0; c < 3; c++)
          {
            float was = photo->data[c * plane + (size_t) y * photo->width + x];

            rgba[c] = CLAMP (rgba[c] + below[3] * (below[c] - was), MIN (was, 0.0f), MAX (was, 1.0f));
          }
      }
}

gboolean
dfi_edit_hair_join (DfiPatch **patch, const DfiPatch *hair, const DfiImage *photo, GError **error)
{
  DfiPatch *upper = *patch;

  carry_over (upper, hair, photo);
  *patch = dfi_patch_join (hair, upper, error);
  dfi_patch_free (upper);
  return *patch != NULL;
}
