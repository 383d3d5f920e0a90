/* align.h: from a face in a photograph to the frame that the database's faces stand in, and back. */

#ifndef DFI_ALIGN_H
#define DFI_ALIGN_H

#include "picture/face.h"
#include "picture/image.h"

#define DFI_FRAME_EYES_MIN 1.0 /* pixels of the frame; the eyes are further apart */

/* What the square that the encoder sees shows: a whole picture, or a face, and where it stands in it. `eyes` and `mouth`
 * are x, y of the eyes' centres, the one on the left in the picture first, and of the mouth's centre. */
typedef struct
{
  int      size; /* pixels along a side */
  double   eyes[4];
  double   mouth[2];
  gboolean whole; /* whole pictures, of whatever; no eyes and mouth then */
} DfiFrame;

/* Where eyes and mouth are in the bundled database's frame, in one of @size. */
DfiFrame dfi_frame_usual (int size);

/* Similarity transform: (x, y) -> (a x - b y + tx, b x + a y + ty). */
typedef struct
{
  double a, b;
  double tx, ty;
} DfiSimilarity;

/* What @map makes of the point (@x, @y): (@u, @v), which may be where @x and @y came from. */
void dfi_similarity_apply (const DfiSimilarity *map, double x, double y, double *u, double *v);
/* The way back. @map must not shrink all to a point: a and b are not both 0. */
DfiSimilarity dfi_similarity_invert (const DfiSimilarity *map);

/**
 * dfi_align_face:
 * @frame: of faces, not of whole pictures
 * @map: (out): photograph -> frame; not set after an error
 * @error: DFI_ERROR_VALUE when the eyes are closer than DFI_EYES_MIN pixels, when a landmark is not finite, or when eyes and
 *         mouth lie such that no transform brings them nearer to the frame's than a point does
 *
 * The similarity transform that brings the centres of the eyes and of the mouth nearest to the frame's, by least squares
 * (Umeyama, "Least-squares estimation of transformation parameters between two point patterns", IEEE PAMI 13, 1991, eq. 40 to 42,
 * without reflections).  The face may be partly outside the photograph.
 */
gboolean dfi_align_face (const DfiFrame *frame, const DfiFace *face, DfiSimilarity *map, GError **error);

/* The smallest upright rectangle around what @map makes of the one from @from to @to: from @low to @high, each x, y. */
void dfi_similarity_bounds (const DfiSimilarity *map, const double from[2], const double to[2], double low[2], double high[2]);

/* photograph -> frame: the smallest square around a photograph of this size, in its middle. */
DfiSimilarity dfi_align_whole (const DfiFrame *frame, int width, int height);

/**
 * dfi_align_warp:
 * @source: (3, H, W)
 * @map: positions in the result -> positions in @source
 * @width: of the result, pixels
 * @height: of the result, pixels
 * @error: DFI_ERROR_MEMORY; DFI_ERROR_VALUE when the result would be larger than dfi_image_new() makes
 *
 * Catmull-Rom interpolation, after halving @source by 2x2 means as often as the map shrinks it by two.  Beyond the
 * source's edge its outermost pixels repeat.
 *
 * Returns: (transfer full) (nullable): (3, @height, @width), which overshoots 0..1 at edges; free with dfi_image_free()
 */
DfiImage *dfi_align_warp (const DfiImage *source, const DfiSimilarity *map, int width, int height, GError **error);

/* What dfi_align_warp() gives, row by row. */
typedef struct
{
  DfiSimilarity   map; /* positions in the result -> positions in the source */
  const DfiImage *source;
  DfiImage       *shrunk; /* the source, where it is halved; else NULL */
} DfiWarp;

/* Arguments and errors as of dfi_align_warp(); @source must outlive @warp, which dfi_warp_clear() clears, after an error too. */
gboolean dfi_warp_init (DfiWarp *warp, const DfiImage *source, const DfiSimilarity *map, int width, int height, GError **error);
void     dfi_warp_clear (DfiWarp *warp);

/* Row @i of the result: @width values of red at @out, of green @plane floats further on, of blue as far again. */
void dfi_warp_row (const DfiWarp *warp, int i, int width, float *out, size_t plane);

/**
 * dfi_align_part:
 * @map: positions in a result of @width x @height -> positions in a source of @source_width x @source_height
 * @x: (out): corner and size of a part of the source of which dfi_align_warp() makes the same as of all of it; no larger than 0
 *     where the result shows nothing of the source
 */
void dfi_align_part (const DfiSimilarity *map,
                     int                  width,
                     int                  height,
                     int                  source_width,
                     int                  source_height,
                     int                 *x,
                     int                 *y,
                     int                 *part_width,
                     int                 *part_height);

#endif
