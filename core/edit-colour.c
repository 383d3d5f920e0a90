#include "config.h"

#include "database/codes.h"
#include "edit-stages.h"
#include "picture/chroma.h"
#include "picture/colour.h"

gboolean
dfi_edit_find_tints (DfiEdit *edit, GError **error)
{
  DfiKnownFace *known = &edit->editor->known;

  return known->tints || (known->tints = dfi_colour_tints (edit->crop, error));
}

/* z - x, matched, of as many planes as are sought. */
static DfiImage *
subtract_face (const DfiEdit *edit, GError **error)
{
  const DfiImage *x        = edit->report.crop;
  const size_t    plane    = (size_t) x->height * x->width;
  const size_t    n_planes = edit->colour ? 3 : 1;
  DfiImage       *change   = dfi_image_copy (edit->report.result, error);

  if (! change)
    return NULL;
  for (size_t c = 0; edit->options->match && c < n_planes; c++)
    dfi_colour_match (change->data + c * plane, x->data + c * plane, plane);
  for (size_t i = 0; i < n_planes * plane; i++)
    change->data[i] -= x->data[i];
  return change;
}

/* What follows in the face's colours from a change of luma. */
static DfiImage *
colour_luma (DfiEdit *edit, const float *luma, GError **error)
{
  const DfiLayout *layout = &dfi_database_basis (edit->editor->database)->layout;
  const DfiFrame  *frame  = dfi_database_frame (edit->editor->database);
  DfiImage        *change =
      dfi_edit_find_tints (edit, error) ? dfi_colour_follow (edit->crop, edit->editor->known.tints, luma, error) : NULL;

  if (change && ! frame->whole)
    dfi_colour_keep_above (change, luma, frame);
  if (change && edit->chroma && ! edit->grey)
    {
      dfi_chroma_add (change, edit->chroma, (int) layout->shape[dfi_taps_count (layout->taps)][1]);
      dfi_chroma_keep_warm (change, edit->crop);
    }
  return change;
}

gboolean
dfi_edit_make_change (DfiEdit *edit, GError **error)
{
  DfiImage *change = subtract_face (edit, error);

  if (! change || edit->colour)
    edit->change = change;
  else
    {
      edit->change = colour_luma (edit, change->data, error);
      dfi_image_free (change);
    }
  return edit->change != NULL;
}
