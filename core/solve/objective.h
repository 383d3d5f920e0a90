/* objective.h: how far a picture's features are from the wanted ones, and how rough it is.
 *
 *   f(z) = 1/T sum over the T taps of 1/2 |phi(z) - target|^2  +  lambda R_beta(z)
 *
 * Source: Upchurch et al., "Deep Feature Interpolation for Image Content Changes", CVPR 2017, eq. 4; the mean over the
 * taps is the authors' code.
 */

#ifndef DFI_OBJECTIVE_H
#define DFI_OBJECTIVE_H

#include "network/pass.h"

typedef struct _DfiObjective DfiObjective; /* one thread at a time */

/**
 * dfi_objective_new:
 * @pass: must outlive the objective
 * @target: (D), phi(x) + alpha w
 * @lambda: weight of the total variation, >= 0
 * @beta: its exponent, > 0
 *
 * Returns: (transfer full) (nullable): DFI_ERROR_VALUE or DFI_ERROR_MEMORY; free with dfi_objective_free()
 */
DfiObjective *dfi_objective_new (DfiPass *pass, const float *target, double lambda, double beta, GError **error);
void          dfi_objective_free (DfiObjective *objective); /* NULL is fine */

/* f(z) for z (3, H, W) in 0..1, and its gradient (3, H, W), overwritten. Allocates nothing. */
double dfi_objective_value (DfiObjective *objective, const float *z, float *gradient);

#endif
