#include "config.h"

#include <glib/gi18n-lib.h>

#include "edit-stages.h"
#include "edit.h"
#include "hair/fringe.h"
#include "picture/chroma.h"
#include "picture/colour.h"

/* With so many features memory is worth more than the time to compute again what it would keep for the next edit. */
#define MANY_FEATURES (4 << 20)

/* Shares of the whole time, for progress: before a target is looked for, before the search starts, when it has ended, and where
 * hair is recoloured, and a fringe drawn besides. */
#define FOUND      0.01
#define PREPARED   0.03
#define SEARCHED   0.97
#define BLENDED    0.985
#define RECOLOURED 0.99

/* ---------- time ---------- */

gboolean
dfi_edit_progress (double fraction, gpointer data)
{
  const DfiEdit *edit = data;

  return ! edit->progress || edit->progress (edit->from + fraction * (edit->until - edit->from), edit->progress_data);
}

static void
count_time (DfiEdit *edit)
{
  gint64 now = g_get_monotonic_time ();

  edit->report.seconds[edit->stage] += (now - edit->since) / 1e6;
  edit->since = now;
}

/* The next stage begins, with which the share @until of the whole will be done. Returns TRUE. */
static gboolean
enter (DfiEdit *edit, DfiStage stage, double until)
{
  count_time (edit);
  edit->stage = stage;
  edit->from  = edit->until;
  edit->until = until;
  return TRUE;
}

/* ---------- photograph -> x ---------- */

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

/* photograph -> x: the face in its frame, or three times its luma. A grey face stays grey whatever is asked for. */
static gboolean
cut_face (DfiEdit *edit, GError **error)
{
  edit->crop = crop_face (edit->photo, &edit->to_frame, dfi_database_frame (edit->editor->database)->size, error);
  if (! edit->crop)
    return FALSE;

  edit->grey        = dfi_chroma_is_grey (edit->crop);
  edit->colour      = edit->options->colour && ! edit->grey;
  edit->report.crop = edit->colour ? dfi_image_copy (edit->crop, error) : dfi_colour_grey (edit->crop, error);
  return edit->report.crop != NULL;
}

/* photograph -> x, of which that is known which was found before. */
static gboolean
begin (DfiEdit *edit, GError **error)
{
  const DfiEditOptions     *options  = edit->options;
  const DfiDatabase        *database = edit->editor->database;
  const DfiFace            *face     = dfi_database_frame (database)->whole ? NULL : edit->face;
  const DfiDirectionOptions how      = {
         options->neighbours, options->nearness, options->delta, options->taps, options->focus, options->alike, NULL
  };

  return dfi_edit_options_check (options, error) && check_taps (database, options->taps, error) &&
         dfi_image_check (edit->photo, error) &&
         dfi_editor_align (edit->editor, edit->face, edit->photo->width, edit->photo->height, &edit->to_frame, error) &&
         cut_face (edit, error) &&
         dfi_known_face_recall (&edit->editor->known, edit->crop, face, edit->colour, &how, options->feather, error);
}

/* ---------- what changes ---------- */

static gboolean
find_hair (DfiEdit *edit, GError **error)
{
  DfiEditor *editor = edit->editor;

  return dfi_edit_hair_find (&editor->hair, dfi_database_frame (editor->database), edit->photo, edit->face, &edit->to_frame,
                             error);
}

/* photograph -> its hair, by how much the hair's tone changes, and whether it gets a fringe. */
static gboolean
change_hair (DfiEdit *edit, GError **error)
{
  const DfiEditOptions *options = edit->options;
  DfiEditor            *editor  = edit->editor;

  edit->report.notes = g_new0 (DfiDirectionNote, edit->n_requests);
  for (int i = 0; i < edit->n_requests; i++)
    {
      const DfiRequest *request = &edit->requests[i];

      edit->in_face |= ! dfi_edit_hair_only (editor->database, request, options);
      edit->in_hair |= dfi_edit_hair_changes (editor->database, request->attribute, options);
      if (! dfi_edit_hair_draws (editor->database, request, options))
        continue;
      edit->fringe = dfi_database_attribute (editor->database, request->attribute)->label;
      edit->length += request->alpha;
      edit->report.notes[i] = (DfiDirectionNote){ request->attribute, request->alpha, options->neighbours, options->neighbours };
    }
  if (! edit->in_hair && ! edit->fringe)
    return TRUE;
  if (! find_hair (edit, error) || ! dfi_edit_hair_change (&editor->hair, editor->database, edit->requests, edit->n_requests,
                                                           options, &edit->tone, edit->report.notes, error))
    return FALSE;
  edit->in_hair = edit->in_hair && dfi_hair_is_there (editor->hair.hair);
  return TRUE;
}

/* What changes within the frame. */
static DfiPatch *
edit_face (DfiEdit *edit, GError **error)
{
  const double blended = edit->in_hair || edit->fringe ? BLENDED : 1.0;

  if (enter (edit, DFI_STAGE_CROP, FOUND) && dfi_edit_make_mask (edit, error) &&           /* x -> where it may change */
      enter (edit, DFI_STAGE_DIRECTION, PREPARED) && dfi_edit_find_target (edit, error) && /* x -> phi(x) + alpha w */
      enter (edit, DFI_STAGE_MINIMISE, SEARCHED) && dfi_edit_begin_search (edit, error) && /* target -> z0 */
      dfi_edit_search (edit, error) &&                                                     /* z0 -> z */
      enter (edit, DFI_STAGE_BLEND, blended) && dfi_edit_make_change (edit, error))        /* z -> z - x, in colour */
    return dfi_blend (edit->photo, edit->change, edit->crop, edit->fresh, edit->mask, &edit->to_frame, dfi_edit_progress, edit,
                      error); /* frame -> photograph */
  return NULL;
}

/* A pass, which has the threads. */
static DfiPass *
use_pass (DfiEditor *editor, GError **error)
{
  return editor->pass ? editor->pass : dfi_editor_use_taps (editor, dfi_database_taps (editor->database), error);
}

/* The hair in its new tone, below @patch (nullable), which is taken. */
static DfiPatch *
edit_hair (DfiEdit *edit, DfiPatch *patch, GError **error)
{
  DfiEditor *editor = edit->editor;
  DfiPass   *pass   = use_pass (editor, error);
  DfiPatch  *hair   = NULL;

  enter (edit, DFI_STAGE_HAIR, edit->fringe ? RECOLOURED : 1.0);
  if (pass)
    hair =
        dfi_hair_recolour (editor->hair.hair, edit->photo, &edit->tone, dfi_pass_threads (pass), dfi_edit_progress, edit, error);
  if (! hair)
    g_clear_pointer (&patch, dfi_patch_free);
  if (! patch)
    return hair;
  dfi_edit_hair_join (&patch, hair, edit->photo, error);
  dfi_patch_free (hair);
  return patch;
}

/* A fringe of that hair, above @patch (nullable), which is taken. */
static DfiPatch *
edit_fringe (DfiEdit *edit, DfiPatch *patch, GError **error)
{
  DfiEditor *editor = edit->editor;
  DfiPass   *pass   = use_pass (editor, error);
  DfiPatch  *fringe = NULL;

  enter (edit, DFI_STAGE_HAIR, 1.0);
  if (pass)
    fringe = dfi_fringe_draw (editor->hair.hair, edit->photo, edit->face, &edit->tone, edit->length, edit->fringe,
                              dfi_pass_threads (pass), dfi_edit_progress, edit, error);
  if (fringe)
    dfi_patch_add (&patch, fringe, error);
  else
    g_clear_pointer (&patch, dfi_patch_free);
  return patch;
}

static void
edit_clear (DfiEdit *edit)
{
  dfi_edit_report_clear (&edit->report);
  dfi_image_free (edit->change);
  g_free (edit->fresh);
  g_free (edit->chroma);
  dfi_image_free (edit->crop);
  g_free (edit->mask);
}

/* ---------- what callers call ---------- */

gboolean
dfi_edit_prepare (DfiEditor *editor, const DfiImage *photo, const DfiFace *face, const DfiEditOptions *options, GError **error)
{
  DfiEdit  edit = { .editor = editor, .photo = photo, .face = face, .options = options };
  DfiPass *pass = dfi_editor_use_taps (editor, dfi_database_taps (editor->database), error);
  gboolean done = pass && begin (&edit, error);

  if (done && dfi_pass_n_features (pass) < MANY_FEATURES)
    done =
        dfi_edit_find_features (&edit, pass, error) && dfi_edit_find_decoded (&edit, error) && dfi_edit_find_tints (&edit, error);
  if (done && dfi_edit_hair_may (editor->database, NULL, 0) && ! options->colour)
    done = find_hair (&edit, error);
  edit_clear (&edit);
  return done;
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
  const int size  = dfi_database_frame (editor->database)->size;
  DfiEdit   edit  = { .editor        = editor,
                      .photo         = photo,
                      .face          = face,
                      .requests      = requests,
                      .n_requests    = n_requests,
                      .options       = options,
                      .progress      = progress,
                      .progress_data = progress_data,
                      .stage         = DFI_STAGE_CROP,
                      .since         = g_get_monotonic_time () };
  DfiPatch *patch = NULL;
  gboolean  done;

  g_return_val_if_fail (! options->start || (options->start->width == size && options->start->height == size), NULL);

  done = begin (&edit, error) && enter (&edit, DFI_STAGE_HAIR, FOUND) && change_hair (&edit, error);
  if (done && edit.in_face)
    done = (patch = edit_face (&edit, error)) != NULL;
  if (done && edit.in_hair)
    done = (patch = edit_hair (&edit, patch, error)) != NULL;
  if (done && edit.fringe)
    patch = edit_fringe (&edit, patch, error);
  count_time (&edit);

  if (edit.report.n_features >= MANY_FEATURES)
    dfi_known_face_clear (&editor->known);
  if (patch && progress)
    progress (1.0, progress_data);
  if (patch && report)
    {
      *report     = edit.report;
      edit.report = (DfiEditReport){ 0 };
    }
  edit_clear (&edit);
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
