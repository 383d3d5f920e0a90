/* matte.h: how much of each pixel of a photograph is hair. */

#ifndef DFI_MATTE_H
#define DFI_MATTE_H

#include "hair/view.h"

#define DFI_MATTE_SIDE 320 /* cells along a side of the view */

/* Between the cells all is interpolated. */
typedef struct
{
  float colour[3], constant; /* hair's share is colour . R'G'B' + constant */
  float open;                /* times this, 0..1; 0 where the share would be too faint for any R'G'B' */
} DfiMatteCell;

/* Luma, Cb and Cr of something: their means, and their variances. */
typedef struct
{
  float mean[3], variance[3];
} DfiMatteColours;

typedef struct
{
  DfiSimilarity to_view; /* photograph -> view of DFI_MATTE_SIDE */
  DfiMatteCell *cells;   /* (DFI_MATTE_SIDE, DFI_MATTE_SIDE) */

  gboolean        parted; /* whether what has the colours of skin rather than of hair is none, whatever the shares say; with: */
  DfiMatteColours hair, skin;
} DfiMatte;

/**
 * dfi_matte_init:
 * @shares: (DFI_HAIR_SHARES, DFI_HAIR_SHARES): as dfi_hair_network_run() gives them
 * @view: (3, DFI_MATTE_SIDE, DFI_MATTE_SIDE): dfi_view_cut() with @to_view
 * @to_view: photograph -> @view
 * @face: in the photograph; what is well inside its outline, from the brows down, is no hair
 * @error: DFI_ERROR_MEMORY
 *
 * The shares are coarse; a guided filter lets them follow the strands of the photograph.  They fade towards the view's border, so
 * that nothing ends there in a line.  Clear with dfi_matte_clear(), after an error too.
 */
gboolean dfi_matte_init (DfiMatte            *matte,
                         const float         *shares,
                         const DfiImage      *view,
                         const DfiSimilarity *to_view,
                         const DfiFace       *face,
                         GError             **error);
void     dfi_matte_clear (DfiMatte *matte);

/* Hair's share, 0..1, at the position (@u, @v) of the view, where the photograph has the colour @rgb. */
float dfi_matte_at (const DfiMatte *matte, double u, double v, const float rgb[3]);

/* The smallest part of a photograph of @width x @height outside which the matte is 0; its sides are 0 when there is none. */
void dfi_matte_bounds (const DfiMatte *matte, int width, int height, int *x, int *y, int *part_width, int *part_height);

#endif
