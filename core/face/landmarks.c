#include "config.h"

#include <string.h>

#include "face/convolve.h"
#include "base/error.h"
#include "face/landmarks.h"
#include "face/layers.h"

#define N_BLOCKS 4
#define N_LAYERS 4                                                                      /* of a block */
#define WIDTH    32                                                                     /* filters of the first block */
#define MAP_MAX  ((size_t) WIDTH * (DFI_LANDMARKS_SIDE / 2) * (DFI_LANDMARKS_SIDE / 2)) /* floats; each block's is smaller */

/* Of R, G and B over all training pictures: src/faceFeatureExtractor/FaceFeatureExtractor.ts of face-api.js. */
static const float mean_rgb[3] = { 122.782f / 255.0f, 117.001f / 255.0f, 104.298f / 255.0f };

struct _DfiLandmarker
{
  DfiLayer layers[N_BLOCKS][N_LAYERS]; /* the very first is not separable */
  DfiLayer last;
};

static gboolean
load_layer (DfiLandmarker *landmarker, const DfiSafetensors *file, int block, int l, GError **error)
{
  DfiLayer *layer   = &landmarker->layers[block][l];
  char     *name    = g_strdup_printf ("landmarks.dense%d.conv%d", block, l);
  int       filters = WIDTH << block;
  gboolean  done;

  if (block == 0 && l == 0)
    done = dfi_layer_load_3x3 (layer, file, name, 3, filters, error);
  else
    done = dfi_layer_load_separable (layer, file, name, l == 0 ? filters / 2 : filters, filters, error);
  g_free (name);
  return done;
}

DfiLandmarker *
dfi_landmarker_new (const DfiSafetensors *file, GError **error)
{
  DfiLandmarker *landmarker = g_new0 (DfiLandmarker, 1);
  gboolean       done       = TRUE;

  for (int i = 0; done && i < N_BLOCKS * N_LAYERS; i++)
    done = load_layer (landmarker, file, i / N_LAYERS, i % N_LAYERS, error);
  done = done && dfi_layer_load_1x1 (&landmarker->last, file, "landmarks.fc", "weights", WIDTH << (N_BLOCKS - 1),
                                     2 * DFI_N_LANDMARKS, error);
  if (! done)
    g_clear_pointer (&landmarker, dfi_landmarker_free);
  return landmarker;
}

void
dfi_landmarker_free (DfiLandmarker *landmarker)
{
  if (! landmarker)
    return;

  for (int i = 0; i < N_BLOCKS * N_LAYERS; i++)
    dfi_layer_clear (&landmarker->layers[i / N_LAYERS][i % N_LAYERS]);
  dfi_layer_clear (&landmarker->last);
  g_free (landmarker);
}

/* What the blocks work in. Each holds MAP_MAX floats, but for the scratch of dfi_layer_separable(). */
typedef struct
{
  float *input;     /* the block's; the whole network's lies in its beginning first */
  float *result;    /* of one layer */
  float *sum;       /* of the block's layers so far */
  float *rectified; /* the sum without what is negative: the next layer's input */
  float *between;   /* the two steps of a separable layer */
  float *scratch;
} Work;

/* Adds a layer's result (n) to the sum (n), and rectifies. */
static void
accumulate (Work *work, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      work->sum[i] += work->result[i];
      work->rectified[i] = MAX (work->sum[i], 0.0f);
    }
}

/* From work->input (WIDTH << block >> 1, side, side), or the picture (3, side, side) in the first block, to work->rectified
 * (WIDTH << block, side / 2, side / 2): a layer of stride 2, then three that see the sum of all before them. */
static void
run_block (const DfiLandmarker *landmarker, int block, int side, Work *work)
{
  const DfiLayer *layers = landmarker->layers[block];
  int             half   = side / 2;
  size_t          n      = (size_t) layers[0].filters * half * half;

  if (block == 0)
    dfi_convolve_3x3 (work->sum, layers[0].points, layers[0].bias, work->input, layers[0].filters, 3, side, side, 2, half, half,
                      work->scratch);
  else
    dfi_layer_separable (&layers[0], work->sum, work->input, side, side, 2, work->between, work->scratch);
  dfi_leaky_relu (work->sum, 0.0f, n);
  memcpy (work->rectified, work->sum, n * sizeof (float));

  for (int l = 1; l < N_LAYERS; l++)
    {
      dfi_layer_separable (&layers[l], work->result, work->rectified, half, half, 1, work->between, work->scratch);
      accumulate (work, n);
    }
}

static void
run (const DfiLandmarker *landmarker, const DfiImage *image, Work *work, double landmarks[DFI_N_LANDMARKS][2])
{
  const DfiLayer *last = &landmarker->last;
  size_t          n    = DFI_LANDMARKS_SIDE * DFI_LANDMARKS_SIDE;
  int             side = DFI_LANDMARKS_SIDE;
  float           means[WIDTH << (N_BLOCKS - 1)];
  float           output[2 * DFI_N_LANDMARKS];

  for (int c = 0; c < 3; c++)
    for (size_t i = 0; i < n; i++)
      work->input[c * n + i] = image->data[c * n + i] - mean_rgb[c];

  for (int block = 0; block < N_BLOCKS; block++, side /= 2)
    {
      float *swap = work->input;

      run_block (landmarker, block, side, work);
      work->input     = work->rectified;
      work->rectified = swap;
    }

  for (int c = 0; c < last->channels; c++)
    {
      means[c] = 0.0f;
      for (int i = 0; i < side * side; i++)
        means[c] += work->input[c * side * side + i] / (side * side);
    }
  dfi_convolve_points (output, last->points, last->bias, means, last->filters, last->channels, 1, 1, 1);
  for (int i = 0; i < 2 * DFI_N_LANDMARKS; i++)
    landmarks[i / 2][i % 2] = (double) output[i] * DFI_LANDMARKS_SIDE;
}

gboolean
dfi_landmarker_run (const DfiLandmarker *landmarker, const DfiImage *image, double landmarks[DFI_N_LANDMARKS][2], GError **error)
{
  const size_t scratch = (DFI_LANDMARKS_SIDE / 2 + 2) * (DFI_LANDMARKS_SIDE / 2 + 2);
  float       *memory  = dfi_try_alloc (5 * MAP_MAX + scratch, sizeof *memory, error);
  Work         work;

  g_assert (image->width == DFI_LANDMARKS_SIDE && image->height == DFI_LANDMARKS_SIDE);
  if (! memory)
    return FALSE;

  work =
      (Work){ memory, memory + MAP_MAX, memory + 2 * MAP_MAX, memory + 3 * MAP_MAX, memory + 4 * MAP_MAX, memory + 5 * MAP_MAX };
  run (landmarker, image, &work, landmarks);
  g_free (memory);
  return TRUE;
}
