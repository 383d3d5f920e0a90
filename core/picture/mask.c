#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "picture/mask.h"

/* What belongs to a region. */
static const struct
{
  int    ranges[4][2]; /* its landmarks: the first and the one after the last, as often as these differ */
  int    hole[2];      /* likewise of what is left out of it; a hole's edge fades over HOLE_FADE */
  double forehead;     /* how far above the brows its outline reaches, in distances between the eyes' line and the mouth */
  double grow;         /* how far beyond the outline a change is still whole, in distances between the eyes */
  double fade;         /* how much of the feather */
} regions[] = {
  [DFI_REGION_FACE]      = { .ranges = { { 0, 27 } }, .forehead = 0.60, .grow = 0.0, .fade = 1.0 },
  [DFI_REGION_HEAD]      = { .ranges = { { 0, 27 } }, .forehead = 0.85, .grow = 0.5, .fade = 1.0 },
  [DFI_REGION_EYES]      = { .ranges = { { 0, 3 }, { 14, 31 } }, .grow = 0.05, .fade = 0.7 },
  [DFI_REGION_UPPER_LIP] = { .ranges = { { 31, 36 }, { 48, 55 } }, .grow = 0.12, .fade = 0.6 },
  [DFI_REGION_MOUTH]     = { .ranges = { { 48, 60 } }, .grow = 0.04, .fade = 0.4 },
  [DFI_REGION_LIPS]      = { .ranges = { { 48, 60 } }, .hole = { 60, 68 }, .grow = 0.0, .fade = 0.25 },
  [DFI_REGION_JAW]       = { .ranges = { { 2, 15 }, { 31, 36 } }, .grow = 0.05, .fade = 0.8 },
};

/* In distances between the eyes: lips are 0.1 to 0.2 high. */
#define HOLE_FADE 0.03

/* Towards the frame's border the mask fades over this share of its size. */
#define BORDER 0.08

#define BROWS       17 /* the first of ten landmarks */
#define BROWS_END   27
#define OUTLINE_MAX (DFI_N_LANDMARKS + BROWS_END - BROWS) /* all landmarks, and the brows lifted to the top of the forehead */

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

/* Adds the landmarks from @range[0] on, before @range[1], moved by @by in the photograph, to the @n points in the frame. */
static int
add_landmarks (const DfiFace *face, const DfiSimilarity *to_frame, const int range[2], Point by, Point *points, int n)
{
  for (int i = range[0]; i < range[1]; i++, n++)
    dfi_similarity_apply (to_frame, face->landmarks[i][0] + by.x, face->landmarks[i][1] + by.y, &points[n].x, &points[n].y);
  return n;
}

/* The region's outline in the frame; returns the number of its corners. */
static int
region_outline (DfiRegion region, const DfiFace *face, const DfiSimilarity *to_frame, Point hull[OUTLINE_MAX + 1])
{
  DfiFacePoints points = dfi_face_points (face);
  double        lift   = regions[region].forehead;
  Point         up     = { lift * (points.middle[0] - points.mouth[0]), lift * (points.middle[1] - points.mouth[1]) };
  Point         outline[OUTLINE_MAX];
  int           n = 0;

  for (size_t r = 0; r < G_N_ELEMENTS (regions[region].ranges); r++)
    n = add_landmarks (face, to_frame, regions[region].ranges[r], (Point){ 0.0, 0.0 }, outline, n);
  if (lift > 0.0)
    n = add_landmarks (face, to_frame, (const int[]){ BROWS, BROWS_END }, up, outline, n);
  return convex_hull (outline, n, hull);
}

/* Squared. */
static double
distance_to_side (Point p, Point a, Point b)
{
  double dx = b.x - a.x, dy = b.y - a.y;
  double square = dx * dx + dy * dy;
  double t      = square > 0.0 ? CLAMP (((p.x - a.x) * dx + (p.y - a.y) * dy) / square, 0.0, 1.0) : 0.0;

  dx = a.x + t * dx - p.x;
  dy = a.y + t * dy - p.y;
  return dx * dx + dy * dy;
}

/* 0 inside. */
static double
distance_to_hull (Point p, const Point *hull, int corners)
{
  gboolean inside = TRUE;
  double   square = HUGE_VAL;

  for (int i = 0; i < corners; i++)
    {
      inside = inside && turn (hull[i], hull[i + 1], p) >= 0.0;
      square = MIN (square, distance_to_side (p, hull[i], hull[i + 1]));
    }
  return inside ? 0.0 : sqrt (square);
}

/* 0 for t <= 0, 1 for t >= 1, with slope 0 at both. */
static double
smooth_step (double t)
{
  t = CLAMP (t, 0.0, 1.0);
  return t * t * (3.0 - 2.0 * t);
}

/* Takes what is left out of the region out of the mask; @unit: the distance between the eyes. */
static void
leave_hole_out (float *mask, const DfiFace *face, const DfiSimilarity *to_frame, int size, DfiRegion region, double unit)
{
  Point points[DFI_N_LANDMARKS], hull[DFI_N_LANDMARKS + 1];
  int   n = add_landmarks (face, to_frame, regions[region].hole, (Point){ 0.0, 0.0 }, points, 0), corners;

  if (n == 0)
    return;

  corners = convex_hull (points, n, hull);
  for (int i = 0; i < size; i++)
    for (int j = 0; j < size; j++)
      mask[(size_t) i * size + j] *=
          smooth_step (distance_to_hull ((Point){ j + 0.5, i + 0.5 }, hull, corners) / (HOLE_FADE * unit));
}

float *
dfi_mask_new (const DfiFace *face, const DfiSimilarity *to_frame, int size, DfiRegion region, double feather, GError **error)
{
  DfiFacePoints points = dfi_face_points (face);
  double        unit   = hypot (to_frame->a, to_frame->b) * hypot (points.across[0], points.across[1]);
  double        grow   = unit * regions[region].grow;
  float        *mask;
  Point         hull[OUTLINE_MAX + 1];
  int           corners;

  if (! dfi_face_check (face, error) || ! (mask = dfi_try_alloc ((size_t) size * size, sizeof *mask, error)))
    return NULL;
  if (region == DFI_REGION_HAIR)
    return memset (mask, 0, (size_t) size * size * sizeof *mask);

  corners = region_outline (region, face, to_frame, hull);
  for (int i = 0; i < size; i++)
    for (int j = 0; j < size; j++)
      {
        Point  p      = { j + 0.5, i + 0.5 };
        double beyond = (distance_to_hull (p, hull, corners) - grow) / (unit * feather * regions[region].fade);
        double border = MIN (MIN (i, size - 1 - i), MIN (j, size - 1 - j)) / (BORDER * size);

        mask[(size_t) i * size + j] = smooth_step (1.0 - beyond) * smooth_step (border);
      }
  leave_hole_out (mask, face, to_frame, size, region, unit);
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
