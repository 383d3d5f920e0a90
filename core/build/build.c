/* build.c: a build from its plan to the database, whole or one stage of one shard. */

#include "config.h"

#include "build/build.h"
#include "build/database-file.h"
#include "build/fingerprint.h"
#include "build/folder.h"
#include "build/stages.h"
#include "build/state-file.h"

/* A build in this process. */
typedef struct
{
  DfiBuildState   state;
  DfiPass        *pass;
  DfiBuildFolder *folder;
} Build;

static gboolean
build_init (Build              *build,
            const DfiBuildPlan *plan,
            const DfiEncoder   *encoder,
            int                 shard,
            int                 n_shards,
            const char         *path,
            GError            **error)
{
  int       size   = plan->framing.frame.size;
  DfiLayout layout = { .taps = plan->taps, .chroma = TRUE };

  if (! dfi_plan_check (plan, error) || ! dfi_layout_shape (&layout, encoder, size, error) ||
      ! dfi_state_init (&build->state, plan, &layout, dfi_encoder_sha256 (encoder), shard, n_shards, error) ||
      ! (build->pass = dfi_pass_new (encoder, plan->taps, size, size, error)))
    return FALSE;

  build->state.fingerprint = dfi_plan_fingerprint (plan, build->state.encoder, &layout);
  build->folder            = dfi_build_folder_open (path, error);
  return build->folder != NULL;
}

static gboolean
build_end (Build *build, gboolean done)
{
  DfiBuildListener listener = build->state.listener;

  dfi_state_clear (&build->state); /* closes the codes, which lie in the folder */
  dfi_build_folder_close (build->folder, done);
  dfi_pass_free (build->pass);
  if (done && listener.progress)
    listener.progress (1.0, listener.data);
  return done;
}

/* A DfiSaveFunc. */
static gboolean
save (DfiBuildState *state, gpointer folder, GError **error)
{
  return dfi_build_folder_save (folder, state, error);
}

/* The pictures of one stage. */
static gboolean
run_stage (Build *build, GError **error)
{
  return dfi_stage_run (dfi_stage_of (&build->state), &build->state, build->pass, save, build->folder, error);
}

/* From where the build is to the end of the last stage. */
static gboolean
run_stages (Build *build, GError **error)
{
  while (build->state.stage < dfi_plan_stages (build->state.plan))
    {
      if (! run_stage (build, error) || ! dfi_stages_end (&build->state, error) || ! dfi_stages_start (&build->state, error))
        return FALSE;
      dfi_build_folder_next_stage (build->folder);
    }
  return run_stage (build, error) && dfi_stages_end (&build->state, error);
}

/* A DfiCodesFunc. */
static gboolean
copy_codes (DfiSafetensorsWriter *writer, size_t first, size_t end, gpointer data, GError **error)
{
  const DfiBuildState *state = data;

  return dfi_codes_file_copy (state->codes, dfi_state_code_length (state), first, end, writer, error);
}

gboolean
dfi_build (const DfiBuildPlan *plan,
           const DfiEncoder   *encoder,
           const char         *path,
           DfiSkipFunc         skip,
           DfiProgressFunc     progress,
           gpointer            data,
           GError            **error)
{
  Build    build = { .state.listener = { skip, progress, data } };
  gboolean done;

  done = build_init (&build, plan, encoder, 1, 1, path, error) &&
         dfi_build_folder_resume (build.folder, &build.state, FALSE, dfi_stages_start, error) && run_stages (&build, error) &&
         dfi_build_write_database (&build.state, path, copy_codes, &build.state, error);
  return build_end (&build, done);
}

gboolean
dfi_build_shard (const DfiBuildPlan *plan,
                 const DfiEncoder   *encoder,
                 int                 shard,
                 int                 n_shards,
                 const char         *basis,
                 const char         *path,
                 DfiSkipFunc         skip,
                 DfiProgressFunc     progress,
                 gpointer            data,
                 GError            **error)
{
  Build    build = { .state.listener = { skip, progress, data } };
  gboolean done;

  done = build_init (&build, plan, encoder, shard, n_shards, path, error) &&
         (! basis || dfi_state_load_basis (&build.state, basis, error)) &&
         dfi_build_folder_resume (build.folder, &build.state, TRUE, dfi_stages_start, error) && run_stage (&build, error) &&
         dfi_state_save_partial (&build.state, path, TRUE, error);
  return build_end (&build, done);
}
