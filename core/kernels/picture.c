/* picture.c: the first layer in vectors, from a picture to a map and back: three channels are too few for winograd.c, so this
 * multiplies as it stands. Forward a vector is a pixel's filters, back it is pixels in a row. Compiled once for each kind of
 * vector. */

#include "config.h"

#include "kernels/vectors.h"

#define SIDE  4                                /* of a tile */
#define TAPS  (DFI_PICTURE_CHANNELS * 9)       /* of a filter */
#ifdef __AVX512F__
#define ROWS  4                                /* of a tile summed at once: what the registers hold */
#define BAND  6                                /* and rows of the picture on the way back */
#else
#define ROWS  2
#define BAND  2
#endif
#define JOBS  4                                /* for each thread */

/* Both ways; what is not needed one way is NULL. */
typedef struct
{
  int          height, width;
  int          n_pieces, n_jobs;               /* rows of tiles, or bands, and who shares them */
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
  float       *planes;                         /* each thread's; see planes_size() */
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
job_start (const Picture *picture,
           int            job)
{
  return dfi_stretch (picture->n_pieces, job, picture->n_jobs);
}

static void
run (Picture        *picture,
     DfiThreadsFunc  func,
     int             n_pieces,
     DfiThreads     *threads)
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
padded_size (const DfiLayerShape *shape)
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

  run (&picture, pad_job, tiles_along (shape->height), threads);
  run (&picture, forward_job, tiles_along (shape->height), threads);
}

/* ---------- gradient ----------
 *
 * A band of rows of dy, and the rows around it, become planes: a channel's pixels in a row lie side by side, with zeros around
 * the map. So the channels are summed without a sum across a vector. */

/* Floats of a plane's row: the map's pixels begin at LANES. */
static size_t
plane_row (int width)
{
  return matrix_size (n_groups (width) + 2);
}

static size_t
planes_size (int filters,
             int width)
{
  return (size_t) n_groups (filters) * LANES * (BAND + 2) * plane_row (width);
}

static size_t
scratch_size (const DfiLayerShape *shape,
              int                  n_threads)
{
  return MAX (padded_size (shape), n_threads * planes_size (shape->filters, shape->width));
}

/* @n pixels of one group of channels, from pixel @from on, and zeros up to LANES, into rows of as many planes, @step floats apart. */
static inline __attribute__ ((always_inline)) void
spread (float         *to,
        size_t         step,
        const Picture *picture,
        size_t         from,
        int            n)
{
  Vector pixels[LANES];

#pragma GCC unroll 16
  for (int j = 0; j < LANES; j++)
    pixels[j] = j < n ? keep (load (picture->dy + (from + j) * LANES), picture->dy_mask[from + j]) : (Vector) { 0.0f };
  transpose (pixels);
#pragma GCC unroll 16
  for (int k = 0; k < LANES; k++)
    store (to + k * step, pixels[k]);
}

/* planes [row][channel][column], for the rows from @top - 1 on */
static void
fill_planes (float         *planes,
             const Picture *picture,
             int            top)
{
  int    width = picture->width, last = n_groups (width) + 1;
  size_t step  = plane_row (width);

  for (int i = 0; i < BAND + 2; i++)
    for (int group = 0; group < picture->groups; group++)
      {
        float *to   = planes + (size_t) (i * picture->groups + group) * LANES * step;
        int    row  = top - 1 + i, left;
        size_t from = ((size_t) group * picture->height + row) * width;

        if (row < 0 || row >= picture->height)
          {
            memset (to, 0, LANES * step * sizeof *to);
            continue;
          }
        for (int k = 0; k < LANES; k++)
          to[k * step + LANES - 1] = to[k * step + last * LANES] = 0.0f;
        for (left = 0; left + LANES <= width; left += LANES)
          spread (to + LANES + left, step, picture, from + left, LANES);
        if (left < width)
          spread (to + LANES + left, step, picture, from + left, width - left);
      }
}

/* Adds what one channel says through one column of its filters @w. A pixel gets from its neighbour at (i, j) what this got from it
 * through the opposite number of the filter. */
static inline __attribute__ ((always_inline)) void
add_column (Vector       sum[DFI_PICTURE_CHANNELS][BAND],
            const float *plane,
            size_t       step,
            const float *w)
{
  const Vector zero = { 0.0f };
  Vector       filter[DFI_PICTURE_CHANNELS][3];

#pragma GCC unroll 3
  for (int c = 0; c < DFI_PICTURE_CHANNELS; c++)
#pragma GCC unroll 3
    for (int di = 0; di < 3; di++)
      filter[c][di] = w[(3 * c + 2 - di) * 3 * LANES] - zero;

#pragma GCC unroll 8
  for (int i = 0; i < BAND + 2; i++)
    {
      Vector pixels = load_any (plane + i * step);

#pragma GCC unroll 3
      for (int di = 0; di < 3; di++)
#pragma GCC unroll 3
        for (int c = 0; c < DFI_PICTURE_CHANNELS; c++)
          if (i - di >= 0 && i - di < BAND)
            sum[c][i - di] += pixels * filter[c][di];
    }
}

/* LANES columns of a band. */
static void
gradient_columns (const Picture *picture,
                  const float   *planes,
                  int            top,
                  int            left)
{
  size_t row_size = plane_row (picture->width), step = picture->groups * LANES * row_size;
  int    columns  = MIN (LANES, picture->width - left);
  Vector sum[DFI_PICTURE_CHANNELS][BAND];

#pragma GCC unroll 3
  for (int c = 0; c < DFI_PICTURE_CHANNELS; c++)
#pragma GCC unroll 8
    for (int i = 0; i < BAND; i++)
      sum[c][i] = (Vector) { 0.0f };

  for (int k = 0; k < picture->groups * LANES; k++)
#pragma GCC unroll 1
    for (int dj = 0; dj < 3; dj++)
      add_column (sum, planes + k * row_size + LANES + left + dj - 1, step,
                  picture->filters + k / LANES * TAPS * LANES + k % LANES + (2 - dj) * LANES);

#pragma GCC unroll 3
  for (int c = 0; c < DFI_PICTURE_CHANNELS; c++)
#pragma GCC unroll 8
    for (int i = 0; i < BAND; i++)
      if (top + i < picture->height)
        memcpy (picture->dx + ((size_t) c * picture->height + top + i) * picture->width + left, &sum[c][i], columns * sizeof (float));
}

static void
gradient_job (int      job,
              int      thread,
              gpointer data)
{
  const Picture *picture = data;
  float         *planes  = picture->planes + thread * planes_size (picture->groups * LANES, picture->width);

  for (int top = job_start (picture, job) * BAND; top < job_start (picture, job + 1) * BAND; top += BAND)
    {
      fill_planes (planes, picture, top);
      for (int left = 0; left < picture->width; left += LANES)
        gradient_columns (picture, planes, top, left);
    }
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
    .planes  = scratch,
    .dx      = dx,
  };

  run (&picture, gradient_job, bands_along (shape->height), threads);
}

const DfiPictureKernels SET (dfi_picture) =
{
  .filters_size    = filters_size,
  .filters_prepare = filters_prepare,
  .scratch_size    = scratch_size,
  .forward         = forward,
  .gradient        = gradient,
};
