#include "config.h"

#include <math.h>

#include <cblas.h>
#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "base/linalg.h"

/* LAPACK's Fortran interface, which OpenBLAS carries without a header of its own in Debian's package. The hidden lengths
 * of one-character arguments come last. */
extern void dsyevd_ (const char *jobz,
                     const char *uplo,
                     const int  *n,
                     double     *a,
                     const int  *lda,
                     double     *w,
                     double     *work,
                     const int  *lwork,
                     int        *iwork,
                     const int  *liwork,
                     int        *info,
                     size_t,
                     size_t);
extern void
dposv_ (const char *uplo, const int *n, const int *nrhs, double *a, const int *lda, double *b, const int *ldb, int *info, size_t);

void
dfi_gemm (gboolean     transpose_a,
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
          int          ldc)
{
  g_assert (m > 0 && n > 0 && k > 0);
  g_assert (lda >= (transpose_a ? m : k) && ldb >= (transpose_b ? k : n) && ldc >= n);

  cblas_sgemm (CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans, m, n, k, alpha, a,
               lda, b, ldb, beta, c, ldc);
}

void
dfi_gram (int n, int k, const float *a, float *c)
{
  g_assert (n > 0 && k > 0);

  cblas_ssyrk (CblasRowMajor, CblasUpper, CblasNoTrans, n, k, 1.0f, a, k, 0.0f, c, n);
  for (int i = 1; i < n; i++)
    for (int j = 0; j < i; j++)
      c[(size_t) i * n + j] = c[(size_t) j * n + i];
}

int
dfi_linalg_threads (int n)
{
  int before = openblas_get_num_threads ();

  openblas_set_num_threads (n);
  return before;
}

gboolean
dfi_symmetric_eigen (double *a, int n, double *eigenvalues, GError **error)
{
  double   work_size;
  int      iwork_size;
  int      lwork = -1, liwork = -1, info;
  gboolean good;
  double  *work;
  int     *iwork;

  g_assert (n > 0);

  dsyevd_ ("V", "U", &n, a, &n, eigenvalues, &work_size, &lwork, &iwork_size, &liwork, &info, 1, 1);
  lwork  = (int) work_size;
  liwork = iwork_size;
  work   = dfi_try_alloc (lwork, sizeof *work, error);
  if (! work)
    return FALSE;
  iwork = dfi_try_alloc (liwork, sizeof *iwork, error);
  if (! iwork)
    {
      g_free (work);
      return FALSE;
    }

  /* Fortran's columns are our rows, so the eigenvectors come out one a row. */
  dsyevd_ ("V", "U", &n, a, &n, eigenvalues, work, &lwork, iwork, &liwork, &info, 1, 1);
  g_free (iwork);
  g_free (work);

  good = info == 0;
  for (int i = 0; i < n; i++) /* of some matrices that are not finite LAPACK says that all is well */
    good &= isfinite (eigenvalues[i]);
  if (! good)
    g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                         _ ("The principal directions of the features could not be found: the numbers are not finite."));
  return good;
}

gboolean
dfi_positive_solve (double *a, int n, double *b, int m, GError **error)
{
  int info;

  g_assert (n > 0 && m > 0);

  dposv_ ("U", &n, &m, a, &n, b, &n, &info, 1);

  if (info != 0)
    g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("A system of linear equations has no unique solution."));
  return info == 0;
}
