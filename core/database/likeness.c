#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/linalg.h"
#include "database/face-features.h"
#include "database/likeness.h"

/* The places of the deepest tap where a mask is not 0; all belongs to the struct. */
typedef struct
{
  size_t channels, plane; /* of the tap */
  int   *at;              /* (n) where they are, */
  float *weights;         /* (n) and what the mask is there */
  int    n;
  float *rows; /* (r, channels n): the basis's entries at these places, weighed */
} Places;

static void
places_clear (Places *places)
{
  g_free (places->rows);
  g_free (places->weights);
  g_free (places->at);
}

static gboolean
places_init (Places *places, const size_t shape[3], size_t rank, const float *mask, int size, GError **error)
{
  *places = (Places){ .channels = shape[0], .plane = shape[1] * shape[2] };
  if (! (places->at = dfi_try_alloc (places->plane, sizeof *places->at, error)) ||
      ! (places->weights = dfi_try_alloc (places->plane, sizeof *places->weights, error)))
    return FALSE;

  for (size_t place = 0; place < places->plane; place++)
    {
      float weight = dfi_features_weight (shape, place, mask, size);

      if (weight > 0.0f)
        {
          places->at[places->n]        = place;
          places->weights[places->n++] = weight;
        }
    }
  return (places->rows = dfi_try_alloc (rank, places->channels * MAX (places->n, 1) * sizeof (float), error)) != NULL;
}

static void
take_row (size_t row, const float *entries, gpointer data)
{
  const Places *places = data;
  float        *to     = places->rows + row * places->channels * places->n;

  for (size_t c = 0; c < places->channels; c++)
    for (int i = 0; i < places->n; i++)
      to[c * places->n + i] = places->weights[i] * entries[c * places->plane + places->at[i]];
}

float *
dfi_likeness_new (const DfiBasis *basis, const float *mask, int size, GError **error)
{
  const int deepest = dfi_taps_count (basis->layout.taps) - 1;
  const int rank    = basis->rank;
  float    *gram    = NULL;
  Places    places;

  if (places_init (&places, basis->layout.shape[deepest], rank, mask, size, error) &&
      dfi_basis_each_part (basis, deepest, take_row, &places, error) &&
      (gram = dfi_try_alloc ((size_t) rank * rank, sizeof *gram, error)))
    {
      const int n = places.channels * places.n;

      if (n > 0)
        dfi_gram (rank, n, places.rows, gram);
      else
        memset (gram, 0, (size_t) rank * rank * sizeof *gram);
    }
  places_clear (&places);
  return gram;
}

void
dfi_likeness_distances (const float *likeness, int rank, float *codes, int n, const float *from, float *distances)
{
  float *turned = g_new (float, (size_t) n *rank);

  for (int i = 0; i < n; i++)
    for (int r = 0; r < rank; r++)
      codes[(size_t) i * rank + r] -= from[r];
  dfi_gemm (FALSE, FALSE, n, rank, rank, 1.0f, codes, rank, likeness, rank, 0.0f, turned, rank);
  for (int i = 0; i < n; i++)
    {
      double sum = 0.0;

      for (int r = 0; r < rank; r++)
        sum += (double) codes[(size_t) i * rank + r] * turned[(size_t) i * rank + r];
      distances[i] = sum;
    }
  g_free (turned);
}
