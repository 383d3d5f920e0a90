/* details.h: stage 3, where there are details: random mixtures of what the basis of the whole frame leaves over in each, and of
 * their span the principal directions, which are the detail's basis.
 *
 * Glasses, of which a hundred faces of ten thousand have a pair, are a small part of how faces differ.  So a face counts as
 * often as the rarest attribute that it has among its labels is rare: one that n of N faces have, N / n times, at most
 * DFI_DETAIL_WEIGHT_MAX times.
 */

#ifndef DFI_DETAILS_H
#define DFI_DETAILS_H

#include "build/stage.h"

#define DFI_DETAIL_WEIGHT_MAX 100.0

extern const DfiStage dfi_stage_details;

#endif
