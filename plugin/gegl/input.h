/* input.h: a buffer of GEGL as the core wants it, and back. */

#ifndef DFI_INPUT_H
#define DFI_INPUT_H

#include <gegl.h>

#include "dfi.h"

/* The colours of @part as sRGB's R'G'B', which are not multiplied by alpha.  Errors as of dfi_image_new().  Free with
 * dfi_image_free(). */
DfiImage *dfi_input_fetch (GeglBuffer *buffer, const GeglRectangle *part, GError **error);

/* Lays @patch, whose corner is counted from (@x, @y), over the @part of @buffer that it meets.  Alpha stays as it is, and so
 * does each pixel that the patch does not cover, to the bit. */
void dfi_output_composite (GeglBuffer *buffer, const DfiPatch *patch, int x, int y, const GeglRectangle *part);

#endif
