/* digest.h: whether pixels are those of before. */

#ifndef DFI_DIGEST_H
#define DFI_DIGEST_H

#include <gegl.h>

/* A number that differs, but for chance, when a pixel of @part does, or the kind of pixels; the same in every process. */
guint64 dfi_buffer_digest (GeglBuffer *buffer, const GeglRectangle *part);

#endif
