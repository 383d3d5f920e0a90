/* ICC profiles: of a picture in CMYK, whose colours are converted when it is read, and of a grey one that becomes a WebP, whose
 * colours are converted when it is written. */

#include "config.h"

#include <vips/vips.h>

#include "fuzz.h"
#include "picture/photo-source.h"

#define SIDE 4

/* Loads a TIFF of this many bands with the profile; NULL when libvips does not take it. */
static DfiPhoto *
load (const uint8_t *profile, size_t size, int bands, VipsInterpretation space)
{
  static const guint8 samples[4 * SIDE * SIDE] = { 10, 200, 30, 40, 50, 60, 70, 80, 255 };
  VipsImage *plain = vips_image_new_from_memory_copy (samples, bands * SIDE * SIDE, SIDE, SIDE, bands, VIPS_FORMAT_UCHAR);
  VipsImage *image = NULL;
  DfiPhoto  *photo = NULL;
  GError    *error = NULL;
  void      *bytes = NULL;
  size_t     length;

  g_assert_cmpint (vips_copy (plain, &image, "interpretation", space, NULL), ==, 0);
  vips_image_set_blob_copy (image, VIPS_META_ICC_NAME, profile, size);
  if (vips_tiffsave_buffer (image, &bytes, &length, NULL) == 0)
    {
      photo = dfi_photo_load (fuzz_file ("in.tif", bytes, length), NULL, NULL, NULL, &error);
      fuzz_told (photo != NULL, &error);
    }
  vips_error_clear ();
  g_free (bytes);
  g_object_unref (image);
  g_object_unref (plain);
  return photo;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  GError   *error = NULL;
  char     *path  = g_build_filename (fuzz_folder (), "out.webp", NULL);
  DfiPhoto *photo;

  g_assert_true (dfi_photo_start (&error));
  dfi_photo_free (load (data, size, 4, VIPS_INTERPRETATION_CMYK));
  photo = load (data, size, 1, VIPS_INTERPRETATION_B_W);
  if (photo)
    fuzz_told (dfi_photo_save (photo, path, NULL, NULL, &error), &error);
  dfi_photo_free (photo);
  g_free (path);
  vips_thread_shutdown (); /* or what libvips keeps for this thread looks like a leak */
  return 0;
}

/* Those that libvips brings along. */
void
fuzz_seeds (const char *folder)
{
  static const char *const names[] = { "cmyk", "srgb", "p3" };

  g_assert_true (dfi_photo_start (NULL));
  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      VipsBlob   *blob = NULL;
      const void *bytes;
      size_t      size;

      g_assert_cmpint (vips_profile_load (names[i], &blob, NULL), ==, 0);
      bytes = vips_blob_get (blob, &size);
      fuzz_seed (folder, names[i], bytes, size);
      vips_area_unref (VIPS_AREA (blob));
    }
}
