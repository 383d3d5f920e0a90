/* Source: Halko, Martinsson and Tropp, "Finding structure with randomness", SIAM Review 53 (2011), section 4.2.  What the basis
 * of the whole frame leaves over has no few directions that tower above the others, and there is no second pass over the
 * pictures: hence several mixtures a row. */

#include "config.h"

#include <math.h>

#include "base/error.h"
#include "base/linalg.h"
#include "build/details.h"
#include "build/emphasis.h"
#include "build/signs.h"
#include "build/subspace.h"

#define MIXTURES_A_ROW 3 /* for 180 rows of the eyes 500 mixtures come close to the principal directions themselves */
#define SIGNS          1 /* the set; other signs than those of the mixtures that the whole frame's basis was made of */

/* The sums: of each detail "mixtures" (m, D') floats. */

/* What the stage keeps beside the batch, in one block. */
typedef struct
{
  float *weights; /* (n_files), as dfi_emphasis_weigh() sets them */
  float *factors; /* (DFI_BATCH, m): of the batch's pictures in each mixture */
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

static Room *
room_new (const DfiBuildState *state, GError **error)
{
  const size_t n_files = state->plan->n_files, n_factors = (size_t) DFI_BATCH * count_mixtures (state->plan);
  Room        *room = dfi_try_alloc (1, sizeof *room + (n_files + n_factors) * sizeof (float), error);

  if (! room)
    return NULL;
  room->weights = (float *) (room + 1);
  room->factors = room->weights + n_files;
  dfi_emphasis_weigh (state, room->weights);
  return room;
}

static gboolean
add_batch (DfiBuildState *state, DfiBatch *batch, GError **error)
{
  DfiBuildBasis *whole = &state->bases[0];
  const int      m     = count_mixtures (state->plan);
  Room          *room;

  if (! dfi_build_basis_unpack (whole, dfi_state_go_on, state, error) ||
      (! batch->own && ! (batch->own = room_new (state, error))))
    return FALSE;

  room = batch->own;
  for (int i = 0; i < batch->n; i++)
    {
      const float scale   = sqrtf (room->weights[batch->members[i]]);
      float      *factors = room->factors + (size_t) i * m;

      dfi_signs_draw (state->plan->files[batch->members[i]], SIGNS, factors, m);
      for (int j = 0; j < m; j++)
        factors[j] *= scale;
    }

  if (! dfi_batch_project (state, batch, whole, batch->features, batch->coefficients, whole->rank, error) ||
      ! dfi_batch_subtract (state, batch, whole, whole->rank, error))
    return FALSE;
  for (int d = 0; d < dfi_state_details (state); d++)
    {
      const DfiBuildBasis *basis  = &state->bases[d + 1];
      size_t               length = basis->layout.n_features;

      dfi_batch_cut (batch, state, d);
      if (! dfi_batch_add_sums (state, batch->n, room->factors, m, batch->cut, length,
                                dfi_sums_find (&state->sums, dfi_build_basis_tensor (basis, "mixtures")), error))
        return FALSE;
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
      done = dfi_rows_orthonormalise (basis->rows, &basis->rank, rows, basis->layout.n_features, dfi_state_go_on, state, error) &&
             dfi_state_check_rank (basis, error) && dfi_build_basis_quantise (basis, dfi_state_go_on, state, error);
      g_clear_pointer (&basis->rows, g_free); /* as large as all mixtures */
    }
  return done;
}

const DfiStage dfi_stage_details = { start, add_batch, end };
