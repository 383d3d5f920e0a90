#include "config.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "error.h"
#include "objective.h"

struct _DfiObjective
{
  DfiPass     *pass;
  const float *target;
  double       lambda;
  double       beta;
  float       *dphi;     /* (D) */
};

DfiObjective *
dfi_objective_new (DfiPass      *pass,
                   const float  *target,
                   double        lambda,
                   double        beta,
                   GError      **error)
{
  DfiObjective *objective;
  float        *dphi;

  if (! (lambda >= 0.0 && beta > 0.0 && isfinite (lambda) && isfinite (beta)))
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                   _("The total variation needs a weight of at least 0 and an exponent above 0, not %g and %g."),
                   lambda, beta);
      return NULL;
    }

  dphi = dfi_try_alloc (dfi_pass_n_features (pass), sizeof *dphi, error);
  if (! dphi)
    return NULL;

  objective         = g_new0 (DfiObjective, 1);
  objective->pass   = pass;
  objective->target = target;
  objective->lambda = lambda;
  objective->beta   = beta;
  objective->dphi   = dphi;
  return objective;
}

void
dfi_objective_free (DfiObjective *objective)
{
  if (! objective)
    return;

  g_free (objective->dphi);
  g_free (objective);
}

/* 1/T sum of 1/2 |phi - target|^2; dphi gets its gradient. */
static double
feature_loss (const float *phi,
              const float *target,
              size_t       n,
              float       *dphi)
{
  double sum = 0.0;

  for (size_t i = 0; i < n; i++)
    {
      float residual = phi[i] - target[i];

      sum     += (double) residual * residual;
      dphi[i]  = residual / DFI_N_TAPS;
    }
  return 0.5 * sum / DFI_N_TAPS;
}

double
dfi_objective_value (DfiObjective *objective,
                     const float  *z,
                     float        *gradient)
{
  const float *phi  = dfi_pass_forward (objective->pass, z);
  double       loss = feature_loss (phi, objective->target, dfi_pass_n_features (objective->pass), objective->dphi);

  dfi_pass_gradient (objective->pass, objective->dphi, gradient);
  return loss + objective->lambda * dfi_total_variation (z,
                                                         dfi_pass_height (objective->pass),
                                                         dfi_pass_width (objective->pass),
                                                         objective->beta, objective->lambda, gradient);
}

double
dfi_total_variation (const float *z,
                     int          height,
                     int          width,
                     double       beta,
                     double       weight,
                     float       *gradient)
{
  const double unit = 255.0;
  double       sum  = 0.0;

  for (int c = 0; c < 3; c++)
    for (int i = 0; i < height - 1; i++)
      for (int j = 0; j < width - 1; j++)
        {
          size_t at     = ((size_t) c * height + i) * width + j;
          double dx     = unit * (z[at + 1] - z[at]);
          double dy     = unit * (z[at + width] - z[at]);
          double square = dx * dx + dy * dy;
          double slope;   /* of square^(beta/2), by dx^2 / 2 */

          if (square == 0.0)
            continue;     /* also where beta < 2 makes the slope infinite */

          slope = beta == 2.0 ? 2.0 : beta * pow (square, beta / 2.0 - 1.0);
          sum  += slope * square / beta;

          slope *= weight * unit;
          gradient[at + 1]     += slope * dx;
          gradient[at + width] += slope * dy;
          gradient[at]         -= slope * (dx + dy);
        }
  return sum;
}
