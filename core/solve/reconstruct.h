/* reconstruct.h: the picture whose features are the wanted ones: argmin over z of the objective, in colour or in grey. */

#ifndef DFI_RECONSTRUCT_H
#define DFI_RECONSTRUCT_H

#include "picture/image.h"
#include "solve/minimise.h"
#include "solve/objective.h"

typedef struct
{
  double   lambda;     /* weight of the total variation, >= 0 */
  double   beta;       /* its exponent, > 0 */
  gboolean grey;       /* one plane is free and stands for all three channels; FALSE: all three are free */
  gboolean box;        /* the search stays within 0..1 all the way */
  int      iterations; /* at most so many steps; 0 leaves the start as it is */
} DfiReconstructOptions;

/**
 * dfi_reconstruct:
 * @pass: for pictures of the size of @z
 * @target: (D), the wanted features, in the order of @pass
 * @z: (3, H, W): start, then result.  With `grey` all that counts of the start is its first plane, and the three planes of the
 *     result are the same
 * @progress: (nullable): called after each evaluation of the objective
 * @minimum: (out): how the search ended
 * @error: as dfi_objective_new() and dfi_minimise() set it
 */
gboolean dfi_reconstruct (DfiPass                     *pass,
                          const float                 *target,
                          const DfiReconstructOptions *options,
                          DfiImage                    *z,
                          DfiProgressFunc              progress,
                          gpointer                     progress_data,
                          DfiMinimum                  *minimum,
                          GError                     **error);

#endif
