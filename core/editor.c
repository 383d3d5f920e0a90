#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "edit-stages.h"
#include "editor.h"
#include "files/bundled.h"

DfiPass *
dfi_editor_use_taps (DfiEditor *editor, DfiTaps taps, GError **error)
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
  if (! editor->database || ! dfi_editor_use_taps (editor, dfi_database_taps (editor->database), error) ||
      ! load_decoder (editor, weights_file, error))
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

  dfi_known_face_clear (&editor->known);
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

gboolean
dfi_editor_align (const DfiEditor *editor, const DfiFace *face, int width, int height, DfiSimilarity *to_frame, GError **error)
{
  const DfiFrame *frame = dfi_database_frame (editor->database);

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

  if (! dfi_editor_align (editor, face, width, height, &to_frame, error))
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
