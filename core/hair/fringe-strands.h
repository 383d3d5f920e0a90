/* fringe-strands.h: the strands of a fringe: where they grow, how they fall, what colours they have. */

#ifndef DFI_FRINGE_STRANDS_H
#define DFI_FRINGE_STRANDS_H

#include "hair/look.h"
#include "hair/strands.h"

#define DFI_FRINGE_LOCKS 90

/**
 * dfi_fringe_strands:
 * @strands: (array fixed-size=DFI_FRINGE_LOCKS): all 0; each lock's, the inner ones first; clear them, after an error too
 * @forehead: in @photo
 * @look: of the hair above it
 * @matte: of @photo
 * @strength: as of dfi_fringe_draw()
 * @progress: (nullable): asked with @data
 * @error: DFI_ERROR_CANCELLED
 *
 * The hair parts into locks, which lie over each other and end in points; their tips lie closer to the brows' ends than their
 * roots, as hair falls from the crown.  All chance in it is the same in every run, and in every part of a photograph.
 */
gboolean dfi_fringe_strands (DfiStrands        *strands,
                             const DfiForehead *forehead,
                             const DfiLook     *look,
                             const DfiMatte    *matte,
                             const DfiImage    *photo,
                             double             strength,
                             DfiThreads        *threads,
                             DfiProgressFunc    progress,
                             gpointer           data,
                             GError           **error);

#endif
