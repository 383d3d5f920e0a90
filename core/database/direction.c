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

/* @features[i] (D) = what @codes[i] (c) stand for in the basis and in the details, for i < @n, at most 2. */
static gboolean
combine (const DfiDatabase *database, float *const *features, const double *const *codes, int n, GError **error)
{
  const DfiLayout *layout = &dfi_database_basis (database)->layout;
  const double    *rest[2];
  const DfiDetail *details;
  int              n_details;

  if (! dfi_basis_combine (dfi_database_basis (database), features, codes, n, error))
    return FALSE;
  details = dfi_database_details (database, &n_details);
  for (int i = 0; i < n; i++)
    rest[i] = codes[i] + dfi_database_rank (database);
  for (int d = 0; d < n_details; d++)
    {
      const size_t size     = details[d].basis.layout.n_features;
      float       *parts[2] = { dfi_try_alloc (n * size, sizeof (float), error), NULL };
      gboolean     done     = parts[0] != NULL;

      parts[1] = done ? parts[0] + (n - 1) * size : NULL;
      done     = done && dfi_basis_combine (&details[d].basis, parts, rest, n, error);
      for (int i = 0; i < n; rest[i++] += details[d].basis.rank)
        if (done)
          dfi_detail_add (layout, &details[d], parts[i], features[i]);
      g_free (parts[0]);
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

/* The direction (D) of the totals (2, c); when @focused, weighed place by place. */
static gboolean
find_direction (const DfiDatabase *database, const double *totals, gboolean focused, float *direction, GError **error)
{
  const DfiBasis *basis    = dfi_database_basis (database);
  const double   *codes[2] = { totals, totals + dfi_database_code_length (database) };
  float          *chance   = NULL;
  gboolean        done;

  if (! focused)
    return combine (database, &direction, codes, 1, error);
  if (! (chance = dfi_try_alloc (basis->layout.n_features, sizeof *chance, error)))
    return FALSE;

  done = combine (database, (float *[]){ direction, chance }, codes, 2, error) &&
         dfi_focus (&basis->layout, direction, chance, error);
  g_free (chance);
  return done;
}

gboolean
dfi_database_direction (const DfiDatabase         *database,
                        const double              *code,
                        const DfiRequest          *requests,
                        int                        n_requests,
                        const DfiDirectionOptions *options,
                        float                     *direction,
                        DfiDirectionNote          *notes,
                        GError                   **error)
{
  const size_t  length = dfi_database_code_length (database);
  double       *totals = dfi_try_alloc (2 * length, sizeof *totals, error);
  DfiNeighbours neighbours;
  gboolean      done;

  g_return_val_if_fail (options->neighbours >= DFI_NEIGHBOURS_MIN, FALSE);

  if (! totals)
    return FALSE;

  memset (totals, 0, 2 * length * sizeof *totals);
  done = dfi_neighbours_init (&neighbours, database, code, options->nearness, error);
  for (int i = 0; done && i < n_requests; i++)
    done = add_change (&neighbours, &requests[i], options, totals, direction, &notes[i], error);
  done = done && find_direction (database, totals, options->focus, direction, error);

  dfi_neighbours_clear (&neighbours);
  g_free (totals);
  return done;
}
