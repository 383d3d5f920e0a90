/* Pictures and picture files: what is written comes back; what cannot be written leaves nothing behind. */

#include "config.h"

#include <math.h>
#include <string.h>

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib/gstdio.h>
#ifdef __linux__
#include <sys/mount.h>
#endif

#include "common.h"
#include "base/error.h"
#include "picture/photo.h"

static char *folder;

/* A 3 x 2 picture with known pixels, written by gdk-pixbuf with the options given. */
static char *
write_picture (const char *name, const char *type, gboolean alpha, const char *key, const char *value)
{
  const char *keys[]   = { key, NULL };
  const char *values[] = { value, NULL };
  GdkPixbuf  *pixbuf   = gdk_pixbuf_new (GDK_COLORSPACE_RGB, alpha, 8, 3, 2);
  guint8     *pixels   = gdk_pixbuf_get_pixels (pixbuf);
  int         step     = gdk_pixbuf_get_n_channels (pixbuf);
  char       *path     = g_build_filename (folder, name, NULL);
  GError     *error    = NULL;

  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 3; j++)
      for (int c = 0; c < step; c++)
        pixels[i * gdk_pixbuf_get_rowstride (pixbuf) + j * step + c] = 40 * (i * 3 + j) + 5 * c;
  gdk_pixbuf_savev (pixbuf, path, type, (char **) keys, (char **) values, &error);
  g_assert_no_error (error);
  g_object_unref (pixbuf);
  return path;
}

static void
test_picture_round_trip (void)
{
  for (int alpha = 0; alpha < 2; alpha++)
    {
      char     *in    = write_picture ("in.png", "png", alpha, NULL, NULL);
      char     *out   = g_build_filename (folder, "out.png", NULL);
      GError   *error = NULL;
      DfiPhoto *photo = dfi_photo_load (in, NULL, &error);
      DfiPhoto *again;

      g_assert_no_error (error);
      g_assert_cmpint (photo->image->width, ==, 3);
      g_assert_cmpint (photo->image->height, ==, 2);
      g_assert_cmpfloat (photo->image->data[6 + 4], ==, (40 * 4 + 5) / 255.0f); /* green of (1, 1) */
      g_assert_true (dfi_photo_save (photo, out, &error));
      again = dfi_photo_load (out, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpmem (again->image->data, 18 * sizeof (float), photo->image->data, 18 * sizeof (float));
      dfi_photo_free (again);
      dfi_photo_free (photo);
      g_remove (in);
      g_remove (out);
      g_free (out);
      g_free (in);
    }
}

/* EXIF orientation 6, "turn clockwise": gdk-pixbuf writes it into TIFF no more than into PNG, so a JPEG gets the tag by
 * hand, as the APP1 segment of the EXIF standard. */
static void
test_orientation (void)
{
  static const guint8 app1[] = {
    0xff, 0xe1, 0,    34,   'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8,
    0,    1,    0x01, 0x12, 0,   3,   0,   0,   0, 1, 0,   6,   0, 0,  0, 0, 0, 0,
  };
  char     *path = write_picture ("turned.jpg", "jpeg", FALSE, "quality", "100");
  char     *bytes;
  gsize     length;
  GString  *tagged;
  GError   *error = NULL;
  DfiPhoto *photo;

  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  tagged = g_string_new_len (bytes, 2);
  g_string_append_len (tagged, (const char *) app1, sizeof app1);
  g_string_append_len (tagged, bytes + 2, length - 2);
  g_assert_true (g_file_set_contents (path, tagged->str, tagged->len, NULL));

  photo = dfi_photo_load (path, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (photo->image->width, ==, 2);
  g_assert_cmpint (photo->image->height, ==, 3);
  g_assert_cmpfloat (photo->image->data[1], <, photo->image->data[0]); /* the upper row is the left column now */

  dfi_photo_free (photo);
  g_string_free (tagged, TRUE);
  g_free (bytes);
  g_remove (path);
  g_free (path);
}

static void
test_bad_pictures (void)
{
  char   *path  = write_picture ("cut.png", "png", FALSE, NULL, NULL);
  GError *error = NULL;
  char   *bytes;
  gsize   length;

  g_assert_null (dfi_photo_load ("/nonexistent/photo.png", NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "/nonexistent/photo.png"));
  g_clear_error (&error);

  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  for (gsize n = 0; n < length - 12; n++) /* without the closing chunk the pixels are all there */
    {
      DfiPhoto *photo;

      g_assert_true (g_file_set_contents (path, bytes, n, NULL));
      photo = dfi_photo_load (path, NULL, &error);
      g_assert_true ((photo == NULL) == (error != NULL));
      if (n < 40)
        g_assert_null (photo);
      dfi_photo_free (photo);
      g_clear_error (&error);
    }
  g_free (bytes);
  g_remove (path);
  g_free (path);
}

static void
test_nan (void)
{
  DfiImage *image = dfi_image_new (4, 3, NULL);
  GError   *error = NULL;

  memset (image->data, 0, 3 * 12 * sizeof (float));
  g_assert_true (dfi_image_check (image, &error));
  image->data[12 + 6] = NAN;
  g_assert_false (dfi_image_check (image, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "(2, 1)"));
  g_clear_error (&error);
  image->data[12 + 6] = INFINITY;
  g_assert_false (dfi_image_check (image, NULL));
  dfi_image_free (image);

  g_assert_null (dfi_image_new (0, 5, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_error_free (error);
}

static void
test_unwritable (void)
{
  DfiPhoto   *photo   = dfi_photo_new (dfi_image_new (8, 8, NULL));
  const char *paths[] = { "/nonexistent/out.png", "/proc/out.png", folder };

  memset (photo->image->data, 0, 3 * 64 * sizeof (float));
  for (size_t i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      GError *error = NULL;

      g_assert_false (dfi_photo_save (photo, paths[i], &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
      g_assert_nonnull (strstr (error->message, paths[i]));
      g_error_free (error);
    }
  g_assert_cmpuint (test_files_in (folder), ==, 0);
  dfi_photo_free (photo);
}

/* A file system of 64 kB, with an older file of the same name in it that must survive. */
static void
test_full_disk (void)
{
#ifdef __linux__
  char     *disk  = g_build_filename (folder, "disk", NULL);
  char     *path  = g_build_filename (disk, "out.png", NULL);
  DfiPhoto *photo = dfi_photo_new (dfi_image_new (300, 300, NULL));
  GError   *error = NULL;
  char     *kept;

  g_mkdir (disk, 0700);
  if (mount ("dfi-test", disk, "tmpfs", 0, "size=64k") != 0)
    {
      g_test_skip ("no right to mount a small file system");
    }
  else
    {
      test_uniform (3, photo->image->data, 3 * 300 * 300); /* does not compress to 64 kB */
      g_assert_true (g_file_set_contents (path, "older", -1, NULL));

      g_assert_false (dfi_photo_save (photo, path, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
      g_clear_error (&error);

      g_assert_true (g_file_get_contents (path, &kept, NULL, NULL));
      g_assert_cmpstr (kept, ==, "older");
      g_assert_cmpuint (test_files_in (disk), ==, 1);
      g_free (kept);
      umount (disk);
    }
  g_rmdir (disk);
  dfi_photo_free (photo);
  g_free (path);
  g_free (disk);
#else
  g_test_skip ("needs Linux");
#endif
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL); /* libvips warns of damaged files */
  folder = test_folder_new ();
  g_test_add_func ("/picture/unwritable", test_unwritable);
  g_test_add_func ("/picture/round-trip", test_picture_round_trip);
  g_test_add_func ("/picture/orientation", test_orientation);
  g_test_add_func ("/picture/bad", test_bad_pictures);
  g_test_add_func ("/picture/nan", test_nan);
  g_test_add_func ("/picture/full-disk", test_full_disk);
  status = g_test_run ();
  test_folder_remove (folder);
  return status;
}
