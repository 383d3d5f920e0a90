#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "picture/face.h"

/* Median landmarks of 146 aligned faces of LFW-a, made symmetric; the eyes' centres at (-0.5, 0) and (0.5, 0). */
static const double mean_face[DFI_N_LANDMARKS][2] = {
  { -1.173, 0.043 },  { -1.148, 0.359 },  { -1.097, 0.649 },  { -1.048, 0.923 },  { -0.948, 1.224 }, { -0.789, 1.466 },
  { -0.602, 1.629 },  { -0.366, 1.789 },  { 0.000, 1.885 },   { 0.366, 1.789 },   { 0.602, 1.629 },  { 0.789, 1.466 },
  { 0.948, 1.224 },   { 1.048, 0.923 },   { 1.097, 0.649 },   { 1.148, 0.359 },   { 1.173, 0.043 },  { -0.919, -0.241 },
  { -0.785, -0.325 }, { -0.601, -0.360 }, { -0.440, -0.345 }, { -0.292, -0.293 }, { 0.292, -0.293 }, { 0.440, -0.345 },
  { 0.601, -0.360 },  { 0.785, -0.325 },  { 0.919, -0.241 },  { 0.000, 0.024 },   { 0.000, 0.226 },  { 0.000, 0.426 },
  { 0.000, 0.608 },   { -0.195, 0.719 },  { -0.106, 0.745 },  { 0.000, 0.770 },   { 0.106, 0.745 },  { 0.195, 0.719 },
  { -0.683, -0.004 }, { -0.583, -0.055 }, { -0.435, -0.060 }, { -0.304, 0.013 },  { -0.421, 0.053 }, { -0.574, 0.053 },
  { 0.304, 0.013 },   { 0.435, -0.060 },  { 0.583, -0.055 },  { 0.683, -0.004 },  { 0.574, 0.053 },  { 0.421, 0.053 },
  { -0.426, 1.098 },  { -0.284, 1.025 },  { -0.095, 0.972 },  { 0.000, 0.992 },   { 0.095, 0.972 },  { 0.284, 1.025 },
  { 0.426, 1.098 },   { 0.279, 1.225 },   { 0.143, 1.282 },   { 0.000, 1.306 },   { -0.143, 1.282 }, { -0.279, 1.225 },
  { -0.394, 1.096 },  { -0.136, 1.073 },  { 0.000, 1.071 },   { 0.136, 1.073 },   { 0.394, 1.096 },  { 0.132, 1.150 },
  { 0.000, 1.162 },   { -0.132, 1.150 },
};

static void
mean_of (const DfiFace *face, int first, int end, double *mean)
{
  mean[0] = mean[1] = 0.0;
  for (int i = first; i < end; i++)
    for (int k = 0; k < 2; k++)
      mean[k] += face->landmarks[i][k] / (end - first);
}

DfiFacePoints
dfi_face_points (const DfiFace *face)
{
  DfiFacePoints points;

  mean_of (face, 36, 42, points.eyes);
  mean_of (face, 42, 48, points.eyes + 2);
  mean_of (face, 48, 60, points.mouth);
  for (int k = 0; k < 2; k++)
    {
      points.middle[k] = (points.eyes[k] + points.eyes[k + 2]) / 2.0;
      points.across[k] = points.eyes[k + 2] - points.eyes[k];
    }
  return points;
}

void
dfi_points_bounds (const double (*points)[2], int n, double low[2], double high[2])
{
  for (int k = 0; k < 2; k++)
    {
      low[k] = high[k] = points[0][k];
      for (int i = 1; i < n; i++)
        {
          low[k]  = MIN (low[k], points[i][k]);
          high[k] = MAX (high[k], points[i][k]);
        }
    }
}

gboolean
dfi_face_check (const DfiFace *face, GError **error)
{
  for (int i = 0; i < DFI_N_LANDMARKS; i++)
    if (! isfinite (face->landmarks[i][0]) || ! isfinite (face->landmarks[i][1]))
      {
        g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                             _ ("The outline of the face has a point that is not a finite number."));
        return FALSE;
      }
  return TRUE;
}

void
dfi_face_fit_box (DfiFace *face)
{
  double low[2], high[2];

  dfi_points_bounds (face->landmarks, DFI_N_LANDMARKS, low, high);
  for (int k = 0; k < 2; k++)
    {
      face->box[k]     = low[k];
      face->box[k + 2] = high[k] - low[k];
    }
}

DfiFace
dfi_face_move (const DfiFace *face, double x, double y)
{
  DfiFace moved = *face;

  moved.box[0] -= x;
  moved.box[1] -= y;
  for (int i = 0; i < DFI_N_LANDMARKS; i++)
    {
      moved.landmarks[i][0] -= x;
      moved.landmarks[i][1] -= y;
    }
  return moved;
}

static gboolean
eye_inside (double x, double y, int width, int height, GError **error)
{
  if (x >= 0.0 && y >= 0.0 && x <= width && y <= height) /* false for NaN */
    return TRUE;

  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
               _ ("The eye at (%g, %g) lies outside the picture, which is %d x %d pixels; give the positions of both eyes in "
                  "pixels from its upper left corner."),
               x, y, width, height);
  return FALSE;
}

gboolean
dfi_eyes_parse (const char *text, double eyes[4], GError **error)
{
  const char *at = text;

  for (int i = 0; i < 4; i++)
    {
      char *end;

      eyes[i] = g_ascii_strtod (at, &end);
      at      = end;
      while (g_ascii_isspace (*at))
        at++;
      if (end == text || end[-1] == ',' || *at != (i < 3 ? ',' : '\0'))
        {
          g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                       _ ("“%s” is not the position of two eyes; write x1,y1,x2,y2 in pixels."), text);
          return FALSE;
        }
      at++;
    }
  return TRUE;
}

void
dfi_face_lay (const double eyes[4], DfiFace *face)
{
  double dx = eyes[2] - eyes[0], dy = eyes[3] - eyes[1];

  for (int i = 0; i < DFI_N_LANDMARKS; i++)
    {
      const double *from = mean_face[i];
      double       *to   = face->landmarks[i];

      to[0] = (eyes[0] + eyes[2]) / 2.0 + dx * from[0] - dy * from[1];
      to[1] = (eyes[1] + eyes[3]) / 2.0 + dy * from[0] + dx * from[1];
    }
  dfi_face_fit_box (face);
  face->score = 1.0;
  face->yaw   = 0.0;
}

gboolean
dfi_face_from_eyes (const double eyes[4], int width, int height, DfiFace *face, GError **error)
{
  const double *left = eyes[0] <= eyes[2] ? eyes : eyes + 2, *right = eyes[0] <= eyes[2] ? eyes + 2 : eyes;
  const double  distance = hypot (right[0] - left[0], right[1] - left[1]);

  if (! eye_inside (eyes[0], eyes[1], width, height, error) || ! eye_inside (eyes[2], eyes[3], width, height, error))
    return FALSE;
  if (distance < DFI_EYES_MIN)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                   _ ("The eyes are %.1f pixels apart; a face can be edited when they are at least %g apart."), distance,
                   DFI_EYES_MIN);
      return FALSE;
    }

  dfi_face_lay ((const double[]){ left[0], left[1], right[0], right[1] }, face);
  return TRUE;
}

/* ---------- which of several ---------- */

/* The number of a face, from 0; -1 with @error set. */
static int
parse_number (const char *text, int n_faces, GError **error)
{
  guint64 number;

  if (! g_ascii_string_to_unsigned (text, 10, 1, G_MAXINT, &number, NULL))
    g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                 _ ("“%s” does not say which face; write “all”, or numbers from 1 on, such as “1, 3”."), text);
  else if (number > (guint64) n_faces)
    g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                 ngettext ("Face number %d was asked for, but only %d face was found.",
                           "Face number %d was asked for, but only %d faces were found.", n_faces),
                 (int) number, n_faces);
  else
    return (int) number - 1;
  return -1;
}

gboolean *
dfi_faces_chosen (const char *text, int n_faces, GError **error)
{
  char    **words  = g_strsplit (text, ",", -1);
  gboolean *chosen = g_new0 (gboolean, n_faces);
  gboolean  good   = words[0] || parse_number ("", n_faces, error) >= 0;

  for (int i = 0; words[i] && good; i++)
    if (strcmp (g_strstrip (words[i]), "all") == 0)
      for (int j = 0; j < n_faces; j++)
        chosen[j] = TRUE;
    else
      {
        int number = parse_number (words[i], n_faces, error);

        good = number >= 0;
        if (good)
          chosen[number] = TRUE;
      }

  if (! good)
    g_clear_pointer (&chosen, g_free);
  g_strfreev (words);
  return chosen;
}

gboolean
dfi_faces_choose (const char *text, DfiFace *faces, int *n_faces, GError **error)
{
  gboolean *chosen = dfi_faces_chosen (text, *n_faces, error);
  int       kept   = 0;

  if (! chosen)
    return FALSE;
  for (int i = 0; i < *n_faces; i++)
    if (chosen[i])
      faces[kept++] = faces[i];
  *n_faces = kept;
  g_free (chosen);
  return TRUE;
}
