#include "config.h"

#include "build/coding.h"
#include "build/details.h"
#include "build/mixtures.h"
#include "build/moments.h"
#include "build/stages.h"

const DfiStage *
dfi_stage_of (const DfiBuildState *state)
{
  static const DfiStage *const early[] = { &dfi_stage_mixtures, &dfi_stage_moments, &dfi_stage_details };

  return state->stage < dfi_plan_stages (state->plan) ? early[state->stage - 1] : &dfi_stage_coding;
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
  if (done && state->stage < dfi_plan_stages (state->plan))
    {
      state->stage++;
      state->next = dfi_state_first (state, state->shard);
    }
  return done;
}
