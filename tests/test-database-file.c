/* Files of databases that are cut short, forged, or made with other weights: each is refused with a sentence. */

#include "config.h"

#include <string.h>

#include "drawn-faces.h"
#include "files/safetensors-reader.h"
#include "files/safetensors-writer.h"

static void
assert_refused (const char *path, int code)
{
  GError      *error    = NULL;
  DfiDatabase *database = dfi_database_peek (path, &error);

  g_assert_null (database);
  g_assert_error (error, DFI_ERROR, code);
  g_assert_nonnull (strstr (error->message, path));
  g_error_free (error);
}

static void
test_prefixes (void)
{
  char   *path  = drawn_build ("small.safetensors", 24, 32, 3);
  char   *cut   = drawn_path ("cut.safetensors");
  GError *error = NULL;
  char   *bytes;
  gsize   size;

  dfi_database_free (dfi_database_peek (path, &error)); /* whole, it is good */
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &bytes, &size, &error));
  for (gsize n = 0; n < size; n += n < 4096 ? 1 : 37)
    {
      g_assert_true (g_file_set_contents_full (cut, bytes, n, G_FILE_SET_CONTENTS_NONE, 0666, &error));
      assert_refused (cut, DFI_ERROR_FORMAT);
    }
  assert_refused (drawn.folder, DFI_ERROR_IO);
  g_free (bytes);
  g_free (cut);
  g_free (path);
}

/* A copy of the fixture's file with a field of the metadata replaced (or removed, by NULL), and one tensor's bytes or shape
 * replaced. */
typedef struct
{
  const char   *key;
  const char   *value;
  const char   *tensor;
  size_t        shape[2]; /* 0, 0: as it was */
  const guint8 *bytes;    /* at the start of the tensor, 4 of them; the rest as it was */
} Forgery;

static char *
forge (const Forgery *forgery)
{
  static const char    *names[]  = { "mean", "basis", "scale", "labels", "codes", "predictor" };
  static const char    *keys[]   = { "dfi.kind",  "dfi.version",    "dfi.encoder",   "dfi.taps",
                                     "dfi.frame", "dfi.attributes", "dfi.provenance" };
  static const int      ranks[]  = { 1, 2, 2, 2, 2, 2 };
  static const size_t   sizes[]  = { 1, 2, 4 };
  GError               *error    = NULL;
  DfiSafetensors       *file     = dfi_safetensors_open (drawn.path, NULL, 0, &error);
  GPtrArray            *metadata = g_ptr_array_new ();
  DfiTensor             tensors[G_N_ELEMENTS (names)];
  char                 *path = drawn_path ("forged.safetensors");
  DfiSafetensorsWriter *writer;

  for (size_t i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      const char *value = dfi_safetensors_metadata (file, keys[i]);

      if (forgery->key && strcmp (forgery->key, keys[i]) == 0)
        value = forgery->value;
      if (value)
        {
          g_ptr_array_add (metadata, (gpointer) keys[i]);
          g_ptr_array_add (metadata, (gpointer) value);
        }
    }
  g_ptr_array_add (metadata, NULL);

  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      tensors[i] = *dfi_safetensors_tensor (file, names[i], ranks[i], (size_t[]){ 0, 0 }, &error);
      if (forgery->tensor && strcmp (forgery->tensor, names[i]) == 0 && forgery->shape[0])
        memcpy (tensors[i].shape, forgery->shape, sizeof forgery->shape);
    }

  writer = dfi_safetensors_create (path, (const char *const *) metadata->pdata, tensors, G_N_ELEMENTS (tensors), &error);
  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      gboolean forged = forgery->tensor && strcmp (forgery->tensor, names[i]) == 0;
      size_t   size   = tensors[i].count * sizes[tensors[i].dtype];
      size_t   count  = tensors[i].shape[0] * (tensors[i].rank == 2 ? tensors[i].shape[1] : 1);
      size_t   wanted = count * sizes[tensors[i].dtype];
      guint8  *bytes  = g_malloc0 (MAX (size, wanted));

      g_assert_true (dfi_safetensors_read (file, &tensors[i], bytes, &error));
      if (forged && forgery->bytes)
        memcpy (bytes, forgery->bytes, 4);
      g_assert_true (dfi_safetensors_append (writer, bytes, wanted, &error));
      g_free (bytes);
    }
  g_assert_true (dfi_safetensors_commit (writer, &error));

  g_ptr_array_unref (metadata);
  dfi_safetensors_free (file);
  return path;
}

static const guint8 nan_float[4]      = { 0, 0, 0xc0, 0x7f };
static const guint8 negative_float[4] = { 0x0a, 0xd7, 0x23, 0xbc }; /* -0.01 */
static const guint8 large_float[4]    = { 0xca, 0xf2, 0x49, 0x71 }; /* 1e30 */
static const guint8 nan_halves[4]     = { 0, 0x7e, 0, 0xfc };       /* NaN and minus infinity */

static const Forgery forgeries[] = {
  { .key = "dfi.kind", .value = "encoder" },
  { .key = "dfi.kind", .value = NULL },
  { .key = "dfi.version", .value = "3" },
  { .key = "dfi.version", .value = "one" },
  { .key = "dfi.encoder", .value = NULL },
  { .key = "dfi.taps", .value = NULL },
  { .key = "dfi.taps", .value = "[[8,12,12],[16,6,6]]" },
  { .key = "dfi.taps", .value = "{}" },
  { .key = "dfi.taps", .value = "{\"relu3_1\":[8,12,12],\"relu4_1\":[16,6,6]}" },
  { .key = "dfi.taps", .value = "{\"relu3_1\":[8,12,12],\"relu4_1\":[16,6,6],\"relu6_1\":[16,3,3]}" },
  { .key = "dfi.taps", .value = "[[8,12,12],[16,6,6],[16,3,0]]" },
  { .key = "dfi.taps", .value = "[[8,12,12],[16,6,6],[16,3,1.5]]" },
  { .key = "dfi.taps", .value = "[[8,12,12],[16,6,6],[16,3,-3]]" },
  { .key = "dfi.taps", .value = "[[8,12,12],[16,6,6],[16,3,4]]" },
  { .key = "dfi.taps", .value = "[[2147483647,2147483647,2147483647],[16,6,6],[16,3,3]]" },
  { .key = "dfi.taps", .value = "[[8,12,12],[16,6,6],[16,3,3" },
  { .key = "dfi.taps", .value = "[[[[[[[[[[[[1]]]]]]]]]]]]" },
  { .key = "dfi.frame", .value = NULL },
  { .key = "dfi.frame", .value = "48" },
  { .key = "dfi.frame", .value = "{\"size\":48,\"whole\":false}" },
  { .key = "dfi.frame", .value = "{\"size\":48,\"whole\":1}" },
  { .key = "dfi.frame", .value = "{\"size\":48,\"eyes\":[10,20,30,20]}" },
  { .key = "dfi.frame", .value = "{\"size\":0,\"eyes\":[10,20,30,20],\"mouth\":[20,40]}" },
  { .key = "dfi.frame", .value = "{\"size\":\"48\",\"eyes\":[10,20,30,20],\"mouth\":[20,40]}" },
  { .key = "dfi.frame", .value = "{\"size\":48,\"eyes\":[30,20,10,20],\"mouth\":[20,40]}" },
  { .key = "dfi.frame", .value = "{\"size\":48,\"eyes\":[10,20,1e999,20],\"mouth\":[20,40]}" },
  { .key = "dfi.frame", .value = "{\"size\":48,\"eyes\":[10,20,30,20],\"mouth\":[20,null]}" },
  { .key = "dfi.attributes", .value = NULL },
  { .key = "dfi.attributes", .value = "[]" },
  { .key = "dfi.attributes", .value = "{}" },
  { .key = "dfi.attributes", .value = "[\"smiling\"]" },
  { .key = "dfi.attributes", .value = "[{}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"\"}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a b\"}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a=b\"}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\"},{\"name\":\"a\"}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"opposite\":\"b\"}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"opposite\":\"a\"}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"within\":\"a\"}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"within\":[\"b\"]}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"within\":[\"a\"]}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"within\":[1]}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"within\":[null]}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"label\":null}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"group\":[]}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"region\":\"foot\"}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"favourite\":1}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"colour\":-1}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"colour\":true}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"hair\":2.5}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"light\":1.5}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"alike\":2.5}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"renew\":\"foot\"}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"renew\":\"hair\"}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"renew\":\"forehead\"}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"renew\":true}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"strength\":\"2\"}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"a\",\"strength\":11}]" },
  { .key = "dfi.attributes", .value = "[{\"name\":\"only one where the predictor has eight\"}]" },
  { .tensor = "mean", .shape = { 7, 0 } },
  { .tensor = "mean", .bytes = nan_float },
  { .tensor = "mean", .bytes = large_float },
  { .tensor = "basis", .shape = { 3, 100 } },
  { .tensor = "scale", .bytes = nan_float },
  { .tensor = "scale", .bytes = negative_float },
  { .tensor = "scale", .bytes = large_float },
  { .tensor = "labels", .shape = { DRAWN_FACES, 2 } },
  { .tensor = "labels", .shape = { DRAWN_FACES - 1, 1 } },
  { .tensor = "codes", .bytes = nan_halves },
  { .tensor = "codes", .shape = { DRAWN_FACES, 3 } },
  { .tensor = "codes", .shape = { DRAWN_FACES + 1, DRAWN_ROWS } },
  { .tensor = "predictor", .bytes = nan_float },
};

static void
test_forgeries (void)
{
  drawn_init ();
  for (size_t i = 0; i < G_N_ELEMENTS (forgeries); i++)
    {
      char        *path     = forge (&forgeries[i]);
      GError      *error    = NULL;
      DfiDatabase *database = dfi_database_peek (path, &error);

      if (database)
        g_error ("forgery %d (%s, %s) is accepted", (int) i, forgeries[i].key, forgeries[i].value);
      g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
      g_assert_nonnull (strstr (error->message, path));
      g_test_message ("%s", error->message);
      g_error_free (error);
      g_free (path);
    }
}

/* The forger itself makes a good copy when it is asked for nothing; and all but the names may be missing. */
static void
test_honest_copies (void)
{
  static const Forgery honest[] = {
    { .key = NULL },
    { .key = "dfi.provenance", .value = NULL },
    { .key   = "dfi.attributes",
      .value = "[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"c\"},{\"name\":\"d\"},{\"name\":\"e\"},"
               "{\"name\":\"f\",\"hair\":0.5},{\"name\":\"g\",\"region\":\"hair\"},{\"name\":\"h\",\"opposite\":\"a\"}]" },
  };

  drawn_init ();
  for (size_t i = 0; i < G_N_ELEMENTS (honest); i++)
    {
      char        *path     = forge (&honest[i]);
      GError      *error    = NULL;
      DfiDatabase *database = dfi_database_open (path, drawn.encoder, &error);

      g_assert_no_error (error);
      if (i == 2)
        {
          g_assert_cmpfloat (dfi_database_attribute (database, 5)->hair, ==, 0.5);
          g_assert_cmpfloat (dfi_database_attribute (database, 6)->hair, ==, 1.0);
          g_assert_cmpfloat (dfi_database_attribute (database, 7)->hair, ==, 0.0);
          g_assert_cmpstr (dfi_database_attribute (database, 7)->label, ==, "h");
          g_assert_cmpfloat (dfi_database_attribute (database, 7)->strength, ==, 2.0);
          g_assert_cmpint (dfi_database_attribute (database, 7)->opposite, ==, 0);
          g_assert_cmpint (dfi_database_attribute (database, 7)->within[0], ==, -1);
        }
      dfi_database_free (database);
      g_free (path);
    }
}

static void
test_other_weights (void)
{
  DfiEncoder *other = drawn_encoder (4);
  GError     *error = NULL;
  char       *path;
  Forgery     forgery = { .key = "dfi.encoder", .value = dfi_encoder_sha256 (other) };

  drawn_init ();
  g_assert_null (dfi_database_open (drawn.path, other, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_SHAPE);
  g_clear_error (&error);

  path = forge (&forgery); /* says that it fits, and does not */
  g_assert_null (dfi_database_open (path, other, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_SHAPE);
  g_clear_error (&error);

  g_free (path);
  dfi_encoder_free (other);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  drawn_start ();
  g_test_add_func ("/database/prefixes", test_prefixes);
  g_test_add_func ("/database/forgeries", test_forgeries);
  g_test_add_func ("/database/honest-copies", test_honest_copies);
  g_test_add_func ("/database/other-weights", test_other_weights);
  return drawn_end (g_test_run ());
}
