/* Source: Halko, Martinsson and Tropp, "Finding structure with randomness", SIAM Review 53 (2011), section 4.2. */

#include "config.h"

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "base/linalg.h"
#include "build/mixtures.h"
#include "build/subspace.h"

#define OVERSAMPLE 20 /* mixtures more than rows: 5 to 10 suffice (Halko et al.) */

/* The sums. */
#define MIXTURES "mixtures" /* (rank, D) floats: of the features, each times 1 or -1 */
#define SIGNS    "signs"    /* (rank): of each mixture's factors */
#define TOTAL    "total"    /* (D): of the features */

/* Fowler, Noll and Vo's hash, FNV-1a. */
static guint64
hash_name (const char *name)
{
  guint64 hash = 0xcbf29ce484222325u;

  for (; *name; name++)
    hash = (hash ^ (guint8) *name) * 0x100000001b3u;
  return hash;
}

/* Next number of a generator that counts: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014. */
static guint64
splitmix (guint64 *state)
{
  guint64 z = *state += 0x9e3779b97f4a7c15u;

  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

/* @n factors of 1 or -1, always the same for a picture, so that shards mix as the whole does. */
static void
random_signs (const char *name, float *signs, int n)
{
  guint64 state = hash_name (name), bits = 0;

  for (int i = 0; i < n; i++, bits >>= 1)
    {
      if (i % 64 == 0)
        bits = splitmix (&state);
      signs[i] = bits & 1 ? 1.0f : -1.0f;
    }
}

static gboolean
start (DfiBuildState *state, GError **error)
{
  size_t length = state->layout.n_features;

  state->rank = MIN ((size_t) state->plan->rows + OVERSAMPLE, state->plan->n_files);
  return dfi_sums_enter (&state->sums, MIXTURES, sizeof (float), state->rank, length, error) &&
         dfi_sums_enter (&state->sums, SIGNS, sizeof (double), 1, state->rank, error) &&
         dfi_sums_enter (&state->sums, TOTAL, sizeof (double), 1, length, error);
}

static gboolean
add_batch (DfiBuildState *state, DfiBatch *batch, GError **error)
{
  size_t  length      = state->layout.n_features;
  int     rank        = state->rank;
  float  *mixtures    = dfi_sums_find (&state->sums, MIXTURES);
  double *signs_total = dfi_sums_find (&state->sums, SIGNS);
  double *total       = dfi_sums_find (&state->sums, TOTAL);

  for (int i = 0; i < batch->n; i++)
    {
      float *signs = batch->coefficients + (size_t) i * rank;

      random_signs (state->plan->files[batch->members[i]], signs, rank);
      for (int j = 0; j < rank; j++)
        signs_total[j] += signs[j];
      for (size_t j = 0; j < length; j++)
        total[j] += batch->features[i * length + j];
    }
  dfi_gemm (TRUE, FALSE, rank, length, batch->n, 1.0f, batch->coefficients, rank, batch->features, length, 1.0f, mixtures,
            length);
  return TRUE;
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
  size_t        length = state->layout.n_features;
  double        n      = dfi_state_count_faces (state);
  const double *signs  = dfi_sums_find (&state->sums, SIGNS);
  const double *total  = dfi_sums_find (&state->sums, TOTAL);

  if (! check_faces (state, error) || ! (state->mean = dfi_try_alloc (length, sizeof (float), error)))
    return FALSE;

  state->basis = dfi_sums_take (&state->sums, MIXTURES);
  for (size_t j = 0; j < length; j++)
    state->mean[j] = total[j] / n;
  for (int i = 0; i < state->rank; i++)
    for (size_t j = 0; j < length; j++)
      state->basis[i * length + j] -= (float) signs[i] * state->mean[j];
  return dfi_rows_orthonormalise (state->basis, &state->rank, state->rank, length, error) && dfi_state_check_rank (state, error);
}

const DfiStage dfi_stage_mixtures = { start, add_batch, end };
