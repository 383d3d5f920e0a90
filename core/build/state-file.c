#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "build/state-file.h"
#include "database/metadata.h"

#define VERSION     1
#define PIECE       ((size_t) 4 << 20) /* numbers between questions whether to go on */
#define MAX_TENSORS (8 + 2 * DFI_BUILD_DETAILS + DFI_SUMS_MAX)

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

static void
add_pair (GStrvBuilder *metadata, const char *key, const char *value)
{
  g_strv_builder_add (metadata, key);
  g_strv_builder_add (metadata, value);
}

static void
add_number (GStrvBuilder *metadata, const char *key, guint64 number)
{
  char text[24];

  g_snprintf (text, sizeof text, "%" G_GUINT64_FORMAT, number);
  add_pair (metadata, key, text);
}

GStrvBuilder *
dfi_state_metadata (const DfiBuildState *state, const char *kind, int version)
{
  const DfiBuildPlan *plan       = state->plan;
  char               *frame      = dfi_frame_print (&plan->framing.frame);
  char               *taps       = dfi_layout_print (&state->layout);
  char               *attributes = dfi_attributes_print (plan->attributes, plan->n_attributes);
  GStrvBuilder       *metadata   = g_strv_builder_new ();

  add_pair (metadata, "dfi.kind", kind);
  add_number (metadata, "dfi.version", version);
  add_pair (metadata, "dfi.encoder", state->encoder);
  add_pair (metadata, "dfi.taps", taps);
  add_pair (metadata, "dfi.frame", frame);
  add_pair (metadata, "dfi.attributes", attributes);
  add_pair (metadata, "dfi.provenance", plan->provenance ? plan->provenance : "");
  g_free (attributes);
  g_free (taps);
  g_free (frame);
  return metadata;
}

/* The metadata of a partial file or a basis file.  Free with g_strfreev(). */
static char **
own_metadata (const DfiBuildState *state, const char *kind)
{
  GStrvBuilder *metadata = dfi_state_metadata (state, kind, VERSION);
  char        **list;

  add_pair (metadata, "dfi.plan", state->fingerprint);
  add_number (metadata, "dfi.rows", state->plan->rows);
  if (state->plan->detail_rows > 0)
    add_number (metadata, "dfi.detail-rows", state->plan->detail_rows);
  if (state->tones)
    add_number (metadata, "dfi.tones", 1);
  add_number (metadata, "dfi.stage", state->stage);
  add_number (metadata, "dfi.rank", state->bases[0].rank);
  add_number (metadata, "dfi.shard", state->shard);
  add_number (metadata, "dfi.shards", state->n_shards);
  add_number (metadata, "dfi.next", state->next);
  add_number (metadata, "dfi.coded", state->codes ? dfi_codes_file_count (state->codes) : 0);
  list = g_strv_builder_end (metadata);
  g_strv_builder_unref (metadata);
  return list;
}

/* There may be a gigabyte of them. */
static gboolean
write_numbers (const DfiBuildState  *state,
               DfiSafetensorsWriter *writer,
               const guint8         *values,
               size_t                n,
               size_t                width,
               GError              **error)
{
  gboolean done = TRUE;

  for (size_t at = 0; done && at < n; at += PIECE)
    done = (dfi_state_go_on ((gpointer) state) || dfi_error_set_cancelled (error)) &&
           dfi_safetensors_append_numbers (writer, values + at * width, MIN (PIECE, n - at), width, error);
  return done;
}

static gboolean
write_contents (const DfiBuildState *state, const Contents *contents, const char *kind, const char *path, GError **error)
{
  const size_t          length   = dfi_state_code_length (state);
  char                **metadata = own_metadata (state, kind);
  DfiSafetensorsWriter *writer =
      dfi_safetensors_create (path, (const char *const *) metadata, contents->tensors, contents->n, error);
  gboolean done = writer != NULL;

  for (int i = 0; done && i < contents->n; i++)
    done = contents->values[i] ? write_numbers (state, writer, contents->values[i], contents->count[i], contents->width[i], error)
                               : dfi_codes_file_copy (state->codes, length, 0, length, writer, error);
  if (done)
    done = dfi_safetensors_commit (writer, error);
  else
    dfi_safetensors_discard (writer);
  g_strfreev (metadata);
  return done;
}

static void
add_basis (Contents *contents, const DfiBuildBasis *basis, gboolean rows)
{
  const DfiLayout *layout = &basis->layout;

  if (basis->packed)
    {
      add (contents, dfi_build_basis_tensor (basis, "packed"), DFI_DTYPE_U8, 1, basis->rank, layout->row_bytes, basis->packed);
      add (contents, dfi_build_basis_tensor (basis, "scale"), DFI_DTYPE_F32, sizeof (float), basis->rank, layout->n_stretches,
           basis->scale);
    }
  else if (rows && basis->rows)
    {
      add (contents, dfi_build_basis_tensor (basis, "basis"), DFI_DTYPE_F32, sizeof (float), basis->rank, layout->n_features,
           basis->rows);
    }
}

/* What partial and basis files have in common; the basis only where it is asked for and not packed yet. */
static void
add_common (const DfiBuildState *state, Contents *contents, gboolean basis)
{
  size_t n_files = state->plan->n_files;

  add (contents, "labels", DFI_DTYPE_U8, 1, n_files, dfi_labels_bytes (state->plan->n_attributes), state->plan->labels);
  add (contents, "maps", DFI_DTYPE_U8, sizeof (double), n_files, 4, state->maps);
  if (state->left_out->len > 0)
    add (contents, "left-out", DFI_DTYPE_U8, 1, 1, state->left_out->len, state->left_out->str);
  if (state->mean)
    add (contents, "mean", DFI_DTYPE_F32, sizeof (float), 1, state->layout.n_features, state->mean);
  for (int b = 0; b <= dfi_state_details (state); b++)
    add_basis (contents, &state->bases[b], basis);
}

gboolean
dfi_state_save_partial (const DfiBuildState *state, const char *path, gboolean codes, GError **error)
{
  Contents contents = { .n = 0 };

  add_common (state, &contents, FALSE);
  for (int i = 0; i < state->sums.n; i++)
    {
      const DfiSum *sum = &state->sums.sums[i];

      add (&contents, sum->name, DFI_DTYPE_F32, sum->width, sum->rows, sum->columns, sum->values);
    }
  if (codes && dfi_codes_file_count (state->codes) > 0)
    add (&contents, "codes", DFI_DTYPE_F16, sizeof (guint16), dfi_codes_file_count (state->codes), dfi_state_code_length (state),
         NULL);
  return write_contents (state, &contents, "partial", path, error);
}

gboolean
dfi_state_save_basis (const DfiBuildState *state, const char *path, GError **error)
{
  Contents contents = { .n = 0 };

  add_common (state, &contents, TRUE);
  return write_contents (state, &contents, "basis", path, error);
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
dfi_state_read_number (const DfiSafetensors *file, const char *key, guint64 min, guint64 max, guint64 *number, GError **error)
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
    return dfi_safetensors_floats (file, tensor, values, error);

  if (! dfi_safetensors_read (file, tensor, values, error))
    return FALSE;
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
dfi_state_read_maps (DfiBuildState *state, const DfiSafetensors *file, size_t first, size_t end, GError **error)
{
  size_t         n    = state->plan->n_files;
  DfiSimilarity *maps = dfi_try_alloc (n, sizeof *maps, error);
  gboolean       done = maps && read_numbers (file, "maps", sizeof (double), n, 4, maps, error);

  if (done)
    memcpy (state->maps + first, maps + first, (end - first) * sizeof *maps);
  g_free (maps);
  return done;
}

gboolean
dfi_state_read_sums (DfiBuildState *state, const DfiSafetensors *file, GError **error)
{
  for (int i = 0; i < state->sums.n; i++)
    {
      const DfiSum *sum = &state->sums.sums[i];

      if (! read_numbers (file, sum->name, sum->width, sum->rows, sum->columns, sum->values, error))
        return FALSE;
    }
  return TRUE;
}

/* Tensor @name (rows, columns) to a new block at @values, when the file has it. */
static gboolean
read_optional (const DfiSafetensors *file,
               const char           *name,
               size_t                width,
               size_t                rows,
               size_t                columns,
               gpointer             *values,
               GError              **error)
{
  if (! dfi_safetensors_tensor (file, name, 2, (size_t[]){ 0, 0 }, NULL))
    return TRUE;

  g_free (*values);
  *values = dfi_try_alloc (rows, columns * width, error);
  return *values && read_numbers (file, name, width, rows, columns, *values, error);
}

/* What the file has of @basis.  The rank of the whole frame's is known; a detail's, which is 0 before, the file says. */
static gboolean
read_basis (const DfiSafetensors *file, DfiBuildBasis *basis, GError **error)
{
  const DfiLayout *layout = &basis->layout;
  const char      *packed = dfi_build_basis_tensor (basis, "packed");
  const DfiTensor *tensor = dfi_safetensors_tensor (file, packed, 2, (size_t[]){ 0, 0 }, NULL);

  if (basis->rank == 0 && ! tensor)
    return TRUE;
  if (basis->rank == 0)
    basis->rank = MIN (tensor->shape[0], G_MAXINT / 8);
  return read_optional (file, packed, 1, basis->rank, layout->row_bytes, (gpointer *) &basis->packed, error) &&
         read_optional (file, dfi_build_basis_tensor (basis, "scale"), sizeof (float), basis->rank, layout->n_stretches,
                        (gpointer *) &basis->scale, error) &&
         read_optional (file, dfi_build_basis_tensor (basis, "basis"), sizeof (float), basis->rank, layout->n_features,
                        (gpointer *) &basis->rows, error);
}

gboolean
dfi_state_read_found (DfiBuildState *state, const DfiSafetensors *file, GError **error)
{
  guint64  stage, rank;
  gboolean done;

  if (! dfi_state_read_number (file, "dfi.stage", 1, dfi_plan_stages (state->plan), &stage, error) ||
      ! dfi_state_read_number (file, "dfi.rank", 1, G_MAXINT / 8, &rank, error))
    return FALSE;
  state->stage         = stage;
  state->bases[0].rank = rank;
  done = read_optional (file, "mean", sizeof (float), 1, state->layout.n_features, (gpointer *) &state->mean, error);
  for (int b = 0; done && b <= dfi_state_details (state); b++)
    done = read_basis (file, &state->bases[b], error);
  return done;
}

DfiSafetensors *
dfi_state_open_partial (const char *path, GError **error)
{
  return dfi_safetensors_open (path, "partial", VERSION, error);
}

gboolean
dfi_state_check_plan (const DfiBuildState *state, const DfiSafetensors *file, GError **error)
{
  if (g_strcmp0 (dfi_safetensors_metadata (file, "dfi.plan"), state->fingerprint) == 0)
    return TRUE;

  g_set_error (error, DFI_ERROR, DFI_ERROR_OTHER_BUILD, _ ("“%s” was made with other pictures, labels, weights or options."),
               dfi_safetensors_path (file));
  return FALSE;
}

gboolean
dfi_state_load_basis (DfiBuildState *state, const char *path, GError **error)
{
  DfiSafetensors *file = dfi_safetensors_open (path, "basis", VERSION, error);
  gboolean        done = file && dfi_state_check_plan (state, file, error) && dfi_state_read_found (state, file, error) &&
                  dfi_state_read_maps (state, file, 0, state->plan->n_files, error);

  dfi_safetensors_free (file);
  return done;
}
