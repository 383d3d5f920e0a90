/* dfi database label: pictures in, a table of what a database says of them out. */

#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>
#include <glib/gprintf.h>

#include "dfi.h"
#include "commands.h"
#include "console.h"

typedef struct
{
  char          *images;
  char          *database;
  char          *weights;
  char          *out;
  char          *report;
  DfiPhotoLimits limits;
} Options;

/* What is told while pictures are read. */
typedef struct
{
  DfiCliProgress line;
  size_t         n_skipped;
  DfiCliList    *report; /* or NULL */
} Teller;

static void
tell_note (const char *file, const char *note, gpointer data)
{
  if (isatty (STDERR_FILENO))
    g_fprintf (stderr, "\n");
  dfi_cli_print_note (note, file);
}

static void
tell_skipped (const char *file, const GError *reason, gpointer data)
{
  Teller *teller = data;

  ++teller->n_skipped;
  dfi_cli_list_failure (teller->report, file, reason->message);
  tell_note (file, reason->message, data);
}

static gboolean
tell_progress (double fraction, gpointer data)
{
  return dfi_cli_progress (fraction, &((Teller *) data)->line);
}

static gboolean
label (const Options *options, GError **error)
{
  char          *weights  = dfi_chosen_file (options->weights, DFI_BUNDLED_WEIGHTS, error);
  char          *path     = weights ? dfi_chosen_file (options->database, DFI_BUNDLED_DATABASE, error) : NULL;
  DfiEncoder    *encoder  = path ? dfi_encoder_new_from_file (weights, error) : NULL;
  DfiDatabase   *database = encoder ? dfi_database_open (path, encoder, error) : NULL;
  DfiFaceFinder *finder   = database ? dfi_face_finder_new (NULL, error) : NULL;
  Teller         teller   = { .n_skipped = 0 };
  size_t         n_rows   = 0;
  gboolean       done;

  dfi_cli_progress_start (&teller.line, _ ("Looking"));
  done = finder && dfi_cli_open_list (options->report, &teller.report, error) &&
         dfi_predict_folder (database, encoder, finder, &options->limits, options->images, options->out, tell_skipped, tell_note,
                             tell_progress, &teller, &n_rows, error);
  done = dfi_cli_close_list (teller.report, done ? error : NULL) && done;
  if (done)
    {
      dfi_cli_progress_end (&teller.line);
      g_printf (_ ("“%s” is ready: %zu pictures; %zu files are left out.\n"), options->out, n_rows, teller.n_skipped);
    }

  dfi_face_finder_free (finder);
  dfi_database_free (database);
  dfi_encoder_free (encoder);
  g_free (path);
  g_free (weights);
  return done;
}

int
dfi_command_label (int argc, char **argv)
{
  Options            options   = { NULL };
  int                status    = EXIT_SUCCESS;
  GError            *error     = NULL;
  const GOptionEntry entries[] = { { "images", 0, 0, G_OPTION_ARG_FILENAME, &options.images, N_ ("Folder of the pictures"),
                                     N_ ("FOLDER") },
                                   { "out", 0, 0, G_OPTION_ARG_FILENAME, &options.out, N_ ("Table to write"), "FILE.csv" },
                                   { "database", 0, 0, G_OPTION_ARG_FILENAME, &options.database,
                                     N_ ("Database whose attributes are looked for, else the bundled one"), N_ ("FILE") },
                                   { "weights", 0, 0, G_OPTION_ARG_FILENAME, &options.weights,
                                     N_ ("Encoder that it was built with, else the bundled one"), N_ ("FILE") },
                                   { "report", 0, 0, G_OPTION_ARG_FILENAME, &options.report,
                                     N_ ("List the pictures that are left out there, a line each with the reason"), N_ ("FILE") },
                                   DFI_CLI_LIMITS (&options.limits),
                                   { NULL } };

  if (! dfi_cli_parse ("database label --images FOLDER --out FILE.csv",
                       _ ("Says of each picture what its largest face has, as far as a database can tell: a number for each "
                          "attribute, above 0 for yes. “dfi database build --labels FILE.csv --threshold 0” reads the table."),
                       entries, NULL, &argc, &argv, 0))
    {
      status = DFI_EXIT_USAGE;
    }
  else if (! options.images || ! options.out)
    {
      g_fprintf (stderr, _ ("dfi: name the folder, --images FOLDER, and the table, --out FILE.csv.\n"));
      status = DFI_EXIT_USAGE;
    }
  else if (! label (&options, &error))
    {
      status = dfi_cli_fail (error);
    }

  g_free (options.images);
  g_free (options.database);
  g_free (options.weights);
  g_free (options.out);
  g_free (options.report);
  return status;
}
