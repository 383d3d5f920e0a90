/* Faces: the networks against the numbers of the package they come from, and the finder on pictures that are hard for it. */

#include "config.h"

#include <math.h>
#include <string.h>

#include <json-glib/json-glib.h>

#include "picture/align.h"
#include "common.h"
#include "face/convolve.h"
#include "files/bundled.h"
#include "face/detector.h"
#include "base/error.h"
#include "face/finder.h"
#include "face/landmarks.h"
#include "picture/photo.h"

static DfiFaceFinder *finder;
static DfiImage      *astronaut;
static char          *folder;

static const double astronaut_eyes[4] = { 202.0, 101.0, 244.0, 103.0 };

/* ---------- kernels ---------- */

/* The plain definition of every kernel that a sum over channels and filter stands for. */
static float
convolved (const float *filter, const float *x, int channels, int height, int width, int row, int column)
{
  double sum = 0.0;

  for (int c = 0; c < channels; c++)
    for (int u = 0; u < 3; u++)
      for (int v = 0; v < 3; v++)
        {
          int i = row + u, j = column + v;

          if (i >= 0 && j >= 0 && i < height && j < width)
            sum += (double) filter[(c * 3 + u) * 3 + v] * x[((size_t) c * height + i) * width + j];
        }
  return sum;
}

static float *
random_floats (int seed, size_t n)
{
  float *values = g_new (float, n);

  test_uniform (seed, values, n);
  for (size_t i = 0; i < n; i++)
    values[i] -= 0.5f;
  return values;
}

static void
test_points (void)
{
  const int sizes[][3] = { { 1, 1, 1 }, { 4, 3, 16 }, { 5, 7, 17 }, { 25, 64, 33 }, { 136, 256, 1 }, { 8, 2, 100 } };

  for (size_t s = 0; s < G_N_ELEMENTS (sizes); s++)
    {
      int    filters = sizes[s][0], channels = sizes[s][1], n = sizes[s][2];
      float *w = random_floats (1, filters * channels), *bias = random_floats (2, filters);
      float *x = random_floats (3, channels * n), *y = g_new (float, filters *n + 1);

      y[filters * n] = 7.0f;
      dfi_convolve_points (y, w, bias, x, filters, channels, n, n, n);
      for (int k = 0; k < filters; k++)
        for (int p = 0; p < n; p++)
          {
            double sum = bias[k];

            for (int c = 0; c < channels; c++)
              sum += (double) w[k * channels + c] * x[c * n + p];
            g_assert_cmpfloat_with_epsilon (y[k * n + p], sum, 1e-5);
          }
      g_assert_true (y[filters * n] == 7.0f);
      g_free (y), g_free (x), g_free (bias), g_free (w);
    }
}

static void
test_3x3 (void)
{
  const int sizes[][3] = { { 32, 32, 1 }, { 7, 21, 1 }, { 12, 8, 2 }, { 56, 56, 2 } };

  for (size_t s = 0; s < G_N_ELEMENTS (sizes); s++)
    {
      int    height = sizes[s][0], width = sizes[s][1], stride = sizes[s][2];
      int    out_height = stride == 1 ? height - 2 : height / 2, out_width = stride == 1 ? width - 2 : width / 2;
      size_t n = (size_t) out_height * out_width;
      float *w = random_floats (1, 5 * 27), *bias = random_floats (2, 5), *x = random_floats (3, 3 * height * width);
      float *y = g_new (float, 5 * n), *scratch = g_new (float, 27 * out_width);

      dfi_convolve_3x3 (y, w, bias, x, 5, 3, height, width, stride, out_height, out_width, scratch);
      for (int k = 0; k < 5; k++)
        for (size_t p = 0; p < n; p++)
          g_assert_cmpfloat_with_epsilon (y[k * n + p],
                                          bias[k] + convolved (w + 27 * k, x, 3, height, width, p / out_width * stride,
                                                               p % out_width * stride),
                                          1e-5);
      g_free (scratch), g_free (y), g_free (x), g_free (bias), g_free (w);
    }
}

static void
test_planes (void)
{
  const int sizes[][3] = { { 1, 1, 1 }, { 13, 13, 1 }, { 6, 35, 1 }, { 14, 14, 2 }, { 2, 40, 2 } };

  for (size_t s = 0; s < G_N_ELEMENTS (sizes); s++)
    {
      int    height = sizes[s][0], width = sizes[s][1], stride = sizes[s][2];
      int    out_width = width / stride;
      size_t n = (size_t) (height / stride) * out_width, plane = (size_t) height * width;
      float *w = random_floats (1, 3 * 9), *x = random_floats (3, 3 * plane);
      float *y = g_new (float, 3 * n), *scratch = g_new (float, (height + 2) * (width + 2));

      dfi_convolve_planes (y, w, x, 3, height, width, stride, scratch);
      for (int c = 0; c < 3; c++)
        for (size_t p = 0; p < n; p++)
          g_assert_cmpfloat_with_epsilon (y[c * n + p],
                                          convolved (w + 9 * c, x + c * plane, 1, height, width,
                                                     p / out_width * stride - (stride == 1),
                                                     p % out_width * stride - (stride == 1)),
                                          1e-5);
      g_free (scratch), g_free (y), g_free (x), g_free (w);
    }
}

static void
test_pool (void)
{
  const float x[9]      = { 1, 5, 2, 0, 3, 8, 7, 6, 4 };
  const float by_two[4] = { 5, 8, 7, 4 };
  const float by_one[9] = { 5, 8, 8, 7, 8, 8, 7, 6, 4 };
  float       y[9];

  dfi_max_pool_2x2 (y, x, 1, 3, 3, 2);
  g_assert_cmpmem (y, sizeof by_two, by_two, sizeof by_two);
  dfi_max_pool_2x2 (y, x, 1, 3, 3, 1);
  g_assert_cmpmem (y, sizeof by_one, by_one, sizeof by_one);

  for (int i = 0; i < 9; i++)
    y[i] = x[i] - 4.0f;
  dfi_leaky_relu (y, 0.1f, 9);
  g_assert_cmpfloat_with_epsilon (y[0], -0.3f, 1e-6);
  g_assert_cmpfloat_with_epsilon (y[1], 1.0f, 1e-6);
}

/* ---------- networks ---------- */

static DfiSafetensors *
open_weights (void)
{
  GError         *error = NULL;
  char           *path  = dfi_bundled_file (DFI_BUNDLED_FACE, &error);
  DfiSafetensors *file;

  g_assert_no_error (error);
  file = dfi_safetensors_open (path, "face", 1, &error);
  g_assert_no_error (error);
  g_free (path);
  return file;
}

static JsonParser *
open_fixtures (void)
{
  JsonParser *parser = json_parser_new ();
  GError     *error  = NULL;
  char       *path   = test_source_file ("tests/fixtures/faces.json");

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  g_free (path);
  return parser;
}

static JsonArray *
fixture (JsonParser *parser, const char *name)
{
  return json_object_get_array_member (json_node_get_object (json_parser_get_root (parser)), name);
}

static double
fixture_at (JsonArray *rows, guint row, guint column)
{
  return json_array_get_double_element (json_array_get_array_element (rows, row), column);
}

static void
test_detector (void)
{
  DfiSafetensors *file     = open_weights ();
  JsonParser     *parser   = open_fixtures ();
  JsonArray      *expected = fixture (parser, "boxes");
  GArray         *found    = g_array_new (FALSE, FALSE, sizeof (DfiDetection));
  GError         *error    = NULL;
  DfiDetector    *detector = dfi_detector_new (file, &error);

  g_assert_no_error (error);
  g_assert_true (dfi_detector_run (detector, astronaut, 0.25, found, &error));
  dfi_detections_reduce (found, 0.4);
  g_assert_cmpuint (found->len, ==, json_array_get_length (expected));
  for (guint i = 0; i < found->len; i++)
    {
      const DfiDetection *one = &g_array_index (found, DfiDetection, i);

      for (int k = 0; k < 4; k++)
        g_assert_cmpfloat_with_epsilon (one->box[k], fixture_at (expected, i, k), 0.02 * one->box[2]);
      g_assert_cmpfloat_with_epsilon (one->score, fixture_at (expected, i, 4), 0.02);
    }
  dfi_detector_free (detector);
  g_array_unref (found);
  g_object_unref (parser);
  dfi_safetensors_free (file);
}

/* @image's landmarks are those of the fixture within @epsilon pixels of the 112. */
static void
check_landmarks (const DfiImage *image, const char *name, double epsilon)
{
  DfiSafetensors *file       = open_weights ();
  JsonParser     *parser     = open_fixtures ();
  JsonArray      *expected   = fixture (parser, name);
  GError         *error      = NULL;
  DfiLandmarker  *landmarker = dfi_landmarker_new (file, &error);
  double          landmarks[DFI_N_LANDMARKS][2];

  g_assert_no_error (error);
  g_assert_true (dfi_landmarker_run (landmarker, image, landmarks, &error));
  for (int i = 0; i < DFI_N_LANDMARKS; i++)
    for (int k = 0; k < 2; k++)
      g_assert_cmpfloat_with_epsilon (landmarks[i][k], fixture_at (expected, i, k), epsilon);
  dfi_landmarker_free (landmarker);
  g_object_unref (parser);
  dfi_safetensors_free (file);
}

static void
test_landmarks (void)
{
  DfiSimilarity part  = { 1.0, 0.0, 168.0, 76.0 };
  DfiImage     *image = dfi_align_warp (astronaut, &part, DFI_LANDMARKS_SIDE, DFI_LANDMARKS_SIDE, NULL);

  check_landmarks (image, "landmarks", 0.3);

  for (int c = 0; c < 3; c++)
    for (int i = 0; i < DFI_LANDMARKS_SIDE; i++)
      for (int j = 0; j < DFI_LANDMARKS_SIDE; j++)
        image->data[(c * DFI_LANDMARKS_SIDE + i) * DFI_LANDMARKS_SIDE + j] =
            (i * i / 16 + 3 * j * (c + 1) + i * j / 8) % 256 / 255.0f;
  check_landmarks (image, "synthetic_landmarks", 0.3);
  dfi_image_free (image);
}

/* ---------- finder ---------- */

/* The largest face of the picture that @map leads to from @image has its eyes where the astronaut's come to lie. */
static void
expect_eyes (const DfiImage *image, const DfiSimilarity *from_astronaut, double epsilon)
{
  GError       *error = NULL;
  int           n;
  DfiFace      *faces = dfi_face_finder_find (finder, image, NULL, NULL, &n, &error);
  DfiFacePoints points;

  g_assert_no_error (error);
  g_assert_cmpint (n, ==, 1);
  points = dfi_face_points (faces);
  for (int e = 0; e < 2; e++)
    {
      double x, y;

      dfi_similarity_apply (from_astronaut, astronaut_eyes[2 * e], astronaut_eyes[2 * e + 1], &x, &y);
      g_assert_cmpfloat_with_epsilon (points.eyes[2 * e], x, epsilon);
      g_assert_cmpfloat_with_epsilon (points.eyes[2 * e + 1], y, epsilon);
    }
  g_assert_cmpfloat (faces->score, >=, 0.5);
  g_assert_cmpfloat (faces->score, <=, 1.0);
  g_assert_cmpfloat (fabs (faces->yaw), <, 30.0);
  g_free (faces);
}

/* The astronaut enlarged by @scale and turned by @degrees about the middle of the face. */
static void
expect_turned (double scale, double degrees, int side)
{
  double        angle = degrees * G_PI / 180.0;
  DfiSimilarity there = { .a = scale * cos (angle), .b = scale * sin (angle) };
  DfiSimilarity back;
  DfiImage     *image;

  there.tx = side / 2.0 - (there.a * 223.0 - there.b * 125.0);
  there.ty = side / 2.0 - (there.b * 223.0 + there.a * 125.0);
  back     = dfi_similarity_invert (&there);
  image    = dfi_align_warp (astronaut, &back, side, side, NULL);
  expect_eyes (image, &there, 4.5 * scale);
  dfi_image_free (image);
}

static void
test_find (void)
{
  const DfiSimilarity same = { 1.0, 0.0, 0.0, 0.0 };

  expect_eyes (astronaut, &same, 4.0);
}

static void
test_find_turned (void)
{
  expect_turned (1.0, 20.0, 400);
  expect_turned (1.0, -20.0, 400);
  expect_turned (1.2, 40.0, 400);
  expect_turned (1.2, -40.0, 400);
}

/* As cameras and scanners leave photographs. */
static void
test_find_on_its_side (void)
{
  for (int degrees = 90; degrees < 360; degrees += 90)
    {
      expect_turned (1.0, degrees, 400);
      expect_turned (3.0, degrees + 10, 900);
    }
}

/* The detector takes this one for an upright face whose mouth is on the forehead: a dark collar hides the neck. */
static void
test_find_on_its_head (void)
{
  const DfiSimilarity there = { -1.0, 0.0, 350.0, 250.0 };
  DfiSimilarity       back  = dfi_similarity_invert (&there);
  DfiImage           *image = dfi_align_warp (astronaut, &back, 250, 250, NULL);

  for (int y = 56; y < 84; y++)
    for (int x = 97; x < 157; x++)
      for (int c = 0; c < 3; c++)
        image->data[(c * 250 + y) * 250 + x] = 0.15f;
  expect_eyes (image, &there, 4.5);
  dfi_image_free (image);
}

static void
test_find_sizes (void)
{
  expect_turned (0.5, 0.0, 300);
  expect_turned (4.0, 0.0, 1100);
}

static void
test_find_dark (void)
{
  const DfiSimilarity same  = { 1.0, 0.0, 0.0, 0.0 };
  DfiImage           *image = dfi_image_copy (astronaut, NULL);
  size_t              n     = (size_t) image->width * image->height;

  for (size_t i = 0; i < n; i++)
    image->data[i] = image->data[n + i] = image->data[2 * n + i] =
        0.1f * (image->data[i] + image->data[n + i] + image->data[2 * n + i]) / 3.0f;
  expect_eyes (image, &same, 5.0);
  dfi_image_free (image);
}

static void
test_mirror (void)
{
  DfiImage *image = dfi_image_copy (astronaut, NULL);
  GError   *error = NULL;
  DfiFace  *face, *other;
  int       n;

  for (int i = 0; i < 3 * image->height; i++)
    for (int j = 0; j < image->width; j++)
      image->data[i * image->width + j] = astronaut->data[i * image->width + image->width - 1 - j];

  face = dfi_face_finder_find (finder, astronaut, NULL, NULL, &n, &error);
  g_assert_no_error (error);
  other = dfi_face_finder_find (finder, image, NULL, NULL, &n, &error);
  g_assert_no_error (error);
  for (int i = 0; i < 17; i++)
    g_assert_cmpfloat_with_epsilon (other->landmarks[16 - i][0], image->width - face->landmarks[i][0], 3.0);
  g_assert_cmpfloat_with_epsilon (face->yaw, -other->yaw, 6.0);

  g_free (face);
  g_free (other);
  dfi_image_free (image);
}

/* A picture that gives @left parts before it fails. */
typedef struct
{
  const DfiImage *image;
  int             left;
  size_t          largest; /* part, in pixels */
} Parts;

static DfiImage *
give_part (gpointer data, int x, int y, int width, int height, GError **error)
{
  Parts          *parts = data;
  const DfiImage *image = parts->image;

  g_assert_true (x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= image->width && y + height <= image->height);
  if (parts->left-- == 0)
    {
      g_set_error_literal (error, DFI_ERROR, DFI_ERROR_IO, "worn out");
      return NULL;
    }
  parts->largest = MAX (parts->largest, (size_t) width * height);
  return test_image_part (image, x, y, width, height);
}

/* What is found in parts of a picture is what is found in the whole. */
static void
compare_parts (const DfiImage *image, size_t largest)
{
  Parts                parts  = { image, -1, 0 };
  const DfiPixelSource source = { image->width, image->height, NULL, give_part, &parts };
  GError              *error = NULL, *other_error = NULL;
  int                  n, n_other;
  DfiFace             *faces = dfi_face_finder_find (finder, image, NULL, NULL, &n, &error);
  DfiFace             *other = dfi_face_finder_search (finder, &source, NULL, NULL, &n_other, &other_error);

  g_test_message ("%d x %d: %d faces, the largest part has %zu pixels", image->width, image->height, n, parts.largest);
  g_assert_cmpint (n_other, ==, n);
  g_assert_cmpint (error ? error->code : -1, ==, other_error ? other_error->code : -1);
  for (int f = 0; f < n; f++)
    for (int i = 0; i < DFI_N_LANDMARKS; i++)
      for (int k = 0; k < 2; k++)
        g_assert_cmpfloat_with_epsilon (other[f].landmarks[i][k], faces[f].landmarks[i][k], 1e-2);
  g_assert_cmpuint (parts.largest, <=, largest);

  g_clear_error (&error);
  g_clear_error (&other_error);
  g_free (faces);
  g_free (other);
}

static void
test_parts (void)
{
  const double scales[] = { 1.0, 2.2, 3.7 };
  GError      *error    = NULL;
  DfiImage    *plain    = dfi_image_new (1800, 900, NULL);
  int          n;

  for (size_t k = 0; k < G_N_ELEMENTS (scales); k++)
    {
      DfiSimilarity map   = { .a = 1.0 / scales[k] };
      int           side  = 512 * scales[k];
      DfiImage     *large = dfi_align_warp (astronaut, &map, side, side, NULL);

      compare_parts (large, side < 1664 ? (size_t) side * side : 1 << 20);
      dfi_image_free (large);
    }

  for (size_t i = 0; i < (size_t) 3 * 1800 * 900; i++)
    plain->data[i] = 0.3f;
  compare_parts (plain, 1800 * 900);
  for (int left = 0; left < 6; left++)
    {
      Parts                parts  = { plain, left, 0 };
      const DfiPixelSource source = { 1800, 900, NULL, give_part, &parts };

      g_assert_null (dfi_face_finder_search (finder, &source, NULL, NULL, &n, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
      g_clear_error (&error);
    }
  dfi_image_free (plain);
}

static gboolean
stop_later (double fraction, gpointer data)
{
  int *left = data;

  g_assert_cmpfloat (fraction, >=, 0.0);
  g_assert_cmpfloat (fraction, <, 1.0);
  return (*left)-- > 0;
}

/* Asked before each look: at the whole, then at a candidate. */
static void
test_find_cancelled (void)
{
  for (int looks = 0; looks < 2; looks++)
    {
      GError *error = NULL;
      int     left  = looks, n;

      g_assert_null (dfi_face_finder_find (finder, astronaut, stop_later, &left, &n, &error));
      g_assert_error (error, DFI_ERROR, DFI_ERROR_CANCELLED);
      g_assert_cmpint (n, ==, 0);
      g_assert_cmpint (left, ==, -1);
      g_error_free (error);
    }
}

/* The astronaut twice, side by side: whenever the search is stopped, there are no faces, even when the first is found already. */
static void
test_find_cancelled_midway (void)
{
  DfiImage *twins   = dfi_image_new (2 * 300, 300, NULL);
  gboolean  stopped = TRUE;

  for (int c = 0; c < 3; c++)
    for (int i = 0; i < 300; i++)
      for (int j = 0; j < 600; j++)
        twins->data[(c * 300 + i) * 600 + j] = astronaut->data[((size_t) c * 512 + i) * 512 + j % 300 + 80];

  for (int looks = 0; stopped; looks++)
    {
      GError  *error = NULL;
      int      left = looks, n = 7;
      DfiFace *faces = dfi_face_finder_find (finder, twins, stop_later, &left, &n, &error);

      stopped = ! faces;
      g_assert_cmpint (n, ==, stopped ? 0 : 2);
      g_assert_true ((error != NULL) == stopped);
      g_clear_error (&error);
      g_free (faces);
      g_assert_cmpint (looks, <, 100);
    }
  dfi_image_free (twins);
}

static void
expect_none (DfiImage *image, int code, const char *says)
{
  GError  *error = NULL;
  int      n     = 7;
  DfiFace *faces = dfi_face_finder_find (finder, image, NULL, NULL, &n, &error);

  g_assert_null (faces);
  g_assert_cmpint (n, ==, 0);
  g_assert_error (error, DFI_ERROR, code);
  g_assert_nonnull (strstr (error->message, says));
  g_error_free (error);
  dfi_image_free (image);
}

static DfiImage *
noise (int width, int height)
{
  DfiImage *image = dfi_image_new (width, height, NULL);

  test_uniform (5, image->data, (size_t) 3 * width * height);
  return image;
}

static void
test_find_none (void)
{
  DfiImage *flat = dfi_image_new (300, 200, NULL);

  for (size_t i = 0; i < 3 * 300 * 200; i++)
    flat->data[i] = 0.5f;
  expect_none (flat, DFI_ERROR_NO_FACE, "No face");
  expect_none (noise (1, 1), DFI_ERROR_NO_FACE, "No face");
  expect_none (noise (500, 1), DFI_ERROR_NO_FACE, "No face");
  expect_none (noise (1, 500), DFI_ERROR_NO_FACE, "No face");
  expect_none (noise (20000, 2), DFI_ERROR_NO_FACE, "No face");
  expect_none (noise (3, 9000), DFI_ERROR_NO_FACE, "No face");
  expect_none (noise (300, 400), DFI_ERROR_NO_FACE, "No face");
}

static void
test_find_not_finite (void)
{
  const float bad[] = { NAN, INFINITY, -INFINITY };

  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      DfiImage *image = dfi_image_copy (astronaut, NULL);

      image->data[(size_t) (i * image->height + 511) * image->width + 17 * i] = bad[i];
      expect_none (image, DFI_ERROR_VALUE, "finite");
      image                                     = noise (2000, 1501);
      image->data[(size_t) 3 * 2000 * 1501 - 1] = bad[i];
      expect_none (image, DFI_ERROR_VALUE, "finite");
    }
}

/* ---------- weights ---------- */

static void
expect_refused (const char *bytes, gsize length)
{
  char   *path  = g_build_filename (folder, "bad.safetensors", NULL);
  GError *error = NULL;

  g_assert_true (g_file_set_contents (path, bytes, length, NULL));
  g_assert_null (dfi_face_finder_new (path, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_FORMAT);
  g_assert_nonnull (strstr (error->message, "bad.safetensors"));
  g_error_free (error);
  g_free (path);
}

/* The first @from in the file, which has as many bytes as @to, becomes that. */
static void
expect_refused_with (const char *from, const char *to)
{
  char *path = dfi_bundled_file (DFI_BUNDLED_FACE, NULL);
  char *bytes, *at;
  gsize length;

  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  at = g_strstr_len (bytes + 8, length - 8, from);
  g_assert_nonnull (at);
  g_assert_cmpuint (strlen (from), ==, strlen (to));
  memcpy (at, to, strlen (to));
  expect_refused (bytes, length);
  g_free (bytes);
  g_free (path);
}

static void
test_weights_refused (void)
{
  char   *path  = dfi_bundled_file (DFI_BUNDLED_FACE, NULL);
  GError *error = NULL;
  char   *bytes;
  gsize   length;

  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  expect_refused (bytes, 0);
  expect_refused (bytes, 7);
  expect_refused (bytes, 5000);
  expect_refused (bytes, length / 2);
  expect_refused (bytes, length - 1);
  bytes[length - 1] = 0x7f, bytes[length - 2] = 0xc0; /* the last bias is not a number */
  expect_refused (bytes, length);

  expect_refused_with ("\"dfi.kind\":\"face\"", "\"dfi.kind\":\"fish\"");
  expect_refused_with ("\"dfi.version\":\"1\"", "\"dfi.version\":\"2\"");
  expect_refused_with ("detector.conv0.filters", "detector.conv9.filters");
  expect_refused_with ("landmarks.fc.bias", "landmarks.fd.bias");
  expect_refused_with ("[16,3,3,3]", "[3,16,3,3]");
  expect_refused_with ("[136,256]", "[256,136]");

  g_assert_null (dfi_face_finder_new ("/nonexistent/face.safetensors", &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
  g_error_free (error);
  g_free (bytes);
  g_free (path);
}

int
main (int argc, char **argv)
{
  GError   *error = NULL;
  char     *path;
  DfiPhoto *photo;
  int       status;

  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  finder = dfi_face_finder_new (NULL, &error);
  g_assert_no_error (error);
  path  = test_source_file ("resources/astronaut.png");
  photo = dfi_photo_load (path, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  astronaut = photo->image;

  g_test_add_func ("/face/kernels/points", test_points);
  g_test_add_func ("/face/kernels/3x3", test_3x3);
  g_test_add_func ("/face/kernels/planes", test_planes);
  g_test_add_func ("/face/kernels/pool", test_pool);
  g_test_add_func ("/face/networks/detector", test_detector);
  g_test_add_func ("/face/networks/landmarks", test_landmarks);
  g_test_add_func ("/face/find", test_find);
  g_test_add_func ("/face/find/turned", test_find_turned);
  g_test_add_func ("/face/find/on-its-head", test_find_on_its_head);
  g_test_add_func ("/face/find/on-its-side", test_find_on_its_side);
  g_test_add_func ("/face/find/sizes", test_find_sizes);
  g_test_add_func ("/face/find/dark", test_find_dark);
  g_test_add_func ("/face/find/mirror", test_mirror);
  g_test_add_func ("/face/find/parts", test_parts);
  g_test_add_func ("/face/find/cancelled", test_find_cancelled);
  g_test_add_func ("/face/find/cancelled-midway", test_find_cancelled_midway);
  g_test_add_func ("/face/find/none", test_find_none);
  g_test_add_func ("/face/find/not-finite", test_find_not_finite);
  g_test_add_func ("/face/weights/refused", test_weights_refused);
  status = g_test_run ();

  dfi_photo_free (photo);
  g_free (path);
  dfi_face_finder_free (finder);
  test_folder_remove (folder);
  return status;
}
