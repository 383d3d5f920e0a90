/* What people write: options of an edit, requests, layers. */

#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "options.h"

/* What is printed of options is read as the same. */
static void
parse_options (const char *text)
{
  DfiOptions options, again;
  GError    *error = NULL;
  gboolean   done;

  dfi_options_init (&options);
  done = dfi_options_parse (&options, text, &error);
  fuzz_told (done, &error);
  if (done)
    {
      char *first = dfi_options_print (&options, NULL), *second;

      g_assert_true (dfi_edit_options_check (&options.edit, NULL));
      dfi_options_init (&again);
      dfi_options_parse (&again, first, &error);
      g_assert_no_error (error);
      second = dfi_options_print (&again, NULL);
      g_assert_cmpstr (first, ==, second);
      g_free (second);
      g_free (first);
      dfi_options_clear (&again);
    }
  dfi_options_clear (&options);
}

static void
parse_requests (const char *text)
{
  static DfiDatabase *database;
  GError             *error = NULL;
  DfiRequest         *requests;
  int                 n;

  if (! database)
    database = dfi_database_open (fuzz_database (), fuzz_encoder (), &error);
  g_assert_no_error (error);
  requests = dfi_requests_parse (database, text, &n, &error);
  fuzz_told (requests != NULL, &error);
  for (int i = 0; requests && i < n; i++)
    g_assert_true (requests[i].alpha >= -DFI_STRENGTH_MAX && requests[i].alpha <= DFI_STRENGTH_MAX);
  g_free (requests);
}

static void
parse_taps (const char *text)
{
  GError *error = NULL;
  DfiTaps taps  = dfi_taps_parse (text, &error);

  fuzz_told (taps != 0, &error);
  if (taps)
    {
      char *again = dfi_taps_print (taps);

      g_assert_true (dfi_taps_parse (again, NULL) == taps);
      g_free (again);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  char *text = g_strndup ((const char *) data, size);

  parse_options (text);
  parse_requests (text);
  parse_taps (text);
  g_free (text);
  return 0;
}

void
fuzz_seeds (const char *folder)
{
  static const char *const texts[] = {
    "odd=2, third=-1,5",
    "Odd, third",
    "relu3_1, relu4_1,relu5_1",
    "preset=paper, neighbours=50, taps=relu3_1,relu4_1",
    "quality=best,iterations=7,start=face,nearness=attributes",
    "delta=0,4,lambda=0.001,beta=2,feather=0.2,colour=yes,box=no,focus=no,match=yes",
    "weights=/tmp/a,b,database=c.safetensors",
  };
  DfiOptions options;

  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      char name[2] = { '0' + i, '\0' };

      fuzz_seed (folder, name, texts[i], strlen (texts[i]));
    }
  dfi_options_init (&options);
  for (int i = 0; i < DFI_N_OPTIONS; i++) /* each option by its name, so that all names are known to the fuzzer */
    {
      char *value = dfi_options_get (&options, &dfi_option_table[i]);
      char *text  = g_strdup_printf ("%s=%s", dfi_option_table[i].name, value);

      fuzz_seed (folder, dfi_option_table[i].name, text, strlen (text));
      g_free (text);
      g_free (value);
    }
  dfi_options_clear (&options);
}
