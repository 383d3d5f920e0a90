#include "config.h"

#include "base/error.h"
#include "base/linalg.h"
#include "build/coding.h"

#define RIDGE 0.01 /* of the codes' mean variance, added to each in the predictors */

/* The sums. */
#define INNER        "inner"        /* (rank, rank): products of codes */
#define CODE_TOTAL   "code-total"   /* (rank) */
#define CLASS_TOTALS "class-totals" /* (A, 2, rank): of the codes of the faces on either side */
#define CLASS_COUNTS "class-counts" /* (A, 2) */

static gboolean
start (DfiBuildState *state, GError **error)
{
  size_t   rank = state->bases[0].rank, n = state->plan->n_attributes;
  DfiSums *sums = &state->sums;
  gboolean done = dfi_state_has (state->mean, error);

  for (int b = 0; done && b <= dfi_state_details (state); b++)
    done = dfi_state_has (state->bases[b].packed, error) && dfi_state_has (state->bases[b].scale, error);
  return done && dfi_sums_enter (sums, INNER, sizeof (double), rank, rank, error) &&
         dfi_sums_enter (sums, CODE_TOTAL, sizeof (double), 1, rank, error) &&
         dfi_sums_enter (sums, CLASS_TOTALS, sizeof (double), 2 * n, rank, error) &&
         dfi_sums_enter (sums, CLASS_COUNTS, sizeof (double), n, 2, error);
}

/* ---------- codes ---------- */

static void
count_code (DfiBuildState *state, const guint8 *labels, const float *code)
{
  int     rank   = state->bases[0].rank;
  double *total  = dfi_sums_find (&state->sums, CODE_TOTAL);
  double *totals = dfi_sums_find (&state->sums, CLASS_TOTALS);
  double *counts = dfi_sums_find (&state->sums, CLASS_COUNTS);

  for (int r = 0; r < rank; r++)
    total[r] += code[r];
  for (int a = 0; a < state->plan->n_attributes; a++)
    {
      int    side  = dfi_labels_side (labels, state->plan->attributes, a);
      size_t place = 2 * (size_t) a + (side < 0);

      if (side == 0)
        continue;
      counts[place] += 1.0;
      for (int r = 0; r < rank; r++)
        totals[place * rank + r] += code[r];
    }
}

/* The batch's codes in basis @b of what @features (n, ...) have, at @codes, @length a row. */
static gboolean
code_batch (DfiBuildState *state, DfiBatch *batch, int b, const float *features, float *codes, int length, GError **error)
{
  DfiBuildBasis *basis = &state->bases[b];
  gboolean       done  = dfi_build_basis_unpack (basis, dfi_state_go_on, state, error); /* a basis that was read is packed */

  done = done && dfi_batch_project (state, batch, basis, features, codes, length, error);
  for (int i = 0; done && i < batch->n; i++)
    done = dfi_codes_round (codes + (size_t) i * length, basis->rank, error);
  return done;
}

/* Of what the basis of the whole frame leaves over, in the details. */
static gboolean
code_details (DfiBuildState *state, DfiBatch *batch, int length, GError **error)
{
  float *codes = batch->coefficients + state->bases[0].rank;

  if (! dfi_batch_subtract (state, batch, &state->bases[0], length, error))
    return FALSE;
  for (int d = 0; d < dfi_state_details (state); d++)
    {
      dfi_batch_cut (batch, state, d);
      if (! code_batch (state, batch, d + 1, batch->cut, codes, length, error))
        return FALSE;
      codes += state->bases[d + 1].rank;
    }
  return TRUE;
}

/* Behind what the bases say. */
static void
put_tones (const DfiBuildState *state, DfiBatch *batch, int length)
{
  for (int i = 0; state->tones && i < batch->n; i++)
    {
      const DfiTone *tone    = &batch->tones[i];
      float         *numbers = batch->coefficients + (size_t) (i + 1) * length - DFI_TONE_NUMBERS;

      numbers[0] = tone->luma;
      numbers[1] = tone->deviation;
      numbers[2] = tone->cb;
      numbers[3] = tone->cr;
    }
}

static gboolean
add_batch (DfiBuildState *state, DfiBatch *batch, GError **error)
{
  const int length = dfi_state_code_length (state);

  if (! code_batch (state, batch, 0, batch->features, batch->coefficients, length, error) ||
      (dfi_state_details (state) > 0 && ! code_details (state, batch, length, error)))
    return FALSE;
  put_tones (state, batch, length);
  for (int i = 0; i < batch->n; i++)
    {
      const float *code = batch->coefficients + (size_t) i * length;

      if (! dfi_codes_file_append (state->codes, code, length, error))
        return FALSE;
      count_code (state, dfi_plan_labels (state->plan, batch->members[i]), code);
    }
  dfi_batch_add_products (batch, length, state->bases[0].rank, dfi_sums_find (&state->sums, INNER));
  return TRUE;
}

/* ---------- predictors ---------- */

/* From the sums of products @inner (rank, rank) to the codes' covariance, made positive definite. */
static void
finish_covariance (const DfiBuildState *state, double *inner)
{
  const double *total = dfi_sums_find (&state->sums, CODE_TOTAL);
  size_t        rank  = state->bases[0].rank;
  double        n     = dfi_state_count_faces (state);
  double        trace = 0.0;

  for (size_t i = 0; i < rank; i++)
    for (size_t j = 0; j < rank; j++)
      inner[i * rank + j] = inner[i * rank + j] / n - total[i] / n * (total[j] / n);
  for (size_t i = 0; i < rank; i++)
    trace += inner[i * rank + i];
  for (size_t i = 0; i < rank; i++)
    inner[i * rank + i] += RIDGE * trace / rank + G_MINDOUBLE;
}

/* Fisher's linear discriminant: covariance^-1 (difference of the sides' mean codes), and a constant that puts the border
 * half way between them, whatever their numbers; the covariance is that of all faces.  Where a side has no face the rule is
 * a constant.  @rules (A, rank) is room to work in. */
static gboolean
find_predictor (DfiBuildState *state, double *rules, GError **error)
{
  size_t        rank   = state->bases[0].rank;
  int           n      = state->plan->n_attributes;
  double       *inner  = dfi_sums_find (&state->sums, INNER);
  double       *means  = dfi_sums_find (&state->sums, CLASS_TOTALS);
  const double *counts = dfi_sums_find (&state->sums, CLASS_COUNTS);

  for (size_t at = 0; at < 2 * (size_t) n; at++) /* totals to means */
    for (size_t r = 0; r < rank; r++)
      means[at * rank + r] /= MAX (counts[at], 1.0);
  for (size_t i = 0; i < n * rank; i++)
    rules[i] = means[i / rank * 2 * rank + i % rank] - means[(i / rank * 2 + 1) * rank + i % rank];

  finish_covariance (state, inner);
  if (! dfi_positive_solve (inner, rank, rules, n, error))
    return FALSE;
  for (int a = 0; a < n; a++)
    {
      const double *have = means + 2 * a * rank, *lack = have + rank;
      gboolean      both     = counts[2 * a] > 0.0 && counts[2 * a + 1] > 0.0;
      double        constant = 0.0;
      float        *rule     = state->predictor + a * (rank + 1);

      for (size_t r = 0; r < rank; r++)
        {
          rule[r] = both ? rules[a * rank + r] : 0.0;
          constant -= rule[r] * (have[r] + lack[r]) / 2.0;
        }
      rule[rank] = both ? constant : counts[2 * a] > 0.0 ? 1.0 : -1.0;
    }
  return TRUE;
}

static gboolean
end (DfiBuildState *state, GError **error)
{
  size_t   rank = state->bases[0].rank, n = state->plan->n_attributes;
  double  *rules = dfi_try_alloc (n * rank, sizeof *rules, error);
  gboolean done;

  done =
      rules && (state->predictor = dfi_try_alloc (n * (rank + 1), sizeof (float), error)) && find_predictor (state, rules, error);
  g_free (rules);
  return done;
}

const DfiStage dfi_stage_coding = { start, add_batch, end };
