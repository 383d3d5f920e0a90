/* commands.h: the commands of the program `dfi`.  Each takes the arguments from its own name on, says on standard error what
 * went wrong, and returns the exit status: 0 done, 1 failed, 2 called wrongly. */

#ifndef DFI_COMMANDS_H
#define DFI_COMMANDS_H

#include <json-glib/json-glib.h>

#define DFI_EXIT_FAILED 1
#define DFI_EXIT_USAGE  2

int dfi_command_edit (int argc, char **argv);
int dfi_command_faces (int argc, char **argv);
int dfi_command_features (int argc, char **argv);
int dfi_command_database (int argc, char **argv);
int dfi_command_weights (int argc, char **argv);

/* Prints "dfi: message", frees @error, and returns the exit status. */
int dfi_cli_fail (GError *error);

/* Prints each of @notes (sentences) on standard error, "dfi: note" or, with @name, "dfi: name: note". */
void dfi_cli_print_notes (GPtrArray *notes, const char *name);

#define DFI_CLI_ANY (-1)

/* Parses @entries, whose callbacks are given @data, out of the arguments and checks that @n_positional others remain (besides
 * the command's name, argv[0]), or DFI_CLI_ANY.  FALSE, with a message on standard error, when they do not fit; the caller then
 * returns DFI_EXIT_USAGE. */
gboolean dfi_cli_parse (const char         *usage,
                        const char         *summary,
                        const GOptionEntry *entries,
                        gpointer            data,
                        int                *argc,
                        char             ***argv,
                        int                 n_positional);

/* DFI_ERROR_VALUE when @out is the same file as one of @inputs (NULL at the end), by whatever names. */
gboolean dfi_cli_check_output (const char *out, char *const *inputs, GError **error);

/* Prints what was built, and frees it. */
void dfi_cli_print_json (JsonBuilder *builder, gboolean pretty);

/* A line that rewrites itself on a terminal, and is silent elsewhere: label, share done, time remaining. */
typedef struct
{
  const char *label;
  gint64      start; /* g_get_monotonic_time() */
} DfiCliProgress;

void     dfi_cli_progress_start (DfiCliProgress *line, const char *label);
gboolean dfi_cli_progress (double fraction, gpointer line); /* a DfiProgressFunc; never cancels */
void     dfi_cli_progress_end (DfiCliProgress *line);

#endif
