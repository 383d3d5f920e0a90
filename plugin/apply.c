#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "apply.h"
#include "asked.h"
#include "effect.h"
#include "layer-pixels.h"
#include "result-layer.h"
#include "search.h"

/* The core would speak of the layer's own pixels, which people who work with the image's do not know. */
static gboolean
check_eyes (const DfiDrawable *source, const double eyes[4], GError **error)
{
  for (int i = 0; i < 4; i += 2)
    {
      double x = eyes[i] - source->x;
      double y = eyes[i + 1] - source->y;

      if (! (x >= 0.0 && y >= 0.0 && x <= source->width && y <= source->height)) /* NaN is refused, too */
        {
          g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                       _ ("The eye at (%g, %g) lies outside the layer, which reaches from (%d, %d) to (%d, %d) in the image."),
                       eyes[i], eyes[i + 1], source->x, source->y, source->x + source->width, source->y + source->height);
          return FALSE;
        }
    }
  return TRUE;
}

/* ---------- which faces ---------- */

gboolean
dfi_apply_face_from_eyes (const DfiDrawable *source, const double image_eyes[4], DfiFace *face, GError **error)
{
  double eyes[4];

  for (int i = 0; i < 4; i++)
    eyes[i] = image_eyes[i] - (i % 2 ? source->y : source->x);
  return check_eyes (source, image_eyes, error) && dfi_face_from_eyes (eyes, source->width, source->height, face, error);
}

/* A face, in place of the layer, and what is to change in it. */
typedef struct
{
  DfiFace     face;
  DfiRequest *requests;
  int         n_requests;
} FaceEdit;

typedef struct
{
  DfiEditor      *editor;
  DfiEditOptions  options;
  FaceEdit       *edits;
  int             n_edits;
  int             done; /* edits */
  DfiProgressFunc progress;
  gpointer        data;
} Work;

static void
clear_edits (Work *work)
{
  for (int i = 0; i < work->n_edits; i++)
    g_free (work->edits[i].requests);
  g_free (work->edits);
}

static gboolean
add_edit (Work *work, const DfiFace *face, const char *attributes, GError **error)
{
  FaceEdit edit = { .face = *face };

  edit.requests = dfi_requests_parse (dfi_editor_database (work->editor), attributes, &edit.n_requests, error);
  if (! edit.requests)
    return FALSE;
  work->edits                  = g_renew (FaceEdit, work->edits, work->n_edits + 1);
  work->edits[work->n_edits++] = edit;
  return TRUE;
}

/* Of the search, which takes little of the whole. */
static gboolean
search_progress (double fraction, gpointer data)
{
  const Work *work = data;

  return work->progress (0.0, work->data);
}

/* Free with g_free(). */
static DfiFace *
find_faces (Work *work, const DfiDrawable *source, int *n_faces, GError **error)
{
  const GeglRectangle searched = dfi_drawable_searched (source);
  gboolean            all      = searched.width == source->width && searched.height == source->height;
  GError             *wrong    = NULL;
  DfiFace *faces = dfi_search_faces (source, &searched, work->progress ? search_progress : NULL, work, n_faces, &wrong);

  if (wrong)
    {
      dfi_error_advise (wrong, DFI_ERROR_NO_FACE,
                        all ? _ ("Select the face roughly, or give the positions of the eyes.")
                            : _ ("Give the positions of the eyes."));
      g_propagate_error (error, wrong);
    }
  return faces;
}

/* Of @n_faces faces those of which something is asked. */
static gboolean
add_edits (Work *work, const DfiFace *faces, int n_faces, const char *attributes, const char *chosen, GError **error)
{
  char   **asked = dfi_asked_parse (attributes, chosen, n_faces, error);
  gboolean good  = asked != NULL;

  for (int i = 0; i < n_faces && good; i++)
    good = ! *asked[i] || add_edit (work, &faces[i], asked[i], error);
  g_strfreev (asked);
  return good && (work->n_edits > 0 || add_edit (work, faces, "", error)); /* which says that nothing is asked */
}

/* Says what is to be edited: work->edits. */
static gboolean
plan (Work *work, const DfiDrawable *source, const DfiApplySettings *settings, DfiPrepared *prepared, GError **error)
{
  DfiFace face = { 0 };

  if (dfi_database_frame (dfi_editor_database (work->editor))->whole) /* nothing looks at the face */
    return add_edits (work, &face, 1, settings->attributes, "all", error);
  if (dfi_apply_settings_have_eyes (settings))
    return dfi_apply_face_from_eyes (source, settings->eyes, &face, error) &&
           add_edits (work, &face, 1, settings->attributes, "all", error);

  if (! prepared->faces)
    prepared->faces = find_faces (work, source, &prepared->n_faces, error);
  return prepared->faces && add_edits (work, prepared->faces, prepared->n_faces, settings->attributes, settings->faces, error);
}

/* ---------- the edit ---------- */

static gboolean
face_progress (double fraction, gpointer data)
{
  const Work *work = data;

  return work->progress ((work->done + fraction) / work->n_edits, work->data);
}

/* The edited face, in place of the layer. */
static DfiPatch *
edit_face (const Work *work, const DfiDrawable *source, const FaceEdit *edit, const GeglRectangle *part, GError **error)
{
  DfiFace   face  = dfi_face_move (&edit->face, part->x, part->y);
  DfiImage *photo = dfi_drawable_fetch (source, part, 1.0, error);
  DfiPatch *patch = NULL;

  if (photo)
    patch = dfi_edit (work->editor, photo, &face, edit->requests, edit->n_requests, &work->options,
                      work->progress ? face_progress : NULL, (gpointer) work, NULL, error);
  if (patch)
    {
      patch->x += part->x;
      patch->y += part->y;
    }

  dfi_image_free (photo);
  return patch;
}

/* All edited faces that the selection meets, as one patch. */
static DfiPatch *
edit_faces (Work *work, const DfiDrawable *source, GError **error)
{
  const GeglRectangle selected = dfi_drawable_selected (source);
  DfiPatch           *all      = NULL;

  for (work->done = 0; work->done < work->n_edits; work->done++)
    {
      const FaceEdit *edit = &work->edits[work->done];
      GeglRectangle   part;
      DfiPatch       *patch;

      if (! dfi_editor_bounds (work->editor, &edit->face, edit->requests, edit->n_requests, source->width, source->height,
                               &part.x, &part.y, &part.width, &part.height, error))
        break;
      if (! gegl_rectangle_intersect (NULL, &selected, &part))
        continue;
      patch = edit_face (work, source, edit, &part, error);
      if (! patch || ! dfi_patch_add (&all, patch, error))
        break;
    }

  if (work->done < work->n_edits) /* an error */
    g_clear_pointer (&all, dfi_patch_free);
  else if (! all)
    dfi_result_set_nothing (error);
  return all;
}

static gboolean
same_requests (const FaceEdit *a, const FaceEdit *b)
{
  for (int i = 0; i < a->n_requests && i < b->n_requests; i++)
    if (a->requests[i].attribute != b->requests[i].attribute || a->requests[i].alpha != b->requests[i].alpha)
      return FALSE;
  return a->n_requests == b->n_requests;
}

/* "Smiling +2.0, Eyeglasses +1.5; Young +1.0" where faces are changed differently. Free with g_free(). */
static char *
layer_name (const Work *work)
{
  const DfiDatabase *database = dfi_editor_database (work->editor);
  GString           *name     = g_string_new (NULL);

  for (int i = 0; i < work->n_edits; i++)
    {
      const FaceEdit *edit = &work->edits[i];

      if (i > 0 && same_requests (edit, edit - 1))
        continue;
      for (int j = 0; j < edit->n_requests; j++)
        g_string_append_printf (name, "%s%s %+.1f", j ? ", " : (i ? "; " : ""),
                                _ (dfi_database_attribute (database, edit->requests[j].attribute)->label),
                                edit->requests[j].alpha);
    }
  return g_string_free (name, FALSE);
}

void
dfi_prepared_clear (DfiPrepared *prepared)
{
  g_clear_pointer (&prepared->editor, dfi_editor_free);
  g_clear_pointer (&prepared->faces, g_free);
}

DfiGimpLayer
dfi_apply (const DfiDrawable      *source,
           const DfiApplySettings *settings,
           DfiPrepared            *prepared,
           const DfiEarlier       *earlier,
           DfiProgressFunc         progress,
           gpointer                data,
           GError                **error)
{
  Work         work  = { .options = settings->options.edit, .progress = progress, .data = data };
  DfiPatch    *patch = NULL;
  DfiGimpLayer layer = DFI_NO_LAYER;

  if (! dfi_drawable_check (source, error) || (settings->output == DFI_OUTPUT_EFFECT && ! dfi_effect_check (source, error)))
    return DFI_NO_LAYER;
  if (! prepared->editor)
    prepared->editor = dfi_editor_new (settings->options.weights, settings->options.database, error);
  if (! prepared->editor)
    return DFI_NO_LAYER;

  work.editor = prepared->editor;
  if (! plan (&work, source, settings, prepared, error))
    layer = DFI_NO_LAYER;
  else if (settings->output == DFI_OUTPUT_EFFECT)
    {
      if (dfi_result_add_effect (source, settings, dfi_editor_database (work.editor), earlier, error))
        layer = source->layer;
    }
  else if ((patch = edit_faces (&work, source, error)))
    {
      char *name = layer_name (&work);

      layer = dfi_result_insert (source, patch, name, settings, earlier, error);
      g_free (name);
    }

  dfi_patch_free (patch);
  clear_edits (&work);
  return layer;
}
