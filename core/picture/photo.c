#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "base/threads.h"
#include "files/whole-file.h"
#include "picture/photo-source.h"

/* ---------- libvips ---------- */

static void
say_nothing (const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
}

static gboolean
start_vips (int n_threads)
{
  static const char *const loaders[] = {
    "VipsForeignLoadPng",  "VipsForeignLoadJpeg", "VipsForeignLoadTiff",  "VipsForeignLoadWebp",
    "VipsForeignLoadHeif", "VipsForeignLoadJxl",  "VipsForeignLoadNsgif", "VipsForeignLoadPpm",
  };

  g_log_set_handler ("VIPS", G_LOG_LEVEL_MASK | G_LOG_FLAG_RECURSION, say_nothing, NULL);
  g_log_set_handler ("GLib-GObject", G_LOG_LEVEL_WARNING, say_nothing, NULL); /* of files that are 0 pixels wide */
  if (VIPS_INIT ("dfi"))
    return FALSE;

  vips_cache_set_max (0);
  vips_concurrency_set (n_threads);
  vips_operation_block_set ("VipsForeignLoad", TRUE);
  for (size_t i = 0; i < G_N_ELEMENTS (loaders); i++)
    vips_operation_block_set (loaders[i], FALSE);
  return TRUE;
}

gboolean
dfi_photo_start (GError **error)
{
  static GMutex   mutex;
  static gboolean started;
  int             n_threads = dfi_threads_get (error);

  if (n_threads == 0)
    return FALSE;

  g_mutex_lock (&mutex);
  started = started || start_vips (n_threads);
  g_mutex_unlock (&mutex);
  if (! started)
    g_set_error_literal (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("The library for picture files, libvips, does not start."));
  return started;
}

char *
dfi_photo_reason (void)
{
  char       *text   = g_strchomp (g_strdelimit (vips_error_buffer_copy (), "\n", ' '));
  const char *colon  = strstr (text, ": "); /* behind the name of an operation */
  char       *reason = g_strdup (*text == '\0' ? _ ("libvips gives no reason") : colon ? colon + 2 : text);

  g_free (text);
  return reason;
}

/* ---------- who is asked ---------- */

gboolean
dfi_photo_go_on (DfiPhotoListener *listener, double fraction)
{
  if (listener->stopped || ! listener->func)
    return ! listener->stopped;
  listener->done    = MAX (listener->done, listener->before + listener->share * MIN (fraction, 1.0));
  listener->stopped = ! listener->func (listener->done, listener->data);
  return ! listener->stopped;
}

static void
on_computed (VipsImage *image, const VipsProgress *progress, gpointer listener)
{
  if (! dfi_photo_go_on (listener, progress->percent / 100.0))
    vips_image_set_kill (image, TRUE);
}

void
dfi_photo_listen (DfiPhotoListener *listener, VipsImage *image)
{
  if (! listener->func)
    return;
  vips_image_set_progress (image, TRUE);
  g_signal_connect (image, "eval", G_CALLBACK (on_computed), listener);
}

static gboolean
tell (double fraction, gpointer listener)
{
  return dfi_photo_go_on (listener, fraction);
}

gboolean
dfi_photo_run_apart (DfiApartFunc work, gpointer data, GDestroyNotify free_data, DfiPhotoListener *listener, GError **error)
{
  return dfi_run_apart (work, data, free_data, listener->func ? tell : NULL, listener) || dfi_error_set_cancelled (error);
}

/* ---------- reading ---------- */

static void
note (DfiPhoto *photo, char *sentence)
{
  g_ptr_array_add (photo->notes, sentence);
}

DfiPhoto *
dfi_photo_new (DfiImage *image)
{
  DfiPhoto *photo = g_new0 (DfiPhoto, 1);

  photo->image = image;
  photo->notes = g_ptr_array_new_with_free_func (g_free);
  if (image)
    {
      photo->width  = image->width;
      photo->height = image->height;
    }
  return photo;
}

void
dfi_photo_free (DfiPhoto *photo)
{
  if (! photo)
    return;

  if (photo->source)
    {
      g_clear_object (&photo->source->samples);
      g_free (photo->source);
    }
  g_ptr_array_unref (photo->notes);
  dfi_image_free (photo->image);
  g_free (photo);
}

/* Replaces *@image by what an operation made of it, which failed when @failed. */
static gboolean
use (VipsImage **image, int failed, VipsImage **made)
{
  if (failed)
    return FALSE;

  g_object_unref (*image);
  *image = *made;
  return TRUE;
}

/* Computes what the operations before @image have only promised: (transfer full) (nullable). */
static VipsImage *
compute (VipsImage *image, DfiPhotoListener *listener)
{
  VipsImage *made;

  if (! dfi_photo_go_on (listener, 0.0))
    return NULL;

  dfi_photo_listen (listener, image);
  made = vips_image_copy_memory (image);
  g_signal_handlers_disconnect_by_data (image, listener); /* which is @made, if it was in memory already */
  return made;
}

static gboolean
to_memory (VipsImage **image, DfiPhotoListener *listener)
{
  VipsImage *made = compute (*image, listener);

  return use (image, ! made, &made);
}

/* The picture in @bytes, of which nothing but the header is read yet; NULL with libvips's error set.  PPM has no other way in
 * than through a source. */
static VipsImage *
open_bytes (GBytes *bytes, VipsFailOn fail_on)
{
  VipsSource *source = vips_source_new_from_memory (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  VipsImage  *file   = vips_image_new_from_source (source, "", "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, NULL);

  g_object_unref (source);
  return file;
}

/* Copies the blocks of metadata: those of HEIC and AVIF otherwise go with the picture that read them (libvips 8.14). */
static void
own_metadata (VipsImage *samples)
{
  static const char *const names[] = { VIPS_META_EXIF_NAME, VIPS_META_XMP_NAME, VIPS_META_IPTC_NAME, VIPS_META_ICC_NAME };
  const void              *block;
  size_t                   length;

  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    if (vips_image_get_typeof (samples, names[i]) == VIPS_TYPE_BLOB &&
        vips_image_get_blob (samples, names[i], &block, &length) == 0)
      vips_image_set_blob_copy (samples, names[i], block, length);
}

/* Reads all samples; NULL with libvips's error set. */
static VipsImage *
decode (GBytes *bytes, VipsFailOn fail_on, DfiPhotoListener *listener)
{
  VipsImage *samples = NULL;
  VipsImage *file    = open_bytes (bytes, fail_on);

  if (file)
    samples = compute (file, listener);
  if (samples)
    own_metadata (samples);
  g_clear_object (&file);
  return samples;
}

/* Width and height without reading samples. */
static gboolean
check_size (const char *path, GBytes *bytes, const DfiPhotoLimits *limits, GError **error)
{
  double     most = limits->megapixels > 0.0 ? limits->megapixels : DFI_PHOTO_MEGAPIXELS;
  VipsImage *file = open_bytes (bytes, VIPS_FAIL_ON_NONE);
  gboolean   good =
      file && file->Xsize <= DFI_IMAGE_MAX && file->Ysize <= DFI_IMAGE_MAX && (double) file->Xsize * file->Ysize <= most * 1e6;
  char *reason;

  if (! file)
    {
      reason = dfi_photo_reason ();
      g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("The picture “%s” cannot be read: %s"), path, reason);
      g_free (reason);
    }
  else if (! good)
    g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                 _ ("The picture “%s” is %d x %d pixels large; at most %g megapixels and %d pixels a side are read."), path,
                 file->Xsize, file->Ysize, most, DFI_IMAGE_MAX);
  g_clear_object (&file);
  return good;
}

/* The samples of the file; they are read a second time, without its checks, where the first one fails. */
static VipsImage *
read_samples (DfiPhoto             *photo,
              const char           *path,
              GBytes               *bytes,
              const DfiPhotoLimits *limits,
              DfiPhotoListener     *listener,
              GError              **error)
{
  VipsImage *samples = decode (bytes, VIPS_FAIL_ON_TRUNCATED, listener);
  char      *reason;

  if (samples || listener->stopped)
    return samples;

  reason  = dfi_photo_reason ();
  samples = decode (bytes, VIPS_FAIL_ON_NONE, listener);
  vips_error_clear ();
  if (samples && limits->incomplete)
    note (photo, g_strdup (_ ("The picture is incomplete, since its file is damaged or ends early; what is missing is empty.")));
  else if (samples)
    {
      g_clear_object (&samples);
      g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("The picture “%s” is incomplete: its file is damaged or ends early."),
                   path);
    }
  else
    g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("The picture “%s” cannot be read: %s"), path, reason);
  g_free (reason);
  return samples;
}

/* Turns the samples as the orientation says, and forgets it. */
static gboolean
turn_upright (VipsImage **samples, DfiPhotoListener *listener)
{
  const void *exif;
  size_t      length;
  VipsImage  *made = NULL;

  if (vips_image_get_orientation (*samples) != 1)
    {
      if (! use (samples, vips_autorot (*samples, &made, NULL), &made) || ! to_memory (samples, listener))
        return FALSE;
    }
  else if (! use (samples, vips_copy (*samples, &made, NULL), &made)) /* whose metadata are its own */
    return FALSE;

  if (vips_image_get_blob (*samples, VIPS_META_EXIF_NAME, &exif, &length) == 0)
    {
      guint8 *copy = g_memdup2 (exif, length);

      dfi_photo_exif_set_upright (copy, length);
      vips_image_set_blob_copy (*samples, VIPS_META_EXIF_NAME, copy, length);
      g_free (copy);
    }
  vips_error_clear ();
  vips_image_remove (*samples, VIPS_META_ORIENTATION);
  vips_image_remove (*samples, "exif-ifd0-Orientation");
  return TRUE;
}

static void *
copy_exif_field (VipsImage *from, const char *name, GValue *value, void *to)
{
  if (g_str_has_prefix (name, "exif-"))
    vips_image_set (to, name, value);
  return NULL;
}

/* Gives the samples what libvips would have read from the block of EXIF, had it been in a JPEG: it writes into other files only
 * what it has read itself. */
static void
adopt_exif (VipsImage *samples, GBytes *exif)
{
  size_t        length, jpeg_length;
  const guint8 *block   = g_bytes_get_data (exif, &length);
  guint8        head[4] = { 0xff, 0xe1, (length + 2) >> 8, (length + 2) & 0xff };
  VipsImage    *black = NULL, *jpeg = NULL;
  void         *bytes = NULL;
  GByteArray   *whole = g_byte_array_new ();

  if (length + 2 <= G_MAXUINT16 && vips_black (&black, 1, 1, NULL) == 0 &&
      vips_jpegsave_buffer (black, &bytes, &jpeg_length, NULL) == 0)
    {
      g_byte_array_append (whole, bytes, 2);
      g_byte_array_append (whole, head, sizeof head);
      g_byte_array_append (whole, block, length);
      g_byte_array_append (whole, (guint8 *) bytes + 2, jpeg_length - 2);
      if (vips_jpegload_buffer (whole->data, whole->len, &jpeg, NULL) == 0)
        vips_image_map (jpeg, copy_exif_field, samples);
    }
  vips_image_set_blob_copy (samples, VIPS_META_EXIF_NAME, block, length);
  vips_error_clear ();
  g_clear_object (&jpeg);
  g_clear_object (&black);
  g_byte_array_unref (whole);
  g_free (bytes);
}

/* What libvips does not read of a TIFF file. */
static void
read_tiff_exif (VipsImage *samples, GBytes *file)
{
  GBytes *exif = vips_image_get_typeof (samples, VIPS_META_EXIF_NAME) ? NULL : dfi_photo_exif_from_tiff (file);

  if (exif)
    adopt_exif (samples, exif);
  g_clear_pointer (&exif, g_bytes_unref);
}

/* To sRGB from whatever is neither grey nor RGB, by the profile that the file has or libvips knows. */
static gboolean
convert_colours (DfiPhoto *photo, VipsImage **samples)
{
  VipsInterpretation space = vips_image_guess_interpretation (*samples);
  int                depth = (*samples)->BandFmt == VIPS_FORMAT_UCHAR ? 8 : 16;
  VipsImage         *made  = NULL;
  gboolean           done;

  switch (space)
    {
    case VIPS_INTERPRETATION_sRGB:
    case VIPS_INTERPRETATION_RGB:
    case VIPS_INTERPRETATION_RGB16:
    case VIPS_INTERPRETATION_scRGB:
    case VIPS_INTERPRETATION_B_W:
    case VIPS_INTERPRETATION_GREY16:
    case VIPS_INTERPRETATION_MULTIBAND: return TRUE;
    case VIPS_INTERPRETATION_CMYK:
      done = use (samples,
                  vips_icc_transform (*samples, &made, "srgb", "embedded", TRUE, "input_profile", "cmyk", "depth", depth, NULL),
                  &made);
      break;
    default: done = use (samples, vips_colourspace (*samples, &made, VIPS_INTERPRETATION_sRGB, NULL), &made); break;
    }
  if (done)
    note (photo, g_strdup_printf (_ ("The picture’s colours were converted to sRGB from %s."),
                                  vips_enum_nick (VIPS_TYPE_INTERPRETATION, space)));
  return done;
}

/* To samples of 8 or 16 bits or float. */
static gboolean
convert_numbers (VipsImage **samples)
{
  VipsImage *made = NULL;

  switch ((*samples)->BandFmt)
    {
    case VIPS_FORMAT_UCHAR:
    case VIPS_FORMAT_USHORT:
    case VIPS_FORMAT_FLOAT: return TRUE;
    case VIPS_FORMAT_DOUBLE: return use (samples, vips_cast_float (*samples, &made, NULL), &made);
    case VIPS_FORMAT_UINT:
      return use (samples, vips_linear1 (*samples, &made, 1.0 / 65537.0, 0.5, NULL), &made) &&
             use (samples, vips_cast_ushort (*samples, &made, NULL), &made);
    default:
      vips_error ("dfi", "samples of the kind %s", vips_enum_nick (VIPS_TYPE_BAND_FORMAT, (*samples)->BandFmt));
      return FALSE;
    }
}

static void
describe_source (DfiPhoto *photo, GBytes *bytes)
{
  DfiPhotoSource *source  = photo->source;
  VipsImage      *samples = source->samples;
  gboolean        profile = vips_image_get_typeof (samples, VIPS_META_ICC_NAME) != 0;
  const char     *chroma  = NULL;
  int             pages   = vips_image_get_n_pages (samples);

  source->n_colours = samples->Bands < 3 ? 1 : 3;
  source->quality   = dfi_photo_jpeg_quality (bytes, &source->progressive);
  source->png_gamma = dfi_photo_png_gamma (bytes);
  if (vips_image_get_typeof (samples, "jpeg-chroma-subsample"))
    vips_image_get_string (samples, "jpeg-chroma-subsample", &chroma);
  source->subsampled = g_strcmp0 (chroma, "4:2:0") == 0;

  source->associated &= samples->Bands > source->n_colours;
  if (source->png_gamma > 0.0 && fabs (source->png_gamma - 1.0 / 2.2) > 0.01)
    source->exponent = 1.0 / source->png_gamma;
  if (samples->BandFmt == VIPS_FORMAT_FLOAT && ! profile)
    {
      source->exponent = 1.0;
      note (photo, g_strdup (_ ("The picture’s floating-point numbers were taken for linear light, since it has no profile.")));
    }
  if (pages > 1)
    note (photo, g_strdup_printf (ngettext ("The file has %d page; only the first one is used.",
                                            "The file has %d pages; only the first one is used.", pages),
                                  pages));
}

/* The samples as they are used, in memory. */
static gboolean
convert (DfiPhoto *photo, DfiPhotoListener *listener)
{
  VipsImage **samples = &photo->source->samples;

  return turn_upright (samples, listener) && convert_colours (photo, samples) && convert_numbers (samples) &&
         to_memory (samples, listener);
}

/* What libvips does with the bytes of a file, on a thread that owns all of this. */
typedef struct
{
  char          *path;
  GBytes        *bytes;
  DfiPhotoLimits limits;
  DfiPhoto      *photo;
  GError        *error; /* NULL when it was read */
} Reading;

static void
reading_free (gpointer data)
{
  Reading *reading = data;

  g_clear_error (&reading->error);
  dfi_photo_free (reading->photo);
  g_bytes_unref (reading->bytes);
  g_free (reading->path);
  g_free (reading);
}

static void
read_photo (gpointer data, DfiProgressFunc progress, gpointer progress_data)
{
  Reading         *reading  = data;
  DfiPhoto        *photo    = reading->photo;
  DfiPhotoSource  *source   = photo->source;
  DfiPhotoListener listener = { .func = progress, .data = progress_data, .share = 0.75 };
  GError         **error    = &reading->error;
  char            *reason;

  if (check_size (reading->path, reading->bytes, &reading->limits, error))
    source->samples = read_samples (photo, reading->path, reading->bytes, &reading->limits, &listener, error);
  listener.before = 0.75;
  listener.share  = 0.25;
  if (source->samples && convert (photo, &listener) && dfi_photo_go_on (&listener, 1.0))
    {
      read_tiff_exif (source->samples, reading->bytes);
      describe_source (photo, reading->bytes);
      photo->width  = source->samples->Xsize;
      photo->height = source->samples->Ysize;
    }
  else
    {
      reason = dfi_photo_reason (); /* and libvips forgets it */
      if (listener.stopped)
        dfi_error_set_cancelled (error);
      else if (source->samples)
        g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("The picture “%s” cannot be read: %s"), reading->path, reason);
      g_free (reason);
    }
  vips_thread_shutdown (); /* which frees what it keeps for this thread */
}

/* Whether the file, which begins with these bytes, is of one of the formats that are read. */
static gboolean
check_kind (const char *path, const char *head, size_t length, GError **error)
{
  if (dfi_photo_is_picture ((const guint8 *) head, length))
    return TRUE;

  if (length == 0)
    g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("The picture “%s” is empty."), path);
  else
    g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                 _ ("“%s” is no picture of a kind that can be read: PNG, JPEG, TIFF, WebP, HEIC, AVIF, JPEG XL, GIF or PPM."),
                 path);
  return FALSE;
}

/* Takes @contents, which are the file's. */
static DfiPhoto *
read_contents (const char           *path,
               char                 *contents,
               size_t                length,
               const DfiPhotoLimits *limits,
               DfiPhotoListener     *listener,
               GError              **error)
{
  Reading  *reading = g_new0 (Reading, 1);
  DfiPhoto *photo   = NULL;

  reading->path          = g_strdup (path);
  reading->limits        = limits ? *limits : (DfiPhotoLimits){ 0 };
  reading->photo         = dfi_photo_new (NULL);
  reading->photo->source = g_new0 (DfiPhotoSource, 1);
  reading->photo->source->associated =
      dfi_photo_tiff_set_alpha ((guint8 *) contents, length, 1, 2); /* libvips would divide, and round */
  reading->bytes = g_bytes_new_take (contents, length);
  if (! dfi_photo_run_apart (read_photo, reading, reading_free, listener, error))
    return NULL;

  if (reading->error)
    g_propagate_error (error, g_steal_pointer (&reading->error));
  else
    photo = g_steal_pointer (&reading->photo);
  reading_free (reading);
  return photo;
}

static DfiPhoto *
open_file (const char *path, const DfiPhotoLimits *limits, DfiPhotoListener *listener, GError **error)
{
  char  *contents;
  size_t length;

  if (! dfi_photo_start (error) || ! (contents = dfi_file_read (path, DFI_PHOTO_FILE_MAX, &length, error)))
    return NULL;
  if (check_kind (path, contents, length, error))
    return read_contents (path, contents, length, limits, listener, error);
  g_free (contents);
  return NULL;
}

DfiPhoto *
dfi_photo_open (const char *path, const DfiPhotoLimits *limits, DfiProgressFunc progress, gpointer data, GError **error)
{
  return open_file (path, limits, &(DfiPhotoListener){ .func = progress, .data = data, .share = 1.0 }, error);
}

DfiPhoto *
dfi_photo_load (const char *path, const DfiPhotoLimits *limits, DfiProgressFunc progress, gpointer data, GError **error)
{
  DfiPhotoListener listener = { .func = progress, .data = data, .share = 0.8 };
  DfiPhoto        *photo    = open_file (path, limits, &listener, error);

  listener.before = 0.8;
  listener.share  = 0.2;
  if (photo)
    photo->image = dfi_photo_decode_part (photo, 0, 0, photo->width, photo->height, &listener, error);
  if (photo && ! photo->image)
    g_clear_pointer (&photo, dfi_photo_free);
  return photo;
}
