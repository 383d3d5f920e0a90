/* The basis of a database: its layout, how its rows are quantised, and the products with them. */

#include "config.h"

#include <math.h>
#include <string.h>

#include "common.h"
#include "base/error.h"
#include "database/basis.h"

static const DfiLayout odd_layout = { .taps = DFI_TAPS_PAPER, .shape = { { 3, 5, 5 }, { 4, 3, 3 }, { 2, 70, 71 } } };

/* Sums of uniform numbers, which are nearly normal; channels differ in size. */
static float *
random_row (const DfiLayout *layout, int seed)
{
  float *row  = g_new0 (float, layout->n_features);
  float *part = g_new (float, layout->n_features);

  for (int s = 0; s < 6; s++)
    {
      test_uniform (100 * seed + s, part, layout->n_features);
      for (size_t i = 0; i < layout->n_features; i++)
        row[i] += (part[i] - 0.5f) * (1 + i * 20 / layout->n_features);
    }
  g_free (part);
  return row;
}

static void
test_layout (void)
{
  DfiLayout layout = odd_layout;

  g_assert_true (dfi_layout_complete (&layout));
  g_assert_cmpuint (layout.n_features, ==, 75 + 36 + 9940);
  g_assert_cmpuint (layout.n_stretches, ==, 9);
  g_assert_cmpuint (layout.row_bytes, ==, 3 * 13 + 4 * 5 + 4970);

  layout.shape[1][0] = 0;
  g_assert_false (dfi_layout_complete (&layout));
  layout.shape[1][0] = G_MAXSIZE / 4;
  g_assert_false (dfi_layout_complete (&layout));
  layout.shape[1][0] = 1 << 28;
  g_assert_false (dfi_layout_complete (&layout));
}

/* The least squared error of 16 even steps for normally distributed numbers is 1.15% of their energy (Max, "Quantizing for
 * minimum distortion", 1960, table II). */
static void
test_quantise (void)
{
  DfiLayout layout = odd_layout;
  float    *row, *back, *scale;
  guint8   *packed;
  double    energy = 0.0, noise = 0.0;

  g_assert_true (dfi_layout_complete (&layout));
  row    = random_row (&layout, 1);
  back   = g_new (float, layout.n_features);
  packed = g_malloc (layout.row_bytes);
  scale  = g_new (float, layout.n_stretches);

  dfi_basis_quantise (&layout, packed, scale, row);
  dfi_basis_unpack (&layout, back, packed, scale);
  for (size_t i = 0; i < layout.n_features; i++)
    {
      energy += row[i] * row[i];
      noise += (row[i] - back[i]) * (row[i] - back[i]);
    }
  g_test_message ("noise is %.4f of the energy", noise / energy);
  g_assert_cmpfloat (noise, <, 0.0125 * energy);

  memset (row, 0, layout.n_features * sizeof *row);
  row[80] = 1e-38f;
  dfi_basis_quantise (&layout, packed, scale, row);
  dfi_basis_unpack (&layout, back, packed, scale);
  for (size_t i = 0; i < layout.n_features; i++)
    g_assert_cmpfloat (fabsf (back[i]), <=, 1e-38f);

  g_free (scale);
  g_free (packed);
  g_free (back);
  g_free (row);
}

/* The rows of a basis in memory. */
typedef struct
{
  DfiBasis basis;
  guint8  *packed;
  size_t   left; /* bytes that may be read before that fails */
} Memory;

static gboolean
read_rows (gpointer data, size_t first, size_t n, guint8 *packed, GError **error)
{
  Memory *memory = data;

  g_assert_cmpuint (first + n, <=, memory->basis.rank * memory->basis.layout.row_bytes);
  if (memory->left < n)
    {
      g_set_error_literal (error, DFI_ERROR, DFI_ERROR_IO, "worn out");
      return FALSE;
    }
  memory->left -= n;
  memcpy (packed, memory->packed + first, n);
  return TRUE;
}

/* Rows as dfi_basis_each_part() gives them, against those that are unpacked. */
typedef struct
{
  float *const *rows;
  size_t        first, n; /* of the part's entries */
  size_t        calls;
} PartRows;

static void
compare_row (size_t row, const float *entries, gpointer data)
{
  PartRows *expected = data;

  g_assert_cmpuint (row, ==, expected->calls++);
  g_assert_cmpmem (entries, expected->n * sizeof (float), expected->rows[row] + expected->first, expected->n * sizeof (float));
}

/* Both products against plain sums over the unpacked rows, of which the last stands alone in a block of its own. */
static void
test_products (void)
{
  enum
  {
    RANK = 33
  };
  Memory        memory = { .basis = { .layout = odd_layout, .rank = RANK, .read = read_rows }, .left = G_MAXSIZE };
  DfiLayout    *layout = &memory.basis.layout;
  GError       *error  = NULL;
  float        *rows[RANK], *features, *sums[2], *scale;
  double        code[RANK], ones[RANK], worst = 0.0;
  const double *codes[2] = { code, ones };
  size_t        before   = 0;

  g_assert_true (dfi_layout_complete (layout));
  memory.packed      = g_malloc (RANK * layout->row_bytes);
  memory.basis.scale = scale = g_new (float, RANK * layout->n_stretches);
  memory.basis.data          = &memory;
  features                   = random_row (layout, 50);
  for (int k = 0; k < 2; k++)
    sums[k] = g_new (float, layout->n_features);
  for (int r = 0; r < RANK; r++)
    {
      rows[r] = random_row (layout, r);
      dfi_basis_quantise (layout, memory.packed + r * layout->row_bytes, scale + r * layout->n_stretches, rows[r]);
      dfi_basis_unpack (layout, rows[r], memory.packed + r * layout->row_bytes, scale + r * layout->n_stretches);
    }

  g_assert_true (dfi_basis_project (&memory.basis, code, features, &error));
  for (int r = 0; r < RANK; r++)
    {
      double expected = 0.0, size = 0.0;

      for (size_t i = 0; i < layout->n_features; i++)
        {
          expected += (double) rows[r][i] * features[i];
          size += fabs ((double) rows[r][i] * features[i]);
        }
      g_assert_cmpfloat (fabs (code[r] - expected), <, 1e-6 * size);
    }

  for (int r = 0; r < RANK; r++)
    {
      code[r] = (r % 5) - 1.5;
      ones[r] = 1.0;
    }
  memory.left = RANK * layout->row_bytes; /* each row once, however many sums there are */
  g_assert_true (dfi_basis_combine (&memory.basis, sums, codes, 2, &error));
  for (int k = 0; k < 2; k++)
    for (size_t i = 0; i < layout->n_features; i++)
      {
        double expected = 0.0;

        for (int r = 0; r < RANK; r++)
          expected += codes[k][r] * rows[r][i];
        worst = MAX (worst, fabs (sums[k][i] - expected));
      }
  g_test_message ("sums differ by %.1e at most", worst);
  g_assert_cmpfloat (worst, <, 1e-3); /* sums reach 2000 */
  memory.left = G_MAXSIZE;

  for (int p = 0; p < dfi_layout_parts (layout); p++)
    {
      PartRows expected = { rows, before, dfi_layout_part_size (layout, p), 0 };

      g_assert_true (dfi_basis_each_part (&memory.basis, p, compare_row, &expected, &error));
      g_assert_cmpuint (expected.calls, ==, RANK);
      before += expected.n;
      memory.left = G_MAXSIZE;
    }

  memory.left = RANK * layout->row_bytes - 1;
  g_assert_false (dfi_basis_project (&memory.basis, code, features, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
  g_clear_error (&error);
  memory.left = RANK * layout->row_bytes - 1;
  g_assert_false (dfi_basis_combine (&memory.basis, sums, codes, 2, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
  g_clear_error (&error);

  for (int r = 0; r < RANK; r++)
    g_free (rows[r]);
  for (int k = 0; k < 2; k++)
    g_free (sums[k]);
  g_free (features);
  g_free (scale);
  g_free (memory.packed);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/basis/layout", test_layout);
  g_test_add_func ("/basis/quantise", test_quantise);
  g_test_add_func ("/basis/products", test_products);
  return g_test_run ();
}
