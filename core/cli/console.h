/* console.h: what all commands do alike: read arguments, say what went wrong, print JSON, list failures, show progress. */

#ifndef DFI_CONSOLE_H
#define DFI_CONSOLE_H

#include <json-glib/json-glib.h>

#define DFI_EXIT_FAILED 1
#define DFI_EXIT_USAGE  2

#define DFI_CLI_ANY (-1)

/* Option entries for how pictures are read, into a DfiPhotoLimits. */
#define DFI_CLI_LIMITS(limits)                                                 \
  { "accept-truncated",                                                        \
    0,                                                                         \
    0,                                                                         \
    G_OPTION_ARG_NONE,                                                         \
    &(limits)->incomplete,                                                     \
    N_ ("Read as much as there is of a picture whose file ends early"),        \
    NULL },                                                                    \
  {                                                                            \
    "megapixels", 0, 0, G_OPTION_ARG_DOUBLE, &(limits)->megapixels,            \
        N_ ("Refuse pictures of more megapixels than this (default 250)"), "M" \
  }

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

/* Prints "dfi: message", frees @error, and returns the exit status. */
int dfi_cli_fail (GError *error);

/* Prints the sentence @note on standard error, "dfi: note" or, with @name, "dfi: name: note". */
void dfi_cli_print_note (const char *note, const char *name);

/* Prints what was built, and frees it. */
void dfi_cli_print_json (JsonBuilder *builder, gboolean pretty);

/* A file that lists what failed. */
typedef struct _DfiCliList DfiCliList;

/* Opens a list at @path (nullable), *@list being NULL when that is; DFI_ERROR_IO. */
gboolean dfi_cli_open_list (const char *path, DfiCliList **list, GError **error);

/* Adds a line to @list (nullable): the file, a tab, the reason.  It is there at once, for those who look on. */
void dfi_cli_list_failure (DfiCliList *list, const char *file, const char *reason);

/* Takes @list (nullable).  DFI_ERROR_IO when something could not be written. */
gboolean dfi_cli_close_list (DfiCliList *list, GError **error);

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
