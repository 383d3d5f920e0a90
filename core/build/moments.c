/* build-basis.c: the first two stages, which find the directions in which the features of faces vary most.
 *
 *   1  mean feature vector; random mixtures of the features, which span nearly what the principal directions span
 *   2  those mixtures multiplied by the covariance (a power iteration), which gives the principal directions; and each
 *      attribute's mean difference, whose part that they miss is added to the basis
 *
 * Source: Halko, Martinsson and Tropp, "Finding structure with randomness", SIAM Review 53 (2011), sections 4.5 and 5.5.
 */

#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/linalg.h"
#include "build/state.h"
#include "build/subspace.h"
#include "database/attribute.h"

#define OVERSAMPLE  20   /* mixtures more than rows: 5 to 10 suffice (Halko et al., section 4.2) */
#define EXTRA_SHARE 0.02 /* of an attribute's mean difference; the basis may miss less than that without a row for it */
#define EXTRA_ROWS  8    /* at most one row in so many goes to mean differences */

static gboolean
check_rank (const DfiBuild *build, GError **error)
{
  if (build->rank == 0)
    g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                         _ ("The pictures cannot be told apart by their features. Check that they show different faces, and "
                            "that the weights are good."));
  return build->rank > 0;
}

/* ---------- stage 1: mean and random mixtures ---------- */

/* Fowler, Noll and Vo's hash, FNV-1a. */
static guint64
hash_name (const char *name)
{
  guint64 hash = 0xcbf29ce484222325u;

  for (; *name; name++)
    hash = (hash ^ (guint8) *name) * 0x100000001b3u;
  return hash;
}

/* Next number of a generator that counts: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014. */
static guint64
splitmix (guint64 *state)
{
  guint64 z = *state += 0x9e3779b97f4a7c15u;

  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

/* @n factors of 1 or -1, always the same for a picture, so that shards mix as the whole does. */
static void
random_signs (const char *name, float *signs, int n)
{
  guint64 state = hash_name (name), bits = 0;

  for (int i = 0; i < n; i++, bits >>= 1)
    {
      if (i % 64 == 0)
        bits = splitmix (&state);
      signs[i] = bits & 1 ? 1.0f : -1.0f;
    }
}

gboolean
dfi_build_start_mixtures (DfiBuild *build, GError **error)
{
  size_t length = build->layout.n_features;

  build->rank = MIN ((size_t) build->plan->rows + OVERSAMPLE, build->plan->n_files);
  return (build->mixtures = dfi_build_add_sum (build, "mixtures", sizeof (float), build->rank, length, error)) &&
         (build->signs = dfi_build_add_sum (build, "signs", sizeof (double), 1, build->rank, error)) &&
         (build->total = dfi_build_add_sum (build, "total", sizeof (double), 1, length, error));
}

gboolean
dfi_build_mix_batch (DfiBuild *build, GError **error)
{
  size_t length = build->layout.n_features;

  for (int i = 0; i < build->n_batch; i++)
    {
      float *signs = build->coefficients + (size_t) i * build->rank;

      random_signs (build->plan->files[build->members[i]], signs, build->rank);
      for (int j = 0; j < build->rank; j++)
        build->signs[j] += signs[j];
      for (size_t j = 0; j < length; j++)
        build->total[j] += build->batch[i * length + j];
    }
  dfi_gemm (TRUE, FALSE, build->rank, length, build->n_batch, 1.0f, build->coefficients, build->rank, build->batch, length, 1.0f,
            build->mixtures, length);
  return TRUE;
}

static gboolean
check_faces (const DfiBuild *build, GError **error)
{
  size_t n_faces = dfi_build_count_faces (build);

  if (n_faces >= DFI_BUILD_FACES_MIN)
    return TRUE;

  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
               _ ("Only %zu of the %zu pictures can be used, where a database needs at least "
                  "%d. Check the folder of the pictures and the names in the list of labels."),
               n_faces, build->plan->n_files, DFI_BUILD_FACES_MIN);
  return FALSE;
}

gboolean
dfi_build_end_mixtures (DfiBuild *build, GError **error)
{
  size_t length = build->layout.n_features;
  double n      = dfi_build_count_faces (build);

  if (! check_faces (build, error) || ! (build->mean = dfi_try_alloc (length, sizeof (float), error)))
    return FALSE;

  for (size_t j = 0; j < length; j++)
    build->mean[j] = build->total[j] / n;
  for (int i = 0; i < build->rank; i++)
    for (size_t j = 0; j < length; j++)
      build->mixtures[i * length + j] -= (float) build->signs[i] * build->mean[j];

  build->basis = g_steal_pointer (&build->sums[0].values);
  return dfi_rows_orthonormalise (build->basis, &build->rank, build->rank, length, error) && check_rank (build, error);
}

/* ---------- stage 2: principal directions and mean differences ---------- */

/* Rows that the database will have at most. */
static int
wanted_rows (const DfiBuild *build)
{
  size_t rows = MIN ((size_t) build->plan->rows, dfi_build_count_faces (build) / 2);

  return MIN (rows, (size_t) build->rank);
}

gboolean
dfi_build_start_moments (DfiBuild *build, GError **error)
{
  size_t rank = build->rank;

  return (build->moments = dfi_build_add_sum (build, "moments", sizeof (float), rank + build->plan->n_attributes,
                                              build->layout.n_features, error)) &&
         (build->inner = dfi_build_add_sum (build, "inner", sizeof (double), rank, rank, error));
}

/* Place in `weights` for a face that is on @side of attribute @a, in the group that its side of the first of `within` puts
 * it in. */
static size_t
weight_index (const DfiBuild *build, const guint8 *labels, int a, int side)
{
  int within = build->plan->attributes[a].within[0];
  int group  = within < 0 ? 0 : dfi_labels_side (labels, build->plan->attributes, within) + 1;

  return ((size_t) a * 3 + group) * 2 + (side < 0);
}

static void
count_sides (DfiBuild *build)
{
  const DfiBuildPlan *plan = build->plan;

  for (size_t file = 0; file < plan->n_files; file++)
    for (int a = 0; dfi_build_uses (build, file) && a < plan->n_attributes; a++)
      {
        int side = dfi_labels_side (dfi_build_labels (build, file), plan->attributes, a);

        if (side != 0)
          build->weights[weight_index (build, dfi_build_labels (build, file), a, side)] += 1.0;
      }
}

/* From the numbers of faces to weights: with these the sum of all features is the mean difference within the groups that an
 * edit can take its neighbours from, each group counting as much as its smaller side has faces. */
gboolean
dfi_build_weigh_attributes (DfiBuild *build, GError **error)
{
  int n = build->plan->n_attributes;

  if (! (build->weights = dfi_build_alloc ((size_t) n * 6, sizeof (double), error)))
    return FALSE;

  count_sides (build);
  for (int a = 0; a < n; a++)
    {
      double (*counts)[2] = (double (*)[2]) (build->weights + (size_t) a * 6);
      double smaller[3], total = 0.0;

      for (int group = 0; group < 3; group++)
        {
          smaller[group] = MIN (counts[group][0], counts[group][1]);
          smaller[group] *= smaller[group] >= DFI_NEIGHBOURS_MIN;
          total += smaller[group];
        }
      for (int group = 0; group < 3; group++)
        {
          gboolean counted = smaller[group] > 0.0;

          counts[group][0] = counted ? smaller[group] / total / counts[group][0] : 0.0;
          counts[group][1] = counted ? -smaller[group] / total / counts[group][1] : 0.0;
        }
    }
  return TRUE;
}

gboolean
dfi_build_multiply_batch (DfiBuild *build, GError **error)
{
  size_t length  = build->layout.n_features;
  int    n       = build->n_batch;
  int    rank    = build->rank;
  int    columns = rank + build->plan->n_attributes;

  dfi_gemm (FALSE, TRUE, n, rank, length, 1.0f, build->batch, length, build->basis, length, 0.0f, build->coefficients, columns);
  for (int i = 0; i < n; i++)
    for (int a = 0; a < build->plan->n_attributes; a++)
      {
        const guint8 *labels = dfi_build_labels (build, build->members[i]);
        int           side   = dfi_labels_side (labels, build->plan->attributes, a);

        build->coefficients[(size_t) i * columns + rank + a] = side ? build->weights[weight_index (build, labels, a, side)] : 0.0;
      }

  dfi_gemm (TRUE, FALSE, columns, length, n, 1.0f, build->coefficients, columns, build->batch, length, 1.0f, build->moments,
            length);
  dfi_gemm (TRUE, FALSE, rank, rank, n, 1.0f, build->coefficients, columns, build->coefficients, columns, 0.0f, build->product,
            rank);
  for (size_t i = 0; i < (size_t) rank * rank; i++)
    build->inner[i] += build->product[i];
  return TRUE;
}

static gboolean
quantise (DfiBuild *build, GError **error)
{
  const DfiLayout *layout = &build->layout;

  if (! (build->packed = dfi_try_alloc (build->rank, layout->row_bytes, error)) ||
      ! (build->scale = dfi_try_alloc ((size_t) build->rank * layout->n_stretches, sizeof (float), error)))
    return FALSE;

  for (size_t i = 0; i < (size_t) build->rank; i++)
    {
      float  *row    = build->basis + i * layout->n_features;
      guint8 *packed = build->packed + i * layout->row_bytes;
      float  *scale  = build->scale + i * layout->n_stretches;

      dfi_basis_quantise (layout, packed, scale, row);
      dfi_basis_unpack (layout, row, packed, scale); /* codes belong to the basis as readers will see it */
    }
  return TRUE;
}

gboolean
dfi_build_end_moments (DfiBuild *build, GError **error)
{
  size_t length  = build->layout.n_features;
  int    n_extra = build->plan->n_attributes;
  int    rows    = wanted_rows (build);
  int    spare   = MIN (n_extra, rows / EXTRA_ROWS);
  float *extra;

  g_free (build->basis);
  build->basis = g_steal_pointer (&build->sums[0].values);
  extra        = build->basis + build->rank * length;
  return dfi_rows_principal (build->basis, &build->rank, rows - spare, build->inner, length, error) &&
         check_rank (build, error) &&
         dfi_rows_extend (build->basis, &build->rank, spare, extra, n_extra, EXTRA_SHARE, length, error) &&
         quantise (build, error);
}
