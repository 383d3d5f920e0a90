#include "config.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "clones.h"
#include "error.h"
#include "objective.h"

struct _DfiObjective
{
  DfiPass *pass;
  float   *target;   /* packed */
  double   lambda;
  double   beta;
};

DfiObjective *
dfi_objective_new (DfiPass      *pass,
                   const float  *target,
                   double        lambda,
                   double        beta,
                   GError      **error)
{
  DfiObjective *objective;
  float        *packed;

  if (! (lambda >= 0.0 && beta > 0.0 && isfinite (lambda) && isfinite (beta)))
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                   _("The total variation needs a weight of at least 0 and an exponent above 0, not %g and %g."),
                   lambda, beta);
      return NULL;
    }

  packed = dfi_try_alloc (dfi_pass_packed_size (pass), sizeof *packed, error);
  if (! packed)
    return NULL;

  dfi_pass_pack (pass, packed, target);

  objective         = g_new0 (DfiObjective, 1);
  objective->pass   = pass;
  objective->target = packed;
  objective->lambda = lambda;
  objective->beta   = beta;
  return objective;
}

void
dfi_objective_free (DfiObjective *objective)
{
  if (! objective)
    return;

  g_free (objective->target);
  g_free (objective);
}

double
dfi_objective_value (DfiObjective *objective,
                     const float  *z,
                     float        *gradient)
{
  double loss = dfi_pass_distance (objective->pass, objective->target, z, gradient);

  return loss + objective->lambda * dfi_total_variation (z,
                                                         dfi_pass_height (objective->pass),
                                                         dfi_pass_width (objective->pass),
                                                         objective->beta, objective->lambda, gradient);
}

/* One row of one channel but its last pixel: returns its total variation; across and down (n) get the slopes by the difference to
 * the pixel on the right, (z[j + 1] - z[j]), and to the one below. */
WIDEST_VECTORS
static double
row_variation (float       *across,
               float       *down,
               const float *z,
               const float *below,
               int          n,
               double       beta)
{
  const double unit = 255.0;
  double       sum  = 0.0;

  if (beta == 2.0)   /* the same as below, but for vectors */
    {
#pragma omp simd reduction (+ : sum)
      for (int j = 0; j < n; j++)
        {
          double dx = unit * (z[j + 1] - z[j]), dy = unit * (below[j] - z[j]);

          across[j] = 2.0 * unit * dx;
          down[j]   = 2.0 * unit * dy;
          sum      += dx * dx + dy * dy;
        }
      return sum;
    }

  for (int j = 0; j < n; j++)
    {
      double dx     = unit * (z[j + 1] - z[j]), dy = unit * (below[j] - z[j]);
      double square = dx * dx + dy * dy;
      double slope  = square > 0.0 ? beta * pow (square, beta / 2.0 - 1.0) : 0.0;   /* of square^(beta/2), by dx^2 / 2; without
                                                                                      * end at 0 where beta < 2 */
      across[j] = unit * slope * dx;
      down[j]   = unit * slope * dy;
      sum      += slope * square / beta;
    }
  return sum;
}

/* Adds what a row's slopes say to the gradient of its pixels, and of those below. */
WIDEST_VECTORS
static void
add_slopes (float       * restrict gradient,
            float       * restrict below,
            const float * restrict across,
            const float * restrict down,
            int                    n,
            float                  scale)
{
  gradient[0] -= scale * (across[0] + down[0]);
  below[0]    += scale * down[0];
  for (int j = 1; j < n; j++)
    {
      gradient[j] += scale * (across[j - 1] - across[j] - down[j]);
      below[j]    += scale * down[j];
    }
  gradient[n] += scale * across[n - 1];
}

double
dfi_total_variation (const float *z,
                     int          height,
                     int          width,
                     double       beta,
                     double       weight,
                     float       *gradient)
{
  const float scale  = weight;
  float      *across = g_new (float, 2 * (size_t) width);
  float      *down   = across + width;
  double      sum    = 0.0;

  for (int c = 0; c < 3 && width > 1; c++)
    for (int i = 0; i < height - 1; i++)
      {
        size_t at = ((size_t) c * height + i) * width;

        sum += row_variation (across, down, z + at, z + at + width, width - 1, beta);
        add_slopes (gradient + at, gradient + at + width, across, down, width - 1, scale);
      }

  g_free (across);
  return sum;
}
