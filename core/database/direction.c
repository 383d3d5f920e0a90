/* direction.c: the way from faces that lack an attribute to faces that have it, near a given face.
 *
 * Source: Upchurch et al., "Deep Feature Interpolation for Image Content Changes", CVPR 2017, section 3, steps 2 and 3.
 */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "database/codes.h"
#include "database/direction.h"
#include "database/focus.h"
#include "database/neighbours.h"

static gboolean
too_few (const DfiDatabase *database, int attribute, GError **error)
{
  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
               _ ("“%s” cannot be changed with the database “%s”: %zu of its faces have it and "
                  "%zu lack it; at least %d of each that are alike are needed. Choose another attribute or "
                  "another database."),
               dfi_database_attribute (database, attribute)->label, dfi_database_path (database),
               dfi_database_count (database, attribute), dfi_database_lacking (database, attribute), DFI_NEIGHBOURS_MIN);
  return FALSE;
}

/* The sum of the squares of the entries of @w (D) that are of @taps, and how many these are. */
static double
taps_square (const DfiLayout *layout, DfiTaps taps, const float *w, size_t *n)
{
  double sum = 0.0;

  *n = 0;
  for (int t = 0; t < dfi_taps_count (layout->taps); t++)
    {
      size_t size = dfi_layout_part_size (layout, t);

      if (taps & dfi_taps_find (dfi_taps_name (layout->taps, t)))
        {
          for (size_t i = 0; i < size; i++)
            sum += (double) w[i] * w[i];
          *n += size;
        }
      w += size;
    }
  return sum;
}

#define COMBINED 3 /* feature vectors for which the basis is read once */

/* @features[i] (D) = what @codes[i] (c) stand for in the basis and in the details, for i < @n, at most COMBINED. */
static gboolean
combine (const DfiDatabase *database, float *const *features, const double *const *codes, int n, GError **error)
{
  const DfiLayout *layout = &dfi_database_basis (database)->layout;
  const double    *rest[COMBINED];
  const DfiDetail *details;
  int              n_details;

  if (! dfi_basis_combine (dfi_database_basis (database), features, codes, n, error))
    return FALSE;
  details = dfi_database_details (database, &n_details);
  for (int i = 0; i < n; i++)
    rest[i] = codes[i] + dfi_database_rank (database);
  for (int d = 0; d < n_details; d++)
    {
      const size_t size = details[d].basis.layout.n_features;
      float       *room = dfi_try_alloc (n * size, sizeof *room, error), *parts[COMBINED];
      gboolean     done = room != NULL;

      for (int i = 0; done && i < n; i++)
        parts[i] = room + i * size;
      done = done && dfi_basis_combine (&details[d].basis, parts, rest, n, error);
      for (int i = 0; i < n; rest[i++] += details[d].basis.rank)
        if (done)
          dfi_detail_add (layout, &details[d], parts[i], features[i]);
      g_free (room);
      if (! done)
        return FALSE;
    }
  return TRUE;
}

/* *@scale = delta / mean (w^2) over the layers that were asked for, where w has the coordinates @change in the basis: the
 * `beta` scaling of the authors' code. 1 for a direction without length. @scratch (D). */
static gboolean
delta_scale (const DfiDatabase         *database,
             const double              *change,
             const DfiDirectionOptions *options,
             float                     *scratch,
             double                    *scale,
             GError                   **error)
{
  const DfiBasis  *basis      = dfi_database_basis (database);
  const DfiLayout *layout     = &basis->layout;
  size_t           n_features = layout->n_features;
  double           square     = 0.0;

  if (layout->chroma || (size_t) dfi_database_code_length (database) > basis->rank ||
      (options->taps && options->taps != layout->taps))
    {
      if (! combine (database, &scratch, &change, 1, error))
        return FALSE;
      square = taps_square (layout, options->taps ? options->taps : layout->taps, scratch, &n_features);
    }
  else /* the basis' rows are orthonormal */
    {
      for (size_t r = 0; r < basis->rank; r++)
        square += change[r] * change[r];
    }
  *scale = square > 0.0 ? options->delta * n_features / square : 1.0;
  return TRUE;
}

/* Adds one change's coordinates to the totals (2, c) of the direction and of its chance. @scratch (D). */
static gboolean
add_change (DfiNeighbours             *neighbours,
            const DfiRequest          *request,
            const DfiDirectionOptions *options,
            double                    *totals,
            float                     *scratch,
            DfiDirectionNote          *note,
            GError                   **error)
{
  const DfiDatabase *database = neighbours->database;
  const size_t       length   = dfi_database_code_length (database);
  double             scale    = 1.0;

  if (! dfi_neighbours_change (neighbours, request, options, note, error))
    return FALSE;
  if (note->neighbours < DFI_NEIGHBOURS_MIN)
    return too_few (database, request->attribute, error);
  if (options->delta > 0.0 && ! delta_scale (database, neighbours->change, options, scratch, &scale, error))
    return FALSE;

  note->alpha *= scale;
  for (size_t r = 0; r < length; r++)
    {
      totals[r] += note->alpha * neighbours->change[r];
      totals[length + r] += note->alpha * neighbours->chance[r];
    }
  return TRUE;
}

/* How much more energy there is in the way in which faces vary than by chance in a mean of some less a mean of others. */
static double
variety (const DfiAttribute *attribute, const DfiDirectionOptions *options, int neighbours)
{
  int gone_to = options->alike ? MIN (attribute->alike, neighbours) : neighbours;

  return 1.0 / (1.0 / gone_to + 1.0 / neighbours);
}

/* The direction (D) of the totals (2, c), weighed place by place. @own: as in dfi_database_direction(), or NULL; @from (c): what
 * the direction leaves. */
static gboolean
find_focused (const DfiDatabase *database,
              const double      *totals,
              const double      *from,
              float             *direction,
              const DfiYielding *yielding,
              GError           **error)
{
  const DfiBasis *basis    = dfi_database_basis (database);
  const size_t    n        = basis->layout.n_features;
  const double   *codes[]  = { totals, totals + dfi_database_code_length (database), from };
  const int       combined = yielding ? 3 : 2;
  float          *room = dfi_try_alloc ((combined - 1) * n, sizeof *room, error), *chance = room, *left = room ? room + n : NULL;
  gboolean        done = room && combine (database, (float *[]){ direction, chance, left }, codes, combined, error);

  if (done && yielding)
    {
      const float *mean = dfi_database_mean (database);

      for (size_t i = 0; i < n; i++)
        yielding->own[i] -= mean[i] + left[i];
    }
  done = done && dfi_focus (&basis->layout, direction, chance, yielding, error);
  g_free (room);
  return done;
}

gboolean
dfi_database_direction (const DfiDatabase         *database,
                        const double              *code,
                        const DfiRequest          *requests,
                        int                        n_requests,
                        const DfiDirectionOptions *options,
                        float                     *direction,
                        float                     *own,
                        DfiDirectionNote          *notes,
                        GError                   **error)
{
  const size_t  length = dfi_database_code_length (database);
  double       *totals = dfi_try_alloc (2 * length, sizeof *totals, error);
  DfiNeighbours neighbours;
  gboolean      done, yields = FALSE;

  g_return_val_if_fail (options->neighbours >= DFI_NEIGHBOURS_MIN, FALSE);

  if (! totals)
    return FALSE;

  memset (totals, 0, 2 * length * sizeof *totals);
  done = dfi_neighbours_init (&neighbours, database, code, options->nearness, error);
  for (int i = 0; done && i < n_requests; i++)
    done = add_change (&neighbours, &requests[i], options, totals, direction, &notes[i], error);
  if (done && options->focus)
    {
      const DfiAttribute *attribute = dfi_database_attribute (database, requests[0].attribute);
      const DfiYielding   yielding  = { own, variety (attribute, options, notes[0].neighbours) };

      yields = own && n_requests == 1 && attribute->renew >= 0;
      done   = find_focused (database, totals, neighbours.from, direction, yields ? &yielding : NULL, error);
    }
  else if (done)
    done = combine (database, &direction, (const double *[]){ totals }, 1, error);
  if (own && ! yields)
    memset (own, 0, dfi_database_n_features (database) * sizeof *own);

  dfi_neighbours_clear (&neighbours);
  g_free (totals);
  return done;
}
