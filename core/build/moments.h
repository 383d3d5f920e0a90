/* moments.h: stage 2: the mixtures multiplied by the covariance (a power iteration), which gives the principal directions; and
 * each attribute's mean difference, whose part that they miss is added to the basis. */

#ifndef DFI_MOMENTS_H
#define DFI_MOMENTS_H

#include "build/stage.h"

extern const DfiStage dfi_stage_moments;

#endif
