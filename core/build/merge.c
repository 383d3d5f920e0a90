#include "config.h"

#include <glib/gi18n-lib.h>

#include <json-glib/json-glib.h>

#include "base/error.h"
#include "build/database-file.h"
#include "build/merge.h"
#include "build/stages.h"
#include "build/state-file.h"
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
  DfiBuildState      state; /* the sum of the parts */
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
                     _ ("“%s” and “%s” do not belong together: they differ in %s. Build all shards of a stage in the same "
                        "way."),
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

  if (! dfi_state_read_number (file, "dfi.shard", 1, merge->state.n_shards, &shard, error) ||
      ! dfi_state_read_number (file, "dfi.next", 0, merge->plan.n_files, &next, error))
    return FALSE;
  if (next < dfi_state_end (&merge->state, shard))
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

/* The plan as far as a merge needs it. */
static gboolean
read_plan (Merge *merge, const DfiSafetensors *file, DfiLayout *layout, GError **error)
{
  DfiBuildPlan    *plan   = &merge->plan;
  const DfiTensor *labels = dfi_safetensors_typed (file, "labels", DFI_DTYPE_U8, 2, (size_t[]){ 0, 0 }, error);
  guint64          rows, detail_rows = 0;

  if (! labels || ! dfi_state_read_number (file, "dfi.rows", 1, G_MAXINT / 2, &rows, error) ||
      (dfi_safetensors_metadata (file, "dfi.detail-rows") &&
       ! dfi_state_read_number (file, "dfi.detail-rows", 1, G_MAXINT, &detail_rows, error)))
    return FALSE;
  merge->attributes = dfi_attributes_parse (dfi_safetensors_metadata (file, "dfi.attributes"), dfi_safetensors_path (file),
                                            &merge->strings, &plan->n_attributes, error);
  if (! merge->attributes)
    return FALSE;
  if (! dfi_layout_parse (dfi_safetensors_metadata (file, "dfi.taps"), layout) ||
      ! dfi_frame_parse (dfi_safetensors_metadata (file, "dfi.frame"), &plan->framing.frame) ||
      ! dfi_safetensors_metadata (file, "dfi.encoder") || ! dfi_safetensors_metadata (file, "dfi.plan") ||
      labels->shape[1] != dfi_labels_bytes (plan->n_attributes))
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("“%s” is damaged. Delete it and build the shard again."),
                   dfi_safetensors_path (file));
      return FALSE;
    }

  if (! (merge->labels = dfi_safetensors_load (file, labels, error)))
    return FALSE;

  plan->n_files     = labels->shape[0];
  plan->labels      = merge->labels;
  plan->attributes  = merge->attributes;
  plan->rows        = rows;
  plan->detail_rows = detail_rows;
  plan->provenance  = g_intern_string (dfi_safetensors_metadata (file, "dfi.provenance"));
  return TRUE;
}

/* The state as the first part has it, and its stage's sums, zero. */
static gboolean
read_state (Merge *merge, const DfiSafetensors *file, GError **error)
{
  DfiBuildState *state = &merge->state;
  DfiLayout      layout;
  guint64        n_shards;

  if (! read_plan (merge, file, &layout, error) ||
      ! dfi_state_read_number (file, "dfi.shards", 1, MIN (merge->plan.n_files, G_MAXINT), &n_shards, error) ||
      ! dfi_state_init (state, &merge->plan, &layout, dfi_safetensors_metadata (file, "dfi.encoder"), 1, n_shards, error))
    return FALSE;
  state->fingerprint = g_strdup (dfi_safetensors_metadata (file, "dfi.plan"));
  state->tones       = dfi_safetensors_metadata (file, "dfi.tones") != NULL;
  return dfi_state_read_found (state, file, error) && dfi_stages_start (state, error);
}

/* All parts belong together, and none is missing. */
static gboolean
check_parts (Merge *merge, GError **error)
{
  DfiSafetensors *first = dfi_state_open_partial (merge->paths[0], error);
  gboolean        done  = first && read_state (merge, first, error);

  if (done)
    merge->parts = g_new0 (const char *, merge->state.n_shards);
  for (int i = 0; done && i < merge->n; i++)
    {
      DfiSafetensors *file = dfi_state_open_partial (merge->paths[i], error);

      done = file && check_shared (first, file, error) && place_part (merge, file, merge->paths[i], error);
      dfi_safetensors_free (file);
    }
  for (int i = 0; done && i < merge->state.n_shards; i++)
    if (! merge->parts[i])
      {
        g_set_error (error, DFI_ERROR, DFI_ERROR_SHAPE, _ ("Shard %d of %d is missing. Name the partial files of all shards."),
                     i + 1, merge->state.n_shards);
        done = FALSE;
      }
  dfi_safetensors_free (first);
  return done;
}

/* Adds the sums of the part @file; @other holds them meanwhile. */
static gboolean
add_part (Merge *merge, DfiBuildState *other, const DfiSafetensors *file, int shard, GError **error)
{
  DfiBuildState *state = &merge->state;

  if (! dfi_state_read_sums (other, file, error) ||
      ! dfi_state_read_maps (state, file, dfi_state_first (state, shard), dfi_state_end (state, shard), error))
    return FALSE;

  dfi_sums_add (&state->sums, &other->sums);
  return TRUE;
}

static gboolean
add_parts (Merge *merge, GError **error)
{
  DfiBuildState *state = &merge->state;
  DfiBuildState  other = *state; /* borrows all but the sums */
  gboolean       done;

  other.sums = (DfiSums){ .n = 0 };
  done       = dfi_stages_start (&other, error);
  for (int i = 0; done && i < state->n_shards; i++)
    {
      DfiSafetensors *file = dfi_state_open_partial (merge->parts[i], error);

      done = file && add_part (merge, &other, file, i + 1, error);
      dfi_safetensors_free (file);
    }
  dfi_sums_clear (&other.sums);
  return done;
}

/* A DfiCodesFunc: of the codes of all parts, one after the other. */
static gboolean
copy_codes (DfiSafetensorsWriter *writer, size_t first, size_t end, gpointer data, GError **error)
{
  Merge         *merge  = data;
  DfiBuildState *state  = &merge->state;
  const size_t   length = dfi_state_code_length (state);
  gboolean       done   = TRUE;

  for (int shard = 1; done && shard <= state->n_shards; shard++)
    {
      size_t           n    = dfi_state_count (state, dfi_state_first (state, shard), dfi_state_end (state, shard));
      DfiSafetensors  *file = dfi_state_open_partial (merge->parts[shard - 1], error);
      const DfiTensor *codes;
      guint8          *bytes = NULL;

      done = file != NULL;
      if (done && n > 0)
        {
          codes = dfi_safetensors_typed (file, "codes", DFI_DTYPE_F16, 2, (size_t[]){ n, length }, error);
          done  = codes && (bytes = dfi_safetensors_load (file, codes, error));
        }
      for (size_t i = 0; done && i < n; i++)
        done = dfi_safetensors_append (writer, bytes + (i * length + first) * sizeof (guint16), (end - first) * sizeof (guint16),
                                       error);
      g_free (bytes);
      dfi_safetensors_free (file);
    }
  return done;
}

gboolean
dfi_build_merge (const char *const *parts, int n_parts, const char *path, int *stage, int *n_stages, GError **error)
{
  Merge    merge = { .paths = parts, .n = n_parts };
  gboolean done  = check_parts (&merge, error) && add_parts (&merge, error);

  *stage    = merge.state.stage;
  *n_stages = dfi_plan_stages (&merge.plan);
  done      = done && dfi_stages_end (&merge.state, error);
  if (done && *stage == *n_stages)
    done = dfi_build_write_database (&merge.state, path, copy_codes, &merge, error);
  else if (done)
    done = dfi_state_save_basis (&merge.state, path, error);

  dfi_state_clear (&merge.state);
  g_free (merge.parts);
  g_free (merge.labels);
  g_free (merge.attributes);
  if (merge.strings)
    json_node_unref (merge.strings);
  return done;
}
