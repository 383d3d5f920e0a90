/* The networks that find faces.  An input is the file's header and its first numbers; the others are the bundled file's. */

#include "config.h"

#include "common.h"
#include "face/detector.h"
#include "face/landmarks.h"
#include "files/bundled.h"
#include "fuzz.h"

static const char *
original (void)
{
  static char *path;
  GError      *error = NULL;

  if (! path)
    path = dfi_bundled_file (DFI_BUNDLED_FACE, &error);
  g_assert_no_error (error);
  return path;
}

static DfiImage *
picture (int side)
{
  DfiImage *image = dfi_image_new (side, side, NULL);

  test_uniform (3, image->data, (size_t) 3 * side * side);
  return image;
}

static void
detect (const DfiDetector *detector)
{
  DfiImage *image = picture (2 * DFI_DETECTOR_CELL);
  GArray   *found = g_array_new (FALSE, FALSE, sizeof (DfiDetection));
  GError   *error = NULL;

  fuzz_told (dfi_detector_run (detector, image, 0.1, found, &error), &error);
  dfi_detections_reduce (found, 0.4);
  g_array_free (found, TRUE);
  dfi_image_free (image);
}

static void
mark (const DfiLandmarker *landmarker)
{
  DfiImage *image = picture (DFI_LANDMARKS_SIDE);
  GError   *error = NULL;
  double    landmarks[DFI_N_LANDMARKS][2];

  fuzz_told (dfi_landmarker_run (landmarker, image, landmarks, &error), &error);
  dfi_image_free (image);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  GError         *error = NULL;
  DfiSafetensors *file  = dfi_safetensors_open (fuzz_file_over ("in.safetensors", data, size, original ()), "face", 1, &error);
  DfiDetector    *detector;
  DfiLandmarker  *landmarker;

  fuzz_told (file != NULL, &error);
  if (! file)
    return 0;

  detector = dfi_detector_new (file, &error);
  fuzz_told (detector != NULL, &error);
  if (detector)
    detect (detector);
  landmarker = dfi_landmarker_new (file, &error);
  fuzz_told (landmarker != NULL, &error);
  if (landmarker)
    mark (landmarker);
  dfi_landmarker_free (landmarker);
  dfi_detector_free (detector);
  dfi_safetensors_free (file);
  return 0;
}

void
fuzz_seeds (const char *folder)
{
  fuzz_seed_file (folder, "header", original (), 0);
  fuzz_seed_file (folder, "values", original (), 256);
}
