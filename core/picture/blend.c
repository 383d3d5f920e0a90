#include "config.h"

#include <math.h>
#include <string.h>

#include "picture/blend.h"

#define ROWS 16 /* between questions whether to go on */

/* Rows and columns of the frame where the mask is not 0, the ends exclusive. Where it is 0 everywhere, @left and @top are
 * @size, and @right and @bottom are 0: the rectangle around these two corners is the whole frame, and nothing in it changes. */
static void
mask_bounds (const float *mask, int size, int *left, int *top, int *right, int *bottom)
{
  *left = *top = size;
  *right = *bottom = 0;
  for (int i = 0; i < size; i++)
    for (int j = 0; j < size; j++)
      if (mask[(size_t) i * size + j] > 0.0f)
        {
          *left   = MIN (*left, j);
          *right  = MAX (*right, j + 1);
          *top    = MIN (*top, i);
          *bottom = i + 1;
        }
}

/* The part of the photograph that the mask reaches; empty when that is none of it. */
static void
patch_place (DfiPatch *patch, const DfiImage *photo, const DfiSimilarity *to_photo, const float *mask, int size)
{
  int    from[2], to[2];
  double low[2], high[2];

  mask_bounds (mask, size, &from[0], &from[1], &to[0], &to[1]);
  dfi_similarity_bounds (to_photo, (double[2]){ from[0] - 0.5, from[1] - 0.5 }, /* half a pixel more: mask_at() interpolates */
                         (double[2]){ to[0] + 0.5, to[1] + 0.5 }, low, high);

  patch->x      = CLAMP (floor (low[0]), 0.0, photo->width);
  patch->y      = CLAMP (floor (low[1]), 0.0, photo->height);
  patch->width  = MAX (MIN (ceil (high[0]), photo->width) - patch->x, 0.0);
  patch->height = MAX (MIN (ceil (high[1]), photo->height) - patch->y, 0.0);
}

/* Linear interpolation; 0 outside the frame, where the mask has ended. */
static float
mask_at (const float *mask, int size, double u, double v)
{
  double x = u - 0.5, y = v - 0.5;

  if (! (x >= 0.0 && y >= 0.0 && x < size - 1 && y < size - 1))
    return 0.0f;
  else
    {
      int          j = x, i = y;
      float        right = x - j, below = y - i;
      const float *at = mask + (size_t) i * size + j;

      return (1.0f - below) * ((1.0f - right) * at[0] + right * at[1]) +
             below * ((1.0f - right) * at[size] + right * at[size + 1]);
    }
}

/* Within 0..1, except that a pixel outside (of a wide gamut, or brighter than white) is not cut. */
static float
add_change (float pixel, float change)
{
  return CLAMP (pixel + change, MIN (pixel, 0.0f), MAX (pixel, 1.0f));
}

/* What is laid at the patch's place, row by row. */
typedef struct
{
  DfiWarp   change;
  DfiWarp   crop; /* where @row[1] is there */
  DfiImage *row[2];
} Placed;

/* The photograph's own detail, what it has beyond the crop, gives way where the change is fresh. */
static void
fill_pixel (float *rgba, const DfiImage *photo, size_t at, const Placed *placed, int j, float fresh)
{
  const size_t n_photo = (size_t) photo->height * photo->width, width = placed->row[0]->width;

  for (int c = 0; c < 3; c++)
    {
      float pixel  = photo->data[c * n_photo + at];
      float change = placed->row[0]->data[c * width + j];

      if (fresh > 0.0f)
        change += fresh * (placed->row[1]->data[c * width + j] - pixel);
      rgba[c] = add_change (pixel, change);
    }
}

/* FALSE when @progress says no. */
static gboolean
patch_fill (DfiPatch            *patch,
            const DfiImage      *photo,
            const Placed        *placed,
            const float         *fresh,
            const float         *mask,
            const DfiSimilarity *to_frame,
            int                  size,
            DfiProgressFunc      progress,
            gpointer             data)
{
  for (int i = 0; i < patch->height; i++)
    {
      if (progress && i % ROWS == 0 && ! progress ((double) i / patch->height, data))
        return FALSE;
      dfi_warp_row (&placed->change, i, patch->width, placed->row[0]->data, patch->width);
      if (fresh)
        dfi_warp_row (&placed->crop, i, patch->width, placed->row[1]->data, patch->width);
      for (int j = 0; j < patch->width; j++)
        {
          float *rgba = patch->rgba + 4 * ((size_t) i * patch->width + j);
          double u, v;

          dfi_similarity_apply (to_frame, patch->x + j + 0.5, patch->y + i + 0.5, &u, &v);
          fill_pixel (rgba, photo, (size_t) (patch->y + i) * photo->width + patch->x + j, placed, j,
                      fresh ? mask_at (fresh, size, u, v) : 0.0f);
          rgba[3] = mask_at (mask, size, u, v);
        }
    }
  return TRUE;
}

/* Weights 1 4 1 along one line, in place; the ends repeat. @step is the distance of its elements. */
static void
soften_line (float *line, int n, size_t step)
{
  float before = line[0];

  for (int i = 0; i < n; i++)
    {
      float here = line[step * i];
      float next = line[step * MIN (i + 1, n - 1)];

      line[step * i] = (before + 4.0f * here + next) / 6.0f;
      before         = here;
    }
}

/* Dampens what changes from pixel to pixel to a third, and coarser things less: noise of the reconstruction, which the
 * features hardly see and which would come out enlarged as specks. More of it would take the frames of glasses along. */
static void
soften (DfiImage *change)
{
  size_t n = (size_t) change->height * change->width;

  for (int c = 0; c < 3; c++)
    {
      for (int i = 0; i < change->height; i++)
        soften_line (change->data + c * n + (size_t) i * change->width, change->width, 1);
      for (int j = 0; j < change->width; j++)
        soften_line (change->data + c * n + j, change->height, change->width);
    }
}

DfiPatch *
dfi_blend (const DfiImage      *photo,
           const DfiImage      *change,
           const DfiImage      *crop,
           const float         *fresh,
           const float         *mask,
           const DfiSimilarity *to_frame,
           DfiProgressFunc      progress,
           gpointer             data,
           GError             **error)
{
  DfiSimilarity to_photo   = dfi_similarity_invert (to_frame);
  DfiSimilarity from_patch = *to_frame;
  DfiPatch     *patch      = g_new0 (DfiPatch, 1);
  DfiImage     *soft       = dfi_image_copy (change, error);
  Placed        placed     = { .row = { NULL } };
  gboolean      done       = soft != NULL;

  if (soft)
    soften (soft);

  patch_place (patch, photo, &to_photo, mask, change->width);
  dfi_similarity_apply (to_frame, patch->x, patch->y, &from_patch.tx, &from_patch.ty);

  /* The rows say so when the patch is empty. */
  done = done && dfi_warp_init (&placed.change, soft, &from_patch, patch->width, patch->height, error) &&
         (placed.row[0] = dfi_image_new (patch->width, MIN (patch->height, 1), error));
  if (done && fresh)
    done = dfi_warp_init (&placed.crop, crop, &from_patch, patch->width, patch->height, error) &&
           (placed.row[1] = dfi_image_new (patch->width, 1, error));
  done = done && (patch->rgba = dfi_try_alloc ((size_t) patch->height * patch->width, 4 * sizeof (float), error)) &&
         (patch_fill (patch, photo, &placed, fresh, mask, to_frame, change->width, progress, data) ||
          dfi_error_set_cancelled (error));
  if (! done)
    g_clear_pointer (&patch, dfi_patch_free);

  dfi_warp_clear (&placed.change);
  dfi_warp_clear (&placed.crop);
  dfi_image_free (placed.row[0]);
  dfi_image_free (placed.row[1]);
  dfi_image_free (soft);
  return patch;
}

void
dfi_patch_composite (const DfiPatch *patch, DfiImage *photo)
{
  size_t n = (size_t) photo->height * photo->width;

  for (int i = 0; i < patch->height; i++)
    for (int j = 0; j < patch->width; j++)
      {
        const float *rgba = patch->rgba + 4 * ((size_t) i * patch->width + j);
        size_t       at   = (size_t) (patch->y + i) * photo->width + patch->x + j;

        for (int c = 0; c < 3; c++)
          photo->data[c * n + at] += rgba[3] * (rgba[c] - photo->data[c * n + at]);
      }
}

/* @upper over what @joined holds, which covers it: Porter and Duff, "Compositing digital images", 1984, for colours that are
 * not multiplied by alpha. */
static void
lay_over (const DfiPatch *upper, DfiPatch *joined)
{
  for (int i = 0; i < upper->height; i++)
    for (int j = 0; j < upper->width; j++)
      {
        size_t       at    = (size_t) (upper->y - joined->y + i) * joined->width + upper->x - joined->x + j;
        const float *over  = upper->rgba + 4 * ((size_t) i * upper->width + j);
        float       *under = joined->rgba + 4 * at;
        float        alpha = over[3] + under[3] * (1.0f - over[3]);

        for (int c = 0; c < 3 && alpha > 0.0f; c++)
          under[c] += over[3] / alpha * (over[c] - under[c]);
        under[3] = alpha;
      }
}

DfiPatch *
dfi_patch_join (const DfiPatch *lower, const DfiPatch *upper, GError **error)
{
  DfiPatch *joined = g_new0 (DfiPatch, 1);
  size_t    n;

  joined->x      = MIN (lower->x, upper->x);
  joined->y      = MIN (lower->y, upper->y);
  joined->width  = MAX (lower->x + lower->width, upper->x + upper->width) - joined->x;
  joined->height = MAX (lower->y + lower->height, upper->y + upper->height) - joined->y;
  n              = (size_t) joined->height * joined->width;
  joined->rgba   = dfi_try_alloc (n, 4 * sizeof (float), error);
  if (! joined->rgba)
    {
      dfi_patch_free (joined);
      return NULL;
    }

  memset (joined->rgba, 0, 4 * n * sizeof (float));
  lay_over (lower, joined);
  lay_over (upper, joined);
  return joined;
}

gboolean
dfi_patch_add (DfiPatch **all, DfiPatch *patch, GError **error)
{
  DfiPatch *lower = *all;

  *all = lower ? dfi_patch_join (lower, patch, error) : patch;
  if (lower)
    {
      dfi_patch_free (patch);
      dfi_patch_free (lower);
    }
  return *all != NULL;
}

void
dfi_patch_free (DfiPatch *patch)
{
  if (! patch)
    return;

  g_free (patch->rgba);
  g_free (patch);
}
