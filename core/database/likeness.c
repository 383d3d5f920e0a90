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
  size_t channels, plane; /* of the tap */
  int   *at;              /* (n) where they are, */
  float *weights;         /* (n) and what the mask is there */
  int    n;
  float *rows; /* (c, channels n): the rows' entries at these places, weighed */
} Places;

static void
places_clear (Places *places)
{
  g_free (places->rows);
  g_free (places->weights);
  g_free (places->at);
}

static gboolean
places_init (Places *places, const size_t shape[3], size_t n_rows, const float *mask, int size, GError **error)
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
  return (places->rows = dfi_try_alloc (n_rows, places->channels * MAX (places->n, 1) * sizeof (float), error)) != NULL;
}

/* Where the rows of a basis go, and which of its entries. */
typedef struct
{
  const Places *places;
  size_t        first; /* row */
  size_t        plane; /* of its own maps */
  int          *at;    /* (n) the places among them; -1: not there */
} Rows;

static void
take_row (size_t row, const float *entries, gpointer data)
{
  const Rows   *rows   = data;
  const Places *places = rows->places;
  float        *to     = places->rows + (rows->first + row) * places->channels * places->n;

  for (size_t c = 0; c < places->channels; c++)
    for (int i = 0; i < places->n; i++)
      to[c * places->n + i] = rows->at[i] < 0 ? 0.0f : places->weights[i] * entries[c * rows->plane + rows->at[i]];
}

/* Takes the rows of a detail, which stand behind @first others; @width: of the deepest tap. */
static gboolean
take_detail (const Places *places, size_t first, const DfiDetail *detail, size_t width, int deepest, GError **error)
{
  const size_t *shape = detail->basis.layout.shape[deepest], *cells = detail->cells;
  Rows          rows = { places, first, shape[1] * shape[2], dfi_try_alloc (MAX (places->n, 1), sizeof (int), error) };
  gboolean      done;

  if (! rows.at)
    return FALSE;

  for (int i = 0; i < places->n; i++)
    {
      size_t x = places->at[i] % width, y = places->at[i] / width;

      rows.at[i] =
          x >= cells[0] && x < cells[2] && y >= cells[1] && y < cells[3] ? (int) ((y - cells[1]) * shape[2] + x - cells[0]) : -1;
    }
  done = dfi_basis_each_part (&detail->basis, deepest, take_row, &rows, error);
  g_free (rows.at);
  return done;
}

static gboolean
take_rows (const Places *places, const DfiDatabase *database, int deepest, GError **error)
{
  const DfiBasis  *basis = dfi_database_basis (database);
  size_t           first = basis->rank;
  int              n;
  const DfiDetail *details = dfi_database_details (database, &n);

  if (! dfi_basis_each_part (basis, deepest, take_row, &(Rows){ places, 0, places->plane, places->at }, error))
    return FALSE;
  for (int d = 0; d < n; first += details[d++].basis.rank)
    if (! take_detail (places, first, &details[d], basis->layout.shape[deepest][2], deepest, error))
      return FALSE;
  return TRUE;
}

float *
dfi_likeness_new (const DfiDatabase *database, const float *mask, GError **error)
{
  const DfiLayout *layout  = &dfi_database_basis (database)->layout;
  const int        deepest = dfi_taps_count (layout->taps) - 1, length = dfi_database_code_length (database);
  float           *gram = NULL;
  Places           places;

  if (places_init (&places, layout->shape[deepest], length, mask, dfi_database_frame (database)->size, error) &&
      take_rows (&places, database, deepest, error) && (gram = dfi_try_alloc ((size_t) length * length, sizeof *gram, error)))
    {
      const int n = places.channels * places.n;

      if (n > 0)
        dfi_gram (length, n, places.rows, gram);
      else
        memset (gram, 0, (size_t) length * length * sizeof *gram);
    }
  places_clear (&places);
  return gram;
}

void
dfi_likeness_distances (const float *likeness, int length, float *codes, int n, const float *from, float *distances)
{
  float *turned = g_new (float, (size_t) n *length);

  for (int i = 0; i < n; i++)
    for (int r = 0; r < length; r++)
      codes[(size_t) i * length + r] -= from[r];
  dfi_gemm (FALSE, FALSE, n, length, length, 1.0f, codes, length, likeness, length, 0.0f, turned, length);
  for (int i = 0; i < n; i++)
    {
      double sum = 0.0;

      for (int r = 0; r < length; r++)
        sum += (double) codes[(size_t) i * length + r] * turned[(size_t) i * length + r];
      distances[i] = sum;
    }
  g_free (turned);
}
