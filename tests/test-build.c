/* Builds: the same bytes each time, pictures that are left out, plans that cannot work, and the memory that they take. */

#include "config.h"

#include <math.h>
#include <string.h>
#include <sys/resource.h>

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib/gstdio.h>

#include "database/codes.h"
#include "drawn-faces.h"
#include "hair/hair.h"

static void
test_same_bytes (void)
{
  char *other, *first_bytes, *other_bytes;
  gsize first_size, other_size;

  drawn_init ();
  other = drawn_build ("again.safetensors", DRAWN_FACES, DRAWN_SIDE, DRAWN_ROWS);
  g_assert_true (g_file_get_contents (drawn.path, &first_bytes, &first_size, NULL));
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
  DfiEncoder   *encoder  = drawn_encoder (2);
  DrawnPictures pictures = drawn_pictures_new (40, DRAWN_SIDE, 10);
  char         *path     = drawn_path ("skipped.safetensors");
  char         *small    = drawn_path ("small.png");
  GError       *error    = NULL;
  int           skipped  = 0;
  DfiDatabase  *database;

  drawn_save (small, 0, 24);
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
  drawn_pictures_clear (&pictures);
  dfi_encoder_free (encoder);
}

/* Names as other systems write them, and without an ending; most of the pictures missing. */
static void
test_names (void)
{
  DfiEncoder   *encoder  = drawn_encoder (2);
  DrawnPictures pictures = drawn_pictures_new (40, DRAWN_SIDE, 10);
  char         *path     = drawn_path ("names.safetensors");
  char         *sub      = drawn_path ("female");
  char         *inside   = g_build_filename (sub, "11.png", NULL);
  GError       *error    = NULL;
  int           skipped  = 0;

  g_assert_cmpint (g_mkdir (sub, 0700), ==, 0);
  drawn_save (inside, 3, DRAWN_SIDE);
  for (int i = 0; i < 2; i++)
    {
      g_free (pictures.files[3 + i]);
      pictures.files[3 + i] = i == 0 ? g_strdup ("female\\11.png") : g_strdup_printf ("%d-004", DRAWN_SIDE);
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
  drawn_pictures_clear (&pictures);
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

/* Eyes and a mouth that a database cannot have are refused before anything is read or written. */
static void
test_bad_places (void)
{
  static const struct
  {
    double eyes[4], mouth[2]; /* of the frame's side */
  } cases[] = {
    { { 0.3, 0.4, 0.7, 0.4 }, { 0.5, 1.1 } },  { { 0.3, 0.4, 0.7, 0.4 }, { -0.1, 0.8 } },
    { { -0.1, 0.4, 0.7, 0.4 }, { 0.5, 0.8 } }, { { 0.3, 0.4, 0.7, 1.1 }, { 0.5, 0.8 } },
    { { 0.7, 0.4, 0.3, 0.4 }, { 0.5, 0.8 } },  { { 0.3, 0.4, 0.7, 0.4 }, { 0.5, NAN } },
  };
  DfiEncoder   *encoder  = drawn_encoder (2);
  DrawnPictures pictures = drawn_pictures_new (40, DRAWN_SIDE, 10);
  DfiFrame     *frame    = &pictures.plan.framing.frame;
  char         *path     = drawn_path ("places.safetensors");
  char         *partial  = drawn_path ("places.safetensors.partial");
  GError       *error    = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      for (int j = 0; j < 4; j++)
        frame->eyes[j] = cases[i].eyes[j] * frame->size;
      for (int j = 0; j < 2; j++)
        frame->mouth[j] = cases[i].mouth[j] * frame->size;
      g_assert_false (dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
      g_assert_nonnull (strstr (error->message, "must be inside the frame"));
      g_clear_error (&error);
      g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
      g_assert_false (g_file_test (partial, G_FILE_TEST_EXISTS));
    }

  g_free (partial);
  g_free (path);
  drawn_pictures_clear (&pictures);
  dfi_encoder_free (encoder);
}

static void
test_bad_builds (void)
{
  DfiEncoder   *encoder  = drawn_encoder (2);
  DrawnPictures pictures = drawn_pictures_new (40, DRAWN_SIDE, 10);
  char         *path     = drawn_path ("bad.safetensors");
  GError       *error    = NULL;
  double        last     = 0.0;

  g_assert_false (dfi_build (&pictures.plan, encoder, path, NULL, stop_half_way, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_CANCELLED);
  g_clear_error (&error);

  pictures.plan.restart = TRUE;
  pictures.plan.n_files = DFI_BUILD_FACES_MIN - 1;
  g_assert_false (dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);

  pictures.plan.n_files              = 40;
  pictures.plan.framing.rectangle[2] = 2 * DRAWN_SIDE; /* no square */
  g_assert_false (dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);

  pictures.plan.framing.rectangle[3] = 2 * DRAWN_SIDE; /* larger than every picture */
  g_assert_false (dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);
  pictures.plan.framing.rectangle[2] = pictures.plan.framing.rectangle[3] = DRAWN_SIDE;

  pictures.plan.folder = "/nowhere/at/all";
  g_assert_false (dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
  g_clear_error (&error);
  pictures.plan.folder = drawn.folder;

  pictures.plan.rows = 0;
  g_assert_false (dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));

  pictures.plan.rows = 1000000; /* 40 pictures support 20 */
  g_assert_true (dfi_build (&pictures.plan, encoder, path, NULL, never_falls, &last, &error));
  g_assert_cmpfloat (last, ==, 1.0);

  g_free (path);
  drawn_pictures_clear (&pictures);
  dfi_encoder_free (encoder);
}

/* Calls that are left before the answer is no. */
static gboolean
count_down (double fraction, gpointer data)
{
  int *left = data;

  return --*left != 0;
}

/* Stopped in whatever it is at, the sums of a batch, the end of a stage or a saving, a build goes on to the same bytes. */
static void
test_stopped (void)
{
  DfiEncoder   *encoder  = drawn_encoder (2);
  DrawnPictures pictures = drawn_pictures_new (40, DRAWN_SIDE, 10);
  char         *whole = drawn_path ("whole.safetensors"), *path = drawn_path ("stopped.safetensors");
  GError       *error = NULL;
  char         *wanted;
  gsize         length;
  int           calls = 0;

  pictures.plan.detail_rows = 4;
  g_assert_true (dfi_build (&pictures.plan, encoder, whole, NULL, count_down, &calls, &error));
  g_assert_true (g_file_get_contents (whole, &wanted, &length, NULL));
  for (int left = 1; left < -calls; left += 37)
    {
      int   now = left;
      char *bytes;
      gsize size;

      if (dfi_build (&pictures.plan, encoder, path, NULL, count_down, &now, &error))
        {
          g_assert_cmpint (now, >, 0); /* pictures that are read ask as time goes by, so that calls differ a little */
          g_assert_cmpint (left, >, -calls / 2);
          break;
        }
      g_assert_error (error, DFI_ERROR, DFI_ERROR_CANCELLED);
      g_assert_cmpint (now, ==, 0); /* it asked nobody after that */
      g_clear_error (&error);
      g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
      g_assert_true (dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error));
      g_assert_no_error (error);
      g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
      g_assert_cmpmem (bytes, size, wanted, length);
      g_assert_cmpint (g_remove (path), ==, 0);
      g_free (bytes);
    }
  g_free (wanted);
  g_free (path);
  g_free (whole);
  drawn_pictures_clear (&pictures);
  dfi_encoder_free (encoder);
}

/* Builds @name with tones of hair. */
static DfiDatabase *
build_toned (DrawnPictures *pictures, const char *name)
{
  char        *path  = drawn_path (name);
  GError      *error = NULL;
  DfiDatabase *database;

  pictures->plan.hair = drawn.hair;
  g_assert_true (dfi_build (&pictures->plan, drawn.encoder, path, NULL, NULL, NULL, &error));
  database = dfi_database_open (path, drawn.encoder, &error);
  g_assert_no_error (error);
  g_free (path);
  return database;
}

/* A half has 11 bits. */
static void
assert_rounded (float number, float exact)
{
  g_assert_cmpint (isnan (number), ==, isnan (exact));
  if (! isnan (exact))
    g_assert_cmpfloat_with_epsilon (number, exact, 1e-7 + ldexp (fabs (exact), -11));
}

/* Each face has the tone that its picture's hair is measured to have; codes and labels stay what they are without. */
static void
test_tones (void)
{
  DrawnPictures  pictures;
  DfiDatabase   *database;
  const DfiTone *tones;
  DfiSimilarity  to_frame = { 1.0, 0.0, 0.0, 0.0 };
  GError        *error    = NULL;
  float         *codes[2];
  size_t         known = 0;

  drawn_init ();
  pictures = drawn_pictures_new (DRAWN_FACES, DRAWN_SIDE, DRAWN_ROWS);
  database = build_toned (&pictures, "toned.safetensors");
  tones    = dfi_database_tones (database);
  codes[0] = g_new (float, dfi_database_code_length (drawn.database));
  codes[1] = g_new (float, dfi_database_code_length (database));
  for (size_t face = 0; face < DRAWN_FACES; face++)
    {
      char     *path  = drawn_path (pictures.files[face]);
      DfiPhoto *photo = dfi_photo_load (path, NULL, NULL, NULL, &error);
      DfiTone   tone;

      g_assert_true (dfi_hair_measure (drawn.hair, photo->image, &pictures.plan.framing.frame, &to_frame, &tone, &error));
      assert_rounded (tones[face].luma, tone.luma);
      assert_rounded (tones[face].deviation, tone.deviation);
      assert_rounded (tones[face].cb, tone.cb);
      assert_rounded (tones[face].cr, tone.cr);
      known += ! isnan (tone.luma);
      dfi_photo_free (photo);
      g_free (path);

      dfi_database_code (drawn.database, face, codes[0]);
      dfi_database_code (database, face, codes[1]);
      g_assert_cmpmem (codes[0], dfi_database_rank (drawn.database) * sizeof (float), codes[1],
                       dfi_database_rank (database) * sizeof (float));
    }
  g_assert_cmpuint (known, >=, DRAWN_FACES / 2);
  g_assert_cmpuint (dfi_database_n_tones (database), ==, known);

  g_free (codes[1]);
  g_free (codes[0]);
  dfi_database_free (database);
  drawn_pictures_clear (&pictures);
}

/* Pictures that are taken whole have no hair. */
static void
test_no_tones (void)
{
  DrawnPictures pictures;
  DfiDatabase  *database;

  drawn_init ();
  pictures                    = drawn_pictures_new (40, DRAWN_SIDE, 10);
  pictures.plan.framing.kind  = DFI_FRAMING_WHOLE;
  pictures.plan.framing.frame = (DfiFrame){ .size = DRAWN_SIDE, .whole = TRUE };
  database                    = build_toned (&pictures, "toneless.safetensors");
  g_assert_null (dfi_database_tones (database));
  dfi_database_free (database);
  drawn_pictures_clear (&pictures);
}

/* All pictures the same: there is nothing to build from, and nothing may divide by it. */
static void
test_equal_pictures (void)
{
  DfiEncoder   *encoder  = drawn_encoder (2);
  DrawnPictures pictures = drawn_pictures_new (40, DRAWN_SIDE, 10);
  char         *path     = drawn_path ("equal.safetensors");
  char         *picture  = drawn_path ("0.png");
  GdkPixbuf    *pixbuf   = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, DRAWN_SIDE, DRAWN_SIDE);
  GError       *error    = NULL;

  gdk_pixbuf_fill (pixbuf, 0x000000ff);
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
  drawn_pictures_clear (&pictures);
  dfi_encoder_free (encoder);
}

#define MEMORY_FACES 70  /* a full batch and more */
#define MEMORY_SIDE  128 /* features of one face: 117 kB */

static void
build_in_child (size_t n)
{
  g_free (drawn_build ("memory.safetensors", n, MEMORY_SIDE, 20));
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  drawn_start ();
  g_test_add_func ("/build/same-bytes", test_same_bytes);
  g_test_add_func ("/build/skipped", test_skipped);
  g_test_add_func ("/build/names", test_names);
  g_test_add_func ("/build/bad", test_bad_builds);
  g_test_add_func ("/build/tones", test_tones);
  g_test_add_func ("/build/no-tones", test_no_tones);
  g_test_add_func ("/build/stopped", test_stopped);
  g_test_add_func ("/build/bad-places", test_bad_places);
  g_test_add_func ("/build/equal-pictures", test_equal_pictures);
  g_test_add_func ("/build/memory", test_memory);
  g_test_add_func ("/build/memory/subprocess/some", build_some);
  g_test_add_func ("/build/memory/subprocess/more", build_more);
  return drawn_end (g_test_run ());
}
