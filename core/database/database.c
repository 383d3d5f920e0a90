/* database.c: rows stay in the file and are read where they are needed; all else is in memory, and known to be finite. */

#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include <json-glib/json-glib.h>

#include "base/error.h"
#include "base/vectorise.h"
#include "database/attribute-file.h"
#include "database/codes.h"
#include "database/metadata.h"
#include "files/safetensors-reader.h"

#define RANK_MAX (1 << 24) /* of the basis and of a detail: all together fit an int, and products of two a size_t */
#define MEAN_MAX 1e9f      /* of a feature's size: the weights of no network make larger ones of pictures, unless it is broken */

/* What there is of the whole frame's basis, or of a detail's. */
typedef struct
{
  const DfiSafetensors *file;
  const DfiTensor      *rows;  /* in it */
  float                *scale; /* (rank, S) */
  guint8               *codes; /* (N, rank) halves, all finite, little-endian */
} Parts;

struct _DfiDatabase
{
  DfiSafetensors *file;    /* the rows stay in it */
  JsonNode       *strings; /* of the attributes, as the file has them */
  GStringChunk   *words;   /* of the attributes, as a file beside it has them, or NULL */
  DfiFrame        frame;
  DfiAttribute   *attributes;   /* (A) */
  size_t         *counts;       /* (A) faces that have each */
  int             n_attributes; /* A */
  size_t          n_faces;      /* N, fits 32 bits */
  size_t          label_bytes;  /* ceil (A / 8) */
  float          *mean;         /* (D) */
  float          *predictor;    /* (A, r + 1) */
  guint8         *labels;       /* (N, ceil (A / 8)) */
  DfiTone        *tones;        /* (N) of the hair, or NULL */
  DfiBasis        basis;
  DfiDetail       details[DFI_DETAILS_MAX];
  int             n_details;
  Parts           parts[1 + DFI_DETAILS_MAX]; /* of the basis, then of each detail */
};

/* ---------- loading ---------- */

static gboolean
bad_field (const DfiDatabase *database, const char *field, GError **error)
{
  g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
               _ ("The field “%s” in the metadata of “%s” is missing or not usable; choose another database."), field,
               dfi_safetensors_path (database->file));
  return FALSE;
}

/* What a file NAME.attributes beside NAME.safetensors says of the attributes takes the place of what was said when the database
 * was built: words and strengths can be mended without building again. */
static gboolean
load_attribute_file (DfiDatabase *database, GError **error)
{
  const char   *path  = dfi_safetensors_path (database->file);
  const size_t  stem  = strlen (path) - (g_str_has_suffix (path, ".safetensors") ? strlen (".safetensors") : 0);
  char         *file  = g_strdup_printf ("%.*s.attributes", (int) stem, path);
  const char  **names = g_new (const char *, database->n_attributes);
  DfiAttribute *found = database->attributes;

  for (int i = 0; i < database->n_attributes; i++)
    names[i] = database->attributes[i].name;
  if (g_file_test (file, G_FILE_TEST_EXISTS))
    {
      database->words = g_string_chunk_new (4096);
      found = dfi_attributes_read (file, (const char *const *) names, database->n_attributes, NULL, database->words, error);
      if (found)
        {
          g_free (database->attributes);
          database->attributes = found;
        }
    }
  g_free (names);
  g_free (file);
  return found != NULL;
}

static gboolean
load_metadata (DfiDatabase *database, GError **error)
{
  const DfiSafetensors *file = database->file;

  if (! dfi_frame_parse (dfi_safetensors_metadata (file, "dfi.frame"), &database->frame))
    return bad_field (database, "dfi.frame", error);
  if (! dfi_layout_parse (dfi_safetensors_metadata (file, "dfi.taps"), &database->basis.layout))
    return bad_field (database, "dfi.taps", error);
  if (! dfi_details_parse (dfi_safetensors_metadata (file, "dfi.details"), &database->basis.layout, database->details,
                           &database->n_details))
    return bad_field (database, "dfi.details", error);
  if (! dfi_safetensors_metadata (file, "dfi.encoder"))
    return bad_field (database, "dfi.encoder", error);

  database->attributes  = dfi_attributes_parse (dfi_safetensors_metadata (file, "dfi.attributes"), dfi_safetensors_path (file),
                                                &database->strings, &database->n_attributes, error);
  database->label_bytes = dfi_labels_bytes (database->n_attributes);
  return database->attributes && load_attribute_file (database, error);
}

/* A small tensor of real numbers, copied. */
static float *
load_floats (const DfiDatabase *database, const char *name, int rank, const size_t *shape, GError **error)
{
  const DfiTensor *tensor = dfi_safetensors_typed (database->file, name, DFI_DTYPE_F32, rank, shape, error);
  float           *floats = tensor ? dfi_try_alloc (tensor->count, sizeof *floats, error) : NULL;

  if (floats && ! dfi_safetensors_floats (database->file, tensor, floats, error))
    g_clear_pointer (&floats, g_free);
  return floats;
}

/* Whether all @count values of the tensor @name are from @least to @most. */
static gboolean
check_range (const DfiDatabase *database,
             const char        *name,
             const float       *values,
             size_t             count,
             float              least,
             float              most,
             GError           **error)
{
  for (size_t i = 0; i < count; i++)
    if (values[i] < least || values[i] > most)
      {
        g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                     _ ("In “%s” the tensor “%s” has the value %g, which makes no sense there. Fetch the file again, or choose "
                        "another database."),
                     dfi_safetensors_path (database->file), name, values[i]);
        return FALSE;
      }
  return TRUE;
}

/* A half is finite unless all five bits of its exponent are set. */
static gboolean
check_codes (const DfiDatabase *database, const char *name, const guint8 *codes, size_t count, GError **error)
{
  gboolean finite = TRUE;

  for (size_t i = 0; i < count; i++)
    finite &= (codes[2 * i + 1] & 0x7c) != 0x7c;

  if (! finite)
    g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                 _ ("In “%s” the tensor “%s” has a value that is not a finite number; fetch the file again."),
                 dfi_safetensors_path (database->file), name);
  return finite;
}

static gboolean
read_rows (gpointer data, size_t first, size_t n, guint8 *packed, GError **error)
{
  const Parts *parts = data;
  DfiTensor    part  = *parts->rows;

  part.position += first;
  part.count = n;
  return dfi_safetensors_read (parts->file, &part, packed, error);
}

/* The tensor that is called @prefix and @name. */
static const DfiTensor *
find_tensor (const DfiDatabase *database,
             const char        *prefix,
             const char        *name,
             DfiDtype           dtype,
             const size_t       shape[2],
             GError           **error)
{
  char            *whole  = g_strconcat (prefix, name, NULL);
  const DfiTensor *tensor = dfi_safetensors_typed (database->file, whole, dtype, 2, shape, error);

  g_free (whole);
  return tensor;
}

/* @basis, whose layout is known, and its @parts, from the tensors that begin with @prefix. While N is 0, any number of codes
 * will do. */
static gboolean
load_basis (DfiDatabase *database, const char *prefix, DfiBasis *basis, Parts *parts, GError **error)
{
  const DfiLayout *layout = &basis->layout;
  const DfiTensor *rows   = find_tensor (database, prefix, "basis", DFI_DTYPE_U8, (size_t[]){ 0, layout->row_bytes }, error);
  const DfiTensor *scale, *codes;
  size_t           rank = rows ? rows->shape[0] : 0;

  scale = rows ? find_tensor (database, prefix, "scale", DFI_DTYPE_F32, (size_t[]){ rank, layout->n_stretches }, error) : NULL;
  codes = scale ? find_tensor (database, prefix, "codes", DFI_DTYPE_F16, (size_t[]){ database->n_faces, rank }, error) : NULL;
  if (! codes)
    return FALSE;
  if (rank > RANK_MAX || codes->shape[0] > G_MAXUINT32)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                   _ ("The database “%s” has more faces or directions than this program can count."),
                   dfi_safetensors_path (database->file));
      return FALSE;
    }

  *parts = (Parts){ .file = database->file, .rows = rows };
  if (! (parts->scale = load_floats (database, scale->name, 2, scale->shape, error)) ||
      ! (parts->codes = dfi_safetensors_load (database->file, codes, error)))
    return FALSE;

  database->n_faces = codes->shape[0];
  *basis            = (DfiBasis){ *layout, rank, parts->scale, read_rows, parts };
  return check_codes (database, codes->name, parts->codes, codes->count, error) &&
         check_range (database, scale->name, parts->scale, scale->count, 0.0f, DFI_BASIS_STEP_MAX, error);
}

static gboolean
load_details (DfiDatabase *database, GError **error)
{
  gboolean done = TRUE;

  for (int d = 0; done && d < database->n_details; d++)
    done = load_basis (database, dfi_detail_prefix (d), &database->details[d].basis, &database->parts[1 + d], error);
  return done;
}

/* A tone's number out of a half, of which every NaN is one that is not known. */
static float
tone_number (const guint8 *bytes)
{
  const guint16 half = bytes[0] | bytes[1] << 8;

  return (half & 0x7fff) > 0x7c00 ? NAN : dfi_half_to_float (half);
}

/* Chroma is known of no hair whose luma is not, and nothing is known by halves. */
static gboolean
check_tone (const DfiDatabase *database, const DfiTone *tone, GError **error)
{
  const gboolean seen = ! isnan (tone->luma), coloured = ! isnan (tone->cb);

  if (seen != ! isnan (tone->deviation) || coloured != ! isnan (tone->cr) || (coloured && ! seen))
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                   _ ("In “%s” the tensor “%s” has a value that is not a finite number; fetch the file again."),
                   dfi_safetensors_path (database->file), "tones");
      return FALSE;
    }
  return check_range (database, "tones", &tone->luma, 1, 0.0f, 1.0f, error) &&
         check_range (database, "tones", &tone->deviation, 1, 0.0f, 0.5f, error) &&
         check_range (database, "tones", &tone->cb, 1, -0.5f, 0.5f, error) &&
         check_range (database, "tones", &tone->cr, 1, -0.5f, 0.5f, error);
}

static gboolean
load_tones (DfiDatabase *database, GError **error)
{
  const DfiTensor *tones;
  guint8          *halves;
  gboolean         done;

  if (! dfi_safetensors_has (database->file, "tones"))
    return TRUE;
  if (! (tones = find_tensor (database, "", "tones", DFI_DTYPE_F16, (size_t[]){ database->n_faces, DFI_TONE_NUMBERS }, error)) ||
      ! (halves = dfi_safetensors_load (database->file, tones, error)))
    return FALSE;

  done = (database->tones = dfi_try_alloc (database->n_faces, sizeof *database->tones, error)) != NULL;
  for (size_t i = 0; done && i < database->n_faces; i++)
    {
      const guint8 *four = halves + 8 * i;

      database->tones[i] =
          (DfiTone){ tone_number (four), tone_number (four + 2), tone_number (four + 4), tone_number (four + 6) };
      done = check_tone (database, &database->tones[i], error);
    }
  g_free (halves);
  return done;
}

static gboolean
load_tensors (DfiDatabase *database, GError **error)
{
  const size_t     n_features = database->basis.layout.n_features, n_attributes = database->n_attributes;
  const DfiTensor *labels;

  if (! load_basis (database, "", &database->basis, &database->parts[0], error) || ! load_details (database, error) ||
      ! (labels =
             find_tensor (database, "", "labels", DFI_DTYPE_U8, (size_t[]){ database->n_faces, database->label_bytes }, error)))
    return FALSE;

  return (database->labels = dfi_safetensors_load (database->file, labels, error)) &&
         (database->mean = load_floats (database, "mean", 1, (size_t[]){ n_features }, error)) &&
         (database->predictor =
              load_floats (database, "predictor", 2, (size_t[]){ n_attributes, database->basis.rank + 1 }, error)) &&
         check_range (database, "mean", database->mean, n_features, -MEAN_MAX, MEAN_MAX, error) && load_tones (database, error);
}

static void
count_labels (DfiDatabase *database)
{
  database->counts = g_new0 (size_t, database->n_attributes);
  for (size_t face = 0; face < database->n_faces; face++)
    for (int a = 0; a < database->n_attributes; a++)
      database->counts[a] += dfi_labels_get (database->labels + face * database->label_bytes, a);
}

DfiDatabase *
dfi_database_peek (const char *path, GError **error)
{
  DfiSafetensors *file = dfi_safetensors_open (path, "database", DFI_DATABASE_VERSION, error);
  DfiDatabase    *database;

  if (! file)
    return NULL;

  database       = g_new0 (DfiDatabase, 1);
  database->file = file;
  if (load_metadata (database, error) && load_tensors (database, error))
    count_labels (database);
  else
    g_clear_pointer (&database, dfi_database_free);
  return database;
}

/* The hash is what the file claims; that the features have the length that it says is checked besides, since whoever asks
 * for a direction hands over features of the encoder's length. */
static gboolean
check_encoder (const DfiDatabase *database, const DfiEncoder *encoder, GError **error)
{
  DfiLayout layout = { .taps = database->basis.layout.taps, .chroma = database->basis.layout.chroma };
  int       size   = database->frame.size;
  gboolean  fits;

  fits = strcmp (dfi_safetensors_metadata (database->file, "dfi.encoder"), dfi_encoder_sha256 (encoder)) == 0;
  if (fits)
    {
      if (! dfi_layout_shape (&layout, encoder, size, error))
        return FALSE;
      fits = dfi_layout_equal (&layout, &database->basis.layout);
    }

  if (! fits)
    g_set_error (error, DFI_ERROR, DFI_ERROR_SHAPE,
                 _ ("The database “%s” was built with other weights than “%s”. Choose the weights that it was built with, or "
                    "build a database with these."),
                 dfi_safetensors_path (database->file), dfi_encoder_path (encoder));
  return fits;
}

DfiDatabase *
dfi_database_open (const char *path, const DfiEncoder *encoder, GError **error)
{
  DfiDatabase *database = dfi_database_peek (path, error);

  if (database && ! check_encoder (database, encoder, error))
    g_clear_pointer (&database, dfi_database_free);
  return database;
}

void
dfi_database_free (DfiDatabase *database)
{
  if (! database)
    return;

  for (size_t i = 0; i < G_N_ELEMENTS (database->parts); i++)
    {
      g_free (database->parts[i].codes);
      g_free (database->parts[i].scale);
    }
  g_free (database->tones);
  g_free (database->labels);
  g_free (database->predictor);
  g_free (database->mean);
  g_free (database->counts);
  g_free (database->attributes);
  g_clear_pointer (&database->words, g_string_chunk_free);
  g_clear_pointer (&database->strings, json_node_unref);
  dfi_safetensors_free (database->file);
  g_free (database);
}

/* ---------- a look inside ---------- */

const char *
dfi_database_path (const DfiDatabase *database)
{
  return dfi_safetensors_path (database->file);
}

const char *
dfi_database_metadata (const DfiDatabase *database, const char *key)
{
  return dfi_safetensors_metadata (database->file, key);
}

const DfiFrame *
dfi_database_frame (const DfiDatabase *database)
{
  return &database->frame;
}

DfiTaps
dfi_database_taps (const DfiDatabase *database)
{
  return database->basis.layout.taps;
}

size_t
dfi_database_n_faces (const DfiDatabase *database)
{
  return database->n_faces;
}

int
dfi_database_rank (const DfiDatabase *database)
{
  return database->basis.rank;
}

size_t
dfi_database_n_features (const DfiDatabase *database)
{
  return database->basis.layout.n_features;
}

int
dfi_database_n_attributes (const DfiDatabase *database)
{
  return database->n_attributes;
}

const DfiAttribute *
dfi_database_attribute (const DfiDatabase *database, int attribute)
{
  g_return_val_if_fail (attribute >= 0 && attribute < database->n_attributes, NULL);

  return &database->attributes[attribute];
}

size_t
dfi_database_count (const DfiDatabase *database, int attribute)
{
  g_return_val_if_fail (attribute >= 0 && attribute < database->n_attributes, 0);

  return database->counts[attribute];
}

size_t
dfi_database_lacking (const DfiDatabase *database, int attribute)
{
  size_t lacking = 0;

  g_return_val_if_fail (attribute >= 0 && attribute < database->n_attributes, 0);

  for (size_t face = 0; face < database->n_faces; face++)
    lacking += dfi_database_side (database, face, attribute) < 0;
  return lacking;
}

size_t
dfi_database_n_tones (const DfiDatabase *database)
{
  size_t known = 0;

  for (size_t face = 0; database->tones && face < database->n_faces; face++)
    known += ! isnan (database->tones[face].luma);
  return known;
}

/* ---------- faces and codes ---------- */

const float *
dfi_database_mean (const DfiDatabase *database)
{
  return database->mean;
}

const DfiBasis *
dfi_database_basis (const DfiDatabase *database)
{
  return &database->basis;
}

/* The details' numbers of @code (c), whose first r are those of @centred (D), which becomes what these leave over. */
static gboolean
project_rest (const DfiDatabase *database, double *code, float *centred, GError **error)
{
  const DfiLayout *layout = &database->basis.layout;
  const double    *first  = code;
  float           *known  = database->n_details > 0 ? dfi_try_alloc (layout->n_features, sizeof *known, error) : NULL;
  gboolean         done   = known && dfi_basis_combine (&database->basis, &known, &first, 1, error);

  for (size_t i = 0; done && i < layout->n_features; i++)
    centred[i] -= known[i];
  code += database->basis.rank;
  for (int d = 0; done && d < database->n_details; code += database->details[d++].basis.rank)
    {
      dfi_detail_take (layout, &database->details[d], centred, known);
      done = dfi_basis_project (&database->details[d].basis, code, known, error);
    }
  g_free (known);
  return done || database->n_details == 0;
}

gboolean
dfi_database_project (const DfiDatabase *database, double *code, const float *features, GError **error)
{
  const size_t n       = database->basis.layout.n_features;
  float       *centred = dfi_try_alloc (n, sizeof *centred, error);
  gboolean     done;

  if (! centred)
    return FALSE;

  for (size_t i = 0; i < n; i++)
    centred[i] = features[i] - database->mean[i];
  done = dfi_basis_project (&database->basis, code, centred, error) && project_rest (database, code, centred, error);
  g_free (centred);
  return done;
}

const DfiDetail *
dfi_database_details (const DfiDatabase *database, int *n)
{
  *n = database->n_details;
  return database->details;
}

int
dfi_database_code_length (const DfiDatabase *database)
{
  int length = database->basis.rank;

  for (int d = 0; d < database->n_details; d++)
    length += database->details[d].basis.rank;
  return length;
}

/* A search for neighbours reads millions of them. */
DFI_VECTORISE
static void
read_halves (const guint8 *halves, size_t n, float *numbers)
{
  for (size_t i = 0; i < n; i++)
    {
      guint16 half;

      memcpy (&half, halves + 2 * i, sizeof half);
      numbers[i] = dfi_half_to_float (GUINT16_FROM_LE (half));
    }
}

void
dfi_database_code (const DfiDatabase *database, size_t face, float *code)
{
  read_halves (database->parts[0].codes + 2 * face * database->basis.rank, database->basis.rank, code);
  code += database->basis.rank;
  for (int d = 0; d < database->n_details; code += database->details[d++].basis.rank)
    {
      const size_t rank = database->details[d].basis.rank;

      read_halves (database->parts[1 + d].codes + 2 * face * rank, rank, code);
    }
}

int
dfi_database_side (const DfiDatabase *database, size_t face, int attribute)
{
  return dfi_labels_side (database->labels + face * database->label_bytes, database->attributes, attribute);
}

const DfiTone *
dfi_database_tones (const DfiDatabase *database)
{
  return database->tones;
}

const float *
dfi_database_rule (const DfiDatabase *database, int attribute)
{
  return database->predictor + attribute * (database->basis.rank + 1);
}

double
dfi_database_predict (const DfiDatabase *database, int attribute, const float *code)
{
  size_t       rank  = database->basis.rank;
  const float *rule  = dfi_database_rule (database, attribute);
  double       score = rule[rank];

  for (size_t r = 0; r < rank; r++)
    score += rule[r] * code[r];
  return score;
}
