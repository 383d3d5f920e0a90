/* build.c: a database out of pictures, in three passes over them.
 *
 *   1  mean feature vector; random mixtures of the features, which span nearly what the principal directions span
 *   2  those mixtures multiplied by the covariance (a power iteration), which gives the principal directions; and each
 *      attribute's mean difference, whose part that they miss is added to the basis
 *   3  each face's code in the quantised basis; sums for the predictors
 *
 * Everything that a pass gathers is a sum over pictures, and what is random depends on a picture's name, not on its place,
 * so that parts of the pictures could be summed apart and added up.
 *
 * Source: Halko, Martinsson and Tropp, "Finding structure with randomness", SIAM Review 53 (2011), sections 4.5 and 5.5.
 */

#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "basis.h"
#include "build.h"
#include "database-private.h"
#include "image.h"
#include "linalg.h"
#include "metadata.h"
#include "safetensors.h"
#include "subspace.h"

#define N_PASSES    3
#define BATCH       64     /* pictures that share a matrix product */
#define OVERSAMPLE  20     /* mixtures more than rows: 5 to 10 suffice (Halko et al., section 4.2) */
#define EXTRA_SHARE 0.02   /* of an attribute's mean difference; the basis may miss less than that without a row for it */
#define EXTRA_ROWS  8      /* at most one row in so many goes to mean differences */
#define RIDGE       0.01   /* of the codes' mean variance, added to each in the predictors */

typedef struct
{
  const DfiBuildPlan   *plan;
  const DfiEncoder     *encoder;
  DfiPass              *pass;
  DfiLayout             layout;
  size_t                label_bytes;
  DfiSkipFunc           skip;
  DfiProgressFunc       progress;
  gpointer              data;

  guint8               *usable;       /* (n_files) */
  size_t                n_faces;      /* usable ones */
  float                *batch;        /* (BATCH, D) features */
  size_t                members[BATCH];
  int                   n_batch;

  float                *mean;         /* (D) */
  double               *sum;          /* (D) of features */
  float                *basis;        /* (rank, D): random mixtures, then orthonormal, then the basis itself */
  int                   rank;
  int                   rows;         /* wanted */
  double               *mixed;        /* (rank) sum of each mixture's factors */

  float                *moments;      /* (rank + A, D): basis times covariance, then mean differences */
  double               *inner;        /* (rank, rank) sums of products of codes */
  float                *coefficients; /* (BATCH, rank + A) */
  float                *product;      /* (rank, rank) */
  double               *weights;      /* (A, 3, 2): see weigh_attributes() */

  guint8               *packed;       /* (rank, B) */
  float                *scale;        /* (rank, S) */
  double               *class_sums;   /* (A, 2, rank) sums of the codes of the faces on either side */
  size_t               *class_counts; /* (A, 2) */
  double               *code_sum;     /* (rank) */
  DfiSafetensorsWriter *writer;
} Build;

/* Takes the batch's members and features (n_batch, D), which it may change. */
typedef gboolean (* BatchFunc) (Build   *build,
                                GError **error);

/* g_try_malloc0_n() with an error. */
static gpointer
alloc_zeroed (size_t    count,
              size_t    size,
              GError  **error)
{
  gpointer block = dfi_try_alloc (count, size, error);

  if (block)
    memset (block, 0, count * size);
  return block;
}

/* ---------- pictures ---------- */

/* Features of the part of picture @file that becomes the frame, to @features (D). */
static gboolean
read_features (Build    *build,
               size_t    file,
               float    *features,
               GError  **error)
{
  const DfiBuildPlan *plan = build->plan;
  const double       *r    = plan->rectangle;
  DfiSimilarity       map  = { .a = (r[2] - r[0]) / plan->frame.size, .b = 0.0, .tx = r[0], .ty = r[1] };
  char               *path = g_build_filename (plan->folder, plan->files[file], NULL);
  DfiPhoto           *photo;
  DfiImage           *frame = NULL;

  photo = dfi_photo_load (path, error);
  if (photo && (r[2] > photo->image->width || r[3] > photo->image->height))
    g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                 _("The picture “%s” is %d x %d pixels large, too small for the frame at %g,%g,%g,%g."),
                 path, photo->image->width, photo->image->height, r[0], r[1], r[2], r[3]);
  else if (photo)
    frame = dfi_align_warp (photo->image, &map, plan->frame.size, plan->frame.size, error);

  if (frame)
    {
      for (size_t i = 0; i < (size_t) 3 * frame->width * frame->height; i++)   /* as in an edit */
        frame->data[i] = CLAMP (frame->data[i], 0.0f, 1.0f);
      memcpy (features, dfi_pass_forward (build->pass, frame->data), build->layout.n_features * sizeof *features);
    }

  dfi_photo_free (photo);
  g_free (path);
  if (! frame)
    return FALSE;
  dfi_image_free (frame);
  return TRUE;
}

/* In the first pass a picture that cannot be read is left out; later it is an error. */
static gboolean
add_to_batch (Build   *build,
              int      pass,
              size_t   file,
              GError **error)
{
  GError *reason = NULL;

  if (read_features (build, file, build->batch + build->n_batch * build->layout.n_features, &reason))
    {
      build->members[build->n_batch++] = file;
      return TRUE;
    }
  if (pass > 0 || g_error_matches (reason, DFI_ERROR, DFI_ERROR_MEMORY))
    {
      g_propagate_error (error, reason);
      return FALSE;
    }

  build->usable[file] = FALSE;
  build->n_faces--;
  if (build->skip)
    build->skip (build->plan->files[file], reason, build->data);
  g_error_free (reason);
  return TRUE;
}

/* Hands all usable pictures to @use, a batch at a time, in the order of the plan. */
static gboolean
run_pass (Build      *build,
          int         pass,
          BatchFunc   use,
          GError    **error)
{
  size_t n = build->plan->n_files;

  build->n_batch = 0;
  for (size_t file = 0; file < n; file++)
    {
      if (build->progress && ! build->progress ((pass + (double) file / n) / N_PASSES, build->data))
        return dfi_error_set_cancelled (error);
      if (build->usable[file] && ! add_to_batch (build, pass, file, error))
        return FALSE;
      if (build->n_batch == BATCH || (file == n - 1 && build->n_batch > 0))
        {
          if (! use (build, error))
            return FALSE;
          build->n_batch = 0;
        }
    }
  return TRUE;
}

static void
centre_batch (Build *build)
{
  size_t length = build->layout.n_features;

  for (int i = 0; i < build->n_batch; i++)
    for (size_t j = 0; j < length; j++)
      build->batch[i * length + j] -= build->mean[j];
}

/* ---------- first pass: mean and random mixtures ---------- */

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

/* @n factors of 1 or -1, always the same for a picture. */
static void
random_signs (const char *name,
              float      *signs,
              int         n)
{
  guint64 state = hash_name (name), bits = 0;

  for (int i = 0; i < n; i++, bits >>= 1)
    {
      if (i % 64 == 0)
        bits = splitmix (&state);
      signs[i] = bits & 1 ? 1.0f : -1.0f;
    }
}

static gboolean
mix_batch (Build   *build,
           GError **error)
{
  size_t length = build->layout.n_features;

  for (int i = 0; i < build->n_batch; i++)
    {
      float *signs = build->coefficients + (size_t) i * build->rank;

      random_signs (build->plan->files[build->members[i]], signs, build->rank);
      for (int j = 0; j < build->rank; j++)
        build->mixed[j] += signs[j];
      for (size_t j = 0; j < length; j++)
        build->sum[j] += build->batch[i * length + j];
    }
  dfi_gemm (TRUE, FALSE, build->rank, length, build->n_batch, 1.0f, build->coefficients, build->rank,
            build->batch, length, 1.0f, build->basis, length);
  return TRUE;
}

static gboolean
check_faces (const Build  *build,
             GError      **error)
{
  if (build->n_faces >= DFI_BUILD_FACES_MIN)
    return TRUE;

  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
               _("Only %zu of the %zu pictures can be used, where a database needs at least "
                 "%d. Check the folder of the pictures and the names in the list of labels."),
               build->n_faces, build->plan->n_files, DFI_BUILD_FACES_MIN);
  return FALSE;
}

static gboolean
check_rank (const Build  *build,
            GError      **error)
{
  if (build->rank == 0)
    g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                         _("The pictures cannot be told apart by their features. Check that they show different faces, and "
                           "that the weights are good."));
  return build->rank > 0;
}

static gboolean
first_pass (Build   *build,
            GError **error)
{
  size_t length = build->layout.n_features;

  build->rank = MIN ((size_t) build->plan->rows + OVERSAMPLE, build->plan->n_files);
  if (! (build->mean         = dfi_try_alloc (length, sizeof (float), error)) ||
      ! (build->sum          = alloc_zeroed (length, sizeof (double), error)) ||
      ! (build->mixed        = alloc_zeroed (build->rank, sizeof (double), error)) ||
      ! (build->basis        = alloc_zeroed (build->rank, length * sizeof (float), error)) ||
      ! (build->coefficients = dfi_try_alloc ((size_t) BATCH * (build->rank + build->plan->n_attributes),
                                              sizeof (float), error)) ||
      ! run_pass (build, 0, mix_batch, error) ||
      ! check_faces (build, error))
    return FALSE;

  for (size_t j = 0; j < length; j++)
    build->mean[j] = build->sum[j] / build->n_faces;
  for (int i = 0; i < build->rank; i++)
    for (size_t j = 0; j < length; j++)
      build->basis[i * length + j] -= (float) build->mixed[i] * build->mean[j];
  g_clear_pointer (&build->sum, g_free);

  if (! dfi_rows_orthonormalise (build->basis, &build->rank, build->rank, length, error) ||
      ! check_rank (build, error))
    return FALSE;
  build->rows = MIN ((size_t) build->plan->rows, build->n_faces / 2);
  build->rows = MIN (build->rows, build->rank);
  return TRUE;
}

/* ---------- second pass: principal directions and mean differences ---------- */

static const guint8 *
labels_of (const Build *build,
           size_t       file)
{
  return build->plan->labels + file * build->label_bytes;
}

/* Place in `weights` for a face that is on @side of attribute @a, in the group that its side of the first of `within` puts
 * it in. */
static size_t
weight_index (const Build  *build,
              const guint8 *labels,
              int           a,
              int           side)
{
  int within = build->plan->attributes[a].within[0];
  int group  = within < 0 ? 0 : dfi_labels_side (labels, build->plan->attributes, within) + 1;

  return ((size_t) a * 3 + group) * 2 + (side < 0);
}

/* From the numbers of faces to weights: with these the sum of all features is the mean difference within the groups that an
 * edit can take its neighbours from, each group counting as much as its smaller side has faces. */
static void
weigh_attributes (Build *build)
{
  const DfiBuildPlan *plan = build->plan;

  for (size_t file = 0; file < plan->n_files; file++)
    for (int a = 0; build->usable[file] && a < plan->n_attributes; a++)
      {
        int side = dfi_labels_side (labels_of (build, file), plan->attributes, a);

        if (side != 0)
          build->weights[weight_index (build, labels_of (build, file), a, side)] += 1.0;
      }

  for (int a = 0; a < plan->n_attributes; a++)
    {
      double (* counts)[2] = (double (*)[2]) (build->weights + (size_t) a * 6);
      double smaller[3], total = 0.0;

      for (int group = 0; group < 3; group++)
        {
          smaller[group]  = MIN (counts[group][0], counts[group][1]);
          smaller[group] *= smaller[group] >= DFI_NEIGHBOURS_MIN;
          total          += smaller[group];
        }
      for (int group = 0; group < 3; group++)
        {
          gboolean counted = smaller[group] > 0.0;

          counts[group][0] = counted ?  smaller[group] / total / counts[group][0] : 0.0;
          counts[group][1] = counted ? -smaller[group] / total / counts[group][1] : 0.0;
        }
    }
}

static gboolean
multiply_batch (Build   *build,
                GError **error)
{
  size_t length  = build->layout.n_features;
  int    n       = build->n_batch;
  int    rank    = build->rank;
  int    columns = rank + build->plan->n_attributes;

  centre_batch (build);
  dfi_gemm (FALSE, TRUE, n, rank, length, 1.0f, build->batch, length, build->basis, length, 0.0f,
            build->coefficients, columns);
  for (int i = 0; i < n; i++)
    for (int a = 0; a < build->plan->n_attributes; a++)
      {
        const guint8 *labels = labels_of (build, build->members[i]);
        int           side   = dfi_labels_side (labels, build->plan->attributes, a);

        build->coefficients[(size_t) i * columns + rank + a] =
          side ? build->weights[weight_index (build, labels, a, side)] : 0.0;
      }

  dfi_gemm (TRUE, FALSE, columns, length, n, 1.0f, build->coefficients, columns, build->batch, length, 1.0f,
            build->moments, length);
  dfi_gemm (TRUE, FALSE, rank, rank, n, 1.0f, build->coefficients, columns, build->coefficients, columns, 0.0f,
            build->product, rank);
  for (size_t i = 0; i < (size_t) rank * rank; i++)
    build->inner[i] += build->product[i];
  return TRUE;
}

static gboolean
second_pass (Build   *build,
             GError **error)
{
  size_t length  = build->layout.n_features;
  int    n_extra = build->plan->n_attributes;
  int    spare   = MIN (n_extra, build->rows / EXTRA_ROWS);
  float *extra;

  if (! (build->moments = alloc_zeroed (build->rank + n_extra, length * sizeof (float), error)) ||
      ! (build->inner   = alloc_zeroed ((size_t) build->rank * build->rank, sizeof (double), error)) ||
      ! (build->product = dfi_try_alloc ((size_t) build->rank * build->rank, sizeof (float), error)) ||
      ! (build->weights = alloc_zeroed ((size_t) n_extra * 6, sizeof (double), error)))
    return FALSE;

  weigh_attributes (build);
  if (! run_pass (build, 1, multiply_batch, error))
    return FALSE;

  g_free (build->basis);
  build->basis = g_steal_pointer (&build->moments);
  extra        = build->basis + build->rank * length;
  if (! dfi_rows_principal (build->basis, &build->rank, build->rows - spare, build->inner, length, error) ||
      ! check_rank (build, error))
    return FALSE;
  return dfi_rows_extend (build->basis, &build->rank, spare, extra, n_extra, EXTRA_SHARE, length, error);
}

/* ---------- third pass: codes and predictors ---------- */

static gboolean
quantise (Build   *build,
          GError **error)
{
  const DfiLayout *layout = &build->layout;

  if (! (build->packed = dfi_try_alloc (build->rank, layout->row_bytes, error)) ||
      ! (build->scale  = dfi_try_alloc ((size_t) build->rank * layout->n_stretches, sizeof (float), error)))
    return FALSE;

  for (size_t i = 0; i < (size_t) build->rank; i++)
    {
      float  *row    = build->basis + i * layout->n_features;
      guint8 *packed = build->packed + i * layout->row_bytes;
      float  *scale  = build->scale + i * layout->n_stretches;

      dfi_basis_quantise (layout, packed, scale, row);
      dfi_basis_unpack (layout, row, packed, scale);   /* codes belong to the basis as readers will see it */
    }
  return TRUE;
}

/* The bytes of @floats (n) as the file has them. */
static gboolean
append_floats (DfiSafetensorsWriter  *writer,
               const float           *floats,
               size_t                 n,
               GError               **error)
{
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
  return dfi_safetensors_append (writer, floats, n * sizeof *floats, error);
#else
  for (size_t i = 0; i < n; i++)
    {
      guint32 word;

      memcpy (&word, &floats[i], sizeof word);
      word = GUINT32_TO_LE (word);
      if (! dfi_safetensors_append (writer, &word, sizeof word, error))
        return FALSE;
    }
  return TRUE;
#endif
}

static DfiSafetensorsWriter *
create_file (const Build  *build,
             const char   *path,
             GError      **error)
{
  const DfiBuildPlan *plan       = build->plan;
  char               *frame      = dfi_frame_print (&plan->frame);
  char               *taps       = dfi_layout_print (&build->layout);
  char               *attributes = dfi_attributes_print (plan->attributes, plan->n_attributes);
  char               *version    = g_strdup_printf ("%d", DFI_DATABASE_VERSION);
  size_t              rank       = build->rank;
  DfiSafetensorsWriter *writer;
  const char *metadata[] =
  {
    "dfi.kind", "database", "dfi.version", version, "dfi.encoder", dfi_encoder_sha256 (build->encoder),
    "dfi.taps", taps, "dfi.frame", frame, "dfi.attributes", attributes,
    "dfi.provenance", plan->provenance ? plan->provenance : "", NULL
  };
  const DfiTensor tensors[] =
  {
    { .name = "mean",      .dtype = DFI_DTYPE_F32, .rank = 1, .shape = { build->layout.n_features } },
    { .name = "basis",     .dtype = DFI_DTYPE_U8,  .rank = 2, .shape = { rank, build->layout.row_bytes } },
    { .name = "scale",     .dtype = DFI_DTYPE_F32, .rank = 2, .shape = { rank, build->layout.n_stretches } },
    { .name = "labels",    .dtype = DFI_DTYPE_U8,  .rank = 2, .shape = { build->n_faces, build->label_bytes } },
    { .name = "codes",     .dtype = DFI_DTYPE_F16, .rank = 2, .shape = { build->n_faces, rank } },
    { .name = "predictor", .dtype = DFI_DTYPE_F32, .rank = 2, .shape = { plan->n_attributes, rank + 1 } },
  };

  writer = dfi_safetensors_create (path, metadata, tensors, G_N_ELEMENTS (tensors), error);
  g_free (version);
  g_free (attributes);
  g_free (taps);
  g_free (frame);
  return writer;
}

/* All that comes before the codes. */
static gboolean
write_head (Build   *build,
            GError **error)
{
  const DfiLayout *layout = &build->layout;

  if (! append_floats (build->writer, build->mean, layout->n_features, error) ||
      ! dfi_safetensors_append (build->writer, build->packed, build->rank * layout->row_bytes, error) ||
      ! append_floats (build->writer, build->scale, build->rank * layout->n_stretches, error))
    return FALSE;
  for (size_t file = 0; file < build->plan->n_files; file++)
    if (build->usable[file] &&
        ! dfi_safetensors_append (build->writer, labels_of (build, file), build->label_bytes, error))
      return FALSE;
  return TRUE;
}

/* Writes @code (rank) and rounds it as the file does. */
static gboolean
write_code (Build   *build,
            float   *code,
            GError **error)
{
  for (int r = 0; r < build->rank; r++)
    {
      guint16 half = dfi_half_from_float (code[r]);
      guint8  bytes[2] = { half & 255, half >> 8 };

      code[r] = dfi_half_to_float (half);
      if (! isfinite (code[r]))
        {
          g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                               _("The features that these weights give are too large for a database, or not finite."));
          return FALSE;
        }
      if (! dfi_safetensors_append (build->writer, bytes, sizeof bytes, error))
        return FALSE;
    }
  return TRUE;
}

static void
count_code (Build        *build,
            const guint8 *labels,
            const float  *code)
{
  for (int r = 0; r < build->rank; r++)
    build->code_sum[r] += code[r];
  for (int a = 0; a < build->plan->n_attributes; a++)
    {
      int     side = dfi_labels_side (labels, build->plan->attributes, a);
      size_t  at   = 2 * (size_t) a + (side < 0);
      double *sums = build->class_sums + at * build->rank;

      if (side == 0)
        continue;
      build->class_counts[at]++;
      for (int r = 0; r < build->rank; r++)
        sums[r] += code[r];
    }
}

static gboolean
code_batch (Build   *build,
            GError **error)
{
  size_t length = build->layout.n_features;
  int    rank   = build->rank;

  centre_batch (build);
  dfi_gemm (FALSE, TRUE, build->n_batch, rank, length, 1.0f, build->batch, length, build->basis, length, 0.0f,
            build->coefficients, rank);
  for (int i = 0; i < build->n_batch; i++)
    {
      float *code = build->coefficients + (size_t) i * rank;

      if (! write_code (build, code, error))
        return FALSE;
      count_code (build, labels_of (build, build->members[i]), code);
    }

  dfi_gemm (TRUE, FALSE, rank, rank, build->n_batch, 1.0f, build->coefficients, rank, build->coefficients, rank, 0.0f,
            build->product, rank);
  for (size_t i = 0; i < (size_t) rank * rank; i++)
    build->inner[i] += build->product[i];
  return TRUE;
}

/* From the sums of products to the codes' covariance, made positive definite. */
static void
finish_covariance (Build *build)
{
  size_t rank  = build->rank;
  double n     = build->n_faces;
  double trace = 0.0;

  for (size_t i = 0; i < rank; i++)
    for (size_t j = 0; j < rank; j++)
      build->inner[i * rank + j] = build->inner[i * rank + j] / n - build->code_sum[i] / n * (build->code_sum[j] / n);
  for (size_t i = 0; i < rank; i++)
    trace += build->inner[i * rank + i];
  for (size_t i = 0; i < rank; i++)
    build->inner[i * rank + i] += RIDGE * trace / rank + G_MINDOUBLE;
}

/* Fisher's linear discriminant: covariance^-1 (difference of the sides' mean codes), and a constant that puts the border
 * half way between them, whatever their numbers; the covariance is that of all faces.  Where a side has no face the rule is
 * a constant.  Written as (A, rank + 1). */
static gboolean
write_predictors (Build   *build,
                  GError **error)
{
  size_t   rank  = build->rank;
  int      n     = build->plan->n_attributes;
  double  *rules = dfi_try_alloc (n * rank, sizeof *rules, error);
  float   *row   = rules ? dfi_try_alloc (rank + 1, sizeof *row, error) : NULL;
  gboolean done;

  for (size_t at = 0; row && at < 2 * (size_t) n; at++)   /* sums to means */
    for (size_t r = 0; r < rank; r++)
      build->class_sums[at * rank + r] /= MAX (build->class_counts[at], 1);
  for (size_t i = 0; row && i < n * rank; i++)
    rules[i] = build->class_sums[i / rank * 2 * rank + i % rank] - build->class_sums[(i / rank * 2 + 1) * rank + i % rank];

  finish_covariance (build);
  done = row && dfi_positive_solve (build->inner, rank, rules, n, error);
  for (int a = 0; done && a < n; a++)
    {
      const double *have = build->class_sums + 2 * a * rank, *lack = have + rank;
      gboolean      both = build->class_counts[2 * a] > 0 && build->class_counts[2 * a + 1] > 0;
      double        constant = 0.0;

      for (size_t r = 0; r < rank; r++)
        {
          row[r]    = both ? rules[a * rank + r] : 0.0;
          constant -= row[r] * (have[r] + lack[r]) / 2.0;
        }
      row[rank] = both ? constant : build->class_counts[2 * a] > 0 ? 1.0 : -1.0;
      done = append_floats (build->writer, row, rank + 1, error);
    }

  g_free (row);
  g_free (rules);
  return done;
}

static gboolean
third_pass (Build       *build,
            const char  *path,
            GError     **error)
{
  size_t rank = build->rank, n = build->plan->n_attributes;

  g_clear_pointer (&build->inner, g_free);
  g_clear_pointer (&build->product, g_free);
  return quantise (build, error) &&
         (build->inner        = alloc_zeroed (rank * rank, sizeof (double), error))   &&
         (build->product      = dfi_try_alloc (rank * rank, sizeof (float), error))   &&
         (build->code_sum     = alloc_zeroed (rank, sizeof (double), error))          &&
         (build->class_sums   = alloc_zeroed (2 * n * rank, sizeof (double), error))  &&
         (build->class_counts = alloc_zeroed (2 * n, sizeof (size_t), error))         &&
         (build->writer       = create_file (build, path, error))                     &&
         write_head (build, error)                                                    &&
         run_pass (build, 2, code_batch, error)                                       &&
         write_predictors (build, error)                                              &&
         dfi_safetensors_commit (g_steal_pointer (&build->writer), error);
}

/* ---------- the whole ---------- */

static gboolean
check_plan (const DfiBuildPlan  *plan,
            GError             **error)
{
  const double *r = plan->rectangle;

  if (! g_file_test (plan->folder, G_FILE_TEST_IS_DIR))
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_IO, _("There is no folder “%s” of pictures."), plan->folder);
      return FALSE;
    }
  if (! (r[0] >= 0.0 && r[1] >= 0.0 && r[2] > r[0] && fabs ((r[2] - r[0]) - (r[3] - r[1])) < 1e-6))   /* FALSE for NaN */
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                   _("The frame %g,%g,%g,%g is not a square in the picture; write left,top,right,bottom in pixels."),
                   r[0], r[1], r[2], r[3]);
      return FALSE;
    }
  if (plan->rows < 1 || plan->rows > G_MAXINT / 2)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _("A database needs at least one row, and %d are asked for."),
                   plan->rows);
      return FALSE;
    }
  if (plan->n_attributes < 1 || plan->n_attributes > DFI_ATTRIBUTES_MAX)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _("A database has 1 to %d attributes; the labels have %d."),
                   DFI_ATTRIBUTES_MAX, plan->n_attributes);
      return FALSE;
    }
  return TRUE;
}

static void
build_clear (Build *build)
{
  dfi_safetensors_discard (build->writer);
  g_free (build->class_counts);
  g_free (build->class_sums);
  g_free (build->code_sum);
  g_free (build->scale);
  g_free (build->packed);
  g_free (build->weights);
  g_free (build->product);
  g_free (build->inner);
  g_free (build->moments);
  g_free (build->coefficients);
  g_free (build->mixed);
  g_free (build->basis);
  g_free (build->sum);
  g_free (build->mean);
  g_free (build->batch);
  g_free (build->usable);
  dfi_pass_free (build->pass);
}

static gboolean
build_init (Build   *build,
            GError **error)
{
  const DfiBuildPlan *plan = build->plan;

  build->label_bytes = (plan->n_attributes + 7) / 8;
  build->n_faces     = plan->n_files;
  build->pass        = dfi_pass_new (build->encoder, plan->frame.size, plan->frame.size, error);
  if (! build->pass)
    return FALSE;
  if (! dfi_layout_of_pass (&build->layout, build->pass))
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _("A frame of %d pixels gives more features than can be counted."),
                   plan->frame.size);
      return FALSE;
    }

  build->usable = dfi_try_alloc (plan->n_files, 1, error);
  if (! build->usable)
    return FALSE;
  memset (build->usable, TRUE, plan->n_files);
  build->batch = dfi_try_alloc (BATCH, build->layout.n_features * sizeof (float), error);
  return build->batch != NULL;
}

gboolean
dfi_build (const DfiBuildPlan  *plan,
           const DfiEncoder    *encoder,
           const char          *path,
           DfiSkipFunc          skip,
           DfiProgressFunc      progress,
           gpointer             data,
           GError             **error)
{
  Build    build = { .plan = plan, .encoder = encoder, .skip = skip, .progress = progress, .data = data };
  gboolean done;

  done = check_plan (plan, error)         &&
         build_init (&build, error)       &&
         check_faces (&build, error)      &&
         first_pass (&build, error)       &&
         second_pass (&build, error)      &&
         third_pass (&build, path, error);
  build_clear (&build);

  if (done && progress)
    progress (1.0, data);
  return done;
}
