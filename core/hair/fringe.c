#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "hair/fringe-strands.h"
#include "hair/fringe.h"
#include "picture/box-mean.h"
#include "picture/smooth-step.h"

/* In distances between the eyes. */
#define SHADOW      0.30f /* share of light that it takes where all is covered */
#define SHADOW_DOWN 0.04  /* it falls so far below, */
#define SHADOW_SOFT 0.03  /* and is blurred twice over as much to every side */
#define SHADOW_SIDE 0.06  /* and fades towards the face's sides over this */
#define FAINT       0.002f
#define FREE        0.03 /* above the brows all fades over this */

typedef struct
{
  const DfiHair  *hair;
  const DfiImage *photo;
  DfiForehead     forehead;
  DfiLook         look;
  DfiStrands      strands[DFI_FRINGE_LOCKS];
  DfiProgressFunc progress; /* or NULL */
  gpointer        progress_data;
} Fringe;

/* The first half of the time the strands grow, and then they are drawn. */
static gboolean
growing (double fraction, gpointer data)
{
  const Fringe *fringe = data;

  return ! fringe->progress || fringe->progress (0.5 * fraction, fringe->progress_data);
}

static gboolean
drawing (double fraction, gpointer data)
{
  return growing (1.0 + fraction, data);
}

/* Makes the rectangle from @low to @high hold the strands' points. */
static void
add_bounds (const DfiStrands *strands, double low[2], double high[2])
{
  for (guint i = 0; strands->points && i < strands->points->len; i++)
    {
      const DfiStrandPoint *point = &g_array_index (strands->points, DfiStrandPoint, i);

      low[0]  = MIN (low[0], point->x);
      low[1]  = MIN (low[1], point->y);
      high[0] = MAX (high[0], point->x);
      high[1] = MAX (high[1], point->y);
    }
}

/* The part of the photograph that strands and shadow are in; one pixel where there are none. */
static void
place_patch (const Fringe *fringe, DfiPatch *patch)
{
  const double margin = 2.0 + (SHADOW_DOWN + 2.0 * SHADOW_SOFT) * fringe->forehead.unit;
  const int    width = fringe->photo->width, height = fringe->photo->height;
  double       low[2] = { width, height }, high[2] = { 0.0, 0.0 };

  for (int i = 0; i < DFI_FRINGE_LOCKS; i++)
    add_bounds (&fringe->strands[i], low, high);
  patch->x      = CLAMP (floor (low[0] - margin), 0.0, width - 1.0);
  patch->y      = CLAMP (floor (low[1] - margin), 0.0, height - 1.0);
  patch->width  = (int) CLAMP (ceil (high[0] + margin), patch->x + 1.0, width) - patch->x;
  patch->height = (int) CLAMP (ceil (high[1] + margin), patch->y + 1.0, height) - patch->y;
}

/* @shadow (height, width): what the strands cover, moved down the face and blurred. */
static void
cast_shadow (const Fringe *fringe, const DfiPatch *patch, float *shadow, float *scratch)
{
  const double *across = fringe->forehead.across;
  const int     right = (int) lround (-SHADOW_DOWN * across[1]), down = (int) lround (SHADOW_DOWN * across[0]);
  const int     radius = MAX ((int) lround (SHADOW_SOFT * fringe->forehead.unit), 1);

  for (int i = 0; i < patch->height; i++)
    for (int j = 0; j < patch->width; j++)
      {
        const int y = i - down, x = j - right;

        shadow[(size_t) i * patch->width + j] = x >= 0 && y >= 0 && x < patch->width && y < patch->height
                                                    ? patch->rgba[4 * ((size_t) y * patch->width + x) + 3]
                                                    : 0.0f;
      }
  for (int k = 0; k < 2; k++)
    dfi_box_mean (shadow, patch->height, patch->width, radius, scratch);
}

/* How dark a shadow of @depth, 0..1, makes the skin at (@x, @y). */
static float
darken (const Fringe *fringe, float depth, double x, double y)
{
  const DfiForehead *forehead = &fringe->forehead;
  const double       side     = MIN (x - forehead->left, forehead->right - x) / SHADOW_SIDE;
  const float        dark     = SHADOW * depth * dfi_smooth_step (side);
  float              rgb[3];

  if (dark < FAINT)
    return 0.0f;
  return dark * (1.0f - MAX (dfi_forehead_hair (forehead, &fringe->hair->matte, fringe->photo, x, y, rgb), 0.0f));
}

/* Lays the strands over the shadow, which is black; colours are no longer multiplied by alpha then, and the brows are free. */
static void
finish (const Fringe *fringe, DfiPatch *patch, const float *shadow)
{
  const DfiForehead *forehead = &fringe->forehead;

  for (int i = 0; i < patch->height; i++)
    for (int j = 0; j < patch->width; j++)
      {
        float       *out         = patch->rgba + 4 * ((size_t) i * patch->width + j);
        const double position[2] = { patch->x + j + 0.5, patch->y + i + 0.5 };
        double       x, y;
        float        alpha;

        dfi_forehead_from_photo (forehead, position, &x, &y);
        alpha = out[3] + (1.0f - out[3]) * darken (fringe, shadow[(size_t) i * patch->width + j], x, y);
        for (int c = 0; c < 3 && alpha > 0.0f; c++)
          out[c] /= alpha;
        out[3] = alpha * dfi_smooth_step ((dfi_forehead_at (forehead, forehead->end, x) - y) / FREE);
      }
}

static DfiPatch *
draw (Fringe *fringe, DfiThreads *threads, GError **error)
{
  DfiPatch *patch = g_new0 (DfiPatch, 1);
  float    *shadow;
  size_t    n;
  gboolean  done;

  place_patch (fringe, patch);
  n           = (size_t) patch->height * patch->width;
  patch->rgba = dfi_try_alloc (n, 4 * sizeof (float), error);
  shadow      = patch->rgba ? dfi_try_alloc (2 * n + patch->width, sizeof *shadow, error) : NULL;
  if (shadow)
    memset (patch->rgba, 0, 4 * n * sizeof (float));
  done = shadow && dfi_strands_draw (fringe->strands, DFI_FRINGE_LOCKS, patch, threads, drawing, fringe, error);
  if (done)
    {
      cast_shadow (fringe, patch, shadow, shadow + n);
      finish (fringe, patch, shadow);
    }
  else
    g_clear_pointer (&patch, dfi_patch_free);
  g_free (shadow);
  return patch;
}

DfiPatch *
dfi_fringe_draw (const DfiHair  *hair,
                 const DfiImage *photo,
                 const DfiFace  *face,
                 const DfiTone  *change,
                 double          strength,
                 const char     *label,
                 DfiThreads     *threads,
                 DfiProgressFunc progress,
                 gpointer        data,
                 GError        **error)
{
  Fringe    fringe = { .hair = hair, .photo = photo, .progress = progress, .progress_data = data };
  DfiPatch *patch  = NULL;

  if (! dfi_forehead_find (&fringe.forehead, &hair->matte, photo, face))
    g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                 _ ("“%s” is made of the hair above the forehead, and none is to be seen there. Leave it out, or choose another "
                    "face."),
                 label);
  else if (dfi_look_init (&fringe.look, &fringe.forehead, hair, photo, change, error) &&
           dfi_fringe_strands (fringe.strands, &fringe.forehead, &fringe.look, &hair->matte, photo, strength, threads, growing,
                               &fringe, error))
    patch = draw (&fringe, threads, error);
  dfi_look_clear (&fringe.look);
  for (int i = 0; i < DFI_FRINGE_LOCKS; i++)
    dfi_strands_clear (&fringe.strands[i]);
  return patch;
}
