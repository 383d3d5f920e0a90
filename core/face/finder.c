/* finder.c: faces in a photograph.
 *
 *   pyramid    the photograph, halved again and again
 *   search     the detector looks at reduced, and if need be turned, copies: candidates
 *   settle     each candidate's landmarks, first in the detector's box, then in a square that is laid level on them, and in
 *              its mirror image; the detector looks at that square again, and what it does not know there is no face
 */

#include "config.h"

#include <math.h>
#include <stdlib.h>

#include <glib/gi18n-lib.h>

#include "picture/align.h"
#include "files/bundled.h"
#include "face/detector.h"
#include "face/finder.h"
#include "base/error.h"
#include "face/landmarks.h"

#define LEVELS_MAX      17
#define TILE            512  /* pixels; the detector looks at no larger picture at once, */
#define TILE_STEP       384  /* and tiles share what is between, so that a face on an edge is whole in one of them */
#define SIDE_COARSE     416  /* pixels; longer side of the photograph when looked at whole */
#define SIDE_FINE       3328 /* and when nothing is found in anything smaller */
#define LONGER_FINE     2048 /* pixels; a photograph no longer is looked at in detail even when there are faces */
#define ENLARGE_MAX     1.6  /* more enlarged, the photograph has nothing new to show */
#define CANDIDATE       0.25 /* least score of a candidate, */
#define CERTAIN         0.5  /* of a face, when it has been laid level */
#define MOUTH_LEAST     0.6  /* distances between the eyes; in 270 faces the mouth was 0.88 to 1.62 below them */
#define OVERLAP         0.4  /* two boxes that share more are the same face */
#define FACES_MAX       64
#define CHECK_SIDE      224  /* pixels; an odd number of cells, so that a face in the middle is in the middle of one, */
#define CHECK_SCALE     1.6  /* in lengths of its landmarks' square */
#define LANDMARKS_SCALE 1.1  /* likewise, of what the network for landmarks sees */
#define ROUNDS          3    /* of looking at one face's landmarks, from where the round before saw them */
#define STRETCH_SHARE   0.02 /* of the pixels may become black, and as many white */

struct _DfiFaceFinder
{
  DfiDetector   *detector;
  DfiLandmarker *landmarker;
};

DfiFaceFinder *
dfi_face_finder_new (const char *weights, GError **error)
{
  char           *path   = weights ? g_strdup (weights) : dfi_bundled_file (DFI_BUNDLED_FACE, error);
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

/* ---------- pyramid ---------- */

typedef struct
{
  const DfiImage *levels[LEVELS_MAX]; /* each half the one before, or NULL; the first is the photograph itself */
  int             n;
  float           black;    /* what is to be seen as 0, */
  float           gain;     /* and what follows is multiplied by */
  DfiProgressFunc progress; /* asked before each look, or NULL */
  gpointer        progress_data;
  double          fraction; /* of the looks that may be needed, done */
} Pyramid;

static void
pyramid_clear (Pyramid *pyramid)
{
  for (int i = 1; i < pyramid->n; i++)
    dfi_image_free ((DfiImage *) pyramid->levels[i]);
  pyramid->n = 0;
}

static gboolean
pyramid_proceed (const Pyramid *pyramid, GError **error)
{
  if (! pyramid->progress || pyramid->progress (pyramid->fraction, pyramid->progress_data))
    return TRUE;
  return dfi_error_set_cancelled (error);
}

/* What the first look wants, and coarser levels. Those between them and the photograph, much larger, are never wanted whole. */
static gboolean
pyramid_build (Pyramid *pyramid, const DfiImage *photo, GError **error)
{
  const DfiImage *from   = photo;
  int             longer = MAX (photo->width, photo->height), level = 0;

  pyramid->levels[0] = photo;
  pyramid->n         = 1;
  pyramid->gain      = 1.0f;
  while (pyramid->n < LEVELS_MAX && ((longer - 1) >> (pyramid->n - 1)) + 1 >= 2 * SIDE_COARSE)
    pyramid->n++;

  for (int next = MAX (pyramid->n - 2, 1); next < pyramid->n; level = next++)
    {
      from = pyramid->levels[next] = dfi_image_shrink (from, 0, 0, from->width, from->height, next - level, error);
      if (! from)
        return FALSE;
    }
  return TRUE;
}

static int
compare_floats (gconstpointer a, gconstpointer b)
{
  float x = *(const float *) a, y = *(const float *) b;

  return (x > y) - (x < y);
}

/* From now on the photograph's brightness fills the whole range. */
static gboolean
pyramid_stretch (Pyramid *pyramid, GError **error)
{
  const DfiImage *image  = pyramid->levels[pyramid->n - 1];
  size_t          n      = (size_t) image->height * image->width;
  float          *sorted = dfi_try_alloc (n, sizeof *sorted, error);

  if (! sorted)
    return FALSE;

  for (size_t i = 0; i < n; i++)
    sorted[i] = (image->data[i] + image->data[n + i] + image->data[2 * n + i]) / 3.0f;
  qsort (sorted, n, sizeof *sorted, compare_floats);
  pyramid->black = sorted[(size_t) ((n - 1) * STRETCH_SHARE)];
  pyramid->gain  = 1.0f / MAX (sorted[(size_t) ((n - 1) * (1.0 - STRETCH_SHARE))] - pyramid->black, 1e-3f);
  g_free (sorted);
  return TRUE;
}

/* Black where @map leads outside the photograph, elsewhere from 0 to 1, as bright as the pyramid says. */
static void
expose (DfiImage *image, const DfiSimilarity *map, const Pyramid *pyramid)
{
  const DfiImage *photo = pyramid->levels[0];
  size_t          n     = (size_t) image->height * image->width;

  for (int i = 0; i < image->height; i++)
    for (int j = 0; j < image->width; j++)
      {
        size_t   at = (size_t) i * image->width + j;
        double   x, y;
        gboolean inside;

        dfi_similarity_apply (map, j + 0.5, i + 0.5, &x, &y);
        inside = x >= 0.0 && y >= 0.0 && x <= photo->width && y <= photo->height;
        for (int c = 0; c < 3; c++)
          {
            float value = (image->data[c * n + at] - pyramid->black) * pyramid->gain;

            image->data[c * n + at] = inside ? CLAMP (value, 0.0f, 1.0f) : 0.0f;
          }
      }
}

/* What a network sees: @map leads from the result to the photograph. */
static DfiImage *
pyramid_view (const Pyramid *pyramid, const DfiSimilarity *map, int width, int height, GError **error)
{
  double        scale = hypot (map->a, map->b);
  int           level = scale >= 2.0 ? MIN ((int) log2 (scale), pyramid->n - 1) : 0;
  double        share;
  DfiSimilarity near;
  DfiImage     *view;

  while (! pyramid->levels[level])
    level--;
  share = ldexp (1.0, -level);
  near  = (DfiSimilarity){ map->a * share, map->b * share, map->tx * share, map->ty * share };
  view  = dfi_align_warp (pyramid->levels[level], &near, width, height, error);
  if (view)
    expose (view, map, pyramid);
  return view;
}

/* ---------- search ---------- */

/* A square in the photograph that a network is to see: it is turned by @angle (radians, clockwise on the screen). */
typedef struct
{
  double x, y; /* centre */
  double side;
  double angle;
} Square;

typedef struct
{
  Square square;
  double score;
} Candidate;

/* From a picture of @pixels along a side to the photograph. */
static DfiSimilarity
square_map (const Square *square, int pixels)
{
  double        scale = square->side / pixels;
  DfiSimilarity map   = { .a = scale * cos (square->angle), .b = scale * sin (square->angle) };

  map.tx = square->x - (map.a - map.b) * pixels / 2.0;
  map.ty = square->y - (map.b + map.a) * pixels / 2.0;
  return map;
}

static void
add_candidates (GArray *candidates, const GArray *found, const DfiSimilarity *map, double angle)
{
  double scale = hypot (map->a, map->b);

  for (guint i = 0; i < found->len; i++)
    {
      const DfiDetection *one       = &g_array_index (found, DfiDetection, i);
      Candidate           candidate = { .score = one->score };

      dfi_similarity_apply (map, one->box[0] + one->box[2] / 2.0, one->box[1] + one->box[3] / 2.0, &candidate.square.x,
                            &candidate.square.y);
      candidate.square.side  = MAX (one->box[2], one->box[3]) * scale;
      candidate.square.angle = angle;
      g_array_append_val (candidates, candidate);
    }
}

static int
whole_cells (double pixels)
{
  return MAX (1, (int) ceil (pixels / DFI_DETECTOR_CELL)) * DFI_DETECTOR_CELL;
}

/* Looks at the whole photograph, turned by @angle, on a black ground of @margin times its size of which the longer side becomes
 * @side pixels. */
static gboolean
search_at (const DfiFaceFinder *finder,
           const Pyramid       *pyramid,
           int                  side,
           double               angle,
           double               margin,
           GArray              *candidates,
           GError             **error)
{
  const DfiImage *photo  = pyramid->levels[0];
  double          scale  = margin * MAX (photo->width, photo->height) / side;
  double          width  = (photo->width * fabs (cos (angle)) + photo->height * fabs (sin (angle))) * margin / scale;
  double          height = (photo->width * fabs (sin (angle)) + photo->height * fabs (cos (angle))) * margin / scale;
  gboolean        done   = TRUE;

  for (double top = 0.0; done && (top == 0.0 || top + TILE - TILE_STEP < height); top += TILE_STEP)
    for (double left = 0.0; done && (left == 0.0 || left + TILE - TILE_STEP < width); left += TILE_STEP)
      {
        DfiSimilarity map   = { .a = scale * cos (angle), .b = scale * sin (angle) };
        GArray       *found = g_array_new (FALSE, FALSE, sizeof (DfiDetection));
        DfiImage     *view;

        map.tx = photo->width / 2.0 - map.a * (width / 2.0 - left) + map.b * (height / 2.0 - top);
        map.ty = photo->height / 2.0 - map.b * (width / 2.0 - left) - map.a * (height / 2.0 - top);
        view   = NULL;
        done   = pyramid_proceed (pyramid, error) &&
               (view = pyramid_view (pyramid, &map, whole_cells (MIN (TILE, width - left)),
                                     whole_cells (MIN (TILE, height - top)), error)) &&
               dfi_detector_run (finder->detector, view, CANDIDATE, found, error);
        dfi_detections_reduce (found, OVERLAP);
        add_candidates (candidates, found, &map, angle);
        dfi_image_free (view);
        g_array_unref (found);
      }
  return done;
}

/* ---------- one face ---------- */

/* Which landmark a landmark is in the mirror. */
static const guint8 mirrored[DFI_N_LANDMARKS] = {
  16, 15, 14, 13, 12, 11, 10, 9,  8,  7,  6,  5,  4,  3,  2,  1,  0,  26, 25, 24, 23, 22, 21,
  20, 19, 18, 17, 27, 28, 29, 30, 35, 34, 33, 32, 31, 45, 44, 43, 42, 47, 46, 39, 38, 37, 36,
  41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65,
};

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

/* Landmarks that the network sees in a square of the photograph; when @twice, the mean of those and of what it sees in the mirror.
 * Alone, they lie a pixel of the network's too far to the left: its strides of two prefer a side. */
static gboolean
see_landmarks (const DfiFaceFinder *finder,
               const Pyramid       *pyramid,
               const Square        *square,
               gboolean             twice,
               double               landmarks[DFI_N_LANDMARKS][2],
               GError             **error)
{
  DfiSimilarity map  = square_map (square, DFI_LANDMARKS_SIDE);
  DfiImage     *view = pyramid_view (pyramid, &map, DFI_LANDMARKS_SIDE, DFI_LANDMARKS_SIDE, error);
  gboolean      done = view && dfi_landmarker_run (finder->landmarker, view, landmarks, error);

  if (done && twice)
    {
      double other[DFI_N_LANDMARKS][2];

      mirror (view);
      done = dfi_landmarker_run (finder->landmarker, view, other, error);
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
static Square
square_around (const DfiFace *face, double scale)
{
  DfiFacePoints points = dfi_face_points (face);
  Square        square = { .angle = atan2 (points.across[1], points.across[0]) };
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
add_score (const DfiFaceFinder *finder, const DfiImage *view, const double box[4], double *score, GError **error)
{
  GArray  *found = g_array_new (FALSE, FALSE, sizeof (DfiDetection));
  gboolean done  = dfi_detector_run (finder->detector, view, CANDIDATE, found, error);
  double   best  = 0.0;

  for (guint i = 0; i < found->len; i++)
    {
      const DfiDetection *one = &g_array_index (found, DfiDetection, i);

      if (dfi_box_overlap (one->box, box) > OVERLAP)
        best = MAX (best, one->score);
    }
  *score += best;
  g_array_unref (found);
  return done;
}

/* The face's score: how sure the detector is of it, and of its mirror image, in the mean, when it sees it level and at a good
 * size. What is no face looks like one from one side at most. */
static gboolean
check_face (const DfiFaceFinder *finder, const Pyramid *pyramid, DfiFace *face, GError **error)
{
  Square        square = square_around (face, CHECK_SCALE);
  DfiSimilarity map    = square_map (&square, CHECK_SIDE);
  double        inner  = CHECK_SIDE / CHECK_SCALE;
  double        box[4] = { (CHECK_SIDE - inner) / 2.0, (CHECK_SIDE - inner) / 2.0, inner, inner };
  DfiImage     *view   = pyramid_view (pyramid, &map, CHECK_SIDE, CHECK_SIDE, error);
  double        score  = 0.0;
  gboolean      done   = view && add_score (finder, view, box, &score, error);

  if (done)
    {
      mirror (view);
      done = add_score (finder, view, box, &score, error);
    }
  face->score = score / 2.0;
  dfi_image_free (view);
  return done;
}

/* Whether the mouth is where a face has it: of what the detector takes for one by mistake it can be anywhere. */
static gboolean
has_mouth (const DfiFace *face)
{
  DfiFacePoints points = dfi_face_points (face);
  double        dx = points.across[0], dy = points.across[1];
  double        x = points.mouth[0] - points.middle[0], y = points.mouth[1] - points.middle[1];

  return y * dx - x * dy >= MOUTH_LEAST * (dx * dx + dy * dy);
}

/* Of the head about its vertical axis. The tip of the nose lies 0.41 of the distance between the eyes before them, as in the
 * usual six-point model of a head (eyes' outer corners 450 apart, 135 behind the tip). */
static double
face_yaw (const DfiFace *face)
{
  const double *nose   = face->landmarks[30];
  DfiFacePoints points = dfi_face_points (face);
  double        dx = points.across[0], dy = points.across[1];
  double        x = nose[0] - points.middle[0], y = nose[1] - points.middle[1];

  return atan2 (x * dx + y * dy, 0.41 * (dx * dx + dy * dy)) * 180.0 / G_PI;
}

static gboolean
settle (const DfiFaceFinder *finder, const Pyramid *pyramid, const Candidate *candidate, DfiFace *face, GError **error)
{
  Square square = candidate->square;

  if (! pyramid_proceed (pyramid, error))
    return FALSE;

  square.side *= LANDMARKS_SCALE;
  for (int i = 0; i < ROUNDS; i++)
    {
      if (! see_landmarks (finder, pyramid, &square, i == ROUNDS - 1, face->landmarks, error))
        return FALSE;
      square = square_around (face, LANDMARKS_SCALE);
    }
  if (! dfi_face_check (face, NULL))
    {
      face->score = 0.0;
      return TRUE;
    }
  if (! check_face (finder, pyramid, face, error))
    return FALSE;
  dfi_face_fit_box (face);
  face->yaw = face_yaw (face);
  return TRUE;
}

/* ---------- all faces ---------- */

static int
compare_candidates (gconstpointer a, gconstpointer b)
{
  double x = ((const Candidate *) a)->score, y = ((const Candidate *) b)->score;

  return (x < y) - (x > y);
}

static int
compare_faces (gconstpointer a, gconstpointer b)
{
  const DfiFace *one = a, *two = b;
  double         x = one->box[2] * one->box[3], y = two->box[2] * two->box[3];

  return (x < y) - (x > y);
}

static gboolean
holds_middle (const double box[4], const double other[4])
{
  double x = other[0] + other[2] / 2.0 - box[0];
  double y = other[1] + other[3] / 2.0 - box[1];

  return x >= 0.0 && y >= 0.0 && x <= box[2] && y <= box[3];
}

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

/* Adds the faces among the candidates, which it empties. */
static gboolean
settle_all (const DfiFaceFinder *finder, const Pyramid *pyramid, GArray *candidates, GArray *faces, GError **error)
{
  g_array_sort (candidates, compare_candidates);
  for (guint i = 0; i < candidates->len && faces->len < FACES_MAX; i++)
    {
      const Candidate *candidate = &g_array_index (candidates, Candidate, i);
      const Square    *square    = &candidate->square;
      double           box[4]    = { square->x - square->side / 2.0, square->y - square->side / 2.0, square->side, square->side };
      DfiFace          face;

      if (is_known (faces, box))
        continue;
      if (! settle (finder, pyramid, candidate, &face, error))
        return FALSE;
      if (face.score >= CERTAIN && has_mouth (&face) && ! is_known (faces, face.box))
        g_array_append_val (faces, face);
    }
  g_array_set_size (candidates, 0);
  return TRUE;
}

/* Looks at copies of @least pixels along the longer side, of twice as many, and so on up to @most. */
static gboolean
look (const DfiFaceFinder *finder,
      const Pyramid       *pyramid,
      double               degrees,
      double               margin,
      int                  least,
      int                  most,
      GArray              *faces,
      GError             **error)
{
  int      longer     = MAX (pyramid->levels[0]->width, pyramid->levels[0]->height);
  GArray  *candidates = g_array_new (FALSE, FALSE, sizeof (Candidate));
  gboolean done       = TRUE;

  for (int side = least; done && side <= most && (side == SIDE_COARSE || side <= ENLARGE_MAX * longer); side *= 2)
    done = search_at (finder, pyramid, side, degrees * G_PI / 180.0, margin, candidates, error);
  done = done && settle_all (finder, pyramid, candidates, faces, error);
  g_array_unref (candidates);
  return done;
}

/* What is most likely first; the rest only when there was nothing. */
static gboolean
look_everywhere (const DfiFaceFinder *finder, Pyramid *pyramid, GArray *faces, GError **error)
{
  const struct
  {
    double degrees, margin;
    int    least, most;
  } rest[] = {
    { 0.0, 1.6, SIDE_COARSE, SIDE_COARSE }, /* a face as large as the photograph */
    { 0.0, 1.0, SIDE_COARSE, 2 * SIDE_COARSE },  { -35.0, 1.0, SIDE_COARSE, 2 * SIDE_COARSE },
    { 35.0, 1.0, SIDE_COARSE, 2 * SIDE_COARSE }, { 0.0, 1.0, 4 * SIDE_COARSE, SIDE_FINE },
  };
  int longer = MAX (pyramid->levels[0]->width, pyramid->levels[0]->height);
  int most   = longer <= LONGER_FINE ? 4 * SIDE_COARSE : 2 * SIDE_COARSE;

  if (! look (finder, pyramid, 0.0, 1.0, SIDE_COARSE, most, faces, error))
    return FALSE;
  if (faces->len == 0 && ! pyramid_stretch (pyramid, error))
    return FALSE;
  for (size_t i = 0; i < G_N_ELEMENTS (rest) && faces->len == 0; i++)
    {
      pyramid->fraction = (i + 1.0) / (G_N_ELEMENTS (rest) + 1.0);
      if (! look (finder, pyramid, rest[i].degrees, rest[i].margin, rest[i].least, rest[i].most, faces, error))
        return FALSE;
    }
  return TRUE;
}

DfiFace *
dfi_face_finder_find (const DfiFaceFinder *finder,
                      const DfiImage      *photo,
                      DfiProgressFunc      progress,
                      gpointer             progress_data,
                      int                 *n_faces,
                      GError             **error)
{
  GArray  *faces   = g_array_new (FALSE, FALSE, sizeof (DfiFace));
  Pyramid  pyramid = { .progress = progress, .progress_data = progress_data };
  gboolean done;

  done = pyramid_build (&pyramid, photo, error) && dfi_image_check (pyramid.levels[pyramid.n - 1], error) &&
         look_everywhere (finder, &pyramid, faces, error);
  if (done && faces->len == 0)
    {
      g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                           _ ("No face was found in the picture. Select the face roughly, or give the positions of the eyes."));
      done = FALSE;
    }
  pyramid_clear (&pyramid);

  g_array_sort (faces, compare_faces);
  *n_faces = done ? (int) faces->len : 0;
  return (DfiFace *) g_array_free (faces, ! done);
}
