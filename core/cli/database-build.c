/* dfi database build: pictures and labels in, a database out. */

#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>
#include <glib/gprintf.h>

#include "attributes.h"
#include "build.h"
#include "commands.h"
#include "data.h"
#include "database-build.h"
#include "labels.h"

#define ROWS 288    /* 39 MB for the bundled network at 192 pixels and 5,701 faces */
#define SIZE 192
#define SAVE_EVERY 120.0   /* seconds; a saving of the bundled database's build writes 0.4 GB */

typedef struct
{
  char *images;
  char *labels;
  char *attributes;
  char *weights;
  char *frame;
  char *eyes;
  char *mouth;
  char *provenance;
  char *out;
  int   rows;
  int   size;
} Options;

/* @n numbers with commas between them. */
static gboolean
parse_numbers (const char  *option,
               const char  *text,
               double      *numbers,
               int          n,
               GError     **error)
{
  const char *at = text;

  for (int i = 0; i < n; i++)
    {
      char *end;

      numbers[i] = g_ascii_strtod (at, &end);
      if (end == at || *end != (i < n - 1 ? ',' : '\0'))
        {
          g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                       _("“%s” does not fit %s; write %d numbers with commas between them."), text, option, n);
          return FALSE;
        }
      at = end + 1;
    }
  return TRUE;
}

/* The rectangle, and the points of the face from the picture to the frame. */
static gboolean
parse_geometry (const Options  *options,
                DfiBuildPlan   *plan,
                GError        **error)
{
  double       *r = plan->rectangle;
  double        points[6];
  double        scale;

  if (! parse_numbers ("--frame", options->frame, r, 4, error) ||
      ! parse_numbers ("--eyes", options->eyes, points, 4, error) ||
      ! parse_numbers ("--mouth", options->mouth, points + 4, 2, error))
    return FALSE;

  for (int i = 0; i < 6; i++)
    if (! (points[i] >= r[i % 2] && points[i] <= r[i % 2 + 2]))
      {
        g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                             _("The eyes and the mouth must be inside the frame; all four are places in the picture."));
        return FALSE;
      }
  if (points[2] - points[0] < DFI_EYES_MIN)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                   _("The eyes must be at least %g pixels apart, the one on the left in the picture first."), DFI_EYES_MIN);
      return FALSE;
    }

  plan->frame.size = options->size;
  scale            = options->size / (r[2] - r[0]);
  for (int i = 0; i < 4; i++)
    plan->frame.eyes[i] = (points[i] - r[i % 2]) * scale;
  for (int i = 0; i < 2; i++)
    plan->frame.mouth[i] = (points[4 + i] - r[i]) * scale;
  return TRUE;
}

static void
report_skipped (const char   *file,
                const GError *reason,
                gpointer      line)
{
  if (isatty (STDERR_FILENO))
    g_fprintf (stderr, "\n");
  g_fprintf (stderr, _("dfi: “%s” is left out: %s\n"), file, reason->message);
}

static gboolean
build (const Options  *options,
       GError        **error)
{
  DfiBuildPlan    plan       = { .folder = options->images, .rows = options->rows, .provenance = options->provenance,
                                 .save_every = SAVE_EVERY };
  GStringChunk   *strings    = g_string_chunk_new (1024);
  DfiLabels      *labels     = NULL;
  DfiAttribute   *attributes = NULL;
  DfiEncoder     *encoder    = NULL;
  char           *bundled    = NULL;
  DfiCliProgress  line;
  gboolean        done       = FALSE;

  if (parse_geometry (options, &plan, error) && (labels = dfi_labels_read (options->labels, error)))
    attributes = dfi_attributes_read (options->attributes, (const char * const *) labels->names->pdata,
                                      labels->names->len, strings, error);
  if (attributes && ! options->weights)
    bundled = dfi_data_file (DFI_DATA_WEIGHTS, error);
  if (attributes && (options->weights || bundled))
    encoder = dfi_encoder_new_from_file (options->weights ? options->weights : bundled, error);

  if (encoder)
    {
      plan.files        = (const char * const *) labels->files->pdata;
      plan.n_files      = labels->files->len;
      plan.labels       = labels->bits->data;
      plan.attributes   = attributes;
      plan.n_attributes = labels->names->len;

      dfi_cli_progress_start (&line, _("Building"));
      done = dfi_build (&plan, encoder, options->out, report_skipped, dfi_cli_progress, &line, error);
      if (done)
        dfi_cli_progress_end (&line);
    }

  g_free (bundled);
  dfi_encoder_free (encoder);
  g_free (attributes);
  dfi_labels_free (labels);
  g_string_chunk_free (strings);
  return done;
}

static void
options_clear (Options *options)
{
  g_free (options->images);
  g_free (options->labels);
  g_free (options->attributes);
  g_free (options->weights);
  g_free (options->frame);
  g_free (options->eyes);
  g_free (options->mouth);
  g_free (options->provenance);
  g_free (options->out);
}

/* The first option that must be there and is not, or NULL. */
static const char *
missing_option (const Options *options)
{
  return ! options->images ? "--images" : ! options->labels ? "--labels" : ! options->frame ? "--frame" :
         ! options->eyes ? "--eyes" : ! options->mouth ? "--mouth" : ! options->out ? "--out" : NULL;
}

int
dfi_database_build_command (int    argc,
                            char **argv)
{
  Options options = { .rows = ROWS, .size = SIZE };
  const GOptionEntry entries[] =
  {
    { "images", 0, 0, G_OPTION_ARG_FILENAME, &options.images,
      N_("Folder of the pictures, all of the same size, with the faces at the same place"), N_("FOLDER") },
    { "labels", 0, 0, G_OPTION_ARG_FILENAME, &options.labels,
      N_("A row a picture: its file, then 1 or 0 for each attribute; the first row names the attributes"), "FILE.csv" },
    { "frame", 0, 0, G_OPTION_ARG_STRING, &options.frame,
      N_("Square of each picture that becomes the frame"), "LEFT,TOP,RIGHT,BOTTOM" },
    { "eyes", 0, 0, G_OPTION_ARG_STRING, &options.eyes, N_("Where the eyes are in each picture"), "X1,Y1,X2,Y2" },
    { "mouth", 0, 0, G_OPTION_ARG_STRING, &options.mouth, N_("Where the middle of the mouth is"), "X,Y" },
    { "out", 0, 0, G_OPTION_ARG_FILENAME, &options.out, N_("Database to write"), N_("FILE") },
    { "weights", 0, 0, G_OPTION_ARG_FILENAME, &options.weights,
      N_("Encoder to build it with, else the bundled one"), N_("FILE") },
    { "attributes", 0, 0, G_OPTION_ARG_FILENAME, &options.attributes,
      N_("Labels, opposites and strengths of the attributes"), N_("FILE") },
    { "rows", 0, 0, G_OPTION_ARG_INT, &options.rows,
      N_("Directions to keep at most; more are closer to the pictures and make a larger file (288)"), "N" },
    { "size", 0, 0, G_OPTION_ARG_INT, &options.size, N_("Pixels along a side of the frame (192)"), "N" },
    { "provenance", 0, 0, G_OPTION_ARG_STRING, &options.provenance, N_("Where the pictures come from"), N_("TEXT") },
    { NULL }
  };
  GError *error = NULL;
  int     status = EXIT_SUCCESS;

  if (! dfi_cli_parse ("database build --images FOLDER --labels FILE.csv --frame LEFT,TOP,RIGHT,BOTTOM --eyes X1,Y1,X2,Y2 "
                       "--mouth X,Y --out FILE",
                       _("Builds a database of faces out of pictures that show faces at the same place."),
                       entries, &argc, &argv, 0))
    {
      status = DFI_EXIT_USAGE;
    }
  else if (missing_option (&options))
    {
      g_fprintf (stderr, _("dfi: the option %s is missing; “dfi database build --help” explains.\n"),
                 missing_option (&options));
      status = DFI_EXIT_USAGE;
    }
  else if (! build (&options, &error))
    {
      status = dfi_cli_fail (error);
    }

  options_clear (&options);
  return status;
}
