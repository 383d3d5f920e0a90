/* build-state.c: a build to a file and back, for going on after an interruption and for working in shards.
 *
 * Safetensors with `dfi.kind` = partial or basis, `dfi.version` = 1, `dfi.encoder`, `dfi.taps`, `dfi.frame`, `dfi.attributes` and
 * `dfi.provenance` as in database.h, and decimal numbers `dfi.rows` (asked for), `dfi.stage`, `dfi.rank`, `dfi.shard`, `dfi.shards`,
 * `dfi.next` (the first of all pictures that is not in the sums yet), `dfi.coded`; `dfi.plan` is the fingerprint.  Doubles are
 * U8 (n, 8), little-endian.
 *
 *   labels     U8  (n_files, ceil (A / 8))
 *   maps       U8  (4 n_files, 8)   doubles a, b, tx, ty of frame -> picture; 0 for pictures that are not used
 *   left-out   U8  (length)         text: a line for each, its place and the reason; missing when there is none
 *   mean       F32 (D)              from stage 2 on
 *   packed     U8  (rank, B), scale F32 (rank, S): at stage 3, as in basis.h
 *   basis      F32 (rank, D)        at stage 2, in basis files only
 *   codes      F16 (n_coded, rank)  at stage 3, in the partial files of whole shards only
 *   and in partial files the sums of the stage: F32 (rows, columns), or doubles
 *
 * The folder of a build that may have to go on holds `sums`, a partial file; `basis` at stage 2; and `codes` at stage 3, of which
 * what lies behind the first `dfi.coded` rows does not count.  Each is replaced as a whole, and `sums` last.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

#include "build/state.h"
#include "database/metadata.h"

#define VERSION     1
#define MAX_TENSORS (8 + DFI_BUILD_SUMS)

/* ---------- fingerprint ---------- */

/* Folders may be copied, so that times of change do not tell; sizes nearly always do. */
static gint64
size_of_picture (const DfiBuildPlan *plan, size_t file)
{
  char    *path = g_build_filename (plan->folder, plan->files[file], NULL);
  GStatBuf about;
  gint64   size = g_stat (path, &about) == 0 ? (gint64) about.st_size : -1;

  g_free (path);
  return size;
}

char *
dfi_build_fingerprint (const DfiBuild *build)
{
  const DfiBuildPlan *plan       = build->plan;
  GChecksum          *checksum   = g_checksum_new (G_CHECKSUM_SHA256);
  char               *taps       = dfi_layout_print (&build->layout);
  char               *frame      = dfi_frame_print (&plan->frame);
  char               *attributes = dfi_attributes_print (plan->attributes, plan->n_attributes);
  char               *text;
  char               *fingerprint;

  text = g_strdup_printf ("%s\n%s\n%s\n%s\n%s\n%d\n%d\n", build->encoder, taps, frame, attributes,
                          plan->provenance ? plan->provenance : "", plan->rows, plan->framing);
  g_checksum_update (checksum, (const guchar *) text, -1);
  if (plan->framing == DFI_FRAMING_RECTANGLE)
    g_checksum_update (checksum, (const guchar *) plan->rectangle, sizeof plan->rectangle);
  g_free (text);

  for (size_t file = 0; file < plan->n_files; file++)
    {
      text = g_strdup_printf ("%s\n%" G_GINT64_FORMAT "\n", plan->files[file], size_of_picture (plan, file));
      g_checksum_update (checksum, (const guchar *) text, -1);
      g_free (text);
    }
  g_checksum_update (checksum, plan->labels, plan->n_files * build->label_bytes);

  fingerprint = g_strdup (g_checksum_get_string (checksum));
  g_free (attributes);
  g_free (frame);
  g_free (taps);
  g_checksum_free (checksum);
  return fingerprint;
}

/* ---------- writing ---------- */

/* What a file is going to hold. */
typedef struct
{
  DfiTensor   tensors[MAX_TENSORS];
  const void *values[MAX_TENSORS]; /* NULL: the codes */
  size_t      count[MAX_TENSORS];
  size_t      width[MAX_TENSORS]; /* bytes of a number */
  int         n;
} Contents;

/* Doubles become rows of 8 bytes. */
static void
add (Contents *contents, const char *name, DfiDtype dtype, size_t width, size_t rows, size_t columns, const void *values)
{
  gboolean doubles = width == sizeof (double);
  int      n       = contents->n++;

  contents->tensors[n] = (DfiTensor){ .name  = name,
                                      .dtype = doubles ? DFI_DTYPE_U8 : dtype,
                                      .rank  = 2,
                                      .shape = { doubles ? rows * columns : rows, doubles ? width : columns } };
  contents->values[n]  = values;
  contents->count[n]   = rows * columns;
  contents->width[n]   = width;
}

static gboolean
write_contents (DfiBuild *build, const Contents *contents, const char *kind, const char *path, GError **error)
{
  const DfiBuildPlan   *plan       = build->plan;
  char                 *frame      = dfi_frame_print (&plan->frame);
  char                 *taps       = dfi_layout_print (&build->layout);
  char                 *attributes = dfi_attributes_print (plan->attributes, plan->n_attributes);
  char                 *version    = g_strdup_printf ("%d", VERSION);
  char                 *rows       = g_strdup_printf ("%d", plan->rows);
  char                 *stage      = g_strdup_printf ("%d", build->stage);
  char                 *rank       = g_strdup_printf ("%d", build->rank);
  char                 *shard      = g_strdup_printf ("%d", build->shard);
  char                 *shards     = g_strdup_printf ("%d", build->n_shards);
  char                 *next       = g_strdup_printf ("%zu", build->next);
  char                 *coded      = g_strdup_printf ("%zu", build->n_coded);
  const char           *metadata[] = { "dfi.kind",
                                       kind,
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
                                       "dfi.plan",
                                       build->fingerprint,
                                       "dfi.rows",
                                       rows,
                                       "dfi.stage",
                                       stage,
                                       "dfi.rank",
                                       rank,
                                       "dfi.shard",
                                       shard,
                                       "dfi.shards",
                                       shards,
                                       "dfi.next",
                                       next,
                                       "dfi.coded",
                                       coded,
                                       NULL };
  DfiSafetensorsWriter *writer     = dfi_safetensors_create (path, metadata, contents->tensors, contents->n, error);
  gboolean              done       = writer != NULL;

  for (int i = 0; done && i < contents->n; i++)
    done = contents->values[i]
               ? dfi_safetensors_append_numbers (writer, contents->values[i], contents->count[i], contents->width[i], error)
               : dfi_build_copy_codes (writer, build, error);
  if (done)
    done = dfi_safetensors_commit (writer, error);
  else
    dfi_safetensors_discard (writer);

  g_free (coded);
  g_free (next);
  g_free (shards);
  g_free (shard);
  g_free (rank);
  g_free (stage);
  g_free (rows);
  g_free (version);
  g_free (attributes);
  g_free (taps);
  g_free (frame);
  return done;
}

/* What partial and basis files have in common. */
static void
add_common (const DfiBuild *build, Contents *contents)
{
  const DfiLayout *layout  = &build->layout;
  size_t           n_files = build->plan->n_files;

  add (contents, "labels", DFI_DTYPE_U8, 1, n_files, build->label_bytes, build->plan->labels);
  add (contents, "maps", DFI_DTYPE_U8, sizeof (double), n_files, 4, build->maps);
  if (build->left_out->len > 0)
    add (contents, "left-out", DFI_DTYPE_U8, 1, 1, build->left_out->len, build->left_out->str);
  if (build->stage >= 2)
    add (contents, "mean", DFI_DTYPE_F32, sizeof (float), 1, layout->n_features, build->mean);
  if (build->stage == 3)
    {
      add (contents, "packed", DFI_DTYPE_U8, 1, build->rank, layout->row_bytes, build->packed);
      add (contents, "scale", DFI_DTYPE_F32, sizeof (float), build->rank, layout->n_stretches, build->scale);
    }
}

gboolean
dfi_build_save_partial (DfiBuild *build, const char *path, gboolean codes, GError **error)
{
  Contents contents = { .n = 0 };

  add_common (build, &contents);
  for (int i = 0; i < build->n_sums; i++)
    add (&contents, build->sums[i].name, DFI_DTYPE_F32, build->sums[i].width, build->sums[i].rows, build->sums[i].columns,
         build->sums[i].values);
  if (codes && build->n_coded > 0)
    add (&contents, "codes", DFI_DTYPE_F16, sizeof (guint16), build->n_coded, build->rank, NULL);
  return write_contents (build, &contents, "partial", path, error);
}

gboolean
dfi_build_save_basis (DfiBuild *build, const char *path, GError **error)
{
  Contents contents = { .n = 0 };

  add_common (build, &contents);
  if (build->stage == 2)
    add (&contents, "basis", DFI_DTYPE_F32, sizeof (float), build->rank, build->layout.n_features, build->basis);
  return write_contents (build, &contents, "basis", path, error);
}

/* ---------- reading ---------- */

static gboolean
damaged (const char *path, const char *what, GError **error)
{
  g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("“%s” is damaged: “%s” does not fit. Delete it and build again."), path,
               what);
  return FALSE;
}

gboolean
dfi_build_read_number (const DfiSafetensors *file, const char *key, guint64 min, guint64 max, guint64 *number, GError **error)
{
  const char *text = dfi_safetensors_metadata (file, key);

  return (text && g_ascii_string_to_unsigned (text, 10, min, max, number, NULL)) ||
         damaged (dfi_safetensors_path (file), key, error);
}

/* Tensor @name (rows, columns) of numbers of @width bytes to @values; whatever is not finite is damage. */
static gboolean
read_numbers (const DfiSafetensors *file,
              const char           *name,
              size_t                width,
              size_t                rows,
              size_t                columns,
              gpointer              values,
              GError              **error)
{
  gboolean         doubles = width == sizeof (double);
  size_t           shape[] = { doubles ? rows * columns : rows, doubles ? width : columns };
  const DfiTensor *tensor =
      dfi_safetensors_typed (file, name, width == sizeof (float) ? DFI_DTYPE_F32 : DFI_DTYPE_U8, 2, shape, error);

  if (! tensor)
    return FALSE;
  if (width == sizeof (float))
    return dfi_tensor_floats (tensor, dfi_safetensors_path (file), values, error);

  memcpy (values, tensor->data, rows * columns * width);
  for (size_t i = 0; doubles && i < rows * columns; i++)
    {
      union
      {
        guint64 bits;
        double  value;
      } number;

      memcpy (&number, (guint8 *) values + i * width, width);
      number.bits = GUINT64_FROM_LE (number.bits);
      memcpy ((guint8 *) values + i * width, &number, width);
      if (! isfinite (number.value))
        return damaged (dfi_safetensors_path (file), name, error);
    }
  return TRUE;
}

gboolean
dfi_build_read_maps (DfiBuild *build, const DfiSafetensors *file, size_t first, size_t end, GError **error)
{
  size_t         n    = build->plan->n_files;
  DfiSimilarity *maps = dfi_try_alloc (n, sizeof *maps, error);
  gboolean       done = maps && read_numbers (file, "maps", sizeof (double), n, 4, maps, error);

  if (done)
    memcpy (build->maps + first, maps + first, (end - first) * sizeof *maps);
  g_free (maps);
  return done;
}

gboolean
dfi_build_read_sums (DfiBuild *build, const DfiSafetensors *file, GError **error)
{
  for (int i = 0; i < build->n_sums; i++)
    {
      const DfiBuildSum *sum = &build->sums[i];

      if (! read_numbers (file, sum->name, sum->width, sum->rows, sum->columns, sum->values, error))
        return FALSE;
    }
  return TRUE;
}

/* Stage, rank and what the stage works with, but for the sums, the maps and the basis of stage 2. */
gboolean
dfi_build_read_head (DfiBuild *build, const DfiSafetensors *file, GError **error)
{
  size_t  length = build->layout.n_features;
  guint64 stage, rank;

  if (! dfi_build_read_number (file, "dfi.stage", 1, DFI_BUILD_STAGES, &stage, error) ||
      ! dfi_build_read_number (file, "dfi.rank", 1, G_MAXINT / 2, &rank, error))
    return FALSE;
  build->stage = stage;
  build->rank  = rank;

  if (stage >= 2 && (! (build->mean = dfi_try_alloc (length, sizeof (float), error)) ||
                     ! read_numbers (file, "mean", sizeof (float), 1, length, build->mean, error)))
    return FALSE;
  return stage < 3 || ((build->packed = dfi_try_alloc (rank, build->layout.row_bytes, error)) &&
                       (build->scale = dfi_try_alloc (rank * build->layout.n_stretches, sizeof (float), error)) &&
                       read_numbers (file, "packed", 1, rank, build->layout.row_bytes, build->packed, error) &&
                       read_numbers (file, "scale", sizeof (float), rank, build->layout.n_stretches, build->scale, error));
}

DfiSafetensors *
dfi_build_open_partial (const char *path, GError **error)
{
  return dfi_safetensors_open (path, "partial", VERSION, error);
}

static gboolean
check_plan (const DfiBuild *build, const DfiSafetensors *file, GError **error)
{
  if (g_strcmp0 (dfi_safetensors_metadata (file, "dfi.plan"), build->fingerprint) == 0)
    return TRUE;

  g_set_error (error, DFI_ERROR, DFI_ERROR_SHAPE,
               _ ("“%s” was made with other pictures, labels, weights or options. Give the same ones, or delete it (with "
                  "--restart if the build is one that was interrupted) and start over."),
               dfi_safetensors_path (file));
  return FALSE;
}

/* The rows that the codes belong to, at stage 3. */
static gboolean
unpack (DfiBuild *build, GError **error)
{
  const DfiLayout *layout = &build->layout;

  if (! (build->basis = dfi_try_alloc (build->rank, layout->n_features * sizeof (float), error)))
    return FALSE;
  for (size_t i = 0; i < (size_t) build->rank; i++)
    dfi_basis_unpack (layout, build->basis + i * layout->n_features, build->packed + i * layout->row_bytes,
                      build->scale + i * layout->n_stretches);
  return TRUE;
}

static gboolean
read_basis (DfiBuild *build, const DfiSafetensors *file, GError **error)
{
  size_t length = build->layout.n_features;

  return build->stage == 3 ? unpack (build, error)
                           : (build->basis = dfi_try_alloc (build->rank, length * sizeof (float), error)) &&
                                 read_numbers (file, "basis", sizeof (float), build->rank, length, build->basis, error);
}

gboolean
dfi_build_load_basis (DfiBuild *build, const char *path, GError **error)
{
  DfiSafetensors *file = dfi_safetensors_open (path, "basis", VERSION, error);
  gboolean        done = file && check_plan (build, file, error) && dfi_build_read_head (build, file, error);

  if (done && build->stage < 2)
    done = damaged (path, "dfi.stage", error);
  done = done && dfi_build_read_maps (build, file, 0, build->plan->n_files, error) && read_basis (build, file, error);
  dfi_safetensors_free (file);
  return done;
}

/* ---------- the folder ---------- */

/* The sums go last, since they say what else must be there. */
gboolean
dfi_build_save (DfiBuild *build, const char *folder, GError **error)
{
  char    *sums  = g_build_filename (folder, "sums", NULL);
  char    *basis = g_build_filename (folder, "basis", NULL);
  gboolean done  = TRUE;

  if (build->codes && (fflush (build->codes) != 0 || fsync (fileno (build->codes)) != 0))
    done = dfi_error_set_unwritable (error, folder);
  if (done && build->stage == 2 && ! build->basis_saved)
    done = build->basis_saved = dfi_build_save_basis (build, basis, error);
  done = done && dfi_build_save_partial (build, sums, FALSE, error);
  if (done && build->stage == 3)
    g_unlink (basis);

  g_free (basis);
  g_free (sums);
  return done;
}

/* Opens the codes' file with what counts of it, and stands behind that. */
gboolean
dfi_build_open_codes (DfiBuild *build, const char *folder, GError **error)
{
  char    *path = g_build_filename (folder, "codes", NULL);
  goffset  size = (goffset) build->n_coded * build->rank * sizeof (guint16);
  GStatBuf about;
  gboolean done;

  build->codes = g_fopen (path, build->n_coded > 0 ? "r+b" : "w+b");
  if (! build->codes || fstat (fileno (build->codes), &about) != 0)
    done = dfi_error_set_unwritable (error, path);
  else if (about.st_size < size)
    done = damaged (folder, "codes", error);
  else
    done = (ftruncate (fileno (build->codes), size) == 0 && fseeko (build->codes, size, SEEK_SET) == 0) ||
           dfi_error_set_unwritable (error, path);
  g_free (path);
  return done;
}

/* Tells of the pictures that were left out before. */
static void
tell_left_out (DfiBuild *build, const DfiSafetensors *file)
{
  const DfiTensor *tensor = dfi_safetensors_typed (file, "left-out", DFI_DTYPE_U8, 2, (size_t[]){ 1, 0 }, NULL);
  char           **lines;

  if (! tensor) /* none were */
    return;

  g_string_append_len (build->left_out, tensor->data, tensor->count);
  lines = g_strsplit (build->left_out->str, "\n", -1);
  for (int i = 0; lines[i] && *lines[i] && build->skip; i++)
    {
      char   *reason;
      guint64 place = g_ascii_strtoull (lines[i], &reason, 10);
      GError *error = g_error_new_literal (DFI_ERROR, DFI_ERROR_VALUE, *reason ? reason + 1 : "");

      if (place < build->plan->n_files)
        build->skip (build->plan->files[place], error, build->data);
      g_error_free (error);
    }
  g_strfreev (lines);
}

/* From a file of sums: everything but the sums themselves. */
static gboolean
read_state (DfiBuild *build, const DfiSafetensors *file, const char *basis, GError **error)
{
  const char *path = dfi_safetensors_path (file);
  guint64     shard, n_shards, next, coded, saved;

  if (! check_plan (build, file, error) || ! dfi_build_read_number (file, "dfi.shards", 1, G_MAXINT, &n_shards, error) ||
      ! dfi_build_read_number (file, "dfi.shard", 1, n_shards, &shard, error) ||
      ! dfi_build_read_number (file, "dfi.next", dfi_build_first (build, build->shard), dfi_build_end (build, build->shard),
                               &next, error) ||
      ! dfi_build_read_number (file, "dfi.coded", 0, build->plan->n_files, &coded, error))
    return FALSE;
  if ((int) shard != build->shard || (int) n_shards != build->n_shards)
    return damaged (path, "dfi.shard", error);

  build->next    = next;
  build->n_coded = coded;
  if (build->stage > 1) /* a shard has its basis from elsewhere, which must be the same */
    return dfi_build_read_number (file, "dfi.stage", build->stage, build->stage, &saved, error) &&
           dfi_build_read_number (file, "dfi.rank", build->rank, build->rank, &saved, error);

  tell_left_out (build, file);
  if (! dfi_build_read_number (file, "dfi.stage", 1, DFI_BUILD_STAGES, &saved, error))
    return FALSE;
  if (saved == 2)
    return dfi_build_load_basis (build, basis, error);
  return dfi_build_read_head (build, file, error) && dfi_build_read_maps (build, file, 0, build->plan->n_files, error) &&
         (build->stage == 1 || unpack (build, error));
}

/* The lock lies on the folder itself, and goes with the process that holds it. Where the file system knows no locks, there is none. */
int
dfi_build_lock (const char *folder, GError **error)
{
  int lock;

  if (g_mkdir_with_parents (folder, 0777) != 0 || (lock = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
    {
      dfi_error_set_unwritable (error, folder);
      return -1;
    }
  if (flock (lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
    return lock;

  close (lock);
  g_set_error (error, DFI_ERROR, DFI_ERROR_IO,
               _ ("Another build is at work in “%s”. Wait until it has ended, or give this one another name to write to."),
               folder);
  return -1;
}

static void
remove_files (const char *folder)
{
  static const char *names[] = { "sums", "basis", "codes" };

  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      char *path = g_build_filename (folder, names[i], NULL);

      g_unlink (path);
      g_free (path);
    }
}

gboolean
dfi_build_resume (DfiBuild *build, const char *folder, GError **error)
{
  char           *sums  = g_build_filename (folder, "sums", NULL);
  char           *basis = g_build_filename (folder, "basis", NULL);
  gboolean        there = g_file_test (sums, G_FILE_TEST_EXISTS) && ! build->plan->restart;
  DfiSafetensors *file  = NULL;
  gboolean        done  = TRUE;

  if (! there)
    remove_files (folder);
  if (there)
    done = (file = dfi_build_open_partial (sums, error)) && read_state (build, file, basis, error);
  done = done && dfi_build_start_stage (build, error);
  if (done && there)
    done = dfi_build_read_sums (build, file, error);
  if (done && build->stage == 3)
    done = dfi_build_open_codes (build, folder, error);

  dfi_safetensors_free (file);
  g_free (basis);
  g_free (sums);
  return done;
}

void
dfi_build_forget (const char *folder)
{
  remove_files (folder);
  g_rmdir (folder);
}

void
dfi_build_leave (const char *folder)
{
  char *sums = g_build_filename (folder, "sums", NULL);

  if (! g_file_test (sums, G_FILE_TEST_EXISTS))
    dfi_build_forget (folder);
  g_free (sums);
}
