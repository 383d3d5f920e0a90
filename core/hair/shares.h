/* shares.h: where the hair of a face is, as coarsely as the network sees it. */

#ifndef DFI_HAIR_SHARES_H
#define DFI_HAIR_SHARES_H

#include "hair/hair-network.h"
#include "hair/view.h"

/**
 * dfi_hair_shares:
 * @shares: (DFI_HAIR_SHARES, DFI_HAIR_SHARES) (out caller-allocates): how much of each 2x2 pixels of @seen is hair, 0..1
 * @seen: (3, DFI_HAIR_VIEW, DFI_HAIR_VIEW): dfi_view_cut() of @photo
 * @to_frame: @photo -> @frame
 * @error: DFI_ERROR_MEMORY
 *
 * What the network says, corrected by the colours of the photograph (colours.h), without the hair of other heads.
 */
gboolean dfi_hair_shares (float                *shares,
                          const DfiHairNetwork *network,
                          const DfiImage       *seen,
                          const DfiImage       *photo,
                          const DfiFrame       *frame,
                          const DfiSimilarity  *to_frame,
                          GError              **error);

#endif
