/* The table of options: what is read from text, printed, refused and checked. */

#include "config.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "options.h"

static const DfiOption *
find (const char *name)
{
  GError          *error  = NULL;
  const DfiOption *option = dfi_option_find (name, &error);

  g_assert_no_error (error);
  return option;
}

/* Asserts that @text is read as what prints as @printed. */
static void
assert_parses (const char *text, const char *printed)
{
  GError    *error = NULL;
  DfiOptions options;
  char      *again;

  dfi_options_init (&options);
  dfi_options_parse (&options, text, &error);
  g_assert_no_error (error);
  again = dfi_options_print (&options, NULL);
  g_assert_cmpstr (again, ==, printed);
  g_free (again);
  dfi_options_clear (&options);
}

static void
test_parse (void)
{
  assert_parses ("", "");
  assert_parses (" , ", "");
  assert_parses ("neighbours=100, delta=0", "");
  assert_parses ("delta=0.4,neighbours = 50", "neighbours=50, delta=0.4");
  assert_parses ("delta=0,4,colour=yes", "delta=0.4, colour=yes");
  assert_parses ("taps=relu4_1,relu3_1,match=off", "taps=relu3_1,relu4_1, match=no");
  assert_parses ("lambda=1e-7, feather=0.1", "lambda=1e-07, feather=0.1");
  assert_parses ("weights=/a b/w.safetensors", "weights=/a b/w.safetensors");
  assert_parses ("quality=best", "quality=best");
  assert_parses ("iterations=30, quality=best", "quality=best, iterations=30");
}

/* A preset comes first in whatever order it is given, and only what differs from it is printed. */
static void
test_presets (void)
{
  DfiOptions options;

  assert_parses ("preset=paper", "preset=paper");
  assert_parses ("neighbours=50, preset=paper, colour=no", "preset=paper, neighbours=50, colour=no");
  assert_parses ("quality=preview, preset=slides", "preset=slides, quality=preview");

  dfi_options_init (&options);
  g_assert_true (dfi_options_parse (&options, "preset=paper", NULL));
  g_assert_cmpint (options.edit.iterations, ==, 500);
  g_assert_cmpint (options.edit.nearness, ==, DFI_NEAR_ATTRIBUTES);
  g_assert_cmpint (options.edit.origin, ==, DFI_ORIGIN_FACE);
  g_assert_cmpfloat (options.edit.delta, ==, 0.4);
  g_assert_true (options.edit.colour && options.edit.match && options.edit.box);
  g_assert_true (dfi_options_parse (&options, "preset=slides", NULL));
  g_assert_cmpint (options.edit.nearness, ==, DFI_NEAR_FEATURES);
  g_assert_cmpfloat (options.edit.delta, ==, 0.0);
  g_assert_false (options.edit.match);
  g_assert_true (dfi_options_parse (&options, "quality=best", NULL));
  g_assert_cmpint (options.edit.iterations, ==, 0);
  g_assert_cmpint (options.edit.quality, ==, DFI_QUALITY_BEST);
  dfi_options_clear (&options);
}

static void
test_refused (void)
{
  static const struct
  {
    const char *text, *part; /* of the message */
  } cases[] = {
    { "neighbors=50", "Close to it are “neighbours”" },
    { "xyzzy=1", "there are preset, quality, iterations" },
    { "neighbours=9", "“neighbours” takes a whole number from 10 to 10000, not “9”" },
    { "neighbours=10.5", "a whole number from 10 to 10000" },
    { "neighbours=", "not “”" },
    { "delta=nan", "“delta” takes a number from 0 to 1000" },
    { "lambda=1e7", "from 0 to 1000000" },
    { "beta=0", "from 0.01 to 10" },
    { "feather=0.3px", "from 0.05 to 2, not “0.3px”" },
    { "colour=maybe", "“colour” takes yes or no" },
    { "quality=superb", "one of preview, normal, best, not “superb”" },
    { "preset=mine", "one of paper, slides" },
    { "taps=relu9_1", "relu9_1" },
    { "delta=1, delta=2", "“delta” is named twice" },
    { "delta", "“delta” is not an option; write names and values" },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GError    *error = NULL;
      DfiOptions options;

      dfi_options_init (&options);
      g_assert_false (dfi_options_parse (&options, cases[i].text, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
      g_assert_nonnull (strstr (error->message, cases[i].part));
      g_error_free (error);
      dfi_options_clear (&options);
    }
}

/* Every option gives back the text that it was set to, and is checked. */
static void
test_each (void)
{
  static const char *const values[][2] = {
    { "preset", "slides" },     { "quality", "preview" }, { "iterations", "7" }, { "start", "face" }, { "neighbours", "10" },
    { "by-attributes", "yes" }, { "alike", "no" },        { "taps", "relu4_1" }, { "delta", "0.25" }, { "lambda", "0.1" },
    { "beta", "1.5" },          { "box", "no" },          { "colour", "yes" },   { "focus", "no" },   { "match", "no" },
    { "feather", "2" },         { "weights", "w" },       { "database", "d" },
  };
  DfiOptions options;

  G_STATIC_ASSERT (G_N_ELEMENTS (values) == DFI_N_OPTIONS);
  for (int i = 0; i < DFI_N_OPTIONS; i++)
    {
      const DfiOption *option = find (values[i][0]);
      char            *text;

      g_assert_true (option == &dfi_option_table[i]);
      dfi_options_init (&options);
      g_assert_true (dfi_option_is_usual (option, &options));
      g_assert_true (dfi_options_set (&options, option, values[i][1], NULL));
      g_assert_false (dfi_option_is_usual (option, &options));
      text = dfi_options_get (&options, option);
      g_assert_cmpstr (text, ==, values[i][1]);
      g_free (text);
      dfi_options_clear (&options);
    }
}

static void
test_described (void)
{
  char *text = dfi_option_describe (find ("neighbours"));

  g_assert_cmpstr (text, ==, "Similar faces on either side of a difference (10 to 10000; usually 100)");
  g_free (text);
}

static void
test_leaves_out (void)
{
  const char *const but[] = { "quality", "database", NULL };
  DfiOptions        options;
  char             *text;

  dfi_options_init (&options);
  g_assert_true (dfi_options_parse (&options, "quality=best, beta=1, database=d", NULL));
  text = dfi_options_print (&options, but);
  g_assert_cmpstr (text, ==, "beta=1");
  g_free (text);
  dfi_options_clear (&options);
}

static void
test_check (void)
{
  DfiEditOptions edit;
  GError        *error = NULL;

  dfi_edit_options_init (&edit);
  g_assert_cmpint (edit.iterations, ==, 0);
  g_assert_cmpint (edit.quality, ==, DFI_QUALITY_NORMAL);
  g_assert_true (dfi_edit_options_check (&edit, &error));
  g_assert_no_error (error);

  edit.iterations = -1;
  g_assert_false (dfi_edit_options_check (&edit, &error));
  g_assert_cmpstr (error->message, ==, "“iterations” takes a whole number from 0 to 10000, not “-1”.");
  g_clear_error (&error);

  dfi_edit_options_init (&edit);
  edit.feather = NAN;
  g_assert_false (dfi_edit_options_check (&edit, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_VALUE);
  g_clear_error (&error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/options/parse", test_parse);
  g_test_add_func ("/options/presets", test_presets);
  g_test_add_func ("/options/refused", test_refused);
  g_test_add_func ("/options/each", test_each);
  g_test_add_func ("/options/described", test_described);
  g_test_add_func ("/options/leaves-out", test_leaves_out);
  g_test_add_func ("/options/check", test_check);
  return g_test_run ();
}
