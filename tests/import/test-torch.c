/* Files of PyTorch. */

#include "config.h"

#include <string.h>

#include "bytes.h"
#include "check.h"
#include "files/safetensors-reader.h"
#include "import/import.h"
#include "make-torch.h"
#include "make-zip.h"

static void
test_state_dicts (void)
{
  for (size_t v = 0; v < G_N_ELEMENTS (dfi_vggs); v++)
    {
      Network *network = network_new (&dfi_vggs[v], 2);

      for (Lie form = HONEST; form <= HONEST_LAST; form++)
        {
          check_accept (make_torch_zip (network, form), network, FALSE);
          check_accept (make_torch_legacy (network, form), network, FALSE);
        }
      network_free (network);
    }
}

static void
test_lies (void)
{
  static const char *texts[] = {
    [BATCH_NORM]          = "batch normalisation",
    [LIE_GLOBAL]          = "os.system",
    [LIE_INSTRUCTION]     = "0x69",
    [LIE_COUNT]           = "fit",
    [LIE_COUNT_HUGE]      = "fit",
    [LIE_OFFSET]          = "fit",
    [LIE_OFFSET_NEGATIVE] = "fit",
    [LIE_STRIDE]          = "fit",
    [LIE_SHAPE]           = "fit",
    [LIE_SHAPE_HUGE]      = "fit",
    [LIE_KEY]             = "fit",
    [LIE_VIEW]            = "fit",
    [LIE_PROTOCOL]        = "protocol 6",
    [LIE_TWICE]           = "twice",
  };
  Network *network = network_new (&dfi_vggs[1], 1);

  for (Lie lie = BATCH_NORM; lie <= LIE_TWICE; lie++)
    {
      check_refuse (make_torch_zip (network, lie), texts[lie]);
      check_refuse (make_torch_legacy (network, lie), texts[lie]);
    }
  network_free (network);
}

/* Where the layers are called as in Caffe, the network wants its input, unless it is told otherwise. */
static void
test_caffe_names (void)
{
  Network        *network = network_new (&dfi_vggs[0], 1);
  GByteArray     *bytes   = make_torch_zip (network, CAFFE_NAMES);
  GError         *error   = NULL;
  DfiSafetensors *file;

  check_write (bytes->data, bytes->len);
  for (int said = 0; said < 2; said++)
    {
      g_assert_true (
          dfi_import_weights (check_in, check_out, said ? DFI_IMPORT_INPUT_TORCHVISION : DFI_IMPORT_INPUT_AUTO, FALSE, &error));
      file = dfi_safetensors_open (check_out, "encoder", 1, &error);
      g_assert_no_error (error);
      g_assert_nonnull (strstr (dfi_safetensors_metadata (file, "dfi.source"), said ? "RGB" : "BGR"));
      dfi_safetensors_free (file);
    }
  g_byte_array_unref (bytes);
  network_free (network);
}

/* ---------- one tensor, by hand ---------- */

#define STORAGE(type, key, count) "(U\7storagectorch\n" type "Storage\nU\1" key "U\3cpu" count "tQ"
#define GOOD_STORAGE              STORAGE ("Float", "0", "K\1")
#define TENSOR(storage, rest)     "ctorch._utils\n_rebuild_tensor_v2\n(" storage rest "\x89}tR"
#define GOOD_REST                 "K\0(K\1t(K\1t"
#define DICT(tensor)              "\x80\2}U\1w" tensor "s."

/* A zip of the program, and of the storage 0 of one number. */
static GByteArray *
zip_of (const char *program, size_t length, const char *order)
{
  GByteArray *pickle = g_byte_array_new (), *number = g_byte_array_new (), *byteorder = g_byte_array_new ();
  Zip        *zip = zip_new ();

  put (pickle, program, length);
  put_number (number, 0, 4);
  put_text (byteorder, order ? order : "");
  zip_add (zip, "net/data.pkl", pickle);
  zip_add (zip, "net/data/0", number);
  if (order)
    zip_add (zip, "net/byteorder", byteorder);
  g_byte_array_unref (byteorder);
  g_byte_array_unref (number);
  g_byte_array_unref (pickle);
  return zip_end (zip);
}

#define REFUSE(program, text) check_refuse (zip_of (program, sizeof program - 1, NULL), text)

/* Nothing is wrong with the good one but that one number is no network. */
static void
test_tensors (void)
{
  const char *fit = "do not fit together", *network = "VGG";

  REFUSE (DICT (TENSOR (GOOD_STORAGE, GOOD_REST)), network);
  REFUSE (DICT (TENSOR (STORAGE ("Long", "0", "K\1"), GOOD_REST)), "no tensors");
  REFUSE (DICT (TENSOR (GOOD_STORAGE, "K\0(K\1K\1t(K\1K\1t")), "no tensors"); /* of two dimensions */

  REFUSE (DICT (TENSOR ("(U\6othersctorch\nFloatStorage\nU\1"
                        "0U\3cpuK\1tQ",
                        GOOD_REST)),
          fit);
  REFUSE (DICT (TENSOR ("(U\7storageK\1U\1"
                        "0U\3cpuK\1tQ",
                        GOOD_REST)),
          fit);
  REFUSE (DICT (TENSOR ("(U\7storageccollections\nOrderedDict\nU\1"
                        "0U\3cpuK\1tQ",
                        GOOD_REST)),
          fit);
  REFUSE (DICT (TENSOR ("(U\7storagectorch\nFloatStorage\nK\0U\3cpuK\1tQ", GOOD_REST)), fit);
  REFUSE (DICT (TENSOR (STORAGE ("Float", "0", "N"), GOOD_REST)), fit);
  REFUSE (DICT (TENSOR (STORAGE ("Float", "0", ""), GOOD_REST)), fit);
  REFUSE (DICT (TENSOR (STORAGE ("Float", "0", "K\1NN"), GOOD_REST)), fit);
  REFUSE (DICT (TENSOR (STORAGE ("Float", "0", "K\1K\1"), GOOD_REST)), fit);
  REFUSE (DICT (TENSOR (STORAGE ("Float", "1", "K\1"), GOOD_REST)), fit);
  REFUSE (DICT (TENSOR (STORAGE ("Half", "0", "K\1"), GOOD_REST)), fit);
  REFUSE (DICT (TENSOR ("N", GOOD_REST)), fit);

  REFUSE (DICT (TENSOR (GOOD_STORAGE, "N(K\1t(K\1t")), fit);
  REFUSE (DICT (TENSOR (GOOD_STORAGE, "K\2(K\1t(K\1t")), fit);
  REFUSE (DICT (TENSOR (GOOD_STORAGE, "K\0K\1(K\1t")), fit);
  REFUSE (DICT (TENSOR (GOOD_STORAGE, "K\0(K\1tK\1")), fit);
  REFUSE (DICT (TENSOR (GOOD_STORAGE, "K\0(K\1t(K\1K\1t")), fit);
  REFUSE (DICT (TENSOR (GOOD_STORAGE, "K\0(Nt(K\1t")), fit);
  REFUSE (DICT (TENSOR (GOOD_STORAGE, "K\0(K\1t(Nt")), fit);
  REFUSE (DICT (TENSOR (GOOD_STORAGE, "K\0(K\1t(J\xff\xff\xff\xfft")), fit);
  REFUSE (DICT (TENSOR (GOOD_STORAGE, "K\0(K\4t(\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7ft")), fit);
  REFUSE (DICT (TENSOR (GOOD_STORAGE, "K\0(K\3K\3K\1K\1t(\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x32K\1K\1t")), fit);
  REFUSE (DICT (TENSOR (GOOD_STORAGE, "K\0(M\xff\xffM\xff\xffM\xff\xffM\xff\xfft(K\0K\0K\0K\0t")), "VGG");
}

/* Only what a state dict names is looked at: not under keys that are no text, and no deeper than is sensible. */
static void
test_walk (void)
{
  GString *deep = g_string_new ("\x80\2");

  REFUSE ("\x80\2}K\1" TENSOR (GOOD_STORAGE, GOOD_REST) "s.", "no tensors");
  REFUSE ("\x80\2}U\2a\0" TENSOR (GOOD_STORAGE, GOOD_REST) "s.", "no tensors");
  REFUSE ("\x80\2](" TENSOR ("N", GOOD_REST) "e.", "do not fit together");
  REFUSE ("\x80\2}q\1U\1ah\1s.", "no tensors"); /* in a circle */
  REFUSE ("\x80\2K\1.", "no tensors");
  REFUSE ("\x80\2ccollections\nOrderedDict\n.", "no tensors");
  REFUSE ("\x80\2ctorch\nFloatStorage\n)R.", "no tensors"); /* an object without a name */
  REFUSE ("\x80\2cos\nsystem\n)R.", "os.system");

  for (int i = 0; i < 200; i++)
    g_string_append_c (deep, ']');
  g_string_append_len (deep, TENSOR ("N", GOOD_REST), sizeof TENSOR ("N", GOOD_REST) - 1);
  for (int i = 0; i < 200; i++)
    g_string_append_c (deep, 'a');
  g_string_append_c (deep, '.');
  check_refuse (zip_of (deep->str, deep->len, NULL), "no tensors");
  g_string_free (deep, TRUE);
}

static void
test_byte_order (void)
{
  static const char good[] = DICT (TENSOR (GOOD_STORAGE, GOOD_REST));

  check_refuse (zip_of (good, sizeof good - 1, "little"), "VGG");
  check_refuse (zip_of (good, sizeof good - 1, "big"), "little-endian");
  check_refuse (zip_of (good, sizeof good - 1, "middle"), "little-endian");
}

/* The five pickles of the form before, and behind them the storages. */
static void
test_legacy (void)
{
#define MAGIC   "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
#define VERSION "\x80\x02M\xe9\x03."
#define SYSTEM  "\x80\x02}U\x0dlittle_endian\x88s."
#define STATE   DICT (TENSOR (GOOD_STORAGE, GOOD_REST))
#define KEYS     \
  "\x80\x02]U\1" \
  "0a."
#define STORAGES "\1\0\0\0\0\0\0\0\0\0\0\0"
  static const struct
  {
    const char *program;
    size_t      length;
    const char *text;
  } cases[] = {
#define CASE(program, text) { program, sizeof (program) - 1, text }
    CASE (MAGIC VERSION SYSTEM STATE KEYS STORAGES, "VGG"),
    CASE (MAGIC "\x80\x02M\xe8\x03." SYSTEM STATE KEYS STORAGES, "version is unknown"),
    CASE (MAGIC "\x80\x02N." SYSTEM STATE KEYS STORAGES, "version is unknown"),
    CASE (MAGIC VERSION "\x80\x02}U\x0dlittle_endian\x89s." STATE KEYS STORAGES, "little-endian"),
    CASE (MAGIC VERSION "\x80\x02}U\x0dlittle_endianK\1s." STATE KEYS STORAGES, "little-endian"),
    CASE (MAGIC VERSION "\x80\x02}." STATE KEYS STORAGES, "little-endian"),
    CASE (MAGIC VERSION SYSTEM STATE "\x80\x02N." STORAGES, "storages do not fit"),
    CASE (MAGIC VERSION SYSTEM STATE "\x80\x02]K\0a." STORAGES, "storages do not fit"),
    CASE (MAGIC VERSION SYSTEM STATE "\x80\x02]U\1"
                                     "1a." STORAGES,
          "storages do not fit"),
    CASE (MAGIC VERSION SYSTEM STATE "\x80\x02](U\1"
                                     "0U\1"
                                     "0e." STORAGES STORAGES,
          "storages do not fit"),
    CASE (MAGIC VERSION SYSTEM STATE KEYS "\2\0\0\0\0\0\0\0\0\0\0\0", "storages do not fit"),
    CASE (MAGIC VERSION SYSTEM STATE KEYS STORAGES "\0", "storages do not fit"),
    CASE (MAGIC VERSION SYSTEM STATE KEYS "\1\0\0\0\0\0\0\0\0\0\0", "storages do not fit"),
    CASE (MAGIC VERSION SYSTEM STATE KEYS "\1\0\0\0", "storages do not fit"),
    CASE (MAGIC VERSION SYSTEM STATE "\x80\x02].", "do not fit together"),
    CASE (MAGIC VERSION SYSTEM "\x80\2](" GOOD_STORAGE STORAGE ("Float", "0", "K\2") "e." KEYS STORAGES, "storages do not fit"),
    CASE (MAGIC VERSION SYSTEM "\x80\2](" GOOD_STORAGE STORAGE ("Half", "0", "K\1") "e." KEYS STORAGES, "storages do not fit"),
    CASE (MAGIC VERSION SYSTEM "\x80\2](" GOOD_STORAGE "K\1\x85Qe." KEYS STORAGES, "storages do not fit"),
    CASE (MAGIC VERSION SYSTEM STATE, "makes no sense"),
#undef CASE
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GByteArray *bytes = g_byte_array_new ();

      put (bytes, cases[i].program, cases[i].length);
      check_refuse (bytes, cases[i].text);
    }
}

/* A pickle that makes as many values as it has bytes is refused before they take much memory. */
static void
test_bomb (void)
{
  GByteArray *bomb = g_byte_array_new ();
  Zip        *zip  = zip_new ();

  put_text (bomb, "\x80\2");
  for (int i = 0; i < 2000000; i++)
    put_text (bomb, "](");
  zip_add (zip, "net/data.pkl", bomb);
  check_refuse (zip_end (zip), "more values");
  g_byte_array_unref (bomb);
}

static void
test_packed (void)
{
  GByteArray *pickle = g_byte_array_new ();
  Zip        *zip    = zip_new ();

  zip->method = 8;
  zip_add (zip, "net/data.pkl", pickle);
  check_refuse (zip_end (zip), "compressed");
  g_byte_array_unref (pickle);
}

/* Where @sign, of four bytes, is in @bytes for the first time. */
static guint
find_sign (const GByteArray *bytes, const char *sign)
{
  guint i = 0;

  while (memcmp (bytes->data + i, sign, 4) != 0)
    g_assert_cmpuint (++i + 4, <=, bytes->len);
  return i;
}

/* Numbers of the directory that make no sense, or say what is not read. */
static void
test_archive (void)
{
  static const char good[] = DICT (TENSOR (GOOD_STORAGE, GOOD_REST));
  static const struct
  {
    const char *sign;
    int         at, size;
    guint32     number;
    const char *text;
  } lies[] = {
    { "PK\5\6", 16, 4, G_MAXUINT32, "more than 4 GB" },
    { "PK\5\6", 16, 4, 1 << 20, "no readable directory" }, /* it is behind the end */
    { "PK\5\6", 12, 4, 1 << 20, "no readable directory" }, /* so is its own */
    { "PK\5\6", 10, 2, 3, "no readable directory" },       /* entries */
    { "PK\5\6", 20, 2, 1, "no readable directory" },       /* a comment that is not there */
    { "PK\1\2", 8, 2, 1, "compressed or encrypted" },
    { "PK\1\2", 10, 2, 8, "compressed or encrypted" },
    { "PK\1\2", 24, 4, G_MAXUINT32, "more than 4 GB" },
    { "PK\1\2", 42, 4, G_MAXUINT32, "more than 4 GB" },
    { "PK\1\2", 24, 4, 5, "no readable directory" }, /* another size than that of what is packed */
    { "PK\1\2", 42, 4, 1 << 20, "no readable directory" },
    { "PK\1\2", 42, 4, 1, "no readable directory" }, /* where no entry is */
    { "PK\1\2", 28, 2, 60000, "no readable directory" },
    { "PK\1\2", 30, 2, 60000, "no readable directory" },
    { "PK\1\2", 46, 1, 0xff, "no readable directory" }, /* a name that is no text */
    { "PK\3\4", 26, 2, 60000, "no readable directory" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (lies); i++)
    {
      GByteArray *bytes = zip_of (good, sizeof good - 1, NULL);
      guint       at    = find_sign (bytes, lies[i].sign) + lies[i].at;

      g_test_message ("%zu", i);
      for (int k = 0; k < lies[i].size; k++)
        bytes->data[at + k] = lies[i].number >> 8 * k;
      check_refuse (bytes, lies[i].text);
    }

  /* A comment behind the directory, in which something looks like its end. */
  {
    GByteArray *bytes = zip_of (good, sizeof good - 1, NULL);

    bytes->data[find_sign (bytes, "PK\5\6") + 20] = 26;
    put (bytes, "PK\5\6 is how it begins; so.", 26);
    check_refuse (bytes, "VGG");
  }
}

static void
test_damage (void)
{
  Network *network = network_new (&dfi_vggs[1], 1);

  check_damage (make_torch_zip (network, HONEST), 1);
  check_damage (make_torch_legacy (network, HONEST), 1);
  check_damage (make_torch_legacy (network, PYTHON_2), 3);
  check_damage (make_torch_zip (network, OBJECTS), 5);
  check_damage (make_torch_zip (network, PROTOCOL_4), 5);
  network_free (network);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  check_start ();
  g_test_add_func ("/import/torch/state-dicts", test_state_dicts);
  g_test_add_func ("/import/torch/lies", test_lies);
  g_test_add_func ("/import/torch/caffe-names", test_caffe_names);
  g_test_add_func ("/import/torch/tensors", test_tensors);
  g_test_add_func ("/import/torch/walk", test_walk);
  g_test_add_func ("/import/torch/byte-order", test_byte_order);
  g_test_add_func ("/import/torch/legacy", test_legacy);
  g_test_add_func ("/import/torch/archive", test_archive);
  g_test_add_func ("/import/torch/bomb", test_bomb);
  g_test_add_func ("/import/torch/packed", test_packed);
  g_test_add_func ("/import/torch/damage", test_damage);
  status = g_test_run ();
  check_end ();
  return status;
}
