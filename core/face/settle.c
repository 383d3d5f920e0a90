#include "config.h"

#include <math.h>

#include "face/settle.h"

#define CERTAIN         0.5 /* least score of a face, when it has been laid level */
#define MOUTH_LEAST     0.6 /* distances between the eyes; in 270 faces the mouth was 0.88 to 1.62 below them */
#define FACES_MAX       64
#define CHECK_SCALE     1.6  /* side of that square, in sides of the smallest one around the landmarks */
#define LANDMARKS_SCALE 1.1  /* side of the square that the network for landmarks sees, likewise */
#define TURNED_SCALE    3.0  /* side of the square in which an upright face is looked for, where one stands on its head */
#define TURNED_BETTER   0.12 /* in score and mouth_depth() together; 18 such faces had 0.14 and more, 2,700 others up to 0.11 */
#define ROUNDS          3    /* of looking at one face's landmarks, from where the round before saw them */

/* ---------- one face ---------- */

/* Which landmark a landmark is in the mirror. */
static const guint8 mirrored[DFI_N_LANDMARKS] = {
  16, 15, 14, 13, 12, 11, 10, 9,  8,  7,  6,  5,  4,  3,  2,  1,  0,  26, 25, 24, 23, 22, 21,
  20, 19, 18, 17, 27, 28, 29, 30, 35, 34, 33, 32, 31, 45, 44, 43, 42, 47, 46, 39, 38, 37, 36,
  41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65,
};

/* Exchanges left and right, in place. */
static void
mirror (DfiImage *image)
{
  for (int i = 0; i < 3 * image->height; i++)
    {
      float *row = image->data + (size_t) i * image->width;

      for (int j = 0; j < image->width / 2; j++)
        {
          float left = row[j];

          row[j]                    = row[image->width - 1 - j];
          row[image->width - 1 - j] = left;
        }
    }
}

/* Landmarks that the network sees in a square of the photograph; when @twice, the mean of those and of what it sees in the
 * mirror. Alone, they lie a pixel of the network's too far to the left: its strides of two prefer a side. */
static gboolean
see_landmarks (const DfiFaceSearch *search,
               const DfiSquare     *square,
               gboolean             twice,
               double               landmarks[DFI_N_LANDMARKS][2],
               GError             **error)
{
  DfiSimilarity map;
  DfiImage     *view = dfi_pyramid_view_square (&search->pyramid, square, DFI_LANDMARKS_SIDE, &map, error);
  gboolean      done = view && dfi_landmarker_run (search->landmarker, view, landmarks, error);

  if (done && twice)
    {
      double other[DFI_N_LANDMARKS][2];

      mirror (view);
      done = dfi_landmarker_run (search->landmarker, view, other, error);
      for (int i = 0; done && i < DFI_N_LANDMARKS; i++)
        {
          landmarks[i][0] = (landmarks[i][0] + DFI_LANDMARKS_SIDE - other[mirrored[i]][0]) / 2.0;
          landmarks[i][1] = (landmarks[i][1] + other[mirrored[i]][1]) / 2.0;
        }
    }
  for (int i = 0; done && i < DFI_N_LANDMARKS; i++)
    dfi_similarity_apply (&map, landmarks[i][0], landmarks[i][1], &landmarks[i][0], &landmarks[i][1]);
  dfi_image_free (view);
  return done;
}

/* The level square around a face's landmarks, @scale times as large as it need be. */
static DfiSquare
square_around (const DfiFace *face, double scale)
{
  DfiFacePoints points = dfi_face_points (face);
  DfiSquare     square = { .angle = atan2 (points.across[1], points.across[0]) };
  double        c = cos (square.angle), s = sin (square.angle);
  double        level[DFI_N_LANDMARKS][2], low[2], high[2];

  for (int i = 0; i < DFI_N_LANDMARKS; i++)
    {
      const double *landmark = face->landmarks[i];

      level[i][0] = c * landmark[0] + s * landmark[1];
      level[i][1] = c * landmark[1] - s * landmark[0];
    }
  dfi_points_bounds (level, DFI_N_LANDMARKS, low, high);
  square.x    = (c * (low[0] + high[0]) - s * (low[1] + high[1])) / 2.0;
  square.y    = (s * (low[0] + high[0]) + c * (low[1] + high[1])) / 2.0;
  square.side = scale * MAX (high[0] - low[0], high[1] - low[1]);
  return square;
}

/* Adds to @score how sure the detector is of a face at @box, 0 when it sees none there. */
static gboolean
add_score (const DfiFaceSearch *search, const DfiImage *view, const double box[4], double *score, GError **error)
{
  GArray  *found = g_array_new (FALSE, FALSE, sizeof (DfiDetection));
  gboolean done  = dfi_detector_run (search->detector, view, DFI_SEARCH_CANDIDATE, found, error);
  double   best  = 0.0;

  for (guint i = 0; i < found->len; i++)
    {
      const DfiDetection *one = &g_array_index (found, DfiDetection, i);

      if (dfi_box_overlap (one->box, box) > DFI_SEARCH_OVERLAP)
        best = MAX (best, one->score);
    }
  *score += best;
  g_array_unref (found);
  return done;
}

/* The face's score: how sure the detector is of it, and of its mirror image, in the mean, when it sees it level and at a good
 * size. What is no face looks like one from one side at most. */
static gboolean
check_face (const DfiFaceSearch *search, DfiFace *face, GError **error)
{
  DfiSquare square = square_around (face, CHECK_SCALE);
  double    inner  = DFI_SEARCH_SIDE / CHECK_SCALE;
  double    box[4] = { (DFI_SEARCH_SIDE - inner) / 2.0, (DFI_SEARCH_SIDE - inner) / 2.0, inner, inner };
  DfiImage *view   = dfi_pyramid_view_square (&search->pyramid, &square, DFI_SEARCH_SIDE, NULL, error);
  double    score  = 0.0;
  gboolean  done   = view && add_score (search, view, box, &score, error);

  if (done)
    {
      mirror (view);
      done = add_score (search, view, box, &score, error);
    }
  face->score = score / 2.0;
  dfi_image_free (view);
  return done;
}

/* How far the mouth lies below the eyes, in distances between the eyes. */
static double
mouth_depth (const DfiFace *face)
{
  DfiFacePoints points = dfi_face_points (face);
  double        dx = points.across[0], dy = points.across[1];
  double        x = points.mouth[0] - points.middle[0], y = points.mouth[1] - points.middle[1];

  return (y * dx - x * dy) / (dx * dx + dy * dy);
}

/* Turn of the head about its vertical axis, in degrees, as in DfiFace. The tip of the nose lies 0.41 of the distance between
 * the eyes before them, as in the usual six-point model of a head (eyes' outer corners 450 apart, 135 behind the tip). */
static double
face_yaw (const DfiFace *face)
{
  const double *nose   = face->landmarks[30];
  DfiFacePoints points = dfi_face_points (face);
  double        dx = points.across[0], dy = points.across[1];
  double        x = nose[0] - points.middle[0], y = nose[1] - points.middle[1];

  return atan2 (x * dx + y * dy, 0.41 * (dx * dx + dy * dy)) * 180.0 / G_PI;
}

/* Finds where the landmarks of a candidate are, and how sure it is a face. @face: (out): its score is 0 when it is none; box
 * and yaw are not set then */
static gboolean
fit (const DfiFaceSearch *search, const DfiCandidate *candidate, DfiFace *face, GError **error)
{
  DfiSquare square = candidate->square;

  if (! dfi_search_proceed (search, error))
    return FALSE;

  square.side *= LANDMARKS_SCALE;
  for (int i = 0; i < ROUNDS; i++)
    {
      if (! see_landmarks (search, &square, i == ROUNDS - 1, face->landmarks, error))
        return FALSE;
      if (! dfi_face_check (face, NULL)) /* the network lost itself: there is no face, and no square to look at */
        {
          face->score = 0.0;
          return TRUE;
        }
      square = square_around (face, LANDMARKS_SCALE);
    }
  if (! check_face (search, face, error))
    return FALSE;
  dfi_face_fit_box (face);
  face->yaw = face_yaw (face);
  return TRUE;
}

/* Whether the detector is sure, and the mouth is where a face has it: of what is taken for one by mistake it can be anywhere. */
static gboolean
is_face (const DfiFace *face)
{
  return face->score >= CERTAIN && mouth_depth (face) >= MOUTH_LEAST;
}

/* Whether @face is @other, which stands on its head, taken for an upright one: its eyes are where they are, exchanged, but its
 * forehead is no good mouth, and too near. */
static gboolean
is_other (const DfiFace *face, const DfiFace *other)
{
  DfiFacePoints one = dfi_face_points (face), two = dfi_face_points (other);
  double        distance = hypot (two.middle[0] - one.middle[0], two.middle[1] - one.middle[1]);

  return is_face (other) && distance < hypot (one.across[0], one.across[1]) / 2.0 &&
         other->score + mouth_depth (other) > face->score + mouth_depth (face) + TURNED_BETTER;
}

/* Sets a face the right way up. */
static gboolean
set_upright (const DfiFaceSearch *search, DfiFace *face, GError **error)
{
  GArray   *candidates = g_array_new (FALSE, FALSE, sizeof (DfiCandidate));
  DfiSquare square     = square_around (face, TURNED_SCALE);
  gboolean  done;

  square.angle += G_PI;
  done = dfi_search_square (search, &square, candidates, error);
  for (guint i = 0; done && i < candidates->len; i++)
    {
      DfiFace other;

      done = fit (search, &g_array_index (candidates, DfiCandidate, i), &other, error);
      if (done && is_other (face, &other))
        *face = other;
    }
  g_array_unref (candidates);
  return done;
}

/* ---------- all faces ---------- */

static int
compare_candidates (gconstpointer a, gconstpointer b)
{
  double x = ((const DfiCandidate *) a)->score, y = ((const DfiCandidate *) b)->score;

  return (x < y) - (x > y);
}

/* Whether the middle of @other lies in @box; both are x, y, width, height. */
static gboolean
holds_middle (const double box[4], const double other[4])
{
  double x = other[0] + other[2] / 2.0 - box[0];
  double y = other[1] + other[3] / 2.0 - box[1];

  return x >= 0.0 && y >= 0.0 && x <= box[2] && y <= box[3];
}

/* Whether one of @faces is the face at @box. */
static gboolean
is_known (const GArray *faces, const double box[4])
{
  for (guint i = 0; i < faces->len; i++)
    {
      const double *other = g_array_index (faces, DfiFace, i).box;

      if (holds_middle (box, other) || holds_middle (other, box))
        return TRUE;
    }
  return FALSE;
}

gboolean
dfi_settle_faces (const DfiFaceSearch *search, GArray *candidates, GArray *faces, GError **error)
{
  g_array_sort (candidates, compare_candidates);
  for (guint i = 0; i < candidates->len && faces->len < FACES_MAX; i++)
    {
      const DfiCandidate *candidate = &g_array_index (candidates, DfiCandidate, i);
      const DfiSquare    *square    = &candidate->square;
      double              box[4] = { square->x - square->side / 2.0, square->y - square->side / 2.0, square->side, square->side };
      DfiFace             face;

      if (is_known (faces, box))
        continue;
      if (! fit (search, candidate, &face, error))
        return FALSE;
      if (! is_face (&face) || is_known (faces, face.box))
        continue;
      if (! set_upright (search, &face, error))
        return FALSE;
      g_array_append_val (faces, face);
    }
  g_array_set_size (candidates, 0);
  return TRUE;
}
