/* winograd.c: the kernels in vectors, for AVX2 and AVX-512: this file is compiled once for each.
 *
 * Winograd's F(4x4, 3x3): 4x4 outputs from 6x6 inputs with 36 products instead of 144.  Lavin and Gray, "Fast algorithms
 * for convolutional neural networks", CVPR 2016.  In place of their points 0, 1, -1, 2, -2 these are 0, +-sqrt(1/2),
 * +-sqrt(2), which lose fewer digits (Barabasz et al., "Error analysis and improving the accuracy of Winograd convolution
 * for deep neural networks", ACM TOMS 2020).
 *
 * A job is a block of tiles small enough for its 36 transformed matrices to stay in a core's own cache: transform the
 * inputs, multiply, transform the outputs back, and on the way out add the bias, clip and pool. On the way back the mask
 * is laid over the gradient as it is read, pooled or not. README.md has the whole story.
 */

#include "config.h"

#include "kernels.h"
#include "kernels/vectors.h"

#define POINTS 36                     /* of the transform of a tile */
#define PAIR   2                      /* vectors of filters multiplied at once */

#ifdef __AVX512F__
#define STRIP  12                     /* tiles multiplied at once: with PAIR, as many sums as the registers hold */
#else
#define STRIP  6
#endif

/* Floats that a job's own matrices may fill: so few that they stay close to the core, */
#define JOB_LEAST (60 * 1024)
/* but as many as the filters, up to this, since every job reads all of those. */
#define JOB_MOST  (1024 * 1024)

/* One convolution, forward or back. */
typedef struct
{
  int          in, out;           /* channels */
  int          height, width;     /* both sides' */
  int          tiles_across, n_tiles;
  int          n_blocks;          /* of tiles, */
  int          n_parts;           /* and parts of the filters; a job takes one of each */
  const float *filters;
  const float *x;                 /* map of `in` channels, */
  const Bits  *x_mask;            /* that counts where this says, or everywhere if NULL, */
  int          x_shift;           /* 1 if it is pooled */
  float       *y;                 /* map of `out` channels */
  const float *more;              /* added to it, or NULL; back only */
  Bits        *y_mask;            /* forward only, as is bias */
  const float *bias;
  gboolean     pooled;            /* y is */
  float       *scratch;
  size_t       scratch_size;      /* of a thread */
} Conv;

/* ---------- the three transforms ----------
 *
 * With points +-a and +-b, a^2 = 1/2 and b^2 = 2, a vector of six goes in as B^T d, of three filters as G g, and comes out
 * as four in A^T m. */

#define A  0.70710678118654752440f
#define A2 0.5f
#define A3 (A * A2)
#define B  1.41421356237309504880f
#define B2 2.0f
#define B3 (B * B2)

static inline __attribute__ ((always_inline)) void
transform_six (Vector       *out,
               int           out_step,
               const Vector *d,
               int           step)
{
  Vector d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
  Vector even_a = d4 - B2 * d2, odd_a = A * (d3 - B2 * d1);
  Vector even_b = d4 - A2 * d2, odd_b = B * (d3 - A2 * d1);

  out[0]            = d0 - (A2 + B2) * d2 + d4;
  out[out_step]     = even_a + odd_a;
  out[2 * out_step] = even_a - odd_a;
  out[3 * out_step] = even_b + odd_b;
  out[4 * out_step] = even_b - odd_b;
  out[5 * out_step] = d1 - (A2 + B2) * d3 + d5;
}

static inline __attribute__ ((always_inline)) void
transform_back (Vector       *out,
                int           out_step,
                const Vector *m,
                int           step)
{
  Vector sum_a = m[step] + m[2 * step],     difference_a = m[step] - m[2 * step];
  Vector sum_b = m[3 * step] + m[4 * step], difference_b = m[3 * step] - m[4 * step];

  out[0]            = m[0] + sum_a + sum_b;
  out[out_step]     = A * difference_a + B * difference_b;
  out[2 * out_step] = A2 * sum_a + B2 * sum_b;
  out[3 * out_step] = A3 * difference_a + B3 * difference_b + m[5 * step];
}

/* G, so that sum over its rows gives the convolution; worked out once, so in double. */
static void
transform_filter (double       out[6],
                  const double g[3])
{
  const double a = A, b = B;
  const double by_a = 1.0 / (2.0 * A2 * (A2 - B2)), by_b = 1.0 / (2.0 * B2 * (B2 - A2));

  out[0] = g[0] / (A2 * B2);
  out[1] = by_a * (g[0] + a * g[1] + A2 * g[2]);
  out[2] = by_a * (g[0] - a * g[1] + A2 * g[2]);
  out[3] = by_b * (g[0] + b * g[1] + B2 * g[2]);
  out[4] = by_b * (g[0] - b * g[1] + B2 * g[2]);
  out[5] = g[2];
}

/* ---------- filters: [pair of vectors of filters][point][channel][filter of the pair], the last pair perhaps single ---------- */

static size_t
filters_size (int n_filters,
              int channels)
{
  return (size_t) POINTS * channels * n_groups (n_filters) * LANES;
}

/* Where a pair that starts with group @group begins. */
static size_t
pair_start (int group,
            int channels)
{
  return (size_t) POINTS * channels * group * LANES;
}

/* G g G^T for one filter g (3, 3): out[6 i + j] goes to out[(6 i + j) * step]. */
static void
transform_filter_2d (float       *out,
                     size_t       step,
                     const float *g)
{
  double rows[3][6], column[3], ends[6];

  for (int i = 0; i < 3; i++)
    transform_filter (rows[i], (const double[3]) { g[3 * i], g[3 * i + 1], g[3 * i + 2] });
  for (int j = 0; j < 6; j++)
    {
      for (int i = 0; i < 3; i++)
        column[i] = rows[i][j];
      transform_filter (ends, column);
      for (int i = 0; i < 6; i++)
        out[(6 * i + j) * step] = ends[i];
    }
}

static void
filters_prepare (float       *prepared,
                 const float *w,
                 int          n_filters,
                 int          channels)
{
  float block[POINTS][PAIR * LANES];   /* what belongs together in the end: written there in rows, since single numbers so far
                                        * apart would cost a cache miss each */

  for (int group = 0; group < n_groups (n_filters); group += PAIR)
    {
      int first = group * LANES;
      int row   = MIN (PAIR, n_groups (n_filters) - group) * LANES;

      memset (block, 0, sizeof block);
      for (int c = 0; c < channels; c++)
        {
          for (int k = first; k < MIN (first + row, n_filters); k++)
            transform_filter_2d (&block[0][k - first], PAIR * LANES, w + ((size_t) k * channels + c) * 9);
          for (int p = 0; p < POINTS; p++)
            memcpy (prepared + pair_start (group, channels) + ((size_t) p * channels + c) * row, block[p], row * sizeof (float));
        }
    }
}

/* ---------- inputs: [point][group of channels][tile][lane] ---------- */

/* Where a conv's input comes from: one group of its channels, at the convolution's own size, so before pooling. */
typedef struct
{
  const float *x;
  const Bits  *mask;
  int          height, width;
  int          row_step;   /* vectors from a row of x to the next */
} Input;

static inline __attribute__ ((always_inline)) Input
input_group (const Conv *conv,
             int         group,
             const int   shift)
{
  int height = conv->height >> shift, width = conv->width >> shift;

  return (Input)
  {
    .x        = conv->x + (size_t) group * height * width * LANES,
    .mask     = conv->x_mask + (size_t) group * conv->height * conv->width,
    .height   = height << shift,
    .width    = width << shift,
    .row_step = width,
  };
}

static inline __attribute__ ((always_inline)) Vector
input_at (const Conv    *conv,
          const Input   *input,
          int            row,
          int            column,
          const int      shift,
          const gboolean masked)
{
  Vector v = load (input->x + ((size_t) (row >> shift) * input->row_step + (column >> shift)) * LANES);

  return masked ? keep (v, input->mask[(size_t) row * conv->width + column]) : v;
}

/* half = B^T patch, for the 6x6 vectors around a tile whose output begins at (top, left), zero outside the map. */
static inline __attribute__ ((always_inline)) void
transform_columns (Vector         half[POINTS],
                   const Conv    *conv,
                   const Input   *input,
                   int            top,
                   int            left,
                   const int      shift,
                   const gboolean masked)
{
  gboolean inside = top > 0 && left > 0 && top + 5 <= input->height && left + 5 <= input->width;

  if (inside)
    for (int j = 0; j < 6; j++)
      {
        Vector column[6];

#pragma GCC unroll 6
        for (int i = 0; i < 6; i++)
          column[i] = input_at (conv, input, top + i - 1, left + j - 1, shift, masked);
        transform_six (half + j, 6, column, 1);
      }
  else
    for (int j = 0; j < 6; j++)
      {
        Vector column[6];

        for (int i = 0; i < 6; i++)
          {
            int row = top + i - 1, at = left + j - 1;

            column[i] = row < 0 || row >= input->height || at < 0 || at >= input->width ?
                        (Vector) { 0.0f } : input_at (conv, input, row, at, shift, masked);
          }
        transform_six (half + j, 6, column, 1);
      }
}

/* v: for tiles first .. first + n - 1 */
static inline __attribute__ ((always_inline)) void
transform_inputs (float         *v,
                  const Conv    *conv,
                  int            first,
                  int            n,
                  const int      shift,
                  const gboolean masked)
{
  size_t point_step = (size_t) n_groups (conv->in) * n * LANES;

  for (int group = 0; group < n_groups (conv->in); group++)
    {
      Input input = input_group (conv, group, shift);

      for (int t = 0; t < n; t++)
        {
          float *to = v + ((size_t) group * n + t) * LANES;
          Vector half[POINTS], row[6];

          transform_columns (half, conv, &input, (first + t) / conv->tiles_across * 4, (first + t) % conv->tiles_across * 4,
                             shift, masked);
          for (int i = 0; i < 6; i++)
            {
              transform_six (row, 1, half + 6 * i, 1);
              for (int j = 0; j < 6; j++)
                store (to + (6 * i + j) * point_step, row[j]);
            }
        }
    }
}

/* ---------- products: [point][tile][filter of the pair] ---------- */

/* m (n_tiles, n_vectors * LANES) = v (n_tiles, channels) u (channels, n_vectors * LANES); v's groups of channels are
 * @group_step floats apart. Everything constant but @channels, so that the sums stay in registers. What follows u, the next point's
 * filters, is fetched meanwhile. */
static inline __attribute__ ((always_inline)) void
multiply_strip (float       *m,
                const float *v,
                const float *u,
                int          channels,
                size_t       group_step,
                const int    n_tiles,
                const int    n_vectors)
{
  const size_t next = (size_t) channels * n_vectors * LANES;
  Vector       sum[STRIP][PAIR];

#pragma GCC unroll 16
  for (int t = 0; t < n_tiles; t++)
#pragma GCC unroll 2
    for (int k = 0; k < n_vectors; k++)
      sum[t][k] = (Vector) { 0.0f };

  for (int rest = channels; rest > 0; rest -= LANES, v += group_step)
    for (int c = 0; c < MIN (rest, LANES); c++)
      {
        Vector w[PAIR];

#pragma GCC unroll 2
        for (int k = 0; k < n_vectors; k++)
          {
            w[k] = load (u + k * LANES);
            __builtin_prefetch (u + next + k * LANES);
          }
        u += n_vectors * LANES;
#pragma GCC unroll 16
        for (int t = 0; t < n_tiles; t++)
          {
            Vector x = v[t * LANES + c] - (Vector) { 0.0f };

#pragma GCC unroll 2
            for (int k = 0; k < n_vectors; k++)
              sum[t][k] += x * w[k];
          }
      }

#pragma GCC unroll 16
  for (int t = 0; t < n_tiles; t++)
#pragma GCC unroll 2
    for (int k = 0; k < n_vectors; k++)
      store (m + (t * n_vectors + k) * LANES, sum[t][k]);
}

static void
multiply (float       *m,
          const float *v,
          const float *u,
          int          channels,
          int          n,
          int          n_vectors)
{
  size_t group_step = (size_t) n * LANES;

  for (int t = 0; t < n; t += STRIP)
    {
      float       *to   = m + (size_t) t * n_vectors * LANES;
      const float *from = v + (size_t) t * LANES;

#define CASE(N)                                                           \
  case N:                                                                 \
    if (n_vectors == PAIR)                                                \
      multiply_strip (to, from, u, channels, group_step, N, PAIR);        \
    else                                                                  \
      multiply_strip (to, from, u, channels, group_step, N, 1);           \
    break;

      switch (MIN (STRIP, n - t))
        {
        CASE (1) CASE (2) CASE (3) CASE (4) CASE (5) CASE (6)
#if STRIP > 6
        CASE (7) CASE (8) CASE (9) CASE (10) CASE (11) CASE (12)
#endif
        }
#undef CASE
    }
}

/* ---------- outputs ---------- */

/* The tile's 4x4 and more. These three are given constants for tiles that lie inside the map, so that the tile never leaves the
 * registers. */
static inline __attribute__ ((always_inline)) void
put_plain (const Conv   *conv,
           const Vector  tile[16],
           int           group,
           int           top,
           int           left,
           const int     rows,
           const int     columns)
{
  size_t start = (((size_t) group * conv->height + top) * conv->width + left) * LANES;

  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++)
      {
        size_t at = start + ((size_t) i * conv->width + j) * LANES;

        store (conv->y + at, conv->more ? tile[4 * i + j] + load (conv->more + at) : tile[4 * i + j]);
      }
}

/* max (tile + bias, 0) and the mask. */
static inline __attribute__ ((always_inline)) void
put_active (const Conv   *conv,
            const Vector  tile[16],
            int           group,
            int           top,
            int           left,
            const int     rows,
            const int     columns)
{
  const Vector zero = { 0.0f }, bias = load_any (conv->bias + group * LANES);
  size_t       at   = ((size_t) group * conv->height + top) * conv->width + left;

  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++)
      {
        Vector v = tile[4 * i + j] + bias;

        conv->y_mask[at + (size_t) i * conv->width + j] = greater (v, zero);
        store (conv->y + (at + (size_t) i * conv->width + j) * LANES, larger (v, zero));
      }
}

/* The same for the largest of every 2x2; the mask only where that is. A last row or column without a square gets no mask,
 * and none is read. */
static inline __attribute__ ((always_inline)) void
put_pooled (const Conv   *conv,
            const Vector  tile[16],
            int           group,
            int           top,
            int           left,
            const int     rows,
            const int     columns)
{
  const Vector zero   = { 0.0f }, bias = load_any (conv->bias + group * LANES);
  int          height = conv->height / 2, width = conv->width / 2;

  for (int i = 0; i < rows / 2; i++)
    for (int j = 0; j < columns / 2; j++)
      {
        const Vector *square  = tile + 8 * i + 2 * j;
        Bits         *mask    = conv->y_mask + ((size_t) group * conv->height + top + 2 * i) * conv->width + left + 2 * j;
        Vector        upper   = larger (square[0], square[1]), lower = larger (square[4], square[5]);
        Vector        best    = larger (upper, lower) + bias;
        Bits          active  = greater (best, zero);
        Bits          below   = greater (lower, upper);
        Bits          right_u = greater (square[1], square[0]), right_l = greater (square[5], square[4]);

        mask[0]               = active & ~below & ~right_u;
        mask[1]               = active & ~below & right_u;
        mask[conv->width]     = active & below & ~right_l;
        mask[conv->width + 1] = active & below & right_l;
        store (conv->y + (((size_t) group * height + top / 2 + i) * width + left / 2 + j) * LANES, larger (best, zero));
      }
}

typedef enum
{
  PUT_PLAIN,
  PUT_ACTIVE,
  PUT_POOLED,
} Put;

static inline __attribute__ ((always_inline)) void
put (const Conv   *conv,
     const Vector  tile[16],
     int           group,
     int           top,
     int           left,
     const int     rows,
     const int     columns,
     const Put     how)
{
  if (how == PUT_PLAIN)
    put_plain (conv, tile, group, top, left, rows, columns);
  else if (how == PUT_ACTIVE)
    put_active (conv, tile, group, top, left, rows, columns);
  else
    put_pooled (conv, tile, group, top, left, rows, columns);
}

/* The pair's first @n_vectors groups of channels from @group on. */
static inline __attribute__ ((always_inline)) void
transform_outputs (const Conv  *conv,
                   const float *m,
                   int          first,
                   int          n,
                   int          group,
                   int          n_vectors,
                   const Put    how)
{
  for (int t = 0; t < n; t++)
    for (int k = 0; k < n_vectors; k++)
      {
        int           top  = (first + t) / conv->tiles_across * 4;
        int           left = (first + t) % conv->tiles_across * 4;
        int           rows = MIN (4, conv->height - top), columns = MIN (4, conv->width - left);
        const Vector *from = (const Vector *) m + t * n_vectors + k;
        Vector        half[24], tile[16];

        for (int j = 0; j < 6; j++)
          transform_back (half + j, 6, from + j * n * n_vectors, 6 * n * n_vectors);
        for (int i = 0; i < 4; i++)
          transform_back (tile + 4 * i, 1, half + 6 * i, 1);

        if (rows == 4 && columns == 4)
          put (conv, tile, group + k, top, left, 4, 4, how);
        else
          put (conv, tile, group + k, top, left, rows, columns, how);
      }
}

/* ---------- a convolution ---------- */

static int
tiles_along (int side)
{
  return (side + 3) / 4;
}

/* Floats that a tile needs in a job. */
static size_t
tile_size (int channels)
{
  return (size_t) POINTS * LANES * (n_groups (channels) + PAIR);
}

static int
n_blocks (int channels,
          int filters,
          int n_tiles)
{
  size_t room = CLAMP (filters_size (filters, channels), JOB_LEAST, JOB_MOST);
  int    most = MAX (STRIP, room / tile_size (channels) / STRIP * STRIP);

  return (n_tiles + most - 1) / most;
}

static size_t
thread_scratch (int channels,
                int filters,
                int n_tiles)
{
  int blocks = n_blocks (channels, filters, n_tiles);

  return tile_size (channels) * ((n_tiles + blocks - 1) / blocks);
}

static void
do_job (int      item,
        int      thread,
        gpointer data)
{
  const Conv *conv    = data;
  int         block   = item / conv->n_parts, part = item % conv->n_parts;
  int         first   = dfi_stretch (conv->n_tiles, block, conv->n_blocks);
  int         n       = dfi_stretch (conv->n_tiles, block + 1, conv->n_blocks) - first;
  int         n_pairs = (n_groups (conv->out) + PAIR - 1) / PAIR;
  float      *v       = conv->scratch + thread * conv->scratch_size;
  float      *m       = v + (size_t) POINTS * LANES * n_groups (conv->in) * n;

  if (! conv->x_mask)
    transform_inputs (v, conv, first, n, 0, FALSE);
  else if (conv->x_shift)
    transform_inputs (v, conv, first, n, 1, TRUE);
  else
    transform_inputs (v, conv, first, n, 0, TRUE);

  for (int pair = dfi_stretch (n_pairs, part, conv->n_parts); pair < dfi_stretch (n_pairs, part + 1, conv->n_parts); pair++)
    {
      int          group     = pair * PAIR;
      int          n_vectors = MIN (PAIR, n_groups (conv->out) - group);
      const float *u         = conv->filters + pair_start (group, conv->in);

      for (int p = 0; p < POINTS; p++)
        multiply (m + (size_t) p * n * n_vectors * LANES, v + (size_t) p * n_groups (conv->in) * n * LANES,
                  u + (size_t) p * conv->in * n_vectors * LANES, conv->in, n, n_vectors);
      if (! conv->y_mask)
        transform_outputs (conv, m, first, n, group, n_vectors, PUT_PLAIN);
      else if (conv->pooled)
        transform_outputs (conv, m, first, n, group, n_vectors, PUT_POOLED);
      else
        transform_outputs (conv, m, first, n, group, n_vectors, PUT_ACTIVE);
    }
}

static void
convolve (Conv       *conv,
          DfiThreads *threads)
{
  int n_threads = dfi_threads_count (threads);

  conv->tiles_across = tiles_along (conv->width);
  conv->n_tiles      = conv->tiles_across * tiles_along (conv->height);
  conv->scratch_size = thread_scratch (conv->in, conv->out, conv->n_tiles);
  conv->n_blocks     = n_blocks (conv->in, conv->out, conv->n_tiles);
  conv->n_parts      = (n_threads + conv->n_blocks - 1) / conv->n_blocks;
  if (conv->n_parts == 1)
    conv->n_blocks = MIN ((conv->n_blocks + n_threads - 1) / n_threads * n_threads, conv->n_tiles);   /* to end together */
  dfi_threads_run (threads, conv->n_blocks * conv->n_parts, do_job, conv);
}

static size_t
scratch_size (const DfiLayerShape *shape,
              int                  n_threads)
{
  int n_tiles = tiles_along (shape->width) * tiles_along (shape->height);

  return MAX (thread_scratch (shape->channels, shape->filters, n_tiles),
              thread_scratch (shape->filters, shape->channels, n_tiles)) * n_threads;
}

static void
forward (float               *y,
         guint8              *mask,
         const DfiLayerShape *shape,
         const float         *w,
         const float         *bias,
         const float         *x,
         DfiThreads          *threads,
         float               *scratch)
{
  Conv conv =
  {
    .in      = shape->channels,
    .out     = shape->filters,
    .height  = shape->height,
    .width   = shape->width,
    .filters = w,
    .x       = x,
    .y       = y,
    .y_mask  = (Bits *) mask,
    .bias    = bias,
    .pooled  = shape->pooled,
    .scratch = scratch,
  };

  convolve (&conv, threads);
}

static void
gradient (float               *dx,
          const float         *more,
          const DfiLayerShape *shape,
          const float         *turned,
          const float         *dy,
          const guint8        *mask,
          DfiThreads          *threads,
          float               *scratch)
{
  Conv conv =
  {
    .in      = shape->filters,
    .out     = shape->channels,
    .height  = shape->height,
    .width   = shape->width,
    .filters = turned,
    .x       = dy,
    .x_mask  = (const Bits *) mask,
    .x_shift = shape->pooled ? 1 : 0,
    .y       = dx,
    .more    = more,
    .scratch = scratch,
  };

  convolve (&conv, threads);
}

const DfiKernels SET (dfi_kernels) =
{
#ifdef __AVX512F__
  .name            = "avx512",
#else
  .name            = "avx2",
#endif
  .lanes           = LANES,
  .filters_size    = filters_size,
  .filters_prepare = filters_prepare,
  .scratch_size    = scratch_size,
  .forward         = forward,
  .gradient        = gradient,
  .picture         = &SET (dfi_picture),
};
