#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "network/taps.h"

/* The names of layers, by their bits. */
static const char *names[] = {
  "relu1_1", "relu1_2", NULL,      NULL,      "relu2_1", "relu2_2", NULL,      NULL,      "relu3_1",
  "relu3_2", "relu3_3", "relu3_4", "relu4_1", "relu4_2", "relu4_3", "relu4_4", "relu5_1",
};

int
dfi_taps_count (DfiTaps taps)
{
  int count = 0;

  for (; taps; taps &= taps - 1)
    count++;
  return count;
}

/* The @number-th of @taps, from 0, alone. */
static DfiTaps
nth (DfiTaps taps, int number)
{
  for (; number > 0; number--)
    taps &= taps - 1;
  return taps & -taps;
}

const char *
dfi_taps_name (DfiTaps taps, int number)
{
  int bit = g_bit_nth_lsf (nth (taps, number), -1);

  g_return_val_if_fail (bit >= 0 && bit < (int) G_N_ELEMENTS (names), NULL);
  return names[bit];
}

DfiTaps
dfi_taps_find (const char *name)
{
  for (size_t bit = 0; bit < G_N_ELEMENTS (names); bit++)
    if (names[bit] && strcmp (name, names[bit]) == 0)
      return 1u << bit;
  return 0;
}

DfiTaps
dfi_taps_parse (const char *text, GError **error)
{
  char   **words = g_strsplit (text, ",", -1);
  DfiTaps  taps  = 0;
  gboolean good  = words[0] != NULL;

  for (int i = 0; good && words[i]; i++)
    {
      DfiTaps tap = dfi_taps_find (g_strstrip (words[i]));

      good = tap != 0 && ! (taps & tap);
      taps |= tap;
    }
  g_strfreev (words);
  if (good)
    return taps;

  g_set_error (
      error, DFI_ERROR, DFI_ERROR_VALUE,
      _ ("“%s” does not name layers, each once; write for instance relu3_1,relu4_1,relu5_1. There are relu1_1 to relu1_2, "
         "relu2_1 to relu2_2, relu3_1 to relu3_4, relu4_1 to relu4_4, and relu5_1."),
      text);
  return 0;
}

char *
dfi_taps_print (DfiTaps taps)
{
  GString *text = g_string_new (NULL);

  for (int i = 0; i < dfi_taps_count (taps); i++)
    g_string_append_printf (text, "%s%s", i ? "," : "", dfi_taps_name (taps, i));
  return g_string_free (text, FALSE);
}
