#include "config.h"

#include <string.h>

#include "build/database-file.h"
#include "build/state-file.h"
#include "database/metadata.h"

#define BASIS_TENSORS 3 /* that each detail's basis has */

static char **
make_metadata (const DfiBuildState *state)
{
  GStrvBuilder *builder = dfi_state_metadata (state, "database", DFI_DATABASE_VERSION);
  char        **metadata;

  if (dfi_state_details (state) > 0)
    {
      char *details = dfi_details_print (state->details, dfi_state_details (state));

      g_strv_builder_add (builder, "dfi.details");
      g_strv_builder_add (builder, details);
      g_free (details);
    }
  metadata = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  return metadata;
}

static DfiSafetensorsWriter *
create_file (const DfiBuildState *state, const char *path, GError **error)
{
  char                **metadata     = make_metadata (state);
  const DfiBuildBasis  *whole        = &state->bases[0];
  const int             n_attributes = state->plan->n_attributes;
  const size_t          rank = whole->rank, n_faces = dfi_state_count_faces (state);
  int                   n = 6;
  DfiSafetensorsWriter *writer;
  DfiTensor             tensors[7 + BASIS_TENSORS * DFI_BUILD_DETAILS] = {
                { .name = "mean", .dtype = DFI_DTYPE_F32, .rank = 1, .shape = { whole->layout.n_features } },
                { .name = "basis", .dtype = DFI_DTYPE_U8, .rank = 2, .shape = { rank, whole->layout.row_bytes } },
                { .name = "scale", .dtype = DFI_DTYPE_F32, .rank = 2, .shape = { rank, whole->layout.n_stretches } },
                { .name = "labels", .dtype = DFI_DTYPE_U8, .rank = 2, .shape = { n_faces, dfi_labels_bytes (n_attributes) } },
                { .name = "codes", .dtype = DFI_DTYPE_F16, .rank = 2, .shape = { n_faces, rank } },
                { .name = "predictor", .dtype = DFI_DTYPE_F32, .rank = 2, .shape = { n_attributes, rank + 1 } },
  };

  for (int b = 1; b <= dfi_state_details (state); b++, n += BASIS_TENSORS)
    {
      const DfiBuildBasis *basis              = &state->bases[b];
      const size_t         r                  = basis->rank;
      const DfiTensor      own[BASIS_TENSORS] = {
             { dfi_build_basis_tensor (basis, "basis"), DFI_DTYPE_U8, 2, { r, basis->layout.row_bytes } },
             { dfi_build_basis_tensor (basis, "scale"), DFI_DTYPE_F32, 2, { r, basis->layout.n_stretches } },
             { dfi_build_basis_tensor (basis, "codes"), DFI_DTYPE_F16, 2, { n_faces, r } },
      };

      memcpy (tensors + n, own, sizeof own);
    }
  if (state->tones)
    tensors[n++] = (DfiTensor){ "tones", DFI_DTYPE_F16, 2, { n_faces, DFI_TONE_NUMBERS } };
  writer = dfi_safetensors_create (path, (const char *const *) metadata, tensors, n, error);
  g_strfreev (metadata);
  return writer;
}

static gboolean
write_basis (const DfiBuildBasis *basis, DfiSafetensorsWriter *writer, GError **error)
{
  return dfi_safetensors_append (writer, basis->packed, basis->rank * basis->layout.row_bytes, error) &&
         dfi_safetensors_append_numbers (writer, basis->scale, basis->rank * basis->layout.n_stretches, sizeof (float), error);
}

/* All that comes before the codes. */
static gboolean
write_head (const DfiBuildState *state, DfiSafetensorsWriter *writer, GError **error)
{
  const DfiBuildPlan *plan = state->plan;

  if (! dfi_safetensors_append_numbers (writer, state->mean, state->layout.n_features, sizeof (float), error) ||
      ! write_basis (&state->bases[0], writer, error))
    return FALSE;
  for (size_t file = 0; file < plan->n_files; file++)
    if (dfi_state_uses (state, file) &&
        ! dfi_safetensors_append (writer, dfi_plan_labels (plan, file), dfi_labels_bytes (plan->n_attributes), error))
      return FALSE;
  return TRUE;
}

static gboolean
write_details (const DfiBuildState *state, DfiSafetensorsWriter *writer, DfiCodesFunc codes, gpointer data, GError **error)
{
  size_t   first = state->bases[0].rank;
  gboolean done  = TRUE;

  for (int b = 1; done && b <= dfi_state_details (state); b++)
    {
      const DfiBuildBasis *basis = &state->bases[b];

      done = write_basis (basis, writer, error) && codes (writer, first, first + basis->rank, data, error);
      first += basis->rank;
    }
  return done;
}

gboolean
dfi_build_write_database (const DfiBuildState *state, const char *path, DfiCodesFunc codes, gpointer data, GError **error)
{
  const size_t          rank = state->bases[0].rank, length = dfi_state_code_length (state);
  size_t                n_rules = state->plan->n_attributes * (rank + 1);
  DfiSafetensorsWriter *writer  = create_file (state, path, error);

  if (! writer)
    return FALSE;
  if (! write_head (state, writer, error) || ! codes (writer, 0, rank, data, error) ||
      ! dfi_safetensors_append_numbers (writer, state->predictor, n_rules, sizeof (float), error) ||
      ! write_details (state, writer, codes, data, error) ||
      (state->tones && ! codes (writer, length - DFI_TONE_NUMBERS, length, data, error)))
    {
      dfi_safetensors_discard (writer);
      return FALSE;
    }
  return dfi_safetensors_commit (writer, error);
}
