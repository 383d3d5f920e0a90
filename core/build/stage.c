#include "config.h"

#include <string.h>

#include "base/error.h"
#include "base/linalg.h"
#include "build/picture-features.h"
#include "build/stage.h"

#define STRETCH 32768 /* features between questions whether to go on */

/* ---------- a batch ---------- */

static gboolean
batch_init (DfiBatch *batch, const DfiBuildState *state, GError **error)
{
  size_t rank = state->bases[0].rank, longest = 0;

  *batch = (DfiBatch){ .n = 0 };
  for (int d = 0; d < dfi_state_details (state); d++)
    longest = MAX (longest, state->details[d].basis.layout.n_features);
  return (batch->features = dfi_try_alloc (DFI_BATCH, state->layout.n_features * sizeof (float), error)) &&
         (longest == 0 || (batch->cut = dfi_try_alloc (DFI_BATCH, longest * sizeof (float), error))) &&
         (batch->coefficients =
              dfi_try_alloc (DFI_BATCH * (dfi_state_code_length (state) + state->plan->n_attributes), sizeof (float), error)) &&
         (batch->product = dfi_try_alloc (rank * rank, sizeof (float), error));
}

static void
batch_clear (DfiBatch *batch)
{
  g_free (batch->own);
  g_free (batch->product);
  g_free (batch->coefficients);
  g_free (batch->cut);
  g_free (batch->features);
}

/* Whether there is a stretch at @at, and the listener lets it be done; else @error is set when it does not. */
static gboolean
next_stretch (DfiBuildState *state, size_t at, size_t length, gboolean *done, GError **error)
{
  *done = dfi_state_go_on (state) || dfi_error_set_cancelled (error);
  return *done && at < length;
}

gboolean
dfi_batch_project (DfiBuildState       *state,
                   const DfiBatch      *batch,
                   const DfiBuildBasis *basis,
                   const float         *features,
                   float               *codes,
                   int                  columns,
                   GError             **error)
{
  size_t   length = basis->layout.n_features;
  gboolean done;

  for (size_t at = 0; next_stretch (state, at, length, &done, error); at += STRETCH)
    dfi_gemm (FALSE, TRUE, batch->n, basis->rank, MIN (STRETCH, length - at), 1.0f, features + at, length, basis->rows + at,
              length, at > 0 ? 1.0f : 0.0f, codes, columns);
  return done;
}

gboolean
dfi_batch_subtract (DfiBuildState *state, DfiBatch *batch, const DfiBuildBasis *basis, int columns, GError **error)
{
  size_t   length = basis->layout.n_features;
  gboolean done;

  for (size_t at = 0; next_stretch (state, at, length, &done, error); at += STRETCH)
    dfi_gemm (FALSE, FALSE, batch->n, MIN (STRETCH, length - at), basis->rank, -1.0f, batch->coefficients, columns,
              basis->rows + at, length, 1.0f, batch->features + at, length);
  return done;
}

gboolean
dfi_batch_add_sums (DfiBuildState *state,
                    int            n,
                    const float   *factors,
                    int            m,
                    const float   *features,
                    size_t         length,
                    float         *sums,
                    GError       **error)
{
  gboolean done;

  for (size_t at = 0; next_stretch (state, at, length, &done, error); at += STRETCH)
    dfi_gemm (TRUE, FALSE, m, MIN (STRETCH, length - at), n, 1.0f, factors, m, features + at, length, 1.0f, sums + at, length);
  return done;
}

void
dfi_batch_cut (DfiBatch *batch, const DfiBuildState *state, int detail)
{
  const DfiDetail *place = &state->details[detail];

  for (size_t i = 0; i < (size_t) batch->n; i++)
    dfi_detail_take (&state->layout, place, batch->features + i * state->layout.n_features,
                     batch->cut + i * place->basis.layout.n_features);
}

void
dfi_batch_add_products (DfiBatch *batch, int columns, int rank, double *inner)
{
  dfi_gemm (TRUE, FALSE, rank, rank, batch->n, 1.0f, batch->coefficients, columns, batch->coefficients, columns, 0.0f,
            batch->product, rank);
  for (size_t i = 0; i < (size_t) rank * rank; i++)
    inner[i] += batch->product[i];
}

/* ---------- pictures ---------- */

/* The share of all the work that is done before picture @file: of all stages, or of the shard's one. */
static double
share_before (const DfiBuildState *state, size_t file)
{
  size_t first = dfi_state_first (state, state->shard), end = dfi_state_end (state, state->shard);
  double share = (double) (file - first) / (end - first);

  return state->n_shards == 1 ? (state->stage - 1 + share) / dfi_plan_stages (state->plan) : share;
}

/* Whether the stage still has to find where the frame is in the pictures. */
static gboolean
is_first (const DfiBuildState *state)
{
  return state->stage == 1;
}

/* Features (D) of picture @file, less the mean where that is known; in the last stage the @tone of the hair, too. */
static gboolean
read_features (DfiBuildState *state, DfiPass *pass, size_t file, float *features, DfiTone *tone, GError **error)
{
  const DfiBuildPlan    *plan   = state->plan;
  const gboolean         last   = state->stage == dfi_plan_stages (plan);
  const DfiPictureReader reader = { .limits  = &plan->limits,
                                    .frame   = plan->framing.frame,
                                    .framing = is_first (state) ? &plan->framing : NULL,
                                    .layout  = &state->layout,
                                    .pass    = pass,
                                    .hair    = last && state->tones ? plan->hair : NULL };
  GPtrArray             *notes  = g_ptr_array_new_with_free_func (g_free);
  char                  *path   = dfi_plan_path (plan, file);
  gboolean done = dfi_picture_features (&reader, path, &state->maps[file], features, tone, notes, state->listener.progress,
                                        state->listener.data, state->listener.share, error);

  for (guint i = 0; is_first (state) && plan->note && i < notes->len; i++)
    plan->note (plan->files[file], notes->pdata[i], state->listener.data);
  for (size_t i = 0; done && state->mean && i < state->layout.n_features; i++)
    features[i] -= state->mean[i];
  g_ptr_array_unref (notes);
  g_free (path);
  return done;
}

static gboolean
add_picture (DfiBuildState *state, DfiPass *pass, DfiBatch *batch, size_t file, GError **error)
{
  GError *reason = NULL;

  if (read_features (state, pass, file, batch->features + batch->n * state->layout.n_features, &batch->tones[batch->n], &reason))
    {
      batch->members[batch->n++] = file;
      return TRUE;
    }
  if (! is_first (state) || g_error_matches (reason, DFI_ERROR, DFI_ERROR_MEMORY) ||
      g_error_matches (reason, DFI_ERROR, DFI_ERROR_CANCELLED))
    {
      g_propagate_error (error, reason);
      return FALSE;
    }

  dfi_state_leave_out (state, file, reason);
  g_error_free (reason);
  return TRUE;
}

static gboolean
run (const DfiStage *stage, DfiBuildState *state, DfiPass *pass, DfiBatch *batch, DfiSaveFunc save, gpointer data, GError **error)
{
  size_t end   = dfi_state_end (state, state->shard);
  gint64 saved = g_get_monotonic_time ();

  for (size_t file = state->next; file < end; file++)
    {
      state->listener.share = share_before (state, file);
      if (! dfi_state_go_on (state))
        return dfi_error_set_cancelled (error);
      if ((is_first (state) || dfi_state_uses (state, file)) && ! add_picture (state, pass, batch, file, error))
        return FALSE;
      if (batch->n < DFI_BATCH && file < end - 1)
        continue;

      if (batch->n > 0 && ! stage->add_batch (state, batch, error))
        return FALSE;
      batch->n    = 0;
      state->next = file + 1;
      if (g_get_monotonic_time () - saved >= state->plan->save_every * G_USEC_PER_SEC)
        {
          if (! save (state, data, error))
            return FALSE;
          saved = g_get_monotonic_time ();
        }
    }
  return TRUE;
}

gboolean
dfi_stage_run (const DfiStage *stage, DfiBuildState *state, DfiPass *pass, DfiSaveFunc save, gpointer data, GError **error)
{
  DfiBatch batch;
  gboolean done = batch_init (&batch, state, error) && run (stage, state, pass, &batch, save, data, error);

  batch_clear (&batch);
  return done;
}
