/* mixtures.h: stage 1: the mean of the features, and random mixtures of them, which span nearly what their principal directions span. */

#ifndef DFI_MIXTURES_H
#define DFI_MIXTURES_H

#include "build/stage.h"

extern const DfiStage dfi_stage_mixtures;

#endif
