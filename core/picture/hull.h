/* hull.h: the convex outline of a few points. */

#ifndef DFI_HULL_H
#define DFI_HULL_H

typedef struct
{
  double x, y;
} DfiPoint;

/* The convex hull of @points (n), which get sorted, its corners in the order in which the x axis turns to the y axis.  @hull has
 * room for @n + 1: behind the last corner there is the first one again.  Returns the number of corners. */
int dfi_hull_make (DfiPoint *points, int n, DfiPoint *hull);

/* How far @p is beyond a hull; less than 0 within it. */
double dfi_hull_distance (DfiPoint p, const DfiPoint *hull, int corners);

#endif
