#include "config.h"

#include "build/build-basis.h"

void
dfi_build_basis_clear (DfiBuildBasis *basis)
{
  g_free (basis->scale);
  g_free (basis->packed);
  g_free (basis->rows);
}

const char *
dfi_build_basis_tensor (const DfiBuildBasis *basis, const char *what)
{
  char       *name = g_strconcat (basis->prefix, what, NULL);
  const char *kept = g_intern_string (name);

  g_free (name);
  return kept;
}

gboolean
dfi_build_basis_quantise (DfiBuildBasis *basis, DfiGoOnFunc go_on, gpointer data, GError **error)
{
  const DfiLayout *layout = &basis->layout;

  if (! (basis->packed = dfi_try_alloc (basis->rank, layout->row_bytes, error)) ||
      ! (basis->scale = dfi_try_alloc ((size_t) basis->rank * layout->n_stretches, sizeof (float), error)))
    return FALSE;

  for (size_t i = 0; i < (size_t) basis->rank; i++)
    {
      float  *row    = basis->rows + i * layout->n_features;
      guint8 *packed = basis->packed + i * layout->row_bytes;
      float  *scale  = basis->scale + i * layout->n_stretches;

      if (go_on && ! go_on (data))
        return dfi_error_set_cancelled (error);
      dfi_basis_quantise (layout, packed, scale, row);
      dfi_basis_unpack (layout, row, packed, scale);
    }
  return TRUE;
}

gboolean
dfi_build_basis_unpack (DfiBuildBasis *basis, DfiGoOnFunc go_on, gpointer data, GError **error)
{
  const DfiLayout *layout = &basis->layout;

  if (basis->rows)
    return TRUE;
  if (! (basis->rows = dfi_try_alloc (basis->rank, layout->n_features * sizeof (float), error)))
    return FALSE;
  for (size_t i = 0; i < (size_t) basis->rank; i++)
    {
      if (go_on && ! go_on (data))
        return dfi_error_set_cancelled (error);
      dfi_basis_unpack (layout, basis->rows + i * layout->n_features, basis->packed + i * layout->row_bytes,
                        basis->scale + i * layout->n_stretches);
    }
  return TRUE;
}
