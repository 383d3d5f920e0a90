#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "files/atomic-file.h"
#include "picture/photo-source.h"

/* ---------- formats ---------- */

typedef enum
{
  PNG,
  JPEG,
  TIFF,
  WEBP,
  HEIC,
  AVIF,
  JXL
} Kind;

typedef struct
{
  Kind        kind;
  const char *name;
  const char *endings; /* between dots */
  int         bits;    /* of a channel, 32 for float */
  gboolean    grey;    /* one channel can be written */
  gboolean    alpha;
  gboolean    lossless;
} Format;

static const Format formats[] = {
  { PNG, "PNG", ".png.", 16, TRUE, TRUE, TRUE },           { JPEG, "JPEG", ".jpg.jpeg.jpe.", 8, TRUE, FALSE, FALSE },
  { TIFF, "TIFF", ".tif.tiff.", 32, TRUE, TRUE, TRUE },    { WEBP, "WebP", ".webp.", 8, FALSE, TRUE, TRUE },
  { HEIC, "HEIC", ".heic.heif.", 12, FALSE, TRUE, FALSE }, { AVIF, "AVIF", ".avif.", 12, FALSE, TRUE, FALSE },
  { JXL, "JPEG XL", ".jxl.", 16, TRUE, TRUE, TRUE },
};

/* By the ending of @path, PNG when there is none; NULL with @error set for another one. */
static const Format *
find_format (const char *path, GError **error)
{
  char         *name   = g_path_get_basename (path);
  const char   *dot    = strrchr (name, '.');
  char         *ending = dot && dot != name ? g_ascii_strdown (dot, -1) : NULL;
  const Format *found  = ending ? NULL : &formats[0];

  for (size_t i = 0; ending && i < G_N_ELEMENTS (formats); i++)
    {
      const char *at = strstr (formats[i].endings, ending);

      if (at && at[strlen (ending)] == '.')
        found = &formats[i];
    }
  if (! found)
    g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                 _ ("The ending of “%s” names no format that can be written; there are .png, .jpg, .tif, .webp, .heic, .avif and "
                    ".jxl."),
                 path);
  g_free (ending);
  g_free (name);
  return found;
}

gboolean
dfi_photo_check_name (const char *path, GError **error)
{
  return find_format (path, error) != NULL;
}

/* ---------- samples ---------- */

typedef struct
{
  const DfiPhotoSource *source;
  int                   colours;
  int                   bands; /* with alpha and what else is kept */
  VipsBandFormat        format;
  gboolean              as_read;    /* colours are copied */
  gboolean              encoded;    /* samples are what the file's are, not R'G'B' */
  gboolean              associated; /* colours are multiplied by alpha */
  gboolean              flatten;    /* alpha has no place: the picture is laid on white */
} Layout;

/* @was: the pixel as the file has it */
static void
put_pixel (const Layout *layout, const guint8 *was, guint8 *pixel)
{
  const DfiPhotoSource *source = layout->source;
  const double          alpha  = dfi_photo_alpha (source, was);
  const size_t          size   = vips_format_sizeof (layout->format);
  float                 rgb[3];

  for (int c = 0; c < 3; c++)
    rgb[c] = dfi_photo_decode (source, was, MIN (c, source->n_colours - 1));
  for (int c = 0; c < layout->colours; c++)
    {
      double value = layout->colours == 3 ? rgb[c] : dfi_photo_grey (rgb);

      if (layout->flatten)
        value = value * alpha + 1.0 - alpha;
      if (layout->as_read)
        memcpy (pixel + c * size, was + c * size, size);
      else
        dfi_photo_put_sample (pixel, c, layout->format,
                              (layout->encoded ? dfi_photo_encode (source, value) : value) * (layout->associated ? alpha : 1.0));
    }
  if (layout->bands > layout->colours && source->samples->BandFmt == layout->format)
    memcpy (pixel + layout->colours * size, was + source->n_colours * size, (layout->bands - layout->colours) * size);
  else if (layout->bands > layout->colours)
    dfi_photo_put_sample (pixel, layout->colours, layout->format, alpha);
}

/* The picture as @format can hold it; @lost gets what it cannot. */
static void
choose_layout (Layout *layout, const DfiPhoto *photo, const Format *format, GPtrArray *lost)
{
  const DfiPhotoSource *source = photo->source;
  VipsBandFormat        was    = source->samples->BandFmt;
  gboolean              grey   = source->n_colours == 1;
  int                   extra  = source->samples->Bands - source->n_colours;

  *layout         = (Layout){ .source = source };
  layout->colours = grey && (format->grey || vips_image_get_typeof (source->samples, VIPS_META_ICC_NAME)) ? 1 : 3;
  layout->flatten = extra > 0 && ! format->alpha;
  layout->bands   = layout->colours + (format->alpha ? format->kind == TIFF ? extra : MIN (extra, 1) : 0);
  layout->format  = was == VIPS_FORMAT_UCHAR || format->bits == 8    ? VIPS_FORMAT_UCHAR
                    : was == VIPS_FORMAT_USHORT || format->bits < 32 ? VIPS_FORMAT_USHORT
                                                                     : VIPS_FORMAT_FLOAT;
  layout->encoded =
      source->exponent > 0.0 && (format->kind == PNG ? source->png_gamma > 0.0 : layout->format == VIPS_FORMAT_FLOAT);
  layout->associated = source->associated && format->kind == TIFF;
  layout->as_read    = layout->format == was && layout->colours == source->n_colours && ! layout->flatten &&
                    (source->exponent == 0.0 || layout->encoded) && source->associated == layout->associated;

  if (layout->flatten)
    g_ptr_array_add (lost, (char *) _ ("transparency (white stands for it)"));
  if (was == VIPS_FORMAT_FLOAT && layout->format != was)
    g_ptr_array_add (lost, (char *) _ ("floating-point numbers"));
  else if (was == VIPS_FORMAT_USHORT && format->bits < 16)
    g_ptr_array_add (lost, (char *) _ ("16 bits a channel"));
  if (grey && ! format->grey)
    g_ptr_array_add (lost, (char *) _ ("a single channel of grey"));
  if (extra > 1 && format->kind != TIFF)
    g_ptr_array_add (lost, (char *) _ ("further channels"));
  if (source->png_gamma > 0.0 && source->exponent > 0.0 && ! layout->encoded)
    g_ptr_array_add (lost, (char *) _ ("its gamma (the colours are sRGB now)"));
  if (! format->lossless && source->quality == 0)
    g_ptr_array_add (lost, (char *) _ ("each pixel exactly"));
}

/* What belongs to the samples of the file that was read, and not to those of ours. */
static void
drop_stale (VipsImage *image, GPtrArray *lost)
{
  static const char *const stale[] = {
    "n-pages",     "page-height", "palette", "palette-bit-depth", "bits-per-sample", "heif-bitdepth",      "heif-compression",
    "vips-loader", "loop",        "delay",   "gif-palette",       "background",      "jpeg-thumbnail-data"
  };

  if (vips_image_get_typeof (image, "jpeg-thumbnail-data"))
    g_ptr_array_add (lost, (char *) _ ("the small preview of the old face"));
  for (size_t i = 0; i < G_N_ELEMENTS (stale); i++)
    vips_image_remove (image, stale[i]);
}

static VipsInterpretation
interpretation (const Layout *layout)
{
  if (layout->format == VIPS_FORMAT_USHORT)
    return layout->colours == 1 ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_RGB16;
  if (layout->colours == 1)
    return VIPS_INTERPRETATION_B_W;
  return layout->encoded ? VIPS_INTERPRETATION_scRGB : VIPS_INTERPRETATION_sRGB;
}

/* Writes the samples in the layout's way into @made. */
static gboolean
write_samples (const Layout *layout, VipsImage *made, DfiPhotoListener *listener, GError **error)
{
  VipsImage *was  = layout->source->samples;
  size_t     step = layout->bands * vips_format_sizeof (layout->format);
  guint8    *row  = dfi_try_alloc (was->Xsize, step, error);
  gboolean   done = row != NULL;

  for (int i = 0; i < was->Ysize && done; i++)
    {
      for (int j = 0; j < was->Xsize; j++)
        put_pixel (layout, (const guint8 *) VIPS_IMAGE_ADDR (was, j, i), row + j * step);
      done = vips_image_write_line (made, i, row) == 0 && dfi_photo_go_on (listener, (double) i / was->Ysize);
    }
  g_free (row);
  return done;
}

/* The samples themselves where they can be written as they are. */
static VipsImage *
make_image (const Layout *layout, GPtrArray *lost, DfiPhotoListener *listener, GError **error)
{
  VipsImage *was  = layout->source->samples;
  VipsImage *made = NULL;
  gboolean   done;

  if (layout->as_read && layout->bands == was->Bands)
    {
      done = vips_copy (was, &made, "interpretation", interpretation (layout), NULL) == 0;
    }
  else
    {
      made = vips_image_new_memory ();
      vips_image_pipelinev (made, VIPS_DEMAND_STYLE_ANY, was, NULL);
      vips_image_init_fields (made, was->Xsize, was->Ysize, layout->bands, layout->format, VIPS_CODING_NONE,
                              interpretation (layout), was->Xres, was->Yres);
      done = write_samples (layout, made, listener, error);
    }
  if (done)
    {
      drop_stale (made, lost);
      return made;
    }

  g_clear_object (&made);
  if (listener->stopped)
    dfi_error_set_cancelled (error);
  else if (error && ! *error)
    g_set_error_literal (error, DFI_ERROR, DFI_ERROR_MEMORY, _ ("Not enough memory to write a picture."));
  return NULL;
}

/* A grey profile does not fit a format that has three channels only: the colours go to sRGB through it. */
static gboolean
fit_profile (VipsImage **image, const Format *format)
{
  VipsImage *made = NULL;

  if ((*image)->Bands >= 3 || format->grey)
    return TRUE;
  if (vips_icc_transform (*image, &made, "srgb", "embedded", TRUE, "depth", (*image)->BandFmt == VIPS_FORMAT_UCHAR ? 8 : 16,
                          NULL) != 0)
    return FALSE;
  g_object_unref (*image);
  *image = made;
  return TRUE;
}

/* ---------- encoding ---------- */

static int
write_bytes (VipsImage *image, const Format *format, const DfiPhotoSource *source, void **bytes, size_t *length)
{
  gboolean subsample = source->quality > 0 && source->subsampled;
  int      bits      = image->BandFmt == VIPS_FORMAT_UCHAR ? 8 : format->bits;

  switch (format->kind)
    {
    case PNG:
      return vips_pngsave_buffer (image, bytes, length, "compression", 5, "filter", VIPS_FOREIGN_PNG_FILTER_ALL, "bitdepth", bits,
                                  NULL);
    case JPEG:
      return vips_jpegsave_buffer (image, bytes, length, "Q", source->quality > 0 ? source->quality : 95, "subsample_mode",
                                   subsample ? VIPS_FOREIGN_SUBSAMPLE_ON : VIPS_FOREIGN_SUBSAMPLE_OFF, "interlace",
                                   source->progressive, "optimize_coding", TRUE, NULL);
    case TIFF:
      return vips_tiffsave_buffer (image, bytes, length, "compression", VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE, "predictor",
                                   image->BandFmt == VIPS_FORMAT_FLOAT ? VIPS_FOREIGN_TIFF_PREDICTOR_FLOAT
                                                                       : VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL,
                                   NULL);
    case WEBP: return vips_webpsave_buffer (image, bytes, length, "lossless", TRUE, "effort", 2, NULL);
    case HEIC:
    case AVIF:
      return vips_heifsave_buffer (image, bytes, length, "compression",
                                   format->kind == HEIC ? VIPS_FOREIGN_HEIF_COMPRESSION_HEVC : VIPS_FOREIGN_HEIF_COMPRESSION_AV1,
                                   "Q", 95, "bitdepth", bits, "subsample_mode", VIPS_FOREIGN_SUBSAMPLE_OFF, NULL);
    case JXL: return vips_jxlsave_buffer (image, bytes, length, "lossless", TRUE, "effort", 3, NULL);
    }
  g_return_val_if_reached (-1);
}

/* What libvips does with an image, on a thread that owns all of this. */
typedef struct
{
  VipsImage     *image;
  const Format  *format;
  DfiPhotoSource source; /* but for its samples */
  void          *bytes;  /* of the file; NULL when that failed */
  size_t         length;
  char          *reason; /* why */
} Encoding;

static void
encoding_free (gpointer data)
{
  Encoding *encoding = data;

  g_object_unref (encoding->image);
  g_free (encoding->bytes);
  g_free (encoding->reason);
  g_free (encoding);
}

static gboolean
write_listening (Encoding *encoding, DfiPhotoListener *listener)
{
  int failed;

  dfi_photo_listen (listener, encoding->image);
  failed = ! dfi_photo_go_on (listener, 0.0) ||
           write_bytes (encoding->image, encoding->format, &encoding->source, &encoding->bytes, &encoding->length) != 0;
  g_signal_handlers_disconnect_by_data (encoding->image, listener);
  return ! failed && dfi_photo_go_on (listener, 1.0);
}

static void
encode (gpointer data, DfiProgressFunc progress, gpointer progress_data)
{
  Encoding        *encoding = data;
  DfiPhotoListener listener = { .func = progress, .data = progress_data, .share = 1.0 };

  if (! fit_profile (&encoding->image, encoding->format) || ! write_listening (encoding, &listener))
    {
      encoding->reason = dfi_photo_reason (); /* and libvips forgets it */
      g_clear_pointer (&encoding->bytes, g_free);
    }
  vips_thread_shutdown (); /* which frees what it keeps for this thread */
}

/* The gAMA chunk, which libvips does not write: after the header of a PNG file.  Takes and gives bytes of g_malloc(). */
static void
add_png_gamma (void **bytes, size_t *length, double gamma)
{
  const size_t at        = 8 + 25; /* signature and IHDR */
  guint32      value     = lround (gamma * 100000.0);
  guint8       chunk[16] = { 0, 0, 0, 4, 'g', 'A', 'M', 'A', value >> 24, value >> 16, value >> 8, value };
  guint32      crc       = 0xffffffff;
  guint8      *longer    = g_malloc (*length + sizeof chunk);

  for (int i = 4; i < 12; i++)
    {
      crc ^= chunk[i];
      for (int k = 0; k < 8; k++)
        crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    }
  crc = ~crc;
  for (int i = 0; i < 4; i++)
    chunk[12 + i] = crc >> (24 - 8 * i);

  memcpy (longer, *bytes, at);
  memcpy (longer + at, chunk, sizeof chunk);
  memcpy (longer + at + sizeof chunk, (guint8 *) *bytes + at, *length - at);
  g_free (*bytes);
  *bytes = longer;
  *length += sizeof chunk;
}

/* Adds to @lost what stands in @image and not in the file that was made of it.  @exif_kept: where libvips does not look. */
static void
compare_metadata (VipsImage *image, const void *bytes, size_t length, gboolean exif_kept, GPtrArray *lost)
{
  const struct
  {
    const char *field, *words;
  } fields[] = {
    { VIPS_META_EXIF_NAME, "EXIF" },
    { VIPS_META_XMP_NAME, "XMP" },
    { VIPS_META_IPTC_NAME, "IPTC" },
    { VIPS_META_ICC_NAME, _ ("colour profile") },
  };
  VipsImage *written = vips_image_new_from_buffer (bytes, length, "", "access", VIPS_ACCESS_SEQUENTIAL, NULL);

  for (size_t i = exif_kept; i < G_N_ELEMENTS (fields) && written; i++)
    if (vips_image_get_typeof (image, fields[i].field) && ! vips_image_get_typeof (written, fields[i].field))
      g_ptr_array_add (lost, (char *) fields[i].words);
  if (written && image->Xres != 1.0 && fabs (written->Xres - image->Xres) > 0.01 * image->Xres)
    g_ptr_array_add (lost, (char *) _ ("resolution"));
  g_clear_object (&written);
  vips_error_clear ();
}

/* Adds what libvips does not write into a TIFF file. */
static gboolean
add_tiff_exif (VipsImage *image, void **bytes, size_t *length)
{
  const void *exif;
  size_t      exif_length;

  return vips_image_get_typeof (image, VIPS_META_EXIF_NAME) &&
         vips_image_get_blob (image, VIPS_META_EXIF_NAME, &exif, &exif_length) == 0 &&
         dfi_photo_exif_into_tiff (bytes, length, exif, exif_length);
}

static void
note_lost (DfiPhoto *photo, const char *path, GPtrArray *lost)
{
  char *list;

  if (lost->len == 0)
    return;

  g_ptr_array_add (lost, NULL);
  list = g_strjoinv (", ", (char **) lost->pdata);
  g_ptr_array_add (photo->notes, g_strdup_printf (_ ("The file “%s” does not keep: %s."), path, list));
  g_free (list);
}

static gboolean
write_file (const char *path, const void *bytes, size_t length, GError **error)
{
  DfiAtomicFile *file = dfi_atomic_file_new (path, error);

  if (! file)
    return FALSE;
  if (dfi_atomic_file_write (file, bytes, length, error))
    return dfi_atomic_file_commit (file, error);
  dfi_atomic_file_discard (file);
  return FALSE;
}

/* Samples of 8 bits for a picture of our own. */
static gboolean
own_samples (DfiPhoto *photo, GError **error)
{
  VipsImage *samples = vips_image_new_memory ();

  vips_image_init_fields (samples, photo->width, photo->height, 3, VIPS_FORMAT_UCHAR, VIPS_CODING_NONE, VIPS_INTERPRETATION_sRGB,
                          1.0, 1.0);
  if (vips_image_write_prepare (samples) != 0)
    {
      g_object_unref (samples);
      return dfi_error_set_no_memory (error, photo->height, 3 * (size_t) photo->width);
    }
  photo->source            = g_new0 (DfiPhotoSource, 1);
  photo->source->samples   = samples;
  photo->source->n_colours = 3;
  return TRUE;
}

/* The picture as it is to be encoded: (transfer full) (nullable). */
static VipsImage *
prepare (DfiPhoto *photo, const Format *format, DfiPhotoListener *listener, Layout *layout, GPtrArray *lost, GError **error)
{
  listener->share = 0.2;
  if (photo->image && ! dfi_photo_encode_part (photo, photo->image, 0, 0, listener))
    {
      dfi_error_set_cancelled (error);
      return NULL;
    }
  choose_layout (layout, photo, format, lost);
  listener->before = 0.2;
  return make_image (layout, lost, listener, error);
}

/* The image as a file; NULL with @error set. */
static Encoding *
encode_image (VipsImage            *image,
              const Format         *format,
              const DfiPhotoSource *source,
              const char           *path,
              DfiPhotoListener     *listener,
              GError              **error)
{
  Encoding *encoding = g_new0 (Encoding, 1);

  encoding->image  = image;
  encoding->format = format;
  encoding->source = *source;
  listener->before = 0.4;
  listener->share  = 0.6;
  if (! dfi_photo_run_apart (encode, encoding, encoding_free, listener, error))
    return NULL;
  if (encoding->bytes)
    return encoding;

  if (listener->stopped)
    dfi_error_set_cancelled (error);
  else
    g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("The picture “%s” cannot be written as %s: %s"), path, format->name,
                 encoding->reason);
  encoding_free (encoding);
  return NULL;
}

/* What libvips has not written into the file. */
static void
complete (Encoding *encoding, const Layout *layout, GPtrArray *lost)
{
  const Kind kind = encoding->format->kind;
  gboolean   exif_kept;

  if (kind == PNG && layout->encoded)
    add_png_gamma (&encoding->bytes, &encoding->length, encoding->source.png_gamma);
  if (layout->associated)
    dfi_photo_tiff_set_alpha (encoding->bytes, encoding->length, 2, 1); /* libvips would multiply, and round, to say so itself */
  exif_kept = kind == TIFF && add_tiff_exif (encoding->image, &encoding->bytes, &encoding->length);
  compare_metadata (encoding->image, encoding->bytes, encoding->length, exif_kept, lost);
}

gboolean
dfi_photo_save (DfiPhoto *photo, const char *path, DfiProgressFunc progress, gpointer data, GError **error)
{
  const Format    *format   = dfi_photo_start (error) ? find_format (path, error) : NULL;
  DfiPhotoListener listener = { .func = progress, .data = data };
  GPtrArray       *lost     = g_ptr_array_new ();
  VipsImage       *image    = NULL;
  Encoding        *file     = NULL;
  Layout           layout;
  gboolean         done;

  if (format && (photo->source || own_samples (photo, error)))
    image = prepare (photo, format, &listener, &layout, lost, error);
  if (image)
    file = encode_image (image, format, photo->source, path, &listener, error);
  if (file)
    complete (file, &layout, lost);
  done = file && write_file (path, file->bytes, file->length, error);
  if (done)
    note_lost (photo, path, lost);

  g_clear_pointer (&file, encoding_free);
  g_ptr_array_unref (lost);
  return done;
}
