/* encoder.c: the weights of VGG-16 or VGG-19 up to the deepest layer that can be tapped, and the shapes of its layers. */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "network/encoder-private.h"
#include "base/error.h"
#include "files/safetensors-reader.h"
#include "network/store.h"

/* The deviations by which torchvision divides RGB in 0..1, after taking off the means; those are in pass.c. */
static const float input_std[3] = { 0.229f, 0.224f, 0.225f };

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

/* The network that @file says it is, or else the one of which the most tensors are there. */
static const DfiVgg *
choose_vgg (const DfiSafetensors *file)
{
  const char *said = dfi_safetensors_metadata (file, "dfi.architecture");

  for (size_t i = 0; i < G_N_ELEMENTS (dfi_vggs); i++)
    if (g_strcmp0 (said, dfi_vggs[i].name) == 0)
      return &dfi_vggs[i];
  return dfi_vgg_choose (has_filters, (gpointer) file);
}

/* Finds all tensors and how many channels and filters the layers have. */
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
      encoder->dtype             = dfi_dtype_name (weights[0]->dtype);
      encoder->convs[l].channels = channels;
      encoder->convs[l].filters  = weights[l]->shape[0];
      channels                   = encoder->convs[l].filters;
    }
  return TRUE;
}

static void
encoder_place (DfiEncoder *encoder, DfiStore *store)
{
  const DfiKernels *kernels = encoder->kernels;

  for (int l = 0; l < encoder->vgg->n_convs; l++)
    {
      DfiConv *conv = &encoder->convs[l];

      if (l == 0)
        {
          conv->forward = dfi_store_floats (store, kernels->picture->filters_size (conv->filters));
        }
      else
        {
          conv->forward  = dfi_store_floats (store, kernels->filters_size (conv->filters, conv->channels));
          conv->backward = dfi_store_floats (store, kernels->filters_size (conv->channels, conv->filters));
        }
      conv->bias = dfi_store_floats (store, dfi_map_size (kernels, conv->filters, 1));
    }
}

/* Makes the first layer's filters serve a picture that is not divided by its channels' deviations. */
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
conv_load (const DfiConv        *conv,
           const DfiKernels     *kernels,
           const DfiSafetensors *file,
           const DfiTensor      *weight,
           const DfiTensor      *bias,
           float                *room,
           GError              **error)
{
  float *turned = room + weight->count;

  if (! dfi_safetensors_floats (file, weight, room, error) || ! dfi_safetensors_floats (file, bias, conv->bias, error))
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
  DfiStore         store = { NULL, 0 };
  size_t           most  = 0;
  float           *room;
  gboolean         done;

  if (! encoder_tensors (encoder, weights, biases, file, error))
    return FALSE;

  encoder_place (encoder, &store);
  if (! (encoder->block = dfi_store_open (&store, error)))
    return FALSE;
  encoder_place (encoder, &store);

  for (int l = 0; l < encoder->vgg->n_convs; l++)
    most = MAX (most, weights[l]->count);
  room = dfi_try_alloc (2 * most, sizeof *room, error);
  done = room != NULL;
  for (int l = 0; done && l < encoder->vgg->n_convs; l++)
    done = conv_load (&encoder->convs[l], encoder->kernels, file, weights[l], biases[l], room, error);

  g_free (room);
  return done;
}

static char *
encoder_hash (const DfiVgg *vgg, const DfiSafetensors *file, GError **error)
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
  hash = dfi_safetensors_sha256 (file, (const char *const *) names, error);
  for (int i = 0; names[i]; i++)
    g_free (names[i]);
  return hash;
}

static const char *
said_source (const DfiSafetensors *file)
{
  const char *source = dfi_safetensors_metadata (file, "dfi.source");

  return source ? source : dfi_safetensors_metadata (file, "dfi.provenance");
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
  encoder->source    = g_strdup (said_source (file));
  if (! dfi_safetensors_may_be (file, "encoder", DFI_ENCODER_VERSION, error) || ! encoder_load (encoder, file, error) ||
      ! (encoder->sha256 = encoder_hash (encoder->vgg, file, error)))
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
  g_free (encoder->source);
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

void
dfi_encoder_describe (const DfiEncoder *encoder, DfiEncoderInfo *info)
{
  *info = (DfiEncoderInfo){ .architecture = encoder->vgg->name,
                            .title        = encoder->vgg->title,
                            .n_layers     = encoder->vgg->n_convs,
                            .dtype        = encoder->dtype,
                            .source       = encoder->source };
  for (int l = 0; l < info->n_layers; l++)
    {
      size_t filters = encoder->convs[l].filters;

      info->filters[l] = filters;
      info->n_parameters += filters * (encoder->convs[l].channels * 9 + 1);
    }
}

/* ---------- shapes ---------- */

/* How many layers there are up to the deepest tap; 0 with @error set when the network lacks one of @taps. */
static int
layers_for (const DfiVgg *vgg, DfiTaps taps, GError **error)
{
  DfiTaps found    = 0;
  int     n_layers = 0;
  char   *lacking;

  for (int l = 0; l < vgg->n_convs; l++)
    if (taps & dfi_vgg_tap (&vgg->convs[l]))
      {
        found |= dfi_vgg_tap (&vgg->convs[l]);
        n_layers = l + 1;
      }
  if (found && found == taps)
    return n_layers;

  lacking = dfi_taps_print (taps & ~found);
  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("There is no layer %s in %s; choose others."), lacking, vgg->title);
  g_free (lacking);
  return 0;
}

/* Sides and filters are bounded (encoder.h), so that no product of them passes 2^39. */
int
dfi_encoder_layers (const DfiEncoder *encoder,
                    DfiTaps           taps,
                    int               height,
                    int               width,
                    DfiLayerShape     shapes[DFI_VGG_CONVS_MAX],
                    GError          **error)
{
  const DfiVgg *vgg      = encoder->vgg;
  int           n_layers = layers_for (vgg, taps, error);

  if (n_layers > 0 && (MIN (height, width) < DFI_ENCODER_SIDE_MIN || MAX (height, width) > DFI_ENCODER_SIDE_MAX))
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                   _ ("The encoder takes pictures with sides of %d to %d pixels; this one has %d x %d."), DFI_ENCODER_SIDE_MIN,
                   DFI_ENCODER_SIDE_MAX, width, height);
      return 0;
    }

  for (int l = 0; l < n_layers; l++)
    {
      gboolean tapped = (taps & dfi_vgg_tap (&vgg->convs[l])) != 0;

      if (dfi_vgg_pools_before (vgg, l))
        {
          height /= 2;
          width /= 2;
        }
      shapes[l] = (DfiLayerShape){
        .channels = encoder->convs[l].channels,
        .filters  = encoder->convs[l].filters,
        .height   = height,
        .width    = width,
        .pooled   = ! tapped && dfi_vgg_pools_before (vgg, l + 1),
      };
    }
  return n_layers;
}

gboolean
dfi_encoder_tap_shapes (const DfiEncoder *encoder,
                        DfiTaps           taps,
                        int               height,
                        int               width,
                        size_t            shapes[DFI_TAPS_MAX][3],
                        GError          **error)
{
  DfiLayerShape layers[DFI_VGG_CONVS_MAX];
  int           n_layers = dfi_encoder_layers (encoder, taps, height, width, layers, error);

  for (int l = 0, t = 0; l < n_layers; l++)
    if (taps & dfi_vgg_tap (&encoder->vgg->convs[l]))
      {
        shapes[t][0] = layers[l].filters;
        shapes[t][1] = layers[l].height;
        shapes[t][2] = layers[l].width;
        t++;
      }
  return n_layers > 0;
}
