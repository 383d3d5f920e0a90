#include "config.h"

#include <math.h>

#include <glib/gi18n-lib.h>
#include <glib/gprintf.h>

#include "commands.h"
#include "console.h"
#include "edit-job.h"
#include "files/json-writer.h"

struct _DfiEditJob
{
  const DfiEditOrder *order;
  DfiOptions          options;
  DfiEditor          *editor;
  DfiFaceFinder      *finder; /* NULL until it is needed */
  DfiRequest         *requests;
  int                 n_requests;
  double              loading; /* seconds */
};

/* ---------- what is loaded ---------- */

/* --set may be repeated, and each may name several attributes. */
static DfiRequest *
parse_requests (const DfiDatabase *database, char **set, int *n_requests, GError **error)
{
  char       *joined   = g_strjoinv (",", set);
  DfiRequest *requests = dfi_requests_parse (database, joined, n_requests, error);

  g_free (joined);
  return requests;
}

DfiEditJob *
dfi_edit_job_new (const DfiEditOrder *order, GError **error)
{
  DfiEditJob *job   = g_new0 (DfiEditJob, 1);
  gint64      start = g_get_monotonic_time ();

  job->order = order;
  dfi_options_init (&job->options);
  if (dfi_options_set_all (&job->options, order->given.texts, error))
    {
      job->editor = dfi_editor_new (job->options.weights, job->options.database, error);
      dfi_command_explain_weights (job->options.weights, error);
    }
  if (job->editor)
    job->requests = parse_requests (dfi_editor_database (job->editor), order->set, &job->n_requests, error);
  if (job->editor && ! job->requests && error)
    dfi_error_advise (*error, DFI_ERROR_ATTRIBUTE, _ ("“dfi database info FILE” lists those that a database has."));
  job->loading = (g_get_monotonic_time () - start) / 1e6;

  if (! job->requests)
    g_clear_pointer (&job, dfi_edit_job_free);
  return job;
}

void
dfi_edit_job_free (DfiEditJob *job)
{
  if (! job)
    return;

  g_free (job->requests);
  dfi_face_finder_free (job->finder);
  dfi_editor_free (job->editor);
  dfi_options_clear (&job->options);
  g_free (job);
}

/* ---------- what is said ---------- */

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
print_notes (const DfiEditJob *job, const char *name, const DfiFace *face, const DfiEditReport *report)
{
  for (int i = 0; i < job->n_requests; i++)
    {
      char *text = note_text (dfi_editor_database (job->editor), &report->notes[i], job->options.edit.neighbours);

      if (text)
        dfi_cli_print_note (text, name);
      g_free (text);
    }
  if (fabs (face->yaw) > DFI_YAW_COVERED)
    {
      char *text =
          g_strdup_printf (_ ("The head at (%.0f, %.0f) is turned by %.0f degrees; the database has few faces like that."),
                           face->box[0] + face->box[2] / 2.0, face->box[1] + face->box[3] / 2.0, fabs (face->yaw));

      dfi_cli_print_note (text, name);
      g_free (text);
    }
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
  g_fprintf (stderr, _ ("Hair                   %6.3f s\n"), report->seconds[DFI_STAGE_HAIR]);
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

/* ---------- faces ---------- */

/* What stands for the face where the database is of whole pictures. */
static DfiFace *
whole_picture (const DfiPhoto *photo, const DfiEditOrder *order, int *n_faces, GError **error)
{
  DfiFace *face;

  if (order->eyes || order->face)
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

static DfiImage *
photo_part (gpointer photo, int x, int y, int width, int height, GError **error)
{
  return dfi_photo_part (photo, x, y, width, height, error);
}

/* The faces to edit: the one with the eyes that were given, or those that are found and asked for. Free with g_free(). */
static DfiFace *
wanted_faces (DfiEditJob *job, DfiPhoto *photo, int *n_faces, GError **error)
{
  const DfiEditOrder  *order  = job->order;
  const DfiPixelSource pixels = { photo->width, photo->height, NULL, photo_part, photo };
  DfiFace             *faces;
  double               eyes[4];

  if (dfi_database_frame (dfi_editor_database (job->editor))->whole)
    return whole_picture (photo, order, n_faces, error);
  if (order->eyes)
    {
      *n_faces = 1;
      faces    = g_new (DfiFace, 1);
      if (! dfi_eyes_parse (order->eyes, eyes, error) || ! dfi_face_from_eyes (eyes, photo->width, photo->height, faces, error))
        g_clear_pointer (&faces, g_free);
      return faces;
    }

  if (! job->finder)
    job->finder = dfi_face_finder_new (NULL, error);
  faces = job->finder ? dfi_face_finder_search (job->finder, &pixels, NULL, NULL, n_faces, error) : NULL;
  if (faces && ! dfi_faces_choose (order->face ? order->face : "1", faces, n_faces, error))
    g_clear_pointer (&faces, g_free);
  return faces;
}

/* ---------- an edit ---------- */

/* Of all faces of a photograph. */
typedef struct
{
  DfiProgressFunc func;
  gpointer        data;
  int             done, n_faces;
} Progress;

static gboolean
face_progress (double fraction, gpointer data)
{
  const Progress *progress = data;

  return progress->func ((progress->done + fraction) / progress->n_faces, progress->data);
}

/* Edits one face of @photo in place; @finding: the seconds that finding it took. */
static gboolean
edit_face (DfiEditJob    *job,
           DfiPhoto      *photo,
           const DfiFace *face,
           const char    *name,
           double         finding,
           Progress      *progress,
           JsonBuilder   *json,
           GError       **error)
{
  int           x = 0, y = 0, width, height;
  DfiImage     *part = NULL;
  DfiFace       moved;
  DfiPatch     *patch = NULL;
  DfiEditReport report;
  gboolean      done;

  if (dfi_editor_bounds (job->editor, face, job->requests, job->n_requests, photo->width, photo->height, &x, &y, &width, &height,
                         error))
    part = dfi_photo_part (photo, x, y, width, height, error);
  moved = dfi_face_move (face, x, y);
  if (part)
    patch = dfi_edit (job->editor, part, &moved, job->requests, job->n_requests, &job->options.edit, face_progress, progress,
                      &report, error);

  done = patch && (! job->order->vectors || dfi_vectors_write_edit (&report, job->order->vectors, error));
  if (done)
    {
      dfi_patch_composite (patch, part);
      dfi_photo_put_part (photo, part, x, y);
      patch->x += x;
      patch->y += y;
      print_notes (job, name, face, &report);
      if (job->order->timings)
        print_timings (job->loading, finding, &report);
      if (json)
        add_report (json, dfi_editor_database (job->editor), face, patch, &report, job->n_requests);
    }
  if (patch)
    dfi_edit_report_clear (&report);
  dfi_patch_free (patch);
  dfi_image_free (part);
  return done;
}

gboolean
dfi_edit_job_run (DfiEditJob     *job,
                  const char     *path,
                  const char     *out,
                  const char     *name,
                  DfiProgressFunc progress,
                  gpointer        data,
                  JsonBuilder    *json,
                  GError        **error)
{
  Progress  inner = { .func = progress, .data = data };
  DfiPhoto *photo = dfi_photo_open (path, &job->order->limits, NULL, NULL, error);
  gint64    start = g_get_monotonic_time ();
  DfiFace  *faces = photo ? wanted_faces (job, photo, &inner.n_faces, error) : NULL;
  double    found = (g_get_monotonic_time () - start) / 1e6;
  gboolean  done  = faces != NULL;

  if (json)
    dfi_json_begin_array (json, NULL);
  for (inner.done = 0; done && inner.done < inner.n_faces; inner.done++)
    done = edit_face (job, photo, &faces[inner.done], name, found, &inner, json, error);
  if (json)
    json_builder_end_array (json);
  done = done && dfi_photo_save (photo, out, NULL, NULL, error);
  if (done)
    for (guint i = 0; i < photo->notes->len; i++)
      dfi_cli_print_note (photo->notes->pdata[i], name);

  g_free (faces);
  dfi_photo_free (photo);
  return done;
}
