/* Source: Halko, Martinsson and Tropp, "Finding structure with randomness", SIAM Review 53 (2011), section 4.2. */

#include "config.h"

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "base/linalg.h"
#include "build/mixtures.h"
#include "build/signs.h"
#include "build/subspace.h"

#define OVERSAMPLE 20 /* mixtures more than rows: 5 to 10 suffice (Halko et al.) */

/* The sums. */
#define MIXTURES "mixtures" /* (rank, D) floats: of the features, each times 1 or -1 */
#define SIGNS    "signs"    /* (rank): of each mixture's factors */
#define TOTAL    "total"    /* (D): of the features */

static gboolean
start (DfiBuildState *state, GError **error)
{
  size_t length = state->layout.n_features;
  int    rank   = MIN ((size_t) state->plan->rows + OVERSAMPLE, state->plan->n_files);

  state->bases[0].rank = rank;
  return dfi_sums_enter (&state->sums, MIXTURES, sizeof (float), rank, length, error) &&
         dfi_sums_enter (&state->sums, SIGNS, sizeof (double), 1, rank, error) &&
         dfi_sums_enter (&state->sums, TOTAL, sizeof (double), 1, length, error);
}

static gboolean
add_batch (DfiBuildState *state, DfiBatch *batch, GError **error)
{
  size_t  length      = state->layout.n_features;
  int     rank        = state->bases[0].rank;
  float  *mixtures    = dfi_sums_find (&state->sums, MIXTURES);
  double *signs_total = dfi_sums_find (&state->sums, SIGNS);
  double *total       = dfi_sums_find (&state->sums, TOTAL);

  for (int i = 0; i < batch->n; i++)
    {
      float *signs = batch->coefficients + (size_t) i * rank;

      dfi_signs_draw (state->plan->files[batch->members[i]], 0, signs, rank);
      for (int j = 0; j < rank; j++)
        signs_total[j] += signs[j];
      for (size_t j = 0; j < length; j++)
        total[j] += batch->features[i * length + j];
    }
  return dfi_batch_add_sums (state, batch->n, batch->coefficients, rank, batch->features, length, mixtures, error);
}

static gboolean
check_faces (const DfiBuildState *state, GError **error)
{
  size_t n_faces = dfi_state_count_faces (state);

  if (n_faces >= DFI_BUILD_FACES_MIN)
    return TRUE;

  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
               _ ("Only %zu of the %zu pictures can be used, where a database needs at least "
                  "%d. Check the folder of the pictures and the names in the list of labels."),
               n_faces, state->plan->n_files, DFI_BUILD_FACES_MIN);
  return FALSE;
}

static gboolean
end (DfiBuildState *state, GError **error)
{
  DfiBuildBasis *basis  = &state->bases[0];
  size_t         length = state->layout.n_features;
  double         n      = dfi_state_count_faces (state);
  const double  *signs  = dfi_sums_find (&state->sums, SIGNS);
  const double  *total  = dfi_sums_find (&state->sums, TOTAL);

  if (! check_faces (state, error) || ! (state->mean = dfi_try_alloc (length, sizeof (float), error)))
    return FALSE;

  basis->rows = dfi_sums_take (&state->sums, MIXTURES);
  for (size_t j = 0; j < length; j++)
    state->mean[j] = total[j] / n;
  for (int i = 0; i < basis->rank; i++)
    {
      if (! dfi_state_go_on (state))
        return dfi_error_set_cancelled (error);
      for (size_t j = 0; j < length; j++)
        basis->rows[i * length + j] -= (float) signs[i] * state->mean[j];
    }
  return dfi_rows_orthonormalise (basis->rows, &basis->rank, basis->rank, length, dfi_state_go_on, state, error) &&
         dfi_state_check_rank (basis, error);
}

const DfiStage dfi_stage_mixtures = { start, add_batch, end };
