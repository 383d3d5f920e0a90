/* basis.c: see basis.h for the code.  Both products run over the packed bytes in pieces that stay in the first cache: a
 * byte's two halves go to (or come from) two arrays, even entries and odd entries, which leaves plain loops that compilers
 * turn into vector instructions.  The constant 7.5 is left out of them and settled once a piece:
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

void
dfi_basis_unpack (const DfiLayout *layout, float *row, const guint8 *packed, const float *scale)
{
  Stretch stretch = { 0 };

  while (stretch_next (layout, &stretch))
    for (size_t i = 0; i < stretch.n; i++)
      {
        int code = packed[stretch.byte + i / 2] >> (i % 2 * 4) & 15;

        row[stretch.feature + i] = (code - MIDDLE) * scale[stretch.index];
      }
}

/* ---------- products ---------- */

/* A piece of a stretch with its entries taken apart: entry 2 i is even[i], 2 i + 1 is odd[i]. */
typedef struct
{
  size_t feature; /* its first entry */
  size_t byte;    /* its first byte in a packed row */
  size_t bytes;   /* at most PIECE */
  size_t n;       /* entries: 2 * bytes, or one less */
  float  even[PIECE];
  float  odd[PIECE];
} Piece;

/* The piece of @stretch that begins @start bytes into it. */
static void
piece_place (Piece *piece, const Stretch *stretch, size_t start)
{
  piece->feature = stretch->feature + 2 * start;
  piece->byte    = stretch->byte + start;
  piece->bytes   = MIN ((stretch->n + 1) / 2 - start, PIECE);
  piece->n       = MIN (stretch->n - 2 * start, 2 * piece->bytes);
}

/* Takes the entries apart, an absent last one as 0; returns their sum. */
static double
piece_split (Piece *piece, const float *features)
{
  const float *x   = features + piece->feature;
  double       sum = 0.0;

  piece->odd[piece->bytes - 1] = 0.0f;
  for (size_t i = 0; i < piece->n; i++)
    {
      (i % 2 ? piece->odd : piece->even)[i / 2] = x[i];
      sum += x[i];
    }
  return sum;
}

static void
piece_join (const Piece *piece, float *features)
{
  for (size_t i = 0; i < piece->n; i++)
    features[piece->feature + i] = (i % 2 ? piece->odd : piece->even)[i / 2];
}

/* The two loops below are where a direction's time goes. */

/* sum of code times entry */
DFI_VECTORISE
static float
piece_dot (const Piece *piece, const guint8 *bytes)
{
  float  sums[LANES] = { 0.0f };
  float  sum         = 0.0f;
  size_t i           = 0;

  for (; i + LANES <= piece->bytes; i += LANES)
    for (int k = 0; k < LANES; k++)
      sums[k] += piece->even[i + k] * (bytes[i + k] & 15) + piece->odd[i + k] * (bytes[i + k] >> 4);
  for (; i < piece->bytes; i++)
    sum += piece->even[i] * (bytes[i] & 15) + piece->odd[i] * (bytes[i] >> 4);
  for (int k = 0; k < LANES; k++)
    sum += sums[k];
  return sum;
}

/* entries += weight times code, for two rows at once, which halves the traffic to and from the piece */
DFI_VECTORISE
static void
piece_add (Piece *piece, const guint8 *a, float weight_a, const guint8 *b, float weight_b)
{
  float *restrict even = piece->even;
  float *restrict odd  = piece->odd;

  for (size_t i = 0; i < piece->bytes; i++)
    {
      even[i] += weight_a * (a[i] & 15) + weight_b * (b[i] & 15);
      odd[i] += weight_a * (a[i] >> 4) + weight_b * (b[i] >> 4);
    }
}

void
dfi_basis_project (const DfiBasis *basis, double *code, const float *features)
{
  const DfiLayout *layout  = &basis->layout;
  Stretch          stretch = { 0 };
  Piece            piece;

  memset (code, 0, basis->rank * sizeof *code);
  while (stretch_next (layout, &stretch))
    for (size_t start = 0; start < (stretch.n + 1) / 2; start += PIECE)
      {
        double sum;

        piece_place (&piece, &stretch, start);
        sum = piece_split (&piece, features);
        for (size_t r = 0; r < basis->rank; r++)
          code[r] += basis->scale[r * layout->n_stretches + stretch.index] *
                     (piece_dot (&piece, basis->packed + r * layout->row_bytes + piece.byte) - MIDDLE * sum);
      }
}

/* The piece's share of basis^T code. */
static void
piece_combine (Piece *piece, const DfiBasis *basis, size_t stretch, const double *code)
{
  const DfiLayout *layout   = &basis->layout;
  double           constant = 0.0;

  memset (piece->even, 0, sizeof piece->even);
  memset (piece->odd, 0, sizeof piece->odd);
  for (size_t r = 0; r < basis->rank; r += 2)
    {
      size_t next = r + 1 < basis->rank ? r + 1 : r; /* an odd last row is its own partner, with weight 0 */
      float  here = code[r] * basis->scale[r * layout->n_stretches + stretch];
      float  with = next > r ? code[next] * basis->scale[next * layout->n_stretches + stretch] : 0.0;

      piece_add (piece, basis->packed + r * layout->row_bytes + piece->byte, here,
                 basis->packed + next * layout->row_bytes + piece->byte, with);
      constant += (double) here + with;
    }

  for (size_t i = 0; i < piece->bytes; i++)
    {
      piece->even[i] -= MIDDLE * constant;
      piece->odd[i] -= MIDDLE * constant;
    }
}

void
dfi_basis_combine (const DfiBasis *basis, float *features, const double *code)
{
  Stretch stretch = { 0 };
  Piece   piece;

  while (stretch_next (&basis->layout, &stretch))
    for (size_t start = 0; start < (stretch.n + 1) / 2; start += PIECE)
      {
        piece_place (&piece, &stretch, start);
        piece_combine (&piece, basis, stretch.index, code);
        piece_join (&piece, features);
      }
}
