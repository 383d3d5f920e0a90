/* Tables of what a database says of pictures whose labels nobody wrote. */

#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gstdio.h>

#include "build/predict.h"
#include "database/table.h"
#include "drawn-faces.h"

#define SEEN 60 /* pictures of the folder that is predicted, of which none is in the database */

/* A database of whole pictures, which needs nobody to find faces. */
static DfiDatabase *
whole_database (const DfiEncoder *encoder)
{
  DrawnPictures pictures = drawn_pictures_new (DRAWN_FACES, DRAWN_SIDE, DRAWN_ROWS);
  char         *path     = drawn_path ("whole.safetensors");
  GError       *error    = NULL;
  DfiDatabase  *database;

  pictures.plan.framing.kind  = DFI_FRAMING_WHOLE;
  pictures.plan.framing.frame = (DfiFrame){ .size = DRAWN_SIDE, .whole = TRUE };
  dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  database = dfi_database_open (path, encoder, &error);
  g_assert_no_error (error);
  drawn_pictures_clear (&pictures);
  g_free (path);
  return database;
}

/* A folder of new faces, with some names that CSV has to quote, and with what is no picture. */
static char *
new_faces (void)
{
  char *folder = drawn_path ("seen"), *sub = g_build_filename (folder, "more", NULL);
  char *hidden = g_build_filename (folder, ".hidden.png", NULL), *text = g_build_filename (folder, "notes.txt", NULL);

  g_assert_cmpint (g_mkdir_with_parents (sub, 0700), ==, 0);
  g_assert_true (g_file_set_contents (text, "no picture", -1, NULL));
  drawn_save (hidden, 0, DRAWN_SIDE);
  for (int face = 0; face < SEEN; face++)
    {
      char *name = g_strdup_printf (face == 7 ? "%03d, \"it\".png" : "%03d.png", face);
      char *path = g_build_filename (folder, name, NULL);

      drawn_save (path, DRAWN_FACES + face, DRAWN_SIDE);
      g_free (path);
      g_free (name);
    }
  g_free (text);
  g_free (hidden);
  g_free (sub);
  return folder;
}

static void
note_skipped (const char *file, const GError *reason, gpointer data)
{
  g_assert_cmpstr (file, ==, "notes.txt");
  g_assert_nonnull (strstr (reason->message, "notes.txt"));
  ++*(int *) data;
}

/* What is easy to see is predicted right, and the table is one that a database can be built of. */
static void
test_table (void)
{
  DfiEncoder  *encoder  = drawn_encoder (2);
  DfiDatabase *database = whole_database (encoder);
  char        *folder = new_faces (), *path = drawn_path ("scores.csv");
  GError      *error   = NULL;
  int          skipped = 0, right[N_ATTRIBUTES] = { 0 };
  size_t       n_rows;
  DfiTable    *table;

  dfi_predict_folder (database, encoder, NULL, NULL, folder, path, note_skipped, NULL, NULL, &skipped, &n_rows, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n_rows, ==, SEEN);
  g_assert_cmpint (skipped, ==, 1);

  table = dfi_table_read (path, 0.0, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (table->n_files, ==, SEEN);
  g_assert_cmpint (table->n_attributes, ==, N_ATTRIBUTES);
  g_assert_cmpstr (table->files[7], ==, "007, \"it\".png");
  for (size_t face = 0; face < SEEN; face++)
    for (int a = 0; a < N_ATTRIBUTES; a++)
      right[a] += dfi_labels_get (table->labels + face * dfi_labels_bytes (N_ATTRIBUTES), a) == drawn_has (DRAWN_FACES + face, a);
  for (int a = 0; a < N_ATTRIBUTES; a++)
    g_test_message ("%s: %d of %d", table->attributes[a].name, right[a], SEEN);
  g_assert_cmpint (right[SMILING], >=, SEEN * 9 / 10);
  g_assert_cmpint (right[MALE], >=, SEEN * 8 / 10); /* one in ten has no label that says so */
  g_assert_cmpint (right[EVERYONE], ==, SEEN);

  dfi_table_free (table);
  dfi_database_free (database);
  dfi_encoder_free (encoder);
  g_free (path);
  g_free (folder);
}

static gboolean
stop_half_way (double fraction, gpointer data)
{
  return fraction < 0.5;
}

static void
test_refused (void)
{
  DfiEncoder  *encoder  = drawn_encoder (2);
  DfiDatabase *database = whole_database (encoder);
  char        *folder = new_faces (), *nothing = g_build_filename (folder, "more", NULL);
  char        *path  = drawn_path ("none.csv");
  GError      *error = NULL;
  size_t       n_rows;

  g_assert_false (
      dfi_predict_folder (database, encoder, NULL, NULL, folder, path, NULL, NULL, stop_half_way, NULL, &n_rows, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_CANCELLED);
  g_clear_error (&error);

  g_assert_false (dfi_predict_folder (database, encoder, NULL, NULL, nothing, path, NULL, NULL, NULL, NULL, &n_rows, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "None of the 0 files"));
  g_clear_error (&error);

  g_assert_false (dfi_predict_folder (database, encoder, NULL, NULL, path, path, NULL, NULL, NULL, NULL, &n_rows, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
  g_assert_true (g_str_has_prefix (error->message, "“/")); /* a sentence of ours, that begins with the folder */
  g_clear_error (&error);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));

  dfi_database_free (database);
  dfi_encoder_free (encoder);
  g_free (path);
  g_free (nothing);
  g_free (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  drawn_start ();
  g_test_add_func ("/predict/table", test_table);
  g_test_add_func ("/predict/refused", test_refused);
  return drawn_end (g_test_run ());
}
