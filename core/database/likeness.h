/* likeness.h: how alike two faces look in a part of the frame, by their codes alone.
 *
 * Codes are coordinates among orthonormal directions, so that the distance between two is that of the faces' features all over
 * the frame.  Where only a part counts, such as the eyes for glasses, with m its weight at each place and B all rows, it is
 *
 *   |m B^T (a - b)|^2 = (a - b)^T G (a - b),  G = B m^2 B^T
 *
 * of which the deepest tap says enough: its features are the most of what they show and the least of where.
 */

#ifndef DFI_LIKENESS_H
#define DFI_LIKENESS_H

#include "database/database.h"

typedef struct
{
  int   *numbers; /* (m) of a code that say something about the part, which a detail elsewhere does not */
  int    n;       /* m */
  float *gram;    /* (m, m) G */
} DfiLikeness;

/**
 * dfi_likeness_init:
 * @mask: (size, size) of the database's frame, in 0..1: how much each place of the frame counts
 * @error: DFI_ERROR_MEMORY; DFI_ERROR_IO and _FORMAT when the rows cannot be read
 *
 * To be cleared in any case.
 */
gboolean dfi_likeness_init (DfiLikeness *likeness, const DfiDatabase *database, const float *mask, GError **error);
void     dfi_likeness_clear (DfiLikeness *likeness);

/* @distances (n) = the squared distances between the rows of @codes (n, @length) and @from (@length). */
void
dfi_likeness_distances (const DfiLikeness *likeness, int length, const float *codes, int n, const float *from, float *distances);

#endif
