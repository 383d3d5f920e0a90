#include "config.h"

#include <math.h>

#include "blend.h"
#include "error.h"

/* Ellipses in the frame, as shares of its size: a change is whole within the inner one, gone outside the outer one, which
 * stays inside the frame. */
typedef struct
{
  double x, y;             /* centre */
  double width, height;    /* half axes of the outer ellipse */
  double inner;            /* the inner ellipse's axes as a share of the outer one's */
} Mask;

static const Mask masks[] =
{
  [DFI_REGION_FACE] = { .x = 0.50, .y = 0.540, .width = 0.40, .height = 0.44, .inner = 0.74 },
  [DFI_REGION_HEAD] = { .x = 0.50, .y = 0.460, .width = 0.49, .height = 0.46, .inner = 0.80 },
};

/* 1 in the middle, 0 outside, smooth between. @u and @v are shares of the frame's size. */
static double
mask_at (const Mask *mask,
         double      u,
         double      v)
{
  double radius = hypot ((u - mask->x) / mask->width, (v - mask->y) / mask->height);
  double t      = CLAMP ((1.0 - radius) / (1.0 - mask->inner), 0.0, 1.0);

  return t * t * (3.0 - 2.0 * t);
}

/* The part of the photograph that the mask's ellipse reaches; empty when that is none of it. */
static void
patch_place (DfiPatch            *patch,
             const DfiImage      *photo,
             const DfiSimilarity *to_photo,
             const Mask          *mask,
             int                  size)
{
  /* Half extents of the ellipse's image along the photograph's axes. */
  double rx = size * hypot (to_photo->a * mask->width, to_photo->b * mask->height);
  double ry = size * hypot (to_photo->b * mask->width, to_photo->a * mask->height);
  double x, y, left, top, right, bottom;

  dfi_similarity_apply (to_photo, size * mask->x, size * mask->y, &x, &y);
  left   = MAX (floor (x - rx), 0.0);
  top    = MAX (floor (y - ry), 0.0);
  right  = MIN (ceil (x + rx), photo->width);
  bottom = MIN (ceil (y + ry), photo->height);

  patch->x      = left;
  patch->y      = top;
  patch->width  = MAX (right - left, 0.0);
  patch->height = MAX (bottom - top, 0.0);
}

/* Within 0..1, except that a pixel outside (of a wide gamut, or brighter than white) is not cut. */
static float
add_change (float pixel,
            float change)
{
  return CLAMP (pixel + change, MIN (pixel, 0.0f), MAX (pixel, 1.0f));
}

/* @placed is the change, at the patch's place and size already. */
static void
patch_fill (DfiPatch            *patch,
            const DfiImage      *photo,
            const DfiImage      *placed,
            const DfiSimilarity *to_frame,
            const Mask          *mask,
            int                  size)
{
  size_t n_photo = (size_t) photo->height * photo->width;
  size_t n_patch = (size_t) patch->height * patch->width;

  for (int i = 0; i < patch->height; i++)
    for (int j = 0; j < patch->width; j++)
      {
        size_t  at   = (size_t) i * patch->width + j;
        size_t  from = (size_t) (patch->y + i) * photo->width + patch->x + j;
        float  *rgba = patch->rgba + 4 * at;
        double  u, v;

        dfi_similarity_apply (to_frame, patch->x + j + 0.5, patch->y + i + 0.5, &u, &v);
        for (int c = 0; c < 3; c++)
          rgba[c] = add_change (photo->data[c * n_photo + from], placed->data[c * n_patch + at]);
        rgba[3] = mask_at (mask, u / size, v / size);
      }
}

/* Weights 1 4 1 along one line, in place; the ends repeat. @step is the distance of its elements. */
static void
soften_line (float  *line,
             int     n,
             size_t  step)
{
  float before = line[0];

  for (int i = 0; i < n; i++)
    {
      float here = line[step * i];
      float next = line[step * MIN (i + 1, n - 1)];

      line[step * i] = (before + 4.0f * here + next) / 6.0f;
      before = here;
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
dfi_blend (const DfiImage       *photo,
           const DfiImage       *change,
           const DfiSimilarity  *to_frame,
           DfiRegion             region,
           GError              **error)
{
  const Mask    *mask       = &masks[region];
  DfiSimilarity  to_photo   = dfi_similarity_invert (to_frame);
  DfiSimilarity  from_patch = *to_frame;
  DfiPatch      *patch      = g_new0 (DfiPatch, 1);
  DfiImage      *soft       = dfi_image_copy (change, error);
  DfiImage      *placed     = NULL;

  if (soft)
    soften (soft);

  patch_place (patch, photo, &to_photo, mask, change->width);
  dfi_similarity_apply (to_frame, patch->x, patch->y, &from_patch.tx, &from_patch.ty);

  if (soft)
    placed = dfi_align_warp (soft, &from_patch, patch->width, patch->height, error);
  if (placed)
    patch->rgba = dfi_try_alloc ((size_t) patch->height * patch->width, 4 * sizeof (float), error);

  if (patch->rgba)
    patch_fill (patch, photo, placed, to_frame, mask, change->width);
  else
    g_clear_pointer (&patch, dfi_patch_free);

  dfi_image_free (placed);
  dfi_image_free (soft);
  return patch;
}

void
dfi_patch_lay (const DfiPatch *patch,
               DfiImage       *photo)
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

void
dfi_patch_free (DfiPatch *patch)
{
  if (! patch)
    return;

  g_free (patch->rgba);
  g_free (patch);
}
