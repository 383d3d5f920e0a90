#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "database/request.h"

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

/* How far @name is from @wanted. A name that begins as the wanted one does counts as near, so that "eye" finds
 * "eyeglasses". */
static size_t
farness (const char *wanted, const char *name)
{
  size_t *row, distance;

  if (strstr (name, wanted))
    return 1;

  row      = g_new (size_t, strlen (name) + 1);
  distance = edit_distance (wanted, name, row);
  g_free (row);
  return distance;
}

/* The names closest to @wanted, at most SUGGESTIONS, nearest first, as “a”, “b”; empty when none is close. Free with
 * g_free(). */
static char *
suggestions (const DfiDatabase *database, const char *wanted)
{
  size_t   limit = strlen (wanted) / 2 + 1;
  GString *text  = g_string_new (NULL);
  int      found = 0;

  for (size_t distance = 0; distance <= limit; distance++)
    for (int a = 0; a < dfi_database_n_attributes (database) && found < SUGGESTIONS; a++)
      {
        const char *name = dfi_database_attribute (database, a)->name;

        if (farness (wanted, name) == distance)
          g_string_append_printf (text, "%s“%s”", found++ ? ", " : "", name);
      }
  return g_string_free (text, FALSE);
}

static int
find_attribute (const DfiDatabase *database, const char *name, GError **error)
{
  char *close;

  for (int a = 0; a < dfi_database_n_attributes (database); a++)
    if (strcmp (name, dfi_database_attribute (database, a)->name) == 0)
      return a;

  close = suggestions (database, name);
  if (*close)
    g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("The database has no attribute “%s”. Close to it are %s."), name, close);
  else
    g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                 _ ("The database has no attribute “%s”; “dfi database info” lists those that it has."), name);
  g_free (close);
  return -1;
}

static gboolean
parse_strength (const char *text, double *alpha, GError **error)
{
  char *end;

  *alpha = g_ascii_strtod (text, &end);
  if (end != text && *g_strchug (end) == '\0' && fabs (*alpha) <= DFI_STRENGTH_MAX) /* FALSE for NaN */
    return TRUE;

  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("“%s” is not a strength; write a number from -%g to %g, such as 1.5."), text,
               DFI_STRENGTH_MAX, DFI_STRENGTH_MAX);
  return FALSE;
}

/* "name" or "name=number"; @wish is taken apart in place. */
static gboolean
parse_wish (const DfiDatabase *database, char *wish, DfiRequest *change, GError **error)
{
  char *equals = strchr (wish, '=');

  if (equals)
    *equals = '\0';
  change->attribute = find_attribute (database, g_strstrip (wish), error);
  if (change->attribute < 0)
    return FALSE;
  if (equals)
    return parse_strength (g_strstrip (equals + 1), &change->alpha, error);

  change->alpha = dfi_database_attribute (database, change->attribute)->strength;
  return TRUE;
}

static gboolean
check_new (const DfiDatabase *database, const GArray *requests, int attribute, GError **error)
{
  for (guint i = 0; i < requests->len; i++)
    if (g_array_index (requests, DfiRequest, i).attribute == attribute)
      {
        g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("The attribute “%s” is named twice; name it once."),
                     dfi_database_attribute (database, attribute)->name);
        return FALSE;
      }
  return TRUE;
}

DfiRequest *
dfi_requests_parse (const DfiDatabase *database, const char *text, int *n_requests, GError **error)
{
  char   **wishes   = g_strsplit (text, ",", -1);
  GArray  *requests = g_array_new (FALSE, FALSE, sizeof (DfiRequest));
  gboolean good     = TRUE;

  for (int i = 0; wishes[i] && good; i++)
    {
      DfiRequest change;

      if (*g_strstrip (wishes[i]) == '\0') /* a comma too many does no harm */
        continue;
      good = parse_wish (database, wishes[i], &change, error) && check_new (database, requests, change.attribute, error);
      if (good)
        g_array_append_val (requests, change);
    }
  if (good && requests->len == 0)
    {
      g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                           _ ("No attribute is named; write one or more, such as “smiling=2, eyeglasses=1.5”."));
      good = FALSE;
    }

  g_strfreev (wishes);
  *n_requests = good ? (int) requests->len : 0;
  return (DfiRequest *) g_array_free (requests, ! good);
}
