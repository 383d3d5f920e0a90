#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>
#include <glib/gprintf.h>
#include <glib/gstdio.h>

#include "console.h"
#include "dfi.h"
#include "files/json-writer.h"

/* ---------- arguments ---------- */

/* GOptionContext leaves the "--" that ends options, behind which names may begin with a dash, where the first of them follows. */
static void
drop_separator (char **argv, int *argc)
{
  int i = 1;

  while (i < *argc && strcmp (argv[i], "--") != 0)
    i++;
  if (i == *argc)
    return;
  memmove (argv + i, argv + i + 1, (*argc - i) * sizeof *argv); /* and the NULL */
  --*argc;
}

gboolean
dfi_cli_parse (const char         *usage,
               const char         *summary,
               const GOptionEntry *entries,
               gpointer            data,
               int                *argc,
               char             ***argv,
               int                 n_positional)
{
  GOptionContext *context = g_option_context_new (usage);
  GOptionGroup   *group   = g_option_group_new (NULL, NULL, NULL, data, NULL);
  GError         *error   = NULL;
  gboolean        fits;

  g_option_group_add_entries (group, entries);
  g_option_group_set_translation_domain (group, GETTEXT_PACKAGE);
  g_option_context_set_main_group (context, group);
  g_option_context_set_summary (context, summary);
  fits = g_option_context_parse (context, argc, argv, &error);
  g_option_context_free (context);
  if (fits)
    drop_separator (*argv, argc);

  if (fits && n_positional != DFI_CLI_ANY && *argc != n_positional + 1)
    {
      g_fprintf (stderr, _ ("Usage: dfi %s\n"), usage);
      fits = FALSE;
    }
  else if (! fits)
    {
      dfi_cli_fail (error);
    }
  return fits;
}

gboolean
dfi_cli_check_output (const char *out, char *const *inputs, GError **error)
{
  GStatBuf output, input;

  if (g_stat (out, &output) != 0 || ! S_ISREG (output.st_mode))
    return TRUE;
  for (int i = 0; inputs[i]; i++)
    if (g_stat (inputs[i], &input) == 0 && input.st_dev == output.st_dev && input.st_ino == output.st_ino)
      {
        g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                     _ ("“%s” is read, and would be written over; give the result another name."), out);
        return FALSE;
      }
  return TRUE;
}

/* ---------- what is said ---------- */

int
dfi_cli_fail (GError *error)
{
  g_fprintf (stderr, "dfi: %s\n", error->message);
  g_error_free (error);
  return DFI_EXIT_FAILED;
}

void
dfi_cli_print_note (const char *note, const char *name)
{
  if (name)
    g_fprintf (stderr, "dfi: %s: %s\n", name, note);
  else
    g_fprintf (stderr, "dfi: %s\n", note);
}

void
dfi_cli_print_json (JsonBuilder *builder, gboolean pretty)
{
  char *text = dfi_json_print (builder, pretty);

  g_printf ("%s\n", text);
  g_free (text);
}

/* ---------- lists ---------- */

struct _DfiCliList
{
  char *path;
  FILE *file;
  int   problem; /* errno of the first line that could not be written, or 0 */
};

gboolean
dfi_cli_open_list (const char *path, DfiCliList **list, GError **error)
{
  FILE *file = path ? g_fopen (path, "w") : NULL;

  *list = NULL;
  if (path && ! file)
    return dfi_error_set_unwritable (error, path);
  if (file)
    {
      *list         = g_new0 (DfiCliList, 1);
      (*list)->path = g_strdup (path);
      (*list)->file = file;
    }
  return TRUE;
}

void
dfi_cli_list_failure (DfiCliList *list, const char *file, const char *reason)
{
  char *line = g_strdelimit (g_strdup (reason), "\n", ' ');

  if (list && (g_fprintf (list->file, "%s\t%s\n", file, line) < 0 || fflush (list->file) != 0) && list->problem == 0)
    list->problem = errno;
  g_free (line);
}

gboolean
dfi_cli_close_list (DfiCliList *list, GError **error)
{
  gboolean done = TRUE;

  if (! list)
    return TRUE;

  if (fclose (list->file) != 0 && list->problem == 0)
    list->problem = errno;
  if (list->problem != 0)
    {
      errno = list->problem;
      done  = dfi_error_set_unwritable (error, list->path);
    }
  g_free (list->path);
  g_free (list);
  return done;
}

/* ---------- progress ---------- */

void
dfi_cli_progress_start (DfiCliProgress *line, const char *label)
{
  line->label = label;
  line->start = g_get_monotonic_time ();
}

gboolean
dfi_cli_progress (double fraction, gpointer data)
{
  const DfiCliProgress *line    = data;
  double                elapsed = (g_get_monotonic_time () - line->start) / 1e6;

  if (! isatty (STDERR_FILENO))
    return TRUE;

  g_fprintf (stderr, "\r%s %3.0f %%", line->label, 100.0 * fraction);
  if (fraction > 0.0)
    g_fprintf (stderr, _ (", %.0f s left "), elapsed / fraction * (1.0 - fraction));
  fflush (stderr);
  return TRUE;
}

void
dfi_cli_progress_end (DfiCliProgress *line)
{
  if (isatty (STDERR_FILENO))
    g_fprintf (stderr, "\r%s %3.0f %%, %.1f s          \n", line->label, 100.0, (g_get_monotonic_time () - line->start) / 1e6);
}
