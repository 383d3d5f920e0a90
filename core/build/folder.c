#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

#include "base/error.h"
#include "build/folder.h"
#include "build/state-file.h"
#include "files/temporary-file.h"

struct _DfiBuildFolder
{
  char    *path;
  char    *sums;
  char    *basis;
  int      lock;        /* file descriptor */
  gboolean basis_saved; /* whether what the stage began with is there, or elsewhere */
};

/* ---------- the folder and its lock ---------- */

static void
folder_free (DfiBuildFolder *folder)
{
  if (folder->lock >= 0)
    close (folder->lock);
  g_free (folder->basis);
  g_free (folder->sums);
  g_free (folder->path);
  g_free (folder);
}

/* The lock lies on the folder itself, and goes with the process that holds it. Where the file system knows no locks, there is
 * none. */
static gboolean
lock (DfiBuildFolder *folder, GError **error)
{
  if (g_mkdir_with_parents (folder->path, 0777) != 0 ||
      (folder->lock = open (folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
    return dfi_error_set_unwritable (error, folder->path);
  if (flock (folder->lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
    return TRUE;

  g_set_error (error, DFI_ERROR, DFI_ERROR_IO,
               _ ("Another build is at work in “%s”. Wait until it has ended, or give this one another name to write to."),
               folder->path);
  return FALSE;
}

DfiBuildFolder *
dfi_build_folder_open (const char *path, GError **error)
{
  DfiBuildFolder *folder = g_new0 (DfiBuildFolder, 1);

  folder->lock  = -1;
  folder->path  = g_strconcat (path, ".partial", NULL);
  folder->sums  = g_build_filename (folder->path, "sums", NULL);
  folder->basis = g_build_filename (folder->path, "basis", NULL);
  if (! lock (folder, error))
    {
      folder_free (folder);
      return NULL;
    }
  return folder;
}

static void
remove_files (const DfiBuildFolder *folder)
{
  char *codes = g_build_filename (folder->path, "codes", NULL);

  g_unlink (folder->sums);
  g_unlink (folder->basis);
  g_unlink (codes);
  dfi_temporary_files_remove_left (folder->path);
  g_free (codes);
}

void
dfi_build_folder_close (DfiBuildFolder *folder, gboolean done)
{
  if (! folder)
    return;

  if (done || ! g_file_test (folder->sums, G_FILE_TEST_EXISTS))
    {
      remove_files (folder);
      g_rmdir (folder->path);
    }
  folder_free (folder);
}

/* ---------- saving ---------- */

/* The sums go last, since they say what else must be there. */
gboolean
dfi_build_folder_save (DfiBuildFolder *folder, DfiBuildState *state, GError **error)
{
  const DfiBuildBasis *whole = &state->bases[0];

  if (! dfi_codes_file_sync (state->codes, error))
    return FALSE;
  if (! folder->basis_saved && ! whole->packed && whole->rows && ! dfi_state_save_basis (state, folder->basis, error))
    return FALSE;
  folder->basis_saved = TRUE;
  if (! dfi_state_save_partial (state, folder->sums, FALSE, error))
    return FALSE;
  if (whole->packed)
    g_unlink (folder->basis);
  return TRUE;
}

void
dfi_build_folder_next_stage (DfiBuildFolder *folder)
{
  folder->basis_saved = FALSE;
}

/* ---------- going on ---------- */

/* Tells of the pictures that were left out before. */
static void
tell_left_out (DfiBuildState *state, const DfiSafetensors *file)
{
  const DfiTensor *tensor = dfi_safetensors_typed (file, "left-out", DFI_DTYPE_U8, 2, (size_t[]){ 1, 0 }, NULL);
  char            *bytes  = tensor ? dfi_safetensors_load (file, tensor, NULL) : NULL;
  char            *text   = bytes ? g_strndup (bytes, tensor->count) : g_strdup ("");
  char           **lines  = g_strsplit (text, "\n", -1);

  for (int i = 0; lines[i] && *lines[i]; i++)
    {
      char   *reason;
      guint64 place = g_ascii_strtoull (lines[i], &reason, 10);
      GError *error = g_error_new_literal (DFI_ERROR, DFI_ERROR_VALUE, *reason ? reason + 1 : "");

      if (place < state->plan->n_files)
        dfi_state_leave_out (state, place, error);
      g_error_free (error);
    }
  g_strfreev (lines);
  g_free (text);
  g_free (bytes);
}

/* A shard is one stage's: it must not go on with another one. */
static gboolean
check_stage (const DfiBuildState *state, const DfiSafetensors *file, GError **error)
{
  guint64 stage;

  if (! dfi_state_read_number (file, "dfi.stage", 1, dfi_plan_stages (state->plan), &stage, error))
    return FALSE;
  if (stage == (guint64) state->stage)
    return TRUE;

  g_set_error (error, DFI_ERROR, DFI_ERROR_OTHER_BUILD, _ ("“%s” was saved in stage %d, with another basis; this is stage %d."),
               dfi_safetensors_path (file), (int) stage, state->stage);
  return FALSE;
}

/* Stage, rank, maps and what the stages before have found; a shard has all that from elsewhere, which must be the same. */
static gboolean
read_found (DfiBuildFolder *folder, DfiBuildState *state, const DfiSafetensors *file, GError **error)
{
  const int rank = state->bases[0].rank;
  guint64   same;

  if (state->mean)
    return dfi_state_read_number (file, "dfi.rank", rank, rank, &same, error);

  tell_left_out (state, file);
  if (! dfi_state_read_found (state, file, error) || ! dfi_state_read_maps (state, file, 0, state->plan->n_files, error))
    return FALSE;
  if (! state->mean || state->bases[0].packed)
    return TRUE;
  folder->basis_saved = TRUE;
  return dfi_state_load_basis (state, folder->basis, error);
}

/* From the file of sums: everything but the sums themselves.  @coded: (out): codes that count, in the last stage those of
 * all faces so far */
static gboolean
read_state (DfiBuildFolder       *folder,
            DfiBuildState        *state,
            const DfiSafetensors *file,
            gboolean              one_stage,
            guint64              *coded,
            GError              **error)
{
  guint64 shard, n_shards, next, faces;

  if (! dfi_state_check_plan (state, file, error) || (one_stage && ! check_stage (state, file, error)) ||
      ! dfi_state_read_number (file, "dfi.shards", state->n_shards, state->n_shards, &n_shards, error) ||
      ! dfi_state_read_number (file, "dfi.shard", state->shard, state->shard, &shard, error) ||
      ! dfi_state_read_number (file, "dfi.next", dfi_state_first (state, shard), dfi_state_end (state, shard), &next, error) ||
      ! read_found (folder, state, file, error))
    return FALSE;

  state->next = next;
  faces       = state->stage == dfi_plan_stages (state->plan) ? dfi_state_count (state, dfi_state_first (state, shard), next) : 0;
  return dfi_state_read_number (file, "dfi.coded", faces, faces, coded, error);
}

gboolean
dfi_build_folder_resume (DfiBuildFolder *folder, DfiBuildState *state, gboolean one_stage, DfiStartFunc start, GError **error)
{
  gboolean        there = g_file_test (folder->sums, G_FILE_TEST_EXISTS) && ! state->plan->restart;
  DfiSafetensors *file  = NULL;
  guint64         coded = 0;
  gboolean        done  = TRUE;

  folder->basis_saved = state->mean != NULL; /* then it has come from elsewhere */
  if (there)
    done = (file = dfi_state_open_partial (folder->sums, error)) && read_state (folder, state, file, one_stage, &coded, error);
  else
    remove_files (folder);
  done = done && start (state, error) && (! there || dfi_state_read_sums (state, file, error)) &&
         (state->codes = dfi_codes_file_open (folder->path, coded, dfi_state_code_length (state), error));
  dfi_safetensors_free (file);
  return done;
}
