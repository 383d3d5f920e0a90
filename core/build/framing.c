#include "config.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "build/framing.h"

gboolean
dfi_framing_check (const DfiFraming *framing, GError **error)
{
  const double *r = framing->rectangle;

  if (framing->kind != DFI_FRAMING_RECTANGLE ||
      (r[0] >= 0.0 && r[1] >= 0.0 && r[2] > r[0] && fabs ((r[2] - r[0]) - (r[3] - r[1])) < 1e-6)) /* FALSE for NaN */
    return TRUE;

  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
               _ ("The frame %g,%g,%g,%g is not a square in the picture; write left,top,right,bottom in pixels."), r[0], r[1],
               r[2], r[3]);
  return FALSE;
}

static gboolean
find_rectangle (const DfiFraming *framing, const DfiImage *picture, const char *path, DfiSimilarity *map, GError **error)
{
  const double *r = framing->rectangle;

  *map = (DfiSimilarity){ .a = (r[2] - r[0]) / framing->frame.size, .b = 0.0, .tx = r[0], .ty = r[1] };
  if (r[2] <= picture->width && r[3] <= picture->height)
    return TRUE;

  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
               _ ("The picture “%s” is %d x %d pixels large, too small for the frame at %g,%g,%g,%g."), path, picture->width,
               picture->height, r[0], r[1], r[2], r[3]);
  return FALSE;
}

/* Brings the largest face's eyes and mouth to where the frame has them. */
static gboolean
find_face (const DfiFraming *framing, const DfiImage *picture, DfiSimilarity *map, GError **error)
{
  int           n_faces;
  DfiFace      *faces = dfi_face_finder_find (framing->finder, picture, NULL, NULL, &n_faces, error);
  DfiSimilarity to_frame;
  gboolean      done = faces && dfi_align_face (&framing->frame, &faces[0], &to_frame, error);

  if (done)
    *map = dfi_similarity_invert (&to_frame);
  g_free (faces);
  return done;
}

gboolean
dfi_framing_find (const DfiFraming *framing, const DfiImage *picture, const char *path, DfiSimilarity *map, GError **error)
{
  DfiSimilarity to_frame;

  switch (framing->kind)
    {
    case DFI_FRAMING_FACE: return find_face (framing, picture, map, error);
    case DFI_FRAMING_RECTANGLE: return find_rectangle (framing, picture, path, map, error);
    case DFI_FRAMING_WHOLE:
      to_frame = dfi_align_whole (&framing->frame, picture->width, picture->height);
      *map     = dfi_similarity_invert (&to_frame);
      return TRUE;
    }
  g_return_val_if_reached (FALSE);
}
