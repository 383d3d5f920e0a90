#include "config.h"

#include <string.h>

#include "solve/reconstruct.h"

/* The objective as a function of what is free: all three channels, or one plane that stands for them. */
typedef struct
{
  DfiObjective *objective;
  DfiImage     *picture;  /* scratch for the grey case, else NULL */
  DfiImage     *gradient; /* likewise */
} Problem;

static double
colour_value (const float *z, float *gradient, gpointer data)
{
  const Problem *problem = data;

  return dfi_objective_value (problem->objective, z, gradient);
}

static void
repeat_plane (DfiImage *picture, const float *plane)
{
  size_t n = (size_t) picture->height * picture->width;

  for (int c = 0; c < 3; c++)
    if (picture->data + c * n != plane)
      memcpy (picture->data + c * n, plane, n * sizeof *plane);
}

/* Each channel depends on the plane alike, so the plane's gradient is the sum of theirs. */
static double
grey_value (const float *z, float *gradient, gpointer data)
{
  const Problem *problem = data;
  const size_t   n       = (size_t) problem->picture->height * problem->picture->width;
  const float   *full    = problem->gradient->data;
  double         value;

  repeat_plane (problem->picture, z);
  value = dfi_objective_value (problem->objective, problem->picture->data, problem->gradient->data);
  for (size_t i = 0; i < n; i++)
    gradient[i] = full[i] + full[n + i] + full[2 * n + i];
  return value;
}

gboolean
dfi_reconstruct (DfiPass                     *pass,
                 const float                 *target,
                 const DfiReconstructOptions *options,
                 DfiImage                    *z,
                 DfiProgressFunc              progress,
                 gpointer                     progress_data,
                 DfiMinimum                  *minimum,
                 GError                     **error)
{
  size_t   plane   = (size_t) z->height * z->width;
  Problem  problem = { NULL };
  gboolean done;

  *minimum = (DfiMinimum){ 0 };
  if (options->iterations == 0)
    return TRUE;

  done = (problem.objective = dfi_objective_new (pass, target, options->lambda, options->beta, error)) != NULL;
  if (done && options->grey)
    done = (problem.picture = dfi_image_new (z->width, z->height, error)) &&
           (problem.gradient = dfi_image_new (z->width, z->height, error));
  done =
      done && dfi_minimise (options->grey ? grey_value : colour_value, &problem, z->data, (options->grey ? 1 : 3) * plane,
                            options->box, options->iterations, dfi_pass_threads (pass), progress, progress_data, minimum, error);
  if (done && options->grey)
    repeat_plane (z, z->data);

  dfi_image_free (problem.gradient);
  dfi_image_free (problem.picture);
  dfi_objective_free (problem.objective);
  return done;
}
