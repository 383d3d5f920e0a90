#include "config.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "picture/hull.h"
#include "picture/mask.h"
#include "picture/smooth-step.h"

/* A part of a region that changes less than the rest of it, or not at all. */
typedef struct
{
  int    ranges[2][2]; /* its landmarks, as of a region */
  double share;        /* of the change that it takes, 0..1 */
  double fade;         /* beyond its outline, in distances between the eyes */
} Hole;

/* What belongs to a region. The shares of skin's holes, each eye with its brow, the nose and the lips, are set by what networks
 * that tell age and identity say of a change of age: years come from the skin above all, another person from eyes and nose. Skin
 * ends below where hair may begin, or a young forehead would get the shadow of hair. */
static const struct
{
  int    ranges[4][2]; /* its landmarks: the first and the one after the last, as often as these differ */
  Hole   holes[4];     /* those without landmarks are none */
  double forehead;     /* how far above the brows its outline reaches, in distances between the eyes' line and the mouth */
  double grow;         /* how far beyond the outline a change is still whole, in distances between the eyes */
  double fade;         /* how much of the feather */
} regions[] = {
  [DFI_REGION_FACE]      = { .ranges = { { 0, 27 } }, .forehead = 0.60, .grow = 0.0, .fade = 1.0 },
  [DFI_REGION_SKIN]      = { .ranges   = { { 0, 27 } },
                             .forehead = 0.45,
                             .grow     = 0.0,
                             .fade     = 1.0,
                             .holes    = { { { { 17, 22 }, { 36, 42 } }, 0.5, 0.2 },
                                           { { { 22, 27 }, { 42, 48 } }, 0.5, 0.2 },
                                           { { { 27, 36 } }, 0.3, 0.12 },
                                           { { { 48, 60 } }, 0.7, 0.12 } } },
  [DFI_REGION_HEAD]      = { .ranges = { { 0, 27 } }, .forehead = 0.85, .grow = 0.5, .fade = 1.0 },
  [DFI_REGION_EYES]      = { .ranges = { { 0, 3 }, { 14, 31 } }, .grow = 0.05, .fade = 0.7 },
  [DFI_REGION_UPPER_LIP] = { .ranges = { { 31, 36 }, { 48, 55 } }, .grow = 0.12, .fade = 0.6 },
  [DFI_REGION_MOUTH]     = { .ranges = { { 48, 60 } }, .grow = 0.04, .fade = 0.4 },
  [DFI_REGION_LIPS]      = { .ranges = { { 48, 60 } }, .holes = { { { { 60, 68 } }, 0.0, 0.03 } }, .grow = 0.0, .fade = 0.25 },
  [DFI_REGION_JAW]       = { .ranges = { { 2, 15 }, { 31, 36 } }, .grow = 0.05, .fade = 0.8 },
};

/* Towards the frame's border the mask fades over this share of its size. */
#define BORDER 0.08

#define BROWS       17 /* the first of ten landmarks */
#define BROWS_END   27
#define OUTLINE_MAX (DFI_N_LANDMARKS + BROWS_END - BROWS) /* all landmarks, and the brows lifted to the top of the forehead */

/* Adds the landmarks from @range[0] on, before @range[1], moved by @by in the photograph, to the @n points in the frame. */
static int
add_landmarks (const DfiFace *face, const DfiSimilarity *to_frame, const int range[2], DfiPoint by, DfiPoint *points, int n)
{
  for (int i = range[0]; i < range[1]; i++, n++)
    dfi_similarity_apply (to_frame, face->landmarks[i][0] + by.x, face->landmarks[i][1] + by.y, &points[n].x, &points[n].y);
  return n;
}

/* The region's outline in the frame; returns the number of its corners. */
static int
region_outline (DfiRegion region, const DfiFace *face, const DfiSimilarity *to_frame, DfiPoint hull[OUTLINE_MAX + 1])
{
  DfiFacePoints points = dfi_face_points (face);
  double        lift   = regions[region].forehead;
  DfiPoint      up     = { lift * (points.middle[0] - points.mouth[0]), lift * (points.middle[1] - points.mouth[1]) };
  DfiPoint      outline[OUTLINE_MAX];
  int           n = 0;

  for (size_t r = 0; r < G_N_ELEMENTS (regions[region].ranges); r++)
    n = add_landmarks (face, to_frame, regions[region].ranges[r], (DfiPoint){ 0.0, 0.0 }, outline, n);
  if (lift > 0.0)
    n = add_landmarks (face, to_frame, (const int[]){ BROWS, BROWS_END }, up, outline, n);
  return dfi_hull_make (outline, n, hull);
}

/* Takes a hole out of the mask; @unit: the distance between the eyes. */
static void
leave_hole_out (float *mask, const DfiFace *face, const DfiSimilarity *to_frame, int size, const Hole *hole, double unit)
{
  DfiPoint points[DFI_N_LANDMARKS], hull[DFI_N_LANDMARKS + 1];
  int      n = 0, corners;

  for (size_t r = 0; r < G_N_ELEMENTS (hole->ranges); r++)
    n = add_landmarks (face, to_frame, hole->ranges[r], (DfiPoint){ 0.0, 0.0 }, points, n);
  if (n == 0)
    return;

  corners = dfi_hull_make (points, n, hull);
  for (int i = 0; i < size; i++)
    for (int j = 0; j < size; j++)
      {
        double beyond = dfi_hull_distance ((DfiPoint){ j + 0.5, i + 0.5 }, hull, corners) / (hole->fade * unit);

        mask[(size_t) i * size + j] *= hole->share + (1.0 - hole->share) * dfi_smooth_step (beyond);
      }
}

float *
dfi_mask_new (const DfiFace *face, const DfiSimilarity *to_frame, int size, DfiRegion region, double feather, GError **error)
{
  DfiFacePoints points = dfi_face_points (face);
  double        unit   = hypot (to_frame->a, to_frame->b) * hypot (points.across[0], points.across[1]);
  double        grow;
  float        *mask;
  DfiPoint      hull[OUTLINE_MAX + 1];
  int           corners;

  if (! dfi_face_check (face, error) || ! (mask = dfi_try_alloc ((size_t) size * size, sizeof *mask, error)))
    return NULL;
  if (region >= DFI_REGION_HAIR)
    return memset (mask, 0, (size_t) size * size * sizeof *mask);

  grow    = unit * regions[region].grow;
  corners = region_outline (region, face, to_frame, hull);
  for (int i = 0; i < size; i++)
    for (int j = 0; j < size; j++)
      {
        DfiPoint p      = { j + 0.5, i + 0.5 };
        double   beyond = (dfi_hull_distance (p, hull, corners) - grow) / (unit * feather * regions[region].fade);
        double   border = MIN (MIN (i, size - 1 - i), MIN (j, size - 1 - j)) / (BORDER * size);

        mask[(size_t) i * size + j] = dfi_smooth_step (1.0 - beyond) * dfi_smooth_step (border);
      }
  for (size_t h = 0; h < G_N_ELEMENTS (regions[region].holes); h++)
    leave_hole_out (mask, face, to_frame, size, &regions[region].holes[h], unit);
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
