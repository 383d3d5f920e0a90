/* basis.h: directions in feature space, 4 bits an entry.
 *
 * A feature vector (D) falls into stretches that share a step: one for each channel of each tap, because channels differ
 * in size by orders of magnitude, while within one the entries are alike.  An entry's code c, 0..15, stands for
 * (c - 7.5) * step; the step is the one that costs least squared error.
 *
 *   packed (r, B)   codes of a row, two a byte, low half first; every stretch begins at a whole byte, so that where a
 *                   stretch has an odd number of entries the last half byte is not used (and 0).  B = D / 2 when all
 *                   stretches are even.
 *   scale  (r, S)   step of each row in each stretch, >= 0
 */

#ifndef DFI_BASIS_H
#define DFI_BASIS_H

#include "network/pass.h"

typedef struct
{
  DfiTaps taps;
  size_t  shape[DFI_TAPS_MAX][3]; /* (C, H, W) of each tap */
  size_t  n_features;             /* D */
  size_t  n_stretches;            /* S */
  size_t  row_bytes;              /* B */
} DfiLayout;

/* Nothing is owned. */
typedef struct
{
  DfiLayout     layout;
  size_t        rank;   /* r */
  const guint8 *packed; /* (r, B), of any alignment */
  const float  *scale;  /* (r, S) */
} DfiBasis;

/* Fills in the rest from @layout's taps and shapes; FALSE when one is 0 or D passes G_MAXINT, so that D fits BLAS's sizes. */
gboolean dfi_layout_complete (DfiLayout *layout);
gboolean dfi_layout_equal (const DfiLayout *a, const DfiLayout *b);
/* Of the features that @pass gives; FALSE as above. */
gboolean dfi_layout_of_pass (DfiLayout *layout, const DfiPass *pass);

/* @row (D), finite -> @packed (B), @scale (S) */
void dfi_basis_quantise (const DfiLayout *layout, guint8 *packed, float *scale, const float *row);

/* @packed (B), @scale (S) -> @row (D) */
void dfi_basis_unpack (const DfiLayout *layout, float *row, const guint8 *packed, const float *scale);

/* @code (r) = basis @features (D), the mean already taken off */
void dfi_basis_project (const DfiBasis *basis, double *code, const float *features);

/* @features (D) = basis^T @code (r) */
void dfi_basis_combine (const DfiBasis *basis, float *features, const double *code);

#endif
