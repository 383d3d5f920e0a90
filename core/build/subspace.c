#include "config.h"

#include <math.h>
#include <string.h>

#include "base/linalg.h"
#include "build/subspace.h"

#define COLUMNS   4096 /* a single-precision product runs over this many, then is added up in double */
#define TOLERANCE 1e-9 /* of the largest eigenvalue; what lies below is rounding in single-precision products */

static gboolean
proceed (DfiGoOnFunc go_on, gpointer data, GError **error)
{
  return ! go_on || go_on (data) || dfi_error_set_cancelled (error);
}

double *
dfi_rows_products (const float *a,
                   int          n_a,
                   const float *b,
                   int          n_b,
                   size_t       length,
                   DfiGoOnFunc  go_on,
                   gpointer     data,
                   GError     **error)
{
  size_t  count    = (size_t) n_a * n_b;
  double *products = dfi_try_alloc (count, sizeof *products, error);
  float  *part     = products ? dfi_try_alloc (count, sizeof *part, error) : NULL;

  if (! part)
    {
      g_free (products);
      return NULL;
    }

  memset (products, 0, count * sizeof *products);
  for (size_t at = 0; at < length; at += COLUMNS)
    {
      if (! proceed (go_on, data, error))
        {
          g_clear_pointer (&products, g_free);
          break;
        }
      dfi_gemm (FALSE, TRUE, n_a, n_b, MIN (COLUMNS, length - at), 1.0f, a + at, length, b + at, length, 0.0f, part, n_b);
      for (size_t i = 0; i < count; i++)
        products[i] += part[i];
    }

  g_free (part);
  return products;
}

/* @rows (n, length) -> @matrix (m, n) times rows, m <= n, in place, a block of columns at a time. */
static gboolean
transform (float *rows, int n, const double *matrix, int m, size_t length, DfiGoOnFunc go_on, gpointer data, GError **error)
{
  float   *single = dfi_try_alloc ((size_t) m * n, sizeof *single, error);
  float   *block  = single ? dfi_try_alloc ((size_t) m * COLUMNS, sizeof *block, error) : NULL;
  gboolean done   = TRUE;

  if (! block)
    {
      g_free (single);
      return FALSE;
    }

  for (size_t i = 0; i < (size_t) m * n; i++)
    single[i] = matrix[i];
  for (size_t at = 0; at < length && (done = proceed (go_on, data, error)); at += COLUMNS)
    {
      int width = MIN (COLUMNS, length - at);

      dfi_gemm (FALSE, FALSE, m, width, n, 1.0f, single, n, rows + at, length, 0.0f, block, width);
      for (int i = 0; i < m; i++)
        memcpy (rows + i * length + at, block + (size_t) i * width, width * sizeof *block);
    }

  g_free (block);
  g_free (single);
  return done;
}

/* @rows (n, length) -> rows whitened by the positive semidefinite @metric (n, n), which is destroyed: one row
 * lambda^-1/2 v^T rows for each of its at most @keep largest eigenpairs.  @n becomes their number. */
static gboolean
whiten (float *rows, int *n, int keep, double *metric, size_t length, DfiGoOnFunc go_on, gpointer data, GError **error)
{
  int      size = *n, found = 0;
  double  *values = dfi_try_alloc (size, sizeof *values, error);
  double  *matrix = values ? dfi_try_alloc ((size_t) size * size, sizeof *matrix, error) : NULL;
  gboolean done   = matrix && dfi_symmetric_eigen (metric, size, values, error);

  for (int i = size - 1; done && i >= 0 && found < keep && values[i] > TOLERANCE * values[size - 1]; i--, found++)
    for (int j = 0; j < size; j++)
      matrix[(size_t) found * size + j] = metric[(size_t) i * size + j] / sqrt (values[i]);
  if (done && found > 0)
    done = transform (rows, size, matrix, found, length, go_on, data, error);
  if (done)
    *n = found;

  g_free (matrix);
  g_free (values);
  return done;
}

gboolean
dfi_rows_orthonormalise (float *rows, int *n, int keep, size_t length, DfiGoOnFunc go_on, gpointer data, GError **error)
{
  double  *products = dfi_rows_products (rows, *n, rows, *n, length, go_on, data, error);
  gboolean done     = products && whiten (rows, n, keep, products, length, go_on, data, error);

  g_free (products);
  return done && (*n == 0 || dfi_rows_straighten (rows, *n, length, go_on, data, error));
}

/* P^-1/2 rows, P = rows rows^T (Loewdin's orthogonalisation): for P = I + E with small E, P^-1/2 = I - E / 2 up to E^2.
 * What is mended here is rounding, so that E^2 is nothing. */
gboolean
dfi_rows_straighten (float *rows, int n, size_t length, DfiGoOnFunc go_on, gpointer data, GError **error)
{
  double  *products = dfi_rows_products (rows, n, rows, n, length, go_on, data, error);
  gboolean done;

  if (! products)
    return FALSE;

  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++)
      products[(size_t) i * n + j] = (i == j ? 1.5 : 0.0) - products[(size_t) i * n + j] / 2.0;
  done = transform (rows, n, products, n, length, go_on, data, error);
  g_free (products);
  return done;
}

gboolean
dfi_rows_principal (float      *rows,
                    int        *n,
                    int         keep,
                    double     *within,
                    size_t      length,
                    DfiGoOnFunc go_on,
                    gpointer    data,
                    GError    **error)
{
  return whiten (rows, n, *n, within, length, go_on, data, error) &&
         (*n == 0 || dfi_rows_orthonormalise (rows, n, keep, length, go_on, data, error));
}

static double
dot (const float *a, const float *b, size_t length)
{
  double sum = 0.0;

  for (size_t i = 0; i < length; i++)
    sum += (double) a[i] * b[i];
  return sum;
}

/* @target -= factor @row */
static void
subtract (float *target, const float *row, double factor, size_t length)
{
  for (size_t i = 0; i < length; i++)
    target[i] -= (float) factor * row[i];
}

/* Takes the span of @rows (n, length) off @extra. */
static gboolean
remove_span (float *extra, int n_extra, const float *rows, int n, size_t length, DfiGoOnFunc go_on, gpointer data, GError **error)
{
  double  *products = dfi_rows_products (extra, n_extra, rows, n, length, go_on, data, error);
  gboolean done     = products != NULL;

  for (int e = 0; done && e < n_extra && (done = proceed (go_on, data, error)); e++)
    for (int i = 0; i < n; i++)
      subtract (extra + e * length, rows + i * length, products[(size_t) e * n + i], length);
  g_free (products);
  return done;
}

/* The row of @extra of which the largest share of its first squared length is left. */
static int
most_missed (const float *extra, int n_extra, const double *whole, double *share, size_t length)
{
  int best = 0;

  *share = 0.0;
  for (int e = 0; e < n_extra; e++)
    {
      const float *row  = extra + e * length;
      double       left = whole[e] > 0.0 ? dot (row, row, length) / whole[e] : 0.0;

      if (left > *share)
        {
          *share = left;
          best   = e;
        }
    }
  return best;
}

/* Adds the row of @extra that is missed most to @rows as row @n, and takes it off all of @extra. */
static gboolean
add_row (float      *rows,
         int         n,
         float      *extra,
         int         n_extra,
         int         best,
         double      squared,
         size_t      length,
         DfiGoOnFunc go_on,
         gpointer    data,
         GError    **error)
{
  float *added = rows + n * length;

  memset (added, 0, length * sizeof *added);
  subtract (added, extra + best * length, -1.0 / sqrt (squared), length);
  for (int e = 0; e < n_extra; e++)
    {
      if (! proceed (go_on, data, error))
        return FALSE;
      subtract (extra + e * length, added, dot (extra + e * length, added, length), length);
    }
  return TRUE;
}

gboolean
dfi_rows_extend (float      *rows,
                 int        *n,
                 int         keep,
                 float      *extra,
                 int         n_extra,
                 double      share,
                 size_t      length,
                 DfiGoOnFunc go_on,
                 gpointer    data,
                 GError    **error)
{
  double  *whole = dfi_try_alloc (n_extra, sizeof *whole, error);
  gboolean done;

  if (! whole)
    return FALSE;
  for (int e = 0; e < n_extra; e++)
    whole[e] = dot (extra + e * length, extra + e * length, length);

  /* Twice, since the first time leaves what rounding leaves. */
  done = remove_span (extra, n_extra, rows, *n, length, go_on, data, error) &&
         remove_span (extra, n_extra, rows, *n, length, go_on, data, error);
  for (; done && keep > 0; keep--)
    {
      double left;
      int    best = most_missed (extra, n_extra, whole, &left, length);

      if (left < MAX (share, 1e-6)) /* less than that is rounding */
        break;
      done = add_row (rows, *n, extra, n_extra, best, left * whole[best], length, go_on, data, error);
      *n += done;
    }

  g_free (whole);
  return done;
}
