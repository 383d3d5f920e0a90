/* neighbours.c: the faces that are like one at hand, and what those that have an attribute differ in from those that lack it.
 *
 * Source: Upchurch et al., "Deep Feature Interpolation for Image Content Changes", CVPR 2017, section 3, step 2. The second
 * choice is this project's own.
 */

#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "base/linalg.h"
#include "database/codes.h"
#include "database/likeness.h"
#include "database/neighbours.h"

/* How often the few are chosen, each time by the change that they gave before. */
#define ROUNDS 3

/* Faces that are compared at a time. */
#define BATCH 40

/* Rows of the basis in which faces differ most: light, pose, ground. They come first. */
#define MAIN_ROWS(rank) MIN (22, (rank) / 5)

void
dfi_neighbours_clear (DfiNeighbours *neighbours)
{
  for (int side = 0; side < 2; side++)
    g_free (neighbours->faces[side]);
  g_free (neighbours->groups);
  g_free (neighbours->alike);
  g_free (neighbours->distances);
  g_free (neighbours->first);
  g_free (neighbours->chance);
  g_free (neighbours->from);
  g_free (neighbours->change);
  g_free (neighbours->code);
  g_free (neighbours->query);
}

static gboolean
allocate (DfiNeighbours *neighbours, GError **error)
{
  size_t n = dfi_database_n_faces (neighbours->database), length = dfi_database_code_length (neighbours->database);

  return (neighbours->query = dfi_try_alloc (length, sizeof (float), error)) &&
         (neighbours->code = dfi_try_alloc (length, sizeof (float), error)) &&
         (neighbours->change = dfi_try_alloc (length, sizeof (double), error)) &&
         (neighbours->from = dfi_try_alloc (length, sizeof (double), error)) &&
         (neighbours->chance = dfi_try_alloc (length, sizeof (double), error)) &&
         (neighbours->first = dfi_try_alloc (length, sizeof (double), error)) &&
         (neighbours->distances = dfi_try_alloc (n, sizeof (float), error)) &&
         (neighbours->alike = dfi_try_alloc (n, sizeof (float), error)) && (neighbours->groups = dfi_try_alloc (n, 1, error)) &&
         (neighbours->faces[0] = dfi_try_alloc (n, sizeof (DfiNeighbour), error)) &&
         (neighbours->faces[1] = dfi_try_alloc (n, sizeof (DfiNeighbour), error));
}

/* ---------- nearness ---------- */

static float
feature_distance (size_t length, const float *a, const float *b)
{
  float sum = 0.0f;

  for (size_t i = 0; i < length; i++)
    sum += (a[i] - b[i]) * (a[i] - b[i]);
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

static gboolean
place (DfiNeighbours *neighbours, const double *code, GError **error)
{
  for (int i = 0; i < dfi_database_code_length (neighbours->database); i++)
    {
      neighbours->query[i] = code[i];
      if (! isfinite (neighbours->query[i]))
        {
          g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                               _ ("The features of this face are not finite numbers; the weights cannot be used with it."));
          return FALSE;
        }
    }
  return TRUE;
}

gboolean
dfi_neighbours_init (DfiNeighbours     *neighbours,
                     const DfiDatabase *database,
                     const double      *code,
                     DfiNearness        nearness,
                     GError           **error)
{
  size_t length = dfi_database_code_length (database);

  *neighbours = (DfiNeighbours){ .database = database };
  if (! allocate (neighbours, error) || ! place (neighbours, code, error))
    return FALSE;

  for (size_t face = 0; face < dfi_database_n_faces (database); face++)
    {
      dfi_database_code (database, face, neighbours->code);
      neighbours->distances[face] = nearness == DFI_NEAR_FEATURES
                                        ? feature_distance (length, neighbours->code, neighbours->query)
                                        : attribute_distance (database, neighbours->code, neighbours->query);
    }
  return TRUE;
}

/* ---------- groups ---------- */

/* Which group a face with this @code (c) is in: a bit for each attribute of `within`, set where the face has it, the first
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
find_groups (DfiNeighbours *neighbours, const int *within)
{
  neighbours->own = face_group (neighbours->database, within, NULL, neighbours->query);
  for (size_t face = 0; face < dfi_database_n_faces (neighbours->database); face++)
    {
      dfi_database_code (neighbours->database, face, neighbours->code);
      neighbours->groups[face] = face_group (neighbours->database, within, &face, neighbours->code);
    }
}

/* ---------- the difference of the two sides ---------- */

static int
compare_faces (const void *a, const void *b)
{
  const DfiNeighbour *p = a, *q = b;

  if (p->distance != q->distance)
    return p->distance < q->distance ? -1 : 1;
  return (p->index > q->index) - (p->index < q->index);
}

/* Fills in the faces of one group on both sides of @attribute, nearest first by the side's own @distances. */
static void
collect (DfiNeighbours *neighbours, int attribute, guint group, const float *const distances[2])
{
  neighbours->n_faces[0] = neighbours->n_faces[1] = 0;
  for (size_t face = 0; face < dfi_database_n_faces (neighbours->database); face++)
    if (neighbours->groups[face] == group)
      {
        int side = dfi_database_side (neighbours->database, face, attribute);
        int list = side > 0 ? 0 : 1;

        if (side != 0)
          neighbours->faces[list][neighbours->n_faces[list]++] = (DfiNeighbour){ distances[list][face], face };
      }
  for (int side = 0; side < 2; side++)
    qsort (neighbours->faces[side], neighbours->n_faces[side], sizeof (DfiNeighbour), compare_faces);
}

/* What the face number @i of @n weighs in half the difference between the mean of the even ones and the mean of the odd ones. */
static double
half_share (int i, int n)
{
  return n < 2 ? 0.0 : i % 2 == 0 ? 0.5 / ((n + 1) / 2) : -0.5 / (n / 2);
}

/* Adds @weight times the mean of the numbers of the at most @k nearest faces of one side to the change; when these are @left,
 * its amount to what the change starts from, too. */
static void
add_mean (DfiNeighbours *neighbours, int side, int k, double weight, gboolean left)
{
  size_t length = dfi_database_code_length (neighbours->database);
  int    n      = MIN ((size_t) k, neighbours->n_faces[side]);

  for (int i = 0; i < n; i++)
    {
      dfi_database_code (neighbours->database, neighbours->faces[side][i].index, neighbours->code);
      for (size_t r = 0; r < length; r++)
        {
          neighbours->change[r] += weight / n * neighbours->code[r];
          neighbours->from[r] += left ? fabs (weight) / n * neighbours->code[r] : 0.0;
          neighbours->chance[r] += weight * half_share (i, n) * neighbours->code[r];
        }
    }
}

/* The mean over the groups of the difference of the two sides, each group weighing as many neighbours as it gives to either. Of a
 * side at most @k are taken, the nearest by its @distances; the change goes to side @to. Returns how many; @own: (out): how many
 * are of the query's group. */
static int
find_difference (DfiNeighbours *neighbours, int attribute, int to, const float *const distances[2], const int k[2], int *own)
{
  const size_t length = dfi_database_code_length (neighbours->database);
  const int    most   = MIN (k[0], k[1]);
  int          found  = 0;

  *own = 0;
  memset (neighbours->change, 0, length * sizeof *neighbours->change);
  memset (neighbours->from, 0, length * sizeof *neighbours->from);
  memset (neighbours->chance, 0, length * sizeof *neighbours->chance);
  for (guint differing = 0; differing < 1u << DFI_WITHIN_MAX && found < most; differing++)
    {
      int n;

      collect (neighbours, attribute, neighbours->own ^ differing, distances);
      n = MIN ((size_t) (most - found), MIN (neighbours->n_faces[0], neighbours->n_faces[1]));
      if (n == 0)
        continue;

      add_mean (neighbours, 0, k[0], n, to != 0);
      add_mean (neighbours, 1, k[1], -n, to != 1);
      found += n;
      if (differing == 0)
        *own = n;
    }
  for (size_t r = 0; found > 0 && r < length; r++)
    {
      neighbours->change[r] /= found;
      neighbours->from[r] /= found;
      neighbours->chance[r] /= found;
    }
  for (int r = 0; r < MAIN_ROWS (dfi_database_rank (neighbours->database)); r++)
    neighbours->from[r] = neighbours->query[r];
  return found;
}

/* ---------- the second choice ---------- */

/* How alike the faces on @side look to the query with the change at its usual strength: where @likeness counts it, or else in
 * all but the main rows. A mean is fainter than what it is of: at less than that, faint glasses would look most like it. */
static void
compare_with_change (DfiNeighbours *neighbours, int attribute, int side, const DfiLikeness *likeness)
{
  const DfiDatabase *database = neighbours->database;
  const size_t       n_faces = dfi_database_n_faces (database), length = dfi_database_code_length (database);
  const size_t       main     = MAIN_ROWS ((size_t) dfi_database_rank (database));
  const int          sign     = side == 0 ? 1 : -1;
  const double       strength = sign * dfi_database_attribute (database, attribute)->strength;
  float             *codes    = g_new (float, BATCH *length);
  float              distances[BATCH];
  size_t             batch[BATCH], n = 0;

  for (size_t r = 0; r < length; r++)
    neighbours->code[r] = neighbours->query[r] + strength * neighbours->change[r];
  for (size_t face = 0; face < n_faces; face++)
    {
      if (dfi_database_side (database, face, attribute) * sign > 0)
        {
          dfi_database_code (database, face, codes + n * length);
          batch[n++] = face;
        }
      if (n == 0 || (n < BATCH && face + 1 < n_faces))
        continue;

      if (likeness)
        dfi_likeness_distances (likeness, length, codes, n, neighbours->code, distances);
      for (size_t i = 0; i < n; i++)
        neighbours->alike[batch[i]] =
            likeness ? distances[i] : feature_distance (length - main, codes + i * length + main, neighbours->code + main);
      n = 0;
    }
  g_free (codes);
}

/* Chooses the faces on @side once more, and takes all but the main rows from them. */
static void
choose_again (DfiNeighbours *neighbours, int attribute, int side, const DfiLikeness *likeness, const DfiDirectionOptions *options)
{
  const size_t        main         = MAIN_ROWS ((size_t) dfi_database_rank (neighbours->database));
  const DfiAttribute *about        = dfi_database_attribute (neighbours->database, attribute);
  const float        *distances[2] = { neighbours->distances, neighbours->distances };
  int                 k[2]         = { options->neighbours, options->neighbours };
  int                 own;

  for (size_t r = 0; r < main; r++)
    {
      neighbours->first[r]        = about->light * neighbours->change[r];
      neighbours->first[main + r] = about->light * neighbours->chance[r];
    }
  distances[side] = neighbours->alike;
  k[side]         = about->alike;
  for (int round = 0; round < ROUNDS; round++)
    {
      compare_with_change (neighbours, attribute, side, likeness);
      find_difference (neighbours, attribute, side, distances, k, &own);
      memcpy (neighbours->change, neighbours->first, main * sizeof *neighbours->change);
      memcpy (neighbours->chance, neighbours->first + main, main * sizeof *neighbours->chance);
    }
}

gboolean
dfi_neighbours_change (DfiNeighbours             *neighbours,
                       const DfiRequest          *request,
                       const DfiDirectionOptions *options,
                       DfiDirectionNote          *note,
                       GError                   **error)
{
  const DfiDatabase *database     = neighbours->database;
  const float *const distances[2] = { neighbours->distances, neighbours->distances };
  const int          k[2]         = { options->neighbours, options->neighbours };
  const int          to           = request->alpha < 0.0 ? 1 : 0;
  DfiLikeness        likeness     = { 0 };
  int                threads;
  gboolean           done;

  *note = (DfiDirectionNote){ .attribute = request->attribute, .alpha = request->alpha };
  find_groups (neighbours, dfi_database_attribute (database, request->attribute)->within);
  note->neighbours = find_difference (neighbours, request->attribute, to, distances, k, &note->agreeing);
  if (! options->alike || note->neighbours == 0)
    return TRUE;

  threads = dfi_linalg_threads (1);
  done    = ! options->where || dfi_likeness_init (&likeness, database, options->where, error);
  if (done)
    choose_again (neighbours, request->attribute, to, options->where ? &likeness : NULL, options);
  dfi_linalg_threads (threads);
  dfi_likeness_clear (&likeness);
  return done;
}
