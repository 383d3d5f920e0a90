#include "config.h"

#include <string.h>

#include "base/names.h"

#define SUGGESTIONS 3

/* Edit distance: letters to insert, delete or replace (Levenshtein 1966), here of bytes. @row holds strlen (b) + 1 numbers. */
static size_t
edit_distance (const char *a, const char *b, size_t *row)
{
  size_t length = strlen (b);

  for (size_t j = 0; j <= length; j++)
    row[j] = j;
  for (size_t i = 1; i <= strlen (a); i++)
    {
      size_t diagonal = row[0];

      row[0] = i;
      for (size_t j = 1; j <= length; j++)
        {
          size_t replaced = diagonal + (a[i - 1] != b[j - 1]);

          diagonal = row[j];
          row[j]   = MIN (replaced, MIN (row[j - 1], row[j]) + 1);
        }
    }
  return row[length];
}

/* How far @name is from @wanted, which is without capitals, as it counts. A name that contains the wanted one counts as near, so
 * that "eye" finds "eyeglasses". */
static size_t
farness (const char *wanted, const char *name)
{
  char   *folded   = g_utf8_casefold (name, -1);
  size_t *row      = g_new (size_t, strlen (folded) + 1);
  size_t  distance = strstr (folded, wanted) ? 1 : edit_distance (wanted, folded, row);

  g_free (row);
  g_free (folded);
  return distance;
}

char *
dfi_names_close (const char *const *names, const char *wanted)
{
  char    *folded = g_utf8_casefold (wanted, -1);
  size_t   limit  = strlen (folded) / 2 + 1;
  GString *text   = g_string_new (NULL);
  int      found  = 0;

  for (size_t distance = 0; distance <= limit; distance++)
    for (int i = 0; names[i] && found < SUGGESTIONS; i++)
      if (farness (folded, names[i]) == distance)
        g_string_append_printf (text, "%s“%s”", found++ ? ", " : "", names[i]);
  g_free (folded);
  return g_string_free (text, FALSE);
}
