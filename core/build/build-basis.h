/* build-basis.h: a basis as a build makes it, of the whole frame or of a detail (detail.h): first in floats, then in 4 bits. */

#ifndef DFI_BUILD_BASIS_H
#define DFI_BUILD_BASIS_H

#include "base/error.h"
#include "database/basis.h"

typedef struct
{
  const char *prefix; /* of its tensors' names: "", or such as "detail-0-" */
  DfiLayout   layout; /* of a row */
  int         rank;   /* r */
  float      *rows;   /* (r, D), orthonormal; with @packed, what that stands for; NULL while nobody needs it */
  guint8     *packed; /* (r, B); NULL: not known yet */
  float      *scale;  /* (r, S) */
} DfiBuildBasis;

void dfi_build_basis_clear (DfiBuildBasis *basis);

/* The name of its tensor @what; lasts. */
const char *dfi_build_basis_tensor (const DfiBuildBasis *basis, const char *what);

/* Makes `packed` and `scale` of `rows`, which become what those stand for: codes belong to the basis as readers will see it.
 * FALSE with DFI_ERROR_MEMORY, or DFI_ERROR_CANCELLED when @go_on (nullable) says no, which is asked with @data for each row. */
gboolean dfi_build_basis_quantise (DfiBuildBasis *basis, DfiGoOnFunc go_on, gpointer data, GError **error);

/* Makes `rows` of `packed` and `scale`, unless they are there.  FALSE likewise. */
gboolean dfi_build_basis_unpack (DfiBuildBasis *basis, DfiGoOnFunc go_on, gpointer data, GError **error);

#endif
