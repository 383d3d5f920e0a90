#include "config.h"

#include <math.h>

#include "face/convolve.h"
#include "face/detector.h"
#include "base/error.h"
#include "face/layers.h"

#define N_SEPARABLE 5
#define N_ANCHORS   5
#define N_OUTPUTS   5 /* an anchor's: x, y, width, height, score */
#define SLOPE       0.1f

/* Of R, G and B over all training pictures, and sizes of typical boxes in cells: src/tinyFaceDetector/const.ts of face-api.js. */
static const float  mean_rgb[3]           = { 117.001f / 255.0f, 114.697f / 255.0f, 97.404f / 255.0f };
static const double anchors[N_ANCHORS][2] = {
  { 1.603231, 2.094468 }, { 6.041143, 7.080126 }, { 2.882459, 3.518061 }, { 4.266906, 5.178857 }, { 9.041765, 10.66308 },
};

struct _DfiDetector
{
  DfiLayer first;
  DfiLayer separable[N_SEPARABLE]; /* pooling before each; after the last, too, without a reduction */
  DfiLayer last;
};

DfiDetector *
dfi_detector_new (const DfiSafetensors *file, GError **error)
{
  DfiDetector *detector = g_new0 (DfiDetector, 1);
  gboolean     done     = dfi_layer_load_3x3 (&detector->first, file, "detector.conv0", 3, 16, error);

  for (int l = 0; done && l < N_SEPARABLE; l++)
    {
      char *name = g_strdup_printf ("detector.conv%d", l + 1);

      done = dfi_layer_load_separable (&detector->separable[l], file, name, 16 << l, 32 << l, error);
      g_free (name);
    }
  done = done &&
         dfi_layer_load_1x1 (&detector->last, file, "detector.conv8", "filters", 16 << N_SEPARABLE, N_ANCHORS * N_OUTPUTS, error);
  if (! done)
    g_clear_pointer (&detector, dfi_detector_free);
  return detector;
}

void
dfi_detector_free (DfiDetector *detector)
{
  if (! detector)
    return;

  dfi_layer_clear (&detector->first);
  for (int l = 0; l < N_SEPARABLE; l++)
    dfi_layer_clear (&detector->separable[l]);
  dfi_layer_clear (&detector->last);
  g_free (detector);
}

/* The network's output (N_ANCHORS * N_OUTPUTS, height / 32, width / 32) lies in @a afterwards. @a (16 height width) holds the
 * first layer's result, and @b (4 height width) that after pooling; @scratch is as dfi_convolve_3x3() and dfi_layer_separable()
 * need it. */
static void
run_layers (const DfiDetector *detector, const DfiImage *image, float *a, float *b, float *scratch)
{
  const DfiLayer *last   = &detector->last;
  size_t          n      = (size_t) image->height * image->width;
  int             height = image->height - 2;
  int             width  = image->width - 2;
  float          *input  = b;

  for (int c = 0; c < 3; c++)
    for (size_t i = 0; i < n; i++)
      input[c * n + i] = image->data[c * n + i] - mean_rgb[c];

  dfi_convolve_3x3 (a, detector->first.points, detector->first.bias, input, detector->first.filters, 3, image->height,
                    image->width, 1, height, width, scratch);
  dfi_leaky_relu (a, SLOPE, (size_t) detector->first.filters * height * width);

  for (int l = 0; l < N_SEPARABLE; l++)
    {
      const DfiLayer *layer = &detector->separable[l];
      size_t          map;

      dfi_max_pool_2x2 (b, a, layer->channels, height, width, 2);
      height = (height + 1) / 2;
      width  = (width + 1) / 2;
      map    = (size_t) height * width;

      /* What lies between the two steps follows the result, which is twice as large: there is room in @a for both. */
      dfi_layer_separable (layer, a, b, height, width, 1, a + layer->filters * map, scratch);
      dfi_leaky_relu (a, SLOPE, layer->filters * map);
    }

  n = (size_t) height * width;
  dfi_max_pool_2x2 (b, a, last->channels, height, width, 1);
  dfi_convolve_points (a, last->points, last->bias, b, last->filters, last->channels, n, n, n);
}

static double
sigmoid (double x)
{
  return 1.0 / (1.0 + exp (-x));
}

/* Adds the boxes that @output (N_ANCHORS, N_OUTPUTS, rows, columns) has above @threshold: YOLO9000's figure 3. A cell's anchor
 * gives the box's middle within the cell, and its size as a multiple of the anchor's. */
static void
read_boxes (const float *output, int rows, int columns, double threshold, GArray *found)
{
  size_t n = (size_t) rows * columns;

  for (int k = 0; k < N_ANCHORS; k++)
    for (size_t i = 0; i < n; i++)
      {
        const float *at        = output + (size_t) k * N_OUTPUTS * n + i;
        DfiDetection detection = { .score = sigmoid (at[4 * n]) };
        double      *box       = detection.box;

        if (! (detection.score > threshold))
          continue;

        box[2] = exp (at[2 * n]) * anchors[k][0] * DFI_DETECTOR_CELL;
        box[3] = exp (at[3 * n]) * anchors[k][1] * DFI_DETECTOR_CELL;
        box[0] = (i % columns + sigmoid (at[0])) * DFI_DETECTOR_CELL - box[2] / 2.0;
        box[1] = (i / columns + sigmoid (at[n])) * DFI_DETECTOR_CELL - box[3] / 2.0;
        if (isfinite (box[2] + box[3]))
          g_array_append_val (found, detection);
      }
}

gboolean
dfi_detector_run (const DfiDetector *detector, const DfiImage *image, double threshold, GArray *found, GError **error)
{
  int    height  = image->height;
  int    width   = image->width;
  size_t pixels  = (size_t) height * width;
  float *a       = dfi_try_alloc (16 * pixels, sizeof *a, error);
  float *b       = a ? dfi_try_alloc (4 * pixels, sizeof *b, error) : NULL;
  float *scratch = b ? dfi_try_alloc (MAX (27 * (size_t) width, pixels / 4 + height + width + 4), sizeof *scratch, error) : NULL;

  g_assert (height > 0 && width > 0 && height % DFI_DETECTOR_CELL == 0 && width % DFI_DETECTOR_CELL == 0);

  if (scratch)
    {
      run_layers (detector, image, a, b, scratch);
      read_boxes (a, height / DFI_DETECTOR_CELL, width / DFI_DETECTOR_CELL, threshold, found);
    }
  g_free (scratch);
  g_free (b);
  g_free (a);
  return scratch != NULL;
}

/* ---------- boxes ---------- */

double
dfi_box_overlap (const double a[4], const double b[4])
{
  double width  = MIN (a[0] + a[2], b[0] + b[2]) - MAX (a[0], b[0]);
  double height = MIN (a[1] + a[3], b[1] + b[3]) - MAX (a[1], b[1]);
  double shared = MAX (width, 0.0) * MAX (height, 0.0);
  double all    = a[2] * a[3] + b[2] * b[3] - shared;

  return all > 0.0 ? shared / all : 0.0;
}

static int
compare_scores (gconstpointer a, gconstpointer b)
{
  double x = ((const DfiDetection *) a)->score, y = ((const DfiDetection *) b)->score;

  return (x < y) - (x > y);
}

void
dfi_detections_reduce (GArray *detections, double overlap)
{
  guint kept = 0;

  g_array_sort (detections, compare_scores);
  for (guint i = 0; i < detections->len; i++)
    {
      DfiDetection one    = g_array_index (detections, DfiDetection, i);
      gboolean     better = FALSE;

      for (guint k = 0; k < kept && ! better; k++)
        better = dfi_box_overlap (one.box, g_array_index (detections, DfiDetection, k).box) > overlap;
      if (! better)
        g_array_index (detections, DfiDetection, kept++) = one;
    }
  g_array_set_size (detections, kept);
}
