/* minimum.h: how a search for a minimum ended. */

#ifndef DFI_MINIMUM_H
#define DFI_MINIMUM_H

#include <glib.h>

typedef struct
{
  int      iterations;  /* steps taken */
  int      evaluations; /* calls of the function */
  double   first;       /* value at the start */
  double   last;        /* value at the result */
  gboolean converged;   /* no step lowers the value any more in the arithmetic at hand; else the limit was reached */
} DfiMinimum;

#endif
