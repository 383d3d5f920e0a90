/* forehead.h: from the brows up to the hair, as far as hair goes on above: where a fringe can fall.
 *
 * Positions are the face's own: the unit is the distance between the eyes, x runs along the eyes to the right of the picture, y
 * down at right angles, and (0, 0) is halfway between the eyes.
 */

#ifndef DFI_FOREHEAD_H
#define DFI_FOREHEAD_H

#include "hair/hair.h"
#include "picture/face.h"

#define DFI_FOREHEAD_COLUMNS 81 /* equally far apart, from the left side of the face to the right one */

typedef struct
{
  double middle[2], across[2]; /* in the photograph: of the eyes; one unit to the right */
  double unit;                 /* pixels */
  double left, right;          /* x of the face's sides */
  double brow[DFI_FOREHEAD_COLUMNS];
  double end[DFI_FOREHEAD_COLUMNS];  /* y down to which a fringe may reach and leave the brows free */
  double line[DFI_FOREHEAD_COLUMNS]; /* y at which the hair begins */
  double high[DFI_FOREHEAD_COLUMNS]; /* how far the hair goes on above it */
} DfiForehead;

/* FALSE when there is no hair above most of the forehead, or the photograph ends before it. */
gboolean dfi_forehead_find (DfiForehead *forehead, const DfiMatte *matte, const DfiImage *photo, const DfiFace *face);

/* What @columns, one of the above, says between its columns; it goes on as it ends. */
double dfi_forehead_at (const DfiForehead *forehead, const double columns[DFI_FOREHEAD_COLUMNS], double x);

void dfi_forehead_to_photo (const DfiForehead *forehead, double x, double y, double position[2]);
void dfi_forehead_from_photo (const DfiForehead *forehead, const double position[2], double *x, double *y);

/* The colour of the photograph's pixel there, and how much of it is hair; -1 outside the photograph. */
float
dfi_forehead_hair (const DfiForehead *forehead, const DfiMatte *matte, const DfiImage *photo, double x, double y, float rgb[3]);

#endif
