/* Linear algebra on small cases that can be worked out by hand. */

#include "config.h"

#include <math.h>
#include <string.h>

#include "common.h"
#include "base/error.h"
#include "base/linalg.h"
#include "build/subspace.h"

static void
assert_rows (const float *rows, const float *expected, int n)
{
  for (int i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (fabsf (rows[i]), expected[i], 1e-5); /* a direction has no sign */
}

static void
test_eigen (void)
{
  double  a[4]  = { 2, 1, 1, 2 }, values[2];
  GError *error = NULL;

  g_assert_true (dfi_symmetric_eigen (a, 2, values, &error));
  g_assert_cmpfloat_with_epsilon (values[0], 1.0, 1e-12);
  g_assert_cmpfloat_with_epsilon (values[1], 3.0, 1e-12);
  g_assert_cmpfloat_with_epsilon (a[0], -a[1], 1e-12); /* (1, -1) / sqrt (2) belongs to 1 */
  g_assert_cmpfloat_with_epsilon (a[2], a[3], 1e-12);
  g_assert_cmpfloat_with_epsilon (fabs (a[3]), sqrt (0.5), 1e-12);
}

static void
test_solve (void)
{
  double  a[4] = { 4, 2, 2, 3 }, b[4] = { 2, 5, 4, 2 }, saddle[4] = { 1, 2, 2, 1 };
  GError *error = NULL;

  g_assert_true (dfi_positive_solve (a, 2, b, 2, &error));
  g_assert_cmpfloat_with_epsilon (b[0], -0.5, 1e-12);
  g_assert_cmpfloat_with_epsilon (b[1], 2.0, 1e-12);
  g_assert_cmpfloat_with_epsilon (b[2], 1.0, 1e-12);
  g_assert_cmpfloat_with_epsilon (b[3], 0.0, 1e-12);

  g_assert_false (dfi_positive_solve (saddle, 2, b, 1, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_error_free (error);
}

static void
test_gram (void)
{
  const float a[6] = { 1, 2, 3, 4, 5, 6 }, expected[4] = { 14, 32, 32, 77 };
  float       c[4] = { NAN, NAN, NAN, NAN };
  int         before;

  dfi_gram (2, 3, a, c);
  g_assert_cmpmem (c, sizeof c, expected, sizeof expected);

  before = dfi_linalg_threads (1);
  g_assert_cmpint (before, >=, 1);
  g_assert_cmpint (dfi_linalg_threads (before), ==, 1);
}

/* Three rows in a plane: two directions, the one that they have most of first. */
static void
test_orthonormalise (void)
{
  float   rows[12]     = { 3, 0, 0, 0, 0, 0, 1, 0, 3, 0, 1, 0 };
  float   expected[8]  = { 0.97325f, 0, 0.22975f, 0, 0.22975f, 0, 0.97325f, 0 };
  float   endless[4]   = { 1, INFINITY, 0, 0 };
  float   nothing[4]   = { 0, 0, 0, 0 };
  double  expected_sum = 0.0;
  GError *error        = NULL;
  int     n            = 3;

  /* The products' eigenvectors: of [18 3; 3 2], the angle is atan2 (6, 16) / 2. */
  expected[0] = expected[6] = cos (0.5 * atan2 (6.0, 16.0));
  expected[2] = expected[4] = sin (0.5 * atan2 (6.0, 16.0));
  g_assert_true (dfi_rows_orthonormalise (rows, &n, 3, 4, NULL, NULL, &error));
  g_assert_cmpint (n, ==, 2);
  assert_rows (rows, expected, 8);
  for (int i = 0; i < 4; i++)
    expected_sum += rows[i] * rows[4 + i];
  g_assert_cmpfloat_with_epsilon (expected_sum, 0.0, 1e-6);

  n = 2;
  g_assert_true (dfi_rows_orthonormalise (rows, &n, 1, 4, NULL, NULL, &error));
  g_assert_cmpint (n, ==, 1);

  n = 1;
  g_assert_true (dfi_rows_orthonormalise (nothing, &n, 1, 4, NULL, NULL, &error));
  g_assert_cmpint (n, ==, 0);

  n = 1;
  g_assert_false (dfi_rows_orthonormalise (endless, &n, 1, 4, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_error_free (error);
}

static void
test_straighten (void)
{
  float   rows[6] = { 1.0001f, 0.0001f, 0, 0, 0.9999f, 0.0002f };
  double *products;
  GError *error = NULL;

  g_assert_true (dfi_rows_straighten (rows, 2, 3, NULL, NULL, &error));
  products = dfi_rows_products (rows, 2, rows, 2, 3, NULL, NULL, &error);
  g_assert_cmpfloat_with_epsilon (products[0], 1.0, 1e-6);
  g_assert_cmpfloat_with_epsilon (products[1], 0.0, 1e-6);
  g_assert_cmpfloat_with_epsilon (products[2], 0.0, 1e-6);
  g_assert_cmpfloat_with_epsilon (products[3], 1.0, 1e-6);
  g_assert_cmpfloat (rows[0], >, 0.99);
  g_assert_cmpfloat (rows[4], >, 0.99);
  g_free (products);
}

/* The covariance is diag (1, 5, 3) on the first three axes, which are the rows of Q. */
static void
test_principal (void)
{
  float       rows[12]    = { 1, 0, 0, 0, 0, 5, 0, 0, 0, 0, 3, 0 };
  double      within[9]   = { 1, 0, 0, 0, 5, 0, 0, 0, 3 };
  const float expected[8] = { 0, 1, 0, 0, 0, 0, 1, 0 };
  GError     *error       = NULL;
  int         n           = 3;

  g_assert_true (dfi_rows_principal (rows, &n, 2, within, 4, NULL, NULL, &error));
  g_assert_cmpint (n, ==, 2);
  assert_rows (rows, expected, 8);
}

/* Of (2, 1, 0) the span of (1, 0, 0) misses a fifth, of (5, 0, 1) a twenty-sixth, which is too little. */
static void
test_extend (void)
{
  float       rows[9]     = { 1, 0, 0 };
  float       extra[6]    = { 5, 0, 1, 2, 1, 0 };
  const float expected[6] = { 1, 0, 0, 0, 1, 0 };
  GError     *error       = NULL;
  int         n           = 1;

  g_assert_true (dfi_rows_extend (rows, &n, 2, extra, 2, 0.1, 3, NULL, NULL, &error));
  g_assert_cmpint (n, ==, 2);
  assert_rows (rows, expected, 6);
}

/* ---------- stopping ---------- */

static gboolean
count_down (gpointer left)
{
  return --*(int *) left != 0;
}

/* Asked between blocks of columns, and for each row that is added: all ends at any of these questions. */
static void
test_stopped (void)
{
  const int    n_rows = 6, n_extra = 4;
  const size_t length = 10000;
  float       *rows   = g_new (float, (n_rows + n_extra) * length);
  double      *within = g_new (double, n_rows *n_rows);
  gboolean     done   = FALSE;
  int          calls  = 0;

  while (! done)
    {
      int     left = ++calls, n = n_rows;
      GError *error = NULL;

      g_assert_cmpint (calls, <, 1000);
      test_uniform (3, rows, (n_rows + n_extra) * length);
      for (int i = 0; i < n_rows * n_rows; i++)
        within[i] = i % (n_rows + 1) == 0;
      done = dfi_rows_principal (rows, &n, n_rows, within, length, count_down, &left, &error) &&
             dfi_rows_extend (rows, &n, 2, rows + n_rows * length, n_extra, 0.0, length, count_down, &left, &error);
      if (! done)
        {
          g_assert_error (error, DFI_ERROR, DFI_ERROR_CANCELLED);
          g_assert_cmpint (left, ==, 0); /* not asked after that */
          g_error_free (error);
        }
    }
  g_assert_cmpint (calls, >, 5 * 3 + 2 * (3 + n_extra) + 2 * n_extra); /* three blocks each, and so on */
  g_free (within);
  g_free (rows);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/linalg/gram", test_gram);
  g_test_add_func ("/linalg/eigen", test_eigen);
  g_test_add_func ("/linalg/solve", test_solve);
  g_test_add_func ("/subspace/orthonormalise", test_orthonormalise);
  g_test_add_func ("/subspace/straighten", test_straighten);
  g_test_add_func ("/subspace/principal", test_principal);
  g_test_add_func ("/subspace/extend", test_extend);
  g_test_add_func ("/subspace/stopped", test_stopped);
  return g_test_run ();
}
