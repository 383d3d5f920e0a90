/* Each large block of memory that the system refuses, one after the other: a sentence, no damage, and the old file stays.
 *
 * The linker hands every call of dfi_try_alloc() to __wrap_dfi_try_alloc() (see meson.build). */

#include "config.h"

#include <string.h>

#include "build/merge.h"
#include "database/codes.h"
#include "database/direction.h"
#include "drawn-faces.h"
#include "edit.h"
#include "face/finder.h"
#include "picture/photo.h"

#define REFUSED_MAX 10000 /* no job here asks for as many blocks */

/* The sanitizers are slow: with them each seventh block is refused. */
#ifdef DFI_SANITIZED
#define STEP 7
#else
#define STEP 1
#endif

static int until_refused; /* blocks that are still granted; less than 0: all are */

gpointer __real_dfi_try_alloc (size_t count, size_t size, GError **error);
gpointer __wrap_dfi_try_alloc (size_t count, size_t size, GError **error);

gpointer
__wrap_dfi_try_alloc (size_t count, size_t size, GError **error)
{
  if (until_refused < 0 || until_refused-- > 0)
    return __real_dfi_try_alloc (count, size, error);

  g_set_error_literal (error, DFI_ERROR, DFI_ERROR_MEMORY, "refused");
  return NULL;
}

typedef gboolean (*Job) (GError **error);

/* Does the job with its first block refused, then with its second, and so on until it is done. */
static void
refuse_each (gconstpointer data)
{
  Job job = (Job) data;
  int n   = 0;

  drawn_init ();
  for (gboolean done = FALSE; ! done; n += STEP)
    {
      GError *error = NULL;

      g_assert_cmpint (n, <, REFUSED_MAX);
      until_refused = n;
      done          = job (&error);
      if (until_refused < 0)
        {
          g_assert_false (done);
          g_assert_error (error, DFI_ERROR, DFI_ERROR_MEMORY);
        }
      else
        {
          g_assert_no_error (error);
          g_assert_true (done);
        }
      g_clear_error (&error);
      until_refused = -1;
    }
  g_test_message ("at most %d blocks", n - STEP);
  g_assert_cmpint (n, >, 1);
}

/* ---------- jobs ---------- */

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

static gboolean
open_database (GError **error)
{
  DfiDatabase *database = dfi_database_open (drawn.path, drawn.encoder, error);

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
  double                   *code                           = g_new (double, dfi_database_rank (drawn.database));
  static float             *features;
  DfiDirectionNote          note;
  gboolean                  done;

  if (! features)
    {
      int kept = until_refused;

      until_refused = -1;
      features      = drawn_features (0);
      until_refused = kept;
    }
  done = dfi_database_project (drawn.database, code, features, error) &&
         dfi_database_direction (drawn.database, code, &(DfiRequest){ SMILING, 1.0 }, 1, &options, result, &note, error);
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

/* A photograph of more than two frames' width, so that it is reduced, with a chosen place of the eyes. */
static gboolean
edit_photo (GError **error)
{
  const int      width = 5 * DRAWN_SIDE, height = 4 * DRAWN_SIDE;
  const double   eyes[4] = { 80.0, 90.0, 150.0, 92.0 };
  DfiEditor     *editor  = dfi_editor_new (dfi_encoder_path (drawn.encoder), drawn.path, error);
  DfiImage      *photo   = editor ? dfi_image_new (width, height, error) : NULL;
  DfiRequest     smile   = { SMILING, 1.0 };
  DfiEditReport  report;
  DfiEditOptions options;
  DfiPatch      *patch = NULL;
  DfiFace        face;

  if (photo)
    {
      test_uniform (3, photo->data, (size_t) 3 * width * height);
      dfi_edit_options_init (&options);
      options.iterations = 2;
      if (dfi_face_from_eyes (eyes, width, height, &face, error))
        patch = dfi_edit (editor, photo, &face, &smile, 1, &options, NULL, NULL, &report, error);
      if (patch)
        dfi_edit_report_clear (&report);
    }
  dfi_patch_free (patch);
  dfi_image_free (photo);
  dfi_editor_free (editor);
  return patch != NULL;
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
  gboolean      done     = dfi_build (&pictures.plan, drawn.encoder, path, NULL, NULL, NULL, error);

  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS) == done);
  g_free (path);
  drawn_pictures_clear (&pictures);
  return done;
}

/* All stages in two shards, and their merges, which read all that a build has found. */
static gboolean
build_shards (GError **error)
{
  DrawnPictures pictures = drawn_pictures_new (24, DRAWN_SIDE, 3);
  char         *bases[4] = { NULL, drawn_path ("basis.1"), drawn_path ("basis.2"), drawn_path ("merged.safetensors") };
  gboolean      done     = TRUE;
  int           made;

  for (int stage = 1; done && stage <= DFI_BUILD_STAGES; stage++)
    {
      char *parts[2];

      for (int i = 0; i < 2; i++)
        {
          char *name = g_strdup_printf ("part.%d.%d", stage, i + 1);

          parts[i] = drawn_path (name);
          done     = done &&
                 dfi_build_shard (&pictures.plan, drawn.encoder, i + 1, 2, bases[stage - 1], parts[i], NULL, NULL, NULL, error);
          g_free (name);
        }
      done = done && dfi_build_merge ((const char *const *) parts, 2, bases[stage], &made, error);
      g_assert_true (! done || made == stage);
      for (int i = 0; i < 2; i++)
        g_free (parts[i]);
    }
  for (int i = 0; i < 4; i++)
    g_free (bases[i]);
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

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    Job         job;
  } jobs[] = {
    { "/memory/encoder", load_encoder },     { "/memory/pass", make_pass },       { "/memory/database", open_database },
    { "/memory/direction", find_direction }, { "/memory/finder", find_networks }, { "/memory/edit", edit_photo },
    { "/memory/build", build_again },        { "/memory/photo", load_photo },     { "/memory/build-on", build_on },
    { "/memory/shards", build_shards },
  };

  until_refused = -1;
  g_test_init (&argc, &argv, NULL);
  drawn_start ();
  for (size_t i = 0; i < G_N_ELEMENTS (jobs); i++)
    g_test_add_data_func (jobs[i].name, (gconstpointer) jobs[i].job, refuse_each);
  return drawn_end (g_test_run ());
}
