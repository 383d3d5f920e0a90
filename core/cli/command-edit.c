/* dfi edit: a photograph in, the edited photograph out; or many. */

#include "config.h"

#include <stdlib.h>

#include <glib/gi18n-lib.h>
#include <glib/gprintf.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "commands.h"
#include "console.h"
#include "edit-batch.h"
#include "files/json-writer.h"

#define JOBS_MAX    64
#define LARGE_BLOCK (4 << 20) /* bytes */

/* What concerns many photographs. */
typedef struct
{
  char *out; /* folder, or NULL for one photograph */
  char *report;
  int   jobs;
} Many;

static int
edit_one (const DfiEditOrder *order, const char *photo, const char *out)
{
  JsonBuilder   *json  = order->json ? json_builder_new () : NULL;
  GError        *error = NULL;
  DfiEditJob    *job   = NULL;
  gboolean       done  = FALSE;
  DfiCliProgress line;

  dfi_cli_progress_start (&line, _ ("Editing"));
  if (dfi_photo_check_name (out, &error) && dfi_cli_check_output (out, (char *[]){ (char *) photo, NULL }, &error) &&
      (job = dfi_edit_job_new (order, &error)))
    done = dfi_edit_job_run (job, photo, out, NULL, dfi_cli_progress, &line, json, &error);
  if (done)
    dfi_cli_progress_end (&line);
  if (done && json)
    dfi_cli_print_json (g_steal_pointer (&json), TRUE);

  dfi_error_advise (error, DFI_ERROR_NO_FACE, _ ("Say where the eyes are with --eyes."));
  dfi_edit_job_free (job);
  g_clear_object (&json);
  return done ? EXIT_SUCCESS : dfi_cli_fail (error);
}

/* What is wrong with how the options go together, or NULL. */
static const char *
wrong_options (const DfiEditOrder *order, const Many *many, int n_photos)
{
  return ! order->set                   ? _ ("say what to change with --set.")
         : many->out && n_photos < 1    ? _ ("name photographs, or folders of them.")
         : ! many->out && n_photos != 2 ? _ ("name a photograph and the file to write, or photographs and --out FOLDER.")
         : ! many->out && (many->report || many->jobs != 1) ? _ ("--report and --jobs go with --out FOLDER.")
         : many->out && (order->eyes || order->vectors)
             ? _ ("--eyes and --vectors go with one photograph, not with --out FOLDER.")
         : many->jobs < 1 || many->jobs > JOBS_MAX ? _ ("--jobs takes a number from 1 to 64.")
                                                   : NULL;
}

static const char *
usage (void)
{
  return _ ("edit PHOTO OUT --set ATTRIBUTE=STRENGTH\n"
            "       dfi edit PHOTO|FOLDER... --out FOLDER --set ATTRIBUTE=STRENGTH");
}

static int
run (const DfiEditOrder *order, const Many *many, char **photos, int n_photos)
{
  const char *wrong = wrong_options (order, many, n_photos);

  if (wrong)
    {
      g_fprintf (stderr, "dfi: %s\n", wrong);
      g_fprintf (stderr, _ ("Usage: dfi %s\n"), usage ());
      return DFI_EXIT_USAGE;
    }
  return many->out ? dfi_edit_batch (order, photos, many->out, many->report, many->jobs) : edit_one (order, photos[0], photos[1]);
}

/* Has large blocks given back to the system as soon as they are freed. By itself glibc takes larger and larger ones from its
 * heap, which shrinks at its end only: up to 30 MiB of a photograph's edit were held for nothing. */
static void
give_back_memory (void)
{
#ifdef __GLIBC__
  mallopt (M_MMAP_THRESHOLD, LARGE_BLOCK);
  mallopt (M_TRIM_THRESHOLD, LARGE_BLOCK);
#endif
}

/* All options of the command: its own, and those of the table. What the entries point to lives in @strings. */
static GArray *
option_entries (DfiEditOrder *order, Many *many, GStringChunk *strings)
{
  const GOptionEntry first[] = {
    { "set", 's', 0, G_OPTION_ARG_STRING_ARRAY, &order->set, N_ ("Move along ATTRIBUTE by STRENGTH; may be repeated"),
      N_ ("ATTRIBUTE=STRENGTH") },
    { "eyes", 'e', 0, G_OPTION_ARG_STRING, &order->eyes,
      N_ ("Centres of the two eyes, in pixels of the upright picture; otherwise faces are found"), "X1,Y1,X2,Y2" },
    { "face", 'F', 0, G_OPTION_ARG_STRING, &order->face,
      N_ ("Which of the faces that are found: numbers from 1, the largest, such as 1,3, or all (default 1)"), N_ ("FACES") },
  };
  const GOptionEntry last[] = {
    { "out", 'o', 0, G_OPTION_ARG_FILENAME, &many->out,
      N_ ("Edit all photographs, and those of folders, into this folder, under their own names"), N_ ("FOLDER") },
    { "report", 0, 0, G_OPTION_ARG_FILENAME, &many->report,
      N_ ("With --out: list the photographs that fail there, with the reason"), N_ ("FILE") },
    { "jobs", 0, 0, G_OPTION_ARG_INT, &many->jobs, N_ ("With --out: how many photographs to edit at a time (default 1)"), "N" },
    DFI_CLI_LIMITS (&order->limits),
    { "json", 'j', 0, G_OPTION_ARG_NONE, &order->json, N_ ("Report on standard output as JSON"), NULL },
    { "vectors", 0, 0, G_OPTION_ARG_FILENAME, &order->vectors,
      N_ ("Write the face, the target features and the reconstruction as safetensors"), N_ ("FILE") },
    { "timings", 't', 0, G_OPTION_ARG_NONE, &order->timings, N_ ("Say on standard error how long each part took"), NULL },
  };
  GArray *entries = g_array_new (TRUE, FALSE, sizeof (GOptionEntry));

  g_array_append_vals (entries, first, G_N_ELEMENTS (first));
  dfi_option_entries_append (entries, strings);
  g_array_append_vals (entries, last, G_N_ELEMENTS (last));
  return entries;
}

int
dfi_command_edit (int argc, char **argv)
{
  DfiEditOrder  order   = { .set = NULL };
  Many          many    = { .jobs = 1 };
  GStringChunk *strings = g_string_chunk_new (1024);
  GArray       *entries = option_entries (&order, &many, strings);
  int           status  = DFI_EXIT_USAGE;

  give_back_memory ();
  if (dfi_cli_parse (usage (),
                     _ ("Changes attributes of a face by Deep Feature Interpolation and writes the whole picture in the\n"
                        "format that the ending of OUT names. “dfi database info” lists the attributes."),
                     (const GOptionEntry *) entries->data, &order.given, &argc, &argv, DFI_CLI_ANY))
    status = run (&order, &many, argv + 1, argc - 1);

  g_array_free (entries, TRUE);
  g_string_chunk_free (strings);
  dfi_given_options_clear (&order.given);
  g_strfreev (order.set);
  g_free (order.eyes);
  g_free (order.face);
  g_free (order.vectors);
  g_free (many.out);
  g_free (many.report);
  return status;
}
