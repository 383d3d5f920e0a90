#include "config.h"

#include <string.h>

#include <gdk-pixbuf/gdk-pixbuf.h>

#include "database/codes.h"
#include "database/face-features.h"
#include "drawn-faces.h"
#include "files/safetensors-reader.h"
#include "files/safetensors-writer.h"
#include "picture/colour.h"
#include "picture/photo.h"

Drawn drawn;

#define YIELDING .light = DRAWN_LIGHT, .alike = DRAWN_ALIKE, .renew = DFI_REGION_FACE
#define USUAL    .light = DRAWN_LIGHT, .alike = DRAWN_ALIKE, .renew = -1

static const DfiAttribute attributes[N_ATTRIBUTES] = {
  [SMILING]    = { "smiling", "Smiling", "Frowning", "expression", FROWNING, { -1 }, 2.0, DFI_REGION_FACE, FALSE, YIELDING },
  [FROWNING]   = { "frowning", "Frowning", "Smiling", "expression", SMILING, { -1 }, 2.0, DFI_REGION_FACE, FALSE, USUAL },
  [MALE]       = { "male", "Male", "Female", "people", FEMALE, { -1 }, 1.5, DFI_REGION_HEAD, FALSE, USUAL },
  [FEMALE]     = { "female", "Female", "Male", "people", MALE, { -1 }, 1.5, DFI_REGION_HEAD, FALSE, USUAL },
  [BEARD]      = { "beard", "Beard", NULL, NULL, -1, { MALE, -1 }, 2.5, DFI_REGION_FACE, TRUE, USUAL },
  [RARE]       = { "rare", "Rare", NULL, NULL, -1, { -1 }, 2.0, DFI_REGION_FACE, FALSE, USUAL },
  [EVERYONE]   = { "everyone", "Everyone", NULL, NULL, -1, { -1 }, 2.0, DFI_REGION_FACE, FALSE, .hair = 0.75, USUAL },
  [OPEN_MOUTH] = { "open-mouth", "Open", NULL, NULL, -1, { MALE, -1 }, 2.0, DFI_REGION_FACE, FALSE, USUAL },
};

gboolean
drawn_has (size_t face, int attribute)
{
  gboolean male = face % 2 == 0;

  switch (attribute)
    {
    case SMILING: return face / 2 % 3 == 0;
    case FROWNING: return face / 2 % 3 == 1;
    case MALE: return male && face % 10 != 4;
    case FEMALE: return ! male && face % 10 != 5;
    case BEARD: return male && face / 4 % 2 == 0;
    case RARE: return face < 5;
    case EVERYONE: return TRUE;
    case OPEN_MOUTH: return face / 8 % 2 == 0;
    default: return FALSE;
    }
}

static void
fill (GdkPixbuf *pixbuf, int x, int y, int width, int height, int value)
{
  guint8 *pixels = gdk_pixbuf_get_pixels (pixbuf);

  for (int i = y; i < y + height; i++)
    memset (pixels + i * gdk_pixbuf_get_rowstride (pixbuf) + 3 * x, value, 3 * width);
}

void
drawn_save (const char *path, size_t face, int side)
{
  GdkPixbuf *pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, side, side);
  int        unit   = side / 12;
  guint8    *pixels = gdk_pixbuf_get_pixels (pixbuf);
  GError    *error  = NULL;

  fill (pixbuf, 0, 0, side, side, face % 2 == 0 ? 60 : 160);
  fill (pixbuf, 0, 0, side, 2 * unit, 20); /* hair */
  fill (pixbuf, 3 * unit, 4 * unit, unit, unit, 0);
  fill (pixbuf, 8 * unit, 4 * unit, unit, unit, 0);
  fill (pixbuf, 4 * unit, 9 * unit, 4 * unit, unit, drawn_has (face, SMILING) ? 255 : drawn_has (face, FROWNING) ? 0 : 120);
  if (drawn_has (face, BEARD))
    fill (pixbuf, 2 * unit, 10 * unit, 8 * unit, 2 * unit, 20);
  if (drawn_has (face, OPEN_MOUTH))
    fill (pixbuf, 5 * unit, 8 * unit, 2 * unit, unit, 0);
  for (int i = 0; i < side * gdk_pixbuf_get_rowstride (pixbuf); i++)
    pixels[i] = CLAMP (pixels[i] + (int) (test_random (7000 + face, i) >> 59) - 16, 0, 255);

  gdk_pixbuf_save (pixbuf, path, "png", &error, NULL);
  g_assert_no_error (error);
  g_object_unref (pixbuf);
}

DrawnPictures
drawn_pictures_new (size_t n, int side, int rows)
{
  DrawnPictures pictures = { .plan   = { .folder            = drawn.folder,
                                         .n_files           = n,
                                         .attributes        = attributes,
                                         .n_attributes      = N_ATTRIBUTES,
                                         .framing.kind      = DFI_FRAMING_RECTANGLE,
                                         .framing.rectangle = { 0, 0, side, side },
                                         .framing.frame     = { side,
                                                                { 0.3 * side, side * 18 / 48.0, 0.7 * side, side * 18 / 48.0 },
                                                                { 0.5 * side, side * 38 / 48.0 },
                                                                FALSE },
                                         .rows              = rows,
                                         .taps              = DFI_TAPS_PAPER,
                                         .provenance        = "drawn by a test" },
                             .files  = g_new0 (char *, n + 1),
                             .labels = g_malloc0 (n) };

  for (size_t face = 0; face < n; face++)
    {
      char *path;

      pictures.files[face] = g_strdup_printf ("%d-%03d.png", side, (int) face);
      path                 = g_build_filename (drawn.folder, pictures.files[face], NULL);
      if (! g_file_test (path, G_FILE_TEST_EXISTS))
        drawn_save (path, face, side);
      g_free (path);
      for (int a = 0; a < N_ATTRIBUTES; a++)
        pictures.labels[face] |= drawn_has (face, a) << a;
    }
  pictures.plan.files  = (const char *const *) pictures.files;
  pictures.plan.labels = pictures.labels;
  return pictures;
}

void
drawn_pictures_clear (DrawnPictures *pictures)
{
  g_strfreev (pictures->files);
  g_free (pictures->labels);
}

DfiEncoder *
drawn_encoder (int base)
{
  GError     *error = NULL;
  char       *path  = test_weights_new (drawn.folder, base);
  DfiEncoder *encoder;

  encoder = dfi_encoder_new_from_file (path, &error);
  g_assert_no_error (error);
  g_free (path);
  return encoder;
}

char *
drawn_path (const char *name)
{
  return g_build_filename (drawn.folder, name, NULL);
}

char *
drawn_build (const char *name, size_t n, int side, int rows)
{
  DfiEncoder   *encoder  = drawn_encoder (2);
  DrawnPictures pictures = drawn_pictures_new (n, side, rows);
  char         *path     = drawn_path (name);
  GError       *error    = NULL;

  dfi_build (&pictures.plan, encoder, path, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  drawn_pictures_clear (&pictures);
  dfi_encoder_free (encoder);
  return path;
}

void
drawn_init (void)
{
  GError *error = NULL;
  char   *weights;

  if (drawn.path)
    return;
  drawn.path    = drawn_build ("faces.safetensors", DRAWN_FACES, DRAWN_SIDE, DRAWN_ROWS);
  drawn.encoder = drawn_encoder (2);
  drawn.pass    = dfi_pass_new (drawn.encoder, DFI_TAPS_PAPER, DRAWN_SIDE, DRAWN_SIDE, &error);
  g_assert_no_error (error);
  drawn.database = dfi_database_open (drawn.path, drawn.encoder, &error);
  g_assert_no_error (error);

  weights    = test_hair_dark (drawn.folder);
  drawn.hair = dfi_hair_network_new (weights, &error);
  g_assert_no_error (error);
  g_free (weights);
}

char *
drawn_copy_with (const char *name, const DfiTensor *tensor)
{
  static const char *const keys[] = { "dfi.kind", "dfi.version", "dfi.encoder", "dfi.taps", "dfi.frame", "dfi.attributes" };
  GError                  *error  = NULL;
  DfiSafetensors          *file;
  char                    *path                                  = drawn_path (name);
  const char              *metadata[2 * G_N_ELEMENTS (keys) + 1] = { NULL };
  DfiTensor                tensors[16];
  int                      n = 0;
  DfiSafetensorsWriter    *writer;

  drawn_init ();
  file = dfi_safetensors_open (drawn.path, NULL, 0, &error);
  g_assert_no_error (error);
  for (size_t i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      metadata[2 * i]     = keys[i];
      metadata[2 * i + 1] = dfi_safetensors_metadata (file, keys[i]);
    }
  for (const DfiTensor *other; (other = dfi_safetensors_nth (file, n)); n++)
    tensors[n] = *other;
  tensors[n] = *tensor;

  writer = dfi_safetensors_create (path, metadata, tensors, n + 1, &error);
  g_assert_no_error (error);
  for (int i = 0; i < n; i++)
    {
      void *bytes = dfi_safetensors_load (file, &tensors[i], &error);

      g_assert_true (dfi_safetensors_append (writer, bytes, tensors[i].count * dfi_dtype_size (tensors[i].dtype), &error));
      g_free (bytes);
    }
  g_assert_true (dfi_safetensors_append (writer, tensor->data, tensor->count * dfi_dtype_size (tensor->dtype), &error));
  g_assert_true (dfi_safetensors_commit (writer, &error));
  dfi_safetensors_free (file);
  return path;
}

char *
drawn_copy_with_tones (const char *name, DfiTone (*tone_of) (size_t face))
{
  guint8    halves[DRAWN_FACES][4][2];
  DfiTensor tensor = { "tones", DFI_DTYPE_F16, 2, { DRAWN_FACES, 4 }, 4 * DRAWN_FACES, halves, 0 };

  for (size_t face = 0; face < DRAWN_FACES; face++)
    {
      DfiTone     tone       = tone_of (face);
      const float numbers[4] = { tone.luma, tone.deviation, tone.cb, tone.cr };

      for (int i = 0; i < 4; i++)
        {
          guint16 half = dfi_half_from_float (numbers[i]);

          halves[face][i][0] = half & 255;
          halves[face][i][1] = half >> 8;
        }
    }
  return drawn_copy_with (name, &tensor);
}

DfiEditor *
drawn_editor (char *path, const char *described)
{
  char      *hair  = test_hair_dark (drawn.folder);
  char      *names = g_strdup_printf ("%.*s.attributes", (int) (strlen (path) - strlen (".safetensors")), path);
  GError    *error = NULL;
  DfiEditor *editor;

  g_file_set_contents (names, described, -1, &error);
  g_assert_no_error (error);
  editor = dfi_editor_new (dfi_encoder_path (drawn.encoder), path, &error);
  g_assert_no_error (error);
  g_free (names);
  g_free (hair);
  g_free (path);
  return editor;
}

DfiPatch *
drawn_edit (DfiEditor      *editor,
            const DfiImage *photo,
            const DfiFace  *face,
            const char     *wishes,
            DfiEditReport  *report,
            GError        **error)
{
  int            n;
  DfiRequest    *requests = dfi_requests_parse (dfi_editor_database (editor), wishes, &n, error);
  DfiEditOptions options;
  DfiPatch      *patch;

  g_assert_no_error (*error);
  dfi_edit_options_init (&options);
  options.iterations = 3;
  patch              = dfi_edit (editor, photo, face, requests, n, &options, NULL, NULL, report, error);
  g_free (requests);
  return patch;
}

float *
drawn_features (size_t face)
{
  char     *name  = g_strdup_printf ("%d-%03d.png", DRAWN_SIDE, (int) face);
  char     *path  = drawn_path (name);
  GError   *error = NULL;
  DfiPhoto *photo = dfi_photo_load (path, NULL, NULL, NULL, &error);
  DfiImage *luma;
  float    *features = g_new (float, dfi_database_n_features (drawn.database));

  g_assert_no_error (error);
  luma = dfi_colour_grey (photo->image, &error);
  g_assert_no_error (error);
  dfi_features_compute (&dfi_database_basis (drawn.database)->layout, drawn.pass, luma, photo->image, features);
  dfi_image_free (luma);
  dfi_photo_free (photo);
  g_free (path);
  g_free (name);
  return features;
}

void
drawn_start (void)
{
  drawn.folder = test_folder_new ();
}

int
drawn_end (int status)
{
  dfi_hair_network_free (drawn.hair);
  dfi_database_free (drawn.database);
  dfi_pass_free (drawn.pass);
  dfi_encoder_free (drawn.encoder);
  g_free (drawn.path);
  test_folder_remove (drawn.folder);
  return status;
}
