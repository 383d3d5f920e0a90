#include "config.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib/gi18n-lib.h>
#include <png.h>

#include "base/error.h"
#include "files/atomic-file.h"
#include "picture/photo.h"

/* ---------- reading ---------- */

static DfiPhoto *
photo_from_pixbuf (GdkPixbuf *pixbuf, GError **error)
{
  int           width  = gdk_pixbuf_get_width (pixbuf);
  int           height = gdk_pixbuf_get_height (pixbuf);
  int           step   = gdk_pixbuf_get_n_channels (pixbuf);
  gsize         stride = gdk_pixbuf_get_rowstride (pixbuf);
  const guint8 *pixels = gdk_pixbuf_read_pixels (pixbuf);
  size_t        n      = (size_t) height * width;
  DfiImage     *image  = dfi_image_new (width, height, error);
  DfiPhoto     *photo;

  if (! image)
    return NULL;

  photo        = g_new0 (DfiPhoto, 1);
  photo->image = image;
  if (step == 4 && ! (photo->alpha = dfi_try_alloc (n, 1, error)))
    {
      dfi_photo_free (photo);
      return NULL;
    }

  for (int i = 0; i < height; i++)
    for (int j = 0; j < width; j++)
      {
        const guint8 *pixel = pixels + i * stride + (size_t) j * step;
        size_t        at    = (size_t) i * width + j;

        for (int c = 0; c < 3; c++)
          image->data[c * n + at] = pixel[c] / 255.0f;
        if (photo->alpha)
          photo->alpha[at] = pixel[3];
      }
  return photo;
}

DfiPhoto *
dfi_photo_load (const char *path, GError **error)
{
  GError    *cause  = NULL;
  GdkPixbuf *stored = gdk_pixbuf_new_from_file (path, &cause);
  GdkPixbuf *upright;
  DfiPhoto  *photo;

  if (! stored)
    {
      g_set_error (error, DFI_ERROR, cause->domain == G_FILE_ERROR ? DFI_ERROR_IO : DFI_ERROR_FORMAT,
                   _ ("The picture “%s” cannot be read: %s"), path, cause->message);
      g_error_free (cause);
      return NULL;
    }

  upright = gdk_pixbuf_apply_embedded_orientation (stored);
  photo   = photo_from_pixbuf (upright, error);
  if (photo)
    photo->icc_profile = g_strdup (gdk_pixbuf_get_option (stored, "icc-profile"));

  g_object_unref (upright);
  g_object_unref (stored);
  return photo;
}

/* ---------- writing ---------- */

/* libpng and not gdk-pixbuf: the latter hands over the colour profile before the colour type, which libpng 1.6 refuses.
 *
 * libpng reports errors by longjmp; what must survive one stands here, not in a register. */
typedef struct
{
  DfiAtomicFile *out;
  guint8        *row; /* a line of pixels */
  guint8        *profile;
  GError       **error;
} PngJob;

static void
png_write_piece (png_structp png, png_bytep bytes, size_t size)
{
  PngJob *job = png_get_io_ptr (png);

  if (! dfi_atomic_file_write (job->out, bytes, size, job->error))
    png_longjmp (png, 1);
}

static void
png_flush_nothing (png_structp png)
{
}

static void
png_fail (png_structp png, png_const_charp message)
{
  PngJob *job = png_get_error_ptr (png);

  g_set_error (job->error, DFI_ERROR, DFI_ERROR_IO, _ ("The picture cannot be written as PNG: %s."), message);
  png_longjmp (png, 1);
}

/* A profile that libpng dislikes is left out; the pixels are worth more. */
static void
png_ignore (png_structp png, png_const_charp message)
{
}

static void
put_row (const DfiPhoto *photo, int i, guint8 *row)
{
  const DfiImage *image = photo->image;
  size_t          n     = (size_t) image->height * image->width;

  for (int j = 0; j < image->width; j++)
    {
      size_t at = (size_t) i * image->width + j;

      for (int c = 0; c < 3; c++)
        *row++ = CLAMP (image->data[c * n + at], 0.0f, 1.0f) * 255.0f + 0.5f;
      if (photo->alpha)
        *row++ = photo->alpha[at];
    }
}

/* FALSE with job->error set when something could not be written. */
static gboolean
png_encode (png_structp png, png_infop info, const DfiPhoto *photo, PngJob *job)
{
  const DfiImage *image = photo->image;
  gsize           profile_size;

  if (setjmp (png_jmpbuf (png)))
    return FALSE;

  png_set_write_fn (png, job, png_write_piece, png_flush_nothing);
  png_set_benign_errors (png, TRUE);
  png_set_IHDR (png, info, image->width, image->height, 8, photo->alpha ? PNG_COLOR_TYPE_RGBA : PNG_COLOR_TYPE_RGB,
                PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (photo->icc_profile)
    {
      job->profile = g_base64_decode (photo->icc_profile, &profile_size);
      png_set_iCCP (png, info, "icc", PNG_COMPRESSION_TYPE_BASE, job->profile, profile_size);
    }
  png_write_info (png, info);
  for (int i = 0; i < image->height; i++)
    {
      put_row (photo, i, job->row);
      png_write_row (png, job->row);
    }
  png_write_end (png, NULL);
  return TRUE;
}

gboolean
dfi_photo_save (const DfiPhoto *photo, const char *path, GError **error)
{
  PngJob      job     = { .error = error };
  png_structp png     = png_create_write_struct (PNG_LIBPNG_VER_STRING, &job, png_fail, png_ignore);
  png_infop   info    = png ? png_create_info_struct (png) : NULL;
  gboolean    encoded = FALSE;

  if (info && (job.row = dfi_try_alloc (photo->image->width, 4, error)) && (job.out = dfi_atomic_file_new (path, error)))
    encoded = png_encode (png, info, photo, &job);
  else if (! info)
    g_set_error_literal (error, DFI_ERROR, DFI_ERROR_MEMORY, _ ("Not enough memory to write a picture."));

  png_destroy_write_struct (&png, &info);
  g_free (job.profile);
  g_free (job.row);
  if (encoded)
    return dfi_atomic_file_commit (job.out, error);

  dfi_atomic_file_discard (job.out);
  return FALSE;
}

void
dfi_photo_free (DfiPhoto *photo)
{
  if (! photo)
    return;

  dfi_image_free (photo->image);
  g_free (photo->alpha);
  g_free (photo->icc_profile);
  g_free (photo);
}
