/* dfi database build: pictures and labels in, a database out. */

#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>
#include <glib/gprintf.h>
#include <glib/gstdio.h>

#include "dfi.h"
#include "commands.h"
#include "console.h"

#define ROWS          288 /* 39 MB for the bundled network at 192 pixels and 5,701 faces */
#define SIZE          192
#define SAVE_EVERY    120.0 /* seconds; a saving of the bundled database's build writes 0.4 GB */
#define SKIPPED_SHOWN 5     /* pictures that are left out, or were not read as they are, of which the reason is printed */

typedef struct
{
  char          *images;
  char          *labels;
  char          *attributes;
  char          *threshold;
  char          *columns;
  char          *weights;
  char          *taps;
  char          *frame;
  char          *eyes;
  char          *mouth;
  gboolean       no_align;
  char          *provenance;
  char          *report;
  gboolean       allow_missing;
  gboolean       restart;
  char          *shard;
  char          *basis;
  char          *out;
  int            rows;
  int            detail_rows;
  char          *detail_faces;
  int            size;
  DfiPhotoLimits limits;
} Options;

/* @n numbers with commas between them. */
static gboolean
parse_numbers (const char *option, const char *text, double *numbers, int n, GError **error)
{
  const char *at = text;

  for (int i = 0; i < n; i++)
    {
      char *end;

      numbers[i] = g_ascii_strtod (at, &end);
      if (end == at || *end != (i < n - 1 ? ',' : '\0'))
        {
          g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("“%s” does not fit %s; write %d numbers with commas between them."),
                       text, option, n);
          return FALSE;
        }
      at = end + 1;
    }
  return TRUE;
}

/* The rectangle, and the points of the face from the picture to the frame. */
static gboolean
parse_points (const Options *options, DfiBuildPlan *plan, GError **error)
{
  const double *r = plan->framing.rectangle;
  double        points[6];
  double        scale = options->size / (r[2] - r[0]);

  if (! parse_numbers ("--eyes", options->eyes, points, 4, error) ||
      ! parse_numbers ("--mouth", options->mouth, points + 4, 2, error))
    return FALSE;

  for (int i = 0; i < 6; i++)
    if (! (points[i] >= r[i % 2] && points[i] <= r[i % 2 + 2]))
      {
        g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                             _ ("The eyes and the mouth must be inside the frame; all four are places in the picture."));
        return FALSE;
      }
  if (points[2] - points[0] < DFI_EYES_MIN)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                   _ ("The eyes must be at least %g pixels apart, the one on the left in the picture first."), DFI_EYES_MIN);
      return FALSE;
    }

  for (int i = 0; i < 4; i++)
    plan->framing.frame.eyes[i] = (points[i] - r[i % 2]) * scale;
  for (int i = 0; i < 2; i++)
    plan->framing.frame.mouth[i] = (points[4 + i] - r[i]) * scale;
  return TRUE;
}

static gboolean
parse_framing (const Options *options, DfiBuildPlan *plan, GError **error)
{
  plan->framing.frame       = dfi_frame_usual (options->size);
  plan->framing.frame.whole = options->no_align && ! options->eyes;
  if (options->frame)
    {
      plan->framing.kind = DFI_FRAMING_RECTANGLE;
      return parse_numbers ("--frame", options->frame, plan->framing.rectangle, 4, error) &&
             (! options->eyes || parse_points (options, plan, error));
    }
  plan->framing.kind = options->no_align ? DFI_FRAMING_WHOLE : DFI_FRAMING_FACE;
  return TRUE;
}

/* "2/4" */
static gboolean
parse_shard (const char *text, int *shard, int *n_shards, GError **error)
{
  char   **parts = g_strsplit (text, "/", 3);
  guint64  i, n;
  gboolean good = g_strv_length (parts) == 2 && g_ascii_string_to_unsigned (parts[1], 10, 1, G_MAXINT, &n, NULL) &&
                  g_ascii_string_to_unsigned (parts[0], 10, 1, n, &i, NULL);

  g_strfreev (parts);
  if (! good)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                   _ ("“%s” is no shard; write its number and how many there are, such as 2/4."), text);
      return FALSE;
    }
  *shard    = i;
  *n_shards = n;
  return TRUE;
}

static gboolean
parse_threshold (const char *text, double *threshold, GError **error)
{
  *threshold = NAN;
  return ! text || (parse_numbers ("--threshold", text, threshold, 1, error));
}

/* ---------- running ---------- */

/* What is told while a build runs. */
typedef struct
{
  DfiCliProgress line;
  double         first;   /* share that was done when it began; below 0: not known yet */
  GString       *skipped; /* the first pictures that were left out, and why */
  size_t         n_skipped;
  GString       *noted; /* the first pictures that were not read as they are, and why */
  size_t         n_noted;
  DfiCliList    *report; /* or NULL */
} Teller;

static gboolean
tell_progress (double fraction, gpointer data)
{
  Teller *teller = data;

  if (teller->first < 0.0)
    teller->first = fraction;
  return dfi_cli_progress (fraction, &teller->line);
}

static void
tell_skipped (const char *file, const GError *reason, gpointer data)
{
  Teller *teller = data;

  if (teller->n_skipped++ < SKIPPED_SHOWN)
    g_string_append_printf (teller->skipped, "  %s: %s\n", file, reason->message);
  dfi_cli_list_failure (teller->report, file, reason->message);
}

static void
tell_note (const char *file, const char *note, gpointer data)
{
  Teller *teller = data;

  if (teller->n_noted++ < SKIPPED_SHOWN)
    g_string_append_printf (teller->noted, "  %s: %s\n", file, note);
}

static void
print_noted (const Teller *teller)
{
  if (teller->n_noted == 0)
    return;

  g_fprintf (stderr, _ ("dfi: Not all pictures were read as they are:\n%s"), teller->noted->str);
  if (teller->n_noted > SKIPPED_SHOWN)
    g_fprintf (stderr, _ ("  … and %zu more\n"), teller->n_noted - SKIPPED_SHOWN);
}

static void
print_skipped (const Teller *teller, size_t n_files, const char *report)
{
  if (teller->n_skipped == 0)
    return;

  if (isatty (STDERR_FILENO))
    g_fprintf (stderr, "\n");
  g_fprintf (stderr, _ ("dfi: %zu of %zu pictures are left out:\n%s"), teller->n_skipped, n_files, teller->skipped->str);
  if (report)
    g_fprintf (stderr, _ ("All of them are in “%s”.\n"), report);
  else if (teller->n_skipped > SKIPPED_SHOWN)
    g_fprintf (stderr, _ ("  … (--report FILE lists them all)\n"));
}

static void
print_speed (const Teller *teller, const char *out, size_t n_files, int stages)
{
  double seconds = (g_get_monotonic_time () - teller->line.start) / 1e6;
  double read    = (1.0 - MAX (teller->first, 0.0)) * n_files * stages;

  g_printf (_ ("“%s” is ready: %.1f seconds, %.1f pictures a second in each stage.\n"), out, seconds, read / seconds);
}

void
dfi_command_warn_few (const char *path)
{
  DfiDatabase *database = dfi_database_peek (path, NULL);

  for (int a = 0; database && a < dfi_database_n_attributes (database); a++)
    {
      size_t with = dfi_database_count (database, a), without = dfi_database_lacking (database, a);

      if (MIN (with, without) < DFI_NEIGHBOURS_MIN)
        g_fprintf (stderr, _ ("dfi: “%s” cannot be changed: %zu pictures have it and %zu lack it, and %d of each are needed.\n"),
                   dfi_database_attribute (database, a)->name, with, without, DFI_NEIGHBOURS_MIN);
    }
  dfi_database_free (database);
}

static gboolean
run (const Options *options, const DfiBuildPlan *plan, const DfiEncoder *encoder, GError **error)
{
  Teller   teller = { .first = -1.0, .skipped = g_string_new (NULL), .noted = g_string_new (NULL) };
  int      shard = 1, n_shards = 1;
  size_t   n_files = plan->n_files;
  gboolean done    = dfi_cli_open_list (options->basis ? NULL : options->report, &teller.report, error); /* of the first stage */

  if (done && options->shard)
    done = parse_shard (options->shard, &shard, &n_shards, error);
  dfi_cli_progress_start (&teller.line, _ ("Building"));
  if (done && options->shard)
    done = dfi_build_shard (plan, encoder, shard, n_shards, options->basis, options->out, tell_skipped, tell_progress, &teller,
                            error);
  else if (done)
    done = dfi_build (plan, encoder, options->out, tell_skipped, tell_progress, &teller, error);

  if (done)
    dfi_cli_progress_end (&teller.line);
  print_skipped (&teller, n_files, options->report);
  print_noted (&teller);
  if (done)
    print_speed (&teller, options->out, n_files / n_shards, options->shard ? 1 : dfi_plan_stages (plan));
  if (done && ! options->shard)
    dfi_command_warn_few (options->out);
  done = dfi_cli_close_list (teller.report, done ? error : NULL) && done;
  g_string_free (teller.noted, TRUE);
  g_string_free (teller.skipped, TRUE);
  return done;
}

static DfiTable *
read_table (const Options *options, double threshold, GError **error)
{
  char    **columns = options->columns ? g_strsplit (options->columns, ",", -1) : NULL;
  DfiTable *table   = dfi_table_read (options->labels, threshold, (const char *const *) columns, options->attributes, error);

  for (int i = 0; table && table->notes[i]; i++)
    g_fprintf (stderr, "dfi: %s\n", table->notes[i]);
  g_strfreev (columns);
  return table;
}

static gboolean
build (const Options *options, GError **error)
{
  DfiBuildPlan    plan    = { .folder        = options->images,
                              .rows          = options->rows,
                              .detail_rows   = options->detail_rows,
                              .detail_faces  = options->detail_faces,
                              .provenance    = options->provenance,
                              .save_every    = SAVE_EVERY,
                              .allow_missing = options->allow_missing,
                              .restart       = options->restart,
                              .limits        = options->limits,
                              .note          = tell_note };
  DfiTable       *table   = NULL;
  DfiEncoder     *encoder = NULL;
  DfiFaceFinder  *finder  = NULL;
  DfiHairNetwork *hair    = NULL;
  char           *bundled = NULL;
  gboolean        done    = FALSE;
  double          threshold;

  plan.taps = options->taps ? dfi_taps_parse (options->taps, error) : DFI_TAPS_PAPER;
  if (plan.taps && parse_framing (options, &plan, error) && parse_threshold (options->threshold, &threshold, error))
    table = read_table (options, threshold, error);
  if (table && ! options->weights)
    bundled = dfi_bundled_file (DFI_BUNDLED_WEIGHTS, error);
  if (table && (options->weights || bundled))
    {
      encoder = dfi_encoder_new_from_file (options->weights ? options->weights : bundled, error);
      dfi_command_explain_weights (options->weights, error);
    }

  if (encoder && ! plan.framing.frame.whole)
    hair = dfi_hair_network_new (NULL, error);
  if (hair && plan.framing.kind == DFI_FRAMING_FACE)
    finder = dfi_face_finder_new (NULL, error);

  if (encoder && (hair || plan.framing.frame.whole) && (finder || plan.framing.kind != DFI_FRAMING_FACE))
    {
      plan.framing.finder = finder;
      plan.hair           = hair;
      plan.files          = table->files;
      plan.n_files        = table->n_files;
      plan.labels         = table->labels;
      plan.attributes     = table->attributes;
      plan.n_attributes   = table->n_attributes;
      done                = run (options, &plan, encoder, error);
    }

  g_free (bundled);
  dfi_face_finder_free (finder);
  dfi_hair_network_free (hair);
  dfi_encoder_free (encoder);
  dfi_table_free (table);
  return done;
}

static void
options_clear (Options *options)
{
  g_free (options->images);
  g_free (options->labels);
  g_free (options->attributes);
  g_free (options->threshold);
  g_free (options->columns);
  g_free (options->weights);
  g_free (options->taps);
  g_free (options->frame);
  g_free (options->eyes);
  g_free (options->mouth);
  g_free (options->detail_faces);
  g_free (options->provenance);
  g_free (options->report);
  g_free (options->shard);
  g_free (options->basis);
  g_free (options->out);
}

/* What is wrong with how the options go together, or NULL. */
static const char *
wrong_options (const Options *options)
{
  return ! options->images                                          ? _ ("the option --images is missing")
         : ! options->labels                                        ? _ ("the option --labels is missing")
         : ! options->out                                           ? _ ("the option --out is missing")
         : ! options->eyes != ! options->mouth                      ? _ ("--eyes and --mouth go together")
         : options->eyes && ! options->frame                        ? _ ("--eyes and --mouth go with --frame")
         : options->frame && ! options->eyes && ! options->no_align ? _ ("with --frame, say --eyes and --mouth, or --no-align")
         : options->detail_faces && ! options->detail_rows          ? _ ("--detail-faces goes with --detail-rows")
         : options->basis && ! options->shard                       ? _ ("--basis goes with --shard")
                                                                    : NULL;
}

int
dfi_command_build (int argc, char **argv)
{
  Options            options   = { .rows = ROWS, .size = SIZE };
  const GOptionEntry entries[] = {
    { "images", 0, 0, G_OPTION_ARG_FILENAME, &options.images, N_ ("Folder of the pictures"), N_ ("FOLDER") },
    { "labels", 0, 0, G_OPTION_ARG_FILENAME, &options.labels,
      N_ ("A row a picture: its file, then 1 or 0 (yes or no) for each attribute; the first row names the attributes. Or a list "
          "in CelebA's text form"),
      "FILE.csv" },
    { "threshold", 0, 0, G_OPTION_ARG_STRING, &options.threshold,
      N_ ("The labels are scores; above this is yes (attributes may have their own)"), N_ ("NUMBER") },
    { "columns", 0, 0, G_OPTION_ARG_STRING, &options.columns, N_ ("Columns of the labels to take, else all"), N_ ("NAME,...") },
    { "allow-missing", 0, 0, G_OPTION_ARG_NONE, &options.allow_missing,
      N_ ("Build also when most of the pictures that the labels name are not there"), NULL },
    { "out", 0, 0, G_OPTION_ARG_FILENAME, &options.out, N_ ("Database to write, or partial file of a shard"), N_ ("FILE") },
    { "no-align", 0, 0, G_OPTION_ARG_NONE, &options.no_align,
      N_ ("The pictures are framed already: take each whole, or what --frame says"), NULL },
    { "frame", 0, 0, G_OPTION_ARG_STRING, &options.frame,
      N_ ("All pictures have it at the same place: square that becomes the frame"), "LEFT,TOP,RIGHT,BOTTOM" },
    { "eyes", 0, 0, G_OPTION_ARG_STRING, &options.eyes, N_ ("With --frame: where the eyes are in each picture"), "X1,Y1,X2,Y2" },
    { "mouth", 0, 0, G_OPTION_ARG_STRING, &options.mouth, N_ ("With --frame: where the middle of the mouth is"), "X,Y" },
    { "weights", 0, 0, G_OPTION_ARG_FILENAME, &options.weights, N_ ("Encoder to build it with, else the bundled one"),
      N_ ("FILE") },
    { "attributes", 0, 0, G_OPTION_ARG_FILENAME, &options.attributes,
      N_ ("Labels, opposites, strengths and thresholds of the attributes"), N_ ("FILE") },
    { "taps", 0, 0, G_OPTION_ARG_STRING, &options.taps,
      N_ ("Layers of the network that make up the features (relu3_1,relu4_1,relu5_1)"), N_ ("LAYER,...") },
    { "rows", 0, 0, G_OPTION_ARG_INT, &options.rows,
      N_ ("Directions to keep at most; more are closer to the pictures and make a larger file (288)"), "N" },
    { "detail-rows", 0, 0, G_OPTION_ARG_INT, &options.detail_rows,
      N_ ("Further ones for the eyes alone, and as many for the mouth, so that rims of glasses and teeth are crisp (0)"), "N" },
    { "detail-faces", 0, 0, G_OPTION_ARG_STRING, &options.detail_faces,
      N_ ("With --detail-rows: faces that these have to show best; + joins what a face must all have (else all alike)"),
      N_ ("NAME+NAME,...") },
    { "size", 0, 0, G_OPTION_ARG_INT, &options.size, N_ ("Pixels along a side of the frame (192)"), "N" },
    { "provenance", 0, 0, G_OPTION_ARG_STRING, &options.provenance, N_ ("Where the pictures come from"), N_ ("TEXT") },
    { "report", 0, 0, G_OPTION_ARG_FILENAME, &options.report,
      N_ ("List the pictures that are left out there, a line each with the reason"), N_ ("FILE") },
    DFI_CLI_LIMITS (&options.limits),
    { "restart", 0, 0, G_OPTION_ARG_NONE, &options.restart, N_ ("Begin again, where an interrupted build would go on"), NULL },
    { "shard", 0, 0, G_OPTION_ARG_STRING, &options.shard,
      N_ ("One stage over the I-th of N parts of the pictures; “dfi database merge” puts them together"), "I/N" },
    { "basis", 0, 0, G_OPTION_ARG_FILENAME, &options.basis, N_ ("With --shard: what the merge before made"), N_ ("FILE") },
    { NULL }
  };
  GError *error  = NULL;
  int     status = EXIT_SUCCESS;

  if (! dfi_cli_parse (
          "database build --images FOLDER --labels FILE.csv --out FILE",
          _ ("Builds a database out of pictures and labels. The largest face of each picture is found and brought into "
             "place, unless --frame or --no-align say otherwise. A build that was interrupted goes on when the same "
             "command is given again."),
          entries, NULL, &argc, &argv, 0))
    {
      status = DFI_EXIT_USAGE;
    }
  else if (wrong_options (&options))
    {
      g_fprintf (stderr, _ ("dfi: %s; “dfi database build --help” explains.\n"), wrong_options (&options));
      status = DFI_EXIT_USAGE;
    }
  else if (! build (&options, &error))
    {
      dfi_error_advise (error, DFI_ERROR_OTHER_BUILD,
                        _ ("Give the same ones again. Or start over: --restart throws away what an interrupted build has left, "
                           "and a basis for --basis has to be merged again."));
      dfi_error_advise (error, DFI_ERROR_MISSING, _ ("--allow-missing builds without them."));
      status = dfi_cli_fail (error);
    }

  options_clear (&options);
  return status;
}
