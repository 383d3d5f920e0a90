/* encoder.c: VGG-16 or VGG-19 up to the deepest tap, forward and gradient side by side.
 *
 * Both walk two work buffers in turn, in the kernels' layout of maps; a tapped layer's output stays where it was written, for
 * the features or their distance from a target. For the way back there is one bit a unit (does the layer's output depend on
 * it); the activations are not needed again.
 */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "network/encoder.h"
#include "base/error.h"
#include "network/kernels/kernels.h"
#include "files/safetensors.h"

/* torchvision's normalisation of RGB in 0..1. */
static const float input_mean[3] = { 0.485f, 0.456f, 0.406f };
static const float input_std[3]  = { 0.229f, 0.224f, 0.225f };

typedef struct
{
  int    channels; /* C */
  int    filters;  /* K */
  float *forward;  /* (K, C, 3, 3), prepared by the kernels */
  float *backward; /* (C, K, 3, 3), turned by 180 degrees, prepared; the first layer's `forward` serves both */
  float *bias;     /* (K), then zeros up to a multiple of the lanes */
} Conv;

struct _DfiEncoder
{
  char             *path;
  char             *sha256;
  const DfiVgg     *vgg;
  const DfiKernels *kernels;
  int               n_threads;
  void             *block; /* all filters are in it */
  Conv              convs[DFI_VGG_CONVS_MAX];
};

/* An output that is both tapped and pooled: the kernels would pool it on the fly and leave nothing to tap, so that they are
 * told not to, and pooling is a step of its own. */
typedef struct
{
  gboolean after;  /* the step follows the layer */
  guint8  *choice; /* for each unit of the pooled map, which of its four was taken */
} Pooling;

typedef struct
{
  int    layer;   /* it is this layer's output */
  size_t feature; /* where it starts in the feature vector, */
  size_t map;     /* and among the maps */
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

/* ---------- memory: counted first, then taken as one block, then given out in the same order ---------- */

typedef struct
{
  guint8 *block; /* NULL while counting */
  size_t  used;
} Store;

static gpointer
store_take (Store *store, size_t bytes)
{
  gpointer part = store->block ? store->block + store->used : NULL;

  store->used += (bytes + DFI_KERNELS_ALIGN - 1) / DFI_KERNELS_ALIGN * DFI_KERNELS_ALIGN;
  return part;
}

static float *
store_floats (Store *store, size_t count)
{
  return store_take (store, count * sizeof (float));
}

/* Takes what was counted; returns the block for g_free(). */
static gpointer
store_open (Store *store, GError **error)
{
  guint8 *block = dfi_try_alloc (store->used + DFI_KERNELS_ALIGN, 1, error);

  if (block)
    store->block = block + DFI_KERNELS_ALIGN - (guintptr) block % DFI_KERNELS_ALIGN;
  store->used = 0;
  return block;
}

/* ---------- weights ---------- */

/* The tensors of @layer in @file; @channels is what the layer before gives, @base the first layer's filters or 0, which
 * stands for any. */
static gboolean
conv_tensors (const DfiTensor     **weight,
              const DfiTensor     **bias,
              const DfiSafetensors *file,
              const DfiVggConv     *layer,
              int                   channels,
              int                   base,
              GError              **error)
{
  size_t shape[4]    = { (size_t) base * layer->units, channels, 3, 3 };
  char  *weight_name = dfi_vgg_tensor_name (layer, "weight");
  char  *bias_name   = dfi_vgg_tensor_name (layer, "bias");

  *bias   = NULL;
  *weight = dfi_safetensors_tensor (file, weight_name, 4, shape, error);
  if (*weight)
    *bias = dfi_safetensors_tensor (file, bias_name, 1, (*weight)->shape, error);

  g_free (bias_name);
  g_free (weight_name);
  return *bias != NULL;
}

static gboolean
has_filters (const DfiVggConv *conv, gpointer file)
{
  char            *name   = dfi_vgg_tensor_name (conv, "weight");
  const DfiTensor *tensor = dfi_safetensors_tensor (file, name, 4,
                                                    (size_t[4]){
                                                        0,
                                                    },
                                                    NULL);

  g_free (name);
  return tensor != NULL;
}

/* What @file says it is; else by the tensors that are there. */
static const DfiVgg *
choose_vgg (const DfiSafetensors *file)
{
  const char *said = dfi_safetensors_metadata (file, "dfi.architecture");

  for (size_t i = 0; i < G_N_ELEMENTS (dfi_vggs); i++)
    if (g_strcmp0 (said, dfi_vggs[i].name) == 0)
      return &dfi_vggs[i];
  return dfi_vgg_choose (has_filters, (gpointer) file);
}

/* Finds all tensors and their sizes. */
static gboolean
encoder_tensors (DfiEncoder           *encoder,
                 const DfiTensor      *weights[DFI_VGG_CONVS_MAX],
                 const DfiTensor      *biases[DFI_VGG_CONVS_MAX],
                 const DfiSafetensors *file,
                 GError              **error)
{
  int channels = 3, base = 0;

  for (int l = 0; l < encoder->vgg->n_convs; l++)
    {
      if (! conv_tensors (&weights[l], &biases[l], file, &encoder->vgg->convs[l], channels, base, error))
        return FALSE;
      if (l == 0 && weights[0]->shape[0] > DFI_ENCODER_WIDTH_MAX)
        {
          g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                       _ ("“%s” has %d filters in its first layer; at most %d are understood."), dfi_safetensors_path (file),
                       (int) MIN (weights[0]->shape[0], G_MAXINT), DFI_ENCODER_WIDTH_MAX);
          return FALSE;
        }
      base                       = weights[0]->shape[0];
      encoder->convs[l].channels = channels;
      encoder->convs[l].filters  = weights[l]->shape[0];
      channels                   = encoder->convs[l].filters;
    }
  return TRUE;
}

static void
encoder_place (DfiEncoder *encoder, Store *store)
{
  const DfiKernels *kernels = encoder->kernels;

  for (int l = 0; l < encoder->vgg->n_convs; l++)
    {
      Conv *conv = &encoder->convs[l];

      if (l == 0)
        {
          conv->forward = store_floats (store, kernels->picture->filters_size (conv->filters));
        }
      else
        {
          conv->forward  = store_floats (store, kernels->filters_size (conv->filters, conv->channels));
          conv->backward = store_floats (store, kernels->filters_size (conv->channels, conv->filters));
        }
      conv->bias = store_floats (store, dfi_map_size (kernels, conv->filters, 1));
    }
}

/* The first layer's filters on a picture that is not divided by its channels' deviations. */
static void
scale_filters (float *w, int n_filters)
{
  for (int k = 0; k < n_filters; k++)
    for (int c = 0; c < 3; c++)
      for (int i = 0; i < 9; i++)
        w[(3 * k + c) * 9 + i] /= input_std[c];
}

/* @room: for the filters twice */
static gboolean
conv_load (const Conv       *conv,
           const DfiKernels *kernels,
           const DfiTensor  *weight,
           const DfiTensor  *bias,
           const char       *path,
           float            *room,
           GError          **error)
{
  float *turned = room + weight->count;

  if (! dfi_tensor_floats (weight, path, room, error) || ! dfi_tensor_floats (bias, path, conv->bias, error))
    return FALSE;

  if (conv->backward)
    {
      dfi_filters_turn (turned, room, conv->filters, conv->channels);
      kernels->filters_prepare (conv->forward, room, conv->filters, conv->channels);
      kernels->filters_prepare (conv->backward, turned, conv->channels, conv->filters);
    }
  else
    {
      scale_filters (room, conv->filters);
      kernels->picture->filters_prepare (conv->forward, room, conv->filters);
    }
  memset (conv->bias + conv->filters, 0, (dfi_map_size (kernels, conv->filters, 1) - conv->filters) * sizeof (float));
  return TRUE;
}

static gboolean
encoder_load (DfiEncoder *encoder, const DfiSafetensors *file, GError **error)
{
  const DfiTensor *weights[DFI_VGG_CONVS_MAX], *biases[DFI_VGG_CONVS_MAX];
  Store            store = { NULL, 0 };
  size_t           most  = 0;
  float           *room;
  gboolean         done;

  if (! encoder_tensors (encoder, weights, biases, file, error))
    return FALSE;

  encoder_place (encoder, &store);
  if (! (encoder->block = store_open (&store, error)))
    return FALSE;
  encoder_place (encoder, &store);

  for (int l = 0; l < encoder->vgg->n_convs; l++)
    most = MAX (most, weights[l]->count);
  room = dfi_try_alloc (2 * most, sizeof *room, error);
  done = room != NULL;
  for (int l = 0; done && l < encoder->vgg->n_convs; l++)
    done = conv_load (&encoder->convs[l], encoder->kernels, weights[l], biases[l], dfi_safetensors_path (file), room, error);

  g_free (room);
  return done;
}

static char *
encoder_hash (const DfiVgg *vgg, const DfiSafetensors *file)
{
  char *names[2 * DFI_VGG_CONVS_MAX + 1] = {
    NULL,
  };
  char *hash;

  for (int l = 0; l < vgg->n_convs; l++)
    {
      names[2 * l]     = dfi_vgg_tensor_name (&vgg->convs[l], "weight");
      names[2 * l + 1] = dfi_vgg_tensor_name (&vgg->convs[l], "bias");
    }
  hash = dfi_safetensors_sha256 (file, (const char *const *) names);
  for (int i = 0; names[i]; i++)
    g_free (names[i]);
  return hash;
}

DfiEncoder *
dfi_encoder_new_from_file (const char *path, GError **error)
{
  const DfiKernels *kernels   = dfi_kernels_get (error);
  int               n_threads = kernels ? dfi_threads_get (error) : 0;
  DfiSafetensors   *file      = n_threads ? dfi_safetensors_open (path, NULL, 0, error) : NULL;
  DfiEncoder       *encoder;

  if (! file)
    return NULL;

  encoder            = g_new0 (DfiEncoder, 1);
  encoder->path      = g_strdup (path);
  encoder->vgg       = choose_vgg (file);
  encoder->kernels   = kernels;
  encoder->n_threads = n_threads;
  if (encoder_load (encoder, file, error))
    encoder->sha256 = encoder_hash (encoder->vgg, file);
  else
    g_clear_pointer (&encoder, dfi_encoder_free);

  dfi_safetensors_free (file);
  return encoder;
}

void
dfi_encoder_free (DfiEncoder *encoder)
{
  if (! encoder)
    return;

  g_free (encoder->block);
  g_free (encoder->sha256);
  g_free (encoder->path);
  g_free (encoder);
}

const char *
dfi_encoder_sha256 (const DfiEncoder *encoder)
{
  return encoder->sha256;
}

const char *
dfi_encoder_path (const DfiEncoder *encoder)
{
  return encoder->path;
}

/* ---------- memory for one picture size ---------- */

/* Pixels of layer @l's input, and of its output. */
static size_t
pixels_in (const DfiPass *pass, int l)
{
  return (size_t) pass->shapes[l].height * pass->shapes[l].width;
}

static size_t
pixels_out (const DfiPass *pass, int l)
{
  const DfiLayerShape *shape = &pass->shapes[l];

  return shape->pooled ? (size_t) (shape->height / 2) * (shape->width / 2) : pixels_in (pass, l);
}

/* Every block but the first begins by pooling what the one before gives. */
static gboolean
pools_before (const DfiVgg *vgg, int l)
{
  return l < vgg->n_convs && vgg->convs[l].block > 1 && vgg->convs[l].index == 1;
}

static DfiTaps
tap_of_conv (const DfiVggConv *conv)
{
  return DFI_TAP (conv->block, conv->index);
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

/* Sides and filters are bounded (encoder.h), so that no product of them passes 2^39. */
static void
pass_plan (DfiPass *pass, int height, int width)
{
  const DfiVgg *vgg = pass->encoder->vgg;

  for (int l = 0; l < pass->n_layers; l++)
    {
      const Conv    *conv   = &pass->encoder->convs[l];
      DfiLayerShape *shape  = &pass->shapes[l];
      gboolean       tapped = (pass->taps & tap_of_conv (&vgg->convs[l])) != 0;
      gboolean       last   = l == pass->n_layers - 1;

      if (pools_before (vgg, l))
        {
          height /= 2;
          width /= 2;
        }
      shape->channels = conv->channels;
      shape->filters  = conv->filters;
      shape->height   = height;
      shape->width    = width;
      shape->pooled   = ! last && ! tapped && pools_before (vgg, l + 1);

      pass->pooling[l].after = ! last && tapped && pools_before (vgg, l + 1);
      pass->tap_of[l]        = -1;
      if (tapped)
        plan_tap (pass, l);
    }
}

static void
pass_place (DfiPass *pass, Store *store)
{
  const DfiKernels *kernels = pass->encoder->kernels;
  size_t            map     = 0;
  size_t            scratch = kernels->picture->scratch_size (&pass->shapes[0], pass->encoder->n_threads);

  for (int l = 0; l < pass->n_layers; l++)
    {
      const DfiLayerShape *shape = &pass->shapes[l];

      pass->mask[l] = store_take (store, dfi_mask_size (kernels, shape));
      map           = MAX (map, dfi_map_size (kernels, shape->filters, pixels_out (pass, l)));
      scratch       = MAX (scratch, kernels->scratch_size (shape, pass->encoder->n_threads));
      if (pass->pooling[l].after)
        pass->pooling[l].choice = store_take (store, dfi_map_size (kernels, shape->filters, pixels_in (pass, l + 1)));
    }
  pass->features = store_floats (store, pass->n_features);
  pass->maps     = store_floats (store, pass->n_packed);
  pass->work[0]  = store_floats (store, map);
  pass->work[1]  = store_floats (store, map);
  pass->scratch  = store_floats (store, scratch);
}

/* How many layers there are up to the deepest tap; 0 with @error set when the network lacks one of @taps. */
static int
layers_for (const DfiVgg *vgg, DfiTaps taps, GError **error)
{
  DfiTaps found    = 0;
  int     n_layers = 0;
  char   *lacking;

  for (int l = 0; l < vgg->n_convs; l++)
    if (taps & tap_of_conv (&vgg->convs[l]))
      {
        found |= tap_of_conv (&vgg->convs[l]);
        n_layers = l + 1;
      }
  if (found && found == taps)
    return n_layers;

  lacking = dfi_taps_print (taps & ~found);
  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("There is no layer %s in %s; choose others."), lacking, vgg->title);
  g_free (lacking);
  return 0;
}

DfiPass *
dfi_pass_new (const DfiEncoder *encoder, DfiTaps taps, int height, int width, GError **error)
{
  Store    store = { NULL, 0 };
  int      n_layers;
  DfiPass *pass;

  if (MIN (height, width) < DFI_ENCODER_SIDE_MIN || MAX (height, width) > DFI_ENCODER_SIDE_MAX)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                   _ ("The encoder takes pictures with sides of %d to %d pixels; this one has %d x %d."), DFI_ENCODER_SIDE_MIN,
                   DFI_ENCODER_SIDE_MAX, width, height);
      return NULL;
    }

  n_layers = layers_for (encoder->vgg, taps, error);
  if (n_layers == 0)
    return NULL;

  pass           = g_new0 (DfiPass, 1);
  pass->encoder  = encoder;
  pass->taps     = taps;
  pass->n_layers = n_layers;
  pass_plan (pass, height, width);
  pass_place (pass, &store);
  if ((pass->block = store_open (&store, error)))
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

/* A layer's output goes to the work buffer that its input is not in, or to its place among the taps. */
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
      const Conv *conv = &pass->encoder->convs[l];
      float      *tap  = tap_map (pass, l);
      float      *y    = tap ? tap : other_work (pass, x);

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

/* @dimage from the gradient with respect to the features, which is in pass->maps. */
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
