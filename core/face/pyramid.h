/* pyramid.h: a photograph and smaller copies of it, each half as large as the one before, and what the networks see of them. */

#ifndef DFI_PYRAMID_H
#define DFI_PYRAMID_H

#include "picture/align.h"
#include "picture/image.h"

#define DFI_PYRAMID_LEVELS_MAX 17

typedef struct
{
  DfiPixelSource photo;
  const DfiImage
           *levels[DFI_PYRAMID_LEVELS_MAX]; /* the photograph itself, then its copies; NULL for a size that was not made, and
                                                     for a photograph of which parts are looked at */
  DfiImage *whole;                          /* the photograph, where that is not a caller's, or NULL */
  int       n;
  float     black; /* the brightness that is seen as 0 */
  float     gain;  /* that brightness above `black` is multiplied by */
} DfiPyramid;

/* A square in the photograph, in its pixels, that a network is to see. */
typedef struct
{
  double x, y; /* centre */
  double side;
  double angle; /* radians that it is turned by, clockwise on the screen */
} DfiSquare;

/**
 * dfi_pyramid_init:
 * @pyramid: (out): to be cleared with dfi_pyramid_clear(), after an error too
 * @photo: where its pixels come from must outlive the pyramid
 * @coarse: pixels of the longer side when the whole photograph is looked at
 * @error: DFI_ERROR_MEMORY, or what the photograph's part() sets
 *
 * Makes the copy that such a look needs, and the next smaller one.  The sizes between it and the photograph would take much
 * memory, and nobody asks for all of them.
 */
gboolean dfi_pyramid_init (DfiPyramid *pyramid, const DfiPixelSource *photo, int coarse, GError **error);
void     dfi_pyramid_clear (DfiPyramid *pyramid);

/* From now on the photograph's brightness fills the whole range from black to white.  DFI_ERROR_MEMORY. */
gboolean dfi_pyramid_stretch (DfiPyramid *pyramid, GError **error);

/* What a network sees: (3, height, width) in 0..1, black outside the photograph.  @map: positions in the result -> positions in
 * the photograph.  Errors as above.  Free with dfi_image_free(). */
DfiImage *dfi_pyramid_view (const DfiPyramid *pyramid, const DfiSimilarity *map, int width, int height, GError **error);

/* What a network sees of @square, which becomes @pixels along its sides. @map: (out) (nullable): positions in the result ->
 * positions in the photograph.  Errors as above.  Free with dfi_image_free(). */
DfiImage *
dfi_pyramid_view_square (const DfiPyramid *pyramid, const DfiSquare *square, int pixels, DfiSimilarity *map, GError **error);

#endif
