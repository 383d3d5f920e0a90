/* Safetensors files: what is written comes back; what cannot be written leaves nothing behind. */

#include "config.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>
#ifdef __linux__
#include <sys/mount.h>
#endif

#include "common.h"
#include "base/error.h"
#include "files/bundled.h"
#include "files/listing.h"
#include "files/safetensors-reader.h"
#include "files/safetensors-writer.h"
#include "files/whole-file.h"

static char *folder;

/* A file system of 64 kB, with an older file of the same name in it that must survive. */
static void
test_full_disk (void)
{
#ifdef __linux__
  char                 *disk   = g_build_filename (folder, "disk", NULL);
  char                 *path   = g_build_filename (disk, "large.safetensors", NULL);
  DfiTensor             large  = { "large", DFI_DTYPE_U8, 1, { 1 << 20 }, 0, NULL };
  char                 *zeros  = g_malloc0 (1 << 20);
  const char           *none[] = { NULL };
  GError               *error  = NULL;
  char                 *kept;
  DfiSafetensorsWriter *writer;

  g_mkdir (disk, 0700);
  if (mount ("dfi-test", disk, "tmpfs", 0, "size=64k") != 0)
    {
      g_test_skip ("no right to mount a small file system");
    }
  else
    {
      g_assert_true (g_file_set_contents (path, "older", -1, NULL));

      writer = dfi_safetensors_create (path, none, &large, 1, &error);
      g_assert_no_error (error);
      if (dfi_safetensors_append (writer, zeros, 1 << 20, &error))
        g_assert_false (dfi_safetensors_commit (writer, &error));
      else
        dfi_safetensors_discard (writer);
      g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
      g_clear_error (&error);

      g_assert_true (g_file_get_contents (path, &kept, NULL, NULL));
      g_assert_cmpstr (kept, ==, "older");
      g_assert_cmpuint (test_files_in (disk), ==, 1);
      g_free (kept);
      umount (disk);
    }
  g_rmdir (disk);
  g_free (zeros);
  g_free (path);
  g_free (disk);
#else
  g_test_skip ("needs Linux");
#endif
}

/* ---------- what comes with the program ---------- */

static void
test_bundled (void)
{
  char   *old   = g_strdup (g_getenv ("DFI_DATA_DIR"));
  char   *here  = g_get_current_dir ();
  char   *data  = g_build_filename (folder, "data", NULL);
  char   *file  = g_build_filename (data, DFI_BUNDLED_FACE, NULL);
  GError *error = NULL;
  char   *found;

  g_mkdir (data, 0700);
  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  g_setenv ("DFI_DATA_DIR", "nowhere:data", TRUE);
  g_assert_cmpint (g_chdir (folder), ==, 0);

  found = dfi_bundled_file (DFI_BUNDLED_FACE, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (found, ==, file);

  g_assert_null (dfi_bundled_file ("missing", &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "missing"));
  g_assert_nonnull (strstr (error->message, data)); /* all of its path */
  g_assert_null (strstr (error->message, "nstall"));
  g_error_free (error);

  g_assert_cmpint (g_chdir (here), ==, 0);
  if (old)
    g_setenv ("DFI_DATA_DIR", old, TRUE);
  else
    g_unsetenv ("DFI_DATA_DIR");
  g_remove (file);
  g_rmdir (data);
  g_free (found);
  g_free (file);
  g_free (data);
  g_free (here);
  g_free (old);
}

/* ---------- safetensors ---------- */

static void
test_half (void)
{
  for (guint h = 0; h < 65536; h++)
    {
      float value = dfi_half_to_float (h);

      if (isfinite (value))
        g_assert_cmpuint (dfi_half_from_float (value), ==, h);
    }
  g_assert_cmpfloat (dfi_half_to_float (0x3c00), ==, 1.0f);
  g_assert_cmpfloat (dfi_half_to_float (0x0001), ==, 0x1p-24f);
  g_assert_cmpfloat (dfi_half_to_float (0xfbff), ==, -65504.0f);
  g_assert_true (isinf (dfi_half_to_float (0x7c00)) && isinf (dfi_half_to_float (0x7fff)));
  g_assert_cmpuint (dfi_half_from_float (1.0f + 0x1p-11f), ==, 0x3c00); /* a tie goes to even */
  g_assert_cmpuint (dfi_half_from_float (1.0f + 3 * 0x1p-11f), ==, 0x3c02);
  g_assert_cmpuint (dfi_half_from_float (2047.9f), ==, 0x6800); /* rounds up into the next power */
  g_assert_cmpuint (dfi_half_from_float (65519.0f), ==, 0x7bff);
  g_assert_cmpuint (dfi_half_from_float (65520.0f), ==, 0x7c00);
}

static char *
write_file (const char *header, const char *blob, gsize blob_size)
{
  char    *path   = g_build_filename (folder, "made.safetensors", NULL);
  guint64  length = GUINT64_TO_LE ((guint64) strlen (header));
  GString *bytes  = g_string_new_len ((const char *) &length, 8);

  g_string_append (bytes, header);
  g_string_append_len (bytes, blob, blob_size);
  g_assert_true (g_file_set_contents (path, bytes->str, bytes->len, NULL));
  g_string_free (bytes, TRUE);
  return path;
}

static void
test_headers (void)
{
  static const struct
  {
    const char *header;
    gboolean    good;
  } cases[] = {
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", TRUE },
    { "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}   ", TRUE },
    { "{\"a\":{\"dtype\":\"I64\",\"shape\":[9],\"data_offsets\":[0,4]}}", TRUE }, /* passed over */
    { "{\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[3,4]},"
      "\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]}}",
      TRUE },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]}}", FALSE }, /* a byte left over */
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[1,4]}}", FALSE }, /* a hole */
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
      "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}",
      FALSE }, /* an overlap */
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[5],\"data_offsets\":[0,5]}}", FALSE },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,0]}}", FALSE },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[-4],\"data_offsets\":[0,4]}}", TRUE }, /* a shape we do not read */
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", FALSE },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387905],\"data_offsets\":[0,4]}}", FALSE },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[4294967296,4294967296,4294967297],\"data_offsets\":[0,4]}}", FALSE },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4.5]}}", FALSE },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[4]}}", FALSE },
    { "{\"a\":4}", FALSE },
    { "[]", FALSE },
    { "", FALSE },
    { "{", FALSE },
    { "null", FALSE },
    { "{\"__metadata__\":{\"k\":1},\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", FALSE },
    { "{\"__metadata__\":[],\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", FALSE },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      char           *path  = write_file (cases[i].header, "abcd", 4);
      GError         *error = NULL;
      DfiSafetensors *file  = dfi_safetensors_open (path, NULL, 0, &error);

      g_test_message ("%s", cases[i].header);
      g_assert_true ((file != NULL) == cases[i].good);
      if (! file)
        g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
      g_clear_error (&error);
      dfi_safetensors_free (file);
      g_remove (path);
      g_free (path);
    }
}

static void
expect_bad_header (const char *header, const char *reason)
{
  char           *path  = write_file (header, "", 0);
  GError         *error = NULL;
  DfiSafetensors *file  = dfi_safetensors_open (path, NULL, 0, &error);

  g_assert_null (file);
  g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_nonnull (strstr (error->message, reason));
  g_error_free (error);
  g_remove (path);
  g_free (path);
}

/* Brackets nested deeper than a recursive parser's stack, also behind a comment that hides them from whoever counts brackets but
 * knows no comments; and too long a header. */
static void
test_large_headers (void)
{
  char *brackets = g_strnfill (4 << 20, '[');
  char *hidden   = g_strconcat ("{\"a\":/*\"*/", brackets, NULL);
  char *spaces   = g_strnfill (DFI_HEADER_MAX + 1, ' ');

  expect_bad_header (brackets, "not a JSON object");
  expect_bad_header (hidden, "not a JSON object");
  expect_bad_header (spaces, "16 MiB");
  g_free (spaces);
  g_free (hidden);
  g_free (brackets);
}

/* Numbers of every width arrive little-endian. */
static void
test_numbers (void)
{
  static const guint8 expected[] = { 0x00, 0x00, 0x80, 0x3f, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x3c, 0x02,
                                     0x01, 0x07, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf8, 0x3f };
  const DfiTensor     all        = { "all", DFI_DTYPE_U8, 1, { sizeof expected }, 0, NULL };
  const float         floats[]   = { 1.0f, -2.0f };
  const guint16       halves[]   = { 0x3c00, 0x0102 };
  const guint8        bytes[]    = { 7, 8 };
  const double        real       = 1.5;
  const char         *none[]     = { NULL };
  char               *path       = g_build_filename (folder, "numbers.safetensors", NULL);
  GError             *error      = NULL;
  DfiSafetensors     *file;
  const DfiTensor    *found;
  void               *stored;

  DfiSafetensorsWriter *writer = dfi_safetensors_create (path, none, &all, 1, &error);

  g_assert_true (dfi_safetensors_append_numbers (writer, floats, 2, sizeof (float), &error));
  g_assert_true (dfi_safetensors_append_numbers (writer, halves, 2, sizeof (guint16), &error));
  g_assert_true (dfi_safetensors_append (writer, bytes, 2, &error));
  g_assert_true (dfi_safetensors_append_numbers (writer, &real, 1, sizeof (double), &error));
  g_assert_true (dfi_safetensors_commit (writer, &error));

  file  = dfi_safetensors_open (path, NULL, 0, &error);
  found = dfi_safetensors_tensor (file, "all", 1, (size_t[]){ 0 }, &error);
  g_assert_no_error (error);
  stored = dfi_safetensors_load (file, found, &error);
  g_assert_cmpmem (stored, found->count, expected, sizeof expected);
  g_free (stored);
  dfi_safetensors_free (file);
  g_remove (path);
  g_free (path);
}

/* A file that is cut short while it is open gives an error; one that is replaced goes on as it was. */
static void
test_cut_short (void)
{
  const char      *header  = "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}}";
  char            *path    = write_file (header, "01234567", 8);
  GError          *error   = NULL;
  DfiSafetensors  *file    = dfi_safetensors_open (path, NULL, 0, &error);
  const DfiTensor *tensor  = dfi_safetensors_tensor (file, "a", 1, (size_t[]){ 8 }, &error);
  const char      *names[] = { "a", NULL };
  guint8           bytes[8];
  float            floats[8];

  g_assert_true (dfi_safetensors_read (file, tensor, bytes, &error));
  g_assert_cmpmem (bytes, 8, "01234567", 8);
  g_free (write_file (header, "abcdefgh", 8));
  g_assert_true (dfi_safetensors_read (file, tensor, bytes, &error));
  g_assert_cmpmem (bytes, 8, "01234567", 8);
  dfi_safetensors_free (file);

  file   = dfi_safetensors_open (path, NULL, 0, &error);
  tensor = dfi_safetensors_tensor (file, "a", 1, (size_t[]){ 8 }, &error);
  g_assert_cmpint (truncate (path, 8 + strlen (header) + 3), ==, 0);
  for (int i = 0; i < 4; i++)
    {
      if (i == 0)
        g_assert_false (dfi_safetensors_read (file, tensor, bytes, &error));
      else if (i == 1)
        g_assert_null (dfi_safetensors_load (file, tensor, &error));
      else if (i == 2)
        g_assert_false (dfi_safetensors_floats (file, tensor, floats, &error));
      else
        g_assert_null (dfi_safetensors_sha256 (file, names, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
      g_assert_nonnull (strstr (error->message, "shorter"));
      g_clear_error (&error);
    }
  dfi_safetensors_free (file);
  g_remove (path);
  g_free (path);
}

static void
test_no_file (void)
{
  char       *pipe    = g_build_filename (folder, "pipe", NULL);
  const char *paths[] = { "/nonexistent/a", folder, pipe };
  int         codes[] = { ENOENT, EISDIR, ESPIPE };

  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  for (size_t i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      GError *error = NULL;

      g_assert_null (dfi_safetensors_open (paths[i], NULL, 0, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
      g_assert_nonnull (strstr (error->message, paths[i]));
      g_assert_nonnull (strstr (error->message, g_strerror (codes[i])));
      g_error_free (error);
    }
  g_remove (pipe);
  g_free (pipe);
}

static void
test_kind (void)
{
  static const struct
  {
    const char *kind, *version;
    gboolean    good;
  } cases[] = {
    { "encoder", "1", TRUE },    { "encoder", "2", FALSE },  { "encoder", "0", FALSE },
    { "encoder", "one", FALSE }, { "database", "1", FALSE }, { "", "1", FALSE },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      char *header =
          g_strdup_printf ("{\"__metadata__\":{\"dfi.kind\":\"%s\",\"dfi.version\":\"%s\"}}", cases[i].kind, cases[i].version);
      char           *path  = write_file (header, "", 0);
      GError         *error = NULL;
      DfiSafetensors *file  = dfi_safetensors_open (path, "encoder", 1, &error);

      g_assert_true ((file != NULL) == cases[i].good);
      g_assert_true ((error == NULL) == cases[i].good);
      g_clear_error (&error);
      dfi_safetensors_free (file);
      g_remove (path);
      g_free (path);
      g_free (header);
    }
}

/* In the order of their bytes, whatever order the folder has, without hidden files. */
static void
test_listing (void)
{
  const char *const made[] = { "b.png", "a.png", ".hidden", "B.png", "\xc3\xa9.png", NULL };
  const char *const seen[] = { "B.png", "a.png", "b.png", "\xc3\xa9.png", NULL };
  char             *shelf  = g_build_filename (folder, "shelf", NULL);
  GError           *error  = NULL;
  char            **names;

  g_assert_null (dfi_list_folder (shelf, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
  g_assert_nonnull (strstr (error->message, shelf));
  g_clear_error (&error);

  g_assert_cmpint (g_mkdir (shelf, 0700), ==, 0);
  for (int i = 0; made[i]; i++)
    {
      char *path = g_build_filename (shelf, made[i], NULL);

      g_assert_true (g_file_set_contents (path, "", 0, NULL));
      g_free (path);
    }
  names = dfi_list_folder (shelf, &error);
  g_assert_no_error (error);
  g_assert_cmpstrv (names, seen);
  g_strfreev (names);
  g_free (shelf);
}

/* ---------- files that are read whole ---------- */

static void
check_whole (const char *name, const char *content, gsize size)
{
  char   *path  = g_build_filename (folder, name, NULL);
  GError *error = NULL;
  char   *bytes;
  size_t  length;

  g_assert_true (g_file_set_contents (path, content, size, NULL));
  bytes = dfi_file_read (path, size, &length, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (bytes, length, content, size);
  g_assert_cmpint (bytes[length], ==, 0);
  g_free (bytes);
  if (size > 0)
    {
      g_assert_null (dfi_file_read (path, size - 1, &length, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
      g_assert_nonnull (strstr (error->message, path));
      g_clear_error (&error);
    }
  g_remove (path);
  g_free (path);
}

/* Small and large files, none, a folder, and a device that never ends. */
static void
test_whole_files (void)
{
  char   *large = g_strnfill (300000, 'x');
  GError *error = NULL;
  size_t  length;

  check_whole ("empty", "", 0);
  check_whole ("small", "a\0b", 3);
  check_whole ("large", large, 300000);

  g_assert_null (dfi_file_read ("/nonexistent/file", 1, &length, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "/nonexistent/file"));
  g_clear_error (&error);
  g_assert_null (dfi_file_read (folder, 1 << 20, &length, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
  g_clear_error (&error);
  if (g_file_test ("/dev/zero", G_FILE_TEST_EXISTS))
    {
      g_assert_null (dfi_file_read ("/dev/zero", 3 << 20, &length, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
      g_assert_nonnull (strstr (error->message, "3 MiB"));
      g_clear_error (&error);
    }
  g_free (large);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  g_test_add_func ("/safetensors/full-disk", test_full_disk);
  g_test_add_func ("/bundled", test_bundled);
  g_test_add_func ("/listing", test_listing);
  g_test_add_func ("/whole", test_whole_files);
  g_test_add_func ("/safetensors/half", test_half);
  g_test_add_func ("/safetensors/headers", test_headers);
  g_test_add_func ("/safetensors/large-headers", test_large_headers);
  g_test_add_func ("/safetensors/numbers", test_numbers);
  g_test_add_func ("/safetensors/kind", test_kind);
  g_test_add_func ("/safetensors/cut-short", test_cut_short);
  g_test_add_func ("/safetensors/no-file", test_no_file);
  status = g_test_run ();
  test_folder_remove (folder);
  return status;
}
