#include "config.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "solve/objective.h"
#include "solve/total-variation.h"

struct _DfiObjective
{
  DfiPass *pass;
  float   *target;  /* packed */
  double  *scratch; /* for the total variation */
  double   lambda;
  double   beta;
};

DfiObjective *
dfi_objective_new (DfiPass *pass, const float *target, double lambda, double beta, GError **error)
{
  int           n_threads = dfi_threads_count (dfi_pass_threads (pass));
  DfiObjective *objective;

  if (! (lambda >= 0.0 && beta > 0.0 && isfinite (lambda) && isfinite (beta)))
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                   _ ("The total variation needs a weight of at least 0 and an exponent above 0, not %g and %g."), lambda, beta);
      return NULL;
    }

  objective         = g_new0 (DfiObjective, 1);
  objective->pass   = pass;
  objective->lambda = lambda;
  objective->beta   = beta;
  if (! (objective->target = dfi_try_alloc (dfi_pass_packed_size (pass), sizeof *objective->target, error)) ||
      ! (objective->scratch =
             dfi_try_alloc (dfi_total_variation_scratch (dfi_pass_height (pass), dfi_pass_width (pass), n_threads),
                            sizeof *objective->scratch, error)))
    {
      dfi_objective_free (objective);
      return NULL;
    }

  dfi_pass_pack (pass, objective->target, target);
  return objective;
}

void
dfi_objective_free (DfiObjective *objective)
{
  if (! objective)
    return;

  g_free (objective->scratch);
  g_free (objective->target);
  g_free (objective);
}

double
dfi_objective_value (DfiObjective *objective, const float *z, float *gradient)
{
  DfiPass *pass = objective->pass;
  double   loss = dfi_pass_distance (pass, objective->target, z, gradient);

  return loss + objective->lambda * dfi_total_variation (z, dfi_pass_height (pass), dfi_pass_width (pass), objective->beta,
                                                         objective->lambda, gradient, dfi_pass_threads (pass),
                                                         objective->scratch);
}
