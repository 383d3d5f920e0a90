/* basis.h: directions in feature space, 4 bits an entry.
 *
 * A feature vector (D) falls into stretches that share a step: one for each channel of each tap, because channels differ
 * in size by orders of magnitude, while within one the entries are alike.  An entry's code c, 0..15, stands for
 * (c - 7.5) * step; the step is the one that costs least squared error.
 *
 *   packed (r, B)   codes of a row, two a byte, low half first; every stretch begins at a whole byte, so that where a
 *                   stretch has an odd number of entries the last half byte is not used (and 0).  B = D / 2 when all
 *                   stretches are even.
 *   scale  (r, S)   step of each row in each stretch, 0 to DFI_BASIS_STEP_MAX
 */

#ifndef DFI_BASIS_H
#define DFI_BASIS_H

#include "network/encoder.h"

/* Entries of orthonormal rows are 1 at most, for which the least code but none, 1/2, may stand. */
#define DFI_BASIS_STEP_MAX 2.0f

/* What a feature vector consists of: the taps, one after the other, and behind them, where the database knows colours, a map of
 * chroma (picture/chroma.h), multiplied by DFI_CHROMA_WEIGHT. */
typedef struct
{
  DfiTaps  taps;
  gboolean chroma;
  size_t   shape[DFI_TAPS_MAX + 1][3]; /* (C, H, W) of each tap, then of the chroma */
  size_t   n_features;                 /* D */
  size_t   n_stretches;                /* S */
  size_t   row_bytes;                  /* B */
} DfiLayout;

/* With this weight the colours of 1 in 40 faces, chosen by their places in a list, vary a twenty-fifth as much as the features
 * of the bundled network do, so that a few of the basis's directions are theirs. */
#define DFI_CHROMA_WEIGHT 170.0f

/* Reads @n bytes of a basis's packed rows (r, B) from byte @first on. FALSE with @error set. */
typedef gboolean (*DfiRowsFunc) (gpointer data, size_t first, size_t n, guint8 *packed, GError **error);

/* The packed rows are by far the largest part of a database, and are seldom needed: they are read a few at a time, every time.
 * Nothing is owned. */
typedef struct
{
  DfiLayout    layout;
  size_t       rank;  /* r */
  const float *scale; /* (r, S) */
  DfiRowsFunc  read;
  gpointer     data; /* for read() */
} DfiBasis;

typedef void (*DfiPartFunc) (size_t row, const float *entries, gpointer data);

/* The taps, and the chroma if there is any. */
int dfi_layout_parts (const DfiLayout *layout);

/* Features of part @part. */
size_t dfi_layout_part_size (const DfiLayout *layout, int part);

/* Fills in the rest from @layout's taps and shapes; FALSE when one is 0 or D passes G_MAXINT, so that D fits BLAS's sizes. */
gboolean dfi_layout_complete (DfiLayout *layout);
gboolean dfi_layout_equal (const DfiLayout *a, const DfiLayout *b);
/* The taps' shapes with @encoder for frames of @size, and the chroma's. FALSE as above, or with @error set when the encoder
 * lacks a layer. */
gboolean dfi_layout_shape (DfiLayout *layout, const DfiEncoder *encoder, int size, GError **error);

/* @row (D), finite -> @packed (B), @scale (S) */
void dfi_basis_quantise (const DfiLayout *layout, guint8 *packed, float *scale, const float *row);

/* @packed (B), @scale (S) -> @row (D) */
void dfi_basis_unpack (const DfiLayout *layout, float *row, const guint8 *packed, const float *scale);

/* Calls @use for each row with its entries (C, H, W) in one part, which it may not keep. Errors as below. */
gboolean dfi_basis_each_part (const DfiBasis *basis, int part, DfiPartFunc use, gpointer data, GError **error);

/* @code (r) = basis @features (D), the mean already taken off. DFI_ERROR_MEMORY, or what reading sets. */
gboolean dfi_basis_project (const DfiBasis *basis, double *code, const float *features, GError **error);

/* @features[i] (D) = basis^T @codes[i] (r), for i = 0 .. @n - 1. Errors as above. */
gboolean dfi_basis_combine (const DfiBasis *basis, float *const *features, const double *const *codes, int n, GError **error);

#endif
