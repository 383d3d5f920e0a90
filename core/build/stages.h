/* stages.h: the stages of a build in their order. */

#ifndef DFI_STAGES_H
#define DFI_STAGES_H

#include "build/stage.h"

/* The one that @state is in. */
const DfiStage *dfi_stage_of (const DfiBuildState *state);

/* Enters the sums of the state's stage, zero. */
gboolean dfi_stages_start (DfiBuildState *state, GError **error);

/* Ends the state's stage, drops its sums, and goes to the beginning of the next, if there is one. */
gboolean dfi_stages_end (DfiBuildState *state, GError **error);

#endif
