/* ground.c: region growing (Adams and Bischof, "Seeded region growing", 1994), from the frame's border inwards, breadth first.
 * Each pixel carries the colour that its region has had so far, a mean that forgets: a shade across a wall is followed, an edge
 * that is blurred is not. */

#include "config.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "picture/ground.h"

#define BLUR   2     /* pixels to either side over which colours are averaged first: grain is no edge */
#define LIKE   0.05f /* largest difference of a channel, 0..1, from what the ground has been so far */
#define FORGET 0.06f /* share of the next pixel in that */

typedef struct
{
  int     size;
  float  *colour; /* (3, size, size) of the crop, blurred */
  float  *so_far; /* (3, size, size) what the ground has been up to this pixel */
  int    *queue;  /* (size * size) pixels of the ground, in the order in which they were reached */
  int     n_queue;
  guint8 *ground; /* (size, size) */
} Growth;

/* Means over @reach pixels to either side along a line of @n elements that are @step apart; beyond its ends there is nothing. */
static void
blur_line (float *out, const float *in, int n, size_t step, int reach)
{
  for (int i = 0; i < n; i++)
    {
      int   first = MAX (i - reach, 0), last = MIN (i + reach, n - 1);
      float sum = 0.0f;

      for (int k = first; k <= last; k++)
        sum += in[k * step];
      out[i * step] = sum / (last - first + 1);
    }
}

/* Means over squares, in place. @scratch (size, size) */
static void
blur (float *plane, float *scratch, int size, int reach)
{
  for (int i = 0; i < size; i++)
    blur_line (scratch + (size_t) i * size, plane + (size_t) i * size, size, 1, reach);
  for (int j = 0; j < size; j++)
    blur_line (plane + j, scratch + j, size, size, reach);
}

/* Takes the pixel @to into the ground if it is like the ground so far at @from, which may be @to itself. */
static void
reach (Growth *growth, const float *keep, int from, int to)
{
  const size_t plane = (size_t) growth->size * growth->size;
  const float *past  = (from == to ? growth->colour : growth->so_far) + from;

  if (growth->ground[to] || keep[to] > 0.0f)
    return;
  for (int c = 0; c < 3; c++)
    if (fabsf (growth->colour[c * plane + to] - past[c * plane]) > LIKE)
      return;
  for (int c = 0; c < 3; c++)
    growth->so_far[c * plane + to] = past[c * plane] + FORGET * (growth->colour[c * plane + to] - past[c * plane]);
  growth->ground[to]               = TRUE;
  growth->queue[growth->n_queue++] = to;
}

static void
grow (Growth *growth, const float *keep, int rows)
{
  const int size = growth->size;

  for (int i = 0; i < rows; i++)
    {
      reach (growth, keep, i * size, i * size);
      reach (growth, keep, i * size + size - 1, i * size + size - 1);
    }
  for (int next = 0; next < growth->n_queue; next++)
    {
      int at = growth->queue[next], x = at % size;

      if (x > 0)
        reach (growth, keep, at, at - 1);
      if (x < size - 1)
        reach (growth, keep, at, at + 1);
      if (at >= size)
        reach (growth, keep, at, at - size);
      if (at < size * (size - 1))
        reach (growth, keep, at, at + size);
    }
}

gboolean
dfi_ground_leave_out (float *mask, const float *keep, const DfiImage *crop, int rows, GError **error)
{
  const int    size   = crop->width;
  const size_t plane  = (size_t) size * size;
  float       *colour = dfi_try_alloc (7 * plane, sizeof *colour, error), *share = colour ? colour + 6 * plane : NULL;
  Growth       growth = { .size = size, .colour = colour, .so_far = colour + 3 * plane };
  gboolean     done   = colour && (growth.queue = dfi_try_alloc (plane, sizeof *growth.queue, error)) &&
                  (growth.ground = dfi_try_alloc (plane, 1, error));

  if (done)
    {
      memcpy (colour, crop->data, 3 * plane * sizeof *colour);
      for (int c = 0; c < 3; c++)
        blur (colour + c * plane, share, size, BLUR);
      memset (growth.ground, 0, plane);
      grow (&growth, keep, rows);

      /* The growth stops where the blurred edge of the head begins; half of that edge is ground, too. */
      for (size_t i = 0; i < plane; i++)
        share[i] = growth.ground[i];
      blur (share, colour, size, BLUR + 1);
      for (size_t i = 0; i < plane; i++)
        mask[i] *= growth.ground[i] || keep[i] > 0.0f ? ! growth.ground[i] : MAX (1.0f - 2.0f * share[i], 0.0f);
    }
  g_free (growth.ground);
  g_free (growth.queue);
  g_free (colour);
  return done;
}
