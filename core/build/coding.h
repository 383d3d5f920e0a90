/* coding.h: the last stage: each face's code in the quantised bases, and the predictors, which say from the whole frame's what a
 * face has. */

#ifndef DFI_CODING_H
#define DFI_CODING_H

#include "build/stage.h"

extern const DfiStage dfi_stage_coding;

#endif
