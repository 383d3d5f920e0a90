/* Picture files, read within limits and written again in another format. */

#include "config.h"

#include <vips/vips.h>

#include "common.h"
#include "fuzz.h"
#include "picture/photo.h"

static void
save (DfiPhoto *photo, const char *name)
{
  char   *path  = g_build_filename (fuzz_folder (), name, NULL);
  GError *error = NULL;

  fuzz_told (dfi_photo_save (photo, path, NULL, NULL, &error), &error);
  g_free (path);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *const outputs[] = { "out.png", "out.jpg", "out.tif", "out.webp" };
  DfiPhotoLimits           limits    = { .megapixels = 0.05, .incomplete = size % 2 };
  GError                  *error     = NULL;
  DfiPhoto                *photo     = dfi_photo_load (fuzz_file ("in", data, size), &limits, NULL, NULL, &error);

  fuzz_told (photo != NULL, &error);
  if (photo)
    save (photo, outputs[size / 2 % G_N_ELEMENTS (outputs)]);
  dfi_photo_free (photo);
  vips_thread_shutdown (); /* or what libvips keeps for this thread looks like a leak */
  return 0;
}

/* A picture of each format that is written, grey and with alpha too, and of those that are only read. */
void
fuzz_seeds (const char *folder)
{
  static const char *const endings[] = { "png", "jpg", "tif", "webp", "avif", "heic", "jxl" };
  static const char        pgm[]     = "P5 4 2 255\n01234567";
  static const char        nan[]     = "Pf\n1 1\n-1.0\n\0\0\xc0\x7f"; /* a sample that is no number */
  static const guint8      gif[]     = { 'G', 'I', 'F', '8', '9', 'a', 2, 0, 2, 0, 0x80, 0, 0, 0,    0,    0, 255, 255,
                                         255, ',', 0,   0,   0,   0,   2, 0, 2, 0, 0,    2, 3, 0x84, 0x51, 5, 0,   ';' };

  for (size_t i = 0; i < G_N_ELEMENTS (endings); i++)
    {
      DfiImage *image = dfi_image_new (17, 11, NULL);
      DfiPhoto *photo;
      char     *path  = g_strdup_printf ("%s/seed.%s", fuzz_folder (), endings[i]);
      GError   *error = NULL;

      test_uniform (i, image->data, 3 * 17 * 11);
      photo = dfi_photo_new (image);
      if (dfi_photo_save (photo, path, NULL, NULL, &error)) /* FALSE where libvips lacks the format */
        fuzz_seed_file (folder, endings[i], path, -1);
      g_clear_error (&error);
      dfi_photo_free (photo);
      g_free (path);
    }
  fuzz_seed (folder, "pgm", pgm, sizeof pgm - 1);
  fuzz_seed (folder, "nan", nan, sizeof nan - 1);
  fuzz_seed (folder, "gif", gif, sizeof gif);
}
