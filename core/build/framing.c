#include "config.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "build/framing.h"

static gboolean
is_inside (const DfiFrame *frame, const double *point)
{
  return point[0] >= 0.0 && point[1] >= 0.0 && point[0] <= frame->size && point[1] <= frame->size; /* FALSE for NaN */
}

/* A database with other places would not be read. */
static gboolean
check_places (const DfiFrame *frame, GError **error)
{
  if (frame->whole || (is_inside (frame, frame->eyes) && is_inside (frame, frame->eyes + 2) && is_inside (frame, frame->mouth) &&
                       frame->eyes[2] - frame->eyes[0] > DFI_FRAME_EYES_MIN))
    return TRUE;

  g_set_error (
      error, DFI_ERROR, DFI_ERROR_VALUE,
      _ ("The eyes at %g,%g and %g,%g and the mouth at %g,%g must be inside the frame of %d x %d pixels, and the eye that is "
         "on the left in the picture come first."),
      frame->eyes[0], frame->eyes[1], frame->eyes[2], frame->eyes[3], frame->mouth[0], frame->mouth[1], frame->size, frame->size);
  return FALSE;
}

gboolean
dfi_framing_check (const DfiFraming *framing, GError **error)
{
  const double *r = framing->rectangle;

  if (! check_places (&framing->frame, error))
    return FALSE;
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
find_face (const DfiFraming *framing,
           const DfiImage   *picture,
           DfiSimilarity    *map,
           DfiProgressFunc   progress,
           gpointer          data,
           GError          **error)
{
  int           n_faces;
  DfiFace      *faces = dfi_face_finder_find (framing->finder, picture, progress, data, &n_faces, error);
  DfiSimilarity to_frame;
  gboolean      done = faces && dfi_align_face (&framing->frame, &faces[0], &to_frame, error);

  if (done)
    *map = dfi_similarity_invert (&to_frame);
  g_free (faces);
  return done;
}

gboolean
dfi_framing_find (const DfiFraming *framing,
                  const DfiImage   *picture,
                  const char       *path,
                  DfiSimilarity    *map,
                  DfiProgressFunc   progress,
                  gpointer          data,
                  GError          **error)
{
  DfiSimilarity to_frame;

  switch (framing->kind)
    {
    case DFI_FRAMING_FACE: return find_face (framing, picture, map, progress, data, error);
    case DFI_FRAMING_RECTANGLE: return find_rectangle (framing, picture, path, map, error);
    case DFI_FRAMING_WHOLE:
      to_frame = dfi_align_whole (&framing->frame, picture->width, picture->height);
      *map     = dfi_similarity_invert (&to_frame);
      return TRUE;
    }
  g_return_val_if_reached (FALSE);
}
