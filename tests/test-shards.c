/* Builds in parts: killed and gone on with, and dealt out to shards and merged. */

#include "config.h"

#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib/gstdio.h>

#include "build/build.h"
#include "build/detail-cells.h"
#include "build/merge.h"
#include "common.h"
#include "database/codes.h"
#include "database/detail.h"
#include "database/direction.h"
#include "base/error.h"
#include "files/safetensors-reader.h"

#define SIDE    48
#define N_FILES 150 /* two batches and more, so that something is saved within each stage */
#define ROWS    12
#define FOLDER  "DFI_TEST_FOLDER"

static char *folder;
static int   detail_rows; /* of the databases that are built now; those that have details have the tones of hair, too */

static const DfiAttribute attributes[] = {
  { "dark", "Dark", NULL, NULL, -1, { -1 }, 2.0, DFI_REGION_FACE, FALSE, .light = 1.0, .alike = DFI_ALIKE, .renew = -1 },
  { "mouth", "Mouth", NULL, NULL, -1, { 0, -1 }, 2.0, DFI_REGION_FACE, FALSE, .light = 1.0, .alike = DFI_ALIKE, .renew = -1 },
};

/* ---------- pictures ---------- */

static gboolean
face_has (size_t face, int attribute)
{
  return attribute == 0 ? face % 3 == 0 : face % 4 < 2;
}

static void
draw_face (const char *path, size_t face)
{
  GdkPixbuf *pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, SIDE, SIDE);
  guint8    *pixels = gdk_pixbuf_get_pixels (pixbuf);
  int        stride = gdk_pixbuf_get_rowstride (pixbuf);
  float      knobs[8];
  GError    *error = NULL;

  test_uniform (900 + face, knobs, 8);
  for (int i = 0; i < SIDE; i++)
    for (int j = 0; j < 3 * SIDE; j++)
      {
        double   wave  = sin (i * (0.1 + 0.5 * knobs[0]) + 6 * knobs[1]) + cos (j / 3 * (0.1 + 0.5 * knobs[2]) + 6 * knobs[3]);
        gboolean mouth = i > 32 && i < 38 && j > 3 * 14 && j < 3 * 34;

        pixels[i * stride + j] =
            face_has (face, 1) && mouth ? 230 : (face_has (face, 0) ? 70 : 130) + 30 * wave + 20 * knobs[j % 3 + 4];
      }
  g_assert_true (gdk_pixbuf_save (pixbuf, path, "png", &error, NULL));
  g_object_unref (pixbuf);
}

static char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

/* A plan with everything that it points to.  Picture 20 is missing. */
typedef struct
{
  DfiBuildPlan    plan;
  char          **files;
  guint8         *labels;
  DfiEncoder     *encoder;
  DfiHairNetwork *hair;
} Pictures;

static void
pictures_init (Pictures *pictures)
{
  GError *error   = NULL;
  char   *weights = in_folder ("random-vgg19-2.safetensors"), *hair = in_folder ("hair.safetensors");

  pictures->files   = g_new0 (char *, N_FILES + 1);
  pictures->labels  = g_malloc0 (N_FILES);
  pictures->encoder = dfi_encoder_new_from_file (weights, &error);
  g_assert_no_error (error);
  pictures->hair = detail_rows > 0 ? dfi_hair_network_new (hair, &error) : NULL;
  g_assert_no_error (error);
  for (size_t face = 0; face < N_FILES; face++)
    {
      pictures->files[face]  = g_strdup_printf (face == 20 ? "missing.png" : "%03zu.png", face);
      pictures->labels[face] = face_has (face, 0) | face_has (face, 1) << 1;
    }
  pictures->plan = (DfiBuildPlan){ .folder        = folder,
                                   .files         = (const char *const *) pictures->files,
                                   .n_files       = N_FILES,
                                   .labels        = pictures->labels,
                                   .attributes    = attributes,
                                   .n_attributes  = G_N_ELEMENTS (attributes),
                                   .framing.kind  = DFI_FRAMING_WHOLE,
                                   .framing.frame = { SIDE, { 0.3 * SIDE, 18, 0.7 * SIDE, 18 }, { 0.5 * SIDE, 38 }, FALSE },
                                   .rows          = ROWS,
                                   .detail_rows   = detail_rows,
                                   .hair          = pictures->hair,
                                   .taps          = DFI_TAPS_PAPER,
                                   .provenance    = "drawn by a test" };
  g_free (hair);
  g_free (weights);
}

static void
pictures_clear (Pictures *pictures)
{
  dfi_hair_network_free (pictures->hair);
  dfi_encoder_free (pictures->encoder);
  g_strfreev (pictures->files);
  g_free (pictures->labels);
}

static void
draw_all (void)
{
  g_free (test_weights_new (folder, 2));
  g_free (test_hair_dark (folder));
  for (size_t face = 0; face < N_FILES; face++)
    {
      char *name = g_strdup_printf ("%03zu.png", face);
      char *path = in_folder (name);

      draw_face (path, face);
      g_free (path);
      g_free (name);
    }
}

static void
assert_same_bytes (const char *a, const char *b)
{
  char *path_a = in_folder (a), *path_b = in_folder (b);
  char *bytes_a, *bytes_b;
  gsize size_a, size_b;

  g_assert_true (g_file_get_contents (path_a, &bytes_a, &size_a, NULL));
  g_assert_true (g_file_get_contents (path_b, &bytes_b, &size_b, NULL));
  g_assert_cmpmem (bytes_a, size_a, bytes_b, size_b);
  g_free (bytes_b);
  g_free (bytes_a);
  g_free (path_b);
  g_free (path_a);
}

static void
count_skipped (const char *file, const GError *reason, gpointer data)
{
  g_assert_cmpstr (file, ==, "missing.png");
  g_assert_nonnull (strstr (reason->message, file));
  ++*(int *) data;
}

/* The database built at once, once with details and once without. */
static const char *
whole (void)
{
  const char *name = detail_rows > 0 ? "whole-details.safetensors" : "whole.safetensors";
  char       *path = in_folder (name);

  if (! g_file_test (path, G_FILE_TEST_EXISTS))
    {
      Pictures pictures;
      GError  *error   = NULL;
      int      skipped = 0;

      pictures_init (&pictures);
      dfi_build (&pictures.plan, pictures.encoder, path, count_skipped, NULL, &skipped, &error);
      g_assert_no_error (error);
      g_assert_cmpint (skipped, ==, 1);
      pictures_clear (&pictures);
    }
  g_free (path);
  return name;
}

/* ---------- what part of a picture ---------- */

/* A part of the demo's photograph as picture @file. */
static void
cut_photo (const char *file, int x, int y, int width, int height)
{
  char      *photo = test_source_file ("resources/astronaut.png"), *path = in_folder (file);
  GError    *error  = NULL;
  GdkPixbuf *pixbuf = gdk_pixbuf_new_from_file (photo, &error);
  GdkPixbuf *part;

  g_assert_no_error (error);
  part = gdk_pixbuf_new_subpixbuf (pixbuf, x, y, width, height);
  g_assert_true (gdk_pixbuf_save (part, path, "png", &error, NULL));
  g_object_unref (part);
  g_object_unref (pixbuf);
  g_free (path);
  g_free (photo);
}

/* Frame -> picture of the first two pictures. */
static void
read_maps (Pictures *pictures, DfiSimilarity *maps)
{
  char           *path  = in_folder ("maps.part");
  GError         *error = NULL;
  DfiSafetensors *file;
  void           *all;

  dfi_build_shard (&pictures->plan, pictures->encoder, 1, N_FILES / 2, NULL, path, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  file = dfi_safetensors_open (path, "partial", 1, &error);
  g_assert_no_error (error);
  all = dfi_safetensors_load (file, dfi_safetensors_tensor (file, "maps", 2, (size_t[]){ 4 * N_FILES, 8 }, &error), &error);
  memcpy (maps, all, 2 * sizeof *maps);
  g_free (all);
  dfi_safetensors_free (file);
  g_free (path);
}

/* Two parts of one photograph: the same face lies at the same place, moved as the parts are. */
static void
test_framing (void)
{
  static const double eyes[] = { 202, 101, 244, 103 }; /* in the photograph, as the demo says */
  DfiSimilarity       maps[2];
  Pictures            pictures;
  GError             *error  = NULL;
  DfiFaceFinder      *finder = dfi_face_finder_new (NULL, &error);

  g_assert_no_error (error);
  pictures_init (&pictures);
  for (int i = 0; i < 2; i++)
    {
      g_free (pictures.files[i]);
      pictures.files[i] = g_strdup (i == 0 ? "cut0.png" : "cut1.png");
    }
  cut_photo ("cut0.png", 0, 0, 400, 300);
  cut_photo ("cut1.png", 40, 20, 400, 340);

  pictures.plan.framing.kind   = DFI_FRAMING_FACE;
  pictures.plan.framing.finder = finder;
  read_maps (&pictures, maps);
  for (int i = 0; i < 2; i++)
    for (int eye = 0; eye < 2; eye++)
      {
        const double *place = pictures.plan.framing.frame.eyes + 2 * eye;
        double        x, y;

        dfi_similarity_apply (&maps[i], place[0], place[1], &x, &y);
        g_test_message ("eye at %.1f, %.1f", x + 40 * i, y + 20 * i);
        g_assert_cmpfloat (hypot (x + 40 * i - eyes[2 * eye], y + 20 * i - eyes[2 * eye + 1]), <, 8.0); /* 42 apart */
      }

  pictures.plan.framing.kind = DFI_FRAMING_WHOLE;
  read_maps (&pictures, maps);
  for (int i = 0; i < 2; i++)
    {
      g_assert_cmpfloat (maps[i].a, ==, 400.0 / SIDE);
      g_assert_cmpfloat (maps[i].b, ==, 0.0);
      g_assert_cmpfloat (maps[i].tx, ==, 0.0);
      g_assert_cmpfloat (maps[i].ty, ==, i == 0 ? -50.0 : -30.0);
    }

  dfi_face_finder_free (finder);
  pictures_clear (&pictures);
}

/* ---------- interruptions ---------- */

typedef struct
{
  int    pictures; /* before the end */
  int    skipped;
  double share; /* that is done, plus 1; 0 at first */
} Limit;

/* A picture has the same share each time that its build asks. */
static gboolean
stop_at_limit (double fraction, gpointer data)
{
  Limit *limit = data;

  if (limit->share != 1.0 + fraction)
    limit->pictures--;
  limit->share = 1.0 + fraction;
  return limit->pictures >= 0;
}

static gboolean
kill_at_limit (double fraction, gpointer data)
{
  if (! stop_at_limit (fraction, data))
    kill (getpid (), SIGKILL);
  return TRUE;
}

static void
skip_with_limit (const char *file, const GError *reason, gpointer data)
{
  count_skipped (file, reason, &((Limit *) data)->skipped);
}

/* A second build of the same file while the first is at work: refused, and the first goes on undisturbed. */
static gboolean
build_again (double fraction, gpointer data)
{
  int     *refused = data;
  Pictures pictures;
  GError  *error = NULL;
  char    *path  = in_folder ("twice.safetensors");

  if (*refused == 0 && fraction > 0.5)
    {
      pictures_init (&pictures);
      g_assert_false (dfi_build (&pictures.plan, pictures.encoder, path, NULL, NULL, NULL, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
      g_assert_nonnull (strstr (error->message, "Another build"));
      g_error_free (error);
      pictures_clear (&pictures);
      *refused = 1;
    }
  g_free (path);
  return TRUE;
}

static void
test_twice (void)
{
  Pictures pictures;
  int      refused = 0;
  char    *path    = in_folder ("twice.safetensors");
  char    *partial = in_folder ("twice.safetensors.partial");
  GError  *error   = NULL;

  pictures_init (&pictures);
  pictures.plan.save_every = 0;
  g_assert_true (dfi_build (&pictures.plan, pictures.encoder, path, NULL, build_again, &refused, &error));
  g_assert_no_error (error);
  g_assert_cmpint (refused, ==, 1);
  g_assert_false (g_file_test (partial, G_FILE_TEST_EXISTS));

  pictures_clear (&pictures);
  g_free (partial);
  g_free (path);
}

/* In a process of its own: builds, and is killed after 70 pictures. */
static void
killed_build (void)
{
  Pictures pictures;
  GError  *error = NULL;
  char    *path  = in_folder ("killed.safetensors");
  Limit    limit = { .pictures = 70 };

  pictures_init (&pictures);
  dfi_build (&pictures.plan, pictures.encoder, path, skip_with_limit, kill_at_limit, &limit, &error);
  g_assert_no_error (error);
  g_assert_cmpint (limit.skipped, ==, 1); /* told again of what was left out before */
  g_free (path);
  pictures_clear (&pictures);
}

static void
killed_build_details (void)
{
  detail_rows = 5;
  killed_build ();
}

/* However often a build is killed, it goes on from where it was, and comes to the same bytes. */
static void
kill_builds (const char *build)
{
  char *path    = in_folder ("killed.safetensors");
  char *partial = in_folder ("killed.safetensors.partial");
  int   kills   = 0;

  for (; ! g_file_test (path, G_FILE_TEST_EXISTS); kills++)
    {
      g_assert_cmpint (kills, <, 16);
      g_test_trap_subprocess (build, 0, G_TEST_SUBPROCESS_DEFAULT);
    }
  g_test_trap_assert_passed ();
  g_test_message ("killed %d times", kills - 1);
  g_assert_cmpint (kills, >, 4);
  g_assert_false (g_file_test (partial, G_FILE_TEST_EXISTS));
  assert_same_bytes ("killed.safetensors", whole ());
  g_unlink (path);
  g_free (partial);
  g_free (path);
}

static void
test_killed (void)
{
  kill_builds ("/resume/killed/subprocess/build");
}

static void
test_killed_details (void)
{
  detail_rows = 5;
  kill_builds ("/resume/killed-details/subprocess/build");
  detail_rows = 0;
}

/* Cancels a build of @name after as many pictures. */
static void
start_build (Pictures *pictures, const char *name, int pictures_before)
{
  char   *path  = in_folder (name);
  GError *error = NULL;
  Limit   limit = { .pictures = pictures_before };

  g_assert_false (dfi_build (&pictures->plan, pictures->encoder, path, NULL, stop_at_limit, &limit, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_CANCELLED);
  g_error_free (error);
  g_free (path);
}

/* What a build leaves that is killed while it saves goes with the folder, also when nothing is saved there any more. */
static void
test_leftover (void)
{
  Pictures pictures;
  GError  *error    = NULL;
  char    *path     = in_folder ("leftover.safetensors");
  char    *partial  = in_folder ("leftover.safetensors.partial");
  char    *leftover = g_strdup_printf ("%s/.dfi-unfinished-%s-abcdef", partial, g_get_host_name ());

  pictures_init (&pictures);
  start_build (&pictures, "leftover.safetensors", 250);
  g_assert_true (g_file_set_contents (leftover, "half", -1, NULL));
  pictures.plan.save_every = 1e6;
  g_assert_true (dfi_build (&pictures.plan, pictures.encoder, path, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (g_file_test (partial, G_FILE_TEST_EXISTS));
  assert_same_bytes ("leftover.safetensors", whole ());

  pictures_clear (&pictures);
  g_free (leftover);
  g_free (partial);
  g_free (path);
}

static void
fails_to_go_on (Pictures *pictures, const char *name, int code, const char *text)
{
  char   *path  = in_folder (name);
  GError *error = NULL;

  g_assert_false (dfi_build (&pictures->plan, pictures->encoder, path, NULL, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, code);
  if (! strstr (error->message, text))
    g_error ("%s", error->message);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_error_free (error);
  g_free (path);
}

static void
test_other_options (void)
{
  Pictures pictures;
  GError  *error = NULL;
  char    *path  = in_folder ("other.safetensors");

  detail_rows = 5;
  pictures_init (&pictures);
  detail_rows                = 0;
  pictures.plan.hair         = NULL; /* which would take most of the time */
  pictures.plan.detail_faces = "mouth";
  start_build (&pictures, "other.safetensors", 200);

  pictures.plan.rows--;
  fails_to_go_on (&pictures, "other.safetensors", DFI_ERROR_OTHER_BUILD, "other.safetensors.partial");
  pictures.plan.rows++;
  pictures.plan.detail_rows++;
  fails_to_go_on (&pictures, "other.safetensors", DFI_ERROR_OTHER_BUILD, "other.safetensors.partial");
  pictures.plan.detail_rows--;
  pictures.plan.detail_faces = "dark+mouth";
  fails_to_go_on (&pictures, "other.safetensors", DFI_ERROR_OTHER_BUILD, "other.safetensors.partial");
  pictures.plan.detail_faces = NULL;
  fails_to_go_on (&pictures, "other.safetensors", DFI_ERROR_OTHER_BUILD, "other.safetensors.partial");
  pictures.plan.detail_faces = "mouth";
  pictures.labels[7] ^= 1;
  fails_to_go_on (&pictures, "other.safetensors", DFI_ERROR_OTHER_BUILD, "other.safetensors.partial");
  pictures.plan.restart = TRUE;
  dfi_build (&pictures.plan, pictures.encoder, path, NULL, NULL, NULL, &error);
  g_assert_no_error (error);

  g_free (path);
  pictures_clear (&pictures);
}

/* Every file that is kept, cut short: refused in a sentence. */
static void
test_damaged (void)
{
  static const struct
  {
    const char *file;
    int         pictures; /* in stage 2: 150 to 300 */
  } cases[] = { { "sums", 100 }, { "sums", 250 }, { "basis", 250 }, { "sums", 400 }, { "sums", 550 }, { "codes", 550 } };
  Pictures pictures;

  detail_rows = 5;
  pictures_init (&pictures);
  detail_rows = 0;
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      char *path = g_build_filename (folder, "cut.safetensors.partial", cases[i].file, NULL);
      char *bytes;
      gsize size;

      pictures.plan.hair    = g_str_equal (cases[i].file, "codes") ? pictures.hair : NULL; /* what is measured is kept there */
      pictures.plan.restart = TRUE;
      start_build (&pictures, "cut.safetensors", cases[i].pictures);
      pictures.plan.restart = FALSE;
      g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
      g_assert_cmpuint (size, >, 1000);
      g_assert_true (g_file_set_contents (path, bytes, 1000, NULL));
      fails_to_go_on (&pictures, "cut.safetensors", DFI_ERROR_FORMAT, "cut.safetensors.partial");
      g_free (bytes);
      g_free (path);
    }
  pictures_clear (&pictures);
}

/* ---------- shards ---------- */

#define N_SHARDS 3

static char *
part_path (int stage, int shard)
{
  char *name = g_strdup_printf ("stage%d-%d.part", stage, shard);
  char *path = in_folder (name);

  g_free (name);
  return path;
}

static char *
basis_path (int stage) /* that the stage begins with; NULL for the first */
{
  char *name = g_strdup_printf ("stage%d.basis", stage);
  char *path = stage > 1 ? in_folder (name) : NULL;

  g_free (name);
  return path;
}

static void
build_shards (Pictures *pictures, int stage)
{
  char *basis = basis_path (stage);

  for (int shard = 1; shard <= N_SHARDS; shard++)
    {
      GError *error = NULL;
      char   *path  = part_path (stage, shard);

      dfi_build_shard (&pictures->plan, pictures->encoder, shard, N_SHARDS, basis, path, NULL, NULL, NULL, &error);
      g_assert_no_error (error);
      g_free (path);
    }
  g_free (basis);
}

/* Merges the parts of @stage in the order of @shards (0 ends it). */
static gboolean
merge (int stage, const int *shards, const char *out, GError **error)
{
  char    *paths[N_SHARDS + 2] = { NULL };
  int      n                   = 0, found, n_stages;
  gboolean done;

  for (; shards[n]; n++)
    paths[n] = part_path (stage, shards[n]);
  done = dfi_build_merge ((const char *const *) paths, n, out, &found, &n_stages, error);
  if (done)
    g_assert_cmpint (found, ==, stage);
  while (n > 0)
    g_free (paths[--n]);
  return done;
}

static float *
read_floats (const DfiSafetensors *file, const char *name, int rank, size_t *shape)
{
  GError          *error  = NULL;
  const DfiTensor *tensor = dfi_safetensors_tensor (file, name, rank, (size_t[]){ 0, 0 }, &error);
  float           *values;

  g_assert_no_error (error);
  values = g_new (float, tensor->count);
  g_assert_true (dfi_safetensors_floats (file, tensor, values, &error));
  memcpy (shape, tensor->shape, 2 * sizeof *shape);
  return values;
}

/* |a - b| / |b| */
static double
difference (const float *a, const float *b, size_t n)
{
  double square = 0.0, whole_square = 0.0;

  for (size_t i = 0; i < n; i++)
    {
      square += pow (a[i] - b[i], 2.0);
      whole_square += pow (b[i], 2.0);
    }
  return sqrt (square / whole_square);
}

/* Tensor @name of both files, as a relative difference. */
static double
compare_tensors (const DfiSafetensors *a, const DfiSafetensors *b, const char *name, int rank)
{
  size_t shape_a[2], shape_b[2];
  float *values_a = read_floats (a, name, rank, shape_a);
  float *values_b = read_floats (b, name, rank, shape_b);
  double result;

  g_assert_cmpmem (shape_a, rank * sizeof (size_t), shape_b, rank * sizeof (size_t));
  result = difference (values_a, values_b, shape_a[0] * (rank == 2 ? shape_a[1] : 1));
  g_test_message ("%s differs by %.1e", name, result);
  g_free (values_b);
  g_free (values_a);
  return result;
}

static double
compare_directions (const char *path_a, const char *path_b, DfiEncoder *encoder)
{
  GError             *error = NULL;
  DfiDatabase        *a     = dfi_database_open (path_a, encoder, &error);
  DfiDatabase        *b     = error ? NULL : dfi_database_open (path_b, encoder, &error);
  size_t              n     = a ? dfi_database_n_features (a) : 0;
  float              *face = g_new (float, n), *w_a = g_new (float, n), *w_b = g_new (float, n);
  double             *code    = g_new (double, a ? dfi_database_code_length (a) : 0);
  DfiDirectionOptions options = { .neighbours = 20 };
  DfiDirectionNote    note;
  double              worst = 0.0;

  g_assert_no_error (error);
  for (int seed = 0; seed < 10; seed++)
    for (int attribute = 0; attribute < (int) G_N_ELEMENTS (attributes); attribute++)
      {
        DfiRequest change = { attribute, 1.0 };

        test_uniform (seed, face, n);
        g_assert_true (dfi_database_project (a, code, face, &error));
        dfi_database_direction (a, code, &change, 1, &options, w_a, NULL, &note, &error);
        g_assert_no_error (error);
        g_assert_true (dfi_database_project (b, code, face, &error));
        dfi_database_direction (b, code, &change, 1, &options, w_b, NULL, &note, &error);
        g_assert_no_error (error);
        worst = MAX (worst, difference (w_a, w_b, n));
      }
  g_test_message ("directions differ by %.1e at most", worst);

  g_free (code);
  g_free (w_b);
  g_free (w_a);
  g_free (face);
  dfi_database_free (b);
  dfi_database_free (a);
  return worst;
}

/* What detail @d tells of all faces, as a relative difference. */
static double
compare_details (const char *path_a, const char *path_b, int d)
{
  const char *const paths[] = { path_a, path_b };
  float            *told[2];
  size_t            n = 0;
  double            result;

  for (int i = 0; i < 2; i++)
    {
      GError          *error    = NULL;
      DfiDatabase     *database = dfi_database_peek (paths[i], &error);
      const DfiDetail *details  = dfi_database_details (database, &(int){ 0 });
      const size_t     length = details[d].basis.layout.n_features, n_faces = dfi_database_n_faces (database);
      float           *codes = g_new (float, dfi_database_code_length (database));
      double          *code  = g_new (double, details[d].basis.rank);
      const size_t     first = dfi_database_rank (database) + (d > 0 ? details[0].basis.rank : 0);

      n       = n_faces * length;
      told[i] = g_new (float, n);
      for (size_t face = 0; face < n_faces; face++)
        {
          float *to = told[i] + face * length;

          dfi_database_code (database, face, codes);
          for (size_t r = 0; r < details[d].basis.rank; r++)
            code[r] = codes[first + r];
          g_assert_true (dfi_basis_combine (&details[d].basis, &to, (const double *const[]){ code }, 1, &error));
        }
      g_free (code);
      g_free (codes);
      dfi_database_free (database);
    }
  result = difference (told[0], told[1], n);
  g_test_message ("detail %d differs by %.1e", d, result);
  g_free (told[1]);
  g_free (told[0]);
  return result;
}

/* What is measured of each picture does not depend on how they are dealt out. */
static void
assert_same_tones (const DfiSafetensors *a, const DfiSafetensors *b)
{
  GError          *error = NULL;
  const DfiTensor *left  = dfi_safetensors_typed (a, "tones", DFI_DTYPE_F16, 2, (size_t[]){ N_FILES - 1, 4 }, &error);
  const DfiTensor *right = dfi_safetensors_typed (b, "tones", DFI_DTYPE_F16, 2, (size_t[]){ N_FILES - 1, 4 }, &error);
  guint16         *tones[2];
  size_t           known = 0;

  g_assert_no_error (error);
  tones[0] = dfi_safetensors_load (a, left, &error);
  tones[1] = dfi_safetensors_load (b, right, &error);
  g_assert_cmpmem (tones[0], left->count * sizeof (guint16), tones[1], right->count * sizeof (guint16));
  for (size_t i = 0; i < left->count; i++)
    known += isfinite (dfi_half_to_float (GUINT16_FROM_LE (tones[0][i])));
  g_assert_cmpuint (known, >, N_FILES);
  g_free (tones[1]);
  g_free (tones[0]);
}

static void
test_shards (void)
{
  Pictures         pictures;
  GError          *error  = NULL;
  char            *merged = in_folder ("merged.safetensors"), *again = in_folder ("again.safetensors");
  char            *one = in_folder (whole ());
  DfiSafetensors  *a, *b;
  const DfiTensor *labels_a, *labels_b;
  void            *bytes_a, *bytes_b;
  int              last;

  pictures_init (&pictures);
  last = dfi_plan_stages (&pictures.plan);
  for (int stage = 1; stage < last; stage++)
    {
      char *basis = basis_path (stage + 1);

      build_shards (&pictures, stage);
      merge (stage, (int[]){ 1, 2, 3, 0 }, basis, &error);
      g_assert_no_error (error);
      g_free (basis);
    }
  build_shards (&pictures, last);
  merge (last, (int[]){ 1, 2, 3, 0 }, merged, &error);
  g_assert_no_error (error);
  merge (last, (int[]){ 3, 1, 2, 0 }, again, &error);
  g_assert_no_error (error);
  assert_same_bytes ("merged.safetensors", "again.safetensors");

  a = dfi_safetensors_open (merged, "database", DFI_DATABASE_VERSION, &error);
  g_assert_no_error (error);
  b = dfi_safetensors_open (one, "database", DFI_DATABASE_VERSION, &error);
  g_assert_no_error (error);
  labels_a = dfi_safetensors_tensor (a, "labels", 2, (size_t[]){ 0, 0 }, &error);
  labels_b = dfi_safetensors_tensor (b, "labels", 2, (size_t[]){ 0, 0 }, &error);
  bytes_a  = dfi_safetensors_load (a, labels_a, &error);
  bytes_b  = dfi_safetensors_load (b, labels_b, &error);
  g_assert_cmpmem (bytes_a, labels_a->count, bytes_b, labels_b->count);
  g_free (bytes_b);
  g_free (bytes_a);
  g_assert_cmpfloat (compare_tensors (a, b, "mean", 1), <, 1e-6);  /* a float's rounding is 6e-8 */
  g_assert_cmpfloat (compare_tensors (a, b, "codes", 2), <, 2e-3); /* a half's rounding is 5e-4 */
  g_assert_cmpfloat (compare_tensors (a, b, "scale", 2), <, 1e-3);
  g_assert_cmpfloat (compare_tensors (a, b, "predictor", 2), <, 1e-2);
  g_assert_cmpfloat (compare_directions (merged, one, pictures.encoder), <, 2e-3);
  for (int d = 0; detail_rows > 0 && d < DFI_BUILD_DETAILS; d++)
    g_assert_cmpfloat (compare_details (merged, one, d), <, 1e-3);
  if (detail_rows > 0)
    assert_same_tones (a, b);

  dfi_safetensors_free (b);
  dfi_safetensors_free (a);
  g_free (one);
  g_free (again);
  g_free (merged);
  pictures_clear (&pictures);
}

/* Cancels a shard, which saves what it goes on from; or, with @text, fails to go on with what another stage has saved. */
static void
fails_in_stage (Pictures *pictures, int stage, const char *path, const char *text)
{
  char   *basis = basis_path (stage);
  Limit   limit = { .pictures = text ? 1000 : 100 };
  GError *error = NULL;

  g_assert_false (dfi_build_shard (&pictures->plan, pictures->encoder, 1, 1, basis, path, NULL, stop_at_limit, &limit, &error));
  g_assert_true (g_error_matches (error, DFI_ERROR, (text ? DFI_ERROR_OTHER_BUILD : DFI_ERROR_CANCELLED)));
  if (text && ! strstr (error->message, text))
    g_error ("%s", error->message);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_error_free (error);
  g_free (basis);
}

static void
test_shards_details (void)
{
  detail_rows = 5;
  test_shards ();
  detail_rows = 0;
}

/* A shard under the name of one of another stage that was interrupted does not go on with that one's sums.  Runs after the above,
 * with its bases, which fit any number of shards. */
static void
test_other_stage (void)
{
  Pictures pictures;
  GError  *error = NULL;
  char    *path = in_folder ("any.part"), *basis = basis_path (3);

  pictures_init (&pictures);
  fails_in_stage (&pictures, 3, path, NULL);
  fails_in_stage (&pictures, 1, path, "saved in stage 3");
  fails_in_stage (&pictures, 2, path, "this is stage 2");
  g_assert_true (dfi_build_shard (&pictures.plan, pictures.encoder, 1, 1, basis, path, NULL, NULL, NULL, &error));
  g_assert_no_error (error);

  g_free (basis);
  g_free (path);
  pictures_clear (&pictures);
}

static void
fails_to_merge (int stage, const int *shards, int code, const char *text)
{
  char   *out   = in_folder ("refused");
  GError *error = NULL;

  g_assert_false (merge (stage, shards, out, &error));
  g_assert_error (error, DFI_ERROR, code);
  if (! strstr (error->message, text))
    g_error ("%s", error->message);
  g_test_message ("%s", error->message);
  g_assert_false (g_file_test (out, G_FILE_TEST_EXISTS));
  g_error_free (error);
  g_free (out);
}

/* Runs after the above, with its parts. */
static void
test_refused (void)
{
  Pictures pictures;
  GError  *error = NULL;
  char    *path = part_path (1, 2), *first = part_path (1, 1), *basis = basis_path (2);
  Limit    limit = { .pictures = 10 };
  char    *bytes;
  gsize    size;

  pictures_init (&pictures);
  build_shards (&pictures, 1);
  fails_to_merge (1, (int[]){ 1, 3, 0 }, DFI_ERROR_SHAPE, "Shard 2 of 3 is missing");
  fails_to_merge (1, (int[]){ 1, 3, 3, 2, 0 }, DFI_ERROR_SHAPE, "both of shard 3");

  pictures.plan.rows--; /* one shard with other options */
  g_assert_true (dfi_build_shard (&pictures.plan, pictures.encoder, 2, N_SHARDS, NULL, path, NULL, NULL, NULL, &error));
  fails_to_merge (1, (int[]){ 1, 2, 3, 0 }, DFI_ERROR_SHAPE, "the number of rows");
  g_assert_false (dfi_build_shard (&pictures.plan, pictures.encoder, 2, N_SHARDS, basis, path, NULL, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_OTHER_BUILD); /* nor does the basis fit them */
  g_clear_error (&error);
  pictures.plan.rows++;

  g_assert_false (dfi_build_shard (&pictures.plan, pictures.encoder, 4, N_SHARDS, NULL, path, NULL, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);

  g_assert_true (g_file_get_contents (first, &bytes, &size, NULL));
  g_assert_true (g_file_set_contents (path, bytes, size / 2, NULL));
  fails_to_merge (1, (int[]){ 1, 2, 3, 0 }, DFI_ERROR_FORMAT, "stage1-2.part");
  g_free (bytes);

  /* What an interrupted shard keeps is no part. */
  g_unlink (path);
  g_assert_false (dfi_build_shard (&pictures.plan, pictures.encoder, 2, 2, NULL, path, NULL, stop_at_limit, &limit, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_CANCELLED);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_clear_error (&error);

  g_free (basis);
  g_free (first);
  g_free (path);
  pictures_clear (&pictures);
}

/* ---------- for test-slurm.sh ---------- */

/* Pictures, labels.csv and weights in the folder @path. */
static int
draw_command (const char *path)
{
  GString *csv = g_string_new ("file,dark,mouth\n");
  char    *list;

  g_mkdir (path, 0777);
  folder = g_strdup (path);
  draw_all ();
  for (size_t face = 0; face < N_FILES; face++)
    g_string_append_printf (csv, "%03zu.png,%d,%d\n", face, face_has (face, 0), face_has (face, 1));
  list = in_folder ("labels.csv");
  g_assert_true (g_file_set_contents (list, csv->str, -1, NULL));

  g_free (list);
  g_free (folder);
  g_string_free (csv, TRUE);
  return 0;
}

/* Whether two databases give the same directions, up to rounding. */
static int
compare_command (const char *path_a, const char *path_b, const char *weights)
{
  GError     *error   = NULL;
  DfiEncoder *encoder = dfi_encoder_new_from_file (weights, &error);
  double      worst;

  g_assert_no_error (error);
  worst = compare_directions (path_a, path_b, encoder);
  dfi_encoder_free (encoder);
  return worst < 2e-3 ? 0 : 1;
}

int
main (int argc, char **argv)
{
  int status;

  if (argc == 3 && strcmp (argv[1], "--draw") == 0)
    return draw_command (argv[2]);
  if (argc == 5 && strcmp (argv[1], "--compare") == 0)
    return compare_command (argv[2], argv[3], argv[4]);

  g_test_init (&argc, &argv, NULL);
  if (g_test_subprocess ()) /* works in the folder of its parent */
    {
      folder = g_strdup (g_getenv (FOLDER));
    }
  else
    {
      folder = test_folder_new ();
      g_setenv (FOLDER, folder, TRUE);
      draw_all ();
    }
  g_test_add_func ("/framing", test_framing);
  g_test_add_func ("/resume/twice", test_twice);
  g_test_add_func ("/resume/killed", test_killed);
  g_test_add_func ("/resume/killed/subprocess/build", killed_build);
  g_test_add_func ("/resume/killed-details", test_killed_details);
  g_test_add_func ("/resume/killed-details/subprocess/build", killed_build_details);
  g_test_add_func ("/resume/leftover", test_leftover);
  g_test_add_func ("/resume/other-options", test_other_options);
  g_test_add_func ("/resume/damaged", test_damaged);
  g_test_add_func ("/shards/same-details", test_shards_details);
  g_test_add_func ("/shards/same", test_shards);
  g_test_add_func ("/shards/other-stage", test_other_stage);
  g_test_add_func ("/shards/refused", test_refused);
  status = g_test_run ();
  if (! g_test_subprocess ())
    test_folder_remove (folder);
  return status;
}
