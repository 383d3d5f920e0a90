/* Databases of faces as their callers see them: what they say of themselves, whole pictures, other taps. */

#include "config.h"

#include <string.h>

#include <glib/gstdio.h>

#include "database/catalogue.h"
#include "drawn-faces.h"
#include "edit.h"
#include "network/pass.h"

static void
test_look_inside (void)
{
  const DfiAttribute *beard;

  drawn_init ();
  g_assert_cmpuint (dfi_database_n_faces (drawn.database), ==, DRAWN_FACES);
  g_assert_cmpint (dfi_database_rank (drawn.database), <=, DRAWN_ROWS);
  g_assert_cmpint (dfi_database_rank (drawn.database), >, DRAWN_ROWS / 2);
  g_assert_cmpuint (dfi_database_n_features (drawn.database), ==, dfi_pass_n_features (drawn.pass) + DRAWN_CHROMA);
  g_assert_cmpint (dfi_database_frame (drawn.database)->size, ==, DRAWN_SIDE);
  g_assert_cmpfloat (dfi_database_frame (drawn.database)->mouth[0], ==, 0.5 * DRAWN_SIDE);
  g_assert_cmpstr (dfi_database_metadata (drawn.database, "dfi.provenance"), ==, "drawn by a test");
  g_assert_cmpint (dfi_database_n_attributes (drawn.database), ==, N_ATTRIBUTES);
  for (int a = 0; a < N_ATTRIBUTES; a++)
    {
      size_t count = 0;

      for (size_t face = 0; face < DRAWN_FACES; face++)
        count += drawn_has (face, a);
      g_assert_cmpuint (dfi_database_count (drawn.database, a), ==, count);
    }

  beard = dfi_database_attribute (drawn.database, BEARD);
  g_assert_cmpstr (beard->name, ==, "beard");
  g_assert_cmpstr (beard->label, ==, "Beard");
  g_assert_null (beard->opposite_label);
  g_assert_null (beard->group);
  g_assert_cmpint (beard->opposite, ==, -1);
  g_assert_cmpint (beard->within[0], ==, MALE);
  g_assert_cmpint (beard->within[1], ==, -1);
  g_assert_cmpfloat (beard->strength, ==, 2.5);
  g_assert_true (beard->favourite);
  g_assert_false (dfi_database_attribute (drawn.database, MALE)->favourite);
  g_assert_cmpint (dfi_database_attribute (drawn.database, FEMALE)->region, ==, DFI_REGION_HEAD);
  g_assert_cmpfloat (dfi_database_attribute (drawn.database, FEMALE)->hair, ==, 0.0);
  g_assert_cmpfloat (dfi_database_attribute (drawn.database, EVERYONE)->hair, ==, 0.75);
}

/* What NAME.attributes beside a database says takes the place of what was said when it was built, or is refused by its own
 * name. */
static void
test_attribute_file (void)
{
  char        *path    = drawn_build ("words.safetensors", 40, DRAWN_SIDE, 4);
  char        *beside  = drawn_path ("words.attributes");
  DfiEncoder  *encoder = drawn_encoder (2);
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

static char *
build_with_taps (const char *name, DfiTaps taps)
{
  DrawnPictures pictures = drawn_pictures_new (DRAWN_FACES, DRAWN_SIDE, DRAWN_ROWS);
  DfiEncoder   *encoder  = drawn_encoder (2);
  char         *path     = drawn_path (name);
  GError       *error    = NULL;

  pictures.plan.taps = taps;
  g_assert_true (dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  dfi_encoder_free (encoder);
  drawn_pictures_clear (&pictures);
  return path;
}

/* A database says what layers its features are of, and directions have their length; a layer that the network lacks is
 * refused. */
static void
test_other_taps (void)
{
  const DfiTaps taps    = DFI_TAP (1, 2) | DFI_TAP (3, 4);
  char         *path    = build_with_taps ("taps.safetensors", taps);
  char         *weights = test_network_new (drawn.folder, &dfi_vggs[0], 2);
  DfiEncoder   *encoder = drawn_encoder (2), *shallow = dfi_encoder_new_from_file (weights, NULL);
  GError       *error    = NULL;
  DfiDatabase  *database = dfi_database_open (path, encoder, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (dfi_database_taps (database), ==, taps);
  g_assert_cmpuint (dfi_database_n_features (database), ==,
                    2 * DRAWN_SIDE * DRAWN_SIDE + 8 * (DRAWN_SIDE / 4) * (DRAWN_SIDE / 4) + DRAWN_CHROMA);
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
  DrawnPictures  pictures = drawn_pictures_new (DRAWN_FACES, DRAWN_SIDE, DRAWN_ROWS);
  char          *path     = drawn_path ("whole.safetensors");
  char          *weights  = test_weights_new (drawn.folder, 2);
  DfiEncoder    *encoder  = drawn_encoder (2);
  DfiImage      *photo    = dfi_image_new (3 * DRAWN_SIDE, 2 * DRAWN_SIDE, NULL);
  DfiFace        nowhere  = { .score = 0.0 };
  DfiRequest     change   = { 0, 1.0 };
  GError        *error    = NULL;
  DfiEditOptions options;
  DfiEditor     *editor;
  DfiPatch      *patch;
  int            x, y, width, height;

  pictures.plan.framing.kind  = DFI_FRAMING_WHOLE;
  pictures.plan.framing.frame = (DfiFrame){ .size = DRAWN_SIDE, .whole = TRUE };
  g_assert_true (dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error));
  editor = dfi_editor_new (weights, path, &error);
  g_assert_no_error (error);
  g_assert_true (dfi_database_frame (dfi_editor_database (editor))->whole);

  test_uniform (3, photo->data, (size_t) 3 * 3 * DRAWN_SIDE * 2 * DRAWN_SIDE);
  g_assert_true (dfi_editor_bounds (editor, &nowhere, NULL, 0, photo->width, photo->height, &x, &y, &width, &height, &error));
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
  drawn_pictures_clear (&pictures);
}

/* The bundled databases come first, then those of the folders that are named, each once. Nothing else is in the list. */
static void
test_catalogue (void)
{
  char       *shelf    = drawn_path ("shelf");
  char       *nowhere  = drawn_path ("nowhere");
  const char *more[]   = { nowhere, shelf, shelf, NULL };
  const char *copies[] = { "b.safetensors", "a.safetensors", ".c.safetensors", "d.txt" };
  char       *encoder  = test_weights_new (drawn.folder, 2);
  char       *stray    = g_build_filename (shelf, "encoder.safetensors", NULL);
  char       *bundled  = test_source_file ("resources/faces.safetensors");
  char       *bytes, **found;
  gsize       length;

  drawn_init ();
  g_assert_cmpint (g_mkdir (shelf, 0700), ==, 0);
  g_assert_cmpint (g_rename (encoder, stray), ==, 0);
  g_assert_true (g_file_get_contents (drawn.path, &bytes, &length, NULL));
  for (size_t i = 0; i < G_N_ELEMENTS (copies); i++)
    {
      char *path = g_build_filename (shelf, copies[i], NULL);

      g_assert_true (g_file_set_contents (path, bytes, length, NULL));
      g_free (path);
    }

  found = dfi_databases_list (more);
  g_assert_cmpuint (g_strv_length (found), ==, 3);
  g_assert_cmpstr (found[0], ==, bundled);
  g_assert_true (g_str_has_suffix (found[1], "shelf/a.safetensors"));
  g_assert_true (g_str_has_suffix (found[2], "shelf/b.safetensors"));

  g_strfreev (found);
  g_free (bytes);
  g_free (bundled);
  g_free (stray);
  g_free (encoder);
  g_free (nowhere);
  g_free (shelf);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  drawn_start ();
  g_test_add_func ("/database/attribute-file", test_attribute_file);
  g_test_add_func ("/database/catalogue", test_catalogue);
  g_test_add_func ("/database/look-inside", test_look_inside);
  g_test_add_func ("/database/other-taps", test_other_taps);
  g_test_add_func ("/database/whole", test_whole);
  return drawn_end (g_test_run ());
}
