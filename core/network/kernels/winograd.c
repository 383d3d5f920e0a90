/* winograd.c: the kernels in vectors, for AVX2, AVX-512 and NEON: this file is compiled once for each.
 *
 * Winograd's F(6x6, 3x3): 6x6 outputs from 8x8 inputs with 64 products instead of 324; transforms.h has the transforms.
 *
 * A job is a block of tiles small enough for its 64 transformed matrices to stay in a core's own cache: transform the
 * inputs, multiply, transform the outputs back, and on the way out add the bias, clip and pool. On the way back the mask
 * is laid over the gradient as it is read, pooled or not. README.md has the whole story.
 */

#include "config.h"

#include "network/kernels/kernels.h"
#include "network/kernels/transforms.h"
#include "network/kernels/simd.h"

#define POINTS (AROUND * AROUND) /* of a tile's transform */

/* Floats from one transform to the next: at a multiple of 4096 bytes they would share few places of the nearest cache. */
#define NEXT ((POINTS + 1) * LANES)

#define HALF (3 * AROUND) /* numbers of a filter that was transformed in one dimension */
#define PAIR 2            /* vectors of filters multiplied at once */

#define STRIP (3 * REGISTERS / 8) /* tiles multiplied at once: with PAIR, as many sums as the registers hold */

/* Filters times channels that are few enough to keep all of their transforms: a megabyte of them. Of more, half the way is kept,
 * since fetching 64 numbers takes longer than working them out from 24. */
#define NARROW (64 * 64)

/* Channels of wide filters that are multiplied before the next, a multiple of LANES: few enough for two columns of their
 * transforms to stay in the nearest cache from where they are worked out to where they are used. */
#define CHUNK 32

/* Floats that a job's own matrices may fill: so few that they stay close to the core. */
#define JOB_LEAST (60 * 1024)
/* Since every job goes through all transforms of the filters, its own matrices may fill half as much as those do, up to this. */
#define JOB_MOST (1024 * 1024)

/* One convolution, forward or back. */
typedef struct
{
  int          in, out;       /* channels */
  int          height, width; /* of the input before pooling, and of the output before pooling */
  int          tiles_across, n_tiles;
  int          n_blocks; /* of tiles */
  int          n_parts;  /* of the filters; a job takes one block and one part */
  const float *filters;
  const float *x;       /* map of `in` channels */
  const Bits  *x_mask;  /* where x counts; NULL: everywhere */
  int          x_shift; /* 1 if x is pooled */
  float       *y;       /* map of `out` channels */
  const float *more;    /* added to y, or NULL; back only */
  Bits        *y_mask;  /* forward only, as is bias */
  const float *bias;
  gboolean     pooled; /* y is */
  float       *scratch;
  size_t       scratch_size; /* of a thread */
} Conv;

/* ---------- filters ----------
 *
 * They lie by pairs of vectors of filters, the last one perhaps single, and of a pair
 *
 *   narrow   [row of the transform][column of the transform][channel][filter of the pair]
 *   wide     [row of the transform][chunk of channels][column of the filter][channel of the chunk][filter of the pair]
 *
 * Wide filters become narrow in use, two columns of a chunk at a time. */

static inline gboolean
is_wide (int n_filters, int channels)
{
  return (size_t) n_filters * channels > NARROW;
}

/* Floats that are kept of @n_vectors of filters. */
static size_t
kept_size (int n_vectors, int channels, gboolean wide)
{
  return (size_t) (wide ? HALF : POINTS) * channels * n_vectors * LANES;
}

static size_t
filters_size (int n_filters, int channels)
{
  return kept_size (n_groups (n_filters), channels, is_wide (n_filters, channels));
}

/* Transforms one row in the second dimension, two columns of it: @two [column][vector] from @half [column of the
 * filter][vector]. */
static inline __attribute__ ((always_inline)) void
transform_two_columns (Vector *two, const Vector *half, int n_vectors, const float point)
{
  for (int k = 0; k < n_vectors; k++)
    transform_filter_at (two + k, n_vectors, half + k, n_vectors, point);
}

/* Transforms channel @c of the filters from @first on in the first dimension:
 * half [row of the transform][column of the filter][vector]. */
static void
transform_columns_of_filters (Vector       half[HALF * PAIR],
                              const float *w,
                              int          first,
                              int          n_vectors,
                              int          n_filters,
                              int          c,
                              int          channels)
{
  Vector g[9 * PAIR];
  float *numbers = (float *) g;

  memset (g, 0, sizeof g);
  for (int k = first; k < MIN (first + n_vectors * LANES, n_filters); k++)
    for (int i = 0; i < 9; i++)
      numbers[i * n_vectors * LANES + k - first] = w[((size_t) k * channels + c) * 9 + i];
  for (int i = 0; i < 3 * n_vectors; i++)
    transform_filter (half + i, 3 * n_vectors, g + i, 3 * n_vectors);
}

/* How many channels are kept before channel @c of a filter's number @i, by rows of 3. */
static size_t
wide_channel (int i, int c, int channels)
{
  int first = c / CHUNK * CHUNK;

  return i / 3 * 3 * channels + 3 * first + i % 3 * MIN (CHUNK, channels - first) + c - first;
}

static void
filters_prepare (float *prepared, const float *w, int n_filters, int channels)
{
  gboolean wide = is_wide (n_filters, channels);
  Vector   half[HALF * PAIR];

  for (int group = 0; group < n_groups (n_filters); group += PAIR)
    {
      int     n_vectors = MIN (PAIR, n_groups (n_filters) - group);
      Vector *pair      = (Vector *) (prepared + kept_size (group, channels, wide));

      for (int c = 0; c < channels; c++)
        {
          transform_columns_of_filters (half, w, group * LANES, n_vectors, n_filters, c, channels);
          if (wide)
            for (int i = 0; i < HALF; i++)
              memcpy (pair + wide_channel (i, c, channels) * n_vectors, half + i * n_vectors, n_vectors * sizeof *half);
          else
            for (int i = 0; i < AROUND; i++)
              for (int k = 0; k < n_vectors; k++)
                transform_filter (pair + (AROUND * i * channels + c) * n_vectors + k, channels * n_vectors,
                                  half + 3 * i * n_vectors + k, n_vectors);
        }
    }
}

/* ---------- inputs: [group of channels][tile], NEXT floats apart, [point][lane] ---------- */

/* Where a conv's input comes from: one group of its channels, at the convolution's own size, so before pooling. */
typedef struct
{
  const float *x;
  const Bits  *mask;
  int          height, width;
  int          row_step; /* vectors from a row of x to the next */
} Input;

static inline __attribute__ ((always_inline)) Input
input_group (const Conv *conv, int group, const int shift)
{
  int height = conv->height >> shift, width = conv->width >> shift;

  return (Input){
    .x        = conv->x + (size_t) group * height * width * LANES,
    .mask     = conv->x_mask ? conv->x_mask + (size_t) group * conv->height * conv->width : NULL,
    .height   = height << shift,
    .width    = width << shift,
    .row_step = width,
  };
}

static inline __attribute__ ((always_inline)) const float *
input_address (const Input *input, int row, int column, const int shift)
{
  return input->x + ((size_t) (row >> shift) * input->row_step + (column >> shift)) * LANES;
}

static inline __attribute__ ((always_inline)) Vector
input_at (const Conv *conv, const Input *input, int row, int column, const int shift, const gboolean masked)
{
  Vector v = load (input_address (input, row, column, shift));

  return masked ? keep (v, input->mask[(size_t) row * conv->width + column]) : v;
}

/* half [row of the transform] = B^T column, for the column @at of the map, around a tile whose output begins at row @top; zero
 * outside the map. What the tile after the next needs is fetched meanwhile. */
static inline __attribute__ ((always_inline)) void
transform_column (Vector         half[AROUND],
                  const Conv    *conv,
                  const Input   *input,
                  int            top,
                  int            at,
                  const gboolean inside,
                  const int      shift,
                  const gboolean masked)
{
  Vector column[AROUND];

#pragma GCC unroll 8
  for (int i = 0; i < AROUND; i++)
    {
      int row = top + i - 1;

      if (inside)
        {
          column[i] = input_at (conv, input, row, at, shift, masked);
          __builtin_prefetch (input_address (input, row, at + 2 * SIDE, shift));
        }
      else
        {
          gboolean outside = row < 0 || row >= input->height || at < 0 || at >= input->width;

          column[i] = opaque (outside ? (Vector){ 0.0f } : input_at (conv, input, row, at, shift, masked));
        }
    }
  transform_input (half, 1, column, 1);
}

/* Writes v, the transformed inputs of tiles first .. first + n - 1. Tiles side by side share two columns, whose first
 * dimension is worked out once: @half has room for the columns of a tile, each at its number in the map modulo 8. */
static inline __attribute__ ((always_inline)) void
transform_inputs (float *v, const Conv *conv, int first, int n, const int shift, const gboolean masked)
{
  for (int group = 0; group < n_groups (conv->in); group++)
    {
      Input  input = input_group (conv, group, shift);
      Vector half[AROUND][AROUND], row[AROUND], out[AROUND];

      for (int t = 0; t < n; t++)
        {
          int      top = (first + t) / conv->tiles_across * SIDE, left = (first + t) % conv->tiles_across * SIDE;
          gboolean inside = top > 0 && left > 0 && top + SIDE < input.height && left + SIDE < input.width;
          int      fresh  = t > 0 && left > 0 ? AROUND - SIDE : 0; /* the first column that its neighbour did not have */
          float   *to     = v + ((size_t) group * n + t) * NEXT;

          if (inside)
            for (int j = fresh; j < AROUND; j++)
              transform_column (half[(left + j) % AROUND], conv, &input, top, left + j - 1, TRUE, shift, masked);
          else
            for (int j = fresh; j < AROUND; j++)
              transform_column (half[(left + j) % AROUND], conv, &input, top, left + j - 1, FALSE, shift, masked);

          for (int i = 0; i < AROUND; i++)
            {
#pragma GCC unroll 8
              for (int j = 0; j < AROUND; j++)
                row[j] = half[(left + j) % AROUND][i];
              transform_input (out, 1, row, 1);
#pragma GCC unroll 8
              for (int j = 0; j < AROUND; j++)
                {
                  store (to + (AROUND * i + j) * LANES, out[j]);
                  __builtin_prefetch (to + NEXT + (AROUND * i + j) * LANES, 1);
                }
            }
        }
    }
}

/* ---------- products: [tile][vector of the pair], NEXT floats apart, [point][lane] ---------- */

/* One point of @n_tiles and @n_vectors of filters: m (n_tiles, n_vectors * LANES) = v (n_tiles, channels) u (channels,
 * n_vectors * LANES); v's groups of channels are @group_step floats apart. Everything is constant but @channels, so that the
 * sums stay in registers. What is needed next, from @ahead on, is fetched meanwhile. @begun: they are added to what is in m. */
static inline __attribute__ ((always_inline)) void
multiply_strip (float       *m,
                const float *v,
                const float *u,
                const float *ahead,
                int          channels,
                size_t       group_step,
                gboolean     begun,
                const int    n_tiles,
                const int    n_vectors)
{
  Vector sum[STRIP][PAIR];

#pragma GCC unroll 16
  for (int t = 0; t < n_tiles; t++)
#pragma GCC unroll 2
    for (int k = 0; k < n_vectors; k++)
      sum[t][k] = begun ? load (m + (t * n_vectors + k) * NEXT) : (Vector){ 0.0f };

  for (int rest = channels; rest > 0; rest -= LANES, v += group_step)
    for (int c = 0; c < MIN (rest, LANES); c++)
      {
        Vector w[PAIR];

#pragma GCC unroll 2
        for (int k = 0; k < n_vectors; k++)
          {
            w[k] = load (u + k * LANES);
            __builtin_prefetch (ahead + k * LANES);
          }
        u += n_vectors * LANES;
        ahead += n_vectors * LANES;
#pragma GCC unroll 16
        for (int t = 0; t < n_tiles; t++)
          {
            Vector x = v[t * NEXT + c] - (Vector){ 0.0f };

#pragma GCC unroll 2
            for (int k = 0; k < n_vectors; k++)
              sum[t][k] += x * w[k];
          }
      }

#pragma GCC unroll 16
  for (int t = 0; t < n_tiles; t++)
#pragma GCC unroll 2
    for (int k = 0; k < n_vectors; k++)
      store (m + (t * n_vectors + k) * NEXT, sum[t][k]);
}

static void
multiply (float *m, const float *v, const float *u, const float *ahead, int channels, gboolean begun, int n, int n_vectors)
{
  size_t group_step = (size_t) n * NEXT;
  int    n_strips   = (n + STRIP - 1) / STRIP;

  for (int strip = 0; strip < n_strips; strip++)
    {
      int          t = dfi_stretch (n, strip, n_strips), n_tiles = dfi_stretch (n, strip + 1, n_strips) - t;
      float       *to   = m + (size_t) t * n_vectors * NEXT;
      const float *from = v + (size_t) t * NEXT;

#define CASE(N)                                                                  \
  case N:                                                                        \
    if (n_vectors == PAIR)                                                       \
      multiply_strip (to, from, u, ahead, channels, group_step, begun, N, PAIR); \
    else                                                                         \
      multiply_strip (to, from, u, ahead, channels, group_step, begun, N, 1);    \
    break;

      switch (n_tiles)
        {
          /* clang-format off */
        CASE (1) CASE (2) CASE (3) CASE (4) CASE (5) CASE (6)
#if STRIP > 6
        CASE (7) CASE (8) CASE (9) CASE (10) CASE (11) CASE (12)
#endif
          /* clang-format on */
        }
#undef CASE
    }
}

/* Column @j of wide filters, in two dimensions: @kept has @n_vectors for each column of the filter, and @two is for the two
 * columns of the transform that are worked out together, when @j comes to the first of them. */
static const float *
wide_column (float *two, const float *kept, int n_vectors, int j)
{
  size_t size = (size_t) n_vectors * LANES;

  switch (j)
    {
    case 0: return kept;
    case 1: transform_two_columns ((Vector *) two, (const Vector *) kept, n_vectors, 1.0f); break;
    case 3: transform_two_columns ((Vector *) two, (const Vector *) kept, n_vectors, 2.0f); break;
    case 5: transform_two_columns ((Vector *) two, (const Vector *) kept, n_vectors, 0.5f); break;
    case AROUND - 1: return kept + 2 * size;
    }
  return j % 2 == 1 ? two : two + size;
}

/* All products of a pair of vectors of filters. @two: room for two columns of their transforms, as wide_column() wants it. */
static void
multiply_pair (const Conv *conv, float *m, const float *v, float *two, int n, int group, int n_vectors)
{
  gboolean     wide  = is_wide (conv->out, conv->in);
  const float *kept  = conv->filters + kept_size (group, conv->in, wide);
  int          chunk = wide ? CHUNK : conv->in;

  for (int i = 0; i < AROUND; i++)
    for (int c = 0; c < conv->in; c += chunk)
      {
        int          channels  = MIN (chunk, conv->in - c);
        size_t       u_size    = (size_t) channels * n_vectors * LANES;
        size_t       kept_here = (wide ? 3 : AROUND) * u_size;
        const float *ahead     = kept + (wide ? kept_here : u_size);

        for (int j = 0; j < AROUND; j++, ahead += kept_here / AROUND)
          {
            const float *u  = wide ? wide_column (two, kept, channels * n_vectors, j) : kept + j * u_size;
            int          at = (AROUND * i + j) * LANES;

            multiply (m + at, v + (size_t) (c / LANES) * n * NEXT + at, u, ahead, channels, c > 0, n, n_vectors);
          }
        kept += kept_here;
      }
}

/* ---------- outputs ---------- */

/* Writes two rows of a tile, to which @more is added. This and the next two functions are given constants for tiles that lie
 * inside the map, so that the rows never leave the registers. */
static inline __attribute__ ((always_inline)) void
put_plain (const Conv *conv, const Vector two[2 * SIDE], int group, int top, int left, const int rows, const int columns)
{
  size_t start = (((size_t) group * conv->height + top) * conv->width + left) * LANES;

  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++)
      {
        size_t at = start + ((size_t) i * conv->width + j) * LANES;

        __builtin_prefetch (conv->y + at + SIDE * LANES, 1);
        store (conv->y + at, conv->more ? two[SIDE * i + j] + load (conv->more + at) : two[SIDE * i + j]);
      }
}

/* Writes two rows of max (tile + bias, 0), and the mask.  What is no number stays so: the second argument of larger() does. */
static inline __attribute__ ((always_inline)) void
put_active (const Conv *conv, const Vector two[2 * SIDE], int group, int top, int left, const int rows, const int columns)
{
  const Vector zero = { 0.0f }, bias = load_any (conv->bias + group * LANES);
  size_t       at = ((size_t) group * conv->height + top) * conv->width + left;

  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++)
      {
        Vector v = two[SIDE * i + j] + bias;

        conv->y_mask[at + (size_t) i * conv->width + j] = greater (v, zero);
        __builtin_prefetch (conv->y + (at + (size_t) i * conv->width + j + SIDE) * LANES, 1);
        store (conv->y + (at + (size_t) i * conv->width + j) * LANES, larger (zero, v));
      }
}

/* Writes the row that two rows become: the largest of every 2x2, plus bias, at least 0. The mask is set only where the largest
 * is. A last row or column without a square gets no mask, and none is read. */
static inline __attribute__ ((always_inline)) void
put_pooled (const Conv *conv, const Vector two[2 * SIDE], int group, int top, int left, const int rows, const int columns)
{
  const Vector zero = { 0.0f }, bias = load_any (conv->bias + group * LANES);
  int          height = conv->height / 2, width = conv->width / 2;

  if (rows == 2)
    for (int j = 0; j < columns / 2; j++)
      {
        const Vector *square = two + 2 * j;
        Bits         *mask   = conv->y_mask + ((size_t) group * conv->height + top) * conv->width + left + 2 * j;
        Vector        upper = larger (square[0], square[1]), lower = larger (square[SIDE], square[SIDE + 1]);
        Vector        best    = larger (upper, lower) + bias;
        Bits          active  = greater (best, zero);
        Bits          below   = greater (lower, upper);
        Bits          right_u = greater (square[1], square[0]), right_l = greater (square[SIDE + 1], square[SIDE]);

        mask[0]               = active & ~below & ~right_u;
        mask[1]               = active & ~below & right_u;
        mask[conv->width]     = active & below & ~right_l;
        mask[conv->width + 1] = active & below & right_l;
        store (conv->y + (((size_t) group * height + top / 2) * width + left / 2 + j) * LANES, larger (zero, best));
      }
}

typedef enum
{
  PUT_PLAIN,
  PUT_ACTIVE,
  PUT_POOLED,
} Put;

static inline __attribute__ ((always_inline)) void
put (const Conv *conv, const Vector two[2 * SIDE], int group, int top, int left, const int rows, const int columns, const Put how)
{
  if (how == PUT_PLAIN)
    put_plain (conv, two, group, top, left, rows, columns);
  else if (how == PUT_ACTIVE)
    put_active (conv, two, group, top, left, rows, columns);
  else
    put_pooled (conv, two, group, top, left, rows, columns);
}

/* Transforms the products m back and writes @n_vectors groups of channels from @group on, for tiles first .. first + n - 1. */
static inline __attribute__ ((always_inline)) void
transform_outputs (const Conv *conv, const float *m, int first, int n, int group, int n_vectors, const Put how)
{
  for (int t = 0; t < n; t++)
    for (int k = 0; k < n_vectors; k++)
      {
        int           top  = (first + t) / conv->tiles_across * SIDE;
        int           left = (first + t) % conv->tiles_across * SIDE;
        int           rows = MIN (SIDE, conv->height - top), columns = MIN (SIDE, conv->width - left);
        const Vector *from = (const Vector *) (m + (size_t) (t * n_vectors + k) * NEXT);
        Vector        half[SIDE * AROUND], two[2 * SIDE];

        for (int j = 0; j < AROUND; j++)
          transform_output (half + j, AROUND, from + j, AROUND);
        for (int i = 0; i < rows; i += 2)
          {
            transform_output (two, 1, half + AROUND * i, 1);
            transform_output (two + SIDE, 1, half + AROUND * (i + 1), 1);
            if (rows == SIDE && columns == SIDE)
              put (conv, two, group + k, top + i, left, 2, SIDE, how);
            else
              put (conv, two, group + k, top + i, left, MIN (2, rows - i), columns, how);
          }
      }
}

/* ---------- a convolution ---------- */

static int
tiles_along (int side)
{
  return (side + SIDE - 1) / SIDE;
}

/* Floats that a job of @n tiles needs. */
static size_t
job_size (int channels, int filters, int n)
{
  size_t two = is_wide (filters, channels) ? 2 * MIN (channels, CHUNK) * PAIR * LANES : 0;

  return (size_t) (n_groups (channels) + PAIR) * n * NEXT + two;
}

static int
n_blocks (int channels, int filters, int n_tiles)
{
  size_t room = CLAMP (kept_size (n_groups (filters), channels, FALSE) / 2, JOB_LEAST, JOB_MOST);
  int    most = MAX (STRIP, room / (POINTS * LANES * (n_groups (channels) + PAIR)) / STRIP * STRIP);

  return (n_tiles + most - 1) / most;
}

static size_t
thread_scratch (int channels, int filters, int n_tiles)
{
  int blocks = n_blocks (channels, filters, n_tiles);

  return dfi_scratch_step (job_size (channels, filters, (n_tiles + blocks - 1) / blocks));
}

static void
do_job (int item, int thread, gpointer data)
{
  const Conv *conv  = data;
  int         block = item / conv->n_parts, part = item % conv->n_parts;
  int         first   = dfi_stretch (conv->n_tiles, block, conv->n_blocks);
  int         n       = dfi_stretch (conv->n_tiles, block + 1, conv->n_blocks) - first;
  int         n_pairs = (n_groups (conv->out) + PAIR - 1) / PAIR;
  float      *v       = conv->scratch + thread * conv->scratch_size;
  float      *m       = v + (size_t) n_groups (conv->in) * n * NEXT;
  float      *two     = m + (size_t) PAIR * n * NEXT;

  if (! conv->x_mask)
    transform_inputs (v, conv, first, n, 0, FALSE);
  else if (conv->x_shift)
    transform_inputs (v, conv, first, n, 1, TRUE);
  else
    transform_inputs (v, conv, first, n, 0, TRUE);

  for (int pair = dfi_stretch (n_pairs, part, conv->n_parts); pair < dfi_stretch (n_pairs, part + 1, conv->n_parts); pair++)
    {
      int group     = pair * PAIR;
      int n_vectors = MIN (PAIR, n_groups (conv->out) - group);

      multiply_pair (conv, m, v, two, n, group, n_vectors);
      if (! conv->y_mask)
        transform_outputs (conv, m, first, n, group, n_vectors, PUT_PLAIN);
      else if (conv->pooled)
        transform_outputs (conv, m, first, n, group, n_vectors, PUT_POOLED);
      else
        transform_outputs (conv, m, first, n, group, n_vectors, PUT_ACTIVE);
    }
}

static void
convolve (Conv *conv, DfiThreads *threads)
{
  int n_threads = dfi_threads_count (threads);

  conv->tiles_across = tiles_along (conv->width);
  conv->n_tiles      = conv->tiles_across * tiles_along (conv->height);
  conv->scratch_size = thread_scratch (conv->in, conv->out, conv->n_tiles);
  conv->n_blocks     = n_blocks (conv->in, conv->out, conv->n_tiles);
  conv->n_parts      = (n_threads + conv->n_blocks - 1) / conv->n_blocks;
  if (conv->n_parts == 1)
    conv->n_blocks = MIN ((conv->n_blocks + n_threads - 1) / n_threads * n_threads, conv->n_tiles); /* to end together */
  dfi_threads_run (threads, conv->n_blocks * conv->n_parts, do_job, conv);
}

static size_t
scratch_size (const DfiLayerShape *shape, int n_threads)
{
  int n_tiles = tiles_along (shape->width) * tiles_along (shape->height);

  return MAX (thread_scratch (shape->channels, shape->filters, n_tiles),
              thread_scratch (shape->filters, shape->channels, n_tiles)) *
         n_threads;
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
  Conv conv = {
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
  Conv conv = {
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

const DfiKernels SET (dfi_kernels) = {
  .name            = SET_NAME,
  .lanes           = LANES,
  .filters_size    = filters_size,
  .filters_prepare = filters_prepare,
  .scratch_size    = scratch_size,
  .forward         = forward,
  .gradient        = gradient,
  .picture         = &SET (dfi_picture),
};
