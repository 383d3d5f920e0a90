#include "config.h"

#include <math.h>

#include "base/error.h"
#include "face/convolve.h"
#include "face/layers.h"
#include "files/bundled.h"
#include "hair/hair-network.h"

enum
{
  DOWN0,
  DOWN1,
  KEEP1,
  DOWN2,
  KEEP2,
  DOWN3,
  KEEP3,
  KEEP4,
  UP2,
  JOIN2,
  UP1,
  JOIN1,
  UP0,
  JOIN0,
  OUT,
  N_LAYERS
};

#define NOTHING (-1)

/* As the header's table has it. */
static const struct
{
  const char *name;
  int         channels, filters;
  int         side; /* of the result */
  gboolean    doubled;
  int         added; /* layer, or NOTHING */
} plan[N_LAYERS] = {
  [DOWN0] = { "hair.down0", 3, 24, 80, FALSE, NOTHING },    [DOWN1] = { "hair.down1", 24, 48, 40, FALSE, NOTHING },
  [KEEP1] = { "hair.keep1", 48, 48, 40, FALSE, NOTHING },   [DOWN2] = { "hair.down2", 48, 96, 20, FALSE, NOTHING },
  [KEEP2] = { "hair.keep2", 96, 96, 20, FALSE, NOTHING },   [DOWN3] = { "hair.down3", 96, 192, 10, FALSE, NOTHING },
  [KEEP3] = { "hair.keep3", 192, 192, 10, FALSE, NOTHING }, [KEEP4] = { "hair.keep4", 192, 192, 10, FALSE, NOTHING },
  [UP2] = { "hair.up2", 192, 96, 20, TRUE, KEEP2 },         [JOIN2] = { "hair.join2", 96, 96, 20, FALSE, NOTHING },
  [UP1] = { "hair.up1", 96, 48, 40, TRUE, KEEP1 },          [JOIN1] = { "hair.join1", 48, 48, 40, FALSE, NOTHING },
  [UP0] = { "hair.up0", 48, 24, 80, TRUE, DOWN0 },          [JOIN0] = { "hair.join0", 24, 24, 80, FALSE, NOTHING },
  [OUT] = { "hair.out", 24, 1, 80, FALSE, NOTHING },
};

struct _DfiHairNetwork
{
  DfiLayer layers[N_LAYERS];
};

static gboolean
load_layer (DfiLayer *layer, const DfiSafetensors *file, int n, GError **error)
{
  const char *name     = plan[n].name;
  const int   channels = plan[n].channels, filters = plan[n].filters;

  if (n == DOWN0)
    return dfi_layer_load_3x3 (layer, file, name, channels, filters, error);
  if (n == OUT)
    return dfi_layer_load_1x1 (layer, file, name, "weights", channels, filters, error);
  return dfi_layer_load_separable (layer, file, name, channels, filters, error);
}

DfiHairNetwork *
dfi_hair_network_new (const char *weights, GError **error)
{
  char           *path    = dfi_chosen_file (weights, DFI_BUNDLED_HAIR, error);
  DfiSafetensors *file    = path ? dfi_safetensors_open (path, "hair", 1, error) : NULL;
  DfiHairNetwork *network = file ? g_new0 (DfiHairNetwork, 1) : NULL;

  for (int n = 0; network && n < N_LAYERS; n++)
    if (! load_layer (&network->layers[n], file, n, error))
      g_clear_pointer (&network, dfi_hair_network_free);
  dfi_safetensors_free (file);
  g_free (path);
  return network;
}

void
dfi_hair_network_free (DfiHairNetwork *network)
{
  if (! network)
    return;

  for (int n = 0; n < N_LAYERS; n++)
    dfi_layer_clear (&network->layers[n]);
  g_free (network);
}

/* ---------- from the view to the shares ---------- */

/* What the layers work in, in one block. */
typedef struct
{
  float *input; /* (3, 160, 160) */
  float *results[N_LAYERS];
  float *doubled; /* a layer's input */
  float *between; /* the two steps of a separable layer */
  float *scratch;
} Work;

/* Of the places of @work in @block, or of no block: returns how many floats they take together. */
static size_t
lay_out (Work *work, float *block)
{
  const size_t view    = (size_t) DFI_HAIR_VIEW * DFI_HAIR_VIEW;
  const size_t largest = (size_t) plan[UP0].channels * plan[UP0].side * plan[UP0].side;
  size_t       n       = 0;

#define TAKE(place, floats) ((place) = block ? block + n : NULL, n += (floats))
  TAKE (work->input, 3 * view);
  for (int i = 0; i < N_LAYERS; i++)
    TAKE (work->results[i], (size_t) plan[i].filters * plan[i].side * plan[i].side);
  TAKE (work->doubled, largest);
  TAKE (work->between, largest);
  TAKE (work->scratch, MAX (9 * 3 * (size_t) plan[DOWN0].side, (size_t) (DFI_HAIR_SHARES + 2) * (DFI_HAIR_SHARES + 2)));
#undef TAKE
  return n;
}

/* (C, 2 side, 2 side) from (C, side, side) */
static void
double_map (float *out, const float *in, int channels, int side)
{
  for (int c = 0; c < channels; c++, in += side * side)
    for (int i = 0; i < 2 * side; i++, out += 2 * side)
      {
        const float *near = in + i / 2 * side;
        const float *far  = in + CLAMP (i / 2 + (i % 2 ? 1 : -1), 0, side - 1) * side;

        for (int j = 0; j < 2 * side; j++)
          {
            int at = j / 2, beside = CLAMP (at + (j % 2 ? 1 : -1), 0, side - 1);

            out[j] = 0.75f * (0.75f * near[at] + 0.25f * far[at]) + 0.25f * (0.75f * near[beside] + 0.25f * far[beside]);
          }
      }
}

static void
run_layer (const DfiHairNetwork *network, int n, Work *work)
{
  const DfiLayer *layer = &network->layers[n];
  const float    *x     = n == 0 ? work->input : work->results[n - 1];
  float          *y     = work->results[n];
  const int       side  = plan[n].side;
  int             from  = n == 0 ? DFI_HAIR_VIEW : plan[n - 1].side;
  const size_t    plane = (size_t) side * side, count = plane * plan[n].filters;

  if (plan[n].doubled)
    {
      double_map (work->doubled, x, layer->channels, from);
      x = work->doubled;
      from *= 2;
    }

  if (n == DOWN0)
    dfi_convolve_3x3 (y, layer->points, layer->bias, x, layer->filters, layer->channels, from, from, 2, side, side,
                      work->scratch);
  else if (n == OUT)
    dfi_convolve_points (y, layer->points, layer->bias, x, layer->filters, layer->channels, plane, plane, plane);
  else
    dfi_layer_separable (layer, y, x, from, from, from / side, work->between, work->scratch);

  if (plan[n].added != NOTHING)
    for (size_t i = 0; i < count; i++)
      y[i] += work->results[plan[n].added][i];
  if (n != OUT)
    dfi_leaky_relu (y, 0.0f, count);
}

gboolean
dfi_hair_network_run (const DfiHairNetwork *network, const DfiImage *view, float *shares, GError **error)
{
  const size_t n_view = (size_t) 3 * DFI_HAIR_VIEW * DFI_HAIR_VIEW;
  Work         work;
  float       *block = dfi_try_alloc (lay_out (&work, NULL), sizeof *block, error);

  g_assert (view->width == DFI_HAIR_VIEW && view->height == DFI_HAIR_VIEW);
  if (! block)
    return FALSE;

  lay_out (&work, block);
  for (size_t i = 0; i < n_view; i++)
    work.input[i] = view->data[i] - 0.5f;
  for (int n = 0; n < N_LAYERS; n++)
    run_layer (network, n, &work);
  for (int i = 0; i < DFI_HAIR_SHARES * DFI_HAIR_SHARES; i++)
    shares[i] = 1.0f / (1.0f + expf (-work.results[OUT][i]));
  g_free (block);
  return TRUE;
}
