/* dfi: Deep Feature Interpolation from the command line. */

#include "config.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>
#include <glib/gprintf.h>

#include "commands.h"
#include "console.h"
#include "dfi.h"

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
  dfi_temporary_files_remove_on_signals ();
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
