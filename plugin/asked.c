#include "config.h"

#include <string.h>

#include "asked.h"

/* Adds what one part of a text says: @words of the faces that @who says. */
static gboolean
add_part (char **asked, int n_faces, const char *who, const char *words, GError **error)
{
  gboolean *chosen = dfi_faces_chosen (who, n_faces, error);

  for (int i = 0; chosen && i < n_faces; i++)
    if (chosen[i])
      {
        char *more = g_strconcat (asked[i], *asked[i] ? ", " : "", words, NULL);

        g_free (asked[i]);
        asked[i] = more;
      }
  g_free (chosen);
  return chosen != NULL;
}

/* Cuts @part at its colon, and returns what follows; @who is what stands before, or NULL. */
static char *
cut_part (char *part, char **who)
{
  char *colon = strchr (part, ':');

  *who = colon ? part : NULL;
  if (colon)
    *colon = '\0';
  return g_strstrip (colon ? colon + 1 : part);
}

char **
dfi_asked_parse (const char *text, const char *faces, int n_faces, GError **error)
{
  char   **parts = g_strsplit (text, ";", -1);
  char   **asked = g_new0 (char *, n_faces + 1);
  gboolean good  = TRUE;

  for (int i = 0; i < n_faces; i++)
    asked[i] = g_strdup ("");
  for (char **part = parts; *part && good; part++)
    {
      char *who, *words = cut_part (*part, &who);

      good = ! *words || add_part (asked, n_faces, who ? who : faces, words, error);
    }
  if (! good)
    g_clear_pointer (&asked, g_strfreev);
  g_strfreev (parts);
  return asked;
}

char *
dfi_asked_print (char *const *asked, char **faces)
{
  GString    *numbers = g_string_new (NULL);
  GString    *text    = g_string_new (NULL);
  const char *first   = NULL; /* that is something */
  gboolean    alike   = TRUE;

  for (int i = 0; asked[i]; i++)
    if (*asked[i])
      {
        first = first ? first : asked[i];
        alike = alike && strcmp (first, asked[i]) == 0;
        g_string_append_printf (numbers, "%s%d", numbers->len ? ", " : "", i + 1);
        g_string_append_printf (text, "%s%d: %s", text->len ? "; " : "", i + 1, asked[i]);
      }
  if (faces && alike)
    g_string_assign (text, first ? first : "");
  if (faces)
    *faces = g_strdup (numbers->str);
  g_string_free (numbers, TRUE);
  return g_string_free (text, FALSE);
}

/* Those parts of @text that have numbers, or those that have none.  Free with g_free(). */
static char *
pick_parts (const char *text, gboolean numbered)
{
  char   **parts  = g_strsplit (text, ";", -1);
  GString *picked = g_string_new (NULL);

  for (char **part = parts; *part; part++)
    if ((strchr (*part, ':') != NULL) == numbered && *g_strstrip (*part))
      g_string_append_printf (picked, "%s%s", picked->len == 0 ? "" : numbered ? "; " : ", ", *part);
  g_strfreev (parts);
  return g_string_free (picked, FALSE);
}

char *
dfi_asked_of_chosen (const char *text)
{
  return pick_parts (text, FALSE);
}

char *
dfi_asked_of_numbers (const char *text)
{
  return pick_parts (text, TRUE);
}
