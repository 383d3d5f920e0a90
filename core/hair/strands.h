/* strands.h: strands of hair, drawn one over the other. */

#ifndef DFI_STRANDS_H
#define DFI_STRANDS_H

#include "base/error.h"
#include "base/threads.h"
#include "picture/blend.h"

typedef struct
{
  float x, y;  /* in the photograph */
  float width; /* pixels, where half of alpha is left; less than one makes it fainter instead */
  float alpha; /* 0..1, along its middle */
  float rgb[3];
} DfiStrandPoint;

/* The points of all strands, from root to tip, and where in these each strand begins.  Begins as all 0. */
typedef struct
{
  GArray *points; /* of DfiStrandPoint */
  GArray *starts; /* of guint */
} DfiStrands;

void dfi_strands_begin (DfiStrands *strands); /* the next points are another strand's, which lies over all before */
void dfi_strands_add (DfiStrands *strands, const DfiStrandPoint *point);
void dfi_strands_clear (DfiStrands *strands);

/**
 * dfi_strands_draw:
 * @strands: (array length=n): one after the other
 * @patch: drawn on, with colours that are multiplied by alpha
 * @progress: (nullable): asked with @data
 * @error: DFI_ERROR_CANCELLED
 *
 * Between two points all is interpolated.
 */
gboolean dfi_strands_draw (const DfiStrands *strands,
                           int               n,
                           DfiPatch         *patch,
                           DfiThreads       *threads,
                           DfiProgressFunc   progress,
                           gpointer          data,
                           GError          **error);

#endif
