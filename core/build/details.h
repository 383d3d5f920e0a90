/* details.h: stage 3, where there are details: random mixtures of what the basis of the whole frame leaves over in each, and of
 * their span the principal directions, which are the detail's basis.
 * A face counts as much as emphasis.h says.
 */

#ifndef DFI_DETAILS_H
#define DFI_DETAILS_H

#include "build/stage.h"

extern const DfiStage dfi_stage_details;

#endif
