/* fresh.h: where an edit draws something new.
 *
 * A change is added to the photograph, whose pores and strands are finer than the frame shows, so that skin stays skin.  Where
 * lips become teeth that is wrong: their creases would lie over the teeth.
 */

#ifndef DFI_FRESH_H
#define DFI_FRESH_H

#include "base/error.h"

/**
 * dfi_fresh_find:
 * @luma: (size, size): the change of the face's luma
 * @error: DFI_ERROR_MEMORY
 *
 * Returns: (transfer full) (nullable): (size, size): 1 where the change has contours of its own, of several hundredths of white,
 * and nothing is left of what is there; 0 where it has none, however bright or dark it is; free with g_free()
 */
float *dfi_fresh_find (const float *luma, int size, GError **error);

#endif
