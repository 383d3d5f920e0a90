/* Single instructions of pickles: what they make, and programs that ask for what is not there. */

#include "config.h"

#include <string.h>

#include "base/error.h"
#include "check.h"
#include "import/pickle.h"

#define PROGRAM(text) text, sizeof text - 1

static DfiPickle *
read_program (const char *program, size_t length, GError **error)
{
  DfiWindow *window = g_new0 (DfiWindow, 1);
  DfiCursor  cursor = { window, 0, length };
  DfiPickle *pickle;

  check_write ((const guint8 *) program, length);
  window->file = dfi_input_file_new (check_in, error);
  g_assert_nonnull (window->file);
  pickle = dfi_pickle_read (&cursor, check_in, error);
  g_assert_true (! pickle || cursor.left == 0);
  dfi_input_file_free (window->file);
  g_clear_error (&window->error);
  g_free (window);
  return pickle;
}

static void
test_values (void)
{
  static const struct
  {
    const char   *program;
    size_t        length;
    DfiPickleKind kind;
    gint64        number; /* or of items, or of bytes of text */
  } cases[] = {
    { PROGRAM ("K\xfe."), DFI_PICKLE_INT, 254 },
    { PROGRAM ("M\xfe\xff."), DFI_PICKLE_INT, 65534 },
    { PROGRAM ("J\xfe\xff\xff\xff."), DFI_PICKLE_INT, -2 },
    { PROGRAM ("\x8a\0."), DFI_PICKLE_INT, 0 },
    { PROGRAM ("\x8a\x01\xff."), DFI_PICKLE_INT, -1 },
    { PROGRAM ("\x8a\x02\xff\x7f."), DFI_PICKLE_INT, 32767 },
    { PROGRAM ("\x8a\x03\0\0\x80."), DFI_PICKLE_INT, -8388608 },
    { PROGRAM ("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f."), DFI_PICKLE_INT, G_MAXINT64 },
    { PROGRAM ("\x8a\x09\1\1\1\1\1\1\1\1\1."), DFI_PICKLE_INT, 0 }, /* does not fit */
    { PROGRAM ("\x8b\x01\0\0\0\x05."), DFI_PICKLE_INT, 5 },
    { PROGRAM ("\x89."), DFI_PICKLE_BOOL, 0 },
    { PROGRAM ("U\2ab."), DFI_PICKLE_STRING, 2 },
    { PROGRAM ("T\2\0\0\0ab."), DFI_PICKLE_STRING, 2 },
    { PROGRAM ("\x8d\2\0\0\0\0\0\0\0ab."), DFI_PICKLE_STRING, 2 },
    { PROGRAM ("U\2a\xff."), DFI_PICKLE_BYTES, 0 }, /* of Python 2, no text */
    { PROGRAM ("B\2\0\0\0ab."), DFI_PICKLE_BYTES, 0 },
    { PROGRAM ("\x8e\2\0\0\0\0\0\0\0ab."), DFI_PICKLE_BYTES, 0 },
    { PROGRAM ("\x96\2\0\0\0\0\0\0\0ab."), DFI_PICKLE_BYTES, 0 },
    { PROGRAM ("K\1K\2K\3\x87."), DFI_PICKLE_TUPLE, 3 },
    { PROGRAM ("K\1\x32\x86."), DFI_PICKLE_TUPLE, 2 },
    { PROGRAM ("(K\1K\2K\3\x91."), DFI_PICKLE_TUPLE, 3 },
    { PROGRAM ("(K\1K\2l."), DFI_PICKLE_LIST, 2 },
    { PROGRAM ("]K\1a."), DFI_PICKLE_LIST, 1 },
    { PROGRAM ("\x8f(K\1K\2\x90."), DFI_PICKLE_LIST, 2 },
    { PROGRAM ("(K\1K\2d."), DFI_PICKLE_DICT, 2 },
    { PROGRAM ("}K\1K\2s."), DFI_PICKLE_DICT, 2 },
    { PROGRAM ("K\7(K\1K\2\x31."), DFI_PICKLE_INT, 7 },
    { PROGRAM ("K\7(0."), DFI_PICKLE_INT, 7 },
    { PROGRAM ("K\7K\1\x30."), DFI_PICKLE_INT, 7 },
    { PROGRAM ("K\7q\x03\x30h\x03."), DFI_PICKLE_INT, 7 },
    { PROGRAM ("K\7r\x03\0\1\0\x30j\x03\0\1\0."), DFI_PICKLE_INT, 7 },
    { PROGRAM ("K\7\x94\x30h\0."), DFI_PICKLE_INT, 7 },
    { PROGRAM ("\x80\4\x95\1\0\0\0\0\0\0\0N."), DFI_PICKLE_NONE, 0 },
    { PROGRAM ("cos\nsystem\n."), DFI_PICKLE_STRANGE, 9 },
    { PROGRAM ("U\2osU\6system\x93."), DFI_PICKLE_STRANGE, 9 },
    { PROGRAM ("cos\nsystem\n)R."), DFI_PICKLE_OBJECT, 9 },
    { PROGRAM ("cos\nsystem\n)\x81."), DFI_PICKLE_OBJECT, 9 },
    { PROGRAM ("cos\nsystem\n)}\x92."), DFI_PICKLE_OBJECT, 9 },
    { PROGRAM ("ctorch\nFloatStorage\n)R."), DFI_PICKLE_OBJECT, 0 },
    { PROGRAM ("ccollections\ndefaultdict\n(cos\nsystem\ntR."), DFI_PICKLE_DICT, 0 },
    { PROGRAM ("ccollections\nOrderedDict\n(](](K\1K\2eetR."), DFI_PICKLE_DICT, 2 },
    { PROGRAM ("ctorch._utils\n_rebuild_tensor_v2\n(K\1K\2tR."), DFI_PICKLE_TENSOR, 2 },
    { PROGRAM ("ctorch._utils\n_rebuild_parameter\n(ctorch._utils\n_rebuild_tensor\n(K\1tR\x88tR."), DFI_PICKLE_TENSOR, 1 },
    { PROGRAM ("ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v2\nN(K\1K\2t}tR."), DFI_PICKLE_TENSOR,
      2 },
    { PROGRAM ("(K\1K\2tQ."), DFI_PICKLE_STORAGE, 2 },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GError               *error  = NULL;
      DfiPickle            *pickle = read_program (cases[i].program, cases[i].length, &error);
      const DfiPickleValue *root;
      gint64                number = 0;

      g_assert_no_error (error);
      root = pickle->root;
      g_test_message ("%zu", i);
      g_assert_cmpint (root->kind, ==, cases[i].kind);
      switch (root->kind)
        {
        case DFI_PICKLE_INT:
        case DFI_PICKLE_BOOL: number = root->number; break;
        case DFI_PICKLE_STRING:
        case DFI_PICKLE_STRANGE:
        case DFI_PICKLE_OBJECT: number = root->length; break;
        default: number = root->items ? root->items->len : 0; break;
        }
      g_assert_cmpint (number, ==, cases[i].number);
      dfi_pickle_free (pickle);
    }
}

static void
test_refused (void)
{
  static const struct
  {
    const char *program;
    size_t      length;
  } cases[] = {
    /* the end */
    { PROGRAM ("") },
    { PROGRAM (".") },
    { PROGRAM ("K\1") },
    { PROGRAM ("K\1K\2.") },
    { PROGRAM ("K\1(.") },
    { PROGRAM ("\x80") },
    { PROGRAM ("\x80\1N.") },
    { PROGRAM ("\x80\6N.") },
    { PROGRAM ("\0.") },
    /* numbers and texts that end early */
    { PROGRAM ("K") },
    { PROGRAM ("J\1\2") },
    { PROGRAM ("G\1\2") },
    { PROGRAM ("\x8a") },
    { PROGRAM ("\x8a\2\1") },
    { PROGRAM ("\x8a\x09\1\1") },
    { PROGRAM ("U") },
    { PROGRAM ("U\5ab.") },
    { PROGRAM ("C\5ab.") },
    { PROGRAM ("\x8d\2\0\0") },
    { PROGRAM ("\x95\1\0") },
    { PROGRAM ("cos") },
    { PROGRAM ("cos\nsystem") },
    /* names of what is no text */
    { PROGRAM ("\x93.") },
    { PROGRAM ("U\1a\x93.") },
    { PROGRAM ("K\1U\1a\x93.") },
    { PROGRAM ("U\1aK\1\x93.") },
    /* more than there is on the stack, or above a mark */
    { PROGRAM ("\x85.") },
    { PROGRAM ("K\1\x86.") },
    { PROGRAM ("K\1(\x85.") },
    { PROGRAM ("t.") },
    { PROGRAM ("K\1l.") },
    { PROGRAM ("(K\1d.") },
    { PROGRAM ("0.") },
    { PROGRAM ("1.") },
    { PROGRAM ("2.") },
    { PROGRAM ("K\1a.") },
    { PROGRAM ("K\1K\2a.") },
    { PROGRAM ("]K\1e.") },
    { PROGRAM ("](K\1K\2u.") },
    { PROGRAM ("}(K\1u.") },
    { PROGRAM ("}K\1s.") },
    { PROGRAM ("(K\1e.") },
    /* the memo */
    { PROGRAM ("\x94.") },
    { PROGRAM ("q\1.") },
    { PROGRAM ("Nq") },
    { PROGRAM ("h") },
    { PROGRAM ("h\1.") },
    { PROGRAM ("Nq\1h\2\x86.") },
    /* calls */
    { PROGRAM ("R.") },
    { PROGRAM (")R.") },
    { PROGRAM ("cos\nsystem\nK\1R.") },
    { PROGRAM ("ccollections\nOrderedDict\n(](](K\1eetR.") },
    { PROGRAM ("ccollections\nOrderedDict\n(](K\1etR.") },
    { PROGRAM ("ctorch._utils\n_rebuild_parameter\n)R.") },
    { PROGRAM ("ctorch._tensor\n_rebuild_from_type_v2\n)R.") },
    { PROGRAM ("ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v2\nNNtR.") },
    { PROGRAM ("ctorch._tensor\n_rebuild_from_type_v2\n(ccollections\nOrderedDict\nN)tR.") },
    { PROGRAM ("\x81.") },
    { PROGRAM (")\x81.") },
    { PROGRAM (")}\x92.") },
    { PROGRAM ("Q.") },
    { PROGRAM ("K\1Q.") },
    { PROGRAM ("b.") },
    { PROGRAM ("K\1b.") },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GError *error = NULL;

      g_test_message ("%zu", i);
      g_assert_null (read_program (cases[i].program, cases[i].length, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
      g_assert_nonnull (strstr (error->message, check_in));
      g_error_free (error);
    }
}

static void
test_looking (void)
{
  GError    *error  = NULL;
  DfiPickle *pickle = read_program (PROGRAM ("}(K\1K\2U\1aK\3U\1bU\1cu."), &error);

  g_assert_no_error (error);
  g_assert_cmpint (dfi_pickle_find (pickle->root, "a")->number, ==, 3);
  g_assert_true (dfi_pickle_is (dfi_pickle_find (pickle->root, "b"), "c"));
  g_assert_null (dfi_pickle_find (pickle->root, "c"));
  g_assert_null (dfi_pickle_find (NULL, "a"));
  g_assert_null (dfi_pickle_find (dfi_pickle_find (pickle->root, "a"), "a")); /* no dict */
  g_assert_nonnull (dfi_pickle_item (pickle->root, DFI_PICKLE_DICT, 0, DFI_PICKLE_INT));
  g_assert_null (dfi_pickle_item (pickle->root, DFI_PICKLE_DICT, 0, DFI_PICKLE_STRING));
  g_assert_null (dfi_pickle_item (pickle->root, DFI_PICKLE_LIST, 0, DFI_PICKLE_INT));
  g_assert_null (dfi_pickle_item (pickle->root, DFI_PICKLE_DICT, 6, DFI_PICKLE_INT));
  g_assert_null (dfi_pickle_item (NULL, DFI_PICKLE_DICT, 0, DFI_PICKLE_INT));
  g_assert_false (dfi_pickle_is (NULL, "a"));
  g_assert_false (dfi_pickle_is (pickle->root, "a"));
  dfi_pickle_free (pickle);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  check_start ();
  g_test_add_func ("/import/pickle/values", test_values);
  g_test_add_func ("/import/pickle/refused", test_refused);
  g_test_add_func ("/import/pickle/looking", test_looking);
  status = g_test_run ();
  check_end ();
  return status;
}
