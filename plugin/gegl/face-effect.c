/* Work is planned and its pixels are fetched by whoever asks for a picture; the edit itself is done there, too, or by a
 * thread, which touches nothing but the work.  So only the turns at the editor need a lock. */

#include "config.h"

#include <string.h>

#include "asked.h"
#include "digest.h"
#include "face-effect.h"
#include "input.h"
#include "shared-editor.h"

/* A face with what is to change in it, and the part of the photograph around it. */
typedef struct
{
  DfiRequest *requests;
  int         n_requests;
  DfiFace     face; /* in place of the part */
  int         x, y; /* of the part */
  DfiImage   *photo;
  DfiImage   *start; /* NULL, or where a search with other strengths ended */
} Part;

/* What is to be done. */
typedef struct
{
  DfiSharedEditor *shared;
  Part            *parts;
  int              n_parts;
  DfiEditOptions   options;

  GThread *thread;  /* that is at it, or NULL */
  gboolean patient; /* it is left to the thread */
  GSource *painted; /* says that it goes on, or NULL */
  GSource *done;    /* to be attached by the thread at its end, or NULL */
  int      stop;    /* atomic */
  int      ready;   /* atomic; the thread is at its end */

  DfiPatch *patch; /* what came of it, or NULL and */
  GError   *error;
} Work;

struct _DfiFaceEffect
{
  GSourceFunc painted, refined;
  gpointer    data;

  guint64  digest; /* of the photograph in which */
  DfiFace *faces;  /* these were found, or NULL: none were looked for */
  int      n_faces;

  DfiSharedEditor *shared; /* of the files that were asked for last */
  char            *place;  /* photograph, faces and options of the work, in words */
  char            *key;    /* those, and what is to change */
  Work            *work;   /* NULL when there is nothing to do, or it could not be planned */
  GError          *error;  /* why */
  DfiPatch        *draft;  /* to be shown while the work's thread is at it */
};

static void
wait_for_thread (Work *work)
{
  if (work->thread)
    g_thread_join (g_steal_pointer (&work->thread));
}

static void
drop_source (GSource **source)
{
  if (*source)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
stop_thread (Work *work)
{
  g_atomic_int_set (&work->stop, TRUE);
  wait_for_thread (work);
  drop_source (&work->painted);
  drop_source (&work->done);
}

static void
free_work (Work *work)
{
  if (! work)
    return;

  stop_thread (work);
  for (int i = 0; i < work->n_parts; i++)
    {
      g_free (work->parts[i].requests);
      dfi_image_free (work->parts[i].photo);
      dfi_image_free (work->parts[i].start);
    }
  g_free (work->parts);
  dfi_patch_free (work->patch);
  g_clear_error (&work->error);
  dfi_shared_editor_unref (work->shared);
  g_free (work);
}

static void
forget_work (DfiFaceEffect *effect)
{
  g_clear_pointer (&effect->work, free_work);
  g_clear_pointer (&effect->draft, dfi_patch_free);
  g_clear_error (&effect->error);
}

DfiFaceEffect *
dfi_face_effect_new (GSourceFunc painted, GSourceFunc refined, gpointer data)
{
  DfiFaceEffect *effect = g_new0 (DfiFaceEffect, 1);

  effect->painted = painted;
  effect->refined = refined;
  effect->data    = data;
  return effect;
}

void
dfi_face_effect_free (DfiFaceEffect *effect)
{
  if (! effect)
    return;

  forget_work (effect);
  dfi_shared_editor_unref (effect->shared);
  g_free (effect->faces);
  g_free (effect->place);
  g_free (effect->key);
  g_free (effect);
}

/* ---------- the work ---------- */

static gboolean
go_on (double fraction, gpointer data)
{
  Work *work = data;

  return ! g_atomic_int_get (&work->stop) && ! (work->patient && dfi_shared_editor_wanted (work->shared));
}

static gboolean
edit_part (Work *work, DfiEditor *editor, Part *part, const DfiEditOptions *options)
{
  DfiEditReport report = { 0 };
  DfiPatch     *patch =
      dfi_edit (editor, part->photo, &part->face, part->requests, part->n_requests, options, go_on, work, &report, &work->error);

  if (! patch)
    return FALSE;

  patch->x += part->x;
  patch->y += part->y;
  dfi_image_free (part->start);
  part->start = g_steal_pointer (&report.result);
  dfi_edit_report_clear (&report);
  return dfi_patch_add (&work->patch, patch, &work->error);
}

/* @draft: from where the last search ended, with few steps.  What is no draft starts anew each time, so that the same values
 * give the same pixels. */
static void
do_work (Work *work, gboolean draft)
{
  DfiEditor     *editor  = dfi_shared_editor_take (work->shared, work->patient);
  DfiEditOptions options = work->options;
  int            i       = 0;

  g_clear_pointer (&work->patch, dfi_patch_free);
  g_clear_error (&work->error);
  if (draft)
    {
      options.quality    = DFI_QUALITY_PREVIEW;
      options.iterations = 0;
    }
  for (; i < work->n_parts; i++)
    {
      options.start = draft ? work->parts[i].start : NULL;
      if (! edit_part (work, editor, &work->parts[i], &options))
        break;
    }
  dfi_shared_editor_give (work->shared);
  if (i < work->n_parts)
    g_clear_pointer (&work->patch, dfi_patch_free);
}

static gpointer
refine (gpointer data)
{
  Work *work = data;

  do
    do_work (work, FALSE);
  while (g_error_matches (work->error, DFI_ERROR, DFI_ERROR_CANCELLED) && ! g_atomic_int_get (&work->stop));
  g_atomic_int_set (&work->ready, TRUE);
  g_source_attach (work->done, NULL);
  return NULL;
}

/* What was made so far becomes the draft, and a thread makes the rest. */
static void
start_thread (DfiFaceEffect *effect)
{
  Work *work = effect->work;

  effect->draft = g_steal_pointer (&work->patch);
  work->painted = g_idle_source_new ();
  work->done    = g_idle_source_new ();
  g_source_set_callback (work->painted, effect->painted, effect->data, NULL);
  g_source_set_callback (work->done, effect->refined, effect->data, NULL);
  g_source_set_priority (work->painted, G_PRIORITY_LOW);
  g_source_attach (work->painted, NULL);
  work->patient = TRUE;
  work->thread  = g_thread_new ("dfi-refine", refine, work);
}

/* ---------- the plan ---------- */

/* The faces of the photograph, looked for when it is another one than last time. */
static gboolean
find_faces (DfiFaceEffect *effect, GeglBuffer *input, const GeglRectangle *whole, guint64 digest, GError **error)
{
  DfiFaceFinder *finder;
  DfiImage      *photo;

  if (effect->faces && effect->digest == digest)
    return TRUE;

  g_clear_pointer (&effect->faces, g_free);
  finder = dfi_face_finder_new (NULL, error);
  photo  = finder ? dfi_input_fetch (input, whole, error) : NULL;
  if (photo)
    effect->faces = dfi_face_finder_find (finder, photo, NULL, NULL, &effect->n_faces, error);
  effect->digest = digest;
  dfi_image_free (photo);
  dfi_face_finder_free (finder);
  return effect->faces != NULL;
}

/* The faces that there are, in place of @whole; the only one that can be meant, with @chosen as "all".  Free with g_free(). */
static DfiFace *
list_faces (DfiFaceEffect          *effect,
            GeglBuffer             *input,
            const GeglRectangle    *whole,
            guint64                 digest,
            const DfiApplySettings *settings,
            const char            **chosen,
            int                    *n_faces,
            GError                **error)
{
  const double *eyes    = settings->eyes;
  const double  here[4] = { eyes[0] - whole->x, eyes[1] - whole->y, eyes[2] - whole->x, eyes[3] - whole->y };
  DfiFace       face    = { 0 };

  *chosen  = "all";
  *n_faces = 1;
  if (dfi_database_frame (dfi_editor_database (dfi_shared_editor_peek (effect->shared)))->whole) /* nothing looks at the face */
    return g_memdup2 (&face, sizeof face);
  if (dfi_apply_settings_have_eyes (settings))
    return dfi_face_from_eyes (here, whole->width, whole->height, &face, error) ? g_memdup2 (&face, sizeof face) : NULL;

  *chosen = settings->faces;
  if (! find_faces (effect, input, whole, digest, error))
    return NULL;
  *n_faces = effect->n_faces;
  return g_memdup2 (effect->faces, effect->n_faces * sizeof *effect->faces);
}

static gboolean
fetch_part (Part                *part,
            const DfiEditor     *editor,
            const DfiFace       *face,
            GeglBuffer          *input,
            const GeglRectangle *whole,
            GError             **error)
{
  GeglRectangle place;

  if (! dfi_editor_bounds (editor, face, part->requests, part->n_requests, whole->width, whole->height, &part->x, &part->y,
                           &place.width, &place.height, error))
    return FALSE;

  place.x     = whole->x + part->x;
  place.y     = whole->y + part->y;
  part->face  = dfi_face_move (face, part->x, part->y);
  part->photo = dfi_input_fetch (input, &place, error);
  return part->photo != NULL;
}

/* Adds what is to be done to a face. */
static gboolean
add_part (Work *work, const DfiFace *face, const char *attributes, GeglBuffer *input, const GeglRectangle *whole, GError **error)
{
  const DfiEditor *editor = dfi_shared_editor_peek (work->shared);
  Part            *part   = &work->parts[work->n_parts++];

  part->requests = dfi_requests_parse (dfi_editor_database (editor), attributes, &part->n_requests, error);
  return part->requests && fetch_part (part, editor, face, input, whole, error);
}

/* What is to be done, without the turn at the editor; NULL with @error set. */
static Work *
plan (DfiFaceEffect          *effect,
      GeglBuffer             *input,
      const GeglRectangle    *whole,
      guint64                 digest,
      const DfiApplySettings *settings,
      GError                **error)
{
  Work       *work = g_new0 (Work, 1);
  const char *chosen;
  int         n     = 0;
  DfiFace    *faces = list_faces (effect, input, whole, digest, settings, &chosen, &n, error);
  char      **asked = faces ? dfi_asked_parse (settings->attributes, chosen, n, error) : NULL;
  gboolean    good  = asked != NULL;

  work->shared  = dfi_shared_editor_ref (effect->shared);
  work->options = settings->options.edit;
  work->parts   = g_new0 (Part, n);
  for (int i = 0; i < n && good; i++)
    good = ! *asked[i] || add_part (work, &faces[i], asked[i], input, whole, error);
  if (good && work->n_parts == 0)
    good = add_part (work, faces, "", input, whole, error); /* which says that nothing is asked */
  if (! good)
    g_clear_pointer (&work, free_work);
  g_strfreev (asked);
  g_free (faces);
  return work;
}

/* Lets a search begin where the last one on the same face ended. */
static void
go_on_from (Work *work, Work *last)
{
  for (int i = 0; i < work->n_parts; i++)
    for (int j = 0; j < last->n_parts; j++)
      {
        Part *part = &work->parts[i], *before = &last->parts[j];

        if (part->x == before->x && part->y == before->y && memcmp (&part->face, &before->face, sizeof part->face) == 0)
          part->start = g_steal_pointer (&before->start);
      }
}

/* Plans anew; what the last plan found is of use where only the changes differ. */
static void
plan_anew (DfiFaceEffect          *effect,
           GeglBuffer             *input,
           const GeglRectangle    *whole,
           guint64                 digest,
           const DfiApplySettings *settings,
           gboolean                same_place)
{
  DfiSharedEditor *last_shared = effect->shared;
  Work            *last        = g_steal_pointer (&effect->work);

  if (last)
    stop_thread (last);
  forget_work (effect);
  effect->shared = dfi_shared_editor_new (settings->options.weights, settings->options.database, &effect->error);
  dfi_shared_editor_unref (last_shared); /* not before: it may be the same */
  if (effect->shared)
    effect->work = plan (effect, input, whole, digest, settings, &effect->error);
  if (effect->work && last && same_place)
    go_on_from (effect->work, last);
  free_work (last);
}

static gboolean
draft_is_quicker (const Work *work)
{
  const DfiEditor *editor = dfi_shared_editor_peek (work->shared);
  DfiEditOptions   draft  = work->options;

  draft.quality    = DFI_QUALITY_PREVIEW;
  draft.iterations = 0;
  return dfi_edit_steps (editor, &draft) < dfi_edit_steps (editor, &work->options);
}

/* Words for all that decides where and how; free with g_free(). */
static char *
describe_place (const GeglRectangle *whole, guint64 digest, const DfiApplySettings *settings)
{
  const double *eyes    = settings->eyes;
  char         *options = dfi_options_print (&settings->options, NULL);
  char         *place   = g_strdup_printf ("%016" G_GINT64_MODIFIER "x %d %d\n%s\n%a %a %a %a\n%s", digest, whole->x, whole->y,
                                           settings->faces, eyes[0], eyes[1], eyes[2], eyes[3], options);

  g_free (options);
  return place;
}

/* Takes note of what is asked for, and plans when that is new. */
static gboolean
take_note (DfiFaceEffect *effect, GeglBuffer *input, const GeglRectangle *whole, const DfiApplySettings *settings)
{
  guint64  digest = dfi_buffer_digest (input, whole);
  char    *place  = describe_place (whole, digest, settings);
  char    *key    = g_strdup_printf ("%s\n%s", place, settings->attributes);
  gboolean is_new = g_strcmp0 (key, effect->key) != 0;

  if (is_new)
    plan_anew (effect, input, whole, digest, settings, g_strcmp0 (place, effect->place) == 0);
  g_free (effect->place);
  g_free (effect->key);
  effect->place = place;
  effect->key   = key;
  return is_new;
}

gboolean
dfi_face_effect_render (DfiFaceEffect          *effect,
                        GeglBuffer             *input,
                        const GeglRectangle    *whole,
                        const DfiApplySettings *settings,
                        gboolean                may_draft,
                        const DfiPatch        **patch,
                        GError                **error)
{
  Work *work;

  *patch = NULL;
  if (take_note (effect, input, whole, settings) && effect->work)
    {
      may_draft = may_draft && draft_is_quicker (effect->work);
      do_work (effect->work, may_draft);
      if (may_draft && effect->work->patch)
        start_thread (effect);
    }

  work = effect->work;
  if (work && work->thread && (! may_draft || g_atomic_int_get (&work->ready)))
    wait_for_thread (work);
  if (work)
    *patch = work->thread ? effect->draft : work->patch;
  if (*patch)
    return TRUE;
  g_propagate_error (error, g_error_copy (work ? work->error : effect->error));
  return FALSE;
}
