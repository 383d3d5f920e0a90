/* view.h: the part of a photograph in which the hair of a face is looked for: far more than the frame of its face. */

#ifndef DFI_VIEW_H
#define DFI_VIEW_H

#include "picture/align.h"

/* A square in the frame's coordinates; the unit is the distance between the frame's eyes. */
#define DFI_VIEW_WIDE  6.4 /* its side; the column in its middle passes halfway between the eyes */
#define DFI_VIEW_ABOVE 2.4 /* from the eyes up to its top */

/* photograph -> view of @side pixels along a side.  @frame: of faces, not of whole pictures; @to_frame: photograph -> frame. */
DfiSimilarity dfi_view_place (const DfiFrame *frame, const DfiSimilarity *to_frame, int side);

/* The view itself, (3, @side, @side) in 0..1; beyond the photograph's edge its outermost pixels repeat.  @to_view: as above.
 * DFI_ERROR_MEMORY.  Free with dfi_image_free(). */
DfiImage *dfi_view_cut (const DfiImage *photo, const DfiSimilarity *to_view, int side, GError **error);

/* Whether a position lies within a photograph, and not where its outermost pixels repeat. */
gboolean dfi_view_meets (const DfiImage *photo, double x, double y);

/* Whether a position in the view, 0..1 from its left and its top, is face for certain: an ellipse in its middle, if it looks
 * ahead. */
gboolean dfi_view_in_face (double u, double v);

/**
 * dfi_view_part:
 * @width: of the photograph
 * @height: of the photograph
 * @x: (out): corner and size of the part of the photograph that the view and the frame show, as of dfi_align_part()
 */
void dfi_view_part (const DfiFrame      *frame,
                    const DfiSimilarity *to_frame,
                    int                  width,
                    int                  height,
                    int                 *x,
                    int                 *y,
                    int                 *part_width,
                    int                 *part_height);

#endif
