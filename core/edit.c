#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "picture/colour.h"
#include "files/bundled.h"
#include "edit.h"
#include "solve/objective.h"

struct _DfiEditor
{
  DfiEncoder  *encoder;
  DfiDatabase *database;
  DfiPass     *pass; /* for pictures of the frame's size and the layers that were in use last, or NULL */
};

#define RELEASE_FROM (4 << 20) /* features; with as many, the database's pages are worth more than the time to read them again */

/* Shares of the whole time, for progress: before the minimisation starts, and when it has ended. */
#define PREPARED  0.03
#define MINIMISED 0.97

/* ---------- what is loaded once ---------- */

/* @path, or the bundled file @name when it is NULL or "". Free with g_free(). */
static char *
chosen_file (const char *path, const char *name, GError **error)
{
  return path && *path ? g_strdup (path) : dfi_bundled_file (name, error);
}

/* A pass for these layers. There is one at a time, since at full width it takes most of the memory. */
static DfiPass *
use_taps (DfiEditor *editor, DfiTaps taps, GError **error)
{
  int size = dfi_database_frame (editor->database)->size;

  if (editor->pass && dfi_pass_taps (editor->pass) != taps)
    g_clear_pointer (&editor->pass, dfi_pass_free);
  if (! editor->pass)
    editor->pass = dfi_pass_new (editor->encoder, taps, size, size, error);
  return editor->pass;
}

DfiEditor *
dfi_editor_new (const char *weights, const char *database, GError **error)
{
  DfiEditor *editor        = g_new0 (DfiEditor, 1);
  char      *weights_file  = chosen_file (weights, DFI_BUNDLED_WEIGHTS, error);
  char      *database_file = weights_file ? chosen_file (database, DFI_BUNDLED_DATABASE, error) : NULL;

  if (database_file)
    editor->encoder = dfi_encoder_new_from_file (weights_file, error);
  if (editor->encoder)
    editor->database = dfi_database_open (database_file, editor->encoder, error);
  if (! editor->database || ! use_taps (editor, dfi_database_taps (editor->database), error))
    g_clear_pointer (&editor, dfi_editor_free);

  g_free (database_file);
  g_free (weights_file);
  return editor;
}

void
dfi_editor_free (DfiEditor *editor)
{
  if (! editor)
    return;

  dfi_pass_free (editor->pass);
  dfi_database_free (editor->database);
  dfi_encoder_free (editor->encoder);
  g_free (editor);
}

const DfiDatabase *
dfi_editor_database (const DfiEditor *editor)
{
  return editor->database;
}

/* @to_frame: (out): photograph -> frame */
static gboolean
align (const DfiFrame *frame, const DfiFace *at, int width, int height, DfiSimilarity *to_frame, GError **error)
{
  if (! frame->whole)
    return dfi_align_face (frame, at, to_frame, error);

  *to_frame = dfi_align_whole (frame, width, height);
  return TRUE;
}

gboolean
dfi_editor_bounds (const DfiEditor *editor,
                   const DfiFace   *at,
                   int              width,
                   int              height,
                   int             *x,
                   int             *y,
                   int             *part_width,
                   int             *part_height,
                   GError         **error)
{
  const DfiFrame *frame = dfi_database_frame (editor->database);
  DfiSimilarity   to_frame, to_photo;
  double          low[2], high[2], margin;

  if (! align (frame, at, width, height, &to_frame, error))
    return FALSE;

  to_photo = dfi_similarity_invert (&to_frame);
  dfi_similarity_bounds (&to_photo, (double[2]){ 0.0, 0.0 }, (double[2]){ frame->size, frame->size }, low, high);

  /* Room for the interpolation's support, so that the part gives the same pixels as the whole: two pixels of the frame. */
  margin       = 2.0 + 2.0 * hypot (to_photo.a, to_photo.b);
  *x           = MAX (floor (MIN (low[0], width) - margin), 0.0);
  *y           = MAX (floor (MIN (low[1], height) - margin), 0.0);
  *part_width  = (int) MIN (ceil (MAX (high[0], 0.0) + margin), width) - *x;
  *part_height = (int) MIN (ceil (MAX (high[1], 0.0) + margin), height) - *y;
  if (*part_width > 0 && *part_height > 0)
    return TRUE;

  g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("The face lies outside the picture."));
  return FALSE;
}

/* ---------- an edit ---------- */

static gboolean
check_taps (const DfiDatabase *database, DfiTaps taps, GError **error)
{
  DfiTaps all = dfi_database_taps (database);
  char   *unknown, *known;

  if (! (taps & ~all))
    return TRUE;

  unknown = dfi_taps_print (taps & ~all);
  known   = dfi_taps_print (all);
  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
               _ ("The database “%s” knows nothing of %s, only of %s; choose among these layers."), dfi_database_path (database),
               unknown, known);
  g_free (known);
  g_free (unknown);
  return FALSE;
}

/* The face in its frame, within 0..1. */
static DfiImage *
crop_face (const DfiImage *photo, const DfiSimilarity *to_frame, int size, GError **error)
{
  DfiSimilarity to_photo = dfi_similarity_invert (to_frame);
  DfiImage     *crop     = dfi_align_warp (photo, &to_photo, size, size, error);

  if (crop)
    for (size_t i = 0; i < (size_t) 3 * size * size; i++)
      crop->data[i] = CLAMP (crop->data[i], 0.0f, 1.0f);
  return crop;
}

/* From the features of all layers in the order of @pass's to those of @taps alone, in place. */
static void
keep_taps (const DfiPass *pass, DfiTaps taps, float *features)
{
  float *to = features;

  for (int t = 0; t < dfi_taps_count (dfi_pass_taps (pass)); t++)
    {
      size_t shape[3], n;

      dfi_pass_tap_shape (pass, t, shape);
      n = shape[0] * shape[1] * shape[2];
      if (taps & dfi_taps_find (dfi_taps_name (dfi_pass_taps (pass), t)))
        {
          memmove (to, features, n * sizeof *features);
          to += n;
        }
      features += n;
    }
}

/* target = phi(x) + sum of alpha w, of the layers that were asked for. Free with g_free(). */
static float *
target_features (DfiEditor            *editor,
                 const DfiImage       *crop,
                 const DfiRequest     *requests,
                 int                   n_requests,
                 const DfiEditOptions *options,
                 DfiDirectionNote     *notes,
                 GError              **error)
{
  const DfiDirectionOptions how    = { options->neighbours, options->nearness, options->delta, options->taps };
  DfiPass                  *pass   = use_taps (editor, dfi_database_taps (editor->database), error);
  size_t                    n      = dfi_database_n_features (editor->database);
  float                    *target = pass ? dfi_try_alloc (n, sizeof *target, error) : NULL;
  const float              *phi;

  if (! target)
    return NULL;

  phi = dfi_pass_forward (pass, crop->data);
  if (! dfi_database_direction (editor->database, phi, requests, n_requests, &how, target, notes, error))
    {
      g_free (target);
      return NULL;
    }

  for (size_t i = 0; i < n; i++)
    target[i] += phi[i];
  if (n >= RELEASE_FROM)
    dfi_database_release_pages (editor->database);
  if (options->taps)
    keep_taps (pass, options->taps, target);
  return target;
}

typedef struct
{
  DfiProgressFunc progress;
  gpointer        data;
} Progress;

static gboolean
minimise_progress (double fraction, gpointer data)
{
  const Progress *outer = data;

  return outer->progress (PREPARED + fraction * (MINIMISED - PREPARED), outer->data);
}

/* The objective as a function of what is free: all three channels, or one plane that stands for all of them. */
typedef struct
{
  DfiObjective *objective;
  size_t        n;     /* pixels of a plane */
  DfiImage     *image; /* scratch for the grey case, else NULL */
  DfiImage     *gradient;
} Problem;

static double
colour_value (const float *z, float *gradient, gpointer data)
{
  const Problem *problem = data;

  return dfi_objective_value (problem->objective, z, gradient);
}

static double
grey_value (const float *z, float *gradient, gpointer data)
{
  const Problem *problem = data;
  const size_t   n       = problem->n;
  const float   *full    = problem->gradient->data;
  double         value;

  for (int c = 0; c < 3; c++)
    memcpy (problem->image->data + c * n, z, n * sizeof (float));
  value = dfi_objective_value (problem->objective, problem->image->data, problem->gradient->data);
  for (size_t i = 0; i < n; i++)
    gradient[i] = full[i] + full[n + i] + full[2 * n + i];
  return value;
}

/* argmin over z of the objective, from x: in place, all of @z with colour, else its first plane. */
static gboolean
minimise (DfiPass              *pass,
          DfiImage             *z,
          const float          *target,
          const DfiEditOptions *options,
          const Progress       *progress,
          DfiMinimum           *minimum,
          GError              **error)
{
  Problem  problem = { .n = (size_t) z->height * z->width };
  gboolean done    = FALSE;

  problem.objective = dfi_objective_new (pass, target, options->lambda, options->beta, error);
  if (problem.objective && ! options->colour)
    {
      problem.image    = dfi_image_new (z->width, z->height, error);
      problem.gradient = problem.image ? dfi_image_new (z->width, z->height, error) : NULL;
    }
  if (problem.objective && (options->colour || problem.gradient))
    done = dfi_minimise (options->colour ? colour_value : grey_value, &problem, z->data, (options->colour ? 3 : 1) * problem.n,
                         options->box, options->iterations, progress->progress ? minimise_progress : NULL, (gpointer) progress,
                         minimum, error);

  dfi_image_free (problem.gradient);
  dfi_image_free (problem.image);
  dfi_objective_free (problem.objective);
  return done;
}

/* Adds the time since @start to a stage; returns now. */
static gint64
stage_done (DfiEditReport *report, DfiStage stage, gint64 start)
{
  gint64 now = g_get_monotonic_time ();

  report->seconds[stage] += (now - start) / 1e6;
  return now;
}

/* z - x in the frame, matched; without colour the luma's change, which the channels follow. */
static DfiImage *
result_change (const DfiImage *face, const DfiImage *x, const DfiImage *z, const DfiEditOptions *options, GError **error)
{
  size_t    plane    = (size_t) face->height * face->width;
  size_t    n_planes = options->colour ? 3 : 1;
  DfiImage *change   = dfi_image_copy (z, error);
  DfiImage *coloured;

  if (! change)
    return NULL;

  for (size_t c = 0; options->match && c < n_planes; c++)
    dfi_colour_match (change->data + c * plane, x->data + c * plane, plane);
  for (size_t i = 0; i < n_planes * plane; i++)
    change->data[i] -= x->data[i];
  if (options->colour)
    return change;

  coloured = dfi_colour_follow (face, change->data, error);
  dfi_image_free (change);
  return coloured;
}

/* What is to be added to the face in the frame: x -> phi(x) -> phi(x) + alpha w -> z -> z - x. Without colour x is the
 * face's luma, as the database knows faces. */
static DfiImage *
face_change (DfiEditor            *editor,
             const DfiImage       *face,
             const DfiRequest     *requests,
             int                   n_requests,
             const DfiEditOptions *options,
             const Progress       *progress,
             DfiEditReport        *report,
             GError              **error)
{
  gint64    start  = g_get_monotonic_time ();
  size_t    plane  = (size_t) face->height * face->width;
  DfiPass  *pass   = NULL;
  DfiImage *change = NULL;
  gboolean  done;

  done = (report->face = options->colour ? dfi_image_copy (face, error) : dfi_colour_grey (face, error)) &&
         (report->result = dfi_image_copy (options->start ? options->start : report->face, error)) &&
         (report->target = target_features (editor, report->face, requests, n_requests, options, report->notes, error)) &&
         (pass = use_taps (editor, options->taps ? options->taps : dfi_database_taps (editor->database), error));
  start = stage_done (report, DFI_STAGE_DIRECTION, start);

  done = done && (! progress->progress || progress->progress (PREPARED, progress->data) || dfi_error_set_cancelled (error)) &&
         minimise (pass, report->result, report->target, options, progress, &report->minimum, error);
  start = stage_done (report, DFI_STAGE_MINIMISE, start);

  if (done)
    report->n_features = dfi_pass_n_features (pass);
  if (done)
    change = result_change (face, report->face, report->result, options, error);
  if (done && ! options->colour)
    for (int c = 1; c < 3; c++)
      memcpy (report->result->data + c * plane, report->result->data, plane * sizeof (float));
  stage_done (report, DFI_STAGE_BLEND, start);
  return change;
}

/* The widest region that one of the changes needs. */
static DfiRegion
changes_region (const DfiDatabase *database, const DfiRequest *requests, int n_requests)
{
  DfiRegion region = DFI_REGION_FACE;

  for (int i = 0; i < n_requests; i++)
    region = MAX (region, dfi_database_attribute (database, requests[i].attribute)->region);
  return region;
}

DfiPatch *
dfi_edit (DfiEditor            *editor,
          const DfiImage       *photo,
          const DfiFace        *at,
          const DfiRequest     *requests,
          int                   n_requests,
          const DfiEditOptions *options,
          DfiProgressFunc       progress,
          gpointer              progress_data,
          DfiEditReport        *report,
          GError              **error)
{
  const DfiFrame *frame = dfi_database_frame (editor->database);
  const Progress  outer = { progress, progress_data };
  DfiEditReport   done  = { .notes = g_new0 (DfiDirectionNote, n_requests) };
  gint64          start = g_get_monotonic_time ();
  DfiImage       *face = NULL, *change = NULL;
  float          *mask  = NULL;
  DfiPatch       *patch = NULL;
  DfiSimilarity   to_frame;

  g_return_val_if_fail (! options->start || (options->start->width == frame->size && options->start->height == frame->size),
                        NULL);

  if (dfi_edit_options_check (options, error) && check_taps (editor->database, options->taps, error) &&
      dfi_image_check (photo, error) &&
      align (frame, at, photo->width, photo->height, &to_frame, error) && /* where the face is -> place in the frame */
      (face = crop_face (photo, &to_frame, frame->size, error)))          /* photograph -> frame */
    {
      stage_done (&done, DFI_STAGE_CROP, start);
      change = face_change (editor, face, requests, n_requests, options, &outer, &done, error);
    }

  start = g_get_monotonic_time ();
  if (change)
    mask = frame->whole ? dfi_mask_whole (frame->size, error)
                        : dfi_mask_new (at, &to_frame, frame->size, changes_region (editor->database, requests, n_requests),
                                        options->feather, error);
  if (mask)
    patch = dfi_blend (photo, change, mask, &to_frame, error); /* frame -> photograph */
  stage_done (&done, DFI_STAGE_BLEND, start);

  if (patch && progress)
    progress (1.0, progress_data);
  if (patch && report)
    *report = done;
  else
    dfi_edit_report_clear (&done);

  g_free (mask);
  dfi_image_free (change);
  dfi_image_free (face);
  return patch;
}

void
dfi_edit_report_clear (DfiEditReport *report)
{
  g_clear_pointer (&report->notes, g_free);
  g_clear_pointer (&report->face, dfi_image_free);
  g_clear_pointer (&report->target, g_free);
  g_clear_pointer (&report->result, dfi_image_free);
}
