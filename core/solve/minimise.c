/* minimise.c: drives the Fortran routine setulb, which asks by its `task` for a value and gradient, or says that it has taken
 * a step ("reverse communication"), so that progress and cancelling need nothing from it.
 */

#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/linalg.h"
#include "solve/minimise.h"

#define TASK_LENGTH 60
#define SEARCH_MAX  20 /* evaluations of one line search in setulb */
#define FIRST_STEP  0.003

/* The hidden lengths of the two character arguments come last. */
extern void setulb_ (const int    *n,
                     const int    *m,
                     double       *x,
                     const double *lower,
                     const double *upper,
                     const int    *bounded,
                     double       *f,
                     double       *g,
                     const double *factr,
                     const double *pgtol,
                     double       *wa,
                     int          *iwa,
                     char         *task,
                     const int    *iprint,
                     char         *csave,
                     int          *lsave,
                     int          *isave,
                     double       *dsave,
                     size_t        task_length,
                     size_t        csave_length);

/* What setulb works in, and where it keeps all its state between calls. */
typedef struct
{
  int     n;
  double *x, *lower, *upper, *g; /* (n) each */
  int    *bounded;               /* (n): 2 = from both sides */
  double *wa;
  int    *iwa;
  float  *gradient; /* (n), as the function gives it */
  double  scale;    /* setulb sees the function times this; 0 before the first evaluation */
  double  f;
  char    task[TASK_LENGTH], csave[TASK_LENGTH];
  int     lsave[4], isave[44];
  double  dsave[29];
} Work;

static void
work_free (Work *work)
{
  g_free (work->x);
  g_free (work->lower);
  g_free (work->upper);
  g_free (work->g);
  g_free (work->bounded);
  g_free (work->wa);
  g_free (work->iwa);
  g_free (work->gradient);
  g_free (work);
}

static void
set_task (Work *work, const char *task)
{
  memset (work->task, ' ', TASK_LENGTH);
  memcpy (work->task, task, strlen (task));
}

static gboolean
task_is (const Work *work, const char *start)
{
  return strncmp (work->task, start, strlen (start)) == 0;
}

static Work *
work_new (const float *z, size_t n, gboolean box, GError **error)
{
  const size_t m    = DFI_MINIMISE_MEMORY;
  Work        *work = g_new0 (Work, 1);

  g_assert (n > 0 && n <= G_MAXINT / (2 * m + 5)); /* Fortran's index into wa is an int */

  work->n = n;
  if (! (work->x = dfi_try_alloc (n, sizeof (double), error)) || ! (work->lower = dfi_try_alloc (n, sizeof (double), error)) ||
      ! (work->upper = dfi_try_alloc (n, sizeof (double), error)) || ! (work->g = dfi_try_alloc (n, sizeof (double), error)) ||
      ! (work->bounded = dfi_try_alloc (n, sizeof (int), error)) ||
      ! (work->wa = dfi_try_alloc ((2 * m + 5) * n + 11 * m * m + 8 * m, sizeof (double), error)) ||
      ! (work->iwa = dfi_try_alloc (3 * n, sizeof (int), error)) || ! (work->gradient = dfi_try_alloc (n, sizeof (float), error)))
    {
      work_free (work);
      return NULL;
    }

  for (size_t i = 0; i < n; i++)
    {
      work->x[i]       = z[i];
      work->lower[i]   = 0.0;
      work->upper[i]   = 1.0;
      work->bounded[i] = box ? 2 : 0; /* both ways, not at all */
    }
  set_task (work, "START");
  return work;
}

/* Runs setulb to the next point where it wants something. It must not stop by itself before nothing is left to gain in
 * single precision, which is what the function computes in.
 *
 * OpenBLAS's threads would help little with its vectors, and after each they keep a processor busy with waiting for the next,
 * which the function's own threads need. */
static void
advance (Work *work)
{
  const int    m      = DFI_MINIMISE_MEMORY;
  const int    silent = -1;
  const double factr  = 1e5; /* stop when a step lowers f by less than factr * 2.2e-16, relative */
  const double pgtol  = 0.0;

  dfi_blas_hold ();
  setulb_ (&work->n, &m, work->x, work->lower, work->upper, work->bounded, &work->f, work->g, &factr, &pgtol, work->wa, work->iwa,
           work->task, &silent, work->csave, work->lsave, work->isave, work->dsave, TASK_LENGTH, TASK_LENGTH);
  dfi_blas_release ();
}

/* Without knowledge of the curvature setulb tries x - g first. This scale makes that a step of root mean square FIRST_STEP,
 * whatever the function is measured in, which saves the first line search most of its evaluations. */
static double
first_scale (const Work *work)
{
  double square = 0.0;

  for (int i = 0; i < work->n; i++)
    square += (double) work->gradient[i] * work->gradient[i];
  return square > 0.0 && isfinite (square) ? FIRST_STEP * sqrt (work->n / square) : 1.0;
}

/* Returns the value, not scaled. */
static double
evaluate (Work *work, float *point, DfiFunction function, gpointer data)
{
  double value;

  for (int i = 0; i < work->n; i++)
    point[i] = work->x[i];

  value = function (point, work->gradient, data);
  if (work->scale == 0.0)
    work->scale = first_scale (work);

  work->f = value * work->scale;
  for (int i = 0; i < work->n; i++)
    work->g[i] = work->gradient[i] * work->scale;
  return value;
}

gboolean
dfi_minimise (DfiFunction     function,
              gpointer        data,
              float          *z,
              size_t          n,
              gboolean        box,
              int             iterations,
              DfiProgressFunc progress,
              gpointer        progress_data,
              DfiMinimum     *minimum,
              GError        **error)
{
  const int evaluations = iterations + iterations / 4 + SEARCH_MAX;
  Work     *work        = work_new (z, n, box, error);
  float    *point       = work ? dfi_try_alloc (n, sizeof *point, error) : NULL;
  gboolean  done        = point != NULL;
  double    value       = 0.0; /* at the last point evaluated, which is where setulb takes a step to */

  *minimum = (DfiMinimum){
    0,
  };

  while (done)
    {
      advance (work);

      if (task_is (work, "FG"))
        {
          if (minimum->evaluations == evaluations)
            break;
          value = evaluate (work, point, function, data);
          if (minimum->evaluations++ == 0)
            {
              minimum->first = minimum->last = value;
              if (! isfinite (value))
                {
                  g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                                       _ ("The picture's features are not finite numbers; the weights cannot be right."));
                  done = FALSE;
                }
            }
          if (done && progress && ! progress ((double) minimum->iterations / iterations, progress_data))
            done = dfi_error_set_cancelled (error);
        }
      else if (task_is (work, "NEW_X"))
        {
          for (size_t i = 0; i < n; i++)
            z[i] = work->x[i];
          minimum->last = value;
          if (++minimum->iterations == iterations)
            break;
        }
      else /* CONVERGENCE, or ABNORMAL: the line search finds no lower value in single precision */
        {
          minimum->converged = TRUE;
          break;
        }
    }

  g_free (point);
  if (work)
    work_free (work);
  return done;
}
