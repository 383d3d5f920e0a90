#include "config.h"

#include <string.h>

#include "build/sums.h"

gboolean
dfi_sums_enter (DfiSums *sums, const char *name, size_t width, size_t rows, size_t columns, GError **error)
{
  DfiSum sum = { name, width, rows, columns, dfi_try_alloc (rows, columns * width, error) };

  g_assert (sums->n < DFI_SUMS_MAX);
  if (! sum.values)
    return FALSE;
  sums->sums[sums->n++] = sum;
  for (size_t i = 0; i < rows; i++)
    {
      if (sums->go_on && ! sums->go_on (sums->data))
        return dfi_error_set_cancelled (error);
      memset ((guint8 *) sum.values + i * columns * width, 0, columns * width);
    }
  return TRUE;
}

static int
place_of (const DfiSums *sums, const char *name)
{
  for (int i = 0; i < sums->n; i++)
    if (strcmp (sums->sums[i].name, name) == 0)
      return i;
  g_assert_not_reached ();
}

gpointer
dfi_sums_find (const DfiSums *sums, const char *name)
{
  return sums->sums[place_of (sums, name)].values;
}

gpointer
dfi_sums_take (DfiSums *sums, const char *name)
{
  return g_steal_pointer (&sums->sums[place_of (sums, name)].values);
}

void
dfi_sums_add (DfiSums *sums, const DfiSums *others)
{
  for (int i = 0; i < sums->n; i++)
    {
      const DfiSum *to = &sums->sums[i], *from = &others->sums[i];

      for (size_t k = 0; k < to->rows * to->columns; k++)
        if (to->width == sizeof (float))
          ((float *) to->values)[k] += ((const float *) from->values)[k];
        else
          ((double *) to->values)[k] += ((const double *) from->values)[k];
    }
}

void
dfi_sums_clear (DfiSums *sums)
{
  for (int i = 0; i < sums->n; i++)
    g_free (sums->sums[i].values);
  sums->n = 0;
}
