/* pass.c: a picture's way through the encoder, forward and gradient side by side.
 *
 * Both walk two work buffers in turn, in the kernels' layout of maps; a tapped layer's output stays where it was written, for
 * the features or their distance from a target. For the way back there is one bit a unit (does the layer's output depend on
 * it); the activations are not needed again.
 */

#include "config.h"

#include <string.h>

#include "network/pass.h"
#include "network/encoder-private.h"
#include "network/store.h"

/* What torchvision takes off RGB in 0..1; the division that follows is in the first layer's filters (encoder.c). */
static const float input_mean[3] = { 0.485f, 0.456f, 0.406f };

/* How an output is pooled that is tapped as well. The kernels would pool it on the fly and leave nothing to tap, so that they are
 * told not to, and pooling is a step of its own. */
typedef struct
{
  gboolean after;  /* the step follows the layer */
  guint8  *choice; /* for each unit of the pooled map, which of its four was taken */
} Pooling;

typedef struct
{
  int    layer;   /* it is this layer's output */
  size_t feature; /* where it starts in the feature vector */
  size_t map;     /* where it starts among the maps */
} Tap;

struct _DfiPass
{
  const DfiEncoder *encoder;
  DfiThreads       *threads;
  int               n_layers; /* up to the deepest tap */
  DfiLayerShape     shapes[DFI_VGG_CONVS_MAX];
  Pooling           pooling[DFI_VGG_CONVS_MAX];
  DfiTaps           taps;
  int               n_taps;
  Tap               tap[DFI_TAPS_MAX];
  int               tap_of[DFI_VGG_CONVS_MAX]; /* of a layer, or -1 */
  size_t            n_features;
  size_t            n_packed;
  void             *block;    /* all of the following is in it */
  float            *features; /* (D) */
  float            *maps;     /* the same as maps, one after the other; then the gradient with respect to them */
  guint8           *mask[DFI_VGG_CONVS_MAX];
  float            *work[2]; /* each holds the largest map */
  float            *scratch;
};

/* ---------- memory for one picture size ---------- */

/* Pixels of layer @l's input. */
static size_t
pixels_in (const DfiPass *pass, int l)
{
  return (size_t) pass->shapes[l].height * pass->shapes[l].width;
}

/* Pixels of layer @l's output. */
static size_t
pixels_out (const DfiPass *pass, int l)
{
  const DfiLayerShape *shape = &pass->shapes[l];

  return shape->pooled ? (size_t) (shape->height / 2) * (shape->width / 2) : pixels_in (pass, l);
}

/* Enters layer @l among the taps. */
static void
plan_tap (DfiPass *pass, int l)
{
  const DfiKernels *kernels = pass->encoder->kernels;
  Tap              *tap     = &pass->tap[pass->n_taps];
  size_t            align   = DFI_KERNELS_ALIGN / sizeof (float);
  size_t            size    = dfi_map_size (kernels, pass->shapes[l].filters, pixels_in (pass, l));

  *tap            = (Tap){ l, pass->n_features, pass->n_packed };
  pass->tap_of[l] = pass->n_taps++;
  pass->n_features += pass->shapes[l].filters * pixels_in (pass, l);
  pass->n_packed += (size + align - 1) / align * align;
}

static void
pass_plan (DfiPass *pass)
{
  const DfiVgg *vgg = pass->encoder->vgg;

  for (int l = 0; l < pass->n_layers; l++)
    {
      gboolean tapped = (pass->taps & dfi_vgg_tap (&vgg->convs[l])) != 0;

      pass->pooling[l].after = tapped && l < pass->n_layers - 1 && dfi_vgg_pools_before (vgg, l + 1);
      pass->tap_of[l]        = -1;
      if (tapped)
        plan_tap (pass, l);
    }
}

static void
pass_place (DfiPass *pass, DfiStore *store)
{
  const DfiKernels *kernels = pass->encoder->kernels;
  size_t            map     = 0;
  size_t            scratch = kernels->picture->scratch_size (&pass->shapes[0], pass->encoder->n_threads);

  for (int l = 0; l < pass->n_layers; l++)
    {
      const DfiLayerShape *shape = &pass->shapes[l];

      pass->mask[l] = dfi_store_take (store, dfi_mask_size (kernels, shape));
      map           = MAX (map, dfi_map_size (kernels, shape->filters, pixels_out (pass, l)));
      scratch       = MAX (scratch, kernels->scratch_size (shape, pass->encoder->n_threads));
      if (pass->pooling[l].after)
        pass->pooling[l].choice = dfi_store_take (store, dfi_map_size (kernels, shape->filters, pixels_in (pass, l + 1)));
    }
  pass->features = dfi_store_floats (store, pass->n_features);
  pass->maps     = dfi_store_floats (store, pass->n_packed);
  pass->work[0]  = dfi_store_floats (store, map);
  pass->work[1]  = dfi_store_floats (store, map);
  pass->scratch  = dfi_store_floats (store, scratch);
}

DfiPass *
dfi_pass_new (const DfiEncoder *encoder, DfiTaps taps, int height, int width, GError **error)
{
  DfiStore store = { NULL, 0 };
  DfiPass *pass  = g_new0 (DfiPass, 1);

  pass->encoder  = encoder;
  pass->taps     = taps;
  pass->n_layers = dfi_encoder_layers (encoder, taps, height, width, pass->shapes, error);
  if (pass->n_layers == 0)
    {
      g_free (pass);
      return NULL;
    }

  pass_plan (pass);
  pass_place (pass, &store);
  if ((pass->block = dfi_store_open (&store, error)))
    {
      pass_place (pass, &store);
      memset (pass->maps, 0, pass->n_packed * sizeof (float)); /* for what lies between them */
      pass->threads = dfi_threads_new (encoder->n_threads);
    }
  else
    {
      g_clear_pointer (&pass, dfi_pass_free);
    }
  return pass;
}

void
dfi_pass_free (DfiPass *pass)
{
  if (! pass)
    return;

  dfi_threads_free (pass->threads);
  g_free (pass->block);
  g_free (pass);
}

int
dfi_pass_height (const DfiPass *pass)
{
  return pass->shapes[0].height;
}

int
dfi_pass_width (const DfiPass *pass)
{
  return pass->shapes[0].width;
}

DfiTaps
dfi_pass_taps (const DfiPass *pass)
{
  return pass->taps;
}

void
dfi_pass_tap_shape (const DfiPass *pass, int tap, size_t shape[3])
{
  const DfiLayerShape *layer = &pass->shapes[pass->tap[tap].layer];

  shape[0] = layer->filters;
  shape[1] = layer->height;
  shape[2] = layer->width;
}

size_t
dfi_pass_n_features (const DfiPass *pass)
{
  return pass->n_features;
}

DfiThreads *
dfi_pass_threads (const DfiPass *pass)
{
  return pass->threads;
}

/* ---------- forward and gradient ---------- */

size_t
dfi_pass_packed_size (const DfiPass *pass)
{
  return pass->n_packed;
}

void
dfi_pass_pack (const DfiPass *pass, float *packed, const float *phi)
{
  memset (packed, 0, pass->n_packed * sizeof (float));
  for (int t = 0; t < pass->n_taps; t++)
    {
      const Tap *tap = &pass->tap[t];

      dfi_map_pack (pass->encoder->kernels, packed + tap->map, phi + tap->feature, pass->shapes[tap->layer].filters,
                    pixels_out (pass, tap->layer));
    }
}

/* The work buffer that @x, a layer's input, is not in. */
static float *
other_work (const DfiPass *pass, const float *x)
{
  return x == pass->work[0] ? pass->work[1] : pass->work[0];
}

/* Where the output of layer @l is tapped, or NULL. */
static float *
tap_map (const DfiPass *pass, int l)
{
  return pass->tap_of[l] >= 0 ? pass->maps + pass->tap[pass->tap_of[l]].map : NULL;
}

/* Leaves the features in pass->maps, and the masks. */
static void
forward (DfiPass *pass, const float *image)
{
  const DfiKernels *kernels = pass->encoder->kernels;
  const float      *x       = image;

  for (int l = 0; l < pass->n_layers; l++)
    {
      const DfiConv *conv = &pass->encoder->convs[l];
      float         *tap  = tap_map (pass, l);
      float         *y    = tap ? tap : other_work (pass, x);

      if (l == 0)
        kernels->picture->forward (y, pass->mask[l], &pass->shapes[l], conv->forward, conv->bias, x, input_mean, pass->threads,
                                   pass->scratch);
      else
        kernels->forward (y, pass->mask[l], &pass->shapes[l], conv->forward, conv->bias, x, pass->threads, pass->scratch);
      x = y;
      if (pass->pooling[l].after)
        {
          y = other_work (pass, x);
          dfi_map_pool (kernels, y, pass->pooling[l].choice, x, &pass->shapes[l]);
          x = y;
        }
    }
}

/* Writes @dimage from the gradient with respect to the features, which is in pass->maps. */
static void
gradient (DfiPass *pass, float *dimage)
{
  const DfiKernels *kernels = pass->encoder->kernels;
  const float      *dy      = tap_map (pass, pass->n_layers - 1);

  for (int l = pass->n_layers - 1; l > 0; l--)
    {
      const Pooling *pooling = &pass->pooling[l - 1];
      float         *tap     = tap_map (pass, l - 1);
      float         *dx      = other_work (pass, dy);

      kernels->gradient (dx, pooling->after ? NULL : tap, &pass->shapes[l], pass->encoder->convs[l].backward, dy, pass->mask[l],
                         pass->threads, pass->scratch);
      dy = dx;
      if (pooling->after)
        {
          dfi_map_unpool_add (kernels, tap, dx, pooling->choice, &pass->shapes[l - 1]);
          dy = tap;
        }
    }
  kernels->picture->gradient (dimage, &pass->shapes[0], pass->encoder->convs[0].forward, dy, pass->mask[0], pass->threads,
                              pass->scratch);
}

const float *
dfi_pass_forward (DfiPass *pass, const float *image)
{
  forward (pass, image);
  for (int t = 0; t < pass->n_taps; t++)
    {
      const Tap *tap = &pass->tap[t];

      dfi_map_unpack (pass->encoder->kernels, pass->features + tap->feature, pass->maps + tap->map,
                      pass->shapes[tap->layer].filters, pixels_out (pass, tap->layer));
    }
  return pass->features;
}

double
dfi_pass_distance (DfiPass *pass, const float *packed, const float *image, float *dimage)
{
  double sum;

  forward (pass, image);
  sum = dfi_map_residual (pass->maps, packed, pass->n_packed, 1.0f / pass->n_taps, pass->threads);
  gradient (pass, dimage);
  return 0.5 * sum / pass->n_taps;
}
