#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "edit-stages.h"
#include "solve/inverse.h"
#include "solve/reconstruct.h"

/* ---------- where it starts ---------- */

/* Whether the search starts from what the decoder makes of the target. */
static gboolean
starts_from_decoder (const DfiEditor *editor, const DfiEditOptions *options)
{
  return editor->decoder && options->origin == DFI_ORIGIN_DECODER && ! options->colour;
}

gboolean
dfi_edit_find_decoded (DfiEdit *edit, GError **error)
{
  DfiEditor    *editor = edit->editor;
  DfiKnownFace *known  = &editor->known;
  const size_t  size   = dfi_database_frame (editor->database)->size;

  if (known->decoded || ! starts_from_decoder (editor, edit->options))
    return TRUE;
  if (! (known->decoded = dfi_try_alloc (size * size, sizeof (float), error)))
    return FALSE;
  memcpy (known->decoded, dfi_decoder_run (editor->decoder, known->phi, dfi_pass_threads (editor->pass)),
          size * size * sizeof (float));
  return TRUE;
}

/* The result becomes z0, what the decoder makes of the target; where that is new is found on the way. */
static gboolean
decode_target (DfiEdit *edit, GError **error)
{
  DfiEditor *editor = edit->editor;

  if (! dfi_edit_find_decoded (edit, error))
    return FALSE;
  edit->fresh = dfi_inverse (editor->decoder, editor->known.decoded, edit->report.target, dfi_pass_threads (editor->pass),
                             edit->report.result, error);
  return edit->fresh != NULL;
}

gboolean
dfi_edit_begin_search (DfiEdit *edit, GError **error)
{
  gboolean decode = starts_from_decoder (edit->editor, edit->options);

  edit->report.result = dfi_image_copy (! decode && edit->options->start ? edit->options->start : edit->report.crop, error);
  if (edit->report.result && decode && ! decode_target (edit, error))
    return FALSE;
  return edit->report.result && (dfi_edit_progress (0.0, edit) || dfi_error_set_cancelled (error));
}

/* ---------- the search ---------- */

int
dfi_edit_steps (const DfiEditor *editor, const DfiEditOptions *options)
{
  static const int from_face[]    = { [DFI_QUALITY_PREVIEW] = 12, [DFI_QUALITY_NORMAL] = 60, [DFI_QUALITY_BEST] = 200 };
  static const int from_decoder[] = { [DFI_QUALITY_PREVIEW] = 0, [DFI_QUALITY_NORMAL] = 15, [DFI_QUALITY_BEST] = 60 };

  if (options->iterations > 0)
    return options->iterations;
  return (starts_from_decoder (editor, options) ? from_decoder : from_face)[options->quality];
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

/* Where smoothness outweighs all else, no step from the start leads downhill; but none may lead on from an earlier result
 * either. */
static gboolean
check_search (const DfiEdit *edit, int steps, GError **error)
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

gboolean
dfi_edit_search (DfiEdit *edit, GError **error)
{
  const DfiEditOptions       *options = edit->options;
  const DfiReconstructOptions how     = { options->lambda, options->beta, ! edit->colour, options->box,
                                          dfi_edit_steps (edit->editor, options) };
  DfiPass                    *pass    = edit->editor->pass;

  if (options->taps && options->taps != dfi_pass_taps (pass))
    {
      keep_taps (pass, options->taps, edit->report.target);
      pass = dfi_editor_use_taps (edit->editor, options->taps, error);
      if (! pass)
        return FALSE;
      edit->report.n_features = dfi_pass_n_features (pass);
    }
  return dfi_reconstruct (pass, edit->report.target, &how, edit->report.result, dfi_edit_progress, edit, &edit->report.minimum,
                          error) &&
         check_search (edit, how.iterations, error);
}
