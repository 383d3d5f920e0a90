/* Details that a build makes: where they lie, what their rows tell of each face, and which faces they show best. */

#include "config.h"

#include <math.h>
#include <string.h>

#include <gdk-pixbuf/gdk-pixbuf.h>

#include "build/detail-cells.h"
#include "build/emphasis.h"
#include "database/codes.h"
#include "database/face-features.h"
#include "drawn-faces.h"
#include "files/safetensors-reader.h"
#include "picture/colour.h"
#include "picture/photo.h"

#define SIDE        96 /* 6 x 6 places of the deepest tap */
#define FACES       60
#define ROWS        6
#define DETAIL_ROWS 10

/* ---------- places ---------- */

/* Features of frames of @size pixels, of a layer that has a place every 4 pixels, one every 8, one every 16. */
static DfiLayout
frame_layout (int size)
{
  DfiLayout layout = { .taps = DFI_TAPS_PAPER };

  for (size_t t = 0; t < 3; t++)
    {
      layout.shape[t][0] = 2;
      layout.shape[t][1] = layout.shape[t][2] = size >> (t + 2);
    }
  g_assert_true (dfi_layout_complete (&layout));
  return layout;
}

static void
test_cells (void)
{
  static const struct
  {
    DfiFrame frame;
    size_t   cells[DFI_BUILD_DETAILS][4];
  } cases[] = {
    /* the bundled database's frame, the usual one, one twice as large for the same face, and faces at an edge */
    { { 320, { 118.5, 136.0, 204.3, 134.7 }, { 163.2, 233.0 }, FALSE }, { { 1, 5, 19, 12 }, { 4, 12, 16, 19 } } },
    { { 192, { 71.1, 81.6, 122.6, 80.8 }, { 97.9, 139.8 }, FALSE }, { { 1, 3, 11, 7 }, { 3, 7, 10, 11 } } },
    { { 640, { 118.5, 136.0, 204.3, 134.7 }, { 163.2, 233.0 }, FALSE }, { { 1, 5, 19, 12 }, { 4, 12, 16, 19 } } },
    { { 320, { 10.0, 40.0, 90.0, 40.0 }, { 50.0, 130.0 }, FALSE }, { { 0, 0, 12, 6 }, { 0, 6, 9, 12 } } },
    { { 320, { 220.0, 200.0, 300.0, 200.0 }, { 260.0, 300.0 }, FALSE }, { { 8, 9, 20, 16 }, { 11, 16, 20, 20 } } },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      DfiLayout whole = frame_layout (cases[i].frame.size);
      DfiDetail details[DFI_BUILD_DETAILS];
      GError   *error = NULL;

      g_assert_true (dfi_detail_cells (&cases[i].frame, &whole, details, &error));
      for (int d = 0; d < DFI_BUILD_DETAILS; d++)
        {
          const size_t *cells = details[d].cells;

          g_test_message ("%zu, %d: %zu %zu %zu %zu", i, d, cells[0], cells[1], cells[2], cells[3]);
          g_assert_cmpmem (cells, sizeof details[d].cells, cases[i].cells[d], sizeof cases[i].cells[d]);
          g_assert_cmpuint (details[d].basis.layout.shape[0][2], ==, 4 * (cells[2] - cells[0]));
        }
      g_assert_false (dfi_details_meet (details[0].cells, details[1].cells));
    }
}

static void
refused (const DfiFrame *frame, const char *text)
{
  DfiLayout whole = frame_layout (frame->size);
  DfiDetail details[DFI_BUILD_DETAILS];
  GError   *error = NULL;

  g_assert_false (dfi_detail_cells (frame, &whole, details, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  if (! strstr (error->message, text))
    g_error ("%s", error->message);
  g_error_free (error);
}

static void
test_no_cells (void)
{
  refused (&(DfiFrame){ .size = 192, .whole = TRUE }, "taken whole");
  refused (&(DfiFrame){ 200, { 70, 80, 120, 80 }, { 96, 140 }, FALSE }, "of 200 pixels");    /* 50, 25 and 12 places */
  refused (&(DfiFrame){ 16, { 5, 6, 11, 6 }, { 8, 11 }, FALSE }, "of 16 pixels");            /* one place */
  refused (&(DfiFrame){ 320, { 80, 300, 240, 300 }, { 160, 310 }, FALSE }, "of 320 pixels"); /* the mouth is not below */
}

/* ---------- rows ---------- */

/* A database with its details, and what it was built of. */
typedef struct
{
  DrawnPictures pictures;
  DfiEncoder   *encoder;
  DfiPass      *pass;
  char         *path;
  DfiDatabase  *database;
  float        *mean; /* (D) */
} Built;

static float *
read_mean (const char *path, size_t n)
{
  GError          *error = NULL;
  DfiSafetensors  *file  = dfi_safetensors_open (path, "database", DFI_DATABASE_VERSION, &error);
  const DfiTensor *tensor;
  float           *mean = g_new (float, n);

  g_assert_no_error (error);
  tensor = dfi_safetensors_tensor (file, "mean", 1, (size_t[]){ n }, &error);
  g_assert_true (dfi_safetensors_floats (file, tensor, mean, &error));
  dfi_safetensors_free (file);
  return mean;
}

static Built
build (DrawnPictures pictures, const char *name)
{
  Built   built = { .pictures = pictures, .encoder = drawn_encoder (2), .path = drawn_path (name) };
  GError *error = NULL;

  dfi_build (&pictures.plan, built.encoder, built.path, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  built.database = dfi_database_open (built.path, built.encoder, &error);
  g_assert_no_error (error);
  built.pass = dfi_pass_new (built.encoder, DFI_TAPS_PAPER, SIDE, SIDE, &error);
  g_assert_no_error (error);
  built.mean = read_mean (built.path, dfi_database_n_features (built.database));
  return built;
}

static void
built_clear (Built *built)
{
  g_free (built->mean);
  dfi_database_free (built->database);
  dfi_pass_free (built->pass);
  dfi_encoder_free (built->encoder);
  g_free (built->path);
  drawn_pictures_clear (&built->pictures);
}

/* @left (D): what the rows of the whole frame leave over of face @face. */
static void
read_left (const Built *built, size_t face, float *left)
{
  const DfiBasis *basis = dfi_database_basis (built->database);
  const size_t    n     = basis->layout.n_features;
  float          *code = g_new (float, dfi_database_code_length (built->database)), *told = g_new (float, n);
  double         *exact = g_new (double, basis->rank);
  char           *path  = drawn_path (built->pictures.plan.files[face]);
  GError         *error = NULL;
  DfiPhoto       *photo = dfi_photo_load (path, NULL, NULL, NULL, &error);
  DfiImage       *luma;

  g_assert_no_error (error);
  luma = dfi_colour_grey (photo->image, &error);
  g_assert_no_error (error);
  dfi_features_compute (&basis->layout, built->pass, luma, photo->image, left);
  dfi_database_code (built->database, face, code);
  for (size_t r = 0; r < basis->rank; r++)
    exact[r] = code[r];
  g_assert_true (dfi_basis_combine (basis, &told, (const double *const[]){ exact }, 1, &error));
  for (size_t i = 0; i < n; i++)
    left[i] -= built->mean[i] + told[i];

  dfi_image_free (luma);
  dfi_photo_free (photo);
  g_free (path);
  g_free (exact);
  g_free (told);
  g_free (code);
}

static double
squared (const float *values, size_t n)
{
  double sum = 0.0;

  for (size_t i = 0; i < n; i++)
    sum += pow (values[i], 2.0);
  return sum;
}

/* Of the squared length of what is left over of face @face in detail @d, the part that its rows do not tell either: *@untold of
 * *@all.  Checks the face's code. */
static void
measure (const Built *built, int d, size_t face, const float *left, double *untold, double *all)
{
  int              n_details;
  const DfiDetail *details = dfi_database_details (built->database, &n_details), *detail = &details[d];
  const size_t     n     = detail->basis.layout.n_features;
  float           *codes = g_new (float, dfi_database_code_length (built->database));
  float           *code  = codes + dfi_database_rank (built->database);
  double          *exact = g_new (double, detail->basis.rank);
  float           *cut = g_new (float, n), *told = g_new (float, n);
  GError          *error = NULL;

  g_assert_cmpint (n_details, ==, DFI_BUILD_DETAILS);
  dfi_database_code (built->database, face, codes);
  for (int i = 0; i < d; i++)
    code += details[i].basis.rank;

  dfi_detail_take (&dfi_database_basis (built->database)->layout, detail, left, cut);
  *all = squared (cut, n);
  g_assert_true (dfi_basis_project (&detail->basis, exact, cut, &error));
  for (size_t r = 0; r < detail->basis.rank; r++)
    {
      g_assert_cmpfloat_with_epsilon (code[r], exact[r], 1e-3 * sqrt (*all)); /* a half's rounding is 5e-4 */
      exact[r] = code[r];
    }
  g_assert_true (dfi_basis_combine (&detail->basis, &told, (const double *const[]){ exact }, 1, &error));
  for (size_t i = 0; i < n; i++)
    cut[i] -= told[i];
  *untold = squared (cut, n);

  g_free (told);
  g_free (cut);
  g_free (exact);
  g_free (codes);
}

/* The share that detail @d does not tell of the first @n faces. */
static double
share_untold (const Built *built, int d, size_t n)
{
  float *left   = g_new (float, dfi_database_n_features (built->database));
  double untold = 0.0, all = 0.0;

  for (size_t face = 0; face < n; face++)
    {
      double its_untold, its_all;

      read_left (built, face, left);
      measure (built, d, face, left, &its_untold, &its_all);
      untold += its_untold;
      all += its_all;
    }
  g_free (left);
  g_test_message ("detail %d leaves %.3f over", d, untold / all);
  return untold / all;
}

static const DfiTensor *
find_tensor (const DfiSafetensors *file, const char *name)
{
  for (guint i = 0; dfi_safetensors_nth (file, i); i++)
    if (strcmp (dfi_safetensors_nth (file, i)->name, name) == 0)
      return dfi_safetensors_nth (file, i);
  g_assert_not_reached ();
}

/* Codes are what the rows say of what is left over, which is most of it; and no tensor of the whole frame is another than without
 * details. */
static void
test_rows (void)
{
  static const char *const same[]   = { "mean", "basis", "scale", "labels", "codes", "predictor" };
  DrawnPictures            pictures = drawn_pictures_new (FACES, SIDE, ROWS);
  char                    *plain    = drawn_build ("plain.safetensors", FACES, SIDE, ROWS);
  GError                  *error    = NULL;
  DfiSafetensors          *files[2];
  Built                    built;

  pictures.plan.detail_rows = DETAIL_ROWS;
  built                     = build (pictures, "detailed.safetensors");
  g_assert_cmpstr (dfi_database_metadata (built.database, "dfi.details"), ==, "[[0,1,6,4],[0,4,6,6]]");
  g_assert_cmpint (dfi_database_code_length (built.database) - dfi_database_rank (built.database), ==, 2 * DETAIL_ROWS);
  for (int d = 0; d < DFI_BUILD_DETAILS; d++)
    g_assert_cmpfloat (share_untold (&built, d, FACES), <, 0.3);

  files[0] = dfi_safetensors_open (plain, "database", DFI_DATABASE_VERSION, &error);
  files[1] = dfi_safetensors_open (built.path, "database", DFI_DATABASE_VERSION, &error);
  g_assert_no_error (error);
  g_assert_null (dfi_safetensors_metadata (files[0], "dfi.details"));
  g_assert_null (dfi_safetensors_nth (files[0], G_N_ELEMENTS (same)));
  for (guint i = 0; i < G_N_ELEMENTS (same); i++)
    {
      const DfiTensor *a = find_tensor (files[0], same[i]), *b = find_tensor (files[1], same[i]);
      void            *bytes_a = dfi_safetensors_load (files[0], a, &error);
      void            *bytes_b = dfi_safetensors_load (files[1], b, &error);

      g_assert_cmpuint (a->count, ==, b->count);
      g_assert_cmpmem (bytes_a, a->count * dfi_dtype_size (a->dtype), bytes_b, b->count * dfi_dtype_size (b->dtype));
      g_free (bytes_b);
      g_free (bytes_a);
    }

  dfi_safetensors_free (files[1]);
  dfi_safetensors_free (files[0]);
  built_clear (&built);
  g_free (plain);
}

/* ---------- faces that are to be shown best ---------- */

/* A face's weight is the sum of what its entries say; one that is left out neither has any share nor counts. */
static void
test_weights (void)
{
  DrawnPictures pictures = drawn_pictures_new (FACES, SIDE, ROWS);
  DfiSimilarity maps[FACES];
  DfiBuildState state = { .plan = &pictures.plan, .maps = maps };
  float         weights[FACES];

  memset (maps, 0, sizeof maps);
  for (size_t face = 0; face < FACES; face++)
    maps[face].a = face != 2;
  dfi_emphasis_weigh (&state, weights);
  for (size_t face = 0; face < FACES; face++)
    g_assert_cmpfloat (weights[face], ==, 1.0f);

  pictures.plan.detail_faces = "rare, Smiling + male"; /* faces 0 to 4, less one; 0, 6, 12, ..., 54, less 24 and 54: no sex */
  dfi_emphasis_weigh (&state, weights);
  for (size_t face = 0; face < FACES; face++)
    if (face != 2)
      {
        double wanted = 0.5;

        wanted += face < 5 ? 59.0 / 4.0 / 4.0 : 0.0;
        wanted += face % 6 == 0 && face % 10 != 4 ? 59.0 / 4.0 / 8.0 : 0.0;
        g_assert_cmpfloat_with_epsilon (weights[face], wanted, 1e-5);
      }
  drawn_pictures_clear (&pictures);
}

/* A name may have a "+", and may begin with another's; the longest is meant. */
static void
test_joined_names (void)
{
  DrawnPictures pictures   = drawn_pictures_new (FACES, SIDE, ROWS);
  DfiAttribute *attributes = g_memdup2 (pictures.plan.attributes, N_ATTRIBUTES * sizeof *attributes);
  DfiSimilarity maps[FACES];
  DfiBuildState state = { .plan = &pictures.plan, .maps = maps };
  float         weights[FACES], others[FACES];
  GError       *error = NULL;

  for (size_t face = 0; face < FACES; face++)
    maps[face].a = 1.0;
  pictures.plan.detail_faces = "rare+everyone,smiling+male";
  dfi_emphasis_weigh (&state, others);

  attributes[RARE].name      = "male+";
  attributes[EVERYONE].name  = "male+everyone+";
  pictures.plan.attributes   = attributes;
  pictures.plan.detail_faces = "male+ + male+everyone+,smiling+male";
  g_assert_true (dfi_emphasis_check (&pictures.plan, &error));
  g_assert_no_error (error);
  dfi_emphasis_weigh (&state, weights);
  g_assert_cmpmem (weights, sizeof weights, others, sizeof others);

  pictures.plan.detail_faces = "male++female";
  g_assert_true (dfi_emphasis_check (&pictures.plan, NULL));
  pictures.plan.detail_faces = "smiling+ glasses+male";
  g_assert_false (dfi_emphasis_check (&pictures.plan, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "“glasses”"));
  g_error_free (error);
  g_free (attributes);
  drawn_pictures_clear (&pictures);
}

#define N_RARE 5 /* faces: those that drawn_has() says RARE of */

/* Pictures of which the first N_RARE have bars over the eyes, each others. */
static DrawnPictures
bars_new (void)
{
  DrawnPictures pictures = drawn_pictures_new (FACES, SIDE, 2);

  for (int face = 0; face < N_RARE; face++)
    {
      char      *path  = drawn_path (pictures.files[face]), *own;
      GError    *error = NULL;
      GdkPixbuf *read  = gdk_pixbuf_new_from_file (path, &error);
      guint8    *pixels;

      g_assert_no_error (error);
      pixels = gdk_pixbuf_get_pixels (read);
      for (int y = SIDE / 4; y < SIDE / 2; y++)
        for (int x = 0; x < 3 * SIDE; x++)
          if ((x / 3 + face * y / 3) / (3 + face) % 2)
            pixels[y * gdk_pixbuf_get_rowstride (read) + x] = 255;
      g_free (pictures.files[face]);
      pictures.files[face] = g_strdup_printf ("bars-%d.png", face);
      own                  = drawn_path (pictures.files[face]);
      g_assert_true (gdk_pixbuf_save (read, own, "png", &error, NULL));
      g_free (own);
      g_object_unref (read);
      g_free (path);
    }
  pictures.plan.detail_rows = 4;
  return pictures;
}

/* Details show faces better when the plan names them, and as well when two entries name them as when one does. */
static void
test_named (void)
{
  static const char *const lists[] = { NULL, "rare", "rare+everyone,rare" };
  double                   untold[G_N_ELEMENTS (lists)];

  for (size_t i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      DrawnPictures pictures = bars_new ();
      Built         built;

      pictures.plan.detail_faces = lists[i];
      built                      = build (pictures, "named.safetensors");
      untold[i]                  = share_untold (&built, 0, N_RARE);
      built_clear (&built);
    }
  g_assert_cmpfloat (untold[1], <, 0.7 * untold[0]);
  g_assert_cmpfloat_with_epsilon (untold[2], untold[1], 1e-3);
}

/* ---------- what cannot be ---------- */

static void
fails (DrawnPictures *pictures, const char *text)
{
  DfiEncoder *encoder = drawn_encoder (2);
  char       *path    = drawn_path ("no.safetensors");
  GError     *error   = NULL;

  g_assert_false (dfi_build (&pictures->plan, encoder, path, NULL, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  if (! strstr (error->message, text))
    g_error ("%s", error->message);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_error_free (error);
  g_free (path);
  dfi_encoder_free (encoder);
}

/* What cannot be is refused; and few faces support few rows. */
static void
test_limits (void)
{
  DrawnPictures pictures = drawn_pictures_new (24, SIDE, ROWS);
  Built         built;

  pictures.plan.detail_faces = "beard,glasses+beard";
  fails (&pictures, "have “glasses”, and the labels");
  pictures.plan.detail_faces = "beard,smiling+frowning";
  fails (&pictures, "have “smiling+frowning”, and by the labels");
  pictures.plan.detail_faces = "beard,";
  fails (&pictures, "have “”");
  pictures.plan.detail_faces = NULL;
  pictures.plan.detail_rows  = -1;
  fails (&pictures, "-1 are asked for");
  pictures.plan.detail_rows         = DETAIL_ROWS;
  pictures.plan.framing.frame.whole = TRUE;
  fails (&pictures, "taken whole");
  pictures.plan.framing.frame.whole = FALSE;
  pictures.plan.detail_rows         = G_MAXINT;
  built                             = build (pictures, "few.safetensors");
  g_assert_cmpint (dfi_database_code_length (built.database) - dfi_database_rank (built.database), ==, 24); /* 12 each */
  built_clear (&built);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  drawn_start ();
  g_test_add_func ("/build-details/cells", test_cells);
  g_test_add_func ("/build-details/no-cells", test_no_cells);
  g_test_add_func ("/build-details/rows", test_rows);
  g_test_add_func ("/build-details/weights", test_weights);
  g_test_add_func ("/build-details/joined-names", test_joined_names);
  g_test_add_func ("/build-details/named", test_named);
  g_test_add_func ("/build-details/limits", test_limits);
  return drawn_end (g_test_run ());
}
