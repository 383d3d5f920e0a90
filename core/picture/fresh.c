#include "config.h"

#include <math.h>

#include "picture/box-mean.h"
#include "picture/fresh.h"
#include "picture/smooth-step.h"

/* In shares of the frame's side, half the width of a square. */
#define SHADE   0.0375 /* what changes less than over this is light and shade */
#define CONTOUR 0.0125 /* contours count as near as this, teeth being as wide */
#define FADE    0.00625

/* Contours' root mean square, in luma, at which a change begins to be new, and is. */
#define LEAST 0.04f
#define CLEAR 0.10f

#define NONE 1e-5f /* less of it is none */

/* Pixels of a share of the side, at least one. */
static int
radius_of (double share, int size)
{
  return MAX ((int) lround (share * size), 1);
}

float *
dfi_fresh_find (const float *luma, int size, GError **error)
{
  const size_t n     = (size_t) size * size;
  float       *fresh = dfi_try_alloc (n, sizeof *fresh, error);
  float       *shade = fresh ? dfi_try_alloc (2 * n + size, sizeof *shade, error) : NULL, *scratch = shade ? shade + n : NULL;

  if (! shade)
    {
      g_free (fresh);
      return NULL;
    }

  for (size_t i = 0; i < n; i++)
    shade[i] = luma[i];
  dfi_box_mean (shade, size, size, radius_of (SHADE, size), scratch);
  for (size_t i = 0; i < n; i++)
    fresh[i] = (luma[i] - shade[i]) * (luma[i] - shade[i]);
  dfi_box_mean (fresh, size, size, radius_of (CONTOUR, size), scratch);
  for (size_t i = 0; i < n; i++)
    fresh[i] = dfi_smooth_step ((sqrtf (MAX (fresh[i], 0.0f)) - LEAST) / (CLEAR - LEAST));
  dfi_box_mean (fresh, size, size, radius_of (FADE, size), scratch);
  for (size_t i = 0; i < n; i++)
    fresh[i] = fresh[i] > NONE ? fresh[i] : 0.0f; /* sums that run on leave a little behind */
  g_free (shade);
  return fresh;
}
