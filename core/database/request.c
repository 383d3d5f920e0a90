#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "base/names.h"
#include "database/request.h"

/* The names closest to @wanted; see dfi_names_close(). Free with g_free(). */
static char *
suggestions (const DfiDatabase *database, const char *wanted)
{
  int          n     = dfi_database_n_attributes (database);
  const char **names = g_new0 (const char *, n + 1);
  char        *text;

  for (int a = 0; a < n; a++)
    names[a] = dfi_database_attribute (database, a)->name;
  text = dfi_names_close (names, wanted);
  g_free (names);
  return text;
}

static int
find_name (const DfiDatabase *database, const char *name)
{
  return dfi_attributes_find (dfi_database_attribute (database, 0), dfi_database_n_attributes (database), name);
}

static int
find_attribute (const DfiDatabase *database, const char *name, GError **error)
{
  int   found = find_name (database, name);
  char *close;

  if (found >= 0)
    return found;

  close = suggestions (database, name);
  if (*close)
    g_set_error (error, DFI_ERROR, DFI_ERROR_ATTRIBUTE, _ ("The database has no attribute “%s”. Close to it are %s."), name,
                 close);
  else
    g_set_error (error, DFI_ERROR, DFI_ERROR_ATTRIBUTE, _ ("The database has no attribute “%s”."), name);
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
parse_wish (const DfiDatabase *database, char *wish, DfiRequest *request, GError **error)
{
  char *equals = strchr (wish, '=');

  if (equals)
    *equals = '\0';
  request->attribute = find_attribute (database, g_strstrip (wish), error);
  if (request->attribute < 0)
    return FALSE;
  if (equals)
    return parse_strength (g_strstrip (equals + 1), &request->alpha, error);

  request->alpha = dfi_database_attribute (database, request->attribute)->strength;
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

/* Whether the text behind a comma is what follows a decimal comma: "1,5". */
static gboolean
is_fraction (const DfiDatabase *database, const char *before, const char *text)
{
  return strchr (before, '=') && ! strchr (before, '.') && *text && strspn (text, "0123456789") == strlen (text) &&
         find_name (database, text) < 0;
}

/* @text at its commas, but for those that are decimal commas, which become points. End with g_ptr_array_unref(). */
static GPtrArray *
split_wishes (const DfiDatabase *database, const char *text)
{
  char     **pieces = g_strsplit (text, ",", -1);
  GPtrArray *wishes = g_ptr_array_new_with_free_func (g_free);

  for (int i = 0; pieces[i]; i++)
    if (i > 0 && is_fraction (database, pieces[i - 1], pieces[i]))
      {
        char *whole = g_ptr_array_steal_index (wishes, wishes->len - 1);

        g_ptr_array_add (wishes, g_strconcat (whole, ".", pieces[i], NULL));
        g_free (whole);
      }
    else
      {
        g_ptr_array_add (wishes, g_strdup (pieces[i]));
      }
  g_strfreev (pieces);
  return wishes;
}

DfiRequest *
dfi_requests_parse (const DfiDatabase *database, const char *text, int *n_requests, GError **error)
{
  GPtrArray *wishes   = split_wishes (database, text);
  GArray    *requests = g_array_new (FALSE, FALSE, sizeof (DfiRequest));
  gboolean   good     = TRUE;

  for (guint i = 0; i < wishes->len && good; i++)
    {
      char      *wish = wishes->pdata[i];
      DfiRequest request;

      if (*g_strstrip (wish) == '\0') /* a comma too many does no harm */
        continue;
      good = parse_wish (database, wish, &request, error) && check_new (database, requests, request.attribute, error);
      if (good)
        g_array_append_val (requests, request);
    }
  if (good && requests->len == 0)
    {
      g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                           _ ("No attribute is named; write one or more, such as “smiling=2, eyeglasses=1.5”."));
      good = FALSE;
    }

  g_ptr_array_unref (wishes);
  *n_requests = good ? (int) requests->len : 0;
  return (DfiRequest *) g_array_free (requests, ! good);
}
