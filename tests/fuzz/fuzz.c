#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <glib/gstdio.h>

#include "build/build.h"
#include "common.h"
#include "fuzz.h"

/* What the leak checker is not to report: libraries of others. */
const char *__lsan_default_suppressions (void);

const char *
__lsan_default_suppressions (void)
{
  return "leak:libx265\n";
}

static char *folder;

static void
remove_folder (void)
{
  test_folder_remove (folder);
}

const char *
fuzz_folder (void)
{
  if (! folder)
    {
      folder = test_folder_new ();
      atexit (remove_folder);
    }
  return folder;
}

static const char *
path_of (const char *name)
{
  char       *path   = g_build_filename (fuzz_folder (), name, NULL);
  const char *stored = g_intern_string (path);

  g_free (path);
  return stored;
}

const char *
fuzz_file_over (const char *name, const void *bytes, size_t size, const char *original)
{
  const char *path    = path_of (name);
  char       *content = NULL;
  gsize       length  = 0;

  if (original)
    g_assert_true (g_file_get_contents (original, &content, &length, NULL));
  if (size > 0 && size < length)
    memcpy (content, bytes, size);
  if (size < length)
    test_write_over (path, content, length);
  else
    test_write_over (path, bytes, size);
  g_free (content);
  return path;
}

const char *
fuzz_file (const char *name, const void *bytes, size_t size)
{
  return fuzz_file_over (name, bytes, size, NULL);
}

void
fuzz_seed (const char *to, const char *name, const void *bytes, size_t size)
{
  char *path = g_build_filename (to, name, NULL);

  test_write_over (path, bytes, size);
  g_free (path);
}

void
fuzz_seed_file (const char *to, const char *name, const char *path, int more)
{
  char   *content;
  gsize   size;
  guint64 header;

  g_assert_true (g_file_get_contents (path, &content, &size, NULL));
  if (more >= 0)
    {
      memcpy (&header, content, sizeof header);
      size = MIN (size, sizeof header + GUINT64_FROM_LE (header) + more);
    }
  fuzz_seed (to, name, content, size);
  g_free (content);
}

void
fuzz_told (gboolean done, GError **error)
{
  g_assert_true (done == (*error == NULL));
  g_clear_error (error);
}

/* ---------- what most of them need ---------- */

const DfiEncoder *
fuzz_encoder (void)
{
  static DfiEncoder *encoder;
  GError            *error = NULL;
  char              *path;

  if (encoder)
    return encoder;
  path    = test_weights_new (fuzz_folder (), 1);
  encoder = dfi_encoder_new_from_file (path, &error);
  g_assert_no_error (error);
  g_free (path);
  return encoder;
}

static void
draw_picture (size_t face)
{
  static const char head[] = "P6 32 32 255\n";
  guint8            bytes[sizeof head - 1 + 3 * FUZZ_SIDE * FUZZ_SIDE];
  guint8           *pixels = bytes + sizeof head - 1;
  char             *name   = g_strdup_printf ("%zu.ppm", face);

  memcpy (bytes, head, sizeof head - 1);
  for (int i = 0; i < 3 * FUZZ_SIDE * FUZZ_SIDE; i++)
    {
      int row = i / 3 / FUZZ_SIDE;

      pixels[i] = 40 + (face % 2 && row < 16 ? 60 : 0) + (face % 3 == 0 && row > 20 ? 90 : 0) + test_random (face, i) % 32;
    }
  fuzz_file (name, bytes, sizeof bytes);
  g_free (name);
}

const DfiBuildPlan *
fuzz_plan (void)
{
  static const DfiAttribute attributes[] = {
    { "odd",
      "Odd",
      "Even",
      "numbers",
      -1,
      { -1, -1, -1 },
      2.0,
      DFI_REGION_FACE,
      TRUE,
      .light = 1.0,
      .alike = DFI_ALIKE,
      .renew = -1 },
    { "third",
      "Third",
      NULL,
      NULL,
      -1,
      { 0, -1, -1 },
      2.0,
      DFI_REGION_HEAD,
      FALSE,
      .light = 1.0,
      .alike = DFI_ALIKE,
      .renew = -1 },
  };
  static const char  *files[FUZZ_FACES];
  static guint8       labels[FUZZ_FACES];
  static DfiBuildPlan plan = { .files         = files,
                               .n_files       = FUZZ_FACES,
                               .labels        = labels,
                               .attributes    = attributes,
                               .n_attributes  = G_N_ELEMENTS (attributes),
                               .framing.kind  = DFI_FRAMING_WHOLE,
                               .framing.frame = { .size = FUZZ_SIDE, .whole = TRUE },
                               .taps          = DFI_TAPS_PAPER,
                               .rows          = 4 };

  if (plan.folder)
    return &plan;
  plan.folder = fuzz_folder ();
  for (size_t face = 0; face < FUZZ_FACES; face++)
    {
      char *name = g_strdup_printf ("%zu.ppm", face);

      draw_picture (face);
      files[face]  = g_intern_string (name);
      labels[face] = face % 2 | (face % 3 == 0) << 1;
      g_free (name);
    }
  return &plan;
}

const DfiBuildPlan *
fuzz_detailed_plan (void)
{
  static DfiBuildPlan detailed;

  detailed               = *fuzz_plan ();
  detailed.framing.frame = (DfiFrame){ .size  = FUZZ_SIDE,
                                       .eyes  = { 0.3 * FUZZ_SIDE, 0.3 * FUZZ_SIDE, 0.7 * FUZZ_SIDE, 0.3 * FUZZ_SIDE },
                                       .mouth = { 0.5 * FUZZ_SIDE, 0.8 * FUZZ_SIDE } };
  detailed.detail_rows   = 2;
  return &detailed;
}

static const char *
build (const DfiBuildPlan *plan, const char *name)
{
  const char *path  = path_of (name);
  GError     *error = NULL;

  if (! g_file_test (path, G_FILE_TEST_EXISTS))
    dfi_build (plan, fuzz_encoder (), path, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  return path;
}

const char *
fuzz_database (void)
{
  return build (fuzz_plan (), "good.safetensors");
}

const char *
fuzz_detailed_database (void)
{
  return build (fuzz_detailed_plan (), "detailed.safetensors");
}
