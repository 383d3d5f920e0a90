/* Databases of faces: the quantised basis, building, opening good and bad files, directions, and what people ask for. */

#include "config.h"

#include <math.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib/gstdio.h>

#include "database/basis.h"
#include "build/build.h"
#include "common.h"
#include "database/direction.h"
#include "database/codes.h"
#include "database/face-features.h"
#include "edit.h"
#include "files/safetensors-reader.h"
#include "network/pass.h"
#include "files/safetensors-writer.h"
#include "picture/chroma.h"
#include "picture/colour.h"
#include "picture/photo.h"

#define SIDE     48 /* of the pictures; taps 12x12, 6x6 and 3x3, so that there are odd stretches */
#define N_CHROMA (2 * (SIDE / DFI_CHROMA_CELL) * (SIDE / DFI_CHROMA_CELL))
#define N_FACES  120
#define ROWS     24

static char *folder;

/* ---------- basis ---------- */

static const DfiLayout odd_layout = { .taps = DFI_TAPS_PAPER, .shape = { { 3, 5, 5 }, { 4, 3, 3 }, { 2, 70, 71 } } };

/* Sums of uniform numbers, which are nearly normal; channels differ in size. */
static float *
random_row (const DfiLayout *layout, int seed)
{
  float *row  = g_new0 (float, layout->n_features);
  float *part = g_new (float, layout->n_features);

  for (int s = 0; s < 6; s++)
    {
      test_uniform (100 * seed + s, part, layout->n_features);
      for (size_t i = 0; i < layout->n_features; i++)
        row[i] += (part[i] - 0.5f) * (1 + i * 20 / layout->n_features);
    }
  g_free (part);
  return row;
}

static void
test_layout (void)
{
  DfiLayout layout = odd_layout;

  g_assert_true (dfi_layout_complete (&layout));
  g_assert_cmpuint (layout.n_features, ==, 75 + 36 + 9940);
  g_assert_cmpuint (layout.n_stretches, ==, 9);
  g_assert_cmpuint (layout.row_bytes, ==, 3 * 13 + 4 * 5 + 4970);

  layout.shape[1][0] = 0;
  g_assert_false (dfi_layout_complete (&layout));
  layout.shape[1][0] = G_MAXSIZE / 4;
  g_assert_false (dfi_layout_complete (&layout));
  layout.shape[1][0] = 1 << 28;
  g_assert_false (dfi_layout_complete (&layout));
}

/* The least squared error of 16 even steps for normally distributed numbers is 1.15% of their energy (Max, "Quantizing for
 * minimum distortion", 1960, table II). */
static void
test_quantise (void)
{
  DfiLayout layout = odd_layout;
  float    *row, *back, *scale;
  guint8   *packed;
  double    energy = 0.0, noise = 0.0;

  g_assert_true (dfi_layout_complete (&layout));
  row    = random_row (&layout, 1);
  back   = g_new (float, layout.n_features);
  packed = g_malloc (layout.row_bytes);
  scale  = g_new (float, layout.n_stretches);

  dfi_basis_quantise (&layout, packed, scale, row);
  dfi_basis_unpack (&layout, back, packed, scale);
  for (size_t i = 0; i < layout.n_features; i++)
    {
      energy += row[i] * row[i];
      noise += (row[i] - back[i]) * (row[i] - back[i]);
    }
  g_test_message ("noise is %.4f of the energy", noise / energy);
  g_assert_cmpfloat (noise, <, 0.0125 * energy);

  memset (row, 0, layout.n_features * sizeof *row);
  row[80] = 1e-38f;
  dfi_basis_quantise (&layout, packed, scale, row);
  dfi_basis_unpack (&layout, back, packed, scale);
  for (size_t i = 0; i < layout.n_features; i++)
    g_assert_cmpfloat (fabsf (back[i]), <=, 1e-38f);

  g_free (scale);
  g_free (packed);
  g_free (back);
  g_free (row);
}

/* Both products against plain sums over the unpacked rows. */
static void
test_products (void)
{
  enum
  {
    RANK = 5
  };
  DfiBasis basis = { .layout = odd_layout, .rank = RANK };
  float   *rows[RANK], *features, *sum;
  float   *scale;
  guint8  *packed;
  double   code[RANK], worst = 0.0;

  g_assert_true (dfi_layout_complete (&basis.layout));
  packed   = g_malloc (RANK * basis.layout.row_bytes);
  scale    = g_new (float, RANK *basis.layout.n_stretches);
  features = random_row (&basis.layout, 50);
  sum      = g_new (float, basis.layout.n_features);
  for (int r = 0; r < RANK; r++)
    {
      rows[r] = random_row (&basis.layout, r);
      dfi_basis_quantise (&basis.layout, packed + r * basis.layout.row_bytes, scale + r * basis.layout.n_stretches, rows[r]);
      dfi_basis_unpack (&basis.layout, rows[r], packed + r * basis.layout.row_bytes, scale + r * basis.layout.n_stretches);
    }
  basis.packed = packed;
  basis.scale  = scale;

  dfi_basis_project (&basis, code, features);
  for (int r = 0; r < RANK; r++)
    {
      double expected = 0.0, size = 0.0;

      for (size_t i = 0; i < basis.layout.n_features; i++)
        {
          expected += (double) rows[r][i] * features[i];
          size += fabs ((double) rows[r][i] * features[i]);
        }
      g_assert_cmpfloat (fabs (code[r] - expected), <, 1e-6 * size);
    }

  for (int r = 0; r < RANK; r++)
    code[r] = r - 1.5;
  dfi_basis_combine (&basis, sum, code);
  for (size_t i = 0; i < basis.layout.n_features; i++)
    {
      double expected = 0.0;

      for (int r = 0; r < RANK; r++)
        expected += code[r] * rows[r][i];
      worst = MAX (worst, fabs (sum[i] - expected));
    }
  g_assert_cmpfloat (worst, <, 1e-4); /* entries reach 50 */

  for (int r = 0; r < RANK; r++)
    g_free (rows[r]);
  g_free (sum);
  g_free (features);
  g_free (scale);
  g_free (packed);
}

/* ---------- pictures and a database of them ---------- */

enum
{
  SMILING,
  FROWNING,
  MALE,
  FEMALE,
  BEARD,
  RARE,
  EVERYONE,
  OPEN_MOUTH,
  N_ATTRIBUTES
};

static const DfiAttribute attributes[N_ATTRIBUTES] = {
  [SMILING]    = { "smiling", "Smiling", "Frowning", "expression", FROWNING, { -1 }, 2.0, DFI_REGION_FACE, FALSE },
  [FROWNING]   = { "frowning", "Frowning", "Smiling", "expression", SMILING, { -1 }, 2.0, DFI_REGION_FACE, FALSE },
  [MALE]       = { "male", "Male", "Female", "people", FEMALE, { -1 }, 1.5, DFI_REGION_HEAD, FALSE },
  [FEMALE]     = { "female", "Female", "Male", "people", MALE, { -1 }, 1.5, DFI_REGION_HEAD, FALSE },
  [BEARD]      = { "beard", "Beard", NULL, NULL, -1, { MALE, -1 }, 2.5, DFI_REGION_FACE, TRUE },
  [RARE]       = { "rare", "Rare", NULL, NULL, -1, { -1 }, 2.0, DFI_REGION_FACE, FALSE },
  [EVERYONE]   = { "everyone", "Everyone", NULL, NULL, -1, { -1 }, 2.0, DFI_REGION_FACE, FALSE },
  [OPEN_MOUTH] = { "open-mouth", "Open", NULL, NULL, -1, { MALE, -1 }, 2.0, DFI_REGION_FACE, FALSE },
};

/* Every tenth face has no known sex, though it looks like one. */
static gboolean
face_has (size_t face, int attribute)
{
  gboolean male = face % 2 == 0;

  switch (attribute)
    {
    case SMILING: return face / 2 % 3 == 0;
    case FROWNING: return face / 2 % 3 == 1;
    case MALE: return male && face % 10 != 4;
    case FEMALE: return ! male && face % 10 != 5;
    case BEARD: return male && face / 4 % 2 == 0;
    case RARE: return face < 5;
    case EVERYONE: return TRUE;
    case OPEN_MOUTH: return face / 8 % 2 == 0;
    default: return FALSE;
    }
}

static void
fill (GdkPixbuf *pixbuf, int x, int y, int width, int height, int value)
{
  guint8 *pixels = gdk_pixbuf_get_pixels (pixbuf);

  for (int i = y; i < y + height; i++)
    memset (pixels + i * gdk_pixbuf_get_rowstride (pixbuf) + 3 * x, value, 3 * width);
}

static void
draw_face (const char *path, size_t face, int side)
{
  GdkPixbuf *pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, side, side);
  int        unit   = side / 12;
  guint8    *pixels = gdk_pixbuf_get_pixels (pixbuf);
  GError    *error  = NULL;

  fill (pixbuf, 0, 0, side, side, face % 2 == 0 ? 60 : 160);
  fill (pixbuf, 3 * unit, 4 * unit, unit, unit, 0);
  fill (pixbuf, 8 * unit, 4 * unit, unit, unit, 0);
  fill (pixbuf, 4 * unit, 9 * unit, 4 * unit, unit, face_has (face, SMILING) ? 255 : face_has (face, FROWNING) ? 0 : 120);
  if (face_has (face, BEARD))
    fill (pixbuf, 2 * unit, 10 * unit, 8 * unit, 2 * unit, 20);
  if (face_has (face, OPEN_MOUTH))
    fill (pixbuf, 5 * unit, 8 * unit, 2 * unit, unit, 0);
  for (int i = 0; i < side * gdk_pixbuf_get_rowstride (pixbuf); i++)
    pixels[i] = CLAMP (pixels[i] + (int) (test_random (7000 + face, i) >> 59) - 16, 0, 255);

  gdk_pixbuf_save (pixbuf, path, "png", &error, NULL);
  g_assert_no_error (error);
  g_object_unref (pixbuf);
}

/* A plan with everything that it points to. */
typedef struct
{
  DfiBuildPlan plan;
  char       **files;
  guint8      *labels;
} Pictures;

static Pictures
pictures_new (size_t n, int side, int rows)
{
  Pictures pictures = { .plan   = { .folder            = folder,
                                    .n_files           = n,
                                    .attributes        = attributes,
                                    .n_attributes      = N_ATTRIBUTES,
                                    .framing.kind      = DFI_FRAMING_RECTANGLE,
                                    .framing.rectangle = { 0, 0, side, side },
                                    .framing.frame     = { side, { 0.3 * side, 18, 0.7 * side, 18 }, { 0.5 * side, 38 }, FALSE },
                                    .rows              = rows,
                                    .taps              = DFI_TAPS_PAPER,
                                    .provenance        = "drawn by a test" },
                        .files  = g_new0 (char *, n + 1),
                        .labels = g_malloc0 (n) };

  for (size_t face = 0; face < n; face++)
    {
      char *path;

      pictures.files[face] = g_strdup_printf ("%d-%03d.png", side, (int) face);
      path                 = g_build_filename (folder, pictures.files[face], NULL);
      if (! g_file_test (path, G_FILE_TEST_EXISTS))
        draw_face (path, face, side);
      g_free (path);
      for (int a = 0; a < N_ATTRIBUTES; a++)
        pictures.labels[face] |= face_has (face, a) << a;
    }
  pictures.plan.files  = (const char *const *) pictures.files;
  pictures.plan.labels = pictures.labels;
  return pictures;
}

static void
pictures_clear (Pictures *pictures)
{
  g_strfreev (pictures->files);
  g_free (pictures->labels);
}

static DfiEncoder *
random_encoder (int base)
{
  GError     *error = NULL;
  char       *path  = test_weights_new (folder, base);
  DfiEncoder *encoder;

  encoder = dfi_encoder_new_from_file (path, &error);
  g_assert_no_error (error);
  g_free (path);
  return encoder;
}

static char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

/* Builds with random weights of base width 2; returns the path. */
static char *
build_database (const char *name, size_t n, int side, int rows)
{
  DfiEncoder *encoder  = random_encoder (2);
  Pictures    pictures = pictures_new (n, side, rows);
  char       *path     = in_folder (name);
  GError     *error    = NULL;

  dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  pictures_clear (&pictures);
  dfi_encoder_free (encoder);
  return path;
}

/* The database that most tests look at, with what they ask it. */
static struct
{
  char        *path;
  DfiEncoder  *encoder;
  DfiPass     *pass;
  DfiDatabase *database;
} fixture;

static void
fixture_init (void)
{
  GError *error = NULL;

  if (fixture.path)
    return;
  fixture.path    = build_database ("faces.safetensors", N_FACES, SIDE, ROWS);
  fixture.encoder = random_encoder (2);
  fixture.pass    = dfi_pass_new (fixture.encoder, DFI_TAPS_PAPER, SIDE, SIDE, &error);
  g_assert_no_error (error);
  fixture.database = dfi_database_open (fixture.path, fixture.encoder, &error);
  g_assert_no_error (error);
}

static void
fixture_clear (void)
{
  dfi_database_free (fixture.database);
  dfi_pass_free (fixture.pass);
  dfi_encoder_free (fixture.encoder);
  g_free (fixture.path);
}

static float *
features_of_face (size_t face)
{
  char     *name  = g_strdup_printf ("%d-%03d.png", SIDE, (int) face);
  char     *path  = in_folder (name);
  GError   *error = NULL;
  DfiPhoto *photo = dfi_photo_load (path, NULL, &error);
  DfiImage *luma;
  float    *features = g_new (float, dfi_database_n_features (fixture.database));

  g_assert_no_error (error);
  luma = dfi_colour_grey (photo->image, &error);
  g_assert_no_error (error);
  dfi_features_compute (&dfi_database_basis (fixture.database)->layout, fixture.pass, luma, photo->image, features);
  dfi_image_free (luma);
  dfi_photo_free (photo);
  g_free (path);
  g_free (name);
  return features;
}

static void
test_look_inside (void)
{
  const DfiAttribute *beard;

  fixture_init ();
  g_assert_cmpuint (dfi_database_n_faces (fixture.database), ==, N_FACES);
  g_assert_cmpint (dfi_database_rank (fixture.database), <=, ROWS);
  g_assert_cmpint (dfi_database_rank (fixture.database), >, ROWS / 2);
  g_assert_cmpuint (dfi_database_n_features (fixture.database), ==, dfi_pass_n_features (fixture.pass) + N_CHROMA);
  g_assert_cmpint (dfi_database_frame (fixture.database)->size, ==, SIDE);
  g_assert_cmpfloat (dfi_database_frame (fixture.database)->mouth[0], ==, 0.5 * SIDE);
  g_assert_cmpstr (dfi_database_metadata (fixture.database, "dfi.provenance"), ==, "drawn by a test");
  g_assert_cmpint (dfi_database_n_attributes (fixture.database), ==, N_ATTRIBUTES);
  for (int a = 0; a < N_ATTRIBUTES; a++)
    {
      size_t count = 0;

      for (size_t face = 0; face < N_FACES; face++)
        count += face_has (face, a);
      g_assert_cmpuint (dfi_database_count (fixture.database, a), ==, count);
    }

  beard = dfi_database_attribute (fixture.database, BEARD);
  g_assert_cmpstr (beard->name, ==, "beard");
  g_assert_cmpstr (beard->label, ==, "Beard");
  g_assert_null (beard->opposite_label);
  g_assert_null (beard->group);
  g_assert_cmpint (beard->opposite, ==, -1);
  g_assert_cmpint (beard->within[0], ==, MALE);
  g_assert_cmpint (beard->within[1], ==, -1);
  g_assert_cmpfloat (beard->strength, ==, 2.5);
  g_assert_true (beard->favourite);
  g_assert_false (dfi_database_attribute (fixture.database, MALE)->favourite);
  g_assert_cmpint (dfi_database_attribute (fixture.database, FEMALE)->region, ==, DFI_REGION_HEAD);
}

/* ---------- directions ---------- */

static double
dot (const float *a, const float *b, size_t n)
{
  double sum = 0.0;

  for (size_t i = 0; i < n; i++)
    sum += (double) a[i] * b[i];
  return sum;
}

static double
cosine (const float *a, const float *b, size_t n)
{
  return dot (a, b, n) / sqrt (dot (a, a, n) * dot (b, b, n));
}

static float *
direction_by (size_t                     face,
              const DfiRequest          *requests,
              int                        n_requests,
              const DfiDirectionOptions *options,
              DfiDirectionNote          *notes)
{
  float  *features = features_of_face (face);
  float  *result   = g_new (float, dfi_database_n_features (fixture.database));
  GError *error    = NULL;

  dfi_database_direction (fixture.database, features, requests, n_requests, options, result, notes, &error);
  g_assert_no_error (error);
  g_free (features);
  return result;
}

static float *
direction (size_t face, const DfiRequest *requests, int n_requests, int neighbours, DfiDirectionNote *notes)
{
  return direction_by (face, requests, n_requests, &(DfiDirectionOptions){ .neighbours = neighbours }, notes);
}

/* With all faces as neighbours the direction is the mean difference, whatever the face. */
static void
test_mean_direction (void)
{
  size_t           n;
  float           *plain, *found;
  DfiDirectionNote note;

  fixture_init ();
  n     = dfi_database_n_features (fixture.database);
  plain = g_new0 (float, n);
  for (size_t face = 0; face < N_FACES; face++)
    {
      int    side     = face_has (face, SMILING) - face_has (face, FROWNING);
      float *features = features_of_face (face);

      for (size_t i = 0; i < n; i++)
        plain[i] += side * features[i] / (N_FACES / 3);
      g_free (features);
    }

  found = direction (0, &(DfiRequest){ SMILING, 1.0 }, 1, 10000, &note);
  g_test_message ("cosine %.4f, length %.4f of the plain one", cosine (plain, found, n),
                  sqrt (dot (found, found, n) / dot (plain, plain, n)));
  g_assert_cmpint (note.neighbours, ==, N_FACES / 3);
  g_assert_cmpint (note.agreeing, ==, N_FACES / 3);
  g_assert_cmpfloat (cosine (plain, found, n), >, 0.97);
  g_assert_cmpfloat (dot (found, plain, n), >, 0.9 * dot (plain, plain, n));
  g_assert_cmpfloat (dot (found, plain, n), <, 1.05 * dot (plain, plain, n));
  g_free (found);
  g_free (plain);
}

/* The quantised basis (r, D) and the codes (N, r) of the fixture, as plain numbers. */
static void
unpack_database (float **basis, float **mean, float **codes)
{
  GError          *error = NULL;
  DfiSafetensors  *file  = dfi_safetensors_open (fixture.path, "database", DFI_DATABASE_VERSION, &error);
  size_t           rank = dfi_database_rank (fixture.database), n = dfi_database_n_features (fixture.database);
  DfiLayout        layout;
  const DfiTensor *packed, *scale, *code, *middle;
  float           *scales;
  guint8          *rows;

  g_assert_no_error (error);
  layout.taps   = dfi_database_taps (fixture.database);
  layout.chroma = TRUE;
  g_assert_true (dfi_layout_shape (&layout, fixture.encoder, dfi_database_frame (fixture.database)->size, &error));
  packed = dfi_safetensors_tensor (file, "basis", 2, (size_t[]){ rank, layout.row_bytes }, &error);
  scale  = dfi_safetensors_tensor (file, "scale", 2, (size_t[]){ rank, layout.n_stretches }, &error);
  code   = dfi_safetensors_tensor (file, "codes", 2, (size_t[]){ N_FACES, rank }, &error);
  middle = dfi_safetensors_tensor (file, "mean", 1, (size_t[]){ n }, &error);
  g_assert_no_error (error);

  *basis = g_new (float, rank *n);
  *codes = g_new (float, N_FACES *rank);
  *mean  = g_new (float, n);
  scales = g_new (float, rank *layout.n_stretches);
  g_assert_true (dfi_safetensors_floats (file, scale, scales, &error));
  g_assert_true (dfi_safetensors_floats (file, code, *codes, &error));
  g_assert_true (dfi_safetensors_floats (file, middle, *mean, &error));
  rows = dfi_safetensors_load (file, packed, &error);
  for (size_t r = 0; r < rank; r++)
    dfi_basis_unpack (&layout, *basis + r * n, rows + r * layout.row_bytes, scales + r * layout.n_stretches);
  g_free (rows);
  g_free (scales);
  dfi_safetensors_free (file);
}

/* Adds @factor / @k to the weights of the @k faces nearest to @query whose side of smiling is @side. */
static void
weigh_nearest (double *weights, const float *codes, const float *query, size_t rank, gboolean smiling, int k, double factor)
{
  for (int found = 0; found < k; found++)
    {
      size_t best  = 0;
      double least = INFINITY;

      for (size_t face = 0; face < N_FACES; face++)
        {
          double distance = 0.0;

          if (weights[face] != 0.0 || ! face_has (face, smiling ? SMILING : FROWNING))
            continue;
          for (size_t r = 0; r < rank; r++)
            distance += (codes[face * rank + r] - query[r]) * (codes[face * rank + r] - query[r]);
          if (distance < least)
            {
              least = distance;
              best  = face;
            }
        }
      weights[best] = factor / k;
    }
}

/* The predictor's rules without their constants (A, r): what they make of a code is where nearness by attributes is measured. */
static float *
attribute_places (const float *codes, size_t n_codes, size_t rank)
{
  GError          *error     = NULL;
  DfiSafetensors  *file      = dfi_safetensors_open (fixture.path, "database", DFI_DATABASE_VERSION, &error);
  const DfiTensor *predictor = dfi_safetensors_tensor (file, "predictor", 2, (size_t[]){ N_ATTRIBUTES, rank + 1 }, &error);
  float           *rules     = g_new (float, N_ATTRIBUTES *(rank + 1));
  float           *places    = g_new (float, n_codes *N_ATTRIBUTES);

  g_assert_no_error (error);
  g_assert_true (dfi_safetensors_floats (file, predictor, rules, &error));
  for (size_t face = 0; face < n_codes; face++)
    for (size_t a = 0; a < N_ATTRIBUTES; a++)
      places[face * N_ATTRIBUTES + a] = dot (rules + a * (rank + 1), codes + face * rank, rank);
  g_free (rules);
  dfi_safetensors_free (file);
  return places;
}

/* Against the same sums written out over the unpacked file. */
static void
test_near_direction (gconstpointer nearness)
{
  enum
  {
    K = 12
  };
  const DfiDirectionOptions options = { .neighbours = K, .nearness = GPOINTER_TO_INT (nearness) };
  size_t                    n, rank;
  float                    *basis, *mean, *codes, *features, *query, *plain, *found;
  double           weights[N_FACES] = { 0.0, }, worst = 0.0;
  DfiDirectionNote note;

  fixture_init ();
  n        = dfi_database_n_features (fixture.database);
  rank     = dfi_database_rank (fixture.database);
  features = features_of_face (33);
  query    = g_new0 (float, rank);
  plain    = g_new0 (float, n);
  unpack_database (&basis, &mean, &codes);

  for (size_t i = 0; i < n; i++)
    features[i] -= mean[i];
  for (size_t r = 0; r < rank; r++)
    query[r] = dot (basis + r * n, features, n);
  for (size_t r = 0; r < rank; r++) /* the stored code is the same, in half precision */
    g_assert_cmpfloat (fabsf (query[r] - codes[33 * rank + r]), <=, 1e-3f * fabsf (query[r]) + 1e-3f);

  if (options.nearness == DFI_NEAR_ATTRIBUTES)
    {
      float *places = attribute_places (codes, N_FACES, rank);
      float *own    = attribute_places (query, 1, rank);

      weigh_nearest (weights, places, own, N_ATTRIBUTES, TRUE, K, 1.5);
      weigh_nearest (weights, places, own, N_ATTRIBUTES, FALSE, K, -1.5);
      g_free (own);
      g_free (places);
    }
  else
    {
      weigh_nearest (weights, codes, query, rank, TRUE, K, 1.5);
      weigh_nearest (weights, codes, query, rank, FALSE, K, -1.5);
    }
  for (size_t face = 0; face < N_FACES; face++)
    for (size_t r = 0; r < rank; r++)
      for (size_t i = 0; i < n; i++)
        plain[i] += weights[face] * codes[face * rank + r] * basis[r * n + i];

  found = direction_by (33, &(DfiRequest){ SMILING, 1.5 }, 1, &options, &note);
  for (size_t i = 0; i < n; i++)
    worst = MAX (worst, fabs (found[i] - plain[i]));
  g_assert_cmpint (note.neighbours, ==, K);
  g_assert_cmpfloat (worst, <, 1e-4 * sqrt (dot (plain, plain, n)));

  g_free (found);
  g_free (codes);
  g_free (mean);
  g_free (basis);
  g_free (plain);
  g_free (query);
  g_free (features);
}

/* With delta a strength of 1 is delta / mean (w^2), so that mean (alpha w . w) is delta, up to the few percent by which the rounded basis is not orthonormal. */
static void
test_delta (void)
{
  const DfiDirectionOptions options = { .neighbours = 20, .delta = 0.4 };
  size_t                    n;
  float                    *plain, *scaled;
  DfiDirectionNote          plain_note, note;

  fixture_init ();
  n      = dfi_pass_n_features (fixture.pass); /* without the chroma */
  plain  = direction (33, &(DfiRequest){ SMILING, 1.0 }, 1, 20, &plain_note);
  scaled = direction_by (33, &(DfiRequest){ SMILING, -2.0 }, 1, &options, &note);

  g_assert_cmpfloat (plain_note.alpha, ==, 1.0);
  g_assert_cmpfloat_with_epsilon (dot (plain, scaled, n) / n, -2.0 * 0.4, 0.05);
  for (size_t i = 0; i < n; i++)
    g_assert_cmpfloat (fabs (scaled[i] - note.alpha * plain[i]), <, 1e-5 * fabs (note.alpha));
  g_free (scaled);
  g_free (plain);
}

/* With some layers alone the mean is over these: as if no others were there, and exact, since it is taken of w itself. */
static void
test_delta_of_taps (void)
{
  const DfiDirectionOptions options = { .neighbours = 20, .delta = 0.4, .taps = DFI_TAP (5, 1) };
  size_t                    shape[3], n, deep;
  float                    *scaled;
  DfiPass                  *pass;
  DfiDirectionNote          note;

  fixture_init ();
  pass = dfi_pass_new (fixture.encoder, DFI_TAPS_PAPER, SIDE, SIDE, NULL);
  dfi_pass_tap_shape (pass, 2, shape);
  n      = dfi_pass_n_features (pass);
  deep   = shape[0] * shape[1] * shape[2];
  scaled = direction_by (33, &(DfiRequest){ SMILING, 1.0 }, 1, &options, &note);

  g_assert_cmpfloat_with_epsilon (note.alpha * 0.4, dot (scaled + n - deep, scaled + n - deep, deep) / deep, 1e-4 * note.alpha);
  g_free (scaled);
  dfi_pass_free (pass);
}

/* A direction points from faces without to faces with, turns round with alpha, and several add up. */
static void
test_sum_of_directions (void)
{
  const DfiRequest requests[] = { { OPEN_MOUTH, 1.0 }, { FROWNING, -0.5 }, { MALE, 1.0 } };
  DfiDirectionNote notes[3];
  size_t           n;
  float           *sum, *with, *without;

  fixture_init ();
  n       = dfi_database_n_features (fixture.database);
  sum     = direction (6, requests, 3, 10, notes);
  with    = features_of_face (0);
  without = features_of_face (8); /* as face 0, but mouth closed */

  for (int c = 0; c < 3; c++)
    {
      float *one = direction (6, &requests[c], 1, 10, notes);

      if (c == 0)
        g_assert_cmpfloat (dot (one, with, n), >, dot (one, without, n));
      for (size_t i = 0; i < n; i++)
        sum[i] -= one[i];
      g_free (one);
    }
  g_assert_cmpfloat (sqrt (dot (sum, sum, n)), <, 1e-4 * sqrt (dot (with, with, n)));

  g_free (without);
  g_free (with);
  g_free (sum);
}

/* Neighbours by sex: 30 men with a beard and 30 without, no woman with one; of the women 32 open the mouth and 28 do not. */
static void
test_within (void)
{
  static const struct
  {
    size_t face;
    int    attribute;
    int    k;
    int    neighbours;
    int    agreeing;
  } cases[] = {
    { 0, BEARD, 10000, 30, 30 }, /* men, also those whose labels do not say so */
    { 1, BEARD, 10000, 30, 0 },  /* a woman's beard is the one that men have, against men without */
    { 1, OPEN_MOUTH, 10, 10, 10 },    { 1, OPEN_MOUTH, 28, 28, 28 },
    { 1, OPEN_MOUTH, 40, 40, 28 }, /* filled up with 12 men on either side */
    { 1, OPEN_MOUTH, 10000, 56, 28 },
  };

  fixture_init ();
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      DfiDirectionNote note;

      g_free (direction (cases[i].face, &(DfiRequest){ cases[i].attribute, 1.0 }, 1, cases[i].k, &note));
      g_assert_cmpint (note.attribute, ==, cases[i].attribute);
      g_assert_cmpint (note.neighbours, ==, cases[i].neighbours);
      g_assert_cmpint (note.agreeing, ==, cases[i].agreeing);
    }
}

static void
test_no_direction (void)
{
  const DfiDirectionOptions hundred = { .neighbours = 100 };
  float                    *features, *result;
  DfiDirectionNote          note;
  GError                   *error = NULL;

  fixture_init ();
  features = features_of_face (0);
  result   = g_new (float, dfi_database_n_features (fixture.database));

  g_assert_false (
      dfi_database_direction (fixture.database, features, &(DfiRequest){ RARE, 1.0 }, 1, &hundred, result, &note, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "Rare"));
  g_assert_nonnull (strstr (error->message, "5 of its faces"));
  g_clear_error (&error);

  g_assert_false (
      dfi_database_direction (fixture.database, features, &(DfiRequest){ EVERYONE, 1.0 }, 1, &hundred, result, &note, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);

  features[17] = NAN;
  g_assert_false (
      dfi_database_direction (fixture.database, features, &(DfiRequest){ SMILING, 1.0 }, 1, &hundred, result, &note, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);

  g_free (result);
  g_free (features);
}

/* A database whose file is cut short goes on with what it has read, and says so when it has to read again. */
static void
test_cut_short (void)
{
  const DfiDirectionOptions few     = { .neighbours = DFI_NEIGHBOURS_MIN };
  const DfiRequest          smiling = { SMILING, 1.0 };
  char                     *path    = in_folder ("cut-later.safetensors");
  GError                   *error   = NULL;
  DfiDatabase              *database;
  DfiDirectionNote          note;
  float                    *features, *before, *after;
  char                     *bytes;
  gsize                     length;
  size_t                    n;

  fixture_init ();
  n        = dfi_database_n_features (fixture.database);
  features = features_of_face (0);
  before   = g_new (float, n);
  after    = g_new (float, n);
  g_assert_true (g_file_get_contents (fixture.path, &bytes, &length, NULL));
  g_assert_true (g_file_set_contents (path, bytes, length, NULL));
  database = dfi_database_open (path, fixture.encoder, &error);
  g_assert_no_error (error);

  g_assert_true (dfi_database_direction (database, features, &smiling, 1, &few, before, &note, &error));
  dfi_database_release_basis (database);
  g_assert_true (dfi_database_direction (database, features, &smiling, 1, &few, after, &note, &error));
  g_assert_cmpmem (after, n * sizeof (float), before, n * sizeof (float));

  g_assert_cmpint (truncate (path, 100), ==, 0);
  g_assert_true (dfi_database_direction (database, features, &smiling, 1, &few, after, &note, &error));
  g_assert_cmpmem (after, n * sizeof (float), before, n * sizeof (float));
  dfi_database_release_basis (database);
  g_assert_false (dfi_database_direction (database, features, &smiling, 1, &few, after, &note, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "shorter"));
  g_error_free (error);

  dfi_database_free (database);
  g_free (bytes);
  g_free (after);
  g_free (before);
  g_free (features);
  g_free (path);
}

/* ---------- what people ask for ---------- */

static void
test_changes (void)
{
  GError     *error = NULL;
  int         n     = 0;
  DfiRequest *requests;

  fixture_init ();
  requests = dfi_requests_parse (fixture.database, " Smiling = 1.25 ,beard, open-MOUTH=-2,5,", &n, &error);
  g_assert_no_error (error);
  g_assert_cmpint (n, ==, 3);
  g_assert_cmpint (requests[0].attribute, ==, SMILING);
  g_assert_cmpfloat (requests[0].alpha, ==, 1.25);
  g_assert_cmpint (requests[1].attribute, ==, BEARD);
  g_assert_cmpfloat (requests[1].alpha, ==, 2.5);
  g_assert_cmpfloat (requests[2].alpha, ==, -2.5);
  g_free (requests);
}

static void
test_bad_changes (void)
{
  static const struct
  {
    const char *text;
    const char *message;
    int         code; /* 0: DFI_ERROR_VALUE */
  } cases[] = {
    { "", "No attribute", 0 },
    { " , ,", "No attribute", 0 },
    { "smilling=2", "“smiling”", DFI_ERROR_ATTRIBUTE },
    { "mouth=2", "“open-mouth”", DFI_ERROR_ATTRIBUTE },
    { "fale", "“male”, “female”", DFI_ERROR_ATTRIBUTE },
    { "zeppelin=1", "no attribute “zeppelin”.", DFI_ERROR_ATTRIBUTE },
    { "=2", "no attribute", DFI_ERROR_ATTRIBUTE },
    { "smiling=", "not a strength", 0 },
    { "smiling=2x", "not a strength", 0 },
    { "smiling=1=2", "not a strength", 0 },
    { "smiling=1,5,5", "no attribute “5”", DFI_ERROR_ATTRIBUTE },
    { "smiling=1.5,5", "no attribute “5”", DFI_ERROR_ATTRIBUTE },
    { "smiling,5", "no attribute “5”", DFI_ERROR_ATTRIBUTE },
    { "smiling=11,5", "not a strength", 0 },
    { "smiling=nan", "not a strength", 0 },
    { "smiling=inf", "not a strength", 0 },
    { "smiling=10.5", "not a strength", 0 },
    { "smiling=2,smiling=1", "twice", 0 },
    { "smiling=2;frowning", "not a strength", 0 },
  };

  fixture_init ();
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GError *error = NULL;
      int     n     = 7;

      g_assert_null (dfi_requests_parse (fixture.database, cases[i].text, &n, &error));
      g_assert_cmpint (error->code, ==, cases[i].code ? cases[i].code : DFI_ERROR_VALUE);
      if (! strstr (error->message, cases[i].message))
        g_error ("“%s”: %s", cases[i].text, error->message);
      g_error_free (error);
    }
}

/* ---------- bad files ---------- */

static void
assert_refused (const char *path, int code)
{
  GError      *error    = NULL;
  DfiDatabase *database = dfi_database_peek (path, &error);

  g_assert_null (database);
  g_assert_error (error, DFI_ERROR, code);
  g_assert_nonnull (strstr (error->message, path));
  g_error_free (error);
}

static void
test_prefixes (void)
{
  char   *path  = build_database ("small.safetensors", 24, 32, 3);
  char   *cut   = in_folder ("cut.safetensors");
  GError *error = NULL;
  char   *bytes;
  gsize   size;

  g_assert_true (g_file_get_contents (path, &bytes, &size, &error));
  for (gsize n = 0; n < size; n += n < 4096 ? 1 : 37)
    {
      g_assert_true (g_file_set_contents_full (cut, bytes, n, G_FILE_SET_CONTENTS_NONE, 0666, &error));
      assert_refused (cut, DFI_ERROR_FORMAT);
    }
  assert_refused (folder, DFI_ERROR_IO);
  g_free (bytes);
  g_free (cut);
  g_free (path);
}

/* A copy of the fixture's file with a field of the metadata replaced (or removed, by NULL), and one tensor's bytes or shape
 * replaced. */
typedef struct
{
  const char   *key;
  const char   *value;
  const char   *tensor;
  size_t        shape[2]; /* 0, 0: as it was */
  const guint8 *bytes;    /* at the start of the tensor, 4 of them; the rest as it was */
} Forgery;

static char *
forge (const Forgery *forgery)
{
  static const char    *names[]  = { "mean", "basis", "scale", "labels", "codes", "predictor" };
  static const char    *keys[]   = { "dfi.kind",  "dfi.version",    "dfi.encoder",   "dfi.taps",
                                     "dfi.frame", "dfi.attributes", "dfi.provenance" };
  static const int      ranks[]  = { 1, 2, 2, 2, 2, 2 };
  static const size_t   sizes[]  = { 1, 2, 4 };
  GError               *error    = NULL;
  DfiSafetensors       *file     = dfi_safetensors_open (fixture.path, NULL, 0, &error);
  GPtrArray            *metadata = g_ptr_array_new ();
  DfiTensor             tensors[G_N_ELEMENTS (names)];
  char                 *path = in_folder ("forged.safetensors");
  DfiSafetensorsWriter *writer;

  for (size_t i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      const char *value = dfi_safetensors_metadata (file, keys[i]);

      if (forgery->key && strcmp (forgery->key, keys[i]) == 0)
        value = forgery->value;
      if (value)
        {
          g_ptr_array_add (metadata, (gpointer) keys[i]);
          g_ptr_array_add (metadata, (gpointer) value);
        }
    }
  g_ptr_array_add (metadata, NULL);

  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      tensors[i] = *dfi_safetensors_tensor (file, names[i], ranks[i], (size_t[]){ 0, 0 }, &error);
      if (forgery->tensor && strcmp (forgery->tensor, names[i]) == 0 && forgery->shape[0])
        memcpy (tensors[i].shape, forgery->shape, sizeof forgery->shape);
    }

  writer = dfi_safetensors_create (path, (const char *const *) metadata->pdata, tensors, G_N_ELEMENTS (tensors), &error);
  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      gboolean forged = forgery->tensor && strcmp (forgery->tensor, names[i]) == 0;
      size_t   size   = tensors[i].count * sizes[tensors[i].dtype];
      size_t   count  = tensors[i].shape[0] * (tensors[i].rank == 2 ? tensors[i].shape[1] : 1);
      size_t   wanted = count * sizes[tensors[i].dtype];
      guint8  *bytes  = g_malloc0 (MAX (size, wanted));

      g_assert_true (dfi_safetensors_read (file, &tensors[i], bytes, &error));
      if (forged && forgery->bytes)
        memcpy (bytes, forgery->bytes, 4);
      g_assert_true (dfi_safetensors_append (writer, bytes, wanted, &error));
      g_free (bytes);
    }
  g_assert_true (dfi_safetensors_commit (writer, &error));

  g_ptr_array_unref (metadata);
  dfi_safetensors_free (file);
  return path;
}

static const guint8 nan_float[4]  = { 0, 0, 0xc0, 0x7f };
static const guint8 nan_halves[4] = { 0, 0x7e, 0, 0xfc }; /* NaN and minus infinity */

static const Forgery forgeries[] = {
  { .key = "dfi.kind", .value = "encoder" },
  { .key = "dfi.kind", .value = NULL },
  { .key = "dfi.version", .value = "3" },
  { .key = "dfi.version", .value = "one" },
  { .key = "dfi.encoder", .value = NULL },
  { .key = "dfi.taps", .value = NULL },
  { .key = "dfi.taps", .value = "[[8,12,12],[16,6,6]]" },
  { .key = "dfi.taps", .value = "{}" },
  { .key = "dfi.taps", .value = "{\"relu3_1\":[8,12,12],\"relu4_1\":[16,6,6]}" },
  { .key = "dfi.taps", .value = "{\"relu3_1\":[8,12,12],\"relu4_1\":[16,6,6],\"relu6_1\":[16,3,3]}" },
  { .key = "dfi.taps", .value = "[[8,12,12],[16,6,6],[16,3,0]]" },
  { .key = "dfi.taps", .value = "[[8,12,12],[16,6,6],[16,3,1.5]]" },
  { .key = "dfi.taps", .value = "[[8,12,12],[16,6,6],[16,3,-3]]" },
  { .key = "dfi.taps", .value = "[[8,12,12],[16,6,6],[16,3,4]]" },
  { .key = "dfi.taps", .value = "[[2147483647,2147483647,2147483647],[16,6,6],[16,3,3]]" },
  { .key = "dfi.taps", .value = "[[8,12,12],[16,6,6],[16,3,3" },
  { .key = "dfi.taps", .value = "[[[[[[[[[[[[1]]]]]]]]]]]]" },
  { .key = "dfi.frame", .value = NULL },
  { .key = "dfi.frame", .value = "48" },
  { .key = "dfi.frame", .value = "{\"size\":48,\"whole\":false}" },
  { .key = "dfi.frame", .value = "{\"size\":48,\"whole\":1}" },
  { .key = "dfi.frame", .value = "{\"size\":48,\"eyes\":[10,20,30,20]}" },
  { .key = "dfi.frame", .value = "{\"size\":0,\"eyes\":[10,20,30,20],\"mouth\":[20,40]}" },
  { .key = "dfi.frame", .value = "{\"size\":\"48\",\"eyes\":[10,20,30,20],\"mouth\":[20,40]}" },
  { .key = "dfi.frame", .value = "{\"size\":48,\"eyes\":[30,20,10,20],\"mouth\":[20,40]}" },
  { .key = "dfi.frame", .value = "{\"size\":48,\"eyes\":[10,20,1e999,20],\"mouth\":[20,40]}" },
  { .key = "dfi.frame", .value = "{\"size\":48,\"eyes\":[10,20,30,20],\"mouth\":[20,null]}" },
  { .key = "dfi.attributes", .value = NULL },
  { .key = "dfi.attributes", .value = "[]" },
  { .key = "dfi.attributes", .value = "{}" },
  { .key = "dfi.attributes", .value = "[\"smiling\"]" },
  { .key = "dfi.attributes", .value = "[{}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"\"}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a b\"}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a=b\"}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\"},{\"name\":\"a\"}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"opposite\":\"b\"}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"opposite\":\"a\"}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"within\":\"a\"}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"within\":[\"b\"]}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"within\":[\"a\"]}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"within\":[1]}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"within\":[null]}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"label\":null}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"group\":[]}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"region\":\"foot\"}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"favourite\":1}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"strength\":\"2\"}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"strength\":11}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"only one where the predictor has eight\"}]" },
  { .tensor = "mean", .shape = { 7, 0 } },
  { .tensor = "mean", .bytes = nan_float },
  { .tensor = "basis", .shape = { 3, 100 } },
  { .tensor = "scale", .bytes = nan_float },
  { .tensor = "labels", .shape = { N_FACES, 2 } },
  { .tensor = "labels", .shape = { N_FACES - 1, 1 } },
  { .tensor = "codes", .bytes = nan_halves },
  { .tensor = "codes", .shape = { N_FACES, 3 } },
  { .tensor = "codes", .shape = { N_FACES + 1, ROWS } },
  { .tensor = "predictor", .bytes = nan_float },
};

static void
test_forgeries (void)
{
  fixture_init ();
  for (size_t i = 0; i < G_N_ELEMENTS (forgeries); i++)
    {
      char        *path     = forge (&forgeries[i]);
      GError      *error    = NULL;
      DfiDatabase *database = dfi_database_peek (path, &error);

      if (database)
        g_error ("forgery %d (%s, %s) is accepted", (int) i, forgeries[i].key, forgeries[i].value);
      g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
      g_assert_nonnull (strstr (error->message, path));
      g_test_message ("%s", error->message);
      g_error_free (error);
      g_free (path);
    }
}

/* The forger itself makes a good copy when it is asked for nothing; and all but the names may be missing. */
static void
test_honest_copies (void)
{
  static const Forgery honest[] = {
    { .key = NULL },
    { .key = "dfi.provenance", .value = NULL },
    { .key   = "dfi.attributes",
      .value = "[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"c\"},{\"name\":\"d\"},{\"name\":\"e\"},"
               "{\"name\":\"f\"},{\"name\":\"g\"},{\"name\":\"h\",\"opposite\":\"a\"}]" },
  };

  fixture_init ();
  for (size_t i = 0; i < G_N_ELEMENTS (honest); i++)
    {
      char        *path     = forge (&honest[i]);
      GError      *error    = NULL;
      DfiDatabase *database = dfi_database_open (path, fixture.encoder, &error);

      g_assert_no_error (error);
      if (i == 2)
        {
          g_assert_cmpstr (dfi_database_attribute (database, 7)->label, ==, "h");
          g_assert_cmpfloat (dfi_database_attribute (database, 7)->strength, ==, 2.0);
          g_assert_cmpint (dfi_database_attribute (database, 7)->opposite, ==, 0);
          g_assert_cmpint (dfi_database_attribute (database, 7)->within[0], ==, -1);
        }
      dfi_database_free (database);
      g_free (path);
    }
}

static char *
build_with_taps (const char *name, DfiTaps taps)
{
  Pictures    pictures = pictures_new (N_FACES, SIDE, ROWS);
  DfiEncoder *encoder  = random_encoder (2);
  char       *path     = in_folder (name);
  GError     *error    = NULL;

  pictures.plan.taps = taps;
  g_assert_true (dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  dfi_encoder_free (encoder);
  pictures_clear (&pictures);
  return path;
}

/* A database says what layers its features are of, and directions have their length; a layer that the network lacks is refused. */
static void
test_other_taps (void)
{
  const DfiTaps taps    = DFI_TAP (1, 2) | DFI_TAP (3, 4);
  char         *path    = build_with_taps ("taps.safetensors", taps);
  char         *weights = test_network_new (folder, &dfi_vggs[0], 2);
  DfiEncoder   *encoder = random_encoder (2), *shallow = dfi_encoder_new_from_file (weights, NULL);
  GError       *error    = NULL;
  DfiDatabase  *database = dfi_database_open (path, encoder, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (dfi_database_taps (database), ==, taps);
  g_assert_cmpuint (dfi_database_n_features (database), ==, 2 * SIDE * SIDE + 8 * (SIDE / 4) * (SIDE / 4) + N_CHROMA);
  dfi_database_free (database);

  g_assert_null (dfi_database_open (path, shallow, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_SHAPE);
  g_clear_error (&error);

  dfi_encoder_free (shallow);
  dfi_encoder_free (encoder);
  g_free (weights);
  g_free (path);
}

/* A database of whole pictures has no eyes, and an edit with it changes all of a photograph, which need not be square. */
static void
test_whole (void)
{
  Pictures       pictures = pictures_new (N_FACES, SIDE, ROWS);
  char          *path     = in_folder ("whole.safetensors");
  char          *weights  = test_weights_new (folder, 2);
  DfiEncoder    *encoder  = random_encoder (2);
  DfiImage      *photo    = dfi_image_new (3 * SIDE, 2 * SIDE, NULL);
  DfiFace        nowhere  = { .score = 0.0 };
  DfiRequest     change   = { 0, 1.0 };
  GError        *error    = NULL;
  DfiEditOptions options;
  DfiEditor     *editor;
  DfiPatch      *patch;
  int            x, y, width, height;

  pictures.plan.framing.kind  = DFI_FRAMING_WHOLE;
  pictures.plan.framing.frame = (DfiFrame){ .size = SIDE, .whole = TRUE };
  g_assert_true (dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error));
  editor = dfi_editor_new (weights, path, &error);
  g_assert_no_error (error);
  g_assert_true (dfi_database_frame (dfi_editor_database (editor))->whole);

  test_uniform (3, photo->data, (size_t) 3 * 3 * SIDE * 2 * SIDE);
  g_assert_true (dfi_editor_bounds (editor, &nowhere, photo->width, photo->height, &x, &y, &width, &height, &error));
  g_assert_cmpint (width, ==, photo->width);
  g_assert_cmpint (height, ==, photo->height);

  dfi_edit_options_init (&options);
  options.iterations = 2;
  patch              = dfi_edit (editor, photo, &nowhere, &change, 1, &options, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (patch->width, ==, photo->width);
  g_assert_cmpint (patch->height, ==, photo->height);
  g_assert_cmpfloat (patch->rgba[3 + 4 * (patch->width * patch->height / 2 + patch->width / 2)], ==, 1.0f);
  g_assert_cmpfloat (patch->rgba[3 + 4 * (patch->width / 2)], ==, 1.0f); /* top and bottom lie inside the frame */

  dfi_patch_free (patch);
  dfi_editor_free (editor);
  dfi_image_free (photo);
  dfi_encoder_free (encoder);
  g_free (weights);
  g_free (path);
  pictures_clear (&pictures);
}

static void
test_other_weights (void)
{
  DfiEncoder *other = random_encoder (4);
  GError     *error = NULL;
  char       *path;
  Forgery     forgery = { .key = "dfi.encoder", .value = dfi_encoder_sha256 (other) };

  fixture_init ();
  g_assert_null (dfi_database_open (fixture.path, other, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_SHAPE);
  g_clear_error (&error);

  path = forge (&forgery); /* says that it fits, and does not */
  g_assert_null (dfi_database_open (path, other, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_SHAPE);
  g_clear_error (&error);

  g_free (path);
  dfi_encoder_free (other);
}

/* ---------- building ---------- */

static void
test_same_bytes (void)
{
  char *other, *first_bytes, *other_bytes;
  gsize first_size, other_size;

  fixture_init ();
  other = build_database ("again.safetensors", N_FACES, SIDE, ROWS);
  g_assert_true (g_file_get_contents (fixture.path, &first_bytes, &first_size, NULL));
  g_assert_true (g_file_get_contents (other, &other_bytes, &other_size, NULL));
  g_assert_cmpmem (first_bytes, first_size, other_bytes, other_size);
  g_free (other_bytes);
  g_free (first_bytes);
  g_free (other);
}

static void
count_skipped (const char *file, const GError *reason, gpointer data)
{
  g_assert_nonnull (strstr (reason->message, file));
  ++*(int *) data;
}

/* Pictures that are missing or too small are left out; what is left gives the same as if they had never been named. */
static void
test_skipped (void)
{
  DfiEncoder  *encoder  = random_encoder (2);
  Pictures     pictures = pictures_new (40, SIDE, 10);
  char        *path     = in_folder ("skipped.safetensors");
  char        *small    = in_folder ("small.png");
  GError      *error    = NULL;
  int          skipped  = 0;
  DfiDatabase *database;

  draw_face (small, 0, 24);
  g_free (pictures.files[3]);
  g_free (pictures.files[39]);
  pictures.files[3]  = g_strdup ("missing.png");
  pictures.files[39] = g_strdup ("small.png");
  g_assert_true (dfi_build (&pictures.plan, encoder, path, count_skipped, NULL, &skipped, &error));
  g_assert_cmpint (skipped, ==, 2);

  database = dfi_database_open (path, encoder, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (dfi_database_n_faces (database), ==, 38);
  g_assert_cmpint (dfi_database_rank (database), <=, 10);
  dfi_database_free (database);

  g_free (small);
  g_free (path);
  pictures_clear (&pictures);
  dfi_encoder_free (encoder);
}

/* Names as other systems write them, and without an ending; most of the pictures missing. */
static void
test_names (void)
{
  DfiEncoder *encoder  = random_encoder (2);
  Pictures    pictures = pictures_new (40, SIDE, 10);
  char       *path     = in_folder ("names.safetensors");
  char       *sub      = in_folder ("female");
  char       *inside   = g_build_filename (sub, "11.png", NULL);
  GError     *error    = NULL;
  int         skipped  = 0;

  g_assert_cmpint (g_mkdir (sub, 0700), ==, 0);
  draw_face (inside, 3, SIDE);
  for (int i = 0; i < 2; i++)
    {
      g_free (pictures.files[3 + i]);
      pictures.files[3 + i] = i == 0 ? g_strdup ("female\\11.png") : g_strdup_printf ("%d-004", SIDE);
    }
  g_assert_true (dfi_build (&pictures.plan, encoder, path, count_skipped, NULL, &skipped, &error));
  g_assert_no_error (error);
  g_assert_cmpint (skipped, ==, 0);

  pictures.plan.folder = sub;
  g_assert_false (dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_MISSING);
  g_assert_nonnull (strstr (error->message, "Only 0 of the 40"));
  g_clear_error (&error);
  pictures.plan.allow_missing = TRUE;
  g_assert_false (dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);

  g_free (inside);
  g_free (sub);
  g_free (path);
  pictures_clear (&pictures);
  dfi_encoder_free (encoder);
}

static gboolean
stop_half_way (double fraction, gpointer data)
{
  return fraction < 0.5;
}

static gboolean
never_falls (double fraction, gpointer data)
{
  double *last = data;

  g_assert_cmpfloat (fraction, >=, *last);
  g_assert_cmpfloat (fraction, <=, 1.0);
  *last = fraction;
  return TRUE;
}

static void
test_bad_builds (void)
{
  DfiEncoder *encoder  = random_encoder (2);
  Pictures    pictures = pictures_new (40, SIDE, 10);
  char       *path     = in_folder ("bad.safetensors");
  GError     *error    = NULL;
  double      last     = 0.0;

  g_assert_false (dfi_build (&pictures.plan, encoder, path, NULL, stop_half_way, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_CANCELLED);
  g_clear_error (&error);

  pictures.plan.restart = TRUE;
  pictures.plan.n_files = DFI_BUILD_FACES_MIN - 1;
  g_assert_false (dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);

  pictures.plan.n_files              = 40;
  pictures.plan.framing.rectangle[2] = 2 * SIDE; /* no square */
  g_assert_false (dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);

  pictures.plan.framing.rectangle[3] = 2 * SIDE; /* larger than every picture */
  g_assert_false (dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);
  pictures.plan.framing.rectangle[2] = pictures.plan.framing.rectangle[3] = SIDE;

  pictures.plan.folder = "/nowhere/at/all";
  g_assert_false (dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
  g_clear_error (&error);
  pictures.plan.folder = folder;

  pictures.plan.rows = 0;
  g_assert_false (dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));

  pictures.plan.rows = 1000000; /* 40 pictures support 20 */
  g_assert_true (dfi_build (&pictures.plan, encoder, path, NULL, never_falls, &last, &error));
  g_assert_cmpfloat (last, ==, 1.0);

  g_free (path);
  pictures_clear (&pictures);
  dfi_encoder_free (encoder);
}

/* All pictures the same: there is nothing to build from, and nothing may divide by it. */
static void
test_equal_pictures (void)
{
  DfiEncoder *encoder  = random_encoder (2);
  Pictures    pictures = pictures_new (40, SIDE, 10);
  char       *path     = in_folder ("equal.safetensors");
  char       *picture  = in_folder ("0.png");
  GdkPixbuf  *pixbuf   = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, SIDE, SIDE);
  GError     *error    = NULL;

  fill (pixbuf, 0, 0, SIDE, SIDE, 0);
  g_assert_true (gdk_pixbuf_save (pixbuf, picture, "png", &error, NULL));
  for (int i = 0; i < 40; i++)
    {
      g_free (pictures.files[i]);
      pictures.files[i] = g_strdup ("0.png");
    }
  if (dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error)) /* rounding may leave a direction */
    dfi_database_free (dfi_database_open (path, encoder, &error));
  else
    g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);

  g_object_unref (pixbuf);
  g_free (picture);
  g_free (path);
  pictures_clear (&pictures);
  dfi_encoder_free (encoder);
}

/* ---------- memory ---------- */

#define MEMORY_FACES 70  /* a full batch and more */
#define MEMORY_SIDE  128 /* features of one face: 117 kB */

static void
build_in_child (size_t n)
{
  g_free (build_database ("memory.safetensors", n, MEMORY_SIDE, 20));
}

static void
build_some (void)
{
  build_in_child (MEMORY_FACES);
}

static void
build_more (void)
{
  build_in_child (3 * MEMORY_FACES);
}

#ifdef DFI_SANITIZED
static void
test_memory (void)
{
  g_test_skip ("the sanitizer keeps freed memory");
}
#else
/* Largest resident size of any child so far, in kB. */
static long
largest_child (void)
{
  struct rusage usage;

  getrusage (RUSAGE_CHILDREN, &usage);
  return usage.ru_maxrss;
}

static void
test_memory (void)
{
  long some;

  g_test_trap_subprocess ("/build/memory/subprocess/some", 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
  some = largest_child ();
  g_test_trap_subprocess ("/build/memory/subprocess/more", 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
  g_test_message ("%ld kB, and for three times as many pictures %ld kB more", some, largest_child () - some);
  g_assert_cmpint (largest_child () - some, <, 4096); /* the features alone would take 16 MB */
}
#endif

/* What NAME.attributes beside a database says takes the place of what was said when it was built, or is refused by its own name. */
static void
test_attribute_file (void)
{
  char        *path    = build_database ("words.safetensors", 40, SIDE, 4);
  char        *beside  = in_folder ("words.attributes");
  DfiEncoder  *encoder = random_encoder (2);
  GError      *error   = NULL;
  DfiDatabase *database;

  g_assert_true (g_file_set_contents (beside, "[smiling]\nLabel=Grin\nStrength=3.25\nFavourite=true\n", -1, NULL));
  database = dfi_database_open (path, encoder, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (dfi_database_attribute (database, SMILING)->name, ==, "smiling");
  g_assert_cmpstr (dfi_database_attribute (database, SMILING)->label, ==, "Grin");
  g_assert_cmpfloat (dfi_database_attribute (database, SMILING)->strength, ==, 3.25);
  g_assert_true (dfi_database_attribute (database, SMILING)->favourite);
  dfi_database_free (database);

  g_assert_true (g_file_set_contents (beside, "[smiling]\nStrength=much\n", -1, NULL));
  g_assert_null (dfi_database_open (path, encoder, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "words.attributes"));
  g_clear_error (&error);

  dfi_encoder_free (encoder);
  g_free (beside);
  g_free (path);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  g_test_add_func ("/basis/layout", test_layout);
  g_test_add_func ("/basis/quantise", test_quantise);
  g_test_add_func ("/basis/products", test_products);
  g_test_add_func ("/database/attribute-file", test_attribute_file);
  g_test_add_func ("/database/look-inside", test_look_inside);
  g_test_add_func ("/direction/mean", test_mean_direction);
  g_test_add_data_func ("/direction/near", GINT_TO_POINTER (DFI_NEAR_FEATURES), test_near_direction);
  g_test_add_data_func ("/direction/near-by-attributes", GINT_TO_POINTER (DFI_NEAR_ATTRIBUTES), test_near_direction);
  g_test_add_func ("/direction/delta", test_delta);
  g_test_add_func ("/direction/delta-of-taps", test_delta_of_taps);
  g_test_add_func ("/direction/sum", test_sum_of_directions);
  g_test_add_func ("/direction/within", test_within);
  g_test_add_func ("/direction/none", test_no_direction);
  g_test_add_func ("/direction/cut-short", test_cut_short);
  g_test_add_func ("/changes/good", test_changes);
  g_test_add_func ("/changes/bad", test_bad_changes);
  g_test_add_func ("/database/prefixes", test_prefixes);
  g_test_add_func ("/database/forgeries", test_forgeries);
  g_test_add_func ("/database/honest-copies", test_honest_copies);
  g_test_add_func ("/database/other-weights", test_other_weights);
  g_test_add_func ("/database/other-taps", test_other_taps);
  g_test_add_func ("/database/whole", test_whole);
  g_test_add_func ("/build/same-bytes", test_same_bytes);
  g_test_add_func ("/build/skipped", test_skipped);
  g_test_add_func ("/build/names", test_names);
  g_test_add_func ("/build/bad", test_bad_builds);
  g_test_add_func ("/build/equal-pictures", test_equal_pictures);
  g_test_add_func ("/build/memory", test_memory);
  g_test_add_func ("/build/memory/subprocess/some", build_some);
  g_test_add_func ("/build/memory/subprocess/more", build_more);
  status = g_test_run ();
  fixture_clear ();
  test_folder_remove (folder);
  return status;
}
