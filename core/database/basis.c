/* basis.c: see basis.h for the code.  Both products run over the packed bytes in pieces that stay in the first cache.  A byte's
 * two halves meet two arrays, even entries and odd entries, which leaves plain loops that compilers turn into vector
 * instructions: so feature vectors are split before, or joined behind.  The constant 7.5 is left out of the loops and settled
 * once a stretch:
 *
 *   sum (c - 7.5) step v  =  step (sum c v  -  7.5 sum v)
 */

#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "base/vectorise.h"
#include "database/basis.h"
#include "files/tensor.h"
#include "picture/chroma.h"

#define MIDDLE 7.5f /* of the codes 0..15 */
#define PIECE  1024 /* bytes, hence 8 kB of entries */
#define LANES  64   /* partial sums of a dot product, which may then be vectors */
#define ROWS   8    /* in memory at a time; an even number */

/* ---------- layout ---------- */

/* Where a stretch lies. */
typedef struct
{
  size_t index;   /* among the S stretches */
  size_t feature; /* its first entry */
  size_t byte;    /* its first byte in a packed row */
  size_t n;       /* entries */
  int    part;
  size_t channel;
} Stretch;

/* The next stretch after @stretch, which starts out as all zeros; FALSE after the last. */
static gboolean
stretch_next (const DfiLayout *layout, Stretch *stretch)
{
  const size_t *shape;

  if (stretch->n > 0) /* else it is the first call */
    {
      stretch->index++;
      stretch->feature += stretch->n;
      stretch->byte += (stretch->n + 1) / 2;
      if (++stretch->channel == layout->shape[stretch->part][0])
        {
          stretch->channel = 0;
          stretch->part++;
        }
    }
  if (stretch->part == dfi_layout_parts (layout))
    return FALSE;

  shape      = layout->shape[stretch->part];
  stretch->n = shape[1] * shape[2];
  return TRUE;
}

int
dfi_layout_parts (const DfiLayout *layout)
{
  return dfi_taps_count (layout->taps) + (layout->chroma ? 1 : 0);
}

size_t
dfi_layout_part_size (const DfiLayout *layout, int part)
{
  return layout->shape[part][0] * layout->shape[part][1] * layout->shape[part][2];
}

gboolean
dfi_layout_complete (DfiLayout *layout)
{
  layout->n_features  = 0;
  layout->n_stretches = 0;
  layout->row_bytes   = 0;

  for (int p = 0; p < dfi_layout_parts (layout); p++)
    {
      const size_t *shape = layout->shape[p];
      size_t        part;

      if (! dfi_shape_count (shape, 3, &part) || part == 0 || part > G_MAXINT - layout->n_features)
        return FALSE;

      layout->n_features += part;
      layout->n_stretches += shape[0];
      layout->row_bytes += shape[0] * ((shape[1] * shape[2] + 1) / 2);
    }
  return TRUE;
}

gboolean
dfi_layout_equal (const DfiLayout *a, const DfiLayout *b)
{
  return a->taps == b->taps && a->chroma == b->chroma &&
         memcmp (a->shape, b->shape, dfi_layout_parts (a) * sizeof a->shape[0]) == 0;
}

gboolean
dfi_layout_shape (DfiLayout *layout, const DfiEncoder *encoder, int size, GError **error)
{
  size_t *chroma = layout->shape[dfi_taps_count (layout->taps)];

  if (! dfi_encoder_tap_shapes (encoder, layout->taps, size, size, layout->shape, error))
    return FALSE;

  chroma[0] = 2;
  chroma[1] = chroma[2] = size / DFI_CHROMA_CELL;
  if (dfi_layout_complete (layout))
    return TRUE;

  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("A frame of %d pixels gives more features than can be counted."), size);
  return FALSE;
}

/* ---------- quantising ---------- */

/* The code of x, inverse = 1 / step.  All is positive after the clamp, so that cutting the fraction off is rounding down. */
static inline int
code_of (float x, float inverse)
{
  float place = x * inverse + (MIDDLE + 0.5f);

  return (int) (place < 0.0f ? 0.0f : place > 15.0f ? 15.0f : place);
}

/* Squared error of @step, less the constant sum of x^2; and the step that is best for the codes that @step leads to. */
static float
step_error (const float *x, size_t n, float step, float *better)
{
  float inverse = 1.0f / step;
  float xl = 0.0f, ll = 0.0f; /* sums of products of entries x and levels l = c - 7.5 */

  for (size_t i = 0; i < n; i++)
    {
      float level = code_of (x[i], inverse) - MIDDLE;

      xl += x[i] * level;
      ll += level * level;
    }
  *better = xl / ll; /* no level is 0, so neither is their sum of squares */
  return step * step * ll - 2.0f * step * xl;
}

/* The step of least squared error: tried from the one that reaches the largest entry down to a fifth of it (long tails are
 * better cut), then fitted to the codes of the best. */
static float
best_step (const float *x, size_t n)
{
  float largest = 0.0f, best = 0.0f, least = INFINITY;

  for (size_t i = 0; i < n; i++)
    largest = MAX (largest, fabsf (x[i]));
  if (largest < 1e-30f) /* 1 / step and step^2 would leave the range of floats; nothing is lost */
    return 0.0f;

  for (int i = 20; i >= 4; i--)
    {
      float better, error = step_error (x, n, largest / MIDDLE * i / 20.0f, &better);

      if (error < least)
        {
          least = error;
          best  = better;
        }
    }
  return best;
}

void
dfi_basis_quantise (const DfiLayout *layout, guint8 *packed, float *scale, const float *row)
{
  Stretch stretch = { 0 };

  memset (packed, 0, layout->row_bytes);
  while (stretch_next (layout, &stretch))
    {
      const float *x       = row + stretch.feature;
      float        step    = best_step (x, stretch.n);
      float        inverse = step > 0.0f ? 1.0f / step : 0.0f;

      for (size_t i = 0; i < stretch.n; i++)
        packed[stretch.byte + i / 2] |= code_of (x[i], inverse) << (i % 2 * 4);
      scale[stretch.index] = step;
    }
}

DFI_VECTORISE
static void
unpack (float *entries, const guint8 *bytes, size_t n, float step)
{
  for (size_t i = 0; i < n / 2; i++)
    {
      entries[2 * i]     = ((bytes[i] & 15) - MIDDLE) * step;
      entries[2 * i + 1] = ((bytes[i] >> 4) - MIDDLE) * step;
    }
  if (n % 2)
    entries[n - 1] = ((bytes[n / 2] & 15) - MIDDLE) * step;
}

/* @entries (n) of one stretch of a row. */
static void
unpack_stretch (const Stretch *stretch, float *entries, const guint8 *packed, const float *scale)
{
  unpack (entries, packed + stretch->byte, stretch->n, scale[stretch->index]);
}

void
dfi_basis_unpack (const DfiLayout *layout, float *row, const guint8 *packed, const float *scale)
{
  Stretch stretch = { 0 };

  while (stretch_next (layout, &stretch))
    unpack_stretch (&stretch, row + stretch.feature, packed, scale);
}

/* ---------- products ---------- */

/* Where the even entries of a stretch begin in a split vector (2 B); its odd ones follow, an absent last one as 0. */
static size_t
split_place (const Stretch *stretch)
{
  return 2 * stretch->byte;
}

static size_t
stretch_bytes (const Stretch *stretch)
{
  return (stretch->n + 1) / 2;
}

static void
split (const DfiLayout *layout, float *halves, const float *features)
{
  Stretch stretch = { 0 };

  while (stretch_next (layout, &stretch))
    {
      const float *from = features + stretch.feature;
      float       *even = halves + split_place (&stretch), *odd = even + stretch_bytes (&stretch);

      for (size_t i = 0; i < stretch.n / 2; i++)
        {
          even[i] = from[2 * i];
          odd[i]  = from[2 * i + 1];
        }
      if (stretch.n % 2)
        {
          even[stretch.n / 2] = from[stretch.n - 1];
          odd[stretch.n / 2]  = 0.0f;
        }
    }
}

/* The two loops below are where a direction's time goes. */

/* sum of code times entry */
DFI_VECTORISE
static float
piece_dot (const float *even, const float *odd, const guint8 *bytes, size_t n)
{
  float  sums[LANES] = { 0.0f };
  float  sum         = 0.0f;
  size_t i           = 0;

  for (; i + LANES <= n; i += LANES)
    for (int k = 0; k < LANES; k++)
      sums[k] += even[i + k] * (bytes[i + k] & 15) + odd[i + k] * (bytes[i + k] >> 4);
  for (; i < n; i++)
    sum += even[i] * (bytes[i] & 15) + odd[i] * (bytes[i] >> 4);
  for (int k = 0; k < LANES; k++)
    sum += sums[k];
  return sum;
}

/* entries += weight times code, for two rows at once, which halves the traffic to and from the entries */
DFI_VECTORISE
static void
piece_add (float *restrict even, float *restrict odd, const guint8 *a, float weight_a, const guint8 *b, float weight_b, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      even[i] += weight_a * (a[i] & 15) + weight_b * (b[i] & 15);
      odd[i] += weight_a * (a[i] >> 4) + weight_b * (b[i] >> 4);
    }
}

/* Rows that are in memory. */
typedef struct
{
  const DfiLayout *layout;
  const guint8    *packed; /* (n, B) */
  const float     *scale;  /* (n, S) */
  size_t           n;
} Rows;

typedef void (*RowsUse) (const Rows *rows, size_t first, gpointer data);

static gboolean
each_rows (const DfiBasis *basis, RowsUse use, gpointer data, GError **error)
{
  const DfiLayout *layout = &basis->layout;
  guint8          *packed = dfi_try_alloc (MIN (ROWS, basis->rank), layout->row_bytes, error);
  gboolean         done   = packed != NULL;

  for (size_t first = 0; done && first < basis->rank; first += ROWS)
    {
      Rows rows = { layout, packed, basis->scale + first * layout->n_stretches, MIN (ROWS, basis->rank - first) };

      if ((done = basis->read (basis->data, first * layout->row_bytes, rows.n * layout->row_bytes, packed, error)))
        use (&rows, first, data);
    }
  g_free (packed);
  return done;
}

gboolean
dfi_basis_each_part (const DfiBasis *basis, int part, DfiPartFunc use, gpointer data, GError **error)
{
  const DfiLayout *layout  = &basis->layout;
  float           *entries = dfi_try_alloc (dfi_layout_part_size (layout, part), sizeof *entries, error);
  guint8          *packed  = entries ? dfi_try_alloc (layout->row_bytes, 1, error) : NULL;
  gboolean         done    = packed != NULL;
  size_t           start = G_MAXSIZE, end = 0; /* the part's bytes of a row */
  Stretch          stretch = { 0 };

  while (stretch_next (layout, &stretch))
    if (stretch.part == part)
      {
        start = MIN (start, stretch.byte);
        end   = stretch.byte + stretch_bytes (&stretch);
      }
  for (size_t r = 0; done && r < basis->rank; r++)
    {
      float *to = entries;

      if (! (done = basis->read (basis->data, r * layout->row_bytes + start, end - start, packed + start, error)))
        break;
      stretch = (Stretch){ 0 };
      while (stretch_next (layout, &stretch))
        if (stretch.part == part)
          {
            unpack_stretch (&stretch, to, packed, basis->scale + r * layout->n_stretches);
            to += stretch.n;
          }
      use (r, entries, data);
    }
  g_free (packed);
  g_free (entries);
  return done;
}

typedef struct
{
  const float *halves; /* (2 B) the split features */
  double      *code;   /* (r) */
} Projection;

/* Adds what the rows' codes make of the features. */
static void
project_rows (const Rows *rows, size_t first, gpointer data)
{
  const Projection *projection = data;
  const DfiLayout  *layout     = rows->layout;
  Stretch           stretch    = { 0 };

  while (stretch_next (layout, &stretch))
    for (size_t start = 0; start < stretch_bytes (&stretch); start += PIECE)
      {
        const float *even = projection->halves + split_place (&stretch) + start;
        size_t       n    = MIN (stretch_bytes (&stretch) - start, PIECE);

        for (size_t r = 0; r < rows->n; r++)
          projection->code[first + r] +=
              rows->scale[r * layout->n_stretches + stretch.index] *
              piece_dot (even, even + stretch_bytes (&stretch), rows->packed + r * layout->row_bytes + stretch.byte + start, n);
      }
}

/* Takes off what the rows make of 7.5 where they have been taken for codes. */
static void
centre_code (const DfiBasis *basis, double *code, const float *features)
{
  Stretch stretch = { 0 };

  while (stretch_next (&basis->layout, &stretch))
    {
      double sum = 0.0;

      for (size_t i = 0; i < stretch.n; i++)
        sum += features[stretch.feature + i];
      for (size_t r = 0; r < basis->rank; r++)
        code[r] -= basis->scale[r * basis->layout.n_stretches + stretch.index] * MIDDLE * sum;
    }
}

gboolean
dfi_basis_project (const DfiBasis *basis, double *code, const float *features, GError **error)
{
  float   *halves = dfi_try_alloc (2 * basis->layout.row_bytes, sizeof *halves, error);
  gboolean done   = FALSE;

  memset (code, 0, basis->rank * sizeof *code);
  if (halves)
    {
      split (&basis->layout, halves, features);
      done = each_rows (basis, project_rows, &(Projection){ halves, code }, error);
      centre_code (basis, code, features);
    }
  g_free (halves);
  return done;
}

typedef struct
{
  float               *halves; /* (n, 2 B) sums, split */
  const double *const *codes;  /* (n, r) */
  int                  n;
} Combination;

/* Adds @code (n) times the rows, split, to @halves (2 B). */
static void
add_rows (const Rows *rows, float *halves, const double *code)
{
  const DfiLayout *layout  = rows->layout;
  Stretch          stretch = { 0 };

  while (stretch_next (layout, &stretch))
    for (size_t start = 0; start < stretch_bytes (&stretch); start += PIECE)
      {
        float *even = halves + split_place (&stretch) + start;

        for (size_t r = 0; r < rows->n; r += 2)
          {
            size_t        next = r + 1 < rows->n ? r + 1 : r; /* an odd last row is its own partner, with weight 0 */
            const guint8 *here = rows->packed + r * layout->row_bytes + stretch.byte + start;
            const guint8 *with = rows->packed + next * layout->row_bytes + stretch.byte + start;

            piece_add (even, even + stretch_bytes (&stretch), here,
                       code[r] * rows->scale[r * layout->n_stretches + stretch.index], with,
                       next > r ? code[next] * rows->scale[next * layout->n_stretches + stretch.index] : 0.0,
                       MIN (stretch_bytes (&stretch) - start, PIECE));
          }
      }
}

static void
combine_rows (const Rows *rows, size_t first, gpointer data)
{
  const Combination *combination = data;

  for (int i = 0; i < combination->n; i++)
    add_rows (rows, combination->halves + i * 2 * rows->layout->row_bytes, combination->codes[i] + first);
}

/* Joins @halves (2 B), and takes off what the 7.5 have added. */
static void
join_centred (const DfiBasis *basis, float *features, const float *halves, const double *code)
{
  Stretch stretch = { 0 };

  while (stretch_next (&basis->layout, &stretch))
    {
      const float *even = halves + split_place (&stretch), *odd = even + stretch_bytes (&stretch);
      double       middle = 0.0;

      for (size_t r = 0; r < basis->rank; r++)
        middle += (float) (code[r] * basis->scale[r * basis->layout.n_stretches + stretch.index]);
      for (size_t i = 0; i < stretch.n; i++)
        features[stretch.feature + i] = (i % 2 ? odd : even)[i / 2] - MIDDLE * middle;
    }
}

gboolean
dfi_basis_combine (const DfiBasis *basis, float *const *features, const double *const *codes, int n, GError **error)
{
  const size_t size        = 2 * basis->layout.row_bytes;
  Combination  combination = { dfi_try_alloc (n * size, sizeof (float), error), codes, n };
  gboolean     done        = FALSE;

  if (combination.halves)
    {
      memset (combination.halves, 0, n * size * sizeof (float));
      done = each_rows (basis, combine_rows, &combination, error);
    }
  for (int i = 0; done && i < n; i++)
    join_centred (basis, features[i], combination.halves + i * size, codes[i]);
  g_free (combination.halves);
  return done;
}
