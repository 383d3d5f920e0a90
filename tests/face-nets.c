/* The networks bare, for compare_faces.py: names of files of raw bytes on standard input, a line of JSON for each.
 *
 *   face-nets WEIGHTS <names of files
 *
 * NAME.SIDE.detector or NAME.SIDE.landmarks hold SIDE x SIDE pixels of R, G, B. */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "face/detector.h"
#include "face/landmarks.h"

static DfiImage *
read_bytes (const char *name, int side, GError **error)
{
  DfiImage *image = NULL;
  size_t    n     = (size_t) side * side;
  char     *bytes;
  gsize     length;

  if (! g_file_get_contents (name, &bytes, &length, error))
    return NULL;

  g_assert (length == 3 * n);
  image = dfi_image_new (side, side, error);
  for (size_t i = 0; image && i < 3 * n; i++)
    image->data[i % 3 * n + i / 3] = (guint8) bytes[i] / 255.0f;
  g_free (bytes);
  return image;
}

static gboolean
print_boxes (const DfiDetector *detector, const DfiImage *image, GError **error)
{
  GArray  *found = g_array_new (FALSE, FALSE, sizeof (DfiDetection));
  gboolean done  = dfi_detector_run (detector, image, 0.25, found, error);

  dfi_detections_reduce (found, 0.4);
  printf ("[");
  for (guint i = 0; i < found->len; i++)
    {
      const DfiDetection *one = &g_array_index (found, DfiDetection, i);

      printf ("%s[%.4f, %.4f, %.4f, %.4f, %.6f]", i ? ", " : "", one->box[0], one->box[1], one->box[2], one->box[3], one->score);
    }
  printf ("]\n");
  g_array_unref (found);
  return done;
}

static gboolean
print_landmarks (const DfiLandmarker *landmarker, const DfiImage *image, GError **error)
{
  double landmarks[DFI_N_LANDMARKS][2];

  if (! dfi_landmarker_run (landmarker, image, landmarks, error))
    return FALSE;
  for (int i = 0; i < DFI_N_LANDMARKS; i++)
    printf ("%s[%.4f, %.4f]", i ? ", " : "[", landmarks[i][0], landmarks[i][1]);
  printf ("]\n");
  return TRUE;
}

static gboolean
run (const DfiDetector *detector, const DfiLandmarker *landmarker, const char *name, GError **error)
{
  const char *what = strrchr (name, '.');
  const char *side = what;
  DfiImage   *image;
  gboolean    done;

  g_assert (what);
  while (side > name && side[-1] != '.')
    side--;
  image = read_bytes (name, atoi (side), error);
  if (! image)
    return FALSE;
  done = strcmp (what, ".detector") == 0 ? print_boxes (detector, image, error) : print_landmarks (landmarker, image, error);
  dfi_image_free (image);
  return done;
}

int
main (int argc, char **argv)
{
  GError         *error      = NULL;
  DfiSafetensors *file       = argc == 2 ? dfi_safetensors_open (argv[1], "face", 1, &error) : NULL;
  DfiDetector    *detector   = file ? dfi_detector_new (file, &error) : NULL;
  DfiLandmarker  *landmarker = detector ? dfi_landmarker_new (file, &error) : NULL;
  gboolean        done       = landmarker != NULL;
  char            name[4096];

  while (done && fgets (name, sizeof name, stdin))
    done = run (detector, landmarker, g_strchomp (name), &error);

  if (error)
    fprintf (stderr, "face-nets: %s\n", error->message);
  g_clear_error (&error);
  dfi_landmarker_free (landmarker);
  dfi_detector_free (detector);
  dfi_safetensors_free (file);
  return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
