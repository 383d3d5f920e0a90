#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/linalg.h"
#include "database/codes.h"
#include "database/face-features.h"
#include "database/likeness.h"

/* The places of the deepest tap where a mask is not 0; all belongs to the struct. */
typedef struct
{
  const size_t *shape;   /* of the tap */
  int          *at;      /* (n) where they are, */
  float        *weights; /* (n) and what the mask is there */
  int           n;
} Places;

static void
places_clear (Places *places)
{
  g_free (places->weights);
  g_free (places->at);
}

static gboolean
places_init (Places *places, const size_t shape[3], const float *mask, int size, GError **error)
{
  const size_t plane = shape[1] * shape[2];

  *places = (Places){ .shape = shape };
  if (! (places->at = dfi_try_alloc (plane, sizeof *places->at, error)) ||
      ! (places->weights = dfi_try_alloc (plane, sizeof *places->weights, error)))
    return FALSE;

  for (size_t place = 0; place < plane; place++)
    {
      float weight = dfi_features_weight (shape, place, mask, size);

      if (weight > 0.0f)
        {
          places->at[places->n]        = place;
          places->weights[places->n++] = weight;
        }
    }
  return TRUE;
}

/* Where the place number @i is in a detail that has @cells; -1: outside. */
static int
place_in (const Places *places, int i, const size_t cells[4])
{
  const size_t x = places->at[i] % places->shape[2], y = places->at[i] / places->shape[2];

  if (x < cells[0] || x >= cells[2] || y < cells[1] || y >= cells[3])
    return -1;
  return (y - cells[1]) * (cells[2] - cells[0]) + x - cells[0];
}

static gboolean
is_reached (const Places *places, const DfiDetail *detail)
{
  for (int i = 0; i < places->n; i++)
    if (place_in (places, i, detail->cells) >= 0)
      return TRUE;
  return FALSE;
}

/* Takes the @n numbers of a code from @first on. */
static void
take_numbers (DfiLikeness *likeness, int first, int n)
{
  for (int i = 0; i < n; i++)
    likeness->numbers[likeness->n++] = first + i;
}

static gboolean
choose_numbers (DfiLikeness *likeness, const DfiDatabase *database, const Places *places, GError **error)
{
  int              first   = dfi_database_rank (database), n;
  const DfiDetail *details = dfi_database_details (database, &n);

  *likeness = (DfiLikeness){ .numbers = dfi_try_alloc (dfi_database_code_length (database), sizeof (int), error) };
  if (! likeness->numbers)
    return FALSE;

  take_numbers (likeness, 0, first);
  for (int d = 0; d < n; first += details[d++].basis.rank)
    if (is_reached (places, &details[d]))
      take_numbers (likeness, first, details[d].basis.rank);
  return TRUE;
}

/* Where the rows of a basis go. */
typedef struct
{
  const Places *places;
  const size_t *cells; /* of its detail */
  size_t        plane; /* of its maps */
  float        *to;    /* (its rank, C n): the entries at the places, weighed */
} Rows;

static void
take_row (size_t row, const float *entries, gpointer data)
{
  const Rows   *rows   = data;
  const Places *places = rows->places;
  float        *to     = rows->to + row * places->shape[0] * places->n;

  for (int i = 0; i < places->n; i++)
    {
      const int at = place_in (places, i, rows->cells);

      for (size_t c = 0; c < places->shape[0]; c++)
        to[c * places->n + i] = at < 0 ? 0.0f : places->weights[i] * entries[c * rows->plane + at];
    }
}

/* @to (m, C n): the rows of the numbers that were chosen. */
static gboolean
take_rows (const DfiDatabase *database, const Places *places, float *to, GError **error)
{
  const DfiBasis  *basis   = dfi_database_basis (database);
  const int        deepest = dfi_taps_count (basis->layout.taps) - 1;
  const size_t    *shape = places->shape, length = shape[0] * places->n;
  const size_t     whole[4] = { 0, 0, shape[2], shape[1] };
  int              n;
  const DfiDetail *details = dfi_database_details (database, &n);

  if (! dfi_basis_each_part (basis, deepest, take_row, &(Rows){ places, whole, shape[1] * shape[2], to }, error))
    return FALSE;
  to += basis->rank * length;
  for (int d = 0; d < n; d++)
    if (is_reached (places, &details[d]))
      {
        const size_t *cut = details[d].basis.layout.shape[deepest];

        if (! dfi_basis_each_part (&details[d].basis, deepest, take_row, &(Rows){ places, details[d].cells, cut[1] * cut[2], to },
                                   error))
          return FALSE;
        to += details[d].basis.rank * length;
      }
  return TRUE;
}

gboolean
dfi_likeness_init (DfiLikeness *likeness, const DfiDatabase *database, const float *mask, GError **error)
{
  const DfiLayout *layout = &dfi_database_basis (database)->layout;
  float           *rows   = NULL;
  Places           places;
  gboolean         done;

  *likeness = (DfiLikeness){ 0 };
  done =
      places_init (&places, layout->shape[dfi_taps_count (layout->taps) - 1], mask, dfi_database_frame (database)->size, error) &&
      choose_numbers (likeness, database, &places, error) &&
      (rows = dfi_try_alloc (likeness->n, places.shape[0] * MAX (places.n, 1) * sizeof *rows, error)) &&
      take_rows (database, &places, rows, error) &&
      (likeness->gram = dfi_try_alloc ((size_t) likeness->n * likeness->n, sizeof (float), error));
  if (done && places.n > 0)
    dfi_gram (likeness->n, places.shape[0] * places.n, rows, likeness->gram);
  else if (done)
    memset (likeness->gram, 0, (size_t) likeness->n * likeness->n * sizeof (float));
  g_free (rows);
  places_clear (&places);
  return done;
}

void
dfi_likeness_clear (DfiLikeness *likeness)
{
  g_free (likeness->gram);
  g_free (likeness->numbers);
}

void
dfi_likeness_distances (const DfiLikeness *likeness, int length, const float *codes, int n, const float *from, float *distances)
{
  const size_t m      = likeness->n;
  float       *apart  = g_new (float, 2 * n * m); /* (n, m) differences, */
  float       *turned = apart + n * m;            /* and what G makes of them */

  for (int i = 0; i < n; i++)
    for (size_t k = 0; k < m; k++)
      apart[i * m + k] = codes[(size_t) i * length + likeness->numbers[k]] - from[likeness->numbers[k]];
  dfi_gemm (FALSE, FALSE, n, m, m, 1.0f, apart, m, likeness->gram, m, 0.0f, turned, m);
  for (int i = 0; i < n; i++)
    {
      double sum = 0.0;

      for (size_t k = 0; k < m; k++)
        sum += (double) apart[i * m + k] * turned[i * m + k];
      distances[i] = sum;
    }
  g_free (apart);
}
