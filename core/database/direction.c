/* direction.c: the way from faces that lack an attribute to faces that have it, near a given face.
 *
 * Source: Upchurch et al., "Deep Feature Interpolation for Image Content Changes", CVPR 2017, section 3, steps 2 and 3.
 */

#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "database/codes.h"
#include "database/direction.h"
#include "database/focus.h"

typedef struct
{
  float   distance;
  guint32 index;
} Face;

/* What is known about the face that is edited, and room to work in; all belongs to the struct. */
typedef struct
{
  float  *query;     /* (r) its code */
  float  *code;      /* (r) of another face */
  double *change;    /* (r) of one attribute */
  double *chance;    /* (r) as much as the change may be by chance: see focus.h */
  double *totals[2]; /* (r) sums of these over the requests */
  float  *distances; /* (N) squared, from the query */
  guint8 *groups;    /* (N) of each face, see face_group() */
  Face   *faces[2];  /* (N) candidates: those that have the attribute, those that lack it */
  size_t  n_faces[2];
} Search;

static void
search_clear (Search *search)
{
  for (int side = 0; side < 2; side++)
    g_free (search->faces[side]);
  g_free (search->groups);
  g_free (search->distances);
  g_free (search->totals[1]);
  g_free (search->totals[0]);
  g_free (search->chance);
  g_free (search->change);
  g_free (search->code);
  g_free (search->query);
}

static gboolean
search_init (Search *search, const DfiDatabase *database, GError **error)
{
  size_t n = dfi_database_n_faces (database), rank = dfi_database_rank (database);

  memset (search, 0, sizeof *search);
  return (search->query = dfi_try_alloc (rank, sizeof (float), error)) &&
         (search->code = dfi_try_alloc (rank, sizeof (float), error)) &&
         (search->change = dfi_try_alloc (rank, sizeof (double), error)) &&
         (search->chance = dfi_try_alloc (rank, sizeof (double), error)) &&
         (search->totals[0] = dfi_try_alloc (rank, sizeof (double), error)) &&
         (search->totals[1] = dfi_try_alloc (rank, sizeof (double), error)) &&
         (search->distances = dfi_try_alloc (n, sizeof (float), error)) && (search->groups = dfi_try_alloc (n, 1, error)) &&
         (search->faces[0] = dfi_try_alloc (n, sizeof (Face), error)) &&
         (search->faces[1] = dfi_try_alloc (n, sizeof (Face), error));
}

static float
feature_distance (size_t rank, const float *a, const float *b)
{
  float sum = 0.0f;

  for (size_t r = 0; r < rank; r++)
    sum += (a[r] - b[r]) * (a[r] - b[r]);
  return sum;
}

/* Scores are linear: their difference is the rules' value for the codes' difference, without the constants. */
static float
attribute_distance (const DfiDatabase *database, const float *a, const float *b)
{
  size_t rank = dfi_database_rank (database);
  double sum  = 0.0;

  for (int i = 0; i < dfi_database_n_attributes (database); i++)
    {
      const float *rule       = dfi_database_rule (database, i);
      double       difference = 0.0;

      for (size_t r = 0; r < rank; r++)
        difference += rule[r] * (a[r] - b[r]);
      sum += difference * difference;
    }
  return sum;
}

/* The query's distance to every face. */
static gboolean
search_place (Search *search, const DfiDatabase *database, const double *code, DfiNearness nearness, GError **error)
{
  size_t rank = dfi_database_rank (database);

  for (size_t r = 0; r < rank; r++)
    {
      search->query[r] = code[r];
      if (! isfinite (search->query[r]))
        {
          g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                               _ ("The features of this face are not finite numbers; the weights cannot be used with it."));
          return FALSE;
        }
    }

  for (size_t face = 0; face < dfi_database_n_faces (database); face++)
    {
      dfi_database_code (database, face, search->code);
      search->distances[face] = nearness == DFI_NEAR_FEATURES ? feature_distance (rank, search->code, search->query)
                                                              : attribute_distance (database, search->code, search->query);
    }
  return TRUE;
}

/* Which group a face with this @code (r) is in: a bit for each attribute of `within`, set where the face has it, the first
 * attribute's the highest. The labels of the database's face number @face decide; where they leave it open, or @face is NULL,
 * the predictor does. */
static guint
face_group (const DfiDatabase *database, const int *within, const size_t *face, const float *code)
{
  guint group = 0;

  for (int i = 0; i < DFI_WITHIN_MAX && within[i] >= 0; i++)
    {
      int      side = face ? dfi_database_side (database, *face, within[i]) : 0;
      gboolean has  = side != 0 ? side > 0 : dfi_database_predict (database, within[i], code) > 0.0;

      group = group << 1 | has;
    }
  return group;
}

static void
search_groups (Search *search, const DfiDatabase *database, const int *within)
{
  for (size_t face = 0; face < dfi_database_n_faces (database); face++)
    {
      dfi_database_code (database, face, search->code);
      search->groups[face] = face_group (database, within, &face, search->code);
    }
}

static int
compare_faces (const void *a, const void *b)
{
  const Face *p = a, *q = b;

  if (p->distance != q->distance)
    return p->distance < q->distance ? -1 : 1;
  return (p->index > q->index) - (p->index < q->index);
}

/* Fills in the faces of one group on both sides of @attribute, nearest first. */
static void
search_collect (Search *search, const DfiDatabase *database, int attribute, guint group)
{
  search->n_faces[0] = search->n_faces[1] = 0;
  for (size_t face = 0; face < dfi_database_n_faces (database); face++)
    if (search->groups[face] == group)
      {
        int side = dfi_database_side (database, face, attribute);
        int list = side > 0 ? 0 : 1;

        if (side != 0)
          search->faces[list][search->n_faces[list]++] = (Face){ search->distances[face], face };
      }
  for (int side = 0; side < 2; side++)
    qsort (search->faces[side], search->n_faces[side], sizeof (Face), compare_faces);
}

/* What the face number @i of @n weighs in half the difference between the mean of the even ones and the mean of the odd ones. */
static double
half_share (int i, int n)
{
  return n < 2 ? 0.0 : i % 2 == 0 ? 0.5 / ((n + 1) / 2) : -0.5 / (n / 2);
}

/* Adds @weight times the mean code of the at most @k nearest faces of one side to the change. */
static void
search_add_mean (Search *search, const DfiDatabase *database, int side, int k, double weight)
{
  size_t rank = dfi_database_rank (database);
  int    n    = MIN ((size_t) k, search->n_faces[side]);

  for (int i = 0; i < n; i++)
    {
      dfi_database_code (database, search->faces[side][i].index, search->code);
      for (size_t r = 0; r < rank; r++)
        {
          search->change[r] += weight / n * search->code[r];
          search->chance[r] += weight * half_share (i, n) * search->code[r];
        }
    }
}

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

/* *@scale = delta / mean (w^2) over the layers that were asked for, where w has the coordinates @change / @n in the basis: the
 * `beta` scaling of the authors' code. 1 for a direction without length. @scratch (D). */
static gboolean
delta_scale (const DfiDatabase         *database,
             const double              *change,
             int                        n,
             const DfiDirectionOptions *options,
             float                     *scratch,
             double                    *scale,
             GError                   **error)
{
  const DfiBasis  *basis      = dfi_database_basis (database);
  const DfiLayout *layout     = &basis->layout;
  size_t           n_features = layout->n_features;
  double           square     = 0.0;

  if (layout->chroma || (options->taps && options->taps != layout->taps))
    {
      if (! dfi_basis_combine (basis, &scratch, &change, 1, error))
        return FALSE;
      square = taps_square (layout, options->taps ? options->taps : layout->taps, scratch, &n_features);
    }
  else /* the basis' rows are orthonormal */
    {
      for (size_t r = 0; r < basis->rank; r++)
        square += change[r] * change[r];
    }
  square /= (double) n * n;
  *scale = square > 0.0 ? options->delta * n_features / square : 1.0;
  return TRUE;
}

/* Adds one change's coordinates to the total: the mean over the groups of the difference of the two sides, each group
 * weighing as many neighbours as it gives. @scratch (D). */
static gboolean
search_change (Search                    *search,
               const DfiDatabase         *database,
               const DfiRequest          *change,
               const DfiDirectionOptions *options,
               float                     *scratch,
               DfiDirectionNote          *note,
               GError                   **error)
{
  const int  k      = options->neighbours;
  size_t     rank   = dfi_database_rank (database);
  const int *within = dfi_database_attribute (database, change->attribute)->within;
  guint      own    = face_group (database, within, NULL, search->query);
  double     scale  = 1.0;

  *note = (DfiDirectionNote){ .attribute = change->attribute, .alpha = change->alpha };
  memset (search->change, 0, rank * sizeof *search->change);
  memset (search->chance, 0, rank * sizeof *search->chance);
  search_groups (search, database, within);

  for (guint differing = 0; differing < 1u << DFI_WITHIN_MAX && note->neighbours < k; differing++)
    {
      int n;

      search_collect (search, database, change->attribute, own ^ differing);
      n = MIN ((size_t) (k - note->neighbours), MIN (search->n_faces[0], search->n_faces[1]));
      if (n == 0)
        continue;

      search_add_mean (search, database, 0, k, n);
      search_add_mean (search, database, 1, k, -n);
      note->neighbours += n;
      if (differing == 0)
        note->agreeing = n;
    }

  if (note->neighbours < DFI_NEIGHBOURS_MIN)
    return too_few (database, change->attribute, error);
  if (options->delta > 0.0 && ! delta_scale (database, search->change, note->neighbours, options, scratch, &scale, error))
    return FALSE;
  note->alpha *= scale;
  for (size_t r = 0; r < rank; r++)
    {
      search->totals[0][r] += note->alpha / note->neighbours * search->change[r];
      search->totals[1][r] += note->alpha / note->neighbours * search->chance[r];
    }
  return TRUE;
}

/* The direction (D) of the totals; when @focused, weighed place by place. */
static gboolean
find_direction (const Search *search, const DfiDatabase *database, gboolean focused, float *direction, GError **error)
{
  const DfiBasis *basis    = dfi_database_basis (database);
  const double   *codes[2] = { search->totals[0], search->totals[1] };
  float          *chance   = NULL;
  gboolean        done;

  if (! focused)
    return dfi_basis_combine (basis, &direction, codes, 1, error);
  if (! (chance = dfi_try_alloc (basis->layout.n_features, sizeof *chance, error)))
    return FALSE;

  done = dfi_basis_combine (basis, (float *[]){ direction, chance }, codes, 2, error) &&
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
  Search   search;
  gboolean done;

  g_return_val_if_fail (options->neighbours >= DFI_NEIGHBOURS_MIN, FALSE);

  done = search_init (&search, database, error) && search_place (&search, database, code, options->nearness, error);
  for (int t = 0; done && t < 2; t++)
    memset (search.totals[t], 0, dfi_database_rank (database) * sizeof (double));
  for (int i = 0; done && i < n_requests; i++)
    done = search_change (&search, database, &requests[i], options, direction, &notes[i], error);
  done = done && find_direction (&search, database, options->focus, direction, error);

  search_clear (&search);
  return done;
}
