/* minimise.c: a step's direction is a combination of the gradient and of the steps taken last, with the changes of the gradient
 * over them (Nocedal, "Updating quasi-Newton matrices with limited storage", Math. Comp. 35 (1980)). All that decides on the
 * combination is the products of these few vectors, which one loop over the variables computes together (Chen, Wang and Zhou,
 * "Large-scale L-BFGS using MapReduce", NIPS 2014).
 *
 * The box takes part by two-metric projection (Bertsekas, "Projected Newton methods for optimization problems with simple
 * constraints", SIAM J. Control Optim. 20 (1982)): a variable at a bound whose gradient pushes it outwards is held, the direction
 * is that of the others as if there were no more, and what would leave the box on the way stops at its side.
 *
 * Vectors are of single precision, which is what the function computes in. The loops go piece by piece, and the pieces' sums are
 * added up in their order: any number of threads gives the same bytes.
 */

#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/vectorise.h"
#include "solve/minimise.h"

#define PIECE      1024  /* variables */
#define SEARCH_MAX 20    /* evaluations on the way along one direction */
#define FIRST_STEP 0.003 /* root mean square of a step while nothing is known of the curvature */
#define ENOUGH     1e-4  /* share of the decrease by the gradient that a step must bring (Armijo's rule) */
#define CURVED     1e-8  /* product of a step and its change over the change's square, from which on something is learnt */

/* The vectors that a direction is made of, the newest steps first. */
enum
{
  GRADIENT,
  CHANGES,
  STEPS     = CHANGES + DFI_MINIMISE_MEMORY,
  N_VECTORS = STEPS + DFI_MINIMISE_MEMORY
};

typedef struct
{
  DfiThreads *threads;
  size_t      n;
  int         n_pieces;
  float       low, high;
  float      *z;                       /* (n) where the search is, */
  float      *vectors[N_VECTORS];      /* (n) each; the gradient is the one there */
  int         n_steps;                 /* that there are vectors of */
  float       coefficients[N_VECTORS]; /* of the direction */
  float      *direction;               /* (n) */
  float      *trial;                   /* (n) a point on the way, */
  float      *trial_gradient;          /* (n) and the gradient there */
  float       length;                  /* the part of the direction that is gone */
  double     *products;                /* (n_pieces, STEPS, N_VECTORS): of the gradient and the changes with all vectors */
  float      *block;
} Search;

static gboolean
search_init (Search *search, float *z, size_t n, gboolean box, DfiThreads *threads, GError **error)
{
  float *next;

  *search = (Search){ .threads  = threads,
                      .n        = n,
                      .n_pieces = (n + PIECE - 1) / PIECE,
                      .low      = box ? 0.0f : -INFINITY,
                      .high     = box ? 1.0f : INFINITY,
                      .z        = z };
  if (! (search->block = next = dfi_try_alloc (n, (N_VECTORS + 3) * sizeof *next, error)) ||
      ! (search->products = dfi_try_alloc (search->n_pieces, STEPS * N_VECTORS * sizeof *search->products, error)))
    return FALSE;

  for (int v = 0; v < N_VECTORS; v++)
    search->vectors[v] = next + v * n;
  search->direction      = next + N_VECTORS * n;
  search->trial          = search->direction + n;
  search->trial_gradient = search->trial + n;
  return TRUE;
}

static void
search_clear (Search *search)
{
  g_free (search->products);
  g_free (search->block);
}

/* ---------- loops over a piece ---------- */

/* @out is @vector where variables are free, and 0 where they are held. */
DFI_VECTORISE
static void
keep_free (float *restrict out,
           const float *restrict vector,
           const float *restrict z,
           const float *restrict gradient,
           float  low,
           float  high,
           size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      int held = ((z[i] <= low) & (gradient[i] > 0.0f)) | ((z[i] >= high) & (gradient[i] < 0.0f));

      out[i] = held ? 0.0f : vector[i];
    }
}

DFI_VECTORISE
static float
dot (const float *restrict a, const float *restrict b, size_t n)
{
  float sum = 0.0f;

#pragma omp simd reduction(+ : sum)
  for (size_t i = 0; i < n; i++)
    sum += a[i] * b[i];
  return sum;
}

DFI_VECTORISE
static void
add (float *restrict sum, const float *restrict vector, float factor, size_t n)
{
  for (size_t i = 0; i < n; i++)
    sum[i] += factor * vector[i];
}

DFI_VECTORISE
static void
go (float *restrict trial,
    const float *restrict z,
    const float *restrict direction,
    float  length,
    float  low,
    float  high,
    size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      float to = z[i] + length * direction[i];

      trial[i] = to < low ? low : to > high ? high : to;
    }
}

DFI_VECTORISE
static void
subtract (float *restrict out, const float *restrict a, const float *restrict b, size_t n)
{
  for (size_t i = 0; i < n; i++)
    out[i] = a[i] - b[i];
}

/* ---------- the same on all threads ---------- */

static size_t
piece_length (const Search *search, int piece)
{
  return MIN (PIECE, search->n - (size_t) piece * PIECE);
}

/* Whether there is a vector @v yet. */
static gboolean
is_there (const Search *search, int v)
{
  return v == GRADIENT || (v - CHANGES) % DFI_MINIMISE_MEMORY < search->n_steps;
}

/* The products over the free variables. */
static void
do_products (int piece, int thread, gpointer data)
{
  const Search *search = data;
  const size_t  at = (size_t) piece * PIECE, n = piece_length (search, piece);
  double       *products = search->products + (size_t) piece * STEPS * N_VECTORS;
  float         row[PIECE];

  for (int v = 0; v < STEPS; v++)
    if (is_there (search, v))
      {
        keep_free (row, search->vectors[v] + at, search->z + at, search->vectors[GRADIENT] + at, search->low, search->high, n);
        for (int w = 0; w < N_VECTORS; w++)
          if (is_there (search, w))
            products[v * N_VECTORS + w] = dot (row, search->vectors[w] + at, n);
      }
}

static void
do_direction (int piece, int thread, gpointer data)
{
  const Search *search = data;
  const size_t  at = (size_t) piece * PIECE, n = piece_length (search, piece);
  float         sum[PIECE];

  memset (sum, 0, sizeof sum);
  for (int v = 0; v < N_VECTORS; v++)
    if (search->coefficients[v] != 0.0f)
      add (sum, search->vectors[v] + at, search->coefficients[v], n);
  keep_free (search->direction + at, sum, search->z + at, search->vectors[GRADIENT] + at, search->low, search->high, n);
}

/* To the trial; leaves how much the gradient foretells of it. */
static void
do_trial (int piece, int thread, gpointer data)
{
  const Search *search = data;
  const size_t  at = (size_t) piece * PIECE, n = piece_length (search, piece);
  float         step[PIECE];

  go (search->trial + at, search->z + at, search->direction + at, search->length, search->low, search->high, n);
  subtract (step, search->trial + at, search->z + at, n);
  search->products[piece] = dot (step, search->vectors[GRADIENT] + at, n);
}

/* The trial is where the search is now. */
static void
do_step (int piece, int thread, gpointer data)
{
  const Search *search = data;
  const size_t  at = (size_t) piece * PIECE, n = piece_length (search, piece);

  subtract (search->vectors[STEPS] + at, search->trial + at, search->z + at, n);
  subtract (search->vectors[CHANGES] + at, search->trial_gradient + at, search->vectors[GRADIENT] + at, n);
  memcpy (search->z + at, search->trial + at, n * sizeof (float));
}

static void
on_all (Search *search, DfiThreadsFunc func)
{
  dfi_threads_run (search->threads, search->n_pieces, func, search);
}

/* ---------- steps ---------- */

/* @coefficients: those of -H @gradient, where H approximates the inverse of the second derivatives: Nocedal's two loops. */
static void
find_coefficients (double coefficients[N_VECTORS], const double products[STEPS][N_VECTORS], int n_steps, size_t n)
{
  double shares[DFI_MINIMISE_MEMORY] = { 0.0 };
  double scale                       = 0.0;

  memset (coefficients, 0, N_VECTORS * sizeof *coefficients);
  coefficients[GRADIENT] = -1.0;
  for (int k = 0; k < n_steps; k++)
    {
      const double *row   = products[CHANGES + k];
      double        along = 0.0;

      if (! (row[STEPS + k] > CURVED * row[CHANGES + k]))
        continue;
      if (scale == 0.0)
        scale = row[STEPS + k] / row[CHANGES + k];
      for (int v = 0; v < STEPS; v++)
        along += coefficients[v] * products[v][STEPS + k];
      shares[k] = along / row[STEPS + k];
      coefficients[CHANGES + k] -= shares[k];
    }

  if (scale == 0.0)
    scale = FIRST_STEP * sqrt (n / products[GRADIENT][GRADIENT]);
  for (int v = 0; v < STEPS; v++)
    coefficients[v] *= scale;

  for (int k = n_steps - 1; k >= 0; k--)
    {
      const double *row   = products[CHANGES + k];
      double        along = 0.0;

      if (! (row[STEPS + k] > CURVED * row[CHANGES + k]))
        continue;
      for (int v = 0; v < N_VECTORS; v++)
        along += coefficients[v] * row[v];
      coefficients[STEPS + k] = shares[k] - along / row[STEPS + k];
    }
}

/* FALSE where no free variable has a gradient. */
static gboolean
find_direction (Search *search)
{
  double products[STEPS][N_VECTORS] = { { 0.0 } };
  double coefficients[N_VECTORS];

  on_all (search, do_products);
  for (int piece = 0; piece < search->n_pieces; piece++)
    for (int v = 0; v < STEPS; v++)
      for (int w = 0; w < N_VECTORS; w++)
        if (is_there (search, v) && is_there (search, w))
          products[v][w] += search->products[((size_t) piece * STEPS + v) * N_VECTORS + w];
  if (! (products[GRADIENT][GRADIENT] > 0.0))
    return FALSE;

  find_coefficients (coefficients, products, search->n_steps, search->n);
  for (int v = 0; v < N_VECTORS; v++)
    search->coefficients[v] = coefficients[v];
  on_all (search, do_direction);
  return TRUE;
}

/* Returns what the gradient foretells of the value at the trial, over the one here: below 0. */
static double
go_to_trial (Search *search)
{
  double foretold = 0.0;

  on_all (search, do_trial);
  for (int piece = 0; piece < search->n_pieces; piece++)
    foretold += search->products[piece];
  return foretold;
}

/* The newest vectors come first, in the memory of the oldest. */
static void
make_room (float **vectors)
{
  float *oldest = vectors[DFI_MINIMISE_MEMORY - 1];

  memmove (vectors + 1, vectors, (DFI_MINIMISE_MEMORY - 1) * sizeof *vectors);
  vectors[0] = oldest;
}

static void
take_step (Search *search)
{
  float *gradient = search->vectors[GRADIENT];

  make_room (search->vectors + CHANGES);
  make_room (search->vectors + STEPS);
  search->n_steps = MIN (search->n_steps + 1, DFI_MINIMISE_MEMORY);
  on_all (search, do_step);
  search->vectors[GRADIENT] = search->trial_gradient;
  search->trial_gradient    = gradient;
}

/* ---------- the search ---------- */

typedef struct
{
  DfiFunction     function;
  gpointer        data;
  int             iterations;  /* at most, */
  int             evaluations; /* likewise */
  DfiProgressFunc progress;
  gpointer        progress_data;
  DfiMinimum     *minimum;
} Task;

typedef enum
{
  LOWER,   /* the trial is */
  NOWHERE, /* no point on the way is, in the arithmetic at hand */
  LIMIT,   /* of evaluations */
  CANCELLED
} Outcome;

/* FALSE: cancelled. */
static gboolean
evaluate (const Task *task, const float *z, float *gradient, double *value)
{
  DfiMinimum *minimum = task->minimum;

  *value = task->function (z, gradient, task->data);
  minimum->evaluations++;
  return ! task->progress || task->progress ((double) minimum->iterations / task->iterations, task->progress_data);
}

/* How much of the way is left to try, when at its end the value is @rise above the one here and @foretold was expected: where the
 * parabola through both is lowest, within reason. */
static double
shorten (double rise, double foretold)
{
  double share = -0.5 * foretold / (rise - foretold);

  return isfinite (rise) ? CLAMP (share, 0.1, 0.5) : 0.1;
}

static Outcome
look_ahead (Search *search, const Task *task)
{
  DfiMinimum *minimum = task->minimum;

  search->length = 1.0f;
  for (int i = 0; i < SEARCH_MAX; i++)
    {
      double foretold = go_to_trial (search), value;

      if (! (foretold < 0.0))
        return NOWHERE;
      if (minimum->evaluations == task->evaluations)
        return LIMIT;
      if (! evaluate (task, search->trial, search->trial_gradient, &value))
        return CANCELLED;
      if (value <= minimum->last + ENOUGH * foretold)
        {
          minimum->last = value;
          return LOWER;
        }
      search->length *= shorten (value - minimum->last, foretold);
    }
  return NOWHERE;
}

/* From where the value and the gradient are known. FALSE with @error set when it was cancelled. */
static gboolean
go_down (Search *search, const Task *task, GError **error)
{
  DfiMinimum *minimum = task->minimum;

  while (minimum->iterations < task->iterations)
    switch (find_direction (search) ? look_ahead (search, task) : NOWHERE)
      {
      case LOWER:
        take_step (search);
        minimum->iterations++;
        break;
      case NOWHERE: /* what was learnt may be wrong by now */
        minimum->converged = search->n_steps == 0;
        search->n_steps    = 0;
        if (minimum->converged)
          return TRUE;
        break;
      case LIMIT: return TRUE;
      case CANCELLED: return dfi_error_set_cancelled (error);
      }
  return TRUE;
}

gboolean
dfi_minimise (DfiFunction     function,
              gpointer        data,
              float          *z,
              size_t          n,
              gboolean        box,
              int             iterations,
              DfiThreads     *threads,
              DfiProgressFunc progress,
              gpointer        progress_data,
              DfiMinimum     *minimum,
              GError        **error)
{
  const Task task = { function, data, iterations, iterations + iterations / 4 + SEARCH_MAX, progress, progress_data, minimum };
  Search     search;
  gboolean   done = search_init (&search, z, n, box, threads, error);

  *minimum = (DfiMinimum){ 0 };
  for (size_t i = 0; box && i < n; i++)
    z[i] = CLAMP (z[i], 0.0f, 1.0f);
  if (done && ! evaluate (&task, z, search.vectors[GRADIENT], &minimum->first))
    done = dfi_error_set_cancelled (error);
  else if (done && ! isfinite (minimum->first))
    {
      g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                           _ ("The picture's features are not finite numbers; the weights cannot be right."));
      done = FALSE;
    }
  minimum->last = minimum->first;
  done          = done && go_down (&search, &task, error);
  search_clear (&search);
  return done;
}
