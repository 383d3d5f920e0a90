/* build-codes.c: the last stage: each face's code in the quantised basis, sums over them for the predictors, the database. */

#include "config.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/linalg.h"
#include "build/state.h"
#include "database/attribute.h"
#include "database/metadata.h"

#define RIDGE      0.01 /* of the codes' mean variance, added to each in the predictors */
#define COPY_BYTES 65536

/* ---------- codes ---------- */

gboolean
dfi_build_start_codes (DfiBuild *build, GError **error)
{
  size_t rank = build->rank, n = build->plan->n_attributes;

  return (build->inner = dfi_build_add_sum (build, "inner", sizeof (double), rank, rank, error)) &&
         (build->code_total = dfi_build_add_sum (build, "code-total", sizeof (double), 1, rank, error)) &&
         (build->class_totals = dfi_build_add_sum (build, "class-totals", sizeof (double), 2 * n, rank, error)) &&
         (build->class_counts = dfi_build_add_sum (build, "class-counts", sizeof (double), n, 2, error));
}

static gboolean
fail_codes (GError **error)
{
  int reason = errno;

  g_set_error (error, DFI_ERROR, DFI_ERROR_IO, _ ("The faces' codes cannot be kept beside the database: %s."),
               g_strerror (reason));
  return FALSE;
}

/* Writes @code (rank) and rounds it as the file does. */
static gboolean
write_code (DfiBuild *build, float *code, GError **error)
{
  for (int r = 0; r < build->rank; r++)
    {
      guint16 half     = dfi_half_from_float (code[r]);
      guint8  bytes[2] = { half & 255, half >> 8 };

      code[r] = dfi_half_to_float (half);
      if (! isfinite (code[r]))
        {
          g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                               _ ("The features that these weights give are too large for a database, or not finite."));
          return FALSE;
        }
      if (fwrite (bytes, sizeof bytes, 1, build->codes) != 1)
        return fail_codes (error);
    }
  build->n_coded++;
  return TRUE;
}

static void
count_code (DfiBuild *build, const guint8 *labels, const float *code)
{
  for (int r = 0; r < build->rank; r++)
    build->code_total[r] += code[r];
  for (int a = 0; a < build->plan->n_attributes; a++)
    {
      int     side   = dfi_labels_side (labels, build->plan->attributes, a);
      size_t  at     = 2 * (size_t) a + (side < 0);
      double *totals = build->class_totals + at * build->rank;

      if (side == 0)
        continue;
      build->class_counts[at] += 1.0;
      for (int r = 0; r < build->rank; r++)
        totals[r] += code[r];
    }
}

gboolean
dfi_build_code_batch (DfiBuild *build, GError **error)
{
  size_t length = build->layout.n_features;
  int    rank   = build->rank;

  dfi_gemm (FALSE, TRUE, build->n_batch, rank, length, 1.0f, build->batch, length, build->basis, length, 0.0f,
            build->coefficients, rank);
  for (int i = 0; i < build->n_batch; i++)
    {
      float *code = build->coefficients + (size_t) i * rank;

      if (! write_code (build, code, error))
        return FALSE;
      count_code (build, dfi_build_labels (build, build->members[i]), code);
    }

  dfi_gemm (TRUE, FALSE, rank, rank, build->n_batch, 1.0f, build->coefficients, rank, build->coefficients, rank, 0.0f,
            build->product, rank);
  for (size_t i = 0; i < (size_t) rank * rank; i++)
    build->inner[i] += build->product[i];
  return TRUE;
}

gboolean
dfi_build_copy_codes (DfiSafetensorsWriter *writer, gpointer data, GError **error)
{
  DfiBuild *build = data;
  guint8    bytes[COPY_BYTES];
  size_t    left = build->n_coded * build->rank * sizeof (guint16);

  rewind (build->codes); /* writes what is still in the stream, too */
  while (left > 0)
    {
      size_t size = MIN (left, sizeof bytes);

      if (fread (bytes, 1, size, build->codes) != size)
        return fail_codes (error);
      if (! dfi_safetensors_append (writer, bytes, size, error))
        return FALSE;
      left -= size;
    }
  return TRUE;
}

/* ---------- predictors ---------- */

/* From the sums of products to the codes' covariance, made positive definite. */
static void
finish_covariance (DfiBuild *build)
{
  size_t rank  = build->rank;
  double n     = dfi_build_count_faces (build);
  double trace = 0.0;

  for (size_t i = 0; i < rank; i++)
    for (size_t j = 0; j < rank; j++)
      build->inner[i * rank + j] = build->inner[i * rank + j] / n - build->code_total[i] / n * (build->code_total[j] / n);
  for (size_t i = 0; i < rank; i++)
    trace += build->inner[i * rank + i];
  for (size_t i = 0; i < rank; i++)
    build->inner[i * rank + i] += RIDGE * trace / rank + G_MINDOUBLE;
}

/* Fisher's linear discriminant: covariance^-1 (difference of the sides' mean codes), and a constant that puts the border
 * half way between them, whatever their numbers; the covariance is that of all faces.  Where a side has no face the rule is
 * a constant.  Written as (A, rank + 1). */
static gboolean
write_predictors (DfiBuild *build, DfiSafetensorsWriter *writer, GError **error)
{
  size_t   rank  = build->rank;
  int      n     = build->plan->n_attributes;
  double  *means = build->class_totals;
  double  *rules = dfi_try_alloc (n * rank, sizeof *rules, error);
  float   *row   = rules ? dfi_try_alloc (rank + 1, sizeof *row, error) : NULL;
  gboolean done;

  for (size_t at = 0; row && at < 2 * (size_t) n; at++) /* totals to means */
    for (size_t r = 0; r < rank; r++)
      means[at * rank + r] /= MAX (build->class_counts[at], 1.0);
  for (size_t i = 0; row && i < n * rank; i++)
    rules[i] = means[i / rank * 2 * rank + i % rank] - means[(i / rank * 2 + 1) * rank + i % rank];

  finish_covariance (build);
  done = row && dfi_positive_solve (build->inner, rank, rules, n, error);
  for (int a = 0; done && a < n; a++)
    {
      const double *have = means + 2 * a * rank, *lack = have + rank;
      gboolean      both     = build->class_counts[2 * a] > 0.0 && build->class_counts[2 * a + 1] > 0.0;
      double        constant = 0.0;

      for (size_t r = 0; r < rank; r++)
        {
          row[r] = both ? rules[a * rank + r] : 0.0;
          constant -= row[r] * (have[r] + lack[r]) / 2.0;
        }
      row[rank] = both ? constant : build->class_counts[2 * a] > 0.0 ? 1.0 : -1.0;
      done      = dfi_safetensors_append_numbers (writer, row, rank + 1, sizeof *row, error);
    }

  g_free (row);
  g_free (rules);
  return done;
}

/* ---------- the database ---------- */

static DfiSafetensorsWriter *
create_file (const DfiBuild *build, const char *path, GError **error)
{
  const DfiBuildPlan   *plan       = build->plan;
  char                 *frame      = dfi_frame_print (&plan->frame);
  char                 *taps       = dfi_layout_print (&build->layout);
  char                 *attributes = dfi_attributes_print (plan->attributes, plan->n_attributes);
  char                 *version    = g_strdup_printf ("%d", DFI_DATABASE_VERSION);
  size_t                rank       = build->rank;
  size_t                n_faces    = dfi_build_count_faces (build);
  DfiSafetensorsWriter *writer;
  const char           *metadata[] = { "dfi.kind",
                                       "database",
                                       "dfi.version",
                                       version,
                                       "dfi.encoder",
                                       build->encoder,
                                       "dfi.taps",
                                       taps,
                                       "dfi.frame",
                                       frame,
                                       "dfi.attributes",
                                       attributes,
                                       "dfi.provenance",
                             plan->provenance ? plan->provenance : "",
                                       NULL };
  const DfiTensor       tensors[]  = {
           { .name = "mean", .dtype = DFI_DTYPE_F32, .rank = 1, .shape = { build->layout.n_features } },
           { .name = "basis", .dtype = DFI_DTYPE_U8, .rank = 2, .shape = { rank, build->layout.row_bytes } },
           { .name = "scale", .dtype = DFI_DTYPE_F32, .rank = 2, .shape = { rank, build->layout.n_stretches } },
           { .name = "labels", .dtype = DFI_DTYPE_U8, .rank = 2, .shape = { n_faces, build->label_bytes } },
           { .name = "codes", .dtype = DFI_DTYPE_F16, .rank = 2, .shape = { n_faces, rank } },
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
write_head (const DfiBuild *build, DfiSafetensorsWriter *writer, GError **error)
{
  const DfiLayout *layout = &build->layout;

  if (! dfi_safetensors_append_numbers (writer, build->mean, layout->n_features, sizeof (float), error) ||
      ! dfi_safetensors_append (writer, build->packed, build->rank * layout->row_bytes, error) ||
      ! dfi_safetensors_append_numbers (writer, build->scale, build->rank * layout->n_stretches, sizeof (float), error))
    return FALSE;
  for (size_t file = 0; file < build->plan->n_files; file++)
    if (dfi_build_uses (build, file) &&
        ! dfi_safetensors_append (writer, dfi_build_labels (build, file), build->label_bytes, error))
      return FALSE;
  return TRUE;
}

gboolean
dfi_build_write_database (DfiBuild *build, const char *path, DfiCodesFunc codes, gpointer data, GError **error)
{
  DfiSafetensorsWriter *writer = create_file (build, path, error);

  if (! writer)
    return FALSE;
  if (! write_head (build, writer, error) || ! codes (writer, data, error) || ! write_predictors (build, writer, error))
    {
      dfi_safetensors_discard (writer);
      return FALSE;
    }
  return dfi_safetensors_commit (writer, error);
}
