/* dfi faces: the faces of a photograph, as text or JSON, or drawn into it. */

#include "config.h"

#include <math.h>
#include <stdlib.h>

#include <glib/gi18n-lib.h>
#include <glib/gprintf.h>

#include "dfi.h"
#include "commands.h"
#include "console.h"
#include "files/json-writer.h"

/* ---------- text and JSON ---------- */

static void
print_text (const DfiFace *faces, int n_faces)
{
  for (int i = 0; i < n_faces; i++)
    {
      const DfiFace *face   = &faces[i];
      DfiFacePoints  points = dfi_face_points (face);

      g_printf (_ ("Face %d: %.0f x %.0f pixels at (%.0f, %.0f), score %.2f, turned by %.0f degrees\n"), i + 1, face->box[2],
                face->box[3], face->box[0], face->box[1], face->score, face->yaw);
      g_printf (_ ("  eyes (%.1f, %.1f) and (%.1f, %.1f), mouth (%.1f, %.1f)\n"), points.eyes[0], points.eyes[1], points.eyes[2],
                points.eyes[3], points.mouth[0], points.mouth[1]);
    }
}

/* null where no hair was seen. */
static void
add_hair (JsonBuilder *builder, const DfiTone *tone)
{
  if (isnan (tone->luma))
    {
      dfi_json_add_number (builder, "hair", NAN);
      return;
    }
  dfi_json_begin_object (builder, "hair");
  dfi_json_add_number (builder, "luma", tone->luma);
  dfi_json_add_number (builder, "deviation", tone->deviation);
  dfi_json_add_number (builder, "cb", tone->cb);
  dfi_json_add_number (builder, "cr", tone->cr);
  json_builder_end_object (builder);
}

static void
add_face (JsonBuilder *builder, const DfiFace *face, const DfiTone *tone)
{
  dfi_json_begin_object (builder, NULL);
  dfi_json_add_numbers (builder, "box", face->box, 4);
  dfi_json_begin_array (builder, "landmarks");
  for (int i = 0; i < DFI_N_LANDMARKS; i++)
    dfi_json_add_numbers (builder, NULL, face->landmarks[i], 2);
  json_builder_end_array (builder);
  dfi_json_add_number (builder, "score", face->score);
  dfi_json_add_number (builder, "yaw", face->yaw);
  add_hair (builder, tone);
  json_builder_end_object (builder);
}

static void
print_json (const DfiFace *faces, const DfiTone *tones, int n_faces)
{
  JsonBuilder *builder = json_builder_new ();

  dfi_json_begin_array (builder, NULL);
  for (int i = 0; i < n_faces; i++)
    add_face (builder, &faces[i], &tones[i]);
  json_builder_end_array (builder);
  dfi_cli_print_json (builder, FALSE);
}

/* ---------- drawing ---------- */

/* A filled square of 2 @reach pixels around a position. */
static void
draw_dot (DfiImage *image, double x, double y, double reach, const float rgb[3])
{
  int left = MAX (0, (int) floor (x - reach)), right = MIN (image->width, (int) ceil (x + reach));
  int top = MAX (0, (int) floor (y - reach)), bottom = MIN (image->height, (int) ceil (y + reach));

  for (int c = 0; c < 3; c++)
    for (int i = top; i < bottom; i++)
      for (int j = left; j < right; j++)
        image->data[((size_t) c * image->height + i) * image->width + j] = rgb[c];
}

static void
draw_line (DfiImage *image, const double from[2], const double to[2], double reach, const float rgb[3])
{
  int steps = (int) CLAMP (MAX (fabs (to[0] - from[0]), fabs (to[1] - from[1])), 1.0, 4.0 * DFI_IMAGE_MAX);

  for (int i = 0; i <= steps; i++)
    {
      double t = (double) i / steps;

      draw_dot (image, from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1]), reach, rgb);
    }
}

static void
draw_face (DfiImage *image, const DfiFace *face)
{
  /* Where one of the outlines of the 68 landmarks begins, and its last one; the closed ones return to the beginning. */
  static const struct
  {
    int      first, last;
    gboolean closed;
  } lines[] = {
    { 0, 16, FALSE }, { 17, 21, FALSE }, { 22, 26, FALSE }, { 27, 30, FALSE }, { 31, 35, FALSE },
    { 36, 41, TRUE }, { 42, 47, TRUE },  { 48, 59, TRUE },  { 60, 67, TRUE },
  };
  const float  green[3] = { 0.2f, 1.0f, 0.3f };
  const float  red[3]   = { 1.0f, 0.2f, 0.1f };
  double       reach    = MAX (0.5, face->box[2] / 300.0);
  const double right = face->box[0] + face->box[2], bottom = face->box[1] + face->box[3];
  const double corners[4][2] = { { face->box[0], face->box[1] },
                                 { right, face->box[1] },
                                 { right, bottom },
                                 { face->box[0], bottom } };

  for (int i = 0; i < 4; i++)
    draw_line (image, corners[i], corners[(i + 1) % 4], reach, red);
  for (size_t i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      for (int k = lines[i].first; k < lines[i].last; k++)
        draw_line (image, face->landmarks[k], face->landmarks[k + 1], reach, green);
      if (lines[i].closed)
        draw_line (image, face->landmarks[lines[i].last], face->landmarks[lines[i].first], reach, green);
    }
}

/* ---------- the command ---------- */

/* With the tone of each face's hair. */
static gboolean
report_json (const DfiPhoto *photo, const DfiFace *faces, int n_faces, GError **error)
{
  DfiHairNetwork *network = dfi_hair_network_new (NULL, error);
  DfiTone        *tones   = g_new (DfiTone, n_faces);
  gboolean        done    = network != NULL;

  for (int i = 0; done && i < n_faces; i++)
    done = dfi_face_tone (network, photo->image, &faces[i], &tones[i], error);
  if (done)
    print_json (faces, tones, n_faces);
  g_free (tones);
  dfi_hair_network_free (network);
  return done;
}

static gboolean
report (DfiPhoto *photo, const DfiFace *faces, int n_faces, gboolean json, const char *drawing, GError **error)
{
  if (! json)
    print_text (faces, n_faces);
  else if (! report_json (photo, faces, n_faces, error))
    return FALSE;

  for (int i = 0; drawing && i < n_faces; i++)
    draw_face (photo->image, &faces[i]);
  if (drawing && ! dfi_photo_save (photo, drawing, NULL, NULL, error))
    return FALSE;
  for (guint i = 0; i < photo->notes->len; i++)
    dfi_cli_print_note (photo->notes->pdata[i], NULL);
  return TRUE;
}

static int
run (const char *weights, const char *path, const DfiPhotoLimits *limits, gboolean json, const char *drawing)
{
  GError        *error   = NULL;
  int            n_faces = 0;
  gboolean       apart   = ! drawing || dfi_cli_check_output (drawing, (char *[]){ (char *) path, NULL }, &error);
  DfiPhoto      *photo   = apart ? dfi_photo_load (path, limits, NULL, NULL, &error) : NULL;
  DfiFaceFinder *finder  = photo ? dfi_face_finder_new (weights, &error) : NULL;
  DfiFace       *faces   = finder ? dfi_face_finder_find (finder, photo->image, NULL, NULL, &n_faces, &error) : NULL;
  gboolean       done    = faces && report (photo, faces, n_faces, json, drawing, &error);

  /* That there is none is an answer, too. */
  if (json && finder && ! faces && g_error_matches (error, DFI_ERROR, DFI_ERROR_NO_FACE))
    print_json (NULL, NULL, 0);

  g_free (faces);
  dfi_face_finder_free (finder);
  dfi_photo_free (photo);
  return done ? EXIT_SUCCESS : dfi_cli_fail (error);
}

int
dfi_command_faces (int argc, char **argv)
{
  char    *weights = NULL;
  char    *drawing = NULL;
  gboolean json    = FALSE;
  int      status  = DFI_EXIT_USAGE;

  DfiPhotoLimits limits = { 0.0, FALSE };

  const GOptionEntry entries[] = {
    { "weights", 'w', 0, G_OPTION_ARG_FILENAME, &weights, N_ ("Networks to use instead of the bundled ones"), N_ ("FILE") },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON, for other programs to read"), NULL },
    DFI_CLI_LIMITS (&limits),
    { "draw", 'd', 0, G_OPTION_ARG_FILENAME, &drawing, N_ ("Write the photograph with the faces drawn into it"), N_ ("OUT.png") },
    G_OPTION_ENTRY_NULL
  };

  if (dfi_cli_parse (
          _ ("faces PHOTO"),
          _ ("Finds the faces of a photograph, the largest first, and the 68 landmarks of each. The exit status is 1 when\n"
             "there is none."),
          entries, NULL, &argc, &argv, 1))
    status = run (weights, argv[1], &limits, json, drawing);

  g_free (drawing);
  g_free (weights);
  return status;
}
