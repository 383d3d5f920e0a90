#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hair/forehead.h"
#include "picture/chroma.h"

#define COLUMNS    DFI_FOREHEAD_COLUMNS
#define BROWS      17   /* the first of their landmarks, */
#define N_BROWS    10   /* from the left to the right */
#define JAW_RIGHT  16   /* the landmark of the right side; the left one's is 0 */
#define SIDE       0.02 /* from there inwards */
#define ABOVE      0.12 /* from the brows up: what is nearer to them may be they */
#define TOP        -2.3 /* no hairline is higher */
#define STEP       0.01
#define HAIR       0.5f /* share of a pixel that is taken for hair, */
#define RUN        0.08 /* when so much of it follows */
#define GONE       0.4f /* share below which it is not hair, */
#define MISSING    0.06 /* when so much of that follows */
#define SMOOTH     4    /* columns to either side */
#define NEAR       0.12 /* above the hairline: the first of the hair, */
#define FAR        0.7  /* and what follows, as a share of how high it goes */
#define SHINE      0.25 /* by so much brighter is the first of what is no hair */
#define FREE       0.05 /* above the brows */
#define LOCK_DOWN  0.35 /* how much lower a fringe may reach beside the brows, */
#define LOCK_ASIDE 0.15 /* so far from their ends */

/* ---------- positions ---------- */

void
dfi_forehead_to_photo (const DfiForehead *forehead, double x, double y, double position[2])
{
  const double *e = forehead->across;

  position[0] = forehead->middle[0] + x * e[0] - y * e[1];
  position[1] = forehead->middle[1] + x * e[1] + y * e[0];
}

void
dfi_forehead_from_photo (const DfiForehead *forehead, const double position[2], double *x, double *y)
{
  const double *e = forehead->across, square = forehead->unit * forehead->unit;
  const double  u = position[0] - forehead->middle[0], v = position[1] - forehead->middle[1];

  *x = (u * e[0] + v * e[1]) / square;
  *y = (v * e[0] - u * e[1]) / square;
}

double
dfi_forehead_at (const DfiForehead *forehead, const double columns[COLUMNS], double x)
{
  double place = CLAMP ((x - forehead->left) / (forehead->right - forehead->left), 0.0, 1.0) * (COLUMNS - 1);
  int    i     = MIN ((int) place, COLUMNS - 2);

  return columns[i] + (place - i) * (columns[i + 1] - columns[i]);
}

static double
column_x (const DfiForehead *forehead, int column)
{
  return forehead->left + (forehead->right - forehead->left) * column / (COLUMNS - 1);
}

float
dfi_forehead_hair (const DfiForehead *forehead, const DfiMatte *matte, const DfiImage *photo, double x, double y, float rgb[3])
{
  const size_t plane = (size_t) photo->height * photo->width;
  double       position[2], u, v;
  const float *pixel;

  dfi_forehead_to_photo (forehead, x, y, position);
  if (! (position[0] >= 0.0 && position[1] >= 0.0 && position[0] < photo->width && position[1] < photo->height))
    return -1.0f;

  pixel = photo->data + (size_t) position[1] * photo->width + (size_t) position[0];
  for (int c = 0; c < 3; c++)
    rgb[c] = pixel[c * plane];
  dfi_similarity_apply (&matte->to_view, position[0], position[1], &u, &v);
  return dfi_matte_at (matte, u, v, rgb);
}

/* ---------- its edges ---------- */

/* The brows' height at each column; beyond their ends as there. */
static void
find_brows (DfiForehead *forehead, const DfiFace *face)
{
  double x[N_BROWS], y[N_BROWS];

  for (int i = 0; i < N_BROWS; i++)
    dfi_forehead_from_photo (forehead, face->landmarks[BROWS + i], &x[i], &y[i]);
  for (int i = 0; i < COLUMNS; i++)
    {
      const double at = column_x (forehead, i), beside = MAX (MAX (x[0] - at, at - x[N_BROWS - 1]), 0.0);
      int          k = 0;

      while (k < N_BROWS - 2 && x[k + 1] < at)
        k++;
      forehead->brow[i] = y[k] + (y[k + 1] - y[k]) * CLAMP ((at - x[k]) / MAX (x[k + 1] - x[k], STEP), 0.0, 1.0);
      forehead->end[i]  = forehead->brow[i] - FREE + LOCK_DOWN * MIN (beside / LOCK_ASIDE, 1.0);
    }
}

/* Where hair, which is nowhere as bright as @brightest, begins above the brows in a column, and how far it goes on. */
static gboolean
find_line (DfiForehead *forehead, const DfiMatte *matte, const DfiImage *photo, float brightest, int column)
{
  const double x = column_x (forehead, column);
  double       y = forehead->brow[column] - ABOVE, run = 0.0, missing = 0.0;
  float        rgb[3], share = 0.0f;

  for (; run < RUN && share >= 0.0f && y > TOP; y -= STEP)
    {
      share = dfi_forehead_hair (forehead, matte, photo, x, y, rgb);
      run   = share > HAIR && dfi_luma (rgb) < brightest ? run + STEP : 0.0;
    }
  if (run < RUN)
    return FALSE;

  forehead->line[column] = y + run;
  for (; missing < MISSING && share >= 0.0f && y > TOP - 1.0; y -= STEP)
    {
      share   = dfi_forehead_hair (forehead, matte, photo, x, y, rgb);
      missing = share < GONE ? missing + STEP : 0.0;
    }
  forehead->high[column] = forehead->line[column] - y - missing;
  return TRUE;
}

/* Columns of which nothing is known are like the nearest of which something is. */
static void
fill_in (double columns[COLUMNS], const gboolean known[COLUMNS])
{
  for (int i = 0; i < COLUMNS; i++)
    for (int away = 0; ! known[i] && away < COLUMNS; away++)
      {
        const int from = i - away >= 0 && known[i - away] ? i - away : MIN (i + away, COLUMNS - 1);

        if (known[from])
          {
            columns[i] = columns[from];
            break;
          }
      }
}

static int
compare (const void *a, const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

/* The median of what is around each column, and then the mean of that: no strand makes a hairline. */
static void
smooth (double columns[COLUMNS])
{
  double medians[COLUMNS], around[2 * SMOOTH + 1];

  for (int i = 0; i < COLUMNS; i++)
    {
      for (int k = -SMOOTH; k <= SMOOTH; k++)
        around[k + SMOOTH] = columns[CLAMP (i + k, 0, COLUMNS - 1)];
      qsort (around, 2 * SMOOTH + 1, sizeof *around, compare);
      medians[i] = around[SMOOTH];
    }
  for (int i = 0; i < COLUMNS; i++)
    {
      columns[i] = 0.0;
      for (int k = -SMOOTH; k <= SMOOTH; k++)
        columns[i] += medians[CLAMP (i + k, 0, COLUMNS - 1)] / (2 * SMOOTH + 1);
    }
}

/* FALSE when it is found in less than half of the columns. */
static gboolean
find_lines (DfiForehead *forehead, const DfiMatte *matte, const DfiImage *photo, float brightest)
{
  int      n_known = 0;
  gboolean known[COLUMNS];

  for (int i = 0; i < COLUMNS; i++)
    n_known += known[i] = find_line (forehead, matte, photo, brightest, i);
  if (2 * n_known < COLUMNS)
    return FALSE;
  fill_in (forehead->line, known);
  fill_in (forehead->high, known);
  smooth (forehead->line);
  smooth (forehead->high);
  return TRUE;
}

/* The median luma of the hair so far above the hairline: @up, and @share of how high it goes. */
static double
median_luma (const DfiForehead *forehead, const DfiMatte *matte, const DfiImage *photo, double up, double share)
{
  double lumas[COLUMNS];

  for (int i = 0; i < COLUMNS; i++)
    {
      float rgb[3] = { 0.0f, 0.0f, 0.0f };

      dfi_forehead_hair (forehead, matte, photo, column_x (forehead, i), forehead->line[i] - up - share * forehead->high[i], rgb);
      lumas[i] = dfi_luma (rgb);
    }
  qsort (lumas, COLUMNS, sizeof *lumas, compare);
  return lumas[COLUMNS / 2];
}

/* A forehead that shines is white and no longer has the colour of skin: what is taken for the first of the hair may be that,
 * where it is brighter than the skin and what follows is far darker. Returns how bright hair is at most. */
static float
find_brightest (const DfiForehead *forehead, const DfiMatte *matte, const DfiImage *photo)
{
  const double near = median_luma (forehead, matte, photo, NEAR, 0.0), far = median_luma (forehead, matte, photo, 0.0, FAR);

  return matte->parted && near > matte->skin.mean[0] && near > far + SHINE ? 0.5 * (near + far) : HUGE_VALF;
}

gboolean
dfi_forehead_find (DfiForehead *forehead, const DfiMatte *matte, const DfiImage *photo, const DfiFace *face)
{
  const DfiFacePoints points = dfi_face_points (face);
  float               brightest;
  double              y;

  memcpy (forehead->middle, points.middle, sizeof forehead->middle);
  memcpy (forehead->across, points.across, sizeof forehead->across);
  forehead->unit = hypot (points.across[0], points.across[1]);
  dfi_forehead_from_photo (forehead, face->landmarks[0], &forehead->left, &y);
  dfi_forehead_from_photo (forehead, face->landmarks[JAW_RIGHT], &forehead->right, &y);
  forehead->left += SIDE;
  forehead->right -= SIDE;
  if (! (forehead->right - forehead->left > 1.0)) /* no face is as narrow as from eye to eye */
    return FALSE;

  find_brows (forehead, face);
  if (! find_lines (forehead, matte, photo, HUGE_VALF))
    return FALSE;
  brightest = find_brightest (forehead, matte, photo);
  return brightest == HUGE_VALF || find_lines (forehead, matte, photo, brightest);
}
