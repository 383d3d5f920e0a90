/* kernels.c: which set of kernels to use, and moving pictures into their maps and out. */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/vectorise.h"
#include "base/error.h"
#include "network/kernels/kernels.h"

#define PARTS      64   /* of a map whose squares are summed */
#define SUM_LENGTH 4096 /* squares that are summed in single precision, before they are added in double */
#define LANES_MAX  16   /* of all sets of kernels */
#define STRETCH    64   /* pixels moved at a time: as many of their lanes stay in the nearest cache */

static int
n_groups (const DfiKernels *kernels, int channels)
{
  return (channels + kernels->lanes - 1) / kernels->lanes;
}

size_t
dfi_map_size (const DfiKernels *kernels, int channels, size_t n)
{
  return (size_t) n_groups (kernels, channels) * kernels->lanes * n;
}

size_t
dfi_mask_size (const DfiKernels *kernels, const DfiLayerShape *shape)
{
  const size_t n = (size_t) shape->height * shape->width;

  if (kernels->lanes == 1)
    return (shape->filters * n + 7) / 8;
  return n_groups (kernels, shape->filters) * n * ((kernels->lanes + 7) / 8); /* whole bytes for each vector */
}

void
dfi_filters_turn (float *turned, const float *w, int n_filters, int channels)
{
  for (int k = 0; k < n_filters; k++)
    for (int c = 0; c < channels; c++)
      for (int i = 0; i < 9; i++)
        turned[((size_t) c * n_filters + k) * 9 + 8 - i] = w[((size_t) k * channels + c) * 9 + i];
}

/* Channel c's pixels in the map: at every lanes-th float from here. */
static size_t
channel_start (const DfiKernels *kernels, int channel, size_t n)
{
  return channel / kernels->lanes * n * kernels->lanes + channel % kernels->lanes;
}

void
dfi_map_pack (const DfiKernels *kernels, float *map, const float *x, int channels, size_t n)
{
  int lanes = kernels->lanes;

  if (channels % lanes)
    memset (map + channels / lanes * n * lanes, 0, n * lanes * sizeof *map);

  for (int first = 0; first < channels; first += lanes)
    for (size_t from = 0; from < n; from += STRETCH)
      for (int c = first; c < MIN (first + lanes, channels); c++)
        {
          float *to = map + channel_start (kernels, c, n);

          for (size_t i = from; i < MIN (from + STRETCH, n); i++)
            to[i * lanes] = x[c * n + i];
        }
}

void
dfi_map_unpack (const DfiKernels *kernels, float *x, const float *map, int channels, size_t n)
{
  int lanes = kernels->lanes;

  for (int first = 0; first < channels; first += lanes)
    for (size_t from = 0; from < n; from += STRETCH)
      for (int c = first; c < MIN (first + lanes, channels); c++)
        {
          const float *source = map + channel_start (kernels, c, n);

          for (size_t i = from; i < MIN (from + STRETCH, n); i++)
            x[c * n + i] = source[i * lanes];
        }
}

typedef struct
{
  float       *map;
  const float *target;
  size_t       size;
  float        weight;
  double       squares[PARTS];
} Residual;

/* map = weight (map - target); returns the sum of the squares of map - target. */
DFI_VECTORISE
static float
stretch_residual (float *map, const float *target, size_t n, float weight)
{
  float squares = 0.0f;

#pragma omp simd reduction(+ : squares)
  for (size_t i = 0; i < n; i++)
    {
      float difference = map[i] - target[i];

      squares += difference * difference;
      map[i] = weight * difference;
    }
  return squares;
}

static void
residual_part (int part, int thread, gpointer data)
{
  Residual *residual = data;
  size_t    length   = (residual->size + PARTS - 1) / PARTS;
  size_t    start = MIN (length * part, residual->size), end = MIN (start + length, residual->size);
  double    sum = 0.0;

  for (size_t from = start; from < end; from += SUM_LENGTH)
    sum += stretch_residual (residual->map + from, residual->target + from, MIN (SUM_LENGTH, end - from), residual->weight);
  residual->squares[part] = sum;
}

double
dfi_map_residual (float *map, const float *target, size_t size, float weight, DfiThreads *threads)
{
  Residual residual = { map, target, size, weight, { 0.0 } };
  double   sum      = 0.0;

  dfi_threads_run (threads, PARTS, residual_part, &residual);
  for (int part = 0; part < PARTS; part++)
    sum += residual.squares[part];
  return sum;
}

typedef struct
{
  float       *y;
  const float *x;
  int          lanes;
  int          height; /* of x */
  int          width;
} Doubling;

/* to = 3/4 near + 1/4 far (n) */
static inline void
mix (float *to, const float *near, const float *far, int n)
{
  for (int i = 0; i < n; i++)
    to[i] = 0.75f * near[i] + 0.25f * far[i];
}

/* Row @item of y, counted through all groups of channels.  A pixel of x makes two of the row, with its neighbours' help; all
 * three are first mixed from the two rows of x that the row lies between. */
DFI_VECTORISE static void
double_row (int item, int thread, gpointer data)
{
  const Doubling *doubling = data;
  const int       lanes = doubling->lanes, width = doubling->width, height = doubling->height;
  const int       group = item / (2 * height), row = item % (2 * height);
  const int       below = CLAMP (row % 2 ? row / 2 + 1 : row / 2 - 1, 0, height - 1);
  const float    *near  = doubling->x + ((size_t) group * height + row / 2) * width * lanes;
  const float    *far   = doubling->x + ((size_t) group * height + below) * width * lanes;
  float          *y     = doubling->y + (size_t) item * 2 * width * lanes;
  float           mixed[3][LANES_MAX];

  mix (mixed[1], near, far, lanes);
  memcpy (mixed[0], mixed[1], lanes * sizeof (float));
  for (int j = 0; j < width; j++)
    {
      int next = MIN (j + 1, width - 1) * lanes;

      mix (mixed[2], near + next, far + next, lanes);
      mix (y + 2 * j * lanes, mixed[1], mixed[0], lanes);
      mix (y + (2 * j + 1) * lanes, mixed[1], mixed[2], lanes);
      memcpy (mixed[0], mixed[1], lanes * sizeof (float));
      memcpy (mixed[1], mixed[2], lanes * sizeof (float));
    }
}

void
dfi_map_double (const DfiKernels *kernels, float *y, const float *x, int channels, int height, int width, DfiThreads *threads)
{
  Doubling doubling = { y, x, kernels->lanes, height, width };
  int      n_groups = (channels + kernels->lanes - 1) / kernels->lanes;

  dfi_threads_run (threads, n_groups * 2 * height, double_row, &doubling);
}

/* Of the map (H, W) of @shape, in the @group-th group of channels: the first lane of the upper left of the four pixels that
 * the pooled pixel (@i, @j) comes from. */
static size_t
square_start (const DfiKernels *kernels, const DfiLayerShape *shape, int group, int i, int j)
{
  return (((size_t) group * shape->height + 2 * i) * shape->width + 2 * j) * kernels->lanes;
}

void
dfi_map_pool (const DfiKernels *kernels, float *y, guint8 *choice, const float *x, const DfiLayerShape *shape)
{
  const size_t row     = (size_t) shape->width * kernels->lanes;
  const size_t four[4] = { 0, kernels->lanes, row, row + kernels->lanes };

  for (int group = 0; group < n_groups (kernels, shape->filters); group++)
    for (int i = 0; i < shape->height / 2; i++)
      for (int j = 0; j < shape->width / 2; j++)
        {
          const float *square = x + square_start (kernels, shape, group, i, j);

          for (int lane = 0; lane < kernels->lanes; lane++)
            {
              int best = 0;

              for (int k = 1; k < 4; k++)
                if (square[four[k] + lane] > square[four[best] + lane])
                  best = k;
              *choice++ = best;
              *y++      = square[four[best] + lane];
            }
        }
}

void
dfi_map_unpool_add (const DfiKernels *kernels, float *dx, const float *dy, const guint8 *choice, const DfiLayerShape *shape)
{
  const size_t row     = (size_t) shape->width * kernels->lanes;
  const size_t four[4] = { 0, kernels->lanes, row, row + kernels->lanes };

  for (int group = 0; group < n_groups (kernels, shape->filters); group++)
    for (int i = 0; i < shape->height / 2; i++)
      for (int j = 0; j < shape->width / 2; j++)
        {
          float *square = dx + square_start (kernels, shape, group, i, j);

          for (int lane = 0; lane < kernels->lanes; lane++)
            square[four[*choice++] + lane] += *dy++;
        }
}

static gboolean
runs_here (const DfiKernels *kernels)
{
#ifdef DFI_HAVE_X86
  if (kernels == &dfi_kernels_avx512)
    return __builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512dq") && __builtin_cpu_supports ("avx512bw") &&
           __builtin_cpu_supports ("avx512vl") && __builtin_cpu_supports ("fma");
  if (kernels == &dfi_kernels_avx2)
    return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma");
#endif
  return TRUE;
}

const DfiKernels *
dfi_kernels_find (const char *name, GError **error)
{
  static const DfiKernels *const all[] = /* the fastest first */
      {
#ifdef DFI_HAVE_X86
        &dfi_kernels_avx512,
        &dfi_kernels_avx2,
#endif
#ifdef DFI_HAVE_NEON
        &dfi_kernels_neon,
#endif
        &dfi_kernels_plain,
      };

  for (size_t i = 0; i < G_N_ELEMENTS (all); i++)
    if ((! name || strcmp (name, all[i]->name) == 0) && runs_here (all[i]))
      return all[i];

  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
               _ ("The environment's DFI_KERNELS is “%s”, which this computer does not have; “plain” works everywhere."), name);
  return NULL;
}

const DfiKernels *
dfi_kernels_get (GError **error)
{
  return dfi_kernels_find (g_getenv ("DFI_KERNELS"), error);
}
