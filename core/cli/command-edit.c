/* dfi edit: a photograph in, the edited photograph out. */

#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <glib/gi18n-lib.h>
#include <glib/gprintf.h>

#include "dfi.h"
#include "commands.h"
#include "option-entries.h"
#include "files/json-writer.h"

/* What was not given is NULL or FALSE. */
typedef struct
{
  char          **set;
  char           *eyes;
  char           *face;
  char           *vectors;
  gboolean        json;
  gboolean        timings;
  DfiGivenOptions given;
} Options;

/* --set may be repeated, and each may name several attributes. */
static DfiRequest *
parse_changes (const DfiDatabase *database, char **set, int *n_requests, GError **error)
{
  char       *joined   = g_strjoinv (",", set);
  DfiRequest *requests = dfi_requests_parse (database, joined, n_requests, error);

  g_free (joined);
  return requests;
}

/* What the user should know about how a direction was found; NULL when all went as asked. Free with g_free(). */
static char *
note_text (const DfiDatabase *database, const DfiDirectionNote *note, int neighbours)
{
  const char *name = dfi_database_attribute (database, note->attribute)->name;

  if (note->neighbours < neighbours)
    return g_strdup_printf (ngettext ("“%s”: only %d neighbour was found.", "“%s”: only %d neighbours were found.",
                                      note->neighbours),
                            name, note->neighbours);
  if (note->agreeing < DFI_NEIGHBOURS_MIN)
    return g_strdup_printf (ngettext ("“%s”: only %d of the neighbours is a person like this one.",
                                      "“%s”: only %d of the neighbours are people like this one.", note->agreeing),
                            name, note->agreeing);
  return NULL;
}

static void
print_notes (const DfiDatabase *database, const DfiFace *face, const DfiEditReport *report, int n_requests, int neighbours)
{
  for (int i = 0; i < n_requests; i++)
    {
      char *text = note_text (database, &report->notes[i], neighbours);

      if (text)
        g_fprintf (stderr, "dfi: %s\n", text);
      g_free (text);
    }
  if (fabs (face->yaw) > DFI_YAW_COVERED)
    g_fprintf (stderr, _ ("dfi: The head at (%.0f, %.0f) is turned by %.0f degrees; the database has few faces like that.\n"),
               face->box[0] + face->box[2] / 2.0, face->box[1] + face->box[3] / 2.0, fabs (face->yaw));
}

/* Seconds of each part, on standard error. */
static void
print_timings (double loading, double finding, const DfiEditReport *report)
{
  g_fprintf (stderr, _ ("Weights and database   %6.3f s\n"), loading);
  g_fprintf (stderr, _ ("Finding faces          %6.3f s\n"), finding);
  g_fprintf (stderr, _ ("Face into the frame    %6.3f s\n"), report->seconds[DFI_STAGE_CROP]);
  g_fprintf (stderr, _ ("Features and direction %6.3f s\n"), report->seconds[DFI_STAGE_DIRECTION]);
  g_fprintf (stderr, _ ("Reconstruction         %6.3f s, %d evaluations\n"), report->seconds[DFI_STAGE_MINIMISE],
             report->minimum.evaluations);
  g_fprintf (stderr, _ ("Colours and blending   %6.3f s\n"), report->seconds[DFI_STAGE_BLEND]);
}

/* The edit of one face. */
static void
add_report (JsonBuilder         *builder,
            const DfiDatabase   *database,
            const DfiFace       *face,
            const DfiPatch      *patch,
            const DfiEditReport *report,
            int                  n_requests)
{
  const double box[4]  = { patch->x, patch->y, patch->width, patch->height };
  double       seconds = 0.0;

  for (int stage = 0; stage < DFI_N_STAGES; stage++)
    seconds += report->seconds[stage];

  dfi_json_begin_object (builder, NULL);
  dfi_json_begin_array (builder, "changes");
  for (int i = 0; i < n_requests; i++)
    {
      const DfiDirectionNote *note = &report->notes[i];

      dfi_json_begin_object (builder, NULL);
      dfi_json_add_string (builder, "attribute", dfi_database_attribute (database, note->attribute)->name);
      dfi_json_add_number (builder, "alpha", note->alpha);
      dfi_json_add_integer (builder, "neighbours", note->neighbours);
      dfi_json_add_integer (builder, "agreeing", note->agreeing);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  dfi_json_add_numbers (builder, "face", face->box, 4); /* x, y, width, height */
  dfi_json_add_numbers (builder, "box", box, 4);        /* where pixels may have changed */
  dfi_json_add_number (builder, "yaw", face->yaw);
  dfi_json_add_integer (builder, "iterations", report->minimum.iterations);
  dfi_json_add_integer (builder, "evaluations", report->minimum.evaluations);
  dfi_json_add_number (builder, "loss_before", report->minimum.first);
  dfi_json_add_number (builder, "loss_after", report->minimum.last);
  dfi_json_add_number (builder, "seconds", seconds);
  json_builder_end_object (builder);
}

/* What stands for the face where the database is of whole pictures. */
static DfiFace *
whole_picture (const DfiImage *photo, const Options *options, int *n_faces, GError **error)
{
  DfiFace *face;

  if (options->eyes || options->face)
    {
      g_set_error_literal (
          error, DFI_ERROR, DFI_ERROR_VALUE,
          _ ("The database is of whole pictures, in which no faces are looked for; leave out --eyes and --face."));
      return NULL;
    }

  *n_faces     = 1;
  face         = g_new0 (DfiFace, 1);
  face->box[2] = photo->width;
  face->box[3] = photo->height;
  return face;
}

/* The faces to edit: the one with the eyes that were given, or those that are found and asked for. Free with g_free(). */
static DfiFace *
wanted_faces (const DfiImage *photo, const DfiFrame *frame, const Options *options, int *n_faces, GError **error)
{
  DfiFaceFinder *finder;
  DfiFace       *faces;
  double         eyes[4];

  if (frame->whole)
    return whole_picture (photo, options, n_faces, error);
  if (options->eyes)
    {
      *n_faces = 1;
      faces    = g_new (DfiFace, 1);
      if (! dfi_eyes_parse (options->eyes, eyes, error) || ! dfi_face_from_eyes (eyes, photo->width, photo->height, faces, error))
        g_clear_pointer (&faces, g_free);
      return faces;
    }

  finder = dfi_face_finder_new (NULL, error);
  faces  = finder ? dfi_face_finder_find (finder, photo, NULL, NULL, n_faces, error) : NULL;
  if (faces && ! dfi_faces_choose (options->face ? options->face : "1", faces, n_faces, error))
    g_clear_pointer (&faces, g_free);
  dfi_face_finder_free (finder);
  return faces;
}

/* What the command has loaded, once for all faces. */
typedef struct
{
  const Options *options;
  DfiEditor     *editor;
  DfiRequest    *requests;
  int            n_requests;
  DfiEditOptions edit;
  double         loading, finding; /* seconds */
  JsonBuilder   *json;             /* an array, or NULL */
} Work;

/* Edits one face of @photo in place. */
static gboolean
edit_face (Work *work, DfiImage *photo, const DfiFace *face, GError **error)
{
  const DfiDatabase *database = dfi_editor_database (work->editor);
  DfiCliProgress     line;
  DfiEditReport      report;
  DfiPatch          *patch;
  gboolean           done;

  dfi_cli_progress_start (&line, _ ("Editing"));
  patch = dfi_edit (work->editor, photo, face, work->requests, work->n_requests, &work->edit, dfi_cli_progress, &line, &report,
                    error);
  dfi_cli_progress_end (&line);
  if (! patch)
    return FALSE;

  done = ! work->options->vectors || dfi_vectors_write_edit (&report, work->options->vectors, error);
  if (done)
    {
      dfi_patch_composite (patch, photo);
      print_notes (database, face, &report, work->n_requests, work->edit.neighbours);
      if (work->options->timings)
        print_timings (work->loading, work->finding, &report);
      if (work->json)
        add_report (work->json, database, face, patch, &report, work->n_requests);
    }
  dfi_edit_report_clear (&report);
  dfi_patch_free (patch);
  return done;
}

/* Edits @photo in place. */
static gboolean
edit_photo (DfiPhoto *photo, const Options *options, GError **error)
{
  Work     work    = { .options = options };
  gint64   start   = g_get_monotonic_time ();
  DfiFace *faces   = NULL;
  int      n_faces = 0;
  gboolean done    = FALSE;

  DfiOptions chosen;

  dfi_options_init (&chosen);
  if (dfi_options_set_all (&chosen, options->given.texts, error))
    work.editor = dfi_editor_new (chosen.weights, chosen.database, error);
  work.edit    = chosen.edit;
  work.loading = (g_get_monotonic_time () - start) / 1e6;
  if (work.editor)
    work.requests = parse_changes (dfi_editor_database (work.editor), options->set, &work.n_requests, error);

  start = g_get_monotonic_time ();
  if (work.requests)
    faces = wanted_faces (photo->image, dfi_database_frame (dfi_editor_database (work.editor)), options, &n_faces, error);
  work.finding = (g_get_monotonic_time () - start) / 1e6;

  if (options->json)
    dfi_json_begin_array (work.json = json_builder_new (), NULL);
  done = faces != NULL;
  for (int i = 0; i < n_faces && done; i++)
    done = edit_face (&work, photo->image, &faces[i], error);
  if (work.json)
    {
      json_builder_end_array (work.json);
      if (done)
        dfi_cli_print_json (g_steal_pointer (&work.json), TRUE);
    }

  dfi_options_clear (&chosen);
  g_clear_object (&work.json);
  g_free (faces);
  g_free (work.requests);
  dfi_editor_free (work.editor);
  return done;
}

static int
run (const Options *options, const char *in, const char *out)
{
  GError   *error = NULL;
  DfiPhoto *photo = dfi_photo_load (in, &error);
  gboolean  done  = photo && edit_photo (photo, options, &error) && dfi_photo_save (photo, out, &error);

  dfi_photo_free (photo);
  dfi_cli_advise (error, DFI_ERROR_ATTRIBUTE, _ ("“dfi database info FILE” lists those that a database has."));
  return done ? EXIT_SUCCESS : dfi_cli_fail (error);
}

/* All options of the command: its own, and those of the table. What the entries point to lives in @strings. */
static GArray *
option_entries (Options *options, GStringChunk *strings)
{
  const GOptionEntry first[] = {
    { "set", 's', 0, G_OPTION_ARG_STRING_ARRAY, &options->set, N_ ("Move along ATTRIBUTE by STRENGTH; may be repeated"),
      N_ ("ATTRIBUTE=STRENGTH") },
    { "eyes", 'e', 0, G_OPTION_ARG_STRING, &options->eyes,
      N_ ("Centres of the two eyes, in pixels of the upright picture; otherwise faces are found"), "X1,Y1,X2,Y2" },
    { "face", 'F', 0, G_OPTION_ARG_STRING, &options->face,
      N_ ("Which of the faces that are found: numbers from 1, the largest, such as 1,3, or all (default 1)"), N_ ("FACES") },
  };
  const GOptionEntry last[] = {
    { "json", 'j', 0, G_OPTION_ARG_NONE, &options->json, N_ ("Report on standard output as JSON"), NULL },
    { "vectors", 0, 0, G_OPTION_ARG_FILENAME, &options->vectors,
      N_ ("Write the face, the target features and the reconstruction as safetensors"), N_ ("FILE") },
    { "timings", 't', 0, G_OPTION_ARG_NONE, &options->timings, N_ ("Say on standard error how long each part took"), NULL },
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
  Options       options = { .set = NULL };
  GStringChunk *strings = g_string_chunk_new (1024);
  GArray       *entries = option_entries (&options, strings);
  int           status  = DFI_EXIT_USAGE;

  if (dfi_cli_parse (_ ("edit PHOTO OUT.png --set ATTRIBUTE=STRENGTH"),
                     _ ("Changes attributes of a face by Deep Feature Interpolation and writes the whole picture as PNG.\n"
                        "“dfi database info” lists the attributes."),
                     (const GOptionEntry *) entries->data, &options.given, &argc, &argv, 2))
    {
      if (options.set)
        status = run (&options, argv[1], argv[2]);
      else
        g_fprintf (stderr, _ ("dfi: say what to change with --set.\n"));
    }

  g_array_free (entries, TRUE);
  g_string_chunk_free (strings);
  dfi_given_options_clear (&options.given);
  g_strfreev (options.set);
  g_free (options.eyes);
  g_free (options.face);
  g_free (options.vectors);
  return status;
}
