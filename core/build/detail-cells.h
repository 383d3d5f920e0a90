/* detail-cells.h: where in the frame the details lie that a build makes: one around the eyes, one around the mouth.
 *
 * They are measured by the distance e of the eyes.  The eyes' detail reaches 1.68 e to either side of the middle between them,
 * and 0.65 e up and down: brows, rims, and where their temples go.  The mouth's reaches 1.12 e to either side of its middle,
 * 0.48 e up and 0.83 e down: lips, the folds beside them, chin and beard.  Edges go to the nearest line between places of the
 * deepest tap; what lies outside the frame is cut off, and so is what the eyes' detail has of the mouth's.
 */

#ifndef DFI_DETAIL_CELLS_H
#define DFI_DETAIL_CELLS_H

#include "database/detail.h"
#include "picture/align.h"

#define DFI_BUILD_DETAILS 2 /* eyes, mouth */

/* Fills in the details' places and layouts.  @whole is that of the frame's features.  FALSE with DFI_ERROR_VALUE where there are
 * no eyes, or where the deepest tap is too coarse to tell the two apart, or does not divide the others evenly. */
gboolean dfi_detail_cells (const DfiFrame *frame, const DfiLayout *whole, DfiDetail details[DFI_BUILD_DETAILS], GError **error);

#endif
