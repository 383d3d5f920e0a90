/* build-merge.c: the partial files of a stage's shards added up. */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "build/state.h"
#include "database/metadata.h"

/* What all parts must have in common, and what a person calls it. */
static const struct
{
  const char *key;
  const char *name;
} shared[] = {
  { "dfi.stage", N_ ("the stage") },
  { "dfi.shards", N_ ("the number of shards") },
  { "dfi.encoder", N_ ("the weights") },
  { "dfi.frame", N_ ("the frame") },
  { "dfi.rows", N_ ("the number of rows") },
  { "dfi.attributes", N_ ("the attributes") },
  { "dfi.plan", N_ ("the pictures, the labels or the options") },
  { "dfi.taps", N_ ("the features") },
  { "dfi.rank", N_ ("the basis") },
};

typedef struct
{
  const char *const *paths; /* as given */
  int                n;
  const char       **parts; /* (n) the same, in the order of the shards */
  DfiBuild           build;
  DfiBuildPlan       plan;
  guint8            *labels;
  DfiAttribute      *attributes;
  JsonNode          *strings;
} Merge;

static gboolean
check_shared (const DfiSafetensors *first, const DfiSafetensors *file, GError **error)
{
  for (size_t i = 0; i < G_N_ELEMENTS (shared); i++)
    if (g_strcmp0 (dfi_safetensors_metadata (first, shared[i].key), dfi_safetensors_metadata (file, shared[i].key)) != 0)
      {
        g_set_error (error, DFI_ERROR, DFI_ERROR_SHAPE,
                     _ ("“%s” and “%s” do not belong together: they differ in %s. Build all shards of a stage with the same "
                        "options."),
                     dfi_safetensors_path (first), dfi_safetensors_path (file), _ (shared[i].name));
        return FALSE;
      }
  return TRUE;
}

/* Puts @file, which is at @path, among the parts, and checks that it is complete. */
static gboolean
place_part (Merge *merge, const DfiSafetensors *file, const char *path, GError **error)
{
  guint64 shard, next;

  if (! dfi_build_read_number (file, "dfi.shard", 1, merge->build.n_shards, &shard, error) ||
      ! dfi_build_read_number (file, "dfi.next", 0, merge->plan.n_files, &next, error))
    return FALSE;
  if (next < dfi_build_end (&merge->build, shard))
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_SHAPE,
                   _ ("“%s” is of a shard that is not complete. Run its build again; it goes on where it stopped."), path);
      return FALSE;
    }
  if (merge->parts[shard - 1])
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_SHAPE, _ ("“%s” and “%s” are both of shard %d. Name each shard once."),
                   merge->parts[shard - 1], path, (int) shard);
      return FALSE;
    }
  merge->parts[shard - 1] = path;
  return TRUE;
}

/* The plan as far as a merge needs it, and the sums, zero. */
static gboolean
read_plan (Merge *merge, const DfiSafetensors *file, GError **error)
{
  DfiBuildPlan    *plan   = &merge->plan;
  DfiBuild        *build  = &merge->build;
  const DfiTensor *labels = dfi_safetensors_typed (file, "labels", DFI_DTYPE_U8, 2, (size_t[]){ 0, 0 }, error);
  guint64          rows, n_shards;

  if (! labels || ! dfi_build_read_number (file, "dfi.rows", 1, G_MAXINT / 2, &rows, error) ||
      ! dfi_build_read_number (file, "dfi.shards", 1, MIN (labels->shape[0], G_MAXINT), &n_shards, error))
    return FALSE;
  merge->attributes = dfi_attributes_parse (dfi_safetensors_metadata (file, "dfi.attributes"), dfi_safetensors_path (file),
                                            &merge->strings, &plan->n_attributes, error);
  if (! merge->attributes)
    return FALSE;
  if (! dfi_layout_parse (dfi_safetensors_metadata (file, "dfi.taps"), &build->layout) ||
      ! dfi_frame_parse (dfi_safetensors_metadata (file, "dfi.frame"), &plan->frame) ||
      ! dfi_safetensors_metadata (file, "dfi.encoder") || ! dfi_safetensors_metadata (file, "dfi.plan") ||
      labels->shape[1] != dfi_labels_bytes (plan->n_attributes))
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("“%s” is damaged. Delete it and build the shard again."),
                   dfi_safetensors_path (file));
      return FALSE;
    }

  merge->labels      = g_memdup2 (labels->data, labels->count);
  plan->n_files      = labels->shape[0];
  plan->labels       = merge->labels;
  plan->attributes   = merge->attributes;
  plan->rows         = rows;
  plan->provenance   = g_intern_string (dfi_safetensors_metadata (file, "dfi.provenance"));
  build->plan        = plan;
  build->label_bytes = labels->shape[1];
  build->encoder     = g_strdup (dfi_safetensors_metadata (file, "dfi.encoder"));
  build->fingerprint = g_strdup (dfi_safetensors_metadata (file, "dfi.plan"));
  build->left_out    = g_string_new (NULL);
  build->n_shards    = n_shards;
  build->shard       = 1;
  return (build->maps = dfi_build_alloc (plan->n_files, sizeof *build->maps, error)) &&
         dfi_build_read_head (build, file, error) && dfi_build_start_stage (build, error);
}

/* All parts belong together, and none is missing. */
static gboolean
check_parts (Merge *merge, GError **error)
{
  DfiSafetensors *first = dfi_build_open_partial (merge->paths[0], error);
  gboolean        done  = first && read_plan (merge, first, error);

  if (done)
    merge->parts = g_new0 (const char *, merge->build.n_shards);
  for (int i = 0; done && i < merge->n; i++)
    {
      DfiSafetensors *file = dfi_build_open_partial (merge->paths[i], error);

      done = file && check_shared (first, file, error) && place_part (merge, file, merge->paths[i], error);
      dfi_safetensors_free (file);
    }
  for (int i = 0; done && i < merge->build.n_shards; i++)
    if (! merge->parts[i])
      {
        g_set_error (error, DFI_ERROR, DFI_ERROR_SHAPE, _ ("Shard %d of %d is missing. Name the partial files of all shards."),
                     i + 1, merge->build.n_shards);
        done = FALSE;
      }
  dfi_safetensors_free (first);
  return done;
}

/* Adds the sums of @file; `other` holds them meanwhile. */
static gboolean
add_part (Merge *merge, DfiBuild *other, const DfiSafetensors *file, int shard, GError **error)
{
  DfiBuild *build = &merge->build;

  if (! dfi_build_read_sums (other, file, error) ||
      ! dfi_build_read_maps (build, file, dfi_build_first (build, shard), dfi_build_end (build, shard), error))
    return FALSE;

  for (int i = 0; i < build->n_sums; i++)
    {
      const DfiBuildSum *to = &build->sums[i], *from = &other->sums[i];

      for (size_t k = 0; k < to->rows * to->columns; k++)
        if (to->width == sizeof (float))
          ((float *) to->values)[k] += ((const float *) from->values)[k];
        else
          ((double *) to->values)[k] += ((const double *) from->values)[k];
    }
  return TRUE;
}

static gboolean
add_parts (Merge *merge, GError **error)
{
  DfiBuild *build = &merge->build;
  DfiBuild  other = { .plan = build->plan, .layout = build->layout, .stage = build->stage, .rank = build->rank };
  gboolean  done  = dfi_build_start_stage (&other, error);

  for (int i = 0; done && i < build->n_shards; i++)
    {
      DfiSafetensors *file = dfi_build_open_partial (merge->parts[i], error);

      done = file && add_part (merge, &other, file, i + 1, error);
      dfi_safetensors_free (file);
    }
  dfi_build_clear_sums (&other);
  return done;
}

/* A DfiCodesFunc: the codes of all parts, one after the other. */
static gboolean
copy_codes (DfiSafetensorsWriter *writer, gpointer data, GError **error)
{
  Merge    *merge = data;
  DfiBuild *build = &merge->build;
  gboolean  done  = TRUE;

  for (int shard = 1; done && shard <= build->n_shards; shard++)
    {
      size_t           n    = 0;
      DfiSafetensors  *file = dfi_build_open_partial (merge->parts[shard - 1], error);
      const DfiTensor *codes;

      for (size_t i = dfi_build_first (build, shard); i < dfi_build_end (build, shard); i++)
        n += dfi_build_uses (build, i);
      done = file != NULL;
      if (done && n > 0)
        {
          codes = dfi_safetensors_typed (file, "codes", DFI_DTYPE_F16, 2, (size_t[]){ n, build->rank }, error);
          done  = codes && dfi_safetensors_append (writer, codes->data, codes->count * sizeof (guint16), error);
        }
      dfi_safetensors_free (file);
    }
  return done;
}

gboolean
dfi_build_merge (const char *const *parts, int n_parts, const char *path, int *stage, GError **error)
{
  Merge    merge = { .paths = parts, .n = n_parts };
  gboolean done  = check_parts (&merge, error) && add_parts (&merge, error);

  *stage = merge.build.stage;
  if (done && *stage == DFI_BUILD_STAGES)
    done = dfi_build_write_database (&merge.build, path, copy_codes, &merge, error);
  else if (done)
    done = dfi_build_end_stage (&merge.build, error) && dfi_build_save_basis (&merge.build, path, error);

  dfi_build_clear (&merge.build);
  g_free (merge.parts);
  g_free (merge.labels);
  g_free (merge.attributes);
  if (merge.strings)
    json_node_unref (merge.strings);
  return done;
}
