#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "database/codes.h"
#include "database/face-features.h"
#include "edit.h"
#include "edit-hair.h"
#include "files/bundled.h"
#include "picture/chroma.h"
#include "picture/colour.h"
#include "picture/ground.h"
#include "solve/inverse.h"
#include "solve/reconstruct.h"

/* An attribute's direction at a face, confined to where it may change something. */
typedef struct
{
  DfiDirectionNote note; /* of strength 1, or of -1 for the way back, */
  float           *w;    /* (D) likewise */
  float           *own;  /* (D) what the face has of its own and loses from that strength on, or NULL */
} Direction;

/* What one edit finds out about a face and the next one of it, with other strengths, has no need to. */
typedef struct
{
  DfiImage           *crop;                          /* NULL: nothing is known */
  double              landmarks[DFI_N_LANDMARKS][2]; /* of which the mask is made, if there is one */
  gboolean            colour;
  DfiDirectionOptions how;
  double              feather;
  float     *masks[DFI_N_REGIONS]; /* (size, size) where changes of a region may show; NULL: not asked for yet, or no face */
  float     *phi;                  /* (D), or NULL */
  double    *code;                 /* (r) the database's of it, or NULL */
  float     *decoded;              /* (size, size) what the decoder makes of it, or NULL */
  float     *tints;                /* dfi_colour_tints(), or NULL */
  Direction *directions;           /* of the attributes that were asked for last */
  int        n_directions;
} Known;

struct _DfiEditor
{
  DfiEncoder  *encoder;
  DfiDatabase *database;
  DfiPass     *pass;    /* for pictures of the frame's size and the layers that were in use last, or NULL */
  DfiDecoder  *decoder; /* NULL when there is none for these weights, this frame and these layers */
  Known        known;   /* of the face that was edited last */
  DfiEditHair  hair;    /* of the face whose hair was edited last */
};

#define FACE_EDGE 0.05 /* feather around what is certainly face */

/* With so many features memory is worth more than the time to compute again what it would keep for the next edit. */
#define MANY_FEATURES (4 << 20)

/* Shares of the whole time, for progress: before the search starts, and when it has ended. */
#define PREPARED 0.03
#define SEARCHED 0.97
#define BLENDED  0.985 /* where hair is recoloured besides */

/* ---------- what is loaded once ---------- */

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

/* The decoder of the weights @path lies beside them: NAME-decoder.safetensors. FALSE with @error set when there is one that
 * cannot be used. */
static gboolean
load_decoder (DfiEditor *editor, const char *path, GError **error)
{
  const int   size = dfi_database_frame (editor->database)->size;
  const char *end =
      g_str_has_suffix (path, ".safetensors") ? path + strlen (path) - strlen (".safetensors") : path + strlen (path);
  char    *file = g_strdup_printf ("%.*s-decoder.safetensors", (int) (end - path), path);
  gboolean done = TRUE;

  if (size % DFI_DECODER_UNIT == 0 && dfi_database_taps (editor->database) == DFI_TAPS_PAPER &&
      g_file_test (file, G_FILE_TEST_EXISTS))
    done = (editor->decoder = dfi_decoder_new (file, editor->encoder, size, error)) != NULL;
  g_free (file);
  return done;
}

DfiEditor *
dfi_editor_new (const char *weights, const char *database, GError **error)
{
  DfiEditor *editor        = g_new0 (DfiEditor, 1);
  char      *weights_file  = dfi_chosen_file (weights, DFI_BUNDLED_WEIGHTS, error);
  char      *database_file = weights_file ? dfi_chosen_file (database, DFI_BUNDLED_DATABASE, error) : NULL;

  if (database_file)
    editor->encoder = dfi_encoder_new_from_file (weights_file, error);
  if (editor->encoder)
    editor->database = dfi_database_open (database_file, editor->encoder, error);
  if (! editor->database || ! use_taps (editor, dfi_database_taps (editor->database), error) ||
      ! load_decoder (editor, weights_file, error))
    g_clear_pointer (&editor, dfi_editor_free);

  g_free (database_file);
  g_free (weights_file);
  return editor;
}

static void
direction_clear (Direction *direction)
{
  g_free (direction->w);
  g_free (direction->own);
}

/* All but the directions of these attributes. */
static void
forget_directions (Known *known, const DfiRequest *requests, int n_requests)
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
        direction_clear (&known->directions[k]);
    }
  known->n_directions = kept;
}

static void
forget (Known *known)
{
  forget_directions (known, NULL, 0);
  for (int r = 0; r < DFI_N_REGIONS; r++)
    g_free (known->masks[r]);
  g_free (known->directions);
  g_free (known->tints);
  g_free (known->decoded);
  g_free (known->code);
  g_free (known->phi);
  dfi_image_free (known->crop);
  *known = (Known){ 0 };
}

void
dfi_editor_free (DfiEditor *editor)
{
  if (! editor)
    return;

  forget (&editor->known);
  dfi_edit_hair_clear (&editor->hair);
  dfi_decoder_free (editor->decoder);
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
dfi_editor_bounds (const DfiEditor  *editor,
                   const DfiFace    *face,
                   const DfiRequest *requests,
                   int               n_requests,
                   int               width,
                   int               height,
                   int              *x,
                   int              *y,
                   int              *part_width,
                   int              *part_height,
                   GError          **error)
{
  const DfiFrame *frame = dfi_database_frame (editor->database);
  DfiSimilarity   to_frame;

  if (! align (frame, face, width, height, &to_frame, error))
    return FALSE;

  if (dfi_edit_hair_may (editor->database, requests, n_requests))
    dfi_view_part (frame, &to_frame, width, height, x, y, part_width, part_height);
  else
    {
      DfiSimilarity to_photo = dfi_similarity_invert (&to_frame);

      dfi_align_part (&to_photo, frame->size, frame->size, width, height, x, y, part_width, part_height);
    }
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

/* An edit under way: what each stage leaves for the next. */
typedef struct
{
  DfiEditor            *editor;
  const DfiEditOptions *options;
  DfiProgressFunc       progress;
  gpointer              progress_data;
  DfiSimilarity         to_frame; /* photograph -> frame */
  float                *mask;     /* (size, size) where any of them may */
  DfiImage             *crop;     /* the face in its frame */
  gboolean              grey;     /* the face is */
  gboolean              colour;   /* all three channels are sought, and not luma alone */
  float                *chroma;   /* what the direction says of the colours, or NULL */
  float                *fresh;    /* (size, size) where the decoder draws something new, or NULL */
  DfiImage             *change;   /* to be added to the face's R'G'B' in the frame */
  gboolean              face;     /* something changes there, */
  gboolean              hair;     /* and in the hair: */
  DfiTone               tone;     /* by so much does its tone */
  DfiEditReport         report;
} Edit;

static gboolean
proceed (double fraction, gpointer data)
{
  const Edit *edit = data;

  return ! edit->progress || edit->progress (fraction, edit->progress_data);
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

/* Where it acts in the frame: what is meant for hair, where hair has no part of its own, in all of the head. */
static DfiRegion
region_in_frame (const DfiAttribute *attribute)
{
  return attribute->region == DFI_REGION_HAIR ? DFI_REGION_HEAD : attribute->region;
}

static gboolean
hair_only (const Edit *edit, const DfiRequest *request)
{
  return dfi_edit_hair_only (edit->editor->database, request->attribute, edit->options);
}

/* Leaves the plain ground behind a head out of its mask. */
static gboolean
leave_ground_out (Edit *edit, const DfiFace *face, float *mask, GError **error)
{
  const DfiFrame *frame = dfi_database_frame (edit->editor->database);
  float          *keep  = dfi_mask_new (face, &edit->to_frame, frame->size, DFI_REGION_FACE, FACE_EDGE, error);
  gboolean        done  = keep && dfi_ground_leave_out (mask, keep, edit->crop, 0.5 * (frame->eyes[1] + frame->eyes[3]), error);

  g_free (keep);
  return done;
}

/* The mask of a region; belongs to what is known of the face. */
static const float *
find_mask (Edit *edit, const DfiFace *face, DfiRegion region, GError **error)
{
  const int size = dfi_database_frame (edit->editor->database)->size;
  float   **mask = &edit->editor->known.masks[region];

  if (! *mask)
    {
      *mask = dfi_mask_new (face, &edit->to_frame, size, region, edit->options->feather, error);
      if (*mask && region == DFI_REGION_HEAD && ! leave_ground_out (edit, face, *mask, error))
        g_clear_pointer (mask, g_free);
    }
  return *mask;
}

/* What an edit may touch in the frame. */
static gboolean
make_mask (Edit *edit, const DfiFace *face, const DfiRequest *requests, int n_requests, GError **error)
{
  const DfiFrame *frame = dfi_database_frame (edit->editor->database);
  const size_t    plane = (size_t) frame->size * frame->size;

  if (frame->whole)
    return (edit->mask = dfi_mask_whole (frame->size, error)) != NULL;

  edit->mask = dfi_try_alloc (plane, sizeof (float), error);
  if (! edit->mask)
    return FALSE;
  memset (edit->mask, 0, plane * sizeof (float));
  for (int r = 0; r < n_requests; r++)
    if (! hair_only (edit, &requests[r]))
      {
        const DfiAttribute *attribute = dfi_database_attribute (edit->editor->database, requests[r].attribute);
        const float        *mask      = find_mask (edit, face, region_in_frame (attribute), error);

        if (! mask || (attribute->renew >= 0 && ! find_mask (edit, face, attribute->renew, error)))
          return FALSE;
        for (size_t i = 0; i < plane; i++)
          edit->mask[i] = MAX (edit->mask[i], mask[i]);
      }
  return TRUE;
}

/* photograph -> x: the face in its frame, or three times its luma. A grey face stays grey whatever is asked for. */
static gboolean
cut_face (Edit *edit, const DfiImage *photo, GError **error)
{
  edit->crop = crop_face (photo, &edit->to_frame, dfi_database_frame (edit->editor->database)->size, error);
  if (! edit->crop)
    return FALSE;

  edit->grey        = dfi_chroma_is_grey (edit->crop);
  edit->colour      = edit->options->colour && ! edit->grey;
  edit->report.crop = edit->colour ? dfi_image_copy (edit->crop, error) : dfi_colour_grey (edit->crop, error);
  return edit->report.crop != NULL;
}

/* Whether what is known is of this face, and would be found again with these options. */
static gboolean
is_known (const Known *known, const Edit *edit, const DfiFace *face, const DfiDirectionOptions *how)
{
  const DfiImage *crop = edit->crop;

  return known->crop && known->colour == edit->colour && known->feather == edit->options->feather &&
         known->how.neighbours == how->neighbours && known->how.nearness == how->nearness && known->how.delta == how->delta &&
         known->how.taps == how->taps && known->how.focus == how->focus && known->how.alike == how->alike &&
         (dfi_database_frame (edit->editor->database)->whole ||
          memcmp (known->landmarks, face->landmarks, sizeof known->landmarks) == 0) &&
         memcmp (known->crop->data, crop->data, (size_t) 3 * crop->height * crop->width * sizeof *crop->data) == 0;
}

/* Forgets what is known, unless it is of this face. */
static gboolean
recall_face (Edit *edit, const DfiFace *face, GError **error)
{
  const DfiEditOptions     *options = edit->options;
  const DfiDirectionOptions how     = {
        options->neighbours, options->nearness, options->delta, options->taps, options->focus, options->alike, NULL
  };
  Known *known = &edit->editor->known;

  if (is_known (known, edit, face, &how))
    return TRUE;

  forget (known);
  if (! (known->crop = dfi_image_copy (edit->crop, error)))
    return FALSE;
  if (! dfi_database_frame (edit->editor->database)->whole)
    memcpy (known->landmarks, face->landmarks, sizeof known->landmarks);
  known->colour  = edit->colour;
  known->how     = how;
  known->feather = options->feather;
  return TRUE;
}

/* x -> phi(x) and its code, unless they are known. */
static gboolean
find_features (Edit *edit, DfiPass *pass, GError **error)
{
  const DfiDatabase *database = edit->editor->database;
  const DfiLayout   *layout   = &dfi_database_basis (database)->layout;
  Known             *known    = &edit->editor->known;

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
confine (const Edit *edit, const DfiAttribute *attribute, Direction *direction)
{
  const Known     *known  = &edit->editor->known;
  const DfiLayout *layout = &dfi_database_basis (edit->editor->database)->layout;
  const int        size   = dfi_database_frame (edit->editor->database)->size;
  const float     *mask   = known->masks[region_in_frame (attribute)];

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
static const Direction *
find_direction (Edit *edit, const DfiRequest *request, GError **error)
{
  const DfiRequest    once      = { request->attribute, request->alpha < 0.0 ? -1.0 : 1.0 };
  DfiDatabase        *database  = edit->editor->database;
  const DfiAttribute *attribute = dfi_database_attribute (database, request->attribute);
  const size_t        n         = dfi_database_n_features (database);
  Known              *known     = &edit->editor->known;
  const DfiRegion     region    = region_in_frame (attribute);
  const gboolean      yields    = attribute->renew >= 0 && known->how.focus;
  DfiDirectionOptions how       = known->how;
  Direction           found     = { .own = NULL };

  for (int k = 0; k < known->n_directions; k++)
    if (known->directions[k].note.attribute == request->attribute && known->directions[k].note.alpha * once.alpha > 0.0)
      return &known->directions[k];

  found.w = dfi_try_alloc (n, sizeof *found.w, error);
  if (found.w && yields && (found.own = dfi_try_alloc (n, sizeof *found.own, error)))
    memcpy (found.own, known->phi, n * sizeof *found.own);
  how.where = region > DFI_REGION_HEAD ? known->masks[region] : NULL; /* a part of the face */
  if (! found.w || (yields && ! found.own) ||
      ! dfi_database_direction (database, known->code, &once, 1, &how, found.w, found.own, &found.note, error))
    {
      direction_clear (&found);
      return NULL;
    }
  confine (edit, attribute, &found);
  known->directions = g_renew (Direction, known->directions, known->n_directions + 1);

  known->directions[known->n_directions] = found;
  return &known->directions[known->n_directions++];
}

/* @target (D) += what a change of @strength, > 0, adds.  What the face has of its own gives way up to a strength of 1, at which
 * the faces that are gone to begin. */
static void
add_direction (float *target, const Direction *direction, float strength, size_t n)
{
  const float *w = direction->w, *own = direction->own;
  const float  loss = own ? MIN (strength, 1.0f) : 0.0f;

  for (size_t d = 0; d < n; d++)
    target[d] += own ? strength * w[d] - loss * own[d] : strength * w[d];
}

/* x -> phi(x) + sum of alpha w, and what the sum says of colours. */
static gboolean
find_target (Edit *edit, const DfiRequest *requests, int n_requests, GError **error)
{
  DfiDatabase     *database = edit->editor->database;
  const DfiLayout *layout   = &dfi_database_basis (database)->layout;
  DfiPass         *pass     = use_taps (edit->editor, layout->taps, error);
  float           *target;

  if (! pass || ! find_features (edit, pass, error) ||
      ! (target = edit->report.target = dfi_try_alloc (layout->n_features, sizeof *target, error)))
    return FALSE;

  memset (target, 0, layout->n_features * sizeof *target);
  forget_directions (&edit->editor->known, requests, n_requests);
  for (int i = 0; i < n_requests; i++)
    {
      const gboolean   go_on     = proceed (PREPARED * (i + 1) / (n_requests + 1), edit) || dfi_error_set_cancelled (error);
      const gboolean   in_face   = ! hair_only (edit, &requests[i]);
      const Direction *direction = go_on && in_face ? find_direction (edit, &requests[i], error) : NULL;

      if (go_on && ! in_face)
        continue;
      if (! direction)
        return FALSE;

      edit->report.notes[i]       = direction->note;
      edit->report.notes[i].alpha = fabs (requests[i].alpha) * direction->note.alpha;
      add_direction (target, direction, fabs (requests[i].alpha), layout->n_features);
    }

  edit->chroma            = layout->chroma ? dfi_features_chroma (layout, target) : NULL;
  edit->report.n_features = dfi_pass_n_features (pass);
  for (size_t d = 0; d < edit->report.n_features; d++)
    target[d] += edit->editor->known.phi[d];
  return TRUE;
}

/* Whether the search starts from what the decoder makes of the target. */
static gboolean
starts_from_decoder (const DfiEditor *editor, const DfiEditOptions *options)
{
  return editor->decoder && options->origin == DFI_ORIGIN_DECODER && ! options->colour;
}

/* phi -> what the decoder makes of it, unless that is known. */
static gboolean
find_decoded (DfiEditor *editor, GError **error)
{
  const size_t size  = dfi_database_frame (editor->database)->size;
  Known       *known = &editor->known;

  if (known->decoded)
    return TRUE;
  if (! (known->decoded = dfi_try_alloc (size * size, sizeof (float), error)))
    return FALSE;
  memcpy (known->decoded, dfi_decoder_run (editor->decoder, known->phi, dfi_pass_threads (editor->pass)),
          size * size * sizeof (float));
  return TRUE;
}

/* The result becomes z0, what the decoder makes of the target; where that is new is found on the way. */
static gboolean
decode_target (Edit *edit, GError **error)
{
  DfiEditor *editor = edit->editor;

  if (! find_decoded (editor, error))
    return FALSE;
  edit->fresh = dfi_inverse (editor->decoder, editor->known.decoded, edit->report.target, dfi_pass_threads (editor->pass),
                             edit->report.result, error);
  return edit->fresh != NULL;
}

/* target -> z0: the decoder's, or what an earlier edit came to, or x. */
static gboolean
begin_search (Edit *edit, GError **error)
{
  gboolean decode = starts_from_decoder (edit->editor, edit->options);

  edit->report.result = dfi_image_copy (! decode && edit->options->start ? edit->options->start : edit->report.crop, error);
  if (edit->report.result && decode && ! decode_target (edit, error))
    return FALSE;
  return edit->report.result && (proceed (PREPARED, edit) || dfi_error_set_cancelled (error));
}

static gboolean
search_progress (double fraction, gpointer data)
{
  return proceed (PREPARED + fraction * (SEARCHED - PREPARED), data);
}

static gboolean
blend_progress (double fraction, gpointer data)
{
  const Edit *edit = data;

  return proceed (SEARCHED + fraction * ((edit->hair ? BLENDED : 1.0) - SEARCHED), data);
}

static gboolean
hair_progress (double fraction, gpointer data)
{
  const Edit  *edit  = data;
  const double start = edit->face ? BLENDED : PREPARED;

  return proceed (start + fraction * (1.0 - start), data);
}

/* Where smoothness outweighs all else, no step from the start leads downhill; but none may lead on from an earlier result
 * either. */
static gboolean
check_search (const Edit *edit, int steps, GError **error)
{
  const DfiMinimum *minimum = &edit->report.minimum;

  if (steps == 0 || minimum->iterations > 0 || edit->options->start || minimum->first == 0.0)
    return TRUE;
  g_set_error (
      error, DFI_ERROR, DFI_ERROR_VALUE,
      _ ("No step of the search brings the face nearer to what is asked for: smoothness, with the weight %g (lambda) and "
         "the exponent %g (beta), outweighs it. Choose a smaller weight, or an exponent of about 2."),
      edit->options->lambda, edit->options->beta);
  return FALSE;
}

/* z0 -> z, whose features are nearest to the target's. */
static gboolean
search (Edit *edit, GError **error)
{
  const DfiEditOptions       *options = edit->options;
  const DfiReconstructOptions how     = { options->lambda, options->beta, ! edit->colour, options->box,
                                          dfi_edit_steps (edit->editor, options) };
  DfiPass                    *pass    = edit->editor->pass;

  if (options->taps && options->taps != dfi_pass_taps (pass))
    {
      keep_taps (pass, options->taps, edit->report.target);
      pass = use_taps (edit->editor, options->taps, error);
      if (! pass)
        return FALSE;
      edit->report.n_features = dfi_pass_n_features (pass);
    }
  return dfi_reconstruct (pass, edit->report.target, &how, edit->report.result, search_progress, edit, &edit->report.minimum,
                          error) &&
         check_search (edit, how.iterations, error);
}

/* Of the face, unless they are known. */
static gboolean
find_tints (Edit *edit, GError **error)
{
  Known *known = &edit->editor->known;

  return known->tints || (known->tints = dfi_colour_tints (edit->crop, error));
}

/* z -> z - x, matched; from luma's change that of the channels follows, and the direction's colours are added. */
static gboolean
make_change (Edit *edit, GError **error)
{
  const DfiLayout *layout   = &dfi_database_basis (edit->editor->database)->layout;
  const DfiImage  *x        = edit->report.crop;
  const size_t     plane    = (size_t) x->height * x->width;
  const size_t     n_planes = edit->colour ? 3 : 1;
  DfiImage        *change   = dfi_image_copy (edit->report.result, error);

  if (! change)
    return FALSE;

  for (size_t c = 0; edit->options->match && c < n_planes; c++)
    dfi_colour_match (change->data + c * plane, x->data + c * plane, plane);
  for (size_t i = 0; i < n_planes * plane; i++)
    change->data[i] -= x->data[i];

  if (edit->colour)
    {
      edit->change = change;
      return TRUE;
    }
  if (find_tints (edit, error))
    edit->change = dfi_colour_follow (edit->crop, edit->editor->known.tints, change->data, error);
  if (edit->change && ! dfi_database_frame (edit->editor->database)->whole)
    dfi_colour_keep_above (edit->change, change->data, dfi_database_frame (edit->editor->database));
  if (edit->change && edit->chroma && ! edit->grey)
    {
      dfi_chroma_add (edit->change, edit->chroma, (int) layout->shape[dfi_taps_count (layout->taps)][1]);
      dfi_chroma_keep_warm (edit->change, edit->crop);
    }
  dfi_image_free (change);
  return edit->change != NULL;
}

static void
edit_clear (Edit *edit)
{
  dfi_edit_report_clear (&edit->report);
  dfi_image_free (edit->change);
  g_free (edit->fresh);
  g_free (edit->chroma);
  dfi_image_free (edit->crop);
  g_free (edit->mask);
}

/* Adds the time since @start to a stage, and starts anew; returns TRUE. */
static gboolean
count_time (Edit *edit, DfiStage stage, gint64 *start)
{
  gint64 now = g_get_monotonic_time ();

  edit->report.seconds[stage] += (now - *start) / 1e6;
  *start = now;
  return TRUE;
}

int
dfi_edit_steps (const DfiEditor *editor, const DfiEditOptions *options)
{
  static const int from_face[]    = { [DFI_QUALITY_PREVIEW] = 12, [DFI_QUALITY_NORMAL] = 60, [DFI_QUALITY_BEST] = 200 };
  static const int from_decoder[] = { [DFI_QUALITY_PREVIEW] = 0, [DFI_QUALITY_NORMAL] = 15, [DFI_QUALITY_BEST] = 60 };

  if (options->iterations > 0)
    return options->iterations;
  return (starts_from_decoder (editor, options) ? from_decoder : from_face)[options->quality];
}

/* photograph -> x, of which that is known which was found before. */
static gboolean
begin (Edit *edit, const DfiImage *photo, const DfiFace *face, GError **error)
{
  const DfiDatabase *database = edit->editor->database;

  return dfi_edit_options_check (edit->options, error) && check_taps (database, edit->options->taps, error) &&
         dfi_image_check (photo, error) &&
         align (dfi_database_frame (database), face, photo->width, photo->height, &edit->to_frame, error) &&
         cut_face (edit, photo, error) && recall_face (edit, face, error);
}

gboolean
dfi_edit_prepare (DfiEditor *editor, const DfiImage *photo, const DfiFace *face, const DfiEditOptions *options, GError **error)
{
  Edit     edit = { .editor = editor, .options = options };
  DfiPass *pass = use_taps (editor, dfi_database_basis (editor->database)->layout.taps, error);
  gboolean done = pass && begin (&edit, photo, face, error);

  if (done && dfi_pass_n_features (pass) < MANY_FEATURES)
    done = find_features (&edit, pass, error) && (! starts_from_decoder (editor, options) || find_decoded (editor, error)) &&
           find_tints (&edit, error);
  if (done && dfi_edit_hair_may (editor->database, NULL, 0) && ! options->colour)
    done = dfi_edit_hair_find (&editor->hair, dfi_database_frame (editor->database), photo, face, &edit.to_frame, error);
  edit_clear (&edit);
  return done;
}

/* photograph -> its hair, and by how much the hair's tone changes. */
static gboolean
find_hair (Edit *edit, const DfiImage *photo, const DfiFace *face, const DfiRequest *requests, int n_requests, GError **error)
{
  DfiEditor         *editor   = edit->editor;
  const DfiDatabase *database = editor->database;

  edit->report.notes = g_new0 (DfiDirectionNote, n_requests);
  for (int i = 0; i < n_requests; i++)
    {
      edit->face |= ! hair_only (edit, &requests[i]);
      edit->hair |= dfi_edit_hair_changes (database, requests[i].attribute, edit->options);
      edit->report.notes[i] =
          (DfiDirectionNote){ requests[i].attribute, requests[i].alpha, edit->options->neighbours, edit->options->neighbours };
    }
  if (! edit->hair)
    return TRUE;
  if (! dfi_edit_hair_find (&editor->hair, dfi_database_frame (database), photo, face, &edit->to_frame, error) ||
      ! dfi_edit_hair_change (&editor->hair, database, requests, n_requests, edit->options, &edit->tone, error))
    return FALSE;
  edit->hair = dfi_hair_is_there (editor->hair.hair);
  return TRUE;
}

/* What changes within the frame. */
static DfiPatch *
edit_face (Edit             *edit,
           const DfiImage   *photo,
           const DfiFace    *face,
           const DfiRequest *requests,
           int               n_requests,
           gint64           *start,
           GError          **error)
{
  if (make_mask (edit, face, requests, n_requests, error) && /* x -> where it acts                    */
      count_time (edit, DFI_STAGE_CROP, start) &&
      find_target (edit, requests, n_requests, error) &&                             /* x -> phi(x) + alpha w                 */
      count_time (edit, DFI_STAGE_DIRECTION, start) && begin_search (edit, error) && /* target -> z0                          */
      search (edit, error) &&                                                        /* z0 -> z                               */
      count_time (edit, DFI_STAGE_MINIMISE, start) && make_change (edit, error))     /* z -> z - x, in colour                 */
    return dfi_blend (photo, edit->change, edit->crop, edit->fresh, edit->mask, &edit->to_frame, blend_progress, edit,
                      error); /* frame -> photograph */
  return NULL;
}

/* The hair in its new tone, below @patch (nullable), which is taken. */
static DfiPatch *
edit_hair (Edit *edit, const DfiImage *photo, DfiPatch *patch, GError **error)
{
  DfiEditor *editor = edit->editor;
  DfiPass   *pass   = editor->pass ? editor->pass : use_taps (editor, dfi_database_taps (editor->database), error);
  DfiPatch  *hair   = NULL;

  if (pass) /* which has the threads */
    hair = dfi_hair_recolour (editor->hair.hair, photo, &edit->tone, dfi_pass_threads (pass), hair_progress, edit, error);
  if (! hair)
    g_clear_pointer (&patch, dfi_patch_free);
  if (! patch)
    return hair;
  dfi_edit_hair_join (&patch, hair, photo, error);
  dfi_patch_free (hair);
  return patch;
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
  Edit      edit  = { .editor = editor, .options = options, .progress = progress, .progress_data = progress_data };
  gint64    start = g_get_monotonic_time ();
  DfiPatch *patch = NULL;
  gboolean  done;

  g_return_val_if_fail (! options->start || (options->start->width == size && options->start->height == size), NULL);

  done = begin (&edit, photo, face, error) && count_time (&edit, DFI_STAGE_CROP, &start) &&
         find_hair (&edit, photo, face, requests, n_requests, error) && count_time (&edit, DFI_STAGE_HAIR, &start);
  if (done && edit.face)
    done = (patch = edit_face (&edit, photo, face, requests, n_requests, &start, error)) != NULL;
  count_time (&edit, DFI_STAGE_BLEND, &start);
  if (done && edit.hair)
    patch = edit_hair (&edit, photo, patch, error);
  count_time (&edit, DFI_STAGE_HAIR, &start);

  if (edit.report.n_features >= MANY_FEATURES)
    forget (&editor->known);
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
