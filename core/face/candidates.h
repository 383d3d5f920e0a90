/* candidates.h: where in a photograph there may be faces: the detector looks at copies of it that are reduced, and if need be
 * turned. */

#ifndef DFI_CANDIDATES_H
#define DFI_CANDIDATES_H

#include "base/error.h"
#include "face/detector.h"
#include "face/landmarks.h"
#include "face/pyramid.h"

#define DFI_SEARCH_CANDIDATE 0.25 /* least score of a candidate */
#define DFI_SEARCH_SIDE      224  /* pixels of a face's square: an odd number of cells, for a face in the middle of one of them */
#define DFI_SEARCH_OVERLAP   0.4  /* two boxes that share more than this of their union are the same face */

/* What the parts of a search through one photograph share. */
typedef struct
{
  const DfiDetector   *detector;
  const DfiLandmarker *landmarker;
  DfiPyramid           pyramid;
  DfiProgressFunc      progress; /* (nullable): asked before each look */
  gpointer             progress_data;
  double               fraction; /* done, of the looks that may be needed: 0..1 */
} DfiFaceSearch;

typedef struct
{
  DfiSquare square; /* around the face, as the detector sees it */
  double    score;  /* 0..1 */
} DfiCandidate;

/* FALSE with DFI_ERROR_CANCELLED when the progress function asks to stop. */
gboolean dfi_search_proceed (const DfiFaceSearch *search, GError **error);

/**
 * dfi_search_at:
 * @side: pixels that the longer side becomes
 * @angle: radians that the photograph is turned by before the detector looks at it
 * @margin: how many times the photograph's size the black ground is that it lies on, at least 1
 * @candidates: (element-type DfiCandidate): what the detector sees is added to it, not yet one a face
 * @error: DFI_ERROR_CANCELLED or DFI_ERROR_MEMORY
 *
 * Looks at the whole photograph once, a tile at a time.
 */
gboolean dfi_search_at (const DfiFaceSearch *search, int side, double angle, double margin, GArray *candidates, GError **error);

/* As dfi_search_at(), but looks at @square alone, as its angle says. */
gboolean dfi_search_square (const DfiFaceSearch *search, const DfiSquare *square, GArray *candidates, GError **error);

#endif
