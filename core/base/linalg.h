/* linalg.h: the only door to OpenBLAS and its LAPACK.  All matrices are row-major. */

#ifndef DFI_LINALG_H
#define DFI_LINALG_H

#include <glib.h>

/* c (m, n) = alpha * op(a) op(b) + beta * c, op(a) (m, k), op(b) (k, n); lda, ldb, ldc are row lengths in memory.
 * A bad size is a bug of the caller, so it is asserted here: BLAS would only print. */
void dfi_gemm (gboolean     transpose_a,
               gboolean     transpose_b,
               int          m,
               int          n,
               int          k,
               float        alpha,
               const float *a,
               int          lda,
               const float *b,
               int          ldb,
               float        beta,
               float       *c,
               int          ldc);

/* c (n, n) = a a^T, for a (n, k) */
void dfi_gram (int n, int k, const float *a, float *c);

/* How many threads OpenBLAS may use from now on; returns how many it was.  Its helpers, once woken, wait busily for a while: for
 * a few small products in between, they take more of the processors than they give. */
int dfi_linalg_threads (int n);

/* Eigenvalues (n), ascending, and orthonormal eigenvectors, one a row, of the symmetric matrix @a (n, n), which they
 * replace. FALSE with DFI_ERROR_VALUE when the iteration does not converge (only for NaN or infinite input). */
gboolean dfi_symmetric_eigen (double *a, int n, double *eigenvalues, GError **error);

/* Solves a X = b for the symmetric positive definite @a (n, n), destroyed; @b (m, n) holds one right-hand side a row and
 * is replaced by the solutions. FALSE with DFI_ERROR_VALUE when @a is not positive definite. */
gboolean dfi_positive_solve (double *a, int n, double *b, int m, GError **error);

#endif
