#include "config.h"

#include <math.h>

#include "hair/strands.h"

#define BAND 16 /* rows that one thread draws at a time */

void
dfi_strands_begin (DfiStrands *strands)
{
  guint start;

  if (! strands->points)
    {
      strands->points = g_array_new (FALSE, FALSE, sizeof (DfiStrandPoint));
      strands->starts = g_array_new (FALSE, FALSE, sizeof (guint));
    }
  start = strands->points->len;
  g_array_append_val (strands->starts, start);
}

void
dfi_strands_add (DfiStrands *strands, const DfiStrandPoint *point)
{
  g_array_append_vals (strands->points, point, 1);
}

void
dfi_strands_clear (DfiStrands *strands)
{
  g_clear_pointer (&strands->points, g_array_unref);
  g_clear_pointer (&strands->starts, g_array_unref);
}

/* Rows and columns of the patch. */
typedef struct
{
  int left, top, right, bottom; /* the last two are the first outside */
} Box;

/* Two points of a strand, and its direction at each. */
typedef struct
{
  const DfiStrandPoint *from, *to;
  float                 from_way[2], to_way[2];
} Stretch;

static void
find_way (const DfiStrandPoint *before, const DfiStrandPoint *after, float way[2])
{
  way[0] = after->x - before->x;
  way[1] = after->y - before->y;
}

/* Whether the stretch between two points comes near the rows of @box. */
static inline gboolean
passes (const DfiStrandPoint *from, const DfiStrandPoint *to, const DfiPatch *patch, Box box)
{
  const float reach = MAX (MAX (from->width, to->width), 1.0f);

  return MAX (from->y, to->y) + reach > patch->y + box.top && MIN (from->y, to->y) - reach < patch->y + box.bottom;
}

/* The stretch that ends at the point @p of a strand from @start to before @end. */
static Stretch
stretch_at (const DfiStrandPoint *points, guint start, guint end, guint p)
{
  Stretch stretch = { &points[p - 1], &points[p] };

  find_way (&points[p - 1 > start ? p - 2 : start], &points[p], stretch.from_way);
  find_way (&points[p - 1], &points[p + 1 < end ? p + 1 : p], stretch.to_way);
  return stretch;
}

/* How far (@x, @y) is ahead of a point on that way, times the way's length. */
static inline float
ahead (const DfiStrandPoint *point, const float way[2], float x, float y)
{
  return (x - point->x) * way[0] + (y - point->y) * way[1];
}

/* Lays it over the pixels of @box.  Where two stretches meet, a pixel is the one's or the other's. */
static void
draw_stretch (DfiPatch *patch, const Stretch *stretch, Box box)
{
  const DfiStrandPoint *from = stretch->from, *to = stretch->to;
  const float           dx = to->x - from->x, dy = to->y - from->y, square = dx * dx + dy * dy;
  const float           reach = MAX (MAX (from->width, to->width), 1.0f);

  box.left   = MAX (box.left, (int) floorf (MIN (from->x, to->x) - reach) - patch->x);
  box.right  = MIN (box.right, (int) ceilf (MAX (from->x, to->x) + reach) - patch->x);
  box.top    = MAX (box.top, (int) floorf (MIN (from->y, to->y) - reach) - patch->y);
  box.bottom = MIN (box.bottom, (int) ceilf (MAX (from->y, to->y) + reach) - patch->y);
  for (int i = box.top; i < box.bottom; i++)
    for (int j = box.left; j < box.right; j++)
      {
        const float x = patch->x + j + 0.5f, y = patch->y + i + 0.5f;
        float      *out, t, u, v, away, width, alpha;

        if (! (square > 0.0f && ahead (from, stretch->from_way, x, y) >= 0.0f && ahead (to, stretch->to_way, x, y) < 0.0f))
          continue;
        u     = x - from->x;
        v     = y - from->y;
        t     = CLAMP ((u * dx + v * dy) / square, 0.0f, 1.0f);
        away  = sqrtf ((u - t * dx) * (u - t * dx) + (v - t * dy) * (v - t * dy));
        width = from->width + t * (to->width - from->width);
        alpha = (from->alpha + t * (to->alpha - from->alpha)) * MIN (width, 1.0f);
        alpha *= 1.0f - away / MAX (width, 1.0f);
        if (! (alpha > 0.0f))
          continue;
        out = patch->rgba + 4 * ((size_t) i * patch->width + j);
        for (int c = 0; c < 3; c++)
          out[c] += alpha * (from->rgb[c] + t * (to->rgb[c] - from->rgb[c]) - out[c]);
        out[3] += alpha * (1.0f - out[3]);
      }
}

typedef struct
{
  const DfiStrands *strands;
  int               n;
  DfiPatch         *patch;
  int               band; /* the first of those that are at work */
} Drawing;

/* What of @strands lies in @box, in their order. */
static void
draw_all (const DfiStrands *strands, DfiPatch *patch, Box box)
{
  const DfiStrandPoint *points = (const DfiStrandPoint *) strands->points->data;

  for (guint s = 0; s < strands->starts->len; s++)
    {
      const guint start = g_array_index (strands->starts, guint, s);
      const guint end   = s + 1 < strands->starts->len ? g_array_index (strands->starts, guint, s + 1) : strands->points->len;

      for (guint p = start + 1; p < end; p++)
        if (passes (&points[p - 1], &points[p], patch, box))
          {
            const Stretch stretch = stretch_at (points, start, end, p);

            draw_stretch (patch, &stretch, box);
          }
    }
}

static void
draw_band (int item, int thread, gpointer data)
{
  const Drawing *drawing = data;
  DfiPatch      *patch   = drawing->patch;
  const int      top     = (drawing->band + item) * BAND;
  const Box      box     = { 0, top, patch->width, MIN (top + BAND, patch->height) };

  for (int i = 0; i < drawing->n; i++)
    if (drawing->strands[i].points)
      draw_all (&drawing->strands[i], patch, box);
}

gboolean
dfi_strands_draw (const DfiStrands *strands,
                  int               n,
                  DfiPatch         *patch,
                  DfiThreads       *threads,
                  DfiProgressFunc   progress,
                  gpointer          data,
                  GError          **error)
{
  const int bands   = (patch->height + BAND - 1) / BAND;
  const int at_once = dfi_threads_count (threads);
  Drawing   drawing = { strands, n, patch, 0 };

  for (; drawing.band < bands; drawing.band += at_once)
    {
      if (progress && ! progress ((double) drawing.band / bands, data))
        return dfi_error_set_cancelled (error);
      dfi_threads_run (threads, MIN (at_once, bands - drawing.band), draw_band, &drawing);
    }
  return TRUE;
}
