/* Source: Halko, Martinsson and Tropp, "Finding structure with randomness", SIAM Review 53 (2011), section 4.2.  What the basis
 * of the whole frame leaves over has no few directions that tower above the others, and there is no second pass over the
 * pictures: hence several mixtures a row. */

#include "config.h"

#include <math.h>

#include "base/error.h"
#include "base/linalg.h"
#include "build/details.h"
#include "build/signs.h"
#include "build/subspace.h"

#define MIXTURES_A_ROW 3 /* for 180 rows of the eyes 500 mixtures come close to the principal directions themselves */
#define SIGNS          1 /* the set; other signs than those of the mixtures that the whole frame's basis was made of */

/* The sums: of each detail "mixtures" (m, D') floats. */

/* What the stage keeps beside the batch. */
typedef struct
{
  size_t n_faces;
  size_t counts[DFI_ATTRIBUTES_MAX]; /* of these, that have each attribute */
  float  factors[];                  /* (DFI_BATCH, m): of the batch's pictures in each mixture */
} Room;

/* m */
static int
count_mixtures (const DfiBuildPlan *plan)
{
  return MIXTURES_A_ROW * MIN ((size_t) plan->detail_rows, plan->n_files / 2);
}

static gboolean
start (DfiBuildState *state, GError **error)
{
  gboolean done = dfi_state_has (state->mean, error) && dfi_state_has (state->bases[0].packed, error) &&
                  dfi_state_has (state->bases[0].scale, error);

  for (int d = 1; done && d <= dfi_state_details (state); d++)
    done = dfi_sums_enter (&state->sums, dfi_build_basis_tensor (&state->bases[d], "mixtures"), sizeof (float),
                           count_mixtures (state->plan), state->bases[d].layout.n_features, error);
  return done;
}

/* ---------- faces' weights ---------- */

static Room *
room_new (const DfiBuildState *state, GError **error)
{
  const DfiBuildPlan *plan = state->plan;
  Room               *room = dfi_try_alloc (1, sizeof *room + DFI_BATCH * sizeof (float) * count_mixtures (plan), error);

  if (! room)
    return NULL;
  room->n_faces = dfi_state_count_faces (state);
  for (int a = 0; a < plan->n_attributes; a++)
    {
      room->counts[a] = 0;
      for (size_t file = 0; file < plan->n_files; file++)
        room->counts[a] += dfi_state_uses (state, file) && dfi_labels_get (dfi_plan_labels (plan, file), a);
    }
  return room;
}

/* What a face is multiplied by, so that its square counts as often as it should. */
static double
weight_of (const DfiBuildPlan *plan, const Room *room, size_t file)
{
  const guint8 *labels = dfi_plan_labels (plan, file);
  size_t        rarest = room->n_faces;

  for (int a = 0; a < plan->n_attributes; a++)
    if (dfi_labels_get (labels, a))
      rarest = MIN (rarest, room->counts[a]);
  return sqrt (MIN ((double) room->n_faces / rarest, DFI_DETAIL_WEIGHT_MAX));
}

/* ---------- the stage ---------- */

static gboolean
add_batch (DfiBuildState *state, DfiBatch *batch, GError **error)
{
  DfiBuildBasis *whole = &state->bases[0];
  const int      m     = count_mixtures (state->plan);
  Room          *room;

  if (! dfi_build_basis_unpack (whole, error) || (! batch->own && ! (batch->own = room_new (state, error))))
    return FALSE;

  room = batch->own;
  for (int i = 0; i < batch->n; i++)
    {
      const double weight  = weight_of (state->plan, room, batch->members[i]);
      float       *factors = room->factors + (size_t) i * m;

      dfi_signs_draw (state->plan->files[batch->members[i]], SIGNS, factors, m);
      for (int j = 0; j < m; j++)
        factors[j] *= weight;
    }

  dfi_batch_project (batch, whole, batch->features, batch->coefficients, whole->rank);
  dfi_batch_subtract (batch, whole, whole->rank);
  for (int d = 0; d < dfi_state_details (state); d++)
    {
      const DfiBuildBasis *basis  = &state->bases[d + 1];
      size_t               length = basis->layout.n_features;

      dfi_batch_cut (batch, state, d);
      dfi_gemm (TRUE, FALSE, m, length, batch->n, 1.0f, room->factors, m, batch->cut, length, 1.0f,
                dfi_sums_find (&state->sums, dfi_build_basis_tensor (basis, "mixtures")), length);
    }
  return TRUE;
}

static gboolean
end (DfiBuildState *state, GError **error)
{
  const int rows = MIN ((size_t) state->plan->detail_rows, dfi_state_count_faces (state) / 2);
  gboolean  done = TRUE;

  for (int d = 1; done && d <= dfi_state_details (state); d++)
    {
      DfiBuildBasis *basis = &state->bases[d];

      basis->rows = dfi_sums_take (&state->sums, dfi_build_basis_tensor (basis, "mixtures"));
      basis->rank = count_mixtures (state->plan);
      done        = dfi_rows_orthonormalise (basis->rows, &basis->rank, rows, basis->layout.n_features, error) &&
             dfi_state_check_rank (basis, error) && dfi_build_basis_quantise (basis, error);
      g_clear_pointer (&basis->rows, g_free); /* as large as all mixtures */
    }
  return done;
}

const DfiStage dfi_stage_details = { start, add_batch, end };
