#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "build/state.h"

gboolean
dfi_state_init (DfiBuildState      *state,
                const DfiBuildPlan *plan,
                const DfiLayout    *layout,
                const char         *encoder,
                int                 shard,
                int                 n_shards,
                GError            **error)
{
  if (n_shards < 1 || (size_t) n_shards > plan->n_files || shard < 1 || shard > n_shards)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("There is no shard %d of %d for %zu pictures."), shard, n_shards,
                   plan->n_files);
      return FALSE;
    }

  state->plan     = plan;
  state->sums     = (DfiSums){ .go_on = dfi_state_go_on, .data = state };
  state->layout   = *layout;
  state->encoder  = g_strdup (encoder);
  state->stage    = 1;
  state->shard    = shard;
  state->n_shards = n_shards;
  state->tones    = plan->hair && ! plan->framing.frame.whole;
  state->next     = dfi_state_first (state, shard);
  state->left_out = g_string_new (NULL);
  state->maps     = dfi_try_alloc (plan->n_files, sizeof *state->maps, error);
  if (state->maps)
    memset (state->maps, 0, plan->n_files * sizeof *state->maps);
  if (! state->maps || (plan->detail_rows > 0 && ! dfi_detail_cells (&plan->framing.frame, layout, state->details, error)))
    return FALSE;

  for (int b = 0; b <= dfi_state_details (state); b++)
    {
      state->bases[b].prefix = b == 0 ? "" : dfi_detail_prefix (b - 1);
      state->bases[b].layout = b == 0 ? *layout : state->details[b - 1].basis.layout;
    }
  return TRUE;
}

void
dfi_state_clear (DfiBuildState *state)
{
  dfi_codes_file_close (state->codes);
  dfi_sums_clear (&state->sums);
  g_free (state->predictor);
  for (size_t b = 0; b < G_N_ELEMENTS (state->bases); b++)
    dfi_build_basis_clear (&state->bases[b]);
  g_free (state->mean);
  if (state->left_out)
    g_string_free (state->left_out, TRUE);
  g_free (state->maps);
  g_free (state->fingerprint);
  g_free (state->encoder);
}

/* i n / shards without a product that could overflow. */
static size_t
part (size_t n, int i, int shards)
{
  return n / shards * i + n % shards * i / shards;
}

size_t
dfi_state_first (const DfiBuildState *state, int shard)
{
  return part (state->plan->n_files, shard - 1, state->n_shards);
}

size_t
dfi_state_end (const DfiBuildState *state, int shard)
{
  return part (state->plan->n_files, shard, state->n_shards);
}

gboolean
dfi_state_uses (const DfiBuildState *state, size_t file)
{
  return state->maps[file].a != 0.0 || state->maps[file].b != 0.0;
}

size_t
dfi_state_count (const DfiBuildState *state, size_t first, size_t end)
{
  size_t count = 0;

  for (size_t file = first; file < end; file++)
    count += dfi_state_uses (state, file);
  return count;
}

size_t
dfi_state_count_faces (const DfiBuildState *state)
{
  return dfi_state_count (state, 0, state->plan->n_files);
}

void
dfi_state_leave_out (DfiBuildState *state, size_t file, const GError *reason)
{
  char *line = g_strdelimit (g_strdup (reason->message), "\n", ' ');

  g_string_append_printf (state->left_out, "%zu %s\n", file, line);
  g_free (line);
  if (state->listener.skip)
    state->listener.skip (state->plan->files[file], reason, state->listener.data);
}

int
dfi_state_details (const DfiBuildState *state)
{
  return state->plan->detail_rows > 0 ? DFI_BUILD_DETAILS : 0;
}

int
dfi_state_code_length (const DfiBuildState *state)
{
  int length = dfi_state_tone_length (state);

  for (int b = 0; b <= dfi_state_details (state); b++)
    length += state->bases[b].rank;
  return length;
}

int
dfi_state_tone_length (const DfiBuildState *state)
{
  return state->tones ? DFI_TONE_NUMBERS : 0;
}

gboolean
dfi_state_go_on (gpointer state)
{
  const DfiBuildListener *listener = &((const DfiBuildState *) state)->listener;

  return ! listener->progress || listener->progress (listener->share, listener->data);
}

gboolean
dfi_state_check_rank (const DfiBuildBasis *basis, GError **error)
{
  if (basis->rank == 0)
    g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                         _ ("The pictures cannot be told apart by their features. Check that they show different faces, and "
                            "that the weights are good."));
  return basis->rank > 0;
}

gboolean
dfi_state_has (gconstpointer what, GError **error)
{
  if (! what)
    g_set_error_literal (error, DFI_ERROR, DFI_ERROR_FORMAT,
                         _ ("The file that this build goes on from lacks a part. Delete it and build again."));
  return what != NULL;
}
