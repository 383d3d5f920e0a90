/* picture.c: the first layer in vectors, from a picture to a map and back. Three channels are too few for winograd.c, so that
 * this multiplies as it stands. A vector is a group of a pixel's filters; on the way back their sums are folded into vectors
 * of pixels. This file is compiled once for each kind of vector.
 */

#include "config.h"

#include "network/kernels/simd.h"

#define SIDE   4                          /* of a tile */
#define TAPS   (DFI_PICTURE_CHANNELS * 9) /* of a filter */
#define ROWS   (REGISTERS / 8)            /* of a tile summed at once: what the registers hold */
#define BAND   4                          /* rows of the picture that are worked on together on the way back */
#define PIXELS 4                          /* of a row summed at once on the way back */
#define JOBS   4                          /* for each thread */

/* One layer, forward or back; what is not needed on that way is NULL. */
typedef struct
{
  int          height, width;
  int          n_pieces, n_jobs; /* rows of tiles, or bands, and who shares them */
  int          groups;           /* of filters */
  const float *filters;          /* [group][channel][row][column][lane] */
  const float *bias;
  float       *padded; /* (3, padded_height, padded_width): zeros around the picture */
  const float *x;
  const float *mean;
  float       *y;
  Bits        *mask;
  const float *dy;
  const Bits  *dy_mask;
  float       *patches; /* each thread's, patch_step() apart */
  float       *dx;
} Picture;

static int
tiles_along (int side)
{
  return (side + SIDE - 1) / SIDE;
}

static int
padded_side (int side)
{
  return tiles_along (side) * SIDE + 2;
}

static int
bands_along (int side)
{
  return (side + BAND - 1) / BAND;
}

/* The first piece of a job. */
static int
job_start (const Picture *picture, int job)
{
  return dfi_stretch (picture->n_pieces, job, picture->n_jobs);
}

static void
run (Picture *picture, DfiThreadsFunc func, int n_pieces, DfiThreads *threads)
{
  picture->n_pieces = n_pieces;
  picture->n_jobs   = MIN (n_pieces, JOBS * dfi_threads_count (threads));
  dfi_threads_run (threads, picture->n_jobs, func, picture);
}

/* ---------- filters ---------- */

static size_t
filters_size (int n_filters)
{
  return (size_t) TAPS * n_groups (n_filters) * LANES;
}

static void
filters_prepare (float *prepared, const float *w, int n_filters)
{
  memset (prepared, 0, filters_size (n_filters) * sizeof *prepared);
  for (int k = 0; k < n_filters; k++)
    for (int i = 0; i < TAPS; i++)
      prepared[((size_t) k / LANES * TAPS + i) * LANES + k % LANES] = w[k * TAPS + i];
}

/* ---------- forward ---------- */

static size_t
padded_size (const DfiLayerShape *shape)
{
  return (size_t) DFI_PICTURE_CHANNELS * padded_side (shape->height) * padded_side (shape->width);
}

/* Writes row @row, from -1 on, of one channel: the picture less its mean, with zeros around. */
static void
pad_row (const Picture *picture, int c, int row)
{
  int    width = picture->width, padded_width = padded_side (width);
  float *to = picture->padded + ((size_t) c * padded_side (picture->height) + (size_t) (row + 1)) * padded_width;

  memset (to, 0, padded_width * sizeof *to);
  if (row >= 0 && row < picture->height)
    for (int j = 0; j < width; j++)
      to[j + 1] = picture->x[((size_t) c * picture->height + row) * width + j] - picture->mean[c];
}

static void
pad_job (int job, int thread, gpointer data)
{
  const Picture *picture = data;
  int            top = job_start (picture, job) * SIDE, bottom = job_start (picture, job + 1) * SIDE;

  if (job == 0)
    top -= 1;
  if (job == picture->n_jobs - 1)
    bottom += 1;
  for (int c = 0; c < DFI_PICTURE_CHANNELS; c++)
    for (int row = top; row < bottom; row++)
      pad_row (picture, c, row);
}

/* Convolves ROWS rows of the tile at (top, left) with one group of filters. */
static void
forward_rows (const Picture *picture, int group, int top, int left)
{
  const size_t  step = padded_side (picture->width), plane = step * padded_side (picture->height);
  const Vector *w    = (const Vector *) picture->filters + group * TAPS;
  const float  *x    = picture->padded + top * step + left;
  const Vector  zero = { 0.0f }, bias = load_any (picture->bias + group * LANES);
  size_t        at   = ((size_t) group * picture->height + top) * picture->width + left;
  int           rows = MIN (ROWS, picture->height - top), columns = MIN (SIDE, picture->width - left);
  Vector        sum[ROWS][SIDE];

#pragma GCC unroll 4
  for (int i = 0; i < ROWS; i++)
#pragma GCC unroll 4
    for (int j = 0; j < SIDE; j++)
      sum[i][j] = bias;

  for (int c = 0; c < DFI_PICTURE_CHANNELS; c++)
    for (int di = 0; di < 3; di++)
#pragma GCC unroll 3
      for (int dj = 0; dj < 3; dj++)
        {
          const Vector filter = *w++;

#pragma GCC unroll 4
          for (int i = 0; i < ROWS; i++)
#pragma GCC unroll 4
            for (int j = 0; j < SIDE; j++)
              sum[i][j] += (x[c * plane + (i + di) * step + j + dj] - zero) * filter;
        }

#pragma GCC unroll 4
  for (int i = 0; i < ROWS; i++)
#pragma GCC unroll 4
    for (int j = 0; j < SIDE; j++)
      if (i < rows && j < columns)
        {
          picture->mask[at + (size_t) i * picture->width + j] = greater (sum[i][j], zero);
          store (picture->y + (at + (size_t) i * picture->width + j) * LANES, larger (sum[i][j], zero));
        }
}

static void
forward_job (int job, int thread, gpointer data)
{
  const Picture *picture = data;
  int            bottom  = MIN (job_start (picture, job + 1) * SIDE, picture->height);

  for (int group = 0; group < picture->groups; group++)
    for (int top = job_start (picture, job) * SIDE; top < bottom; top += ROWS)
      for (int left = 0; left < picture->width; left += SIDE)
        forward_rows (picture, group, top, left);
}

static void
forward (float               *y,
         guint8              *mask,
         const DfiLayerShape *shape,
         const float         *w,
         const float         *bias,
         const float         *x,
         const float          mean[DFI_PICTURE_CHANNELS],
         DfiThreads          *threads,
         float               *scratch)
{
  Picture picture = {
    .height  = shape->height,
    .width   = shape->width,
    .groups  = n_groups (shape->filters),
    .filters = w,
    .bias    = bias,
    .padded  = scratch,
    .x       = x,
    .mean    = mean,
    .y       = y,
    .mask    = (Bits *) mask,
  };

  run (&picture, pad_job, tiles_along (shape->height), threads);
  run (&picture, forward_job, tiles_along (shape->height), threads);
}

/* ---------- gradient ---------- */

#define PATCH_ROWS    (BAND + 2)
#define PATCH_COLUMNS (LANES + 2)

/* Floats from a thread's patch, what BAND rows and LANES columns of the picture depend on, to the next thread's. */
static size_t
patch_step (int groups)
{
  return dfi_scratch_step ((size_t) groups * PATCH_ROWS * PATCH_COLUMNS * LANES);
}

static size_t
scratch_size (const DfiLayerShape *shape, int n_threads)
{
  return MAX (padded_size (shape), n_threads * patch_step (n_groups (shape->filters)));
}

/* The vector of dy at @at, as far as the mask lets it through. */
static inline Vector
masked_at (const Picture *picture, size_t at)
{
  return keep (load (picture->dy + at * LANES), picture->dy_mask[at]);
}

/* Reads columns left - 1 .. left + LANES of one row of one group of filters, with zeros around the map. What the next patch
 * reads is fetched meanwhile. */
static void
read_row (Vector *patch, const Picture *picture, int group, int row, int left)
{
  gboolean there = row >= 0 && row < picture->height;
  size_t   from  = ((size_t) group * picture->height + MAX (row, 0)) * picture->width + left; /* of the patch's second column */

  if (there && left > 0 && left + LANES < picture->width)
    for (int j = 0; j < PATCH_COLUMNS; j++)
      {
        patch[j] = masked_at (picture, from + j - 1);
        __builtin_prefetch (picture->dy + (from + j - 1 + LANES) * LANES);
      }
  else
    for (int j = 0; j < PATCH_COLUMNS; j++)
      patch[j] = there && left + j > 0 && left + j <= picture->width ? masked_at (picture, from + j - 1) : (Vector){ 0.0f };
}

/* patch [group][row][column] from (@top - 1, @left - 1) on. */
static void
read_patch (Vector *patch, const Picture *picture, int top, int left)
{
  for (int group = 0; group < picture->groups; group++)
    for (int i = 0; i < PATCH_ROWS; i++, patch += PATCH_COLUMNS)
      read_row (patch, picture, group, top + i - 1, left);
}

/* For each channel a vector folded from PIXELS of row @i of the patch's outputs, from column @first on: what their neighbours
 * say through one group of filters after the other. A pixel gets from its neighbour at (i, j) what this got from it through
 * the opposite number of the filter. */
static inline __attribute__ ((always_inline)) void
gradient_pixels (Vector         folded[DFI_PICTURE_CHANNELS][LANES / PIXELS],
                 const Vector  *patch,
                 const Picture *picture,
                 int            i,
                 int            first)
{
  const Vector *filters = (const Vector *) picture->filters;
  Vector        sum[DFI_PICTURE_CHANNELS][PIXELS];

#pragma GCC unroll 3
  for (int c = 0; c < DFI_PICTURE_CHANNELS; c++)
#pragma GCC unroll 4
    for (int j = 0; j < PIXELS; j++)
      sum[c][j] = (Vector){ 0.0f };

  for (int group = 0; group < picture->groups; group++, filters += TAPS, patch += PATCH_ROWS * PATCH_COLUMNS)
    for (int di = 0; di < 3; di++)
#pragma GCC unroll 3
      for (int dj = 0; dj < 3; dj++)
#pragma GCC unroll 3
        for (int c = 0; c < DFI_PICTURE_CHANNELS; c++)
#pragma GCC unroll 4
          for (int j = 0; j < PIXELS; j++)
            sum[c][j] += patch[(i + di) * PATCH_COLUMNS + first + j + dj] * filters[9 * c + 3 * (2 - di) + 2 - dj];

#pragma GCC unroll 3
  for (int c = 0; c < DFI_PICTURE_CHANNELS; c++)
    folded[c][first / PIXELS] = fold_four (sum[c], 1);
}

/* Writes LANES columns of a band of dx, from (top, left) on. */
static void
gradient_columns (const Picture *picture, Vector *patch, int top, int left)
{
  int    columns = MIN (LANES, picture->width - left);
  Vector folded[DFI_PICTURE_CHANNELS][LANES / PIXELS];

  read_patch (patch, picture, top, left);
  for (int i = 0; i < MIN (BAND, picture->height - top); i++)
    {
      for (int first = 0; first < LANES; first += PIXELS)
        gradient_pixels (folded, patch, picture, i, first);
      for (int c = 0; c < DFI_PICTURE_CHANNELS; c++)
        {
#if LANES == 16
          Vector sums = fold_four (folded[c], PIXELS);
#elif LANES == 8
          Vector sums = fold (folded[c][0], folded[c][1], PIXELS);
#else
          Vector sums = folded[c][0];
#endif

          memcpy (picture->dx + ((size_t) c * picture->height + top + i) * picture->width + left, &sums,
                  columns * sizeof (float));
        }
    }
}

static void
gradient_job (int job, int thread, gpointer data)
{
  const Picture *picture = data;
  Vector        *patch   = (Vector *) (picture->patches + thread * patch_step (picture->groups));

  for (int top = job_start (picture, job) * BAND; top < job_start (picture, job + 1) * BAND; top += BAND)
    for (int left = 0; left < picture->width; left += LANES)
      gradient_columns (picture, patch, top, left);
}

static void
gradient (float               *dx,
          const DfiLayerShape *shape,
          const float         *w,
          const float         *dy,
          const guint8        *mask,
          DfiThreads          *threads,
          float               *scratch)
{
  Picture picture = {
    .height  = shape->height,
    .width   = shape->width,
    .groups  = n_groups (shape->filters),
    .filters = w,
    .dy      = dy,
    .dy_mask = (const Bits *) mask,
    .patches = scratch,
    .dx      = dx,
  };

  run (&picture, gradient_job, bands_along (shape->height), threads);
}

const DfiPictureKernels SET (dfi_picture) = {
  .filters_size    = filters_size,
  .filters_prepare = filters_prepare,
  .scratch_size    = scratch_size,
  .forward         = forward,
  .gradient        = gradient,
};
