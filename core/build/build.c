/* build.c: a build from its plan to the database, whole or one stage of one shard. */

#include "config.h"

#include <string.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>

#include "build/state.h"
#include "database/metadata.h"

/* ---------- the build's state ---------- */

gpointer
dfi_build_alloc (size_t count, size_t size, GError **error)
{
  gpointer block = dfi_try_alloc (count, size, error);

  if (block)
    memset (block, 0, count * size);
  return block;
}

/* i n / shards without a product that could overflow. */
static size_t
part (size_t n, int i, int shards)
{
  return n / shards * i + n % shards * i / shards;
}

size_t
dfi_build_first (const DfiBuild *build, int shard)
{
  return part (build->plan->n_files, shard - 1, build->n_shards);
}

size_t
dfi_build_end (const DfiBuild *build, int shard)
{
  return part (build->plan->n_files, shard, build->n_shards);
}

gboolean
dfi_build_uses (const DfiBuild *build, size_t file)
{
  return build->maps[file].a != 0.0 || build->maps[file].b != 0.0;
}

size_t
dfi_build_count_faces (const DfiBuild *build)
{
  size_t count = 0;

  for (size_t file = 0; file < build->plan->n_files; file++)
    count += dfi_build_uses (build, file);
  return count;
}

const guint8 *
dfi_build_labels (const DfiBuild *build, size_t file)
{
  return build->plan->labels + file * build->label_bytes;
}

gpointer
dfi_build_add_sum (DfiBuild *build, const char *name, size_t width, size_t rows, size_t columns, GError **error)
{
  DfiBuildSum sum = { name, width, rows, columns, dfi_build_alloc (rows, columns * width, error) };

  g_assert (build->n_sums < DFI_BUILD_SUMS);
  if (sum.values)
    build->sums[build->n_sums++] = sum;
  return sum.values;
}

void
dfi_build_clear_sums (DfiBuild *build)
{
  for (int i = 0; i < build->n_sums; i++)
    g_free (build->sums[i].values);
  build->n_sums = 0;
}

void
dfi_build_clear (DfiBuild *build)
{
  if (build->codes)
    fclose (build->codes);
  dfi_build_clear_sums (build);
  g_free (build->weights);
  g_free (build->product);
  g_free (build->coefficients);
  g_free (build->batch);
  dfi_pass_free (build->pass);
  g_free (build->scale);
  g_free (build->packed);
  g_free (build->basis);
  g_free (build->mean);
  if (build->left_out)
    g_string_free (build->left_out, TRUE);
  g_free (build->maps);
  g_free (build->fingerprint);
  g_free (build->encoder);
}

/* ---------- stages ---------- */

gboolean
dfi_build_start_stage (DfiBuild *build, GError **error)
{
  switch (build->stage)
    {
    case 1: return dfi_build_start_mixtures (build, error);
    case 2: return dfi_build_start_moments (build, error);
    default: return dfi_build_start_codes (build, error);
    }
}

gboolean
dfi_build_end_stage (DfiBuild *build, GError **error)
{
  gboolean done = build->stage == 1 ? dfi_build_end_mixtures (build, error) : dfi_build_end_moments (build, error);

  dfi_build_clear_sums (build);
  build->stage++;
  build->next = dfi_build_first (build, build->shard);
  return done;
}

static gboolean
run_stages (DfiBuild *build, const char *folder, GError **error)
{
  while (build->stage < DFI_BUILD_STAGES)
    if (! dfi_build_read_pictures (build, folder, error) || ! dfi_build_end_stage (build, error) ||
        ! dfi_build_start_stage (build, error) ||
        (build->stage == DFI_BUILD_STAGES && ! dfi_build_open_codes (build, folder, error)))
      return FALSE;
  return dfi_build_read_pictures (build, folder, error);
}

/* ---------- a plan ---------- */

static gboolean
check_plan (const DfiBuildPlan *plan, GError **error)
{
  if (! g_file_test (plan->folder, G_FILE_TEST_IS_DIR))
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_IO, _ ("There is no folder “%s” of pictures."), plan->folder);
      return FALSE;
    }
  if (plan->n_files < DFI_BUILD_FACES_MIN)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("A database needs at least %d pictures; the labels have %zu."),
                   DFI_BUILD_FACES_MIN, plan->n_files);
      return FALSE;
    }
  if (plan->rows < 1 || plan->rows > G_MAXINT / 2)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("A database needs at least one row, and %d are asked for."), plan->rows);
      return FALSE;
    }
  if (plan->n_attributes < 1 || plan->n_attributes > DFI_ATTRIBUTES_MAX)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("A database has 1 to %d attributes; the labels have %d."),
                   DFI_ATTRIBUTES_MAX, plan->n_attributes);
      return FALSE;
    }
  return dfi_build_check_framing (plan, error);
}

static gboolean
build_init (DfiBuild *build, const DfiEncoder *encoder, int shard, int n_shards, GError **error)
{
  const DfiBuildPlan *plan = build->plan;

  if (! check_plan (plan, error))
    return FALSE;
  if (n_shards < 1 || (size_t) n_shards > plan->n_files || shard < 1 || shard > n_shards)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("There is no shard %d of %d for %zu pictures."), shard, n_shards,
                   plan->n_files);
      return FALSE;
    }

  build->pass = dfi_pass_new (encoder, plan->taps, plan->frame.size, plan->frame.size, error);
  if (! build->pass)
    return FALSE;
  build->layout.taps   = plan->taps;
  build->layout.chroma = TRUE;
  if (! dfi_layout_shape (&build->layout, encoder, plan->frame.size, error))
    return FALSE;

  build->encoder     = g_strdup (dfi_encoder_sha256 (encoder));
  build->label_bytes = dfi_labels_bytes (plan->n_attributes);
  build->fingerprint = dfi_build_fingerprint (build);
  build->stage       = 1;
  build->shard       = shard;
  build->n_shards    = n_shards;
  build->next        = dfi_build_first (build, shard);
  build->left_out    = g_string_new (NULL);
  build->maps        = dfi_build_alloc (plan->n_files, sizeof *build->maps, error);
  return build->maps != NULL;
}

/* ---------- the whole, and a shard ---------- */

/* What is left of the build's folder afterwards; nothing changes when it was locked by another. */
static void
finish (const char *folder, int lock, gboolean done)
{
  if (lock < 0)
    return;

  if (done)
    dfi_build_forget (folder);
  else
    dfi_build_leave (folder);
  close (lock);
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
  DfiBuild build  = { .plan = plan, .skip = skip, .progress = progress, .data = data };
  char    *folder = g_strconcat (path, ".partial", NULL);
  int      lock   = -1;
  gboolean done;

  if (build_init (&build, encoder, 1, 1, error))
    lock = dfi_build_lock (folder, error);
  done = lock >= 0 && dfi_build_resume (&build, folder, error) && run_stages (&build, folder, error) &&
         dfi_build_write_database (&build, path, dfi_build_copy_codes, &build, error);
  dfi_build_clear (&build);
  finish (folder, lock, done);
  g_free (folder);

  if (done && progress)
    progress (1.0, data);
  return done;
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
  DfiBuild build  = { .plan = plan, .skip = skip, .progress = progress, .data = data };
  char    *folder = g_strconcat (path, ".partial", NULL);
  int      lock   = -1;
  gboolean done;

  if (build_init (&build, encoder, shard, n_shards, error))
    lock = dfi_build_lock (folder, error);
  done = lock >= 0 && (! basis || dfi_build_load_basis (&build, basis, error)) && dfi_build_resume (&build, folder, error) &&
         dfi_build_read_pictures (&build, folder, error) &&
         dfi_build_save_partial (&build, path, build.stage == DFI_BUILD_STAGES, error);
  dfi_build_clear (&build);
  finish (folder, lock, done);
  g_free (folder);

  if (done && progress)
    progress (1.0, data);
  return done;
}
