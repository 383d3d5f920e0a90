#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "picture/mask.h"

/* What belongs to a region, in distances between the eyes' line and the mouth (forehead) or between the eyes (grow). */
static const struct
{
  double forehead; /* how far above the brows the outline reaches */
  double grow;     /* how far beyond the outline a change is still whole */
} regions[] = {
  [DFI_REGION_FACE] = { .forehead = 0.60, .grow = 0.0 },
  [DFI_REGION_HEAD] = { .forehead = 0.85, .grow = 0.5 },
};

/* Towards the frame's border the mask fades over this share of its size. */
#define BORDER 0.08

#define N_JAW     17
#define N_BROWS   10
#define N_OUTLINE (N_JAW + 2 * N_BROWS) /* jaw, brows, and the brows lifted to the top of the forehead */

typedef struct
{
  double x, y;
} Point;

static int
compare_points (const void *a, const void *b)
{
  const Point *p = a, *q = b;

  return p->x != q->x ? (p->x > q->x) - (p->x < q->x) : (p->y > q->y) - (p->y < q->y);
}

/* > 0 when the way from @o by @a to @b turns from the x axis towards the y axis. */
static double
turn (Point o, Point a, Point b)
{
  return (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);
}

/* Convex hull, its corners in the order of turn() > 0: Andrew, "Another efficient algorithm for convex hulls in two
 * dimensions", 1979. @hull has room for @n + 1; @points get sorted. Returns the number of corners. */
static int
convex_hull (Point *points, int n, Point *hull)
{
  int corners = 0;

  qsort (points, n, sizeof *points, compare_points);
  for (int pass = 0, keep = 2; pass < 2; pass++, keep = corners + 1)
    for (int i = pass; i < n; i++)
      {
        Point next = points[pass ? n - 1 - i : i];

        while (corners >= keep && turn (hull[corners - 2], hull[corners - 1], next) <= 0.0)
          corners--;
        hull[corners++] = next;
      }
  return corners - 1; /* the last one is the first again */
}

/* The face's outline in the frame, see N_OUTLINE; returns the number of its corners. */
static int
face_outline (const DfiFace *face, const DfiSimilarity *to_frame, double forehead, Point hull[N_OUTLINE + 1])
{
  DfiFacePoints points = dfi_face_points (face);
  Point         up     = { forehead * (points.middle[0] - points.mouth[0]), forehead * (points.middle[1] - points.mouth[1]) };
  Point         outline[N_OUTLINE];

  for (int i = 0; i < N_OUTLINE; i++)
    {
      gboolean      lifted = i >= N_JAW + N_BROWS;
      const double *from   = face->landmarks[lifted ? i - N_BROWS : i];

      dfi_similarity_apply (to_frame, from[0] + lifted * up.x, from[1] + lifted * up.y, &outline[i].x, &outline[i].y);
    }
  return convex_hull (outline, N_OUTLINE, hull);
}

static double
distance_to_side (Point p, Point a, Point b)
{
  double dx = b.x - a.x, dy = b.y - a.y;
  double square = dx * dx + dy * dy;
  double t      = square > 0.0 ? CLAMP (((p.x - a.x) * dx + (p.y - a.y) * dy) / square, 0.0, 1.0) : 0.0;

  return hypot (a.x + t * dx - p.x, a.y + t * dy - p.y);
}

/* 0 inside. */
static double
distance_to_hull (Point p, const Point *hull, int corners)
{
  gboolean inside   = TRUE;
  double   distance = HUGE_VAL;

  for (int i = 0; i < corners; i++)
    {
      inside   = inside && turn (hull[i], hull[i + 1], p) >= 0.0;
      distance = MIN (distance, distance_to_side (p, hull[i], hull[i + 1]));
    }
  return inside ? 0.0 : distance;
}

/* 0 for t <= 0, 1 for t >= 1, with slope 0 at both. */
static double
smooth_step (double t)
{
  t = CLAMP (t, 0.0, 1.0);
  return t * t * (3.0 - 2.0 * t);
}

float *
dfi_mask_new (const DfiFace *face, const DfiSimilarity *to_frame, int size, DfiRegion region, double feather, GError **error)
{
  DfiFacePoints points = dfi_face_points (face);
  double        unit   = hypot (to_frame->a, to_frame->b) * hypot (points.across[0], points.across[1]);
  double        grow   = unit * regions[region].grow;
  float        *mask;
  Point         hull[N_OUTLINE + 1];
  int           corners;

  if (! dfi_face_check (face, error) || ! (mask = dfi_try_alloc ((size_t) size * size, sizeof *mask, error)))
    return NULL;

  corners = face_outline (face, to_frame, regions[region].forehead, hull);
  for (int i = 0; i < size; i++)
    for (int j = 0; j < size; j++)
      {
        Point  p      = { j + 0.5, i + 0.5 };
        double beyond = (distance_to_hull (p, hull, corners) - grow) / (unit * feather);
        double border = MIN (MIN (i, size - 1 - i), MIN (j, size - 1 - j)) / (BORDER * size);

        mask[(size_t) i * size + j] = smooth_step (1.0 - beyond) * smooth_step (border);
      }
  return mask;
}

float *
dfi_mask_whole (int size, GError **error)
{
  float *mask = dfi_try_alloc ((size_t) size * size, sizeof *mask, error);

  for (size_t i = 0; mask && i < (size_t) size * size; i++)
    mask[i] = 1.0f;
  return mask;
}
