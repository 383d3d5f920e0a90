/* subspace.h: a few long rows, and the space that they span.
 *
 * Rows are (n, D) floats, D much longer than n.  Products of rows with rows are summed in double, since what is asked of
 * them is a square root later.
 *
 * All of it can take seconds: @go_on (nullable) is asked with @data between blocks of it, and ends it with DFI_ERROR_CANCELLED;
 * what was changed in place makes no sense then.
 */

#ifndef DFI_SUBSPACE_H
#define DFI_SUBSPACE_H

#include "base/error.h"

/* a b^T (n_a, n_b) for @a (n_a, length) and @b (n_b, length).  NULL with DFI_ERROR_MEMORY; free with g_free(). */
double *dfi_rows_products (const float *a,
                           int          n_a,
                           const float *b,
                           int          n_b,
                           size_t       length,
                           DfiGoOnFunc  go_on,
                           gpointer     data,
                           GError     **error);

/**
 * dfi_rows_orthonormalise:
 * @rows: (n, length) -> (n, length), orthonormal, of the same span, in descending order of how much the rows have of each
 * @n: (inout): becomes the dimension of the span, at most @keep: directions that have nearly nothing are dropped
 * @error: DFI_ERROR_MEMORY, or DFI_ERROR_VALUE when the rows are not finite
 *
 * Singular vectors by way of the matrix of products.
 */
gboolean dfi_rows_orthonormalise (float *rows, int *n, int keep, size_t length, DfiGoOnFunc go_on, gpointer data, GError **error);

/* The orthonormal rows nearest to @rows, which must be nearly so: mends rounding, and keeps each row what it was. */
gboolean dfi_rows_straighten (float *rows, int n, size_t length, DfiGoOnFunc go_on, gpointer data, GError **error);

/**
 * dfi_rows_principal:
 * @rows: (n, length): Q C for orthonormal rows Q and a covariance C  ->  the directions of largest variance, in that order
 * @n: (inout): becomes at most @keep
 * @within: (n, n): Q C Q^T, destroyed
 * @error: as above
 *
 * Eigenvectors of Nystroem's approximation (QC)^T (Q C Q^T)^-1 (QC) of C: Halko, Martinsson and Tropp, "Finding structure
 * with randomness", SIAM Review 53 (2011), algorithm 5.5.
 */
gboolean dfi_rows_principal (float      *rows,
                             int        *n,
                             int         keep,
                             double     *within,
                             size_t      length,
                             DfiGoOnFunc go_on,
                             gpointer    data,
                             GError    **error);

/**
 * dfi_rows_extend:
 * @rows: (n, length) orthonormal, with room for @keep more rows behind
 * @n: (inout): becomes larger by the rows that were added
 * @extra: (n_extra, length): what the span should hold too; destroyed
 * @share: extra rows are left out once all miss less than this share of their squared length
 * @error: DFI_ERROR_MEMORY
 *
 * Adds what the span misses of @extra, the one that misses the largest share first.
 */
gboolean dfi_rows_extend (float      *rows,
                          int        *n,
                          int         keep,
                          float      *extra,
                          int         n_extra,
                          double      share,
                          size_t      length,
                          DfiGoOnFunc go_on,
                          gpointer    data,
                          GError    **error);

#endif
