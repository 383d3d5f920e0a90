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

/* Lays the stretch between two points over the pixels of @box. */
static void
draw_stretch (DfiPatch *patch, const DfiStrandPoint *from, const DfiStrandPoint *to, Box box)
{
  const float dx = to->x - from->x, dy = to->y - from->y, square = dx * dx + dy * dy;
  const float reach = MAX (MAX (from->width, to->width), 1.0f);

  box.left   = MAX (box.left, (int) floorf (MIN (from->x, to->x) - reach) - patch->x);
  box.right  = MIN (box.right, (int) ceilf (MAX (from->x, to->x) + reach) - patch->x);
  box.top    = MAX (box.top, (int) floorf (MIN (from->y, to->y) - reach) - patch->y);
  box.bottom = MIN (box.bottom, (int) ceilf (MAX (from->y, to->y) + reach) - patch->y);
  for (int i = box.top; i < box.bottom; i++)
    for (int j = box.left; j < box.right; j++)
      {
        const float x = patch->x + j + 0.5f - from->x, y = patch->y + i + 0.5f - from->y;
        const float t = (x * dx + y * dy) / square;
        float      *out, width, alpha;

        if (! (t >= 0.0f && t < 1.0f)) /* where two stretches meet, a pixel is one's alone */
          continue;
        width = from->width + t * (to->width - from->width);
        alpha = (from->alpha + t * (to->alpha - from->alpha)) * MIN (width, 1.0f);
        alpha *= 1.0f - hypotf (x - t * dx, y - t * dy) / MAX (width, 1.0f);
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
  DfiPatch         *patch;
  int               band; /* the first of those that are at work */
} Drawing;

/* All that lies in one band, in the strands' order. */
static void
draw_band (int item, int thread, gpointer data)
{
  const Drawing        *drawing = data;
  DfiPatch             *patch   = drawing->patch;
  const GArray         *starts  = drawing->strands->starts;
  const DfiStrandPoint *points  = (const DfiStrandPoint *) drawing->strands->points->data;
  const int             top     = (drawing->band + item) * BAND;
  const Box             box     = { 0, top, patch->width, MIN (top + BAND, patch->height) };

  for (guint s = 0; s < starts->len; s++)
    {
      const guint end = s + 1 < starts->len ? g_array_index (starts, guint, s + 1) : drawing->strands->points->len;

      for (guint p = g_array_index (starts, guint, s) + 1; p < end; p++)
        draw_stretch (patch, &points[p - 1], &points[p], box);
    }
}

gboolean
dfi_strands_draw (const DfiStrands *strands,
                  DfiPatch         *patch,
                  DfiThreads       *threads,
                  DfiProgressFunc   progress,
                  gpointer          data,
                  GError          **error)
{
  const int bands   = strands->points ? (patch->height + BAND - 1) / BAND : 0;
  const int at_once = dfi_threads_count (threads);
  Drawing   drawing = { strands, patch, 0 };

  for (; drawing.band < bands; drawing.band += at_once)
    {
      if (progress && ! progress ((double) drawing.band / bands, data))
        return dfi_error_set_cancelled (error);
      dfi_threads_run (threads, MIN (at_once, bands - drawing.band), draw_band, &drawing);
    }
  return TRUE;
}
