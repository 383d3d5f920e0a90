/* encoder.c: VGG-19 up to relu5_1, forward and gradient side by side.
 *
 * Both walk two work buffers in turn, in the kernels' layout of maps; the taps are copied out into the feature vector. For
 * the way back there is one bit a unit (does the layer's output depend on it); the activations are not needed again.
 */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "encoder.h"
#include "error.h"
#include "kernels.h"
#include "safetensors.h"

#define N_CONVS 13

/* One convolution of the table: its number in torchvision's vgg19().features, filters in units of the base width, whether
 * pooling comes before it, and which tap its output is (-1: none). */
typedef struct
{
  int      number;
  int      units;
  gboolean pooled;
  int      tap;
} Layer;

static const Layer layers[N_CONVS] =
{
  {  0, 1, FALSE, -1 }, {  2, 1, FALSE, -1 },
  {  5, 2, TRUE,  -1 }, {  7, 2, FALSE, -1 },
  { 10, 4, TRUE,   0 }, { 12, 4, FALSE, -1 }, { 14, 4, FALSE, -1 }, { 16, 4, FALSE, -1 },
  { 19, 8, TRUE,   1 }, { 21, 8, FALSE, -1 }, { 23, 8, FALSE, -1 }, { 25, 8, FALSE, -1 },
  { 28, 8, TRUE,   2 },
};

static const char *tap_names[DFI_N_TAPS] = { "relu3_1", "relu4_1", "relu5_1" };

/* torchvision's normalisation of RGB in 0..1. */
static const float input_mean[3] = { 0.485f, 0.456f, 0.406f };
static const float input_std[3]  = { 0.229f, 0.224f, 0.225f };

typedef struct
{
  int    channels;   /* C */
  int    filters;    /* K */
  float *forward;    /* (K, C, 3, 3), prepared by the kernels */
  float *backward;   /* (C, K, 3, 3), turned by 180 degrees, prepared; the first layer's `forward` serves both */
  float *bias;       /* (K), then zeros up to a multiple of the lanes */
} Conv;

struct _DfiEncoder
{
  char             *path;
  char             *sha256;
  const DfiKernels *kernels;
  int               n_threads;
  void             *block;             /* all filters are in it */
  Conv              convs[N_CONVS];
};

struct _DfiPass
{
  const DfiEncoder *encoder;
  DfiThreads       *threads;
  DfiLayerShape     shapes[N_CONVS];
  size_t            tap_at[DFI_N_TAPS];  /* where a tap starts in the feature vector, */
  size_t            map_at[DFI_N_TAPS];  /* and among the maps */
  size_t            n_features;
  size_t            n_packed;
  void             *block;               /* all of the following is in it */
  float            *features;            /* (D) */
  float            *taps;                /* the same as maps, one after the other; then the gradient with respect to them */
  guint8           *mask[N_CONVS];
  float            *work[2];             /* each holds the largest map */
  float            *scratch;
};

/* ---------- memory: counted first, then taken as one block, then given out in the same order ---------- */

typedef struct
{
  guint8 *block;   /* NULL while counting */
  size_t  used;
} Store;

static gpointer
store_take (Store  *store,
            size_t  bytes)
{
  gpointer part = store->block ? store->block + store->used : NULL;

  store->used += (bytes + DFI_KERNELS_ALIGN - 1) / DFI_KERNELS_ALIGN * DFI_KERNELS_ALIGN;
  return part;
}

static float *
store_floats (Store  *store,
              size_t  count)
{
  return store_take (store, count * sizeof (float));
}

/* Takes what was counted; returns the block for g_free(). */
static gpointer
store_open (Store   *store,
            GError **error)
{
  guint8 *block = dfi_try_alloc (store->used + DFI_KERNELS_ALIGN, 1, error);

  if (block)
    store->block = block + DFI_KERNELS_ALIGN - (guintptr) block % DFI_KERNELS_ALIGN;
  store->used = 0;
  return block;
}

/* ---------- weights ---------- */

static char *
tensor_name (int         layer,
             const char *what)
{
  return g_strdup_printf ("features.%d.%s", layers[layer].number, what);
}

static void
turn_filters (float       *backward,
              const float *forward,
              int          filters,
              int          channels)
{
  for (int k = 0; k < filters; k++)
    for (int c = 0; c < channels; c++)
      for (int i = 0; i < 9; i++)
        backward[((size_t) c * filters + k) * 9 + 8 - i] = forward[((size_t) k * channels + c) * 9 + i];
}

/* The tensors of @layer in @file; @channels is what the layer before gives, @base the first layer's filters or 0, which
 * stands for any. */
static gboolean
conv_tensors (const DfiTensor      **weight,
              const DfiTensor      **bias,
              const DfiSafetensors  *file,
              int                    layer,
              int                    channels,
              int                    base,
              GError               **error)
{
  size_t  shape[4]    = { (size_t) base * layers[layer].units, channels, 3, 3 };
  char   *weight_name = tensor_name (layer, "weight");
  char   *bias_name   = tensor_name (layer, "bias");

  *bias   = NULL;
  *weight = dfi_safetensors_tensor (file, weight_name, 4, shape, error);
  if (*weight)
    *bias = dfi_safetensors_tensor (file, bias_name, 1, (*weight)->shape, error);

  g_free (bias_name);
  g_free (weight_name);
  return *bias != NULL;
}

/* Finds all tensors and their sizes. */
static gboolean
encoder_tensors (DfiEncoder            *encoder,
                 const DfiTensor       *weights[N_CONVS],
                 const DfiTensor       *biases[N_CONVS],
                 const DfiSafetensors  *file,
                 GError               **error)
{
  int channels = 3, base = 0;

  for (int l = 0; l < N_CONVS; l++)
    {
      if (! conv_tensors (&weights[l], &biases[l], file, l, channels, base, error))
        return FALSE;
      if (l == 0 && weights[0]->shape[0] > DFI_ENCODER_WIDTH_MAX)
        {
          g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                       _("“%s” has %d filters in its first layer; at most %d are understood."),
                       dfi_safetensors_path (file), (int) MIN (weights[0]->shape[0], G_MAXINT), DFI_ENCODER_WIDTH_MAX);
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
encoder_place (DfiEncoder *encoder,
               Store      *store)
{
  const DfiKernels *kernels = encoder->kernels;

  for (int l = 0; l < N_CONVS; l++)
    {
      Conv *conv = &encoder->convs[l];

      if (l == 0)
        {
          conv->forward = store_floats (store, kernels->picture_size (conv->filters));
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
scale_filters (float *w,
               int    n_filters)
{
  for (int k = 0; k < n_filters; k++)
    for (int c = 0; c < 3; c++)
      for (int i = 0; i < 9; i++)
        w[(3 * k + c) * 9 + i] /= input_std[c];
}

/* @room: for the filters twice */
static gboolean
conv_load (const Conv        *conv,
           const DfiKernels  *kernels,
           const DfiTensor   *weight,
           const DfiTensor   *bias,
           const char        *path,
           float             *room,
           GError           **error)
{
  float *turned = room + weight->count;

  if (! dfi_tensor_floats (weight, path, room, error) || ! dfi_tensor_floats (bias, path, conv->bias, error))
    return FALSE;

  if (conv->backward)
    {
      turn_filters (turned, room, conv->filters, conv->channels);
      kernels->filters_prepare (conv->forward, room, conv->filters, conv->channels);
      kernels->filters_prepare (conv->backward, turned, conv->channels, conv->filters);
    }
  else
    {
      scale_filters (room, conv->filters);
      kernels->picture_prepare (conv->forward, room, conv->filters);
    }
  memset (conv->bias + conv->filters, 0, (dfi_map_size (kernels, conv->filters, 1) - conv->filters) * sizeof (float));
  return TRUE;
}

static gboolean
encoder_load (DfiEncoder            *encoder,
              const DfiSafetensors  *file,
              GError               **error)
{
  const DfiTensor *weights[N_CONVS], *biases[N_CONVS];
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

  for (int l = 0; l < N_CONVS; l++)
    most = MAX (most, weights[l]->count);
  room = dfi_try_alloc (2 * most, sizeof *room, error);
  done = room != NULL;
  for (int l = 0; done && l < N_CONVS; l++)
    done = conv_load (&encoder->convs[l], encoder->kernels, weights[l], biases[l], dfi_safetensors_path (file), room, error);

  g_free (room);
  return done;
}

static char *
encoder_hash (const DfiSafetensors *file)
{
  char *names[2 * N_CONVS + 1] = { NULL, };
  char *hash;

  for (int l = 0; l < N_CONVS; l++)
    {
      names[2 * l]     = tensor_name (l, "weight");
      names[2 * l + 1] = tensor_name (l, "bias");
    }
  hash = dfi_safetensors_sha256 (file, (const char * const *) names);
  for (int i = 0; names[i]; i++)
    g_free (names[i]);
  return hash;
}

DfiEncoder *
dfi_encoder_new_from_file (const char  *path,
                           GError     **error)
{
  const DfiKernels *kernels   = dfi_kernels_get (error);
  int               n_threads = kernels ? dfi_threads_get (error) : 0;
  DfiSafetensors   *file      = n_threads ? dfi_safetensors_open (path, NULL, 0, error) : NULL;
  DfiEncoder       *encoder;

  if (! file)
    return NULL;

  encoder            = g_new0 (DfiEncoder, 1);
  encoder->path      = g_strdup (path);
  encoder->kernels   = kernels;
  encoder->n_threads = n_threads;
  if (encoder_load (encoder, file, error))
    encoder->sha256 = encoder_hash (file);
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
pixels_in (const DfiPass *pass,
           int            l)
{
  return (size_t) pass->shapes[l].height * pass->shapes[l].width;
}

static size_t
pixels_out (const DfiPass *pass,
            int            l)
{
  return l + 1 < N_CONVS ? pixels_in (pass, l + 1) : pixels_in (pass, l);
}

/* Sides and filters are bounded (encoder.h), so that no product of them passes 2^37. */
static void
pass_plan (DfiPass *pass,
           int      height,
           int      width)
{
  for (int l = 0; l < N_CONVS; l++)
    {
      const Conv    *conv  = &pass->encoder->convs[l];
      DfiLayerShape *shape = &pass->shapes[l];

      if (layers[l].pooled)
        {
          height /= 2;
          width  /= 2;
        }
      shape->channels = conv->channels;
      shape->filters  = conv->filters;
      shape->height   = height;
      shape->width    = width;
      shape->pooled   = l + 1 < N_CONVS && layers[l + 1].pooled;

      if (layers[l].tap >= 0)
        {
          pass->tap_at[layers[l].tap] = pass->n_features;
          pass->map_at[layers[l].tap] = pass->n_packed;
          pass->n_features += (size_t) conv->filters * height * width;
          pass->n_packed   += dfi_map_size (pass->encoder->kernels, conv->filters, (size_t) height * width);
        }
    }
}

static void
pass_place (DfiPass *pass,
            Store   *store)
{
  const DfiKernels *kernels = pass->encoder->kernels;
  size_t            map     = 0;
  size_t            scratch = kernels->picture_scratch (&pass->shapes[0]);

  for (int l = 0; l < N_CONVS; l++)
    {
      pass->mask[l] = store_take (store, dfi_mask_size (kernels, &pass->shapes[l]));
      map     = MAX (map, dfi_map_size (kernels, pass->shapes[l].filters, pixels_out (pass, l)));
      scratch = MAX (scratch, kernels->scratch_size (&pass->shapes[l], pass->encoder->n_threads));
    }
  pass->features = store_floats (store, pass->n_features);
  pass->taps     = store_floats (store, pass->n_packed);
  pass->work[0]  = store_floats (store, map);
  pass->work[1]  = store_floats (store, map);
  pass->scratch  = store_floats (store, scratch);
}

DfiPass *
dfi_pass_new (const DfiEncoder  *encoder,
              int                height,
              int                width,
              GError           **error)
{
  Store    store = { NULL, 0 };
  DfiPass *pass;

  if (MIN (height, width) < DFI_ENCODER_SIDE_MIN || MAX (height, width) > DFI_ENCODER_SIDE_MAX)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                   _("The encoder takes pictures with sides of %d to %d pixels; this one has %d x %d."),
                   DFI_ENCODER_SIDE_MIN, DFI_ENCODER_SIDE_MAX, width, height);
      return NULL;
    }

  pass          = g_new0 (DfiPass, 1);
  pass->encoder = encoder;
  pass_plan (pass, height, width);
  pass_place (pass, &store);
  if ((pass->block = store_open (&store, error)))
    {
      pass_place (pass, &store);
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

static int
tap_layer (int tap)
{
  for (int l = 0; l < N_CONVS; l++)
    if (layers[l].tap == tap)
      return l;
  g_assert_not_reached ();
}

void
dfi_pass_tap_shape (const DfiPass *pass,
                    int            tap,
                    size_t         shape[3])
{
  int l = tap_layer (tap);

  shape[0] = pass->encoder->convs[l].filters;
  shape[1] = pass->shapes[l].height;
  shape[2] = pass->shapes[l].width;
}

const char *
dfi_tap_name (int tap)
{
  g_assert (tap >= 0 && tap < DFI_N_TAPS);
  return tap_names[tap];
}

size_t
dfi_pass_n_features (const DfiPass *pass)
{
  return pass->n_features;
}

/* ---------- forward and gradient ---------- */

size_t
dfi_pass_packed_size (const DfiPass *pass)
{
  return pass->n_packed;
}

void
dfi_pass_pack (const DfiPass *pass,
               float         *packed,
               const float   *phi)
{
  for (int tap = 0; tap < DFI_N_TAPS; tap++)
    {
      int l = tap_layer (tap);

      dfi_map_pack (pass->encoder->kernels, packed + pass->map_at[tap], phi + pass->tap_at[tap],
                    pass->encoder->convs[l].filters, pixels_out (pass, l));
    }
}

/* A layer's output goes to the work buffer that its input is not in, or to its place among the taps. */
static float *
other_work (const DfiPass *pass,
            const float   *x)
{
  return x == pass->work[0] ? pass->work[1] : pass->work[0];
}

/* Leaves the features in pass->taps, and the masks. */
static void
forward (DfiPass     *pass,
         const float *image)
{
  const DfiKernels *kernels = pass->encoder->kernels;
  const float      *x       = image;

  for (int l = 0; l < N_CONVS; l++)
    {
      const Conv *conv = &pass->encoder->convs[l];
      float      *y    = layers[l].tap >= 0 ? pass->taps + pass->map_at[layers[l].tap] : other_work (pass, x);

      if (l == 0)
        kernels->picture_forward (y, pass->mask[l], &pass->shapes[l], conv->forward, conv->bias, x, input_mean, pass->threads,
                                  pass->scratch);
      else
        kernels->forward (y, pass->mask[l], &pass->shapes[l], conv->forward, conv->bias, x, pass->threads, pass->scratch);
      x = y;
    }
}

/* @dimage from the gradient with respect to the features, which is in pass->taps. */
static void
gradient (DfiPass *pass,
          float   *dimage)
{
  const DfiKernels *kernels = pass->encoder->kernels;
  const float      *dy      = pass->taps + pass->map_at[layers[N_CONVS - 1].tap];

  for (int l = N_CONVS - 1; l > 0; l--)
    {
      int          tap  = layers[l - 1].tap;
      const float *more = tap >= 0 ? pass->taps + pass->map_at[tap] : NULL;
      float       *dx   = other_work (pass, dy);

      kernels->gradient (dx, more, &pass->shapes[l], pass->encoder->convs[l].backward, dy, pass->mask[l], pass->threads,
                         pass->scratch);
      dy = dx;
    }
  kernels->picture_gradient (dimage, &pass->shapes[0], pass->encoder->convs[0].forward, dy, pass->mask[0], pass->threads,
                             pass->scratch);
}

const float *
dfi_pass_forward (DfiPass     *pass,
                  const float *image)
{
  forward (pass, image);
  for (int tap = 0; tap < DFI_N_TAPS; tap++)
    {
      int l = tap_layer (tap);

      dfi_map_unpack (pass->encoder->kernels, pass->features + pass->tap_at[tap], pass->taps + pass->map_at[tap],
                      pass->encoder->convs[l].filters, pixels_out (pass, l));
    }
  return pass->features;
}

double
dfi_pass_distance (DfiPass     *pass,
                   const float *packed,
                   const float *image,
                   float       *dimage)
{
  double sum;

  forward (pass, image);
  sum = dfi_map_residual (pass->taps, packed, pass->n_packed, 1.0f / DFI_N_TAPS, pass->threads);
  gradient (pass, dimage);
  return 0.5 * sum / DFI_N_TAPS;
}
