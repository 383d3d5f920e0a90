#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "picture/colour.h"
#include "files/bundled.h"
#include "edit.h"
#include "solve/reconstruct.h"

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
align (const DfiFrame *frame, const DfiFace *face, int width, int height, DfiSimilarity *to_frame, GError **error)
{
  if (! frame->whole)
    return dfi_align_face (frame, face, to_frame, error);

  *to_frame = dfi_align_whole (frame, width, height);
  return TRUE;
}

gboolean
dfi_editor_bounds (const DfiEditor *editor,
                   const DfiFace   *face,
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

  if (! align (frame, face, width, height, &to_frame, error))
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

static gboolean
check (const DfiEditor *editor, const DfiImage *photo, const DfiEditOptions *options, GError **error)
{
  return dfi_edit_options_check (options, error) && check_taps (editor->database, options->taps, error) &&
         dfi_image_check (photo, error);
}

/* The face in its frame, within 0..1. */
static DfiImage *
crop_photo (const DfiImage *photo, const DfiSimilarity *to_frame, int size, GError **error)
{
  DfiSimilarity to_photo = dfi_similarity_invert (to_frame);
  DfiImage     *crop     = dfi_align_warp (photo, &to_photo, size, size, error);

  if (crop)
    for (size_t i = 0; i < (size_t) 3 * size * size; i++)
      crop->data[i] = CLAMP (crop->data[i], 0.0f, 1.0f);
  return crop;
}

/* x: without colour the luma of @crop, as the database knows faces. */
static DfiImage *
encoder_view (const DfiImage *crop, const DfiEditOptions *options, GError **error)
{
  return options->colour ? dfi_image_copy (crop, error) : dfi_colour_grey (crop, error);
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

/* Adds the time since @start to a stage, and starts anew; returns TRUE, so that it can stand between the stages. */
static gboolean
stage_done (DfiEditReport *report, DfiStage stage, gint64 *start)
{
  gint64 now = g_get_monotonic_time ();

  report->seconds[stage] += (now - *start) / 1e6;
  *start = now;
  return TRUE;
}

/* argmin over z of the objective, in @z. */
static gboolean
reconstruct (DfiEditor            *editor,
             const float          *target,
             const DfiEditOptions *options,
             DfiImage             *z,
             const Progress       *progress,
             DfiEditReport        *report,
             GError              **error)
{
  const DfiReconstructOptions how = { options->lambda, options->beta, ! options->colour, options->box, options->iterations };
  DfiPass *pass = use_taps (editor, options->taps ? options->taps : dfi_database_taps (editor->database), error);

  if (! pass)
    return FALSE;

  report->n_features = dfi_pass_n_features (pass);
  if (progress->progress && ! progress->progress (PREPARED, progress->data))
    return dfi_error_set_cancelled (error);
  return dfi_reconstruct (pass, target, &how, z, progress->progress ? minimise_progress : NULL, (gpointer) progress,
                          &report->minimum, error);
}

/* z - x in the frame, matched; without colour the luma's change, which the channels of @crop follow. */
static DfiImage *
result_change (const DfiImage *crop, const DfiImage *x, const DfiImage *z, const DfiEditOptions *options, GError **error)
{
  size_t    plane    = (size_t) crop->height * crop->width;
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

  coloured = dfi_colour_follow (crop, change->data, error);
  dfi_image_free (change);
  return coloured;
}

/* Where a change may show: as far as the one of the requests that reaches farthest. */
static float *
change_mask (const DfiDatabase    *database,
             const DfiFace        *face,
             const DfiSimilarity  *to_frame,
             const DfiRequest     *requests,
             int                   n_requests,
             const DfiEditOptions *options,
             GError              **error)
{
  const DfiFrame *frame  = dfi_database_frame (database);
  DfiRegion       region = DFI_REGION_FACE;

  if (frame->whole)
    return dfi_mask_whole (frame->size, error);

  for (int i = 0; i < n_requests; i++)
    region = MAX (region, dfi_database_attribute (database, requests[i].attribute)->region);
  return dfi_mask_new (face, to_frame, frame->size, region, options->feather, error);
}

DfiPatch *
dfi_edit (DfiEditor            *editor,
          const DfiImage       *photo,
          const DfiFace        *face,
          const DfiRequest     *requests,
          int                   n_requests,
          const DfiEditOptions *options,
          DfiProgressFunc       progress,
          gpointer              progress_data,
          DfiEditReport        *report,
          GError              **error)
{
  const DfiDatabase *database = editor->database;
  const DfiFrame    *frame    = dfi_database_frame (database);
  const Progress     outer    = { progress, progress_data };
  DfiEditReport      made     = { .notes = g_new0 (DfiDirectionNote, n_requests) };
  gint64             start    = g_get_monotonic_time ();
  DfiImage          *crop = NULL, *change = NULL;
  float             *mask  = NULL;
  DfiPatch          *patch = NULL;
  DfiSimilarity      to_frame;

  g_return_val_if_fail (! options->start || (options->start->width == frame->size && options->start->height == frame->size),
                        NULL);

  if (check (editor, photo, options, error) &&
      align (frame, face, photo->width, photo->height, &to_frame, error) && /* face -> its place in the frame */
      (crop = crop_photo (photo, &to_frame, frame->size, error)) &&         /* photograph -> crop, in colour */
      stage_done (&made, DFI_STAGE_CROP, &start) &&

      (made.crop = encoder_view (crop, options, error)) &&                                                     /* crop -> x */
      (made.target = target_features (editor, made.crop, requests, n_requests, options, made.notes, error)) && /* x -> target */
      stage_done (&made, DFI_STAGE_DIRECTION, &start) &&

      (made.result = dfi_image_copy (options->start ? options->start : made.crop, error)) &&
      reconstruct (editor, made.target, options, made.result, &outer, &made, error) && /* target -> z */
      stage_done (&made, DFI_STAGE_MINIMISE, &start) &&

      (change = result_change (crop, made.crop, made.result, options, error)) && /* z -> z - x, in colour */
      (mask = change_mask (database, face, &to_frame, requests, n_requests, options, error)))
    patch = dfi_blend (photo, change, mask, &to_frame, error); /* z - x -> photograph */
  stage_done (&made, DFI_STAGE_BLEND, &start);

  if (patch && progress)
    progress (1.0, progress_data);
  if (patch && report)
    *report = made;
  else
    dfi_edit_report_clear (&made);

  g_free (mask);
  dfi_image_free (change);
  dfi_image_free (crop);
  return patch;
}

void
dfi_edit_report_clear (DfiEditReport *report)
{
  g_clear_pointer (&report->notes, g_free);
  g_clear_pointer (&report->crop, dfi_image_free);
  g_clear_pointer (&report->target, g_free);
  g_clear_pointer (&report->result, dfi_image_free);
}
