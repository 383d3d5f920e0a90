/* hull.c: Andrew, "Another efficient algorithm for convex hulls in two dimensions", 1979. */

#include "config.h"

#include <math.h>
#include <stdlib.h>

#include <glib.h>

#include "picture/hull.h"

static int
compare_points (const void *a, const void *b)
{
  const DfiPoint *p = a, *q = b;

  return p->x != q->x ? (p->x > q->x) - (p->x < q->x) : (p->y > q->y) - (p->y < q->y);
}

/* > 0 when the way from @o by @a to @b turns from the x axis towards the y axis. */
static double
turn (DfiPoint o, DfiPoint a, DfiPoint b)
{
  return (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x);
}

int
dfi_hull_make (DfiPoint *points, int n, DfiPoint *hull)
{
  int corners = 0;

  qsort (points, n, sizeof *points, compare_points);
  for (int pass = 0, keep = 2; pass < 2; pass++, keep = corners + 1)
    for (int i = pass; i < n; i++)
      {
        DfiPoint next = points[pass ? n - 1 - i : i];

        while (corners >= keep && turn (hull[corners - 2], hull[corners - 1], next) <= 0.0)
          corners--;
        hull[corners++] = next;
      }
  return corners - 1; /* the last one is the first again */
}

/* Squared. */
static double
distance_to_side (DfiPoint p, DfiPoint a, DfiPoint b)
{
  double dx = b.x - a.x, dy = b.y - a.y;
  double square = dx * dx + dy * dy;
  double t      = square > 0.0 ? CLAMP (((p.x - a.x) * dx + (p.y - a.y) * dy) / square, 0.0, 1.0) : 0.0;

  dx = a.x + t * dx - p.x;
  dy = a.y + t * dy - p.y;
  return dx * dx + dy * dy;
}

double
dfi_hull_distance (DfiPoint p, const DfiPoint *hull, int corners)
{
  gboolean inside = TRUE;
  double   square = HUGE_VAL;

  for (int i = 0; i < corners; i++)
    {
      inside = inside && turn (hull[i], hull[i + 1], p) >= 0.0;
      square = MIN (square, distance_to_side (p, hull[i], hull[i + 1]));
    }
  return inside ? -sqrt (square) : sqrt (square);
}
