#include "config.h"

#include "build/coding.h"
#include "build/mixtures.h"
#include "build/moments.h"
#include "build/stages.h"

static const DfiStage *const stages[DFI_BUILD_STAGES] = { &dfi_stage_mixtures, &dfi_stage_moments, &dfi_stage_coding };

const DfiStage *
dfi_stage_of (const DfiBuildState *state)
{
  return stages[state->stage - 1];
}

gboolean
dfi_stages_start (DfiBuildState *state, GError **error)
{
  return dfi_stage_of (state)->start (state, error);
}

gboolean
dfi_stages_end (DfiBuildState *state, GError **error)
{
  gboolean done = dfi_stage_of (state)->end (state, error);

  dfi_sums_clear (&state->sums);
  if (done && state->stage < DFI_BUILD_STAGES)
    {
      state->stage++;
      state->next = dfi_state_first (state, state->shard);
    }
  return done;
}
