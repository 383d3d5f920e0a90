/* picture.c: the first layer in vectors, from a picture to a map and back: three channels are too few for winograd.c, so this
 * multiplies as it stands, 4x4 pixels at a time. Compiled once for each kind of vector. */

#include "config.h"

#include "kernels/vectors.h"

#define SIDE  4                                /* of a tile */
#define AROUND (SIDE + 2)
#define TAPS  (DFI_PICTURE_CHANNELS * 9)       /* of a filter */
#ifdef __AVX512F__
#define ROWS  4                                /* of a tile summed at once: what the registers hold */
#else
#define ROWS  2
#endif
#define JOBS  4                                /* for each thread */

/* Both ways; what is not needed one way is NULL. */
typedef struct
{
  int          height, width, n_jobs;
  int          groups;                         /* of filters */
  const float *filters;                        /* [group][channel][row][column][lane] */
  const float *bias;
  float       *padded;                         /* (3, padded_height, padded_width): zeros around the picture */
  const float *x;
  const float *mean;
  float       *y;
  Bits        *mask;
  const float *dy;
  const Bits  *dy_mask;
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

/* The first row of tiles of a job. */
static int
job_start (const Picture *picture,
           int            job)
{
  return dfi_stretch (tiles_along (picture->height), job, picture->n_jobs);
}

static void
run (Picture        *picture,
     DfiThreadsFunc  func,
     DfiThreads     *threads)
{
  picture->n_jobs = MIN (tiles_along (picture->height), JOBS * dfi_threads_count (threads));
  dfi_threads_run (threads, picture->n_jobs, func, picture);
}

/* ---------- filters ---------- */

static size_t
filters_size (int n_filters)
{
  return (size_t) TAPS * n_groups (n_filters) * LANES;
}

static void
filters_prepare (float       *prepared,
                 const float *w,
                 int          n_filters)
{
  memset (prepared, 0, filters_size (n_filters) * sizeof *prepared);
  for (int k = 0; k < n_filters; k++)
    for (int i = 0; i < TAPS; i++)
      prepared[((size_t) k / LANES * TAPS + i) * LANES + k % LANES] = w[k * TAPS + i];
}

/* ---------- forward ---------- */

static size_t
scratch_size (const DfiLayerShape *shape)
{
  return (size_t) DFI_PICTURE_CHANNELS * padded_side (shape->height) * padded_side (shape->width);
}

/* One row of one channel, -1 .. , less the mean, with zeros around. */
static void
pad_row (const Picture *picture,
         int            c,
         int            row)
{
  int    width = picture->width, padded_width = padded_side (width);
  float *to    = picture->padded + ((size_t) c * padded_side (picture->height) + row + 1) * padded_width;

  memset (to, 0, padded_width * sizeof *to);
  if (row >= 0 && row < picture->height)
    for (int j = 0; j < width; j++)
      to[j + 1] = picture->x[((size_t) c * picture->height + row) * width + j] - picture->mean[c];
}

static void
pad_job (int      job,
         int      thread,
         gpointer data)
{
  const Picture *picture = data;
  int            top     = job_start (picture, job) * SIDE, bottom = job_start (picture, job + 1) * SIDE;

  if (job == 0)
    top -= 1;
  if (job == picture->n_jobs - 1)
    bottom += 1;
  for (int c = 0; c < DFI_PICTURE_CHANNELS; c++)
    for (int row = top; row < bottom; row++)
      pad_row (picture, c, row);
}

/* ROWS rows of the tile at (top, left), for one group of filters. */
static void
forward_rows (const Picture *picture,
              int            group,
              int            top,
              int            left)
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
forward_job (int      job,
             int      thread,
             gpointer data)
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
  Picture picture =
  {
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

  run (&picture, pad_job, threads);
  run (&picture, forward_job, threads);
}

/* ---------- gradient ---------- */

/* dy around the tile at (top, left), where its mask and the map say so. */
static inline __attribute__ ((always_inline)) void
gather (Vector         patch[AROUND * AROUND],
        const Picture *picture,
        int            group,
        int            top,
        int            left,
        const gboolean inside)
{
  for (int i = 0; i < AROUND; i++)
#pragma GCC unroll 6
    for (int j = 0; j < AROUND; j++)
      {
        int    row = top + i - 1, column = left + j - 1;
        size_t at  = ((size_t) group * picture->height + row) * picture->width + column;

        patch[AROUND * i + j] = inside || (row >= 0 && row < picture->height && column >= 0 && column < picture->width) ?
                                keep (load (picture->dy + at * LANES), picture->dy_mask[at]) : (Vector) { 0.0f };
      }
}

/* Adds to sum[channel] what the filters of a group say of four pixels in a row. @patch begins in the row above them. A pixel
 * gets from its neighbour at (di, dj) what this got from it through the opposite number of the filter. */
static inline void
gradient_row (__m128         sum[DFI_PICTURE_CHANNELS],
              const Vector  *patch,
              const Vector  *w)
{
  Vector four[DFI_PICTURE_CHANNELS][SIDE];

#pragma GCC unroll 3
  for (int c = 0; c < DFI_PICTURE_CHANNELS; c++)
#pragma GCC unroll 4
    for (int j = 0; j < SIDE; j++)
      four[c][j] = (Vector) { 0.0f };

  for (int di = 0; di < 3; di++)
    {
#pragma GCC unroll 3
      for (int c = 0; c < DFI_PICTURE_CHANNELS; c++)
#pragma GCC unroll 3
        for (int dj = 0; dj < 3; dj++)
          {
            Vector filter = w[(3 * c + 2 - di) * 3 + 2 - dj];

#pragma GCC unroll 4
            for (int j = 0; j < SIDE; j++)
              four[c][j] += patch[AROUND * di + j + dj] * filter;
          }
    }

  for (int c = 0; c < DFI_PICTURE_CHANNELS; c++)
    sum[c] = _mm_add_ps (sum[c], sums_of_four (four[c]));
}

static inline __attribute__ ((always_inline)) void
gradient_tile (const Picture *picture,
               int            top,
               int            left,
               const gboolean inside)
{
  int    rows = MIN (SIDE, picture->height - top), columns = MIN (SIDE, picture->width - left);
  __m128 sum[SIDE][DFI_PICTURE_CHANNELS] = { { { 0.0f } } };

  for (int group = 0; group < picture->groups; group++)
    {
      Vector patch[AROUND * AROUND];

      gather (patch, picture, group, top, left, inside);
      for (int i = 0; i < SIDE; i++)
        gradient_row (sum[i], patch + AROUND * i, (const Vector *) picture->filters + group * TAPS);
    }

  for (int i = 0; i < rows; i++)
    for (int c = 0; c < DFI_PICTURE_CHANNELS; c++)
      memcpy (picture->dx + ((size_t) c * picture->height + top + i) * picture->width + left, &sum[i][c],
              columns * sizeof (float));
}

static void
gradient_job (int      job,
              int      thread,
              gpointer data)
{
  const Picture *picture = data;
  int            bottom  = MIN (job_start (picture, job + 1) * SIDE, picture->height);

  for (int top = job_start (picture, job) * SIDE; top < bottom; top += SIDE)
    for (int left = 0; left < picture->width; left += SIDE)
      if (top > 0 && left > 0 && top + SIDE < picture->height && left + SIDE < picture->width)
        gradient_tile (picture, top, left, TRUE);
      else
        gradient_tile (picture, top, left, FALSE);
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
  Picture picture =
  {
    .height  = shape->height,
    .width   = shape->width,
    .groups  = n_groups (shape->filters),
    .filters = w,
    .dy      = dy,
    .dy_mask = (const Bits *) mask,
    .dx      = dx,
  };

  run (&picture, gradient_job, threads);
}

const DfiPictureKernels SET (dfi_picture) =
{
  .filters_size    = filters_size,
  .filters_prepare = filters_prepare,
  .scratch_size    = scratch_size,
  .forward         = forward,
  .gradient        = gradient,
};
