/* minimise.h: L-BFGS-B within a box.
 *
 * Source: Byrd, Lu, Nocedal and Zhu, "A limited memory algorithm for bound constrained optimization", SIAM J. Sci. Comput.
 * 16 (1995); the Fortran code is the authors' version 3.0, as SciPy calls it.
 */

#ifndef DFI_MINIMISE_H
#define DFI_MINIMISE_H

#include "base/error.h"

#define DFI_MINIMISE_MEMORY 5 /* correction pairs kept: 10 take 1.5 ms more a step and gain nothing within 100 steps */

/* f(z), z (n); writes the gradient (n). */
typedef double (*DfiFunction) (const float *z, float *gradient, gpointer data);

typedef struct
{
  int      iterations;  /* steps taken */
  int      evaluations; /* calls of the function */
  double   first;       /* value at the start */
  double   last;        /* value at the result */
  gboolean converged;   /* no step lowers the value any more in the arithmetic at hand; else the limit was reached */
} DfiMinimum;

/**
 * dfi_minimise:
 * @function: called with @data
 * @z: (@n): start, then result.  After an error: the best point so far
 * @box: whether it stays within [0, 1] all the way
 * @iterations: at most this many steps. There are 1.25 times as many evaluations at most, as in PyTorch's L-BFGS, and a line
 *              search's worth more, since the first one has to find the scale
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
                       DfiProgressFunc progress,
                       gpointer        progress_data,
                       DfiMinimum     *minimum,
                       GError        **error);

#endif
