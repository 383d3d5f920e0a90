/* Pictures and picture files: what is written comes back; what cannot be written leaves nothing behind. */

#include "config.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib/gstdio.h>
#ifdef __linux__
#include <sys/mount.h>
#endif

#include "common.h"
#include "base/error.h"
#include "picture/photo-source.h"

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
      DfiPhoto *photo = dfi_photo_load (in, NULL, NULL, NULL, &error);
      DfiPhoto *again;

      g_assert_no_error (error);
      g_assert_cmpint (photo->image->width, ==, 3);
      g_assert_cmpint (photo->image->height, ==, 2);
      g_assert_cmpfloat (photo->image->data[6 + 4], ==, (40 * 4 + 5) / 255.0f); /* green of (1, 1) */
      g_assert_true (dfi_photo_save (photo, out, NULL, NULL, &error));
      again = dfi_photo_load (out, NULL, NULL, NULL, &error);
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

  photo = dfi_photo_load (path, NULL, NULL, NULL, &error);
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

  g_assert_null (dfi_photo_load ("/nonexistent/photo.png", NULL, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "/nonexistent/photo.png"));
  g_clear_error (&error);

  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  for (gsize n = 0; n < length - 12; n++) /* without the closing chunk the pixels are all there */
    {
      DfiPhoto *photo;

      g_assert_true (g_file_set_contents (path, bytes, n, NULL));
      photo = dfi_photo_load (path, NULL, NULL, NULL, &error);
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

      g_assert_false (dfi_photo_save (photo, paths[i], NULL, NULL, &error));
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

      g_assert_false (dfi_photo_save (photo, path, NULL, NULL, &error));
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

/* ---------- what comes in goes out ---------- */

enum
{
  WIDTH  = 40,
  HEIGHT = 24
};

static char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

/* Noise of @bands channels.  Free with g_object_unref(). */
static VipsImage *
noise_image (int bands, VipsBandFormat format)
{
  size_t     n    = (size_t) WIDTH * HEIGHT * bands;
  size_t     size = n * vips_format_sizeof (format);
  float     *u    = g_new (float, n);
  guint8    *data = g_malloc (size);
  VipsImage *image;

  test_uniform (11, u, n);
  for (size_t i = 0; i < n; i++)
    if (format == VIPS_FORMAT_UCHAR)
      data[i] = u[i] * 255.0f;
    else if (format == VIPS_FORMAT_USHORT)
      ((guint16 *) data)[i] = u[i] * 65535.0f;
    else
      ((float *) data)[i] = u[i];
  image       = vips_image_new_from_memory_copy (data, size, WIDTH, HEIGHT, bands, format);
  image->Type = format == VIPS_FORMAT_FLOAT    ? VIPS_INTERPRETATION_scRGB
                : format == VIPS_FORMAT_USHORT ? bands < 3 ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_RGB16
                : bands < 3                    ? VIPS_INTERPRETATION_B_W
                                               : VIPS_INTERPRETATION_sRGB;
  g_free (data);
  g_free (u);
  return image;
}

static VipsImage *
read_back (const char *path)
{
  VipsImage *file  = vips_image_new_from_file (path, NULL);
  VipsImage *image = file ? vips_image_copy_memory (file) : NULL;

  g_assert_nonnull (image);
  g_object_unref (file);
  return image;
}

static gboolean
noted (const DfiPhoto *photo, const char *words)
{
  for (guint i = 0; i < photo->notes->len; i++)
    if (strstr (photo->notes->pdata[i], words))
      return TRUE;
  return FALSE;
}

/* Paints the pixel (5, 7) white. */
static void
paint (DfiPhoto *photo)
{
  for (int c = 0; c < 3; c++)
    photo->image->data[((size_t) c * photo->image->height + 7) * photo->image->width + 5] = 1.0f;
}

static DfiPhoto *
load (const char *path)
{
  GError   *error = NULL;
  DfiPhoto *photo = dfi_photo_load (path, NULL, NULL, NULL, &error);

  g_assert_no_error (error);
  return photo;
}

/* The same in a part of the photograph, whose image is freed before; the part is as the image has it. */
static void
paint_part (DfiPhoto *photo)
{
  const int x = 3, y = 6, width = 7, height = 4;
  GError   *error = NULL;
  DfiImage *part  = dfi_photo_part (photo, x, y, width, height, &error);

  g_assert_no_error (error);
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < height; i++)
      g_assert_cmpmem (part->data + (c * height + i) * width, width * sizeof (float),
                       photo->image->data + ((size_t) c * HEIGHT + y + i) * WIDTH + x, width * sizeof (float));
  g_clear_pointer (&photo->image, dfi_image_free);
  for (int c = 0; c < 3; c++)
    part->data[(c * height + 7 - y) * width + 5 - x] = 1.0f;
  dfi_photo_put_part (photo, part, x, y);
  dfi_image_free (part);
}

/* Every sample comes out as it came in, but those of the pixel that changed, whose alpha does. */
static void
check_samples (void (*change) (DfiPhoto *photo))
{
  static const struct
  {
    const char    *name;
    int            bands;
    VipsBandFormat format;
  } cases[] = {
    { "a.png", 1, VIPS_FORMAT_UCHAR },    { "a.png", 2, VIPS_FORMAT_UCHAR },  { "a.png", 3, VIPS_FORMAT_UCHAR },
    { "a.png", 4, VIPS_FORMAT_UCHAR },    { "a.png", 1, VIPS_FORMAT_USHORT }, { "a.png", 2, VIPS_FORMAT_USHORT },
    { "a.png", 3, VIPS_FORMAT_USHORT },   { "a.png", 4, VIPS_FORMAT_USHORT }, { "a.tif", 1, VIPS_FORMAT_UCHAR },
    { "a.tif", 2, VIPS_FORMAT_UCHAR },    { "a.tif", 4, VIPS_FORMAT_UCHAR },  { "a.tif", 3, VIPS_FORMAT_USHORT },
    { "a.tif", 4, VIPS_FORMAT_USHORT },   { "a.tif", 3, VIPS_FORMAT_FLOAT },  { "a.tif", 5, VIPS_FORMAT_UCHAR },
    { "b[2].png", 3, VIPS_FORMAT_UCHAR }, { "a.TIFF", 3, VIPS_FORMAT_UCHAR },
  };

  for (size_t k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      VipsImage *made  = noise_image (cases[k].bands, cases[k].format);
      char      *in    = in_folder ("made.tif");
      char      *out   = in_folder (cases[k].name);
      GError    *error = NULL;
      VipsImage *back;
      DfiPhoto  *photo;
      size_t     pel = VIPS_IMAGE_SIZEOF_PEL (made);

      g_test_message ("%s %d %d", cases[k].name, cases[k].bands, cases[k].format);
      g_assert_cmpint (vips_tiffsave (made, in, NULL), ==, 0);
      photo = load (in);
      change (photo);
      g_assert_true (dfi_photo_save (photo, out, NULL, NULL, &error));
      g_assert_no_error (error);
      if (strchr (out, '['))
        g_assert_true (g_rename (out, in) == 0); /* libvips itself would take the brackets for options */
      back = read_back (strchr (out, '[') ? in : out);

      g_assert_cmpint (back->Bands, ==, cases[k].bands);
      g_assert_cmpint (back->BandFmt, ==, cases[k].format);
      for (int i = 0; i < HEIGHT; i++)
        for (int j = 0; j < WIDTH; j++)
          {
            const guint8 *was = VIPS_IMAGE_ADDR (made, j, i), *is = VIPS_IMAGE_ADDR (back, j, i);

            if (i != 7 || j != 5)
              g_assert_cmpmem (was, pel, is, pel);
            else if (cases[k].format == VIPS_FORMAT_FLOAT)
              g_assert_cmpfloat_with_epsilon (((const float *) is)[0], 1.0f, 1e-6);
            else
              g_assert_cmpint (is[0], ==, 255);
            if (cases[k].bands % 2 == 0 && cases[k].format == VIPS_FORMAT_UCHAR)
              g_assert_cmpint (is[pel - 1], ==, was[pel - 1]);
          }
      g_object_unref (back);
      g_object_unref (made);
      dfi_photo_free (photo);
      g_remove (in);
      g_remove (out);
      g_free (out);
      g_free (in);
    }
}

static void
test_samples (void)
{
  check_samples (paint);
}

static void
test_parts (void)
{
  check_samples (paint_part);
}

/* Each of the formats comes in and goes out; which of them this libvips can write, it says. */
static void
test_formats (void)
{
  static const struct
  {
    const char *name;
    double      within;
  } cases[] = {
    { "a.png", 0.0 },   { "a.jpg", 0.15 },  { "a.tif", 0.0 }, { "a.webp", 0.0 },
    { "a.heic", 0.15 }, { "a.avif", 0.15 }, { "a.jxl", 0.0 },
  };
  char *source = test_source_file ("resources/astronaut.png");

  for (size_t k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      DfiPhoto *photo = load (source);
      char     *path  = in_folder (cases[k].name);
      GError   *error = NULL;
      DfiPhoto *back;
      size_t    n   = (size_t) 3 * photo->image->width * photo->image->height;
      double    sum = 0.0;

      if (dfi_photo_save (photo, path, NULL, NULL, &error))
        {
          back = load (path);
          g_assert_cmpint (back->image->width, ==, photo->image->width);
          for (size_t i = 0; i < n; i++)
            sum += fabs (back->image->data[i] - photo->image->data[i]);
          g_assert_cmpfloat (sum / n, <=, cases[k].within / 10.0);
          g_assert_true (noted (photo, "each pixel exactly") == (cases[k].within > 0.0));
          dfi_photo_free (back);
        }
      else
        {
          g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
          g_assert_nonnull (strstr (error->message, path));
          g_test_message ("%s", error->message);
          g_clear_error (&error);
        }
      dfi_photo_free (photo);
      g_remove (path);
      g_free (path);
    }
  g_free (source);
}

static void
test_endings (void)
{
  static const struct
  {
    const char *path;
    gboolean    good;
  } cases[] = {
    { "a.PNG", TRUE },  { "a.Jpeg", TRUE }, { "a", TRUE },   { "b.c/a", TRUE },       { "a.jpg.xyz", FALSE },
    { "a.bmp", FALSE }, { "a.p", FALSE },   { "a.", FALSE }, { "/dev/stdout", TRUE },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GError *error = NULL;

      g_assert_true (dfi_photo_check_name (cases[i].path, &error) == cases[i].good);
      if (! cases[i].good)
        g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
      g_clear_error (&error);
    }
}

static void
test_metadata (void)
{
  VipsImage  *made   = noise_image (3, VIPS_FORMAT_UCHAR), *back;
  char       *in     = in_folder ("in.jpg");
  const char *outs[] = { "out.jpg", "out.png", "out.tif", "out.webp", "out.jxl" };
  const char *text;

  made->Xres = made->Yres = 11.8;
  vips_image_set_int (made, VIPS_META_ORIENTATION, 6);
  vips_image_set_string (made, "exif-ifd0-Make", "camera (camera, ASCII, 7 components, 7 bytes)");
  vips_image_set_blob_copy (made, VIPS_META_XMP_NAME, "<x:xmpmeta/>", 12);
  vips_image_set_blob_copy (made, VIPS_META_IPTC_NAME, "Photoshop 3.0", 14);
  g_assert_cmpint (vips_jpegsave (made, in, "profile", "srgb", NULL), ==, 0);

  for (size_t k = 0; k < G_N_ELEMENTS (outs); k++)
    {
      DfiPhoto *photo = load (in);
      char     *out   = in_folder (outs[k]);
      GError   *error = NULL;
      const struct
      {
        const char *field, *words;
      } fields[] = {
        { VIPS_META_EXIF_NAME, "EXIF" },
        { VIPS_META_XMP_NAME, "XMP" },
        { VIPS_META_IPTC_NAME, "IPTC" },
        { VIPS_META_ICC_NAME, "colour profile" },
      };

      g_assert_cmpint (photo->image->width, ==, HEIGHT);
      g_assert_cmpint (photo->image->height, ==, WIDTH);
      g_assert_true (dfi_photo_save (photo, out, NULL, NULL, &error));
      g_assert_no_error (error);
      back = read_back (out);
      g_assert_cmpint (back->Xsize, ==, HEIGHT);
      g_assert_cmpint (vips_image_get_orientation (back), ==, 1);
      for (size_t i = k == 2 ? 1 : 0; i < G_N_ELEMENTS (fields); i++)
        g_assert_true ((vips_image_get_typeof (back, fields[i].field) != 0) != noted (photo, fields[i].words));
      g_assert_true ((fabs (back->Xres - 11.8) < 0.1) != noted (photo, "resolution"));
      if (k == 0)
        {
          for (size_t i = 0; i < G_N_ELEMENTS (fields); i++)
            g_assert_cmpint (vips_image_get_typeof (back, fields[i].field), !=, 0);
          g_assert_cmpint (vips_image_get_string (back, "exif-ifd0-Make", &text), ==, 0);
          g_assert_true (g_str_has_prefix (text, "camera"));
        }
      g_object_unref (back);
      dfi_photo_free (photo);
      g_remove (out);
      g_free (out);
    }
  g_object_unref (made);
  g_remove (in);
  g_free (in);
}

/* "camera" is the maker in the EXIF of the file, which stands upright. */
static void
check_camera (const char *path)
{
  DfiPhoto   *photo = load (path);
  VipsImage  *image = photo->source->samples;
  const char *text;

  g_assert_cmpint (vips_image_get_string (image, "exif-ifd0-Make", &text), ==, 0);
  g_assert_true (g_str_has_prefix (text, "camera"));
  g_assert_cmpint (vips_image_get_string (image, "exif-ifd2-FNumber", &text), ==, 0);
  g_assert_true (g_str_has_prefix (text, "28/10"));
  g_assert_cmpint (vips_image_get_string (image, "exif-ifd3-GPSLatitudeRef", &text), ==, 0);
  g_assert_true (g_str_has_prefix (text, "N"));
  dfi_photo_free (photo);
}

/* Samples of 32 bits become 16; those with a sign, which have no white, are refused. */
static void
test_numbers (void)
{
  static const VipsBandFormat formats[] = { VIPS_FORMAT_UINT, VIPS_FORMAT_INT, VIPS_FORMAT_SHORT };

  for (size_t i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      VipsImage *noise = noise_image (3, VIPS_FORMAT_FLOAT), *scaled, *made;
      char      *in    = in_folder ("in.tif");
      GError    *error = NULL;
      DfiPhoto  *photo;

      g_assert_cmpint (vips_linear1 (noise, &scaled, i == 0 ? 4294967295.0 : 100.0, 0.0, NULL), ==, 0);
      g_assert_cmpint (vips_cast (scaled, &made, formats[i], NULL), ==, 0);
      g_assert_cmpint (vips_tiffsave (made, in, NULL), ==, 0);
      photo = dfi_photo_load (in, NULL, NULL, NULL, &error);
      if (i == 0)
        {
          g_assert_no_error (error);
          g_assert_cmpint (photo->source->samples->BandFmt, ==, VIPS_FORMAT_USHORT);
          g_assert_cmpfloat_with_epsilon (photo->image->data[WIDTH + 1], *(float *) VIPS_IMAGE_ADDR (noise, 1, 1), 1.0 / 65535.0);
        }
      else
        {
          g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
          g_assert_nonnull (strstr (error->message, "samples of the kind"));
          g_error_free (error);
        }
      dfi_photo_free (photo);
      g_object_unref (made);
      g_object_unref (scaled);
      g_object_unref (noise);
      g_remove (in);
      g_free (in);
    }
}

/* Colours that are neither grey nor RGB become sRGB, which is said. */
static void
test_lab (void)
{
  VipsImage *noise = noise_image (3, VIPS_FORMAT_UCHAR), *lab;
  char      *in    = in_folder ("in.tif");
  DfiPhoto  *photo;

  g_assert_cmpint (vips_colourspace (noise, &lab, VIPS_INTERPRETATION_LAB, NULL), ==, 0);
  g_assert_cmpint (vips_tiffsave (lab, in, NULL), ==, 0);
  photo = load (in);
  g_assert_true (noted (photo, "converted to sRGB from lab"));
  g_assert_cmpfloat_with_epsilon (photo->image->data[3], ((guint8 *) VIPS_IMAGE_ADDR (noise, 3, 0))[0] / 255.0, 2.0 / 255.0);
  dfi_photo_free (photo);
  g_object_unref (lab);
  g_object_unref (noise);
  g_remove (in);
  g_free (in);
}

/* Nothing is read or written with a number of threads that is none; and libvips, which has said nothing, gives no reason. */
static void
test_threads (void)
{
  char       *path  = in_folder ("a.png");
  const char *usual = g_getenv ("DFI_THREADS");
  char       *kept  = g_strdup (usual), *reason;
  GError     *error = NULL;
  DfiPhoto   *photo = dfi_photo_new (dfi_image_new (3, 2, NULL));

  g_setenv ("DFI_THREADS", "none", TRUE);
  g_assert_false (dfi_photo_save (photo, path, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);
  g_assert_null (dfi_photo_load (path, NULL, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "DFI_THREADS is “none”"));
  g_clear_error (&error);
  if (kept)
    g_setenv ("DFI_THREADS", kept, TRUE);
  else
    g_unsetenv ("DFI_THREADS");

  vips_error_clear ();
  reason = dfi_photo_reason ();
  g_assert_cmpstr (reason, ==, "libvips gives no reason");
  g_free (reason);
  vips_error ("somebody", "no colon");
  reason = dfi_photo_reason ();
  g_assert_cmpstr (reason, ==, "no colon");
  g_free (reason);
  dfi_photo_free (photo); /* which was neither read nor written */
  g_free (kept);
  g_free (path);
}

/* EXIF goes into TIFF files and comes out of them, of either byte order; the samples are as before. */
static void
test_tiff_exif (void)
{
  VipsImage *made = noise_image (3, VIPS_FORMAT_UCHAR);
  char      *jpeg = in_folder ("in.jpg"), *tiff = in_folder ("a.tif"), *again = in_folder ("b.tif"), *out = in_folder ("out.jpg");
  DfiPhoto  *first, *photo;

  vips_image_set_int (made, VIPS_META_ORIENTATION, 8);
  vips_image_set_string (made, "exif-ifd0-Make", "camera (camera, ASCII, 7 components, 7 bytes)");
  vips_image_set_string (made, "exif-ifd2-FNumber", "28/10 (f/2.8, Rational, 1 components, 8 bytes)");
  vips_image_set_string (made, "exif-ifd3-GPSLatitudeRef", "N (N, ASCII, 2 components, 2 bytes)");
  g_assert_cmpint (vips_jpegsave (made, jpeg, NULL), ==, 0);
  first = load (jpeg);
  g_assert_true (dfi_photo_save (first, tiff, NULL, NULL, NULL));
  g_assert_false (noted (first, "EXIF"));
  check_camera (tiff);

  photo = load (tiff);
  g_assert_cmpmem (photo->image->data, 3 * sizeof (float) * WIDTH * HEIGHT, first->image->data,
                   3 * sizeof (float) * WIDTH * HEIGHT);
  g_assert_true (dfi_photo_save (photo, again, NULL, NULL, NULL));
  g_assert_true (dfi_photo_save (photo, out, NULL, NULL, NULL));
  g_assert_false (noted (photo, "EXIF"));
  dfi_photo_free (photo);
  check_camera (again);
  check_camera (out);

  dfi_photo_free (first);
  g_object_unref (made);
  g_remove (jpeg);
  g_remove (tiff);
  g_remove (again);
  g_remove (out);
  g_free (out);
  g_free (again);
  g_free (tiff);
  g_free (jpeg);
}

/* A directory of a big-endian file, and one of a BigTIFF: Make, and EXIF with one number. */
static void
test_foreign_exif (void)
{
  static const guint8 big[] = {
    'M', 'M', 0,    42,   0,   0,   0, 8, /* header */
    0,   2,   0x01, 0x0f, 0,   2,   0, 0,  0, 7, 0,    0,    0, 56, 0x87, 0x69, 0, 4,
    0,   0,   0,    1,    0,   0,   0, 38, 0, 0, 0,    0,                             /* at 8 */
    0,   1,   0x88, 0x27, 0,   3,   0, 0,  0, 1, 0x01, 0x90, 0, 0,  0,    0,    0, 0, /* at 38: speed 400 */
    'c', 'a', 'm',  'e',  'r', 'a', 0, 0,
  };
  static const guint8 wide[] = {
    'I', 'I', 43,  0,   8,   0,   0,   0,   16,   0,    0, 0, 0, 0, 0, 0, /* header */
    1,   0,   0,   0,   0,   0,   0,   0,   0x0f, 0x01, 2, 0, 7, 0, 0, 0, 0, 0,
    0,   0,   'c', 'a', 'm', 'e', 'r', 'a', 0,    0,    0, 0, 0, 0, 0, 0, 0, 0,
  };
  static const guint8 wanted[] = {
    'E',  'x',  'i',  'f',  0,   0,   'I', 'I', '*',  0,    26, 0, 0, 0, 1,    0,
    0x27, 0x88, 3,    0,    1,   0,   0,   0,   0x90, 0x01, 0,  0, 0, 0, 0,    0, /* at 8 */
    2,    0,    0x0f, 0x01, 2,   0,   7,   0,   0,    0,    56, 0, 0, 0, 0x69, 0x87,
    4,    0,    1,    0,    0,   0,   8,   0,   0,    0,    0,  0, 0, 0, /* at 26 */
    'c',  'a',  'm',  'e',  'r', 'a', 0,   0,
  };
  GBytes *file = g_bytes_new_static (big, sizeof big), *exif = dfi_photo_exif_from_tiff (file);

  g_assert_nonnull (exif);
  g_assert_cmpmem (g_bytes_get_data (exif, NULL), g_bytes_get_size (exif), wanted, sizeof wanted);
  g_bytes_unref (exif);
  g_bytes_unref (file);

  file = g_bytes_new_static (wide, sizeof wide);
  exif = dfi_photo_exif_from_tiff (file);
  g_assert_nonnull (exif);
  g_assert_cmpuint (g_bytes_get_size (exif), ==, 6 + 8 + 2 + 12 + 4 + 8);
  g_assert_cmpmem ((guint8 *) g_bytes_get_data (exif, NULL) + 6 + 8 + 2 + 12 + 4, 7, "camera", 7);
  g_bytes_unref (exif);
  g_bytes_unref (file);

  for (size_t length = 0; length < sizeof big; length++) /* cut short: no byte behind the end is looked at */
    {
      file = g_bytes_new (big, length);
      exif = dfi_photo_exif_from_tiff (file);
      g_clear_pointer (&exif, g_bytes_unref);
      g_bytes_unref (file);
    }
}

/* A little-endian TIFF file of one directory at 8, whose fields are these; then come 16 bytes of a further one. */
static GBytes *
tiff_of (const guint8 (*fields)[12], int n)
{
  static const guint8 header[] = { 'I', 'I', '*', 0, 8, 0, 0, 0 };
  GByteArray         *bytes    = g_byte_array_new ();

  g_byte_array_append (bytes, header, sizeof header);
  g_byte_array_append (bytes, (guint8[]){ n, 0 }, 2);
  g_byte_array_append (bytes, (const guint8 *) fields, 12 * n);
  g_byte_array_append (bytes, (guint8[20]){ 0 }, 20);
  return g_byte_array_free_to_bytes (bytes);
}

/* Fields that make no sense, or have no place in EXIF, are left out, and the others stay. */
static void
test_exif_fields (void)
{
  static const struct
  {
    guint8 field[12];
    int    kept; /* bytes that it takes, with those of a directory that it leads to */
  } cases[] = {
    { { 0x0f, 0x01, 2, 0, 2, 0, 0, 0, 'a', 0, 0, 0 }, 12 },        /* Make */
    { { 0x9b, 0x9c, 1, 0, 2, 0, 0, 0, 'a', 0, 0, 0 }, 12 },        /* a title, as Windows has it */
    { { 0xa0, 0x9c, 1, 0, 2, 0, 0, 0, 'a', 0, 0, 0 }, 0 },         /* the next after those */
    { { 0x00, 0x01, 3, 0, 1, 0, 0, 0, 9, 0, 0, 0 }, 0 },           /* width, which is not about the photograph */
    { { 0x0f, 0x01, 0, 0, 1, 0, 0, 0, 'a', 0, 0, 0 }, 0 },         /* of no type */
    { { 0x0f, 0x01, 19, 0, 1, 0, 0, 0, 'a', 0, 0, 0 }, 0 },        /* of a type that there is not */
    { { 0x0f, 0x01, 2, 0, 255, 255, 255, 255, 'a', 0, 0, 0 }, 0 }, /* longer than the file */
    { { 0x0f, 0x01, 2, 0, 5, 0, 0, 0, 255, 0, 0, 0 }, 0 },         /* behind its end */
    { { 0x69, 0x87, 3, 0, 1, 0, 0, 0, 8, 0, 0, 0 }, 0 },           /* leads somewhere by a number that is too short */
    { { 0x69, 0x87, 4, 0, 1, 0, 0, 0, 0, 2, 0, 0 }, 12 + 6 },      /* leads behind the end: an empty directory */
    { { 0x69, 0x87, 4, 0, 1, 0, 0, 0, 8, 0, 0, 0 }, 12 + 18 + 6 }, /* leads in a circle, which ends */
  };
  const int frame = 6 + 8 + 2 + 4; /* the sign, the header, and what a directory has beside its fields */

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GBytes *file = tiff_of (&cases[i].field, 1), *exif = dfi_photo_exif_from_tiff (file);

      g_test_message ("%zu", i);
      g_assert_true ((exif != NULL) == (cases[i].kept > 0));
      if (exif)
        g_assert_cmpuint (g_bytes_get_size (exif), ==, frame + cases[i].kept);
      g_clear_pointer (&exif, g_bytes_unref);
      g_bytes_unref (file);
    }
}

/* What takes no EXIF, or is none, is left as it is. */
static void
test_no_exif (void)
{
  static const guint8 make[][12]  = { { 0x0f, 0x01, 2, 0, 2, 0, 0, 0, 'a', 0, 0, 0 } };
  static const guint8 wide[16]    = { 'I', 'I', 43, 0, 8, 0, 0, 0, 16 };
  static const guint8 nowhere[16] = { 'I', 'I', '*', 0 };
  GBytes             *good        = tiff_of (make, 1);
  gsize               length;
  const guint8       *bytes = g_bytes_get_data (good, &length);
  const struct
  {
    const guint8 *file, *exif;
    size_t        file_length, exif_length;
    gboolean      done;
  } cases[] = {
    { bytes, bytes, length, length, TRUE },
    { wide, bytes, sizeof wide, length, FALSE },
    { nowhere, bytes, sizeof nowhere, length, FALSE },
    { bytes, nowhere, length, sizeof nowhere, FALSE },
    { bytes, bytes, length, 15, FALSE },
    { bytes, (const guint8 *) "Exif\0\0", length, 6, FALSE },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      void  *file = g_memdup2 (cases[i].file, cases[i].file_length);
      size_t size = cases[i].file_length;

      g_assert_true (dfi_photo_exif_into_tiff (&file, &size, cases[i].exif, cases[i].exif_length) == cases[i].done);
      if (! cases[i].done)
        g_assert_cmpmem (file, size, cases[i].file, cases[i].file_length);
      g_free (file);
    }
  g_bytes_unref (good);
}

/* The one number of a TIFF's alpha, or of the orientation, is changed where it is there and has the size that it should. */
static void
test_tiff_numbers (void)
{
  static const struct
  {
    guint8   field[12];
    gboolean alpha, upright;
  } cases[] = {
    { { 0x52, 0x01, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0 }, TRUE, FALSE },
    { { 0x52, 0x01, 3, 0, 1, 0, 0, 0, 2, 0, 0, 0 }, FALSE, FALSE },
    { { 0x52, 0x01, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0 }, FALSE, FALSE },
    { { 0x53, 0x01, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0 }, FALSE, FALSE },
    { { 0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0 }, FALSE, TRUE },
    { { 0x12, 0x01, 1, 0, 1, 0, 0, 0, 6, 0, 0, 0 }, FALSE, FALSE },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GBytes *file = tiff_of (&cases[i].field, 1);
      gsize   length;
      guint8 *bytes = g_memdup2 (g_bytes_get_data (file, NULL), g_bytes_get_size (file));

      length = g_bytes_get_size (file);
      g_assert_true (dfi_photo_tiff_set_alpha (bytes, length, 1, 2) == cases[i].alpha);
      g_assert_cmpint (bytes[18], ==, cases[i].alpha ? 2 : cases[i].field[8]);
      dfi_photo_exif_set_upright (bytes, length);
      g_assert_cmpint (bytes[18], ==, cases[i].alpha ? 2 : cases[i].upright ? 1 : cases[i].field[8]);
      g_free (bytes);
      g_bytes_unref (file);
    }
}

/* Heads of JPEG and PNG files, by hand. */
static void
test_heads (void)
{
  static const guint8 ones[64]  = { [0 ... 63] = 1 };
  static const guint8 large[64] = { [0 ... 63] = 255 };
  static const struct
  {
    guint8        head[12];
    size_t        n_head;
    const guint8 *table; /* (64); NULL for none */
    size_t        copies;
    gboolean      progressive;
    int           quality;
  } cases[] = {
    { { 0xff, 0xd8, 0xff, 0xdb, 0, 67, 0 }, 7, ones, 1, FALSE, 100 },
    { { 0xff, 0xd8, 0xff, 0xdb, 0, 67, 1 }, 7, ones, 1, FALSE, 100 },
    { { 0xff, 0xd8, 0xff, 0xdb, 0, 67, 0 }, 7, large, 1, FALSE, 1 },
    { { 0xff, 0xd8, 0xff, 0xdb, 0, 131, 0x10 }, 7, large, 2, FALSE, 1 }, /* 16 bits each: 65535 */
    { { 0xff, 0xd8, 0xff, 0xdb, 0, 66, 0 }, 7, ones, 1, FALSE, 0 },      /* a table that ends early */
    { { 0xff, 0xd8, 0xff, 0xdb, 0, 68, 0 }, 7, ones, 1, FALSE, 0 },      /* a segment that ends behind the file */
    { { 0xff, 0xd8, 0xff, 0xdb, 0, 1, 0 }, 7, ones, 1, FALSE, 0 },       /* or before it begins */
    { { 0xff, 0xd8, 0xff, 0xda, 0, 67, 0 }, 7, ones, 1, FALSE, 0 },      /* a scan */
    { { 0xff, 0xd8, 0xff, 0xc2, 0, 2, 0xff, 0xdb, 0, 67, 0 }, 11, ones, 1, TRUE, 100 },
    { { 0xff, 0xd8, 0, 0xdb, 0, 67, 0 }, 7, ones, 1, FALSE, 0 },
    { { 0xff, 0xd9, 0xff, 0xdb, 0, 67, 0 }, 7, ones, 1, FALSE, 0 },
    { { 0xfe, 0xd8, 0xff, 0xdb, 0, 67, 0 }, 7, ones, 1, FALSE, 0 },
    { { 0xff, 0xd8, 0xff }, 3, NULL, 0, FALSE, 0 },
  };
#define SIGN "\x89PNG\r\n\x1a\n"
#define GAMA "\0\0\0\4gAMA\0\1\x86\xa0\0\0\0\0"
  static const struct
  {
    const char *bytes;
    size_t      length;
    double      gamma;
  } pngs[] = {
#define PNG(bytes, gamma) { bytes, sizeof (bytes) - 1, gamma }
    PNG (SIGN GAMA, 1.0),
    PNG (SIGN "\0\0\0\1tEXt-\0\0\0\0" GAMA, 1.0),
    PNG (SIGN GAMA "\0\0\0\1sRGB\0\0\0\0\0", 0.0),
    PNG (SIGN GAMA "\0\0\0\1iCCP\0\0\0\0\0", 0.0),
    PNG (SIGN "\0\0\0\0IDAT\0\0\0\0" GAMA, 0.0),
    PNG (SIGN "\xff\xff\xff\xfftEXt\0\0\0\0" GAMA, 0.0),
    PNG (SIGN "\0\0\0\4gAMA", 0.0),
    PNG (SIGN, 0.0),
    PNG ("\x89PNG", 0.0),
    PNG ("\x88PNG\r\n\x1a\n" GAMA, 0.0),
#undef PNG
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GByteArray *bytes = g_byte_array_new ();
      GBytes     *file;
      gboolean    progressive;

      g_byte_array_append (bytes, cases[i].head, cases[i].n_head);
      for (size_t k = 0; k < cases[i].copies; k++)
        g_byte_array_append (bytes, cases[i].table, 64);
      file = g_byte_array_free_to_bytes (bytes);
      g_test_message ("JPEG %zu", i);
      g_assert_cmpint (dfi_photo_jpeg_quality (file, &progressive), ==, cases[i].quality);
      g_assert_true (progressive == cases[i].progressive);
      g_bytes_unref (file);
    }
  for (size_t i = 0; i < G_N_ELEMENTS (pngs); i++)
    {
      GBytes *file = g_bytes_new (pngs[i].bytes, pngs[i].length);

      g_test_message ("PNG %zu", i);
      g_assert_cmpfloat (dfi_photo_png_gamma (file), ==, pngs[i].gamma);
      g_bytes_unref (file);
    }
}

static void
test_no_image (void)
{
  static const int sizes[][2] = { { 0, 5 }, { 5, 0 }, { -1, 5 }, { DFI_IMAGE_MAX + 1, 1 }, { 1, DFI_IMAGE_MAX + 1 } };

  for (size_t i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      GError *error = NULL;

      g_assert_null (dfi_image_new (sizes[i][0], sizes[i][1], &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
      g_error_free (error);
    }
}

/* A JPEG that appears coarse at first does so afterwards. */
static void
test_progressive (void)
{
  VipsImage *made = noise_image (3, VIPS_FORMAT_UCHAR);
  char      *in = in_folder ("in.jpg"), *out = in_folder ("out.jpg");

  for (int progressive = 0; progressive < 2; progressive++)
    {
      DfiPhoto *photo, *back;

      g_assert_cmpint (vips_jpegsave (made, in, "interlace", progressive, NULL), ==, 0);
      photo = load (in);
      g_assert_true (dfi_photo_save (photo, out, NULL, NULL, NULL));
      back = load (out);
      g_assert_true (photo->source->progressive == progressive);
      g_assert_true (back->source->progressive == progressive);
      dfi_photo_free (back);
      dfi_photo_free (photo);
    }
  g_object_unref (made);
  g_remove (in);
  g_remove (out);
  g_free (out);
  g_free (in);
}

/* What is no picture of a kind that is read is called so. */
static void
test_other_kinds (void)
{
  static const struct
  {
    const char *bytes;
    size_t      length;
    const char *words;
  } cases[] = {
    { "BM\x3a\0\0\0", 6, "PNG, JPEG" },
    { "\0\0\2\0\0\0\0\0\0\0\0\0\1\0\1\0\30\0\1\2\3", 21, "PNG, JPEG" }, /* TGA */
    { "<html>", 6, "PNG, JPEG" },
    { "P", 1, "PNG, JPEG" },
    { "", 0, "is empty" },
  };
  char   *path  = in_folder ("other.png");
  GError *error = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_true (g_file_set_contents (path, cases[i].bytes, cases[i].length, NULL));
      g_assert_null (dfi_photo_load (path, NULL, NULL, NULL, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
      g_assert_nonnull (strstr (error->message, path));
      g_assert_nonnull (strstr (error->message, cases[i].words));
      g_clear_error (&error);
    }
  g_remove (path);
  g_free (path);

  g_assert_null (dfi_photo_load (folder, NULL, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
  g_clear_error (&error);
}

/* The EXIF of an AVIF outlasts the picture of libvips that the file was read with. */
static void
test_avif_exif (void)
{
  static const char *const beginnings[] = { "Exif\0\0", "II*\0", "MM\0*" };
  VipsImage               *made         = noise_image (3, VIPS_FORMAT_UCHAR);
  char                    *in           = in_folder ("in.avif");
  gboolean                 good         = FALSE;
  DfiPhoto                *photo;
  const void              *exif;
  size_t                   length;

  vips_image_set_string (made, "exif-ifd0-Make", "camera (camera, ASCII, 7 components, 7 bytes)");
  if (vips_heifsave (made, in, "compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1, NULL) != 0)
    {
      g_test_skip ("libvips writes no AVIF here");
      vips_error_clear ();
    }
  else
    {
      photo = load (in);
      g_assert_cmpint (vips_image_get_blob (photo->source->samples, VIPS_META_EXIF_NAME, &exif, &length), ==, 0);
      g_assert_cmpuint (length, >, 100);
      for (size_t i = 0; i < G_N_ELEMENTS (beginnings); i++)
        good |= memcmp (exif, beginnings[i], 4) == 0;
      g_assert_true (good);
      dfi_photo_free (photo);
      g_remove (in);
    }
  g_object_unref (made);
  g_free (in);
}

/* A JPEG keeps its quality, and the resolution of its colours. */
static void
test_jpeg_quality (void)
{
  VipsImage *made = noise_image (3, VIPS_FORMAT_UCHAR);
  char      *in = in_folder ("in.jpg"), *out = in_folder ("out.jpg");

  for (int quality = 5; quality <= 100; quality += 19)
    for (int subsample = 0; subsample < 2; subsample++)
      {
        DfiPhoto *photo, *back;

        g_assert_cmpint (vips_jpegsave (made, in, "Q", quality, "subsample_mode",
                                        subsample ? VIPS_FOREIGN_SUBSAMPLE_ON : VIPS_FOREIGN_SUBSAMPLE_OFF, NULL),
                         ==, 0);
        photo = load (in);
        g_assert_true (dfi_photo_save (photo, out, NULL, NULL, NULL));
        back = load (out);
        g_assert_cmpint (photo->source->quality, ==, quality);
        g_assert_cmpint (back->source->quality, ==, quality);
        g_assert_true (back->source->subsampled == (subsample != 0));
        g_assert_cmpuint (photo->notes->len, ==, 0);
        dfi_photo_free (back);
        dfi_photo_free (photo);
      }
  g_object_unref (made);
  g_remove (in);
  g_remove (out);
  g_free (out);
  g_free (in);
}

/* Grey stays grey even when colours are painted; what a format has no place for is said. */
static void
test_kept_and_lost (void)
{
  static const struct
  {
    int            bands;
    VipsBandFormat format;
    const char    *out;
    int            bands_out;
    const char    *words;
  } cases[] = {
    { 1, VIPS_FORMAT_UCHAR, "out.jpg", 1, "each pixel" }, { 4, VIPS_FORMAT_UCHAR, "out.jpg", 3, "transparency" },
    { 3, VIPS_FORMAT_USHORT, "out.jpg", 3, "16 bits" },   { 1, VIPS_FORMAT_UCHAR, "out.webp", 3, "grey" },
    { 5, VIPS_FORMAT_UCHAR, "out.png", 4, "further" },    { 3, VIPS_FORMAT_FLOAT, "out.png", 3, "floating-point" },
    { 3, VIPS_FORMAT_USHORT, "out.webp", 3, "16 bits" },
  };

  for (size_t k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      VipsImage *made = noise_image (cases[k].bands, cases[k].format), *back;
      char      *in = in_folder ("in.tif"), *out = in_folder (cases[k].out);
      DfiPhoto  *photo;

      g_assert_cmpint (vips_tiffsave (made, in, NULL), ==, 0);
      photo                   = load (in);
      photo->image->data[100] = 1.0f;
      g_assert_true (dfi_photo_save (photo, out, NULL, NULL, NULL));
      back = read_back (out);
      g_assert_cmpint (back->Bands, ==, cases[k].bands_out);
      g_assert_true (noted (photo, cases[k].words));
      g_object_unref (back);
      g_object_unref (made);
      dfi_photo_free (photo);
      g_remove (in);
      g_remove (out);
      g_free (out);
      g_free (in);
    }
}

/* The samples of a TIFF as they stand there; libvips divides by an associated alpha. */
static VipsImage *
read_raw (const char *path)
{
  char      *bytes, *raw = in_folder ("raw.tif");
  gsize      length;
  VipsImage *image;

  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  g_assert_true (dfi_photo_tiff_set_alpha ((guint8 *) bytes, length, 1, 2));
  g_assert_true (g_file_set_contents (raw, bytes, length, NULL));
  image = read_back (raw);
  g_remove (raw);
  g_free (raw);
  g_free (bytes);
  return image;
}

/* Colours that are multiplied by alpha come out so, to the bit; in a format that has them plain they are divided. */
static void
check_associated (gboolean bigtiff)
{
  VipsImage *made = noise_image (4, VIPS_FORMAT_UCHAR), *back;
  char      *in = in_folder ("in.tif"), *out = in_folder ("out.tif"), *png = in_folder ("out.png");
  DfiPhoto  *photo;
  guint8    *was;
  char      *bytes;
  gsize      length;

  for (int i = 0; i < WIDTH * HEIGHT; i++)
    for (int c = 0; c < 3; c++)
      {
        guint8 *pixel = VIPS_IMAGE_ADDR (made, i % WIDTH, i / WIDTH);

        pixel[c] = pixel[c] * pixel[3] / 255;
      }
  g_assert_cmpint (vips_tiffsave (made, in, "bigtiff", bigtiff, NULL), ==, 0);
  g_assert_true (g_file_get_contents (in, &bytes, &length, NULL));
  g_assert_cmpint (bytes[2], ==, bigtiff ? 43 : 42);
  g_assert_true (dfi_photo_tiff_set_alpha ((guint8 *) bytes, length, 2, 1));
  g_assert_true (g_file_set_contents (in, bytes, length, NULL));
  g_free (bytes);
  photo = load (in);
  g_assert_true (photo->source->associated);
  was = VIPS_IMAGE_ADDR (made, 9, 3);
  g_assert_cmpfloat_with_epsilon (photo->image->data[3 * WIDTH + 9], was[0] / (double) was[3], 1e-5);
  paint (photo);
  g_assert_true (dfi_photo_save (photo, out, NULL, NULL, NULL));
  g_assert_true (dfi_photo_save (photo, png, NULL, NULL, NULL));
  dfi_photo_free (photo);

  photo = load (out);
  g_assert_true (photo->source->associated);
  back = read_raw (out);
  for (int i = 0; i < HEIGHT; i++)
    for (int j = 0; j < WIDTH; j++)
      if (i != 7 || j != 5)
        g_assert_cmpmem (VIPS_IMAGE_ADDR (back, j, i), 4, VIPS_IMAGE_ADDR (made, j, i), 4);
  was = VIPS_IMAGE_ADDR (back, 5, 7);
  g_assert_cmpint (was[0], ==, was[3]); /* white */
  g_object_unref (back);
  dfi_photo_free (photo);

  back = read_back (png);
  was  = VIPS_IMAGE_ADDR (made, 9, 3);
  g_assert_cmpint (*(guint8 *) VIPS_IMAGE_ADDR (back, 9, 3), ==, (int) (MIN (was[0] * 255.0 / was[3], 255.0) + 0.5));
  g_object_unref (back);
  g_object_unref (made);
  g_remove (in);
  g_remove (out);
  g_remove (png);
  g_free (png);
  g_free (out);
  g_free (in);
}

static void
test_associated (void)
{
  check_associated (FALSE);
  check_associated (TRUE);
}

static void
test_cmyk (void)
{
  VipsImage *made = noise_image (4, VIPS_FORMAT_UCHAR), *cmyk;
  char      *in = in_folder ("in.tif"), *out = in_folder ("out.tif");
  DfiPhoto  *photo;
  VipsImage *back;

  vips_copy (made, &cmyk, "interpretation", VIPS_INTERPRETATION_CMYK, NULL);
  g_assert_cmpint (vips_tiffsave (cmyk, in, NULL), ==, 0);
  photo = load (in);
  g_assert_true (noted (photo, "cmyk"));
  g_assert_true (dfi_photo_save (photo, out, NULL, NULL, NULL));
  back = read_back (out);
  g_assert_cmpint (back->Bands, ==, 3);
  g_assert_cmpint (vips_image_get_typeof (back, VIPS_META_ICC_NAME), !=, 0);

  g_object_unref (back);
  g_object_unref (cmyk);
  g_object_unref (made);
  dfi_photo_free (photo);
  g_remove (in);
  g_remove (out);
  g_free (out);
  g_free (in);
}

/* A PNG whose gAMA chunk says that it is linear looks as it should, and has the chunk and its samples afterwards. */
static void
test_gamma (void)
{
  VipsImage *made = noise_image (3, VIPS_FORMAT_UCHAR), *back;
  char      *in = in_folder ("in.png"), *out = in_folder ("out.png");
  /* length, gAMA, 100000, and the checksum of both */
  static const guint8 chunk[] = { 0, 0, 0, 4, 'g', 'A', 'M', 'A', 0, 1, 0x86, 0xa0, 0x31, 0xe8, 0x96, 0x5f };
  char               *bytes, *longer;
  gsize               length;
  DfiPhoto           *photo;
  double              light;

  g_assert_cmpint (vips_pngsave (made, in, NULL), ==, 0);
  g_assert_true (g_file_get_contents (in, &bytes, &length, NULL));
  longer = g_malloc (length + sizeof chunk);
  memcpy (longer, bytes, 33);
  memcpy (longer + 33, chunk, sizeof chunk);
  memcpy (longer + 33 + sizeof chunk, bytes + 33, length - 33);
  g_assert_true (g_file_set_contents (in, longer, length + sizeof chunk, NULL));

  photo = load (in);
  light = *(guint8 *) VIPS_IMAGE_ADDR (made, 3, 0) / 255.0;
  g_assert_cmpfloat_with_epsilon (photo->image->data[3], 1.055 * pow (light, 1.0 / 2.4) - 0.055, 1e-3);
  paint (photo);
  g_assert_true (dfi_photo_save (photo, out, NULL, NULL, NULL));
  g_free (bytes);
  g_assert_true (g_file_get_contents (out, &bytes, &length, NULL));
  g_assert_cmpmem (bytes + 33, sizeof chunk, chunk, sizeof chunk);
  back = read_back (out);
  for (int i = 0; i < HEIGHT; i++)
    if (i != 7)
      g_assert_cmpmem (VIPS_IMAGE_ADDR (back, 0, i), 3 * WIDTH, VIPS_IMAGE_ADDR (made, 0, i), 3 * WIDTH);

  g_object_unref (back);
  g_object_unref (made);
  dfi_photo_free (photo);
  g_remove (in);
  g_remove (out);
  g_free (longer);
  g_free (bytes);
  g_free (out);
  g_free (in);
}

/* Big-endian, by hand: 2 x 1 pixels of grey, 16 bits. */
static void
test_big_endian (void)
{
  static const guint8 tiff[] = {
    'M', 'M', 0, 42, 0, 0, 0, 12, 0x12, 0x34, 0xfe, 0xdc,                                      /* header, and the two samples */
    0,   8,                                                                                    /* entries: */
    1,   0,   0, 3,  0, 0, 0, 1,  0,    2,    0,    0,    1, 1,  0, 3, 0, 0, 0, 1, 0, 1, 0, 0, /* width, height */
    1,   2,   0, 3,  0, 0, 0, 1,  0,    16,   0,    0,    1, 3,  0, 3, 0, 0, 0, 1, 0, 1, 0, 0, /* bits, no compression */
    1,   6,   0, 3,  0, 0, 0, 1,  0,    1,    0,    0,    1, 17, 0, 4, 0, 0, 0, 1, 0, 0, 0, 8, /* black is 0, the strip */
    1,   22,  0, 3,  0, 0, 0, 1,  0,    1,    0,    0,    1, 23, 0, 4, 0, 0, 0, 1, 0, 0, 0, 4,
    0,   0,   0, 0, /* rows and bytes of it, end */
  };
  char     *in = in_folder ("in.tif");
  DfiPhoto *photo;

  g_assert_true (g_file_set_contents (in, (const char *) tiff, sizeof tiff, NULL));
  photo = load (in);
  g_assert_cmpint (photo->image->width, ==, 2);
  g_assert_cmpfloat_with_epsilon (photo->image->data[0], 0x1234 / 65535.0f, 1e-6);
  g_assert_cmpfloat_with_epsilon (photo->image->data[1], 0xfedc / 65535.0f, 1e-6);
  dfi_photo_free (photo);
  g_remove (in);
  g_free (in);
}

static void
test_tiles_and_pages (void)
{
  VipsImage *one     = noise_image (3, VIPS_FORMAT_UCHAR), *joined;
  VipsImage *both[2] = { one, one };
  char      *in      = in_folder ("in.tif");
  DfiPhoto  *photo;

  g_assert_cmpint (vips_arrayjoin (both, &joined, 2, "across", 1, NULL), ==, 0);
  vips_image_set_int (joined, VIPS_META_PAGE_HEIGHT, HEIGHT);
  g_assert_cmpint (vips_tiffsave (joined, in, "tile", TRUE, "tile_width", 16, "tile_height", 16, NULL), ==, 0);
  photo = load (in);
  g_assert_cmpint (photo->image->height, ==, HEIGHT);
  g_assert_cmpfloat (photo->image->data[1], ==, ((guint8 *) VIPS_IMAGE_ADDR (one, 1, 0))[0] / 255.0f);
  g_assert_true (noted (photo, "2 pages"));
  dfi_photo_free (photo);
  g_object_unref (joined);
  g_object_unref (one);
  g_remove (in);
  g_free (in);
}

/* A file that ends early is refused, or read as far as it goes, which is said. */
static void
test_truncated (void)
{
  const DfiPhotoLimits accept  = { 0.0, TRUE };
  char                *source  = test_source_file ("resources/astronaut.png");
  DfiPhoto            *whole   = load (source);
  const char          *names[] = { "cut.jpg", "cut.png" };

  for (size_t k = 0; k < G_N_ELEMENTS (names); k++)
    {
      char     *path  = in_folder (names[k]);
      GError   *error = NULL;
      char     *bytes;
      gsize     length;
      DfiPhoto *photo;

      g_assert_true (dfi_photo_save (whole, path, NULL, NULL, NULL));
      g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
      g_assert_true (g_file_set_contents (path, bytes, length * 7 / 10, NULL));
      g_assert_null (dfi_photo_load (path, NULL, NULL, NULL, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
      g_assert_nonnull (strstr (error->message, "incomplete"));
      g_clear_error (&error);
      photo = dfi_photo_load (path, &accept, NULL, NULL, &error);
      g_assert_no_error (error);
      g_assert_true (noted (photo, "incomplete"));
      g_assert_cmpfloat_with_epsilon (photo->image->data[1000], whole->image->data[1000], 0.1);
      dfi_photo_free (photo);
      g_free (bytes);
      g_remove (path);
      g_free (path);
    }
  dfi_photo_free (whole);
  g_free (source);
}

/* A header of 60,000 x 60,000 in 57 bytes, and a limit of one's own. */
static void
test_large (void)
{
  static const guint8  png[] = { 0x89, 0x50, 0x4e, 0x47, 0xd,  0xa,  0x1a, 0xa,  0x0,  0x0,  0x0,  0xd,  0x49, 0x48, 0x44,
                                 0x52, 0x0,  0x0,  0xea, 0x60, 0x0,  0x0,  0xea, 0x60, 0x8,  0x2,  0x0,  0x0,  0x0,  0xf,
                                 0xb0, 0xe2, 0x15, 0x0,  0x0,  0x0,  0x0,  0x49, 0x44, 0x41, 0x54, 0x35, 0xaf, 0x6,  0x1e,
                                 0x0,  0x0,  0x0,  0x0,  0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82 };
  char                *path  = in_folder ("large.png");
  const DfiPhotoLimits small = { 0.0005, FALSE };
  VipsImage           *made  = noise_image (3, VIPS_FORMAT_UCHAR);
  GError              *error = NULL;

  g_assert_true (g_file_set_contents (path, (const char *) png, sizeof png, NULL));
  g_assert_null (dfi_photo_load (path, NULL, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "60000 x 60000"));
  g_clear_error (&error);

  g_assert_cmpint (vips_pngsave (made, path, NULL), ==, 0);
  g_assert_null (dfi_photo_load (path, &small, NULL, NULL, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "40 x 24"));
  g_clear_error (&error);
  g_object_unref (made);
  g_remove (path);
  g_free (path);
}

/* ---------- stopping ---------- */

typedef struct
{
  double   stop_at; /* share of the work at which to stop; 2: never */
  double   last;
  int      calls;
  gboolean stopped;
} Stop;

static gboolean
stop_at (double fraction, gpointer data)
{
  Stop *stop = data;

  g_assert_false (stop->stopped); /* nobody is asked again who has said so */
  g_assert_cmpfloat (fraction, >=, stop->last);
  g_assert_cmpfloat (fraction, <=, 1.0);
  stop->last    = fraction;
  stop->stopped = fraction >= stop->stop_at;
  stop->calls++;
  return ! stop->stopped;
}

/* Loads @in and saves it as @out; FALSE with DFI_ERROR_CANCELLED when one of the two was stopped. */
static gboolean
load_and_save (const char *in, const char *out, Stop *loading, Stop *saving)
{
  GError   *error = NULL;
  DfiPhoto *photo = dfi_photo_load (in, NULL, stop_at, loading, &error);
  gboolean  done  = photo && dfi_photo_save (photo, out, stop_at, saving, &error);

  g_assert_true (loading->stopped == (photo == NULL));
  g_assert_true (done == ! (loading->stopped || saving->stopped));
  if (! done)
    g_assert_error (error, DFI_ERROR, DFI_ERROR_CANCELLED);
  g_clear_error (&error);
  dfi_photo_free (photo);
  return done;
}

/* At any moment, from and to any format; and what is not stopped is what it is when nobody is asked. */
static void
test_stopped (void)
{
  static const char *const names[] = { "stop.png", "stop.jpg", "stop.tif", "stop.webp", "stop.avif", "stop.heic", "stop.jxl" };
  static const double      parts[] = { 0.0, 0.1, 0.3, 0.5, 0.7, 0.9 };
  DfiImage                *image   = dfi_image_new (140, 200, NULL);
  char                    *out     = in_folder ("stopped.png");
  DfiPhoto                *made;

  test_uniform (3, image->data, 3 * 140 * 200);
  made = dfi_photo_new (image);
  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      char *path = in_folder (names[i]), *again = g_strconcat (path, ".again", strrchr (path, '.'), NULL);

      if (dfi_photo_save (made, path, NULL, NULL, NULL)) /* FALSE where libvips lacks the format */
        {
          Stop none = { .stop_at = 2.0 }, never = none;

          g_assert_true (load_and_save (path, out, &none, &never));
          g_assert_cmpint (none.calls, >, 3);
          g_assert_cmpint (never.calls, >, 1);
          g_assert_cmpfloat (none.last, >, 0.9);
          g_remove (out);
          for (size_t k = 0; k < G_N_ELEMENTS (parts); k++)
            {
              Stop loading = { .stop_at = parts[k] }, loaded = { .stop_at = 2.0 }, saving = { .stop_at = parts[k] };

              g_assert_false (load_and_save (path, out, &loading, &(Stop){ .stop_at = 2.0 }));
              g_assert_false (load_and_save (path, again, &loaded, &saving));
              g_assert_false (g_file_test (again, G_FILE_TEST_EXISTS));
              g_assert_false (g_file_test (out, G_FILE_TEST_EXISTS));
            }
        }
      g_free (again);
      g_free (path);
    }
  dfi_photo_free (made);
  g_free (out);
}

/* Seconds on the clock, and of the process on all processors: the machine may have other work, or many processors. */
typedef struct
{
  double clock, processors;
} Time;

static Time
time_now (void)
{
  return (Time){ g_get_monotonic_time () / 1e6, clock () / (double) CLOCKS_PER_SEC };
}

/* The smaller of the two. */
static double
time_since (Time start)
{
  Time now = time_now ();

  return MIN (now.clock - start.clock, now.processors - start.processors);
}

typedef struct
{
  Time   start, last;
  double longest; /* seconds without a question */
  double where;   /* what was asked before it */
  double fraction;
  int    again, again_max; /* questions that followed one about the same share; the last one is answered with no */
} Patience;

static gboolean
ask_patient (double fraction, gpointer data)
{
  Patience *patience = data;
  double    since    = time_since (patience->last);

  if (since > patience->longest)
    {
      patience->longest = since;
      patience->where   = patience->fraction;
    }
  patience->last = time_now ();
  patience->again += fraction == patience->fraction;
  patience->fraction = fraction;
  return patience->again < patience->again_max;
}

static Patience
patience_new (int again_max)
{
  Time now = time_now ();

  return (Patience){ .start = now, .last = now, .again_max = again_max, .fraction = -1.0 };
}

/* That the caller was asked often, and had its answer soon. */
static void
check_patience (Patience *patience, const char *name)
{
  ask_patient (2.0, patience);
  g_test_message ("%s: %.2f s, %.3f s without a question at %.2f", name, time_since (patience->start), patience->longest,
                  patience->where);
  g_assert_cmpfloat (patience->longest, <, MAX (0.25, time_since (patience->start) / 3.0));
}

/* Also while a library reads or writes all of a file in one go, which takes it a second.  Who says no then need not wait. */
static void
test_left (void)
{
  static const struct
  {
    const char *name;
    int         side;
  } files[] = {
    { "left.webp", 2000 }, { "left.jxl", 2000 }, { "left.jpg", 2000 }, { "left.avif", 480 }, { "left.heic", 480 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (files); i++)
    {
      const int side  = files[i].side;
      char     *path  = in_folder (files[i].name);
      DfiPhoto *made  = dfi_photo_new (dfi_image_new (side, side, NULL));
      GError   *error = NULL;
      Patience  patience;
      DfiPhoto *photo;

      test_uniform (5, made->image->data, (size_t) 3 * side * side);
      patience = patience_new (G_MAXINT);
      if (dfi_photo_save (made, path, ask_patient, &patience, NULL)) /* FALSE where libvips lacks the format */
        {
          check_patience (&patience, "written");
          patience = patience_new (G_MAXINT);
          photo    = dfi_photo_load (path, NULL, ask_patient, &patience, &error);
          g_assert_no_error (error);
          check_patience (&patience, "read");

          g_remove (path);
          patience = patience_new (1);
          g_assert_false (dfi_photo_save (photo, path, ask_patient, &patience, &error));
          check_patience (&patience, files[i].name);
          g_assert_error (error, DFI_ERROR, DFI_ERROR_CANCELLED);
          g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
          g_clear_error (&error);
          dfi_photo_free (photo);
        }
      dfi_photo_free (made);
      g_free (path);
    }
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL); /* libvips warns of damaged files */
  g_assert_true (dfi_photo_start (NULL));
  folder = test_folder_new ();
  g_test_add_func ("/picture/unwritable", test_unwritable);
  g_test_add_func ("/picture/round-trip", test_picture_round_trip);
  g_test_add_func ("/picture/orientation", test_orientation);
  g_test_add_func ("/picture/bad", test_bad_pictures);
  g_test_add_func ("/picture/nan", test_nan);
  g_test_add_func ("/picture/no-image", test_no_image);
  g_test_add_func ("/picture/full-disk", test_full_disk);
  g_test_add_func ("/photo/samples", test_samples);
  g_test_add_func ("/photo/parts", test_parts);
  g_test_add_func ("/photo/formats", test_formats);
  g_test_add_func ("/photo/endings", test_endings);
  g_test_add_func ("/photo/metadata", test_metadata);
  g_test_add_func ("/photo/avif-exif", test_avif_exif);
  g_test_add_func ("/photo/jpeg-quality", test_jpeg_quality);
  g_test_add_func ("/photo/tiff-exif", test_tiff_exif);
  g_test_add_func ("/photo/foreign-exif", test_foreign_exif);
  g_test_add_func ("/photo/numbers", test_numbers);
  g_test_add_func ("/photo/lab", test_lab);
  g_test_add_func ("/photo/threads", test_threads);
  g_test_add_func ("/photo/exif-fields", test_exif_fields);
  g_test_add_func ("/photo/no-exif", test_no_exif);
  g_test_add_func ("/photo/tiff-numbers", test_tiff_numbers);
  g_test_add_func ("/photo/heads", test_heads);
  g_test_add_func ("/photo/progressive", test_progressive);
  g_test_add_func ("/photo/other-kinds", test_other_kinds);
  g_test_add_func ("/photo/kept-and-lost", test_kept_and_lost);
  g_test_add_func ("/photo/associated", test_associated);
  g_test_add_func ("/photo/cmyk", test_cmyk);
  g_test_add_func ("/photo/gamma", test_gamma);
  g_test_add_func ("/photo/big-endian", test_big_endian);
  g_test_add_func ("/photo/tiles-and-pages", test_tiles_and_pages);
  g_test_add_func ("/photo/truncated", test_truncated);
  g_test_add_func ("/photo/large", test_large);
  g_test_add_func ("/photo/stopped", test_stopped);
  g_test_add_func ("/photo/left", test_left);
  status = g_test_run ();
  test_folder_remove (folder);
  return status;
}
