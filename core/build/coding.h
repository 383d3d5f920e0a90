/* coding.h: stage 3: each face's code in the quantised basis, and the predictors, which say from a code what a face has. */

#ifndef DFI_CODING_H
#define DFI_CODING_H

#include "build/stage.h"

extern const DfiStage dfi_stage_coding;

#endif
