/* dfi: Deep Feature Interpolation from the command line. */

#include "config.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>
#include <glib/gprintf.h>
#include <glib/gstdio.h>

#include "commands.h"
#include "dfi.h"
#include "files/json-writer.h"

typedef struct
{
  const char *name;
  int (*run) (int argc, char **argv);
  const char *summary;
} Command;

static const Command commands[] = {
  { "edit", dfi_command_edit, N_ ("change attributes of a face in a photograph") },
  { "faces", dfi_command_faces, N_ ("find the faces of a photograph and their landmarks") },
  { "features", dfi_command_features, N_ ("write the feature maps of a picture") },
  { "database", dfi_command_database, N_ ("build a database of faces, or look into one") },
  { "weights", dfi_command_weights, N_ ("import the published VGG-19, or look into an encoder") },
};

static void
print_help (FILE *out)
{
  g_fprintf (out, _ ("Usage: dfi COMMAND [OPTION…]\n\nCommands:\n"));
  for (size_t i = 0; i < G_N_ELEMENTS (commands); i++)
    g_fprintf (out, "  %-10s %s\n", commands[i].name, _ (commands[i].summary));
  g_fprintf (out, _ ("\n“dfi COMMAND --help” explains a command; the manual page is dfi(1).\n"));
}

int
dfi_cli_fail (GError *error)
{
  g_fprintf (stderr, "dfi: %s\n", error->message);
  g_error_free (error);
  return DFI_EXIT_FAILED;
}

void
dfi_cli_print_notes (GPtrArray *notes, const char *name)
{
  for (guint i = 0; i < notes->len; i++)
    g_fprintf (stderr, "dfi: %s%s%s\n", name ? name : "", name ? ": " : "", (const char *) notes->pdata[i]);
}

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

void
dfi_cli_print_json (JsonBuilder *builder, gboolean pretty)
{
  char *text = dfi_json_print (builder, pretty);

  g_printf ("%s\n", text);
  g_free (text);
}

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

/* At the exit, since what printf could not write shows there at the latest: a full disk must not look like success. */
static void
check_stdout (void)
{
  GError *error = NULL;

  if (fflush (stdout) == 0 && ! ferror (stdout))
    return;
  dfi_error_set_unwritable (&error, _ ("standard output"));
  _exit (dfi_cli_fail (error));
}

int
main (int argc, char **argv)
{
  char *locale = dfi_bundled_locale ();

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, locale);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_free (locale);
  atexit (check_stdout);

  if (argc >= 2)
    {
      for (size_t i = 0; i < G_N_ELEMENTS (commands); i++)
        if (strcmp (argv[1], commands[i].name) == 0)
          {
            g_set_prgname ("dfi");
            return commands[i].run (argc - 1, argv + 1);
          }

      if (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0)
        {
          print_help (stdout);
          return EXIT_SUCCESS;
        }
      if (strcmp (argv[1], "--version") == 0)
        {
          g_printf ("dfi %s\n", DFI_VERSION);
          return EXIT_SUCCESS;
        }
      g_fprintf (stderr, _ ("dfi: there is no command “%s”.\n"), argv[1]);
    }
  print_help (stderr);
  return DFI_EXIT_USAGE;
}
