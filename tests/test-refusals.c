/* Each large block of memory, each write and each read that the system refuses, one after the other: a sentence, no damage, and
 * the old file stays. */

#include "config.h"

#include <string.h>

#include <glib/gstdio.h>

#include "build/merge.h"
#include "database/codes.h"
#include "database/direction.h"
#include "drawn-faces.h"
#include "edit.h"
#include "face/finder.h"
#include "picture/photo.h"
#include "refuse.h"
#include "vectors.h"

/* ---------- jobs ---------- */

static const char *
drawn_vectors (void)
{
  char       *path = drawn_path ("vectors.safetensors");
  const char *kept = g_intern_string (path);

  g_free (path);
  return kept;
}

static gboolean
load_encoder (GError **error)
{
  DfiEncoder *encoder = dfi_encoder_new_from_file (dfi_encoder_path (drawn.encoder), error);

  dfi_encoder_free (encoder);
  return encoder != NULL;
}

static gboolean
make_pass (GError **error)
{
  DfiPass *pass = dfi_pass_new (drawn.encoder, DFI_TAPS_PAPER, DRAWN_SIDE, DRAWN_SIDE, error);

  dfi_pass_free (pass);
  return pass != NULL;
}

static DfiTone
dark_tone (size_t face)
{
  return (DfiTone){ 0.1, 0.05, 0.0, 0.0 };
}

static gboolean
open_database (GError **error)
{
  DfiDatabase *database = dfi_database_open (drawn.path, drawn.encoder, error);

  dfi_database_free (database);
  return database != NULL;
}

static gboolean
open_toned (GError **error)
{
  static char *path;
  DfiDatabase *database;

  if (! path)
    {
      int kept = refuse_after;

      refuse_after = -1;
      path         = drawn_copy_with_tones ("toned.safetensors", dark_tone);
      refuse_after = kept;
    }
  database = dfi_database_open (path, drawn.encoder, error);
  dfi_database_free (database);
  return database != NULL;
}

static gboolean
find_direction (GError **error)
{
  static float              where[DRAWN_SIDE * DRAWN_SIDE] = { 1.0f };
  const DfiDirectionOptions options                        = { .neighbours = DFI_NEIGHBOURS_MIN,
                                                               .delta      = 0.4,
                                                               .focus      = TRUE,
                                                               .alike      = TRUE,
                                                               .where      = where };
  float                    *result                         = g_new (float, dfi_database_n_features (drawn.database));
  double                   *code                           = g_new (double, dfi_database_code_length (drawn.database));
  static float             *features;
  DfiDirectionNote          note;
  gboolean                  done;

  if (! features)
    {
      int kept = refuse_after;

      refuse_after = -1;
      features     = drawn_features (0);
      refuse_after = kept;
    }
  done = dfi_database_project (drawn.database, code, features, error) &&
         dfi_database_direction (drawn.database, code, &(DfiRequest){ SMILING, 1.0 }, 1, &options, result, NULL, &note, error);
  g_free (code);
  g_free (result);
  return done;
}

static gboolean
find_networks (GError **error)
{
  DfiFaceFinder *finder = dfi_face_finder_new (NULL, error);

  dfi_face_finder_free (finder);
  return finder != NULL;
}

/* A photograph of more than two frames' width, so that it is reduced, with a chosen place of the eyes; with each of the options,
 * by one editor, which remembers what it knows of the face. */
static gboolean
edit_with (const DfiEditOptions *options, int n_options, GError **error)
{
  const int    width = 5 * DRAWN_SIDE, height = 4 * DRAWN_SIDE;
  const double eyes[4] = { 80.0, 90.0, 150.0, 92.0 };
  DfiEditor   *editor  = dfi_editor_new (dfi_encoder_path (drawn.encoder), drawn.path, error);
  DfiImage    *photo   = editor ? dfi_image_new (width, height, error) : NULL;
  gboolean     done    = photo != NULL;
  DfiFace      face;

  if (done)
    test_uniform (3, photo->data, (size_t) 3 * width * height);
  done = done && dfi_face_from_eyes (eyes, width, height, &face, error);
  for (int i = 0; done && i < n_options; i++)
    {
      DfiRequest    requests[] = { { SMILING, 1.0 + i }, { BEARD, -0.5 } };
      DfiEditReport report;
      DfiPatch     *patch = dfi_edit (editor, photo, &face, requests, 1 + i % 2, &options[i], NULL, NULL, &report, error);

      done = patch != NULL && dfi_vectors_write_edit (&report, drawn_vectors (), error);
      if (patch)
        dfi_edit_report_clear (&report);
      dfi_patch_free (patch);
    }
  dfi_image_free (photo);
  dfi_editor_free (editor);
  return done;
}

/* A database that knows tones, to which a beard is a colour of the hair, and a network to which all that is dark is hair. */
static const char *
hairy_database (void)
{
  static char *path;
  char        *attributes;
  int          kept = refuse_after;

  if (path)
    return path;

  refuse_after = -1;
  path         = drawn_copy_with_tones ("hairy.safetensors", dark_tone);
  attributes   = drawn_path ("hairy.attributes");
  g_assert_true (g_file_set_contents (attributes, "[beard]\nRegion=hair\n", -1, NULL));
  g_free (attributes);
  g_free (test_hair_dark (drawn.folder));
  refuse_after = kept;
  return path;
}

/* A dark stripe above the eyes gets the tone of other hair, and the face below smiles. */
static gboolean
edit_hair (GError **error)
{
  const int        side       = 5 * DRAWN_SIDE;
  const double     eyes[4]    = { 80.0, 90.0, 150.0, 90.0 };
  const DfiRequest requests[] = { { SMILING, 1.0 }, { BEARD, 1.0 } };
  DfiEditor       *editor     = dfi_editor_new (dfi_encoder_path (drawn.encoder), hairy_database (), error);
  DfiImage        *photo      = editor ? dfi_image_new (side, side, error) : NULL;
  DfiPatch        *patch      = NULL;
  DfiEditOptions   options;
  DfiFace          face;

  dfi_edit_options_init (&options);
  options.iterations = 1;
  for (int i = 0; photo && i < 3 * side * side; i++)
    photo->data[i] = i % (side * side) < 45 * side ? 0.1f : 0.8f;
  if (photo && dfi_face_from_eyes (eyes, side, side, &face, error))
    patch = dfi_edit (editor, photo, &face, requests, 2, &options, NULL, NULL, NULL, error);
  dfi_patch_free (patch);
  dfi_image_free (photo);
  dfi_editor_free (editor);
  return patch != NULL;
}

static gboolean
edit_photo (GError **error)
{
  DfiEditOptions options;

  dfi_edit_options_init (&options);
  options.iterations = 2;
  return edit_with (&options, 1, error);
}

static gboolean
edit_again (GError **error)
{
  DfiEditOptions options[4];

  for (int i = 0; i < 4; i++)
    {
      dfi_edit_options_init (&options[i]);
      options[i].iterations = 1;
    }
  options[1].colour = options[2].colour = TRUE;
  options[2].taps                       = dfi_taps_find ("relu4_1") | dfi_taps_find ("relu5_1");
  options[3].delta                      = 0.4;
  return edit_with (options, 4, error);
}

/* A face that is there, in a picture that is looked at at several scales. */
static gboolean
find_faces (GError **error)
{
  char          *path   = test_source_file ("resources/astronaut.png");
  DfiFaceFinder *finder = dfi_face_finder_new (NULL, error);
  DfiPhoto      *photo  = finder ? dfi_photo_load (path, NULL, NULL, NULL, error) : NULL;
  int            n      = 0;
  DfiFace       *faces  = photo ? dfi_face_finder_find (finder, photo->image, NULL, NULL, &n, error) : NULL;
  gboolean       done   = faces != NULL;

  g_assert_cmpint (n, ==, done);
  g_free (faces);
  dfi_photo_free (photo);
  dfi_face_finder_free (finder);
  g_free (path);
  return done;
}

static gboolean
write_features (GError **error)
{
  char    *picture = g_strdup_printf ("%s/%d-000.png", drawn.folder, DRAWN_SIDE);
  gboolean done =
      dfi_vectors_write_features (dfi_encoder_path (drawn.encoder), DFI_TAPS_PAPER, picture, NULL, drawn_vectors (), NULL, error);

  g_free (picture);
  return done;
}

/* A build that lacks memory begins anew, and an older database stays. */
static gboolean
build_again (GError **error)
{
  DrawnPictures pictures = drawn_pictures_new (24, 32, 3);
  char         *path     = drawn_path ("again.safetensors");
  gboolean      done;
  char         *older;

  pictures.plan.restart = TRUE;
  g_assert_true (g_file_set_contents (path, "older", -1, NULL));
  done = dfi_build (&pictures.plan, drawn.encoder, path, NULL, NULL, NULL, error);
  g_assert_true (g_file_get_contents (path, &older, NULL, NULL));
  g_assert_true ((strcmp (older, "older") == 0) == ! done);
  g_free (older);
  g_free (path);
  drawn_pictures_clear (&pictures);
  return done;
}

/* Each call goes on from what the one before has saved, and none of them spoils it. */
static gboolean
build_on (GError **error)
{
  DrawnPictures pictures = drawn_pictures_new (24, 32, 3);
  char         *path     = drawn_path ("on.safetensors");
  gboolean      done;

  g_unlink (path); /* of the test before */
  done = dfi_build (&pictures.plan, drawn.encoder, path, NULL, NULL, NULL, error);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS) == done);
  g_free (path);
  drawn_pictures_clear (&pictures);
  return done;
}

/* What the last stage begins with. */
static char *
make_basis (const DfiBuildPlan *plan)
{
  char *before = NULL;
  int   made, n_stages;

  for (int stage = 1; stage < dfi_plan_stages (plan); stage++)
    {
      char *part = drawn_path ("tones.part"), *basis = drawn_path (stage == 1 ? "tones.2" : "tones.3");

      g_assert_true (dfi_build_shard (plan, drawn.encoder, 1, 1, before, part, NULL, NULL, NULL, NULL));
      g_assert_true (dfi_build_merge ((const char *const[]){ part }, 1, basis, &made, &n_stages, NULL));
      g_free (before);
      g_free (part);
      before = basis;
    }
  return before;
}

/* A path that the caller frees. */
static char *
stage_path (const char *kind, int stage)
{
  char *name = g_strdup_printf ("%s.%d", kind, stage), *path = drawn_path (name);

  g_free (name);
  return path;
}

/* A stage in two shards, and their merge, which reads all that the build has found. The stages before are refused nothing. */
static gboolean
build_stage (int stage, GError **error)
{
  DrawnPictures pictures = drawn_pictures_new (24, DRAWN_SIDE, 3);
  char         *basis    = stage > 1 ? stage_path ("basis", stage - 1) : NULL;
  char         *merged   = stage_path ("basis", stage);
  char         *parts[]  = { stage_path ("first", stage), stage_path ("second", stage) };
  int           granted  = refuse_after, made, n_stages;
  gboolean      done;

  refuse_after = -1;
  g_assert_true (! basis || g_file_test (basis, G_FILE_TEST_EXISTS) || build_stage (stage - 1, NULL));
  refuse_after = granted;

  pictures.plan.detail_rows = 2;
  pictures.plan.restart     = TRUE;
  done                      = dfi_build_shard (&pictures.plan, drawn.encoder, 1, 2, basis, parts[0], NULL, NULL, NULL, error) &&
         dfi_build_shard (&pictures.plan, drawn.encoder, 2, 2, basis, parts[1], NULL, NULL, NULL, error) &&
         dfi_build_merge ((const char *const *) parts, 2, merged, &made, &n_stages, error);
  g_assert_true (! done || (made == stage && n_stages == 4));

  g_free (parts[1]);
  g_free (parts[0]);
  g_free (merged);
  g_free (basis);
  drawn_pictures_clear (&pictures);
  return done;
}

static gboolean
build_mixtures (GError **error)
{
  return build_stage (1, error);
}

static gboolean
build_moments (GError **error)
{
  return build_stage (2, error);
}

static gboolean
build_details (GError **error)
{
  return build_stage (3, error);
}

static gboolean
build_coding (GError **error)
{
  return build_stage (4, error);
}

/* The last stage over two pictures, whose hair is measured; what it begins with was made before. */
static gboolean
measure_tones (GError **error)
{
  static char  *basis;
  DrawnPictures pictures = drawn_pictures_new (24, DRAWN_SIDE, 3);
  char         *path     = drawn_path ("tones.part");
  gboolean      done;

  pictures.plan.hair    = drawn.hair;
  pictures.plan.restart = TRUE;
  if (! basis)
    {
      int kept = refuse_after;

      refuse_after = -1;
      basis        = make_basis (&pictures.plan);
      refuse_after = kept;
    }
  done = dfi_build_shard (&pictures.plan, drawn.encoder, 1, 12, basis, path, NULL, NULL, NULL, error);
  g_free (path);
  drawn_pictures_clear (&pictures);
  return done;
}

static gboolean
load_photo (GError **error)
{
  char     *path  = g_strdup_printf ("%s/%d-000.png", drawn.folder, DRAWN_SIDE);
  char     *out   = drawn_path ("out.png");
  DfiPhoto *photo = dfi_photo_load (path, NULL, NULL, NULL, error);
  gboolean  done  = photo && dfi_photo_save (photo, out, NULL, NULL, error);

  dfi_photo_free (photo);
  g_free (out);
  g_free (path);
  return done;
}

/* As the output has room for: from one channel of 8 bits to three. */
static gboolean
convert_photo (GError **error)
{
  static const char grey[] = "P5 4 2 255\n01234567";
  char             *path = drawn_path ("grey.pgm"), *out = drawn_path ("out.webp");
  DfiPhoto         *photo;
  gboolean          done;

  g_assert_true (g_file_set_contents (path, grey, sizeof grey - 1, NULL));
  photo = dfi_photo_load (path, NULL, NULL, NULL, error);
  done  = photo && dfi_photo_save (photo, out, NULL, NULL, error);
  dfi_photo_free (photo);
  g_free (out);
  g_free (path);
  return done;
}

int
main (int argc, char **argv)
{
  char *folders;

  g_test_init (&argc, &argv, NULL);
  drawn_start ();
  drawn_init ();
  folders = g_strconcat (drawn.folder, G_SEARCHPATH_SEPARATOR_S, g_getenv ("DFI_DATA_DIR"), NULL);
  g_setenv ("DFI_DATA_DIR", folders, TRUE);
  g_free (folders);
  refuse_add ("encoder", load_encoder);
  refuse_add ("pass", make_pass);
  refuse_add ("database", open_database);
  refuse_add ("direction", find_direction);
  refuse_add ("finder", find_networks);
  refuse_add ("edit", edit_photo);
  refuse_add ("build", build_again);
  refuse_add ("photo", load_photo);
  refuse_add ("convert", convert_photo);
  refuse_add ("build-on", build_on);
  refuse_add ("mixtures", build_mixtures);
  refuse_add ("moments", build_moments);
  refuse_add ("details", build_details);
  refuse_add ("coding", build_coding);
  refuse_add ("tones", measure_tones);
  refuse_add ("toned", open_toned);
  refuse_add ("edit-again", edit_again);
  refuse_add ("edit-hair", edit_hair);
  refuse_add ("find-faces", find_faces);
  refuse_add ("features", write_features);
  return drawn_end (g_test_run ());
}
