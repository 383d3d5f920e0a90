/* smooth-step.h: the fade of masks, mattes and weights. */

#ifndef DFI_SMOOTH_STEP_H
#define DFI_SMOOTH_STEP_H

#include <glib.h>

/* 0 for t <= 0, 1 for t >= 1, with slope 0 at both. */
static inline double
dfi_smooth_step (double t)
{
  t = CLAMP (t, 0.0, 1.0);
  return t * t * (3.0 - 2.0 * t);
}

#endif
