/* finder.c: faces in a photograph.
 *
 *   pyramid      the photograph, halved again and again
 *   candidates   what the detector sees in reduced, and if need be turned, copies
 *   settle       where a candidate's landmarks are, and whether it is a face
 */

#include "config.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "face/finder.h"
#include "face/settle.h"
#include "files/bundled.h"

#define SIDE_COARSE 416  /* pixels of the photograph's longer side in the smallest copy that is looked at */
#define SIDE_FINE   3328 /* pixels of that side in the largest copy, which is looked at when nothing is found in smaller ones */
#define LONGER_FINE 2048 /* pixels; a photograph no longer than this is looked at in detail even when there are faces */
#define ENLARGE_MAX 1.6  /* how much a copy may be enlarged; beyond, the photograph has nothing new to show */

struct _DfiFaceFinder
{
  DfiDetector   *detector;
  DfiLandmarker *landmarker;
};

DfiFaceFinder *
dfi_face_finder_new (const char *weights, GError **error)
{
  char           *path   = dfi_chosen_file (weights, DFI_BUNDLED_FACE, error);
  DfiSafetensors *file   = path ? dfi_safetensors_open (path, "face", 1, error) : NULL;
  DfiFaceFinder  *finder = NULL;

  if (file)
    {
      finder = g_new0 (DfiFaceFinder, 1);
      if (! (finder->detector = dfi_detector_new (file, error)) || ! (finder->landmarker = dfi_landmarker_new (file, error)))
        g_clear_pointer (&finder, dfi_face_finder_free);
    }
  dfi_safetensors_free (file);
  g_free (path);
  return finder;
}

void
dfi_face_finder_free (DfiFaceFinder *finder)
{
  if (! finder)
    return;

  dfi_detector_free (finder->detector);
  dfi_landmarker_free (finder->landmarker);
  g_free (finder);
}

/* Degrees that the photograph is turned by before the detector looks at it. */
static const double level[]  = { 0.0, NAN };
static const double turned[] = { -35.0, 35.0, 90.0, -90.0, 180.0, NAN };

/* Looks at copies of @least pixels along the longer side, of twice as many, and so on up to @most, turned by each of @degrees,
 * and takes what the detector is most sure of: a face on its side looks a little like one that is tilted. */
static gboolean
look (const DfiFaceSearch *search, const double *degrees, double margin, int least, int most, GArray *faces, GError **error)
{
  int      longer     = MAX (search->pyramid.photo.width, search->pyramid.photo.height);
  GArray  *candidates = g_array_new (FALSE, FALSE, sizeof (DfiCandidate));
  gboolean done       = TRUE;

  for (; done && ! isnan (*degrees); degrees++)
    for (int side = least; done && side <= most && (side == SIDE_COARSE || side <= ENLARGE_MAX * longer); side *= 2)
      done = dfi_search_at (search, side, *degrees * G_PI / 180.0, margin, candidates, error);
  done = done && dfi_settle_faces (search, candidates, faces, error);
  g_array_unref (candidates);
  return done;
}

/* What is most likely first; the rest only when there was nothing. */
static gboolean
look_everywhere (DfiFaceSearch *search, GArray *faces, GError **error)
{
  const struct
  {
    const double *degrees;
    double        margin;
    int           least, most;
  } rest[] = {
    { level, 1.6, SIDE_COARSE, SIDE_COARSE }, /* a face as large as the photograph */
    { level, 1.0, SIDE_COARSE, 2 * SIDE_COARSE },
    { turned, 1.0, SIDE_COARSE, 2 * SIDE_COARSE },
    { level, 1.0, 4 * SIDE_COARSE, SIDE_FINE },
  };
  int longer = MAX (search->pyramid.photo.width, search->pyramid.photo.height);
  int most   = longer <= LONGER_FINE ? 4 * SIDE_COARSE : 2 * SIDE_COARSE;

  if (! look (search, level, 1.0, SIDE_COARSE, most, faces, error))
    return FALSE;
  if (faces->len == 0 && ! dfi_pyramid_stretch (&search->pyramid, error))
    return FALSE;
  for (size_t i = 0; i < G_N_ELEMENTS (rest) && faces->len == 0; i++)
    {
      search->fraction = (i + 1.0) / (G_N_ELEMENTS (rest) + 1.0);
      if (! look (search, rest[i].degrees, rest[i].margin, rest[i].least, rest[i].most, faces, error))
        return FALSE;
    }
  return TRUE;
}

static int
compare_faces (gconstpointer a, gconstpointer b)
{
  const DfiFace *one = a, *two = b;
  double         x = one->box[2] * one->box[3], y = two->box[2] * two->box[3];

  return (x < y) - (x > y);
}

DfiFace *
dfi_face_finder_search (const DfiFaceFinder  *finder,
                        const DfiPixelSource *photo,
                        DfiProgressFunc       progress,
                        gpointer              progress_data,
                        int                  *n_faces,
                        GError              **error)
{
  DfiFaceSearch search  = { finder->detector, finder->landmarker, .progress = progress, .progress_data = progress_data };
  DfiPyramid   *pyramid = &search.pyramid;
  GArray       *faces   = g_array_new (FALSE, FALSE, sizeof (DfiFace));
  gboolean      done;

  done = dfi_pyramid_init (pyramid, photo, SIDE_COARSE, error) && dfi_image_check (pyramid->levels[pyramid->n - 1], error) &&
         look_everywhere (&search, faces, error);
  if (done && faces->len == 0)
    {
      g_set_error_literal (error, DFI_ERROR, DFI_ERROR_NO_FACE, _ ("No face was found in the picture."));
      done = FALSE;
    }
  dfi_pyramid_clear (pyramid);

  g_array_sort (faces, compare_faces);
  *n_faces = done ? (int) faces->len : 0;
  return (DfiFace *) g_array_free (faces, ! done);
}

DfiFace *
dfi_face_finder_find (const DfiFaceFinder *finder,
                      const DfiImage      *photo,
                      DfiProgressFunc      progress,
                      gpointer             progress_data,
                      int                 *n_faces,
                      GError             **error)
{
  const DfiPixelSource source = { photo->width, photo->height, photo };

  return dfi_face_finder_search (finder, &source, progress, progress_data, n_faces, error);
}
