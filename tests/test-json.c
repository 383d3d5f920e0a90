/* JSON: what RFC 8259 allows is read, and nothing else, in a time that is in proportion to the text. */

#include "config.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "files/json-writer.h"
#include "files/json.h"

/* From a copy of exactly its size, so that a sanitizer sees a byte too far. */
static JsonNode *
parse (const char *text, size_t length)
{
  char     *copy = g_memdup2 (text, length);
  JsonNode *node = dfi_json_parse (copy, length);

  g_free (copy);
  return node;
}

static gboolean
readable (const char *text, size_t length)
{
  JsonNode *node = parse (text, length);
  gboolean  good = node != NULL;

  g_clear_pointer (&node, json_node_unref);
  return good;
}

/* What is tried, for whoever reads the log of a test that failed. */
static void
tell (const char *text)
{
  char *line = g_strescape (text, NULL);

  g_test_message ("%s", line);
  g_free (line);
}

static void
test_grammar (void)
{
  static const char *good[] = {
    "{}",
    "[]",
    " \t\r\n[ ] ",
    "0",
    "-0",
    "10",
    "-1.5e+3",
    "1E-2",
    "0.0",
    "true",
    "false",
    "null",
    "\"\"",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
    "\"/* no comment */ // none\"",
    "\"\x7f\xc3\xa9\"",
    "\"\\ud83d\\ude00\"",
    "{\"a\":[1,2,{\"b\":null}],\"\":{}}",
    "[[[[[[[[]]]]]]]]",
    "123456789012345678901234567890",
    "1e999",
  };
  static const char *bad[] = {
    "",
    " ",
    "{",
    "}",
    "[",
    "]",
    "[,]",
    "[1,]",
    "[1 2]",
    "[1}",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{\"a\" 1}",
    "{a:1}",
    "{1:1}",
    "{\"a\":1 \"b\":2}",
    "[]]",
    "{}{}",
    "{} x",
    "[] //",
    "'a'",
    "{'a':1}",
    "/**/[]",
    "[/**/]",
    "[1//\n]",
    "# a\n[]",
    "01",
    "-",
    "+1",
    ".5",
    "5.",
    "1e",
    "1e+",
    "0x10",
    "1_000",
    "1.2.3",
    "--1",
    "NaN",
    "Infinity",
    "-Infinity",
    "True",
    "nul",
    "nulll",
    "tru",
    "\"",
    "\"a",
    "\"\\",
    "\"\\\"",
    "\"\\x41\"",
    "\"\\'\"",
    "\"\\u\"",
    "\"\\u12\"",
    "\"\\u12g4\"",
    "\"\\U0041\"",
    "\"\n\"",
    "\"\t\"",
    "\"\x01\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\ud800\\u0041\"",
    "\"\\ud800\\ud800\"",
    "\"\\ud800x\"",
    "\"\\udc00\"",
    "\"\xff\"",
    "\"\xc3\"",
    "\"\xed\xa0\x80\"",
    "\"\xc0\xaf\"",
    "\xef\xbb\xbf[]",
    "\xc2\xa0[]",
    "\f[]",
    "{\"a\":1,\"a\":2}",
    "{\"a\":1,\"\\u0061\":2}",
    "[[[[[[[[[]]]]]]]]]",
    "{\"a\":[[[[[[[[]]]]]]]]}",
  };

  for (size_t i = 0; i < G_N_ELEMENTS (good); i++)
    {
      tell (good[i]);
      g_assert_true (readable (good[i], strlen (good[i])));
    }
  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      tell (bad[i]);
      g_assert_false (readable (bad[i], strlen (bad[i])));
    }
  g_assert_false (readable ("[]\0", 3));
  g_assert_false (readable ("\"a\0b\"", 5));
}

static void
test_prefixes (void)
{
  static const char text[] = "{\"__metadata__\":{\"dfi.kind\":\"encoder\",\"note\":\"\\u00e9\\n\\ud83d\\ude00 \xc3\xa9\"},"
                             "\"a\":{\"dtype\":\"F32\",\"shape\":[2,-0.5e1],\"data_offsets\":[0,8]},\"b\":[true,false,null]}";

  for (size_t n = 0; n < strlen (text); n++)
    g_assert_false (readable (text, n));
  g_assert_true (readable (text, strlen (text)));
}

static void
test_values (void)
{
  static const char text[] =
      "{\"string\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\",\"int\":-0,\"max\":9223372036854775807,"
      "\"more\":9223372036854775808,\"real\":-12.5e-1,\"huge\":1e999,\"yes\":true,\"no\":false,\"null\":null,"
      "\"sizes\":[3,0,9223372036854775807],\"negative\":[-1],\"mixed\":[1,2.5]}";
  JsonNode *root = parse (text, strlen (text));
  double    number, numbers[3];
  size_t    size, sizes[3];
  gboolean  yes;
  guint     length;

  g_assert_cmpstr (dfi_json_string (dfi_json_member (root, "string")), ==, "\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80");
  g_assert_true (dfi_json_size (dfi_json_member (root, "int"), &size) && size == 0);
  g_assert_true (dfi_json_size (dfi_json_member (root, "max"), &size) && size == G_MAXINT64);
  g_assert_false (dfi_json_size (dfi_json_member (root, "more"), &size));
  g_assert_true (dfi_json_number (dfi_json_member (root, "more"), &number));
  g_assert_cmpfloat (number, ==, 0x1p63);
  g_assert_true (dfi_json_number (dfi_json_member (root, "real"), &number));
  g_assert_cmpfloat (number, ==, -1.25);
  g_assert_false (dfi_json_size (dfi_json_member (root, "real"), &size));
  g_assert_false (dfi_json_number (dfi_json_member (root, "huge"), &number));
  g_assert_true (dfi_json_boolean (dfi_json_member (root, "yes"), &yes) && yes);
  g_assert_true (dfi_json_boolean (dfi_json_member (root, "no"), &yes) && ! yes);
  g_assert_false (dfi_json_boolean (dfi_json_member (root, "null"), &yes));
  g_assert_null (dfi_json_string (dfi_json_member (root, "null")));
  g_assert_null (dfi_json_member (root, "missing"));
  g_assert_cmpint (dfi_json_sizes (dfi_json_member (root, "sizes"), sizes, 3), ==, 3);
  g_assert_cmpuint (sizes[0], ==, 3);
  g_assert_cmpint (dfi_json_sizes (dfi_json_member (root, "sizes"), sizes, 2), ==, -1);
  g_assert_cmpint (dfi_json_sizes (dfi_json_member (root, "negative"), sizes, 3), ==, -1);
  g_assert_true (dfi_json_numbers (dfi_json_member (root, "mixed"), numbers, 2));
  g_assert_false (dfi_json_numbers (dfi_json_member (root, "mixed"), numbers, 3));
  g_assert_null (dfi_json_array (NULL, &length));
  g_assert_cmpuint (length, ==, 0);
  json_node_unref (root);
}

/* @head, then @piece again and again up to 16 MiB. */
static GString *
repeat (const char *head, const char *piece)
{
  GString *text = g_string_new (head);

  while (text->len < 16 << 20)
    g_string_append (text, piece);
  return text;
}

/* Texts as long as a header may be that bring other readers to their knees. */
static void
test_attacks (void)
{
  static const struct
  {
    const char *head, *piece;
  } attacks[] = {
    { "", "[" },
    { "", "{\"a\":" },
    { "{\"a\":/*\"*/", "[" },
    { "{\"a\"://\"\n", "[" },
    { "{'\"':", "[" },
    { "[", "0," },
    { "[", "[]," },
    { "[", "{}," },
    { "[", "\"\"," },
    { "{", "\"a\":0," },
    { "\"", "\\\"" },
    { "\"", "\\u0041" },
    { "", " " },
    { "", "1" },
    { "0.", "0" },
    { "[1", "\xc3\xa9" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (attacks); i++)
    {
      GString *text  = repeat (attacks[i].head, attacks[i].piece);
      clock_t  start = clock ();

      tell (attacks[i].piece);
      g_assert_false (readable (text->str, text->len));
      g_assert_cmpfloat ((double) (clock () - start) / CLOCKS_PER_SEC, <, 4.0); /* a tenth of that, and more under valgrind */
      g_string_free (text, TRUE);
    }
}

/* Good texts of that length, and as many values as there may be, but no more. */
static void
test_long (void)
{
  GString  *text = repeat ("\"", "\xc3\xa9");
  JsonNode *root;
  clock_t   start;

  g_string_append_c (text, '"');
  g_assert_true (readable (text->str, text->len));
  g_string_truncate (text, 0);

  g_string_append_c (text, '{');
  for (int i = 1; i < DFI_JSON_VALUES_MAX; i++)
    g_string_append_printf (text, "%s\"tensor with a name of many bytes, number %d\":0", i > 1 ? "," : "", i);
  g_string_append_c (text, '}');
  start = clock ();
  root  = parse (text->str, text->len);
  g_assert_nonnull (root);
  g_assert_cmpuint (json_object_get_size (json_node_get_object (root)), ==, DFI_JSON_VALUES_MAX - 1);
  g_assert_cmpfloat ((double) (clock () - start) / CLOCKS_PER_SEC, <, 4.0);
  json_node_unref (root);

  text->str[text->len - 1] = ',';
  g_string_append (text, "\"one more\":0}");
  g_assert_false (readable (text->str, text->len));
  g_string_free (text, TRUE);
}

static void
test_writing (void)
{
  JsonBuilder *builder   = json_builder_new ();
  double       numbers[] = { 0.5, -2.0 };
  size_t       sizes[]   = { 3, 0 };
  char        *text;

  dfi_json_begin_object (builder, NULL);
  dfi_json_add_string (builder, "quoted", "\"\n\xc3\xa9");
  dfi_json_add_string (builder, "nothing", NULL);
  dfi_json_add_boolean (builder, "yes", TRUE);
  dfi_json_add_integer (builder, "integer", -7);
  dfi_json_add_number (builder, "number", 0.1);
  dfi_json_add_number (builder, "unknown", NAN);
  dfi_json_add_numbers (builder, "numbers", numbers, 2);
  dfi_json_begin_array (builder, "list");
  dfi_json_add_sizes (builder, NULL, sizes, 2);
  dfi_json_add_string (builder, NULL, "");
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  text = dfi_json_print (builder, FALSE);
  g_assert_cmpstr (text, ==,
                   "{\"quoted\":\"\\\"\\n\xc3\xa9\",\"nothing\":null,\"yes\":true,\"integer\":-7,"
                   "\"number\":0.10000000000000001,\"unknown\":null,\"numbers\":[0.5,-2.0],\"list\":[[3,0],\"\"]}");
  g_assert_true (readable (text, strlen (text)));
  g_free (text);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/grammar", test_grammar);
  g_test_add_func ("/json/prefixes", test_prefixes);
  g_test_add_func ("/json/values", test_values);
  g_test_add_func ("/json/attacks", test_attacks);
  g_test_add_func ("/json/long", test_long);
  g_test_add_func ("/json/writing", test_writing);
  return g_test_run ();
}
