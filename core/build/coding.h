/* coding.h: the last stage: each face's code in the quantised bases, the tone of its hair, and the predictors, which say from the
 * whole frame's code what a face has. */

#ifndef DFI_CODING_H
#define DFI_CODING_H

#include "build/stage.h"

extern const DfiStage dfi_stage_coding;

#endif
