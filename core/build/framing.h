/* framing.h: what part of a picture becomes the frame that features are taken of. */

#ifndef DFI_FRAMING_H
#define DFI_FRAMING_H

#include "face/finder.h"
#include "picture/align.h"

typedef enum
{
  DFI_FRAMING_FACE,      /* around the largest face, so that its eyes and mouth are where the frame has them */
  DFI_FRAMING_RECTANGLE, /* a square at the same place of every picture */
  DFI_FRAMING_WHOLE      /* the smallest square around the whole picture; its edges' pixels repeat beyond it */
} DfiFramingKind;

/* The finder must outlive it. */
typedef struct
{
  DfiFramingKind       kind;
  const DfiFaceFinder *finder;       /* for DFI_FRAMING_FACE */
  double               rectangle[4]; /* left, top, right, bottom, for DFI_FRAMING_RECTANGLE */
  DfiFrame             frame;        /* its size, and where the eyes and the mouth are in it */
} DfiFraming;

/* DFI_ERROR_VALUE for a rectangle that is no square or lies outside every picture, and for eyes or a mouth outside the frame. */
gboolean dfi_framing_check (const DfiFraming *framing, GError **error);

/**
 * dfi_framing_find:
 * @path: of the picture, for the message
 * @map: (out): frame -> picture
 * @progress: (nullable): asked with @data while a face is looked for
 * @error: DFI_ERROR_VALUE when there is no face, or the picture is smaller than the rectangle; DFI_ERROR_MEMORY,
 *         DFI_ERROR_CANCELLED
 */
gboolean dfi_framing_find (const DfiFraming *framing,
                           const DfiImage   *picture,
                           const char       *path,
                           DfiSimilarity    *map,
                           DfiProgressFunc   progress,
                           gpointer          data,
                           GError          **error);

#endif
