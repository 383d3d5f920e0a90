#include "config.h"

#include "build/database-file.h"
#include "build/state-file.h"

static DfiSafetensorsWriter *
create_file (const DfiBuildState *state, const char *path, GError **error)
{
  GStrvBuilder         *builder      = dfi_state_metadata (state, "database", DFI_DATABASE_VERSION);
  char                **metadata     = g_strv_builder_end (builder);
  const int             n_attributes = state->plan->n_attributes;
  const size_t          rank = state->rank, n_faces = dfi_state_count_faces (state);
  DfiSafetensorsWriter *writer;
  const DfiTensor       tensors[] = {
          { .name = "mean", .dtype = DFI_DTYPE_F32, .rank = 1, .shape = { state->layout.n_features } },
          { .name = "basis", .dtype = DFI_DTYPE_U8, .rank = 2, .shape = { rank, state->layout.row_bytes } },
          { .name = "scale", .dtype = DFI_DTYPE_F32, .rank = 2, .shape = { rank, state->layout.n_stretches } },
          { .name = "labels", .dtype = DFI_DTYPE_U8, .rank = 2, .shape = { n_faces, dfi_labels_bytes (n_attributes) } },
          { .name = "codes", .dtype = DFI_DTYPE_F16, .rank = 2, .shape = { n_faces, rank } },
          { .name = "predictor", .dtype = DFI_DTYPE_F32, .rank = 2, .shape = { n_attributes, rank + 1 } },
  };

  writer = dfi_safetensors_create (path, (const char *const *) metadata, tensors, G_N_ELEMENTS (tensors), error);
  g_strfreev (metadata);
  g_strv_builder_unref (builder);
  return writer;
}

/* All that comes before the codes. */
static gboolean
write_head (const DfiBuildState *state, DfiSafetensorsWriter *writer, GError **error)
{
  const DfiLayout    *layout = &state->layout;
  const DfiBuildPlan *plan   = state->plan;

  if (! dfi_safetensors_append_numbers (writer, state->mean, layout->n_features, sizeof (float), error) ||
      ! dfi_safetensors_append (writer, state->packed, state->rank * layout->row_bytes, error) ||
      ! dfi_safetensors_append_numbers (writer, state->scale, state->rank * layout->n_stretches, sizeof (float), error))
    return FALSE;
  for (size_t file = 0; file < plan->n_files; file++)
    if (dfi_state_uses (state, file) &&
        ! dfi_safetensors_append (writer, dfi_plan_labels (plan, file), dfi_labels_bytes (plan->n_attributes), error))
      return FALSE;
  return TRUE;
}

gboolean
dfi_build_write_database (const DfiBuildState *state, const char *path, DfiCodesFunc codes, gpointer data, GError **error)
{
  size_t                n_rules = state->plan->n_attributes * ((size_t) state->rank + 1);
  DfiSafetensorsWriter *writer  = create_file (state, path, error);

  if (! writer)
    return FALSE;
  if (! write_head (state, writer, error) || ! codes (writer, data, error) ||
      ! dfi_safetensors_append_numbers (writer, state->predictor, n_rules, sizeof (float), error))
    {
      dfi_safetensors_discard (writer);
      return FALSE;
    }
  return dfi_safetensors_commit (writer, error);
}
