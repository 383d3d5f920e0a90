/* Source: Halko, Martinsson and Tropp, "Finding structure with randomness", SIAM Review 53 (2011), sections 4.5 and 5.5. */

#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/linalg.h"
#include "build/moments.h"
#include "build/subspace.h"

#define EXTRA_SHARE 0.02 /* of an attribute's mean difference; the basis may miss less than that without a row for it */
#define EXTRA_ROWS  8    /* at most one row in so many goes to mean differences */

/* The sums. */
#define MOMENTS "moments" /* (rank + A, D) floats: basis times covariance, then mean differences */
#define INNER   "inner"   /* (rank, rank): products of the pictures' coordinates in the basis */

/* Rows that the database will have at most. */
static int
wanted_rows (const DfiBuildState *state)
{
  size_t rows = MIN ((size_t) state->plan->rows, dfi_state_count_faces (state) / 2);

  return MIN (rows, (size_t) state->bases[0].rank);
}

static gboolean
start (DfiBuildState *state, GError **error)
{
  size_t rank = state->bases[0].rank;

  return dfi_state_has (state->mean, error) &&
         dfi_sums_enter (&state->sums, MOMENTS, sizeof (float), rank + state->plan->n_attributes, state->layout.n_features,
                         error) &&
         dfi_sums_enter (&state->sums, INNER, sizeof (double), rank, rank, error);
}

/* ---------- attributes' weights ---------- */

/* Place in the weights (A, 3, 2) for a face that is on @side of attribute @a, in the group that its side of the first of
 * `within` puts it in. */
static size_t
weight_index (const DfiBuildPlan *plan, const guint8 *labels, int a, int side)
{
  int within = plan->attributes[a].within[0];
  int group  = within < 0 ? 0 : dfi_labels_side (labels, plan->attributes, within) + 1;

  return ((size_t) a * 3 + group) * 2 + (side < 0);
}

/* @weights (A, 3, 2), zero, become the numbers of faces. */
static void
count_sides (const DfiBuildState *state, double *weights)
{
  const DfiBuildPlan *plan = state->plan;

  for (size_t file = 0; file < plan->n_files; file++)
    for (int a = 0; dfi_state_uses (state, file) && a < plan->n_attributes; a++)
      {
        const guint8 *labels = dfi_plan_labels (plan, file);
        int           side   = dfi_labels_side (labels, plan->attributes, a);

        if (side != 0)
          weights[weight_index (plan, labels, a, side)] += 1.0;
      }
}

/* From the numbers of faces to weights (A, 3, 2): with these the sum of all features is the mean difference within the groups
 * that an edit can take its neighbours from, each group counting as much as its smaller side has faces.  NULL with
 * DFI_ERROR_MEMORY. */
static double *
weigh_attributes (const DfiBuildState *state, GError **error)
{
  int     n       = state->plan->n_attributes;
  double *weights = dfi_try_alloc (n, 6 * sizeof *weights, error);

  if (! weights)
    return NULL;

  memset (weights, 0, n * 6 * sizeof *weights);
  count_sides (state, weights);
  for (int a = 0; a < n; a++)
    {
      double (*counts)[2] = (double (*)[2]) (weights + (size_t) a * 6);
      double smaller[3], total = 0.0;

      for (int group = 0; group < 3; group++)
        {
          smaller[group] = MIN (counts[group][0], counts[group][1]);
          smaller[group] *= smaller[group] >= DFI_NEIGHBOURS_MIN;
          total += smaller[group];
        }
      for (int group = 0; group < 3; group++)
        {
          gboolean counted = smaller[group] > 0.0;

          counts[group][0] = counted ? smaller[group] / total / counts[group][0] : 0.0;
          counts[group][1] = counted ? -smaller[group] / total / counts[group][1] : 0.0;
        }
    }
  return weights;
}

/* ---------- the stage ---------- */

static gboolean
add_batch (DfiBuildState *state, DfiBatch *batch, GError **error)
{
  const DfiBuildPlan *plan    = state->plan;
  size_t              length  = state->layout.n_features;
  int                 n       = batch->n;
  int                 rank    = state->bases[0].rank;
  int                 columns = rank + plan->n_attributes;
  const double       *weights;

  if (! dfi_state_has (state->bases[0].rows, error))
    return FALSE;
  if (! batch->own && ! (batch->own = weigh_attributes (state, error)))
    return FALSE;

  weights = batch->own;
  if (! dfi_batch_project (state, batch, &state->bases[0], batch->features, batch->coefficients, columns, error))
    return FALSE;
  for (int i = 0; i < n; i++)
    for (int a = 0; a < plan->n_attributes; a++)
      {
        const guint8 *labels = dfi_plan_labels (plan, batch->members[i]);
        int           side   = dfi_labels_side (labels, plan->attributes, a);

        batch->coefficients[(size_t) i * columns + rank + a] = side ? weights[weight_index (plan, labels, a, side)] : 0.0;
      }

  if (! dfi_batch_add_sums (state, n, batch->coefficients, columns, batch->features, length,
                            dfi_sums_find (&state->sums, MOMENTS), error))
    return FALSE;
  dfi_batch_add_products (batch, columns, rank, dfi_sums_find (&state->sums, INNER));
  return TRUE;
}

static gboolean
end (DfiBuildState *state, GError **error)
{
  DfiBuildBasis *basis   = &state->bases[0];
  size_t         length  = state->layout.n_features;
  int            n_extra = state->plan->n_attributes;
  int            rows    = wanted_rows (state);
  int            spare   = MIN (n_extra, rows / EXTRA_ROWS);
  float         *extra;

  g_free (basis->rows);
  basis->rows = dfi_sums_take (&state->sums, MOMENTS);
  extra       = basis->rows + basis->rank * length;
  return dfi_rows_principal (basis->rows, &basis->rank, rows - spare, dfi_sums_find (&state->sums, INNER), length,
                             dfi_state_go_on, state, error) &&
         dfi_state_check_rank (basis, error) &&
         dfi_rows_extend (basis->rows, &basis->rank, spare, extra, n_extra, EXTRA_SHARE, length, dfi_state_go_on, state, error) &&
         dfi_build_basis_quantise (basis, dfi_state_go_on, state, error);
}

const DfiStage dfi_stage_moments = { start, add_batch, end };
