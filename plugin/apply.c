#include "config.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "apply.h"
#include "layer-pixels.h"
#include "result-layer.h"

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

static gboolean
eyes_given (const double eyes[4])
{
  return ! (eyes[0] == 0.0 && eyes[1] == 0.0 && eyes[2] == 0.0 && eyes[3] == 0.0); /* NaN is given, and refused */
}

gboolean
dfi_apply_face_from_eyes (const DfiDrawable *source, const double image_eyes[4], DfiFace *face, GError **error)
{
  double eyes[4];

  for (int i = 0; i < 4; i++)
    eyes[i] = image_eyes[i] - (i % 2 ? source->y : source->x);
  return check_eyes (source, image_eyes, error) && dfi_face_from_eyes (eyes, source->width, source->height, face, error);
}

gboolean
dfi_apply_keep_selected (const DfiDrawable *source, DfiFace *faces, int *n_faces, GError **error)
{
  const GeglRectangle layer = { 0, 0, source->width, source->height };
  int                 kept  = 0;

  if (! dfi_drawable_check (source, error))
    return FALSE;

  for (int i = 0; i < *n_faces; i++)
    {
      GeglRectangle box = { floor (faces[i].box[0]), floor (faces[i].box[1]), ceil (faces[i].box[2]), ceil (faces[i].box[3]) };

      if (gegl_rectangle_intersect (&box, &box, &layer) && dfi_drawable_meets_selection (source, &box))
        faces[kept++] = faces[i];
    }
  *n_faces = kept;
  return kept > 0 || dfi_result_set_nothing (error);
}

void
dfi_apply_advise (GError *error)
{
  dfi_error_advise (error, DFI_ERROR_NO_FACE, _ ("Select the face roughly, or give the positions of the eyes."));
}

/* Free with g_free(). */
static DfiFace *
find_faces (const DfiDrawable *source, DfiProgressFunc progress, gpointer data, int *n_faces, GError **error)
{
  const GeglRectangle all    = { 0, 0, source->width, source->height };
  DfiFaceFinder      *finder = dfi_face_finder_new (NULL, error);
  DfiImage           *photo  = finder ? dfi_drawable_fetch (source, &all, 1.0, error) : NULL;
  DfiFace            *faces  = photo ? dfi_face_finder_find (finder, photo, progress, data, n_faces, error) : NULL;

  if (faces && ! dfi_apply_keep_selected (source, faces, n_faces, error))
    g_clear_pointer (&faces, g_free);
  if (! faces && error)
    dfi_apply_advise (*error);
  dfi_image_free (photo);
  dfi_face_finder_free (finder);
  return faces;
}

typedef struct
{
  DfiEditor      *editor;
  DfiRequest     *requests;
  int             n_requests;
  DfiEditOptions  options;
  int             n_faces;
  int             done; /* faces */
  DfiProgressFunc progress;
  gpointer        data;
} Work;

/* Of the search, which takes little of the whole. */
static gboolean
search_progress (double fraction, gpointer data)
{
  const Work *work = data;

  return work->progress (0.0, work->data);
}

/* The faces to edit, in place of the layer. Free with g_free(). */
static DfiFace *
wanted_faces (Work *work, const DfiDrawable *source, const DfiApplySettings *settings, DfiPrepared *prepared, GError **error)
{
  DfiFace *faces;

  work->n_faces = 1;
  if (dfi_database_frame (dfi_editor_database (work->editor))->whole)
    return g_new0 (DfiFace, 1); /* which nothing looks at */
  if (eyes_given (settings->eyes))
    {
      faces = g_new (DfiFace, 1);
      if (! dfi_apply_face_from_eyes (source, settings->eyes, faces, error))
        g_clear_pointer (&faces, g_free);
      return faces;
    }

  if (! prepared->faces)
    prepared->faces = find_faces (source, work->progress ? search_progress : NULL, work, &prepared->n_faces, error);
  if (! prepared->faces)
    return NULL;

  work->n_faces = prepared->n_faces;
  faces         = g_memdup2 (prepared->faces, prepared->n_faces * sizeof *faces);
  if (! dfi_faces_choose (settings->faces, faces, &work->n_faces, error))
    g_clear_pointer (&faces, g_free);
  return faces;
}

/* ---------- the edit ---------- */

static gboolean
face_progress (double fraction, gpointer data)
{
  const Work *work = data;

  return work->progress ((work->done + fraction) / work->n_faces, work->data);
}

/* The edited face, in place of the layer. */
static DfiPatch *
edit_face (const Work *work, const DfiDrawable *source, const DfiFace *whole, const GeglRectangle *part, GError **error)
{
  DfiFace   face  = dfi_face_move (whole, part->x, part->y);
  DfiImage *photo = dfi_drawable_fetch (source, part, 1.0, error);
  DfiPatch *patch = NULL;

  if (photo)
    patch = dfi_edit (work->editor, photo, &face, work->requests, work->n_requests, &work->options,
                      work->progress ? face_progress : NULL, (gpointer) work, NULL, error);
  if (patch)
    {
      patch->x += part->x;
      patch->y += part->y;
    }

  dfi_image_free (photo);
  return patch;
}

/* Lays @patch over *@all, which is NULL before the first; takes @patch. */
static gboolean
add_patch (DfiPatch **all, DfiPatch *patch, GError **error)
{
  DfiPatch *joined;

  if (! *all)
    {
      *all = patch;
      return TRUE;
    }

  joined = dfi_patch_join (*all, patch, error);
  dfi_patch_free (patch);
  dfi_patch_free (*all);
  *all = joined;
  return joined != NULL;
}

/* All edited faces that the selection meets, as one patch. */
static DfiPatch *
edit_faces (Work *work, const DfiDrawable *source, const DfiFace *faces, GError **error)
{
  DfiPatch *all = NULL;

  for (work->done = 0; work->done < work->n_faces; work->done++)
    {
      const DfiFace *face = &faces[work->done];
      GeglRectangle  part;
      DfiPatch      *patch;

      if (! dfi_editor_bounds (work->editor, face, source->width, source->height, &part.x, &part.y, &part.width, &part.height,
                               error))
        break;
      if (! dfi_drawable_meets_selection (source, &part))
        continue;
      patch = edit_face (work, source, face, &part, error);
      if (! patch || ! add_patch (&all, patch, error))
        break;
    }

  if (work->done < work->n_faces) /* an error */
    g_clear_pointer (&all, dfi_patch_free);
  else if (! all)
    dfi_result_set_nothing (error);
  return all;
}

/* "Smiling +2.0, Eyeglasses +1.5". Free with g_free(). */
static char *
layer_name (const DfiDatabase *database, const DfiRequest *requests, int n_requests)
{
  GString *name = g_string_new (NULL);

  for (int i = 0; i < n_requests; i++)
    g_string_append_printf (name, "%s%s %+.1f", i ? ", " : "",
                            _ (dfi_database_attribute (database, requests[i].attribute)->label), requests[i].alpha);
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
           DfiProgressFunc         progress,
           gpointer                data,
           GError                **error)
{
  Work               work = { .options = settings->options.edit, .progress = progress, .data = data };
  const DfiDatabase *database;
  DfiFace           *faces = NULL;
  DfiPatch          *patch = NULL;
  DfiGimpLayer       layer = DFI_NO_LAYER;

  if (! dfi_drawable_check (source, error))
    return DFI_NO_LAYER;
  if (! prepared->editor)
    prepared->editor = dfi_editor_new (settings->options.weights, settings->options.database, error);
  if (! prepared->editor)
    return DFI_NO_LAYER;

  work.editor = prepared->editor;
  database    = dfi_editor_database (work.editor);
  if ((work.requests = dfi_requests_parse (database, settings->attributes, &work.n_requests, error)) &&
      (faces = wanted_faces (&work, source, settings, prepared, error)) && (patch = edit_faces (&work, source, faces, error)))
    {
      char *name = layer_name (database, work.requests, work.n_requests);

      layer = dfi_result_insert (source, patch, name, error);
      g_free (name);
    }

  dfi_patch_free (patch);
  g_free (faces);
  g_free (work.requests);
  return layer;
}
