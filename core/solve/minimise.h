/* minimise.h: L-BFGS within a box. */

#ifndef DFI_MINIMISE_H
#define DFI_MINIMISE_H

#include "base/error.h"
#include "base/threads.h"
#include "solve/minimum.h"

#define DFI_MINIMISE_MEMORY 5 /* steps that are remembered */

/* f(z), z (n); writes the gradient (n). */
typedef double (*DfiFunction) (const float *z, float *gradient, gpointer data);

/**
 * dfi_minimise:
 * @function: called with @data
 * @z: (@n): start, then result.  After an error: the best point so far
 * @box: whether it stays within [0, 1] all the way, beginning with the start
 * @iterations: at most this many steps. There are 1.25 times as many evaluations at most, as in PyTorch's L-BFGS, and a line
 *              search's worth more, since the first one has to find the scale
 * @threads: that share out the work on vectors; @function may use them as well
 * @progress: (nullable): called after each evaluation
 * @minimum: (out): how it ended
 * @error: DFI_ERROR_CANCELLED, DFI_ERROR_MEMORY, or DFI_ERROR_VALUE when the function is not finite at the start
 */
gboolean dfi_minimise (DfiFunction     function,
                       gpointer        data,
                       float          *z,
                       size_t          n,
                       gboolean        box,
                       int             iterations,
                       DfiThreads     *threads,
                       DfiProgressFunc progress,
                       gpointer        progress_data,
                       DfiMinimum     *minimum,
                       GError        **error);

#endif
