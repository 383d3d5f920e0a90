/* chroma.h: a face's colours without its brightness, at a low resolution.
 *
 * Cb and Cr as JPEG has them (ITU-T T.871), around 0: blue less luma and red less luma, -0.5..0.5.  Eyes see colour far less
 * sharply than brightness, so that a small map of them suffices, and what is added of it has no edges that could disagree with
 * those of luma.
 */

#ifndef DFI_CHROMA_H
#define DFI_CHROMA_H

#include "picture/image.h"

#define DFI_CHROMA_CELL 8 /* pixels of the frame along a side of a cell of the map */

/* Luma's shares of R'G'B'; the rest of the equations follows from them. */
#define DFI_LUMA_RED   0.299f
#define DFI_LUMA_GREEN 0.587f
#define DFI_LUMA_BLUE  0.114f
#define DFI_CB_SCALE   (0.5f / (1.0f - DFI_LUMA_BLUE))
#define DFI_CR_SCALE   (0.5f / (1.0f - DFI_LUMA_RED))

static inline float
dfi_luma (const float rgb[3])
{
  return DFI_LUMA_RED * rgb[0] + DFI_LUMA_GREEN * rgb[1] + DFI_LUMA_BLUE * rgb[2];
}

/* What changes Cb and Cr by so much and luma not at all, in R'G'B'. */
static inline void
dfi_chroma_differences (float cb, float cr, float rgb[3])
{
  rgb[0] = cr / DFI_CR_SCALE;
  rgb[2] = cb / DFI_CB_SCALE;
  rgb[1] = -(DFI_LUMA_RED * rgb[0] + DFI_LUMA_BLUE * rgb[2]) / DFI_LUMA_GREEN;
}

/* @map (2, @side, @side): the mean Cb, then the mean Cr, of each cell of the square @image, which is @side cells wide. */
void dfi_chroma_reduce (float *map, const DfiImage *image, int side);

/* Whether all pixels of @image are grey, to the bit. */
gboolean dfi_chroma_is_grey (const DfiImage *image);

/**
 * dfi_chroma_add:
 * @image: square, R'G'B', changed in place
 * @map: (2, @side, @side) to be added to its Cb and Cr, enlarged by bilinear interpolation; its luma stays as it is
 */
void dfi_chroma_add (DfiImage *image, const float *map, int side);

/* Takes from @change, which is to be added to @image, what would turn a pixel green or blue that is not: it comes out grey
 * there. Skin, lips and teeth are at most less red and less yellow.  Luma stays as it is. */
void dfi_chroma_keep_warm (DfiImage *change, const DfiImage *image);

#endif
