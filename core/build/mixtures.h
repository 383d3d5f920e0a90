/* mixtures.h: stage 1: the mean of the features, and random mixtures of them, whose span comes near to that of their principal
 * directions (Halko, Martinsson and Tropp, 2011: see subspace.h). */

#ifndef DFI_MIXTURES_H
#define DFI_MIXTURES_H

#include "build/stage.h"

extern const DfiStage dfi_stage_mixtures;

#endif
