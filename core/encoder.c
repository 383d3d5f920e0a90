/* encoder.c: VGG-19 up to relu5_1, forward and gradient side by side.
 *
 * The forward pass walks two work buffers in turn, except that a tap's activations are written straight into the feature
 * vector. For the way back it keeps one bit a unit (was it active) and one byte a pooled unit (which of the four it was);
 * the activations themselves are not needed again.
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
  float *forward;    /* (K, C, 3, 3) */
  float *backward;   /* (C, K, 3, 3), turned by 180 degrees: see conv3x3 in kernels.h */
  float *bias;       /* (K) */
} Conv;

struct _DfiEncoder
{
  char             *path;
  char             *sha256;
  const DfiKernels *kernels;
  Conv              convs[N_CONVS];
};

struct _DfiPass
{
  const DfiEncoder *encoder;
  int               height[N_CONVS];     /* of each convolution's output, equal to its input's */
  int               width[N_CONVS];
  guint8           *active[N_CONVS];     /* bits, see bias_relu */
  guint8           *choice[N_CONVS];     /* of the pooling before the convolution, or NULL */
  size_t            tap_at[DFI_N_TAPS];  /* where a tap starts in the feature vector */
  size_t            n_features;
  float            *features;            /* (D) */
  float            *work[2];             /* each holds the largest map */
  float            *scratch;
};

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

/* Takes the filters of @layer out of @file; @channels is what the layer before gives. The first layer may have any number
 * of filters: that is the base width. */
static gboolean
conv_load (Conv                  *conv,
           const DfiSafetensors  *file,
           int                    layer,
           int                    channels,
           int                    base,
           GError               **error)
{
  size_t           shape[4]  = { (size_t) base * layers[layer].units, channels, 3, 3 };
  char            *name      = tensor_name (layer, "weight");
  char            *bias_name = tensor_name (layer, "bias");
  const DfiTensor *weight, *bias = NULL;
  gboolean         done      = FALSE;

  weight = dfi_safetensors_tensor (file, name, 4, shape, error);
  if (weight)
    bias = dfi_safetensors_tensor (file, bias_name, 1, weight->shape, error);
  if (bias)
    {
      conv->channels = channels;
      conv->filters  = weight->shape[0];
      done = (conv->forward  = dfi_try_alloc (weight->count, sizeof (float), error)) &&
             (conv->backward = dfi_try_alloc (weight->count, sizeof (float), error)) &&
             (conv->bias     = dfi_try_alloc (bias->count,   sizeof (float), error)) &&
             dfi_tensor_floats (weight, dfi_safetensors_path (file), conv->forward, error) &&
             dfi_tensor_floats (bias,   dfi_safetensors_path (file), conv->bias,    error);
    }
  if (done)
    turn_filters (conv->backward, conv->forward, conv->filters, channels);

  g_free (bias_name);
  g_free (name);
  return done;
}

static gboolean
encoder_load (DfiEncoder            *encoder,
              const DfiSafetensors  *file,
              GError               **error)
{
  int channels = 3;

  for (int l = 0; l < N_CONVS; l++)
    {
      int base = l == 0 ? 0 : encoder->convs[0].filters;

      if (! conv_load (&encoder->convs[l], file, l, channels, base, error))
        return FALSE;
      if (encoder->convs[0].filters > DFI_ENCODER_WIDTH_MAX)
        {
          g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                       _("“%s” has %d filters in its first layer; at most %d are understood."),
                       dfi_safetensors_path (file), encoder->convs[0].filters, DFI_ENCODER_WIDTH_MAX);
          return FALSE;
        }
      channels = encoder->convs[l].filters;
    }
  return TRUE;
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
  DfiSafetensors *file = dfi_safetensors_open (path, NULL, 0, error);
  DfiEncoder     *encoder;

  if (! file)
    return NULL;

  encoder          = g_new0 (DfiEncoder, 1);
  encoder->path    = g_strdup (path);
  encoder->kernels = &dfi_kernels_plain;
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

  for (int l = 0; l < N_CONVS; l++)
    {
      g_free (encoder->convs[l].forward);
      g_free (encoder->convs[l].backward);
      g_free (encoder->convs[l].bias);
    }
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

/* Fills in every size; returns the floats of the largest map, and of the scratch. Sides and filters are bounded (encoder.h), so
 * that no product here passes 2^37, and a row of the scratch's matrix fits an int. */
static void
pass_plan (DfiPass *pass,
           int      height,
           int      width,
           size_t  *map_max,
           size_t  *scratch_max)
{
  const DfiEncoder *encoder = pass->encoder;

  *map_max     = (size_t) 3 * height * width;
  *scratch_max = 0;

  for (int l = 0; l < N_CONVS; l++)
    {
      const Conv *conv = &encoder->convs[l];
      size_t      map;

      if (layers[l].pooled)
        {
          height /= 2;
          width  /= 2;
        }
      pass->height[l] = height;
      pass->width[l]  = width;
      map = (size_t) conv->filters * height * width;

      if (layers[l].tap >= 0)
        {
          pass->tap_at[layers[l].tap] = pass->n_features;
          pass->n_features += map;
        }

      *map_max     = MAX (*map_max, map);
      *scratch_max = MAX (*scratch_max,
                          encoder->kernels->conv3x3_scratch (MAX (conv->channels, conv->filters), width));
    }
}

static gboolean
pass_allocate (DfiPass  *pass,
               size_t    map_max,
               size_t    scratch_max,
               GError  **error)
{
  for (int l = 0; l < N_CONVS; l++)
    {
      const Conv *conv = &pass->encoder->convs[l];
      size_t      n    = (size_t) pass->height[l] * pass->width[l];

      if (! (pass->active[l] = dfi_try_alloc ((conv->filters * n + 7) / 8, 1, error)))
        return FALSE;
      if (layers[l].pooled && ! (pass->choice[l] = dfi_try_alloc (conv->channels * n, 1, error)))
        return FALSE;
    }

  return (pass->features = dfi_try_alloc (pass->n_features, sizeof (float), error)) &&
         (pass->work[0]  = dfi_try_alloc (map_max,          sizeof (float), error)) &&
         (pass->work[1]  = dfi_try_alloc (map_max,          sizeof (float), error)) &&
         (pass->scratch  = dfi_try_alloc (scratch_max,      sizeof (float), error));
}

DfiPass *
dfi_pass_new (const DfiEncoder  *encoder,
              int                height,
              int                width,
              GError           **error)
{
  DfiPass *pass;
  size_t   map_max, scratch_max;

  if (MIN (height, width) < DFI_ENCODER_SIDE_MIN || MAX (height, width) > DFI_ENCODER_SIDE_MAX)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                   _("The encoder takes pictures with sides of %d to %d pixels; this one has %d x %d."),
                   DFI_ENCODER_SIDE_MIN, DFI_ENCODER_SIDE_MAX, width, height);
      return NULL;
    }

  pass          = g_new0 (DfiPass, 1);
  pass->encoder = encoder;
  pass_plan (pass, height, width, &map_max, &scratch_max);
  if (! pass_allocate (pass, map_max, scratch_max, error))
    g_clear_pointer (&pass, dfi_pass_free);
  return pass;
}

void
dfi_pass_free (DfiPass *pass)
{
  if (! pass)
    return;

  for (int l = 0; l < N_CONVS; l++)
    {
      g_free (pass->active[l]);
      g_free (pass->choice[l]);
    }
  g_free (pass->features);
  g_free (pass->work[0]);
  g_free (pass->work[1]);
  g_free (pass->scratch);
  g_free (pass);
}

int
dfi_pass_height (const DfiPass *pass)
{
  return pass->height[0];
}

int
dfi_pass_width (const DfiPass *pass)
{
  return pass->width[0];
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
  shape[1] = pass->height[l];
  shape[2] = pass->width[l];
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

const float *
dfi_pass_forward (DfiPass     *pass,
                  const float *image)
{
  const DfiKernels *kernels = pass->encoder->kernels;
  size_t            n       = (size_t) pass->height[0] * pass->width[0];
  int               idle    = 1;              /* the work buffer that holds nothing of use */
  float            *x       = pass->work[0];  /* the map so far */

  for (int c = 0; c < 3; c++)
    for (size_t i = 0; i < n; i++)
      x[c * n + i] = (image[c * n + i] - input_mean[c]) / input_std[c];

  for (int l = 0; l < N_CONVS; l++)
    {
      const Conv *conv = &pass->encoder->convs[l];
      int         tap  = layers[l].tap;
      float      *y;

      if (layers[l].pooled)
        {
          y = pass->work[idle];
          kernels->max_pool (y, pass->choice[l], x, conv->channels, pass->height[l - 1], pass->width[l - 1]);
          x    = y;
          idle = ! idle;
        }

      y = tap < 0 ? pass->work[idle] : pass->features + pass->tap_at[tap];
      kernels->conv3x3 (y, conv->forward, x, conv->filters, conv->channels,
                        pass->height[l], pass->width[l], pass->scratch);
      kernels->bias_relu (y, pass->active[l], conv->bias, conv->filters,
                          (size_t) pass->height[l] * pass->width[l]);
      x = y;
      if (tap < 0)
        idle = ! idle;
    }
  return pass->features;
}

void
dfi_pass_gradient (DfiPass     *pass,
                   const float *dphi,
                   float       *dimage)
{
  const DfiKernels *kernels = pass->encoder->kernels;
  size_t            n       = (size_t) pass->height[0] * pass->width[0];
  float            *dy      = pass->work[0];   /* gradient at the current layer's output */
  float            *dx      = pass->work[1];   /* gradient at its input */

  /* Nothing comes from beyond the last layer; its tap is added like any other. */
  memset (dy, 0, (pass->n_features - pass->tap_at[DFI_N_TAPS - 1]) * sizeof *dy);

  for (int l = N_CONVS - 1; l >= 0; l--)
    {
      const Conv *conv = &pass->encoder->convs[l];
      size_t      map  = (size_t) conv->filters * pass->height[l] * pass->width[l];
      float      *swap;

      if (layers[l].tap >= 0)
        {
          const float *tap = dphi + pass->tap_at[layers[l].tap];

          for (size_t i = 0; i < map; i++)
            dy[i] += tap[i];
        }

      kernels->relu_gradient (dy, pass->active[l], map);
      kernels->conv3x3 (dx, conv->backward, dy, conv->channels, conv->filters,
                        pass->height[l], pass->width[l], pass->scratch);
      swap = dy, dy = dx, dx = swap;

      if (layers[l].pooled)
        {
          kernels->pool_gradient (dx, dy, pass->choice[l], conv->channels, pass->height[l - 1], pass->width[l - 1]);
          swap = dy, dy = dx, dx = swap;
        }
    }

  for (int c = 0; c < 3; c++)
    for (size_t i = 0; i < n; i++)
      dimage[c * n + i] = dy[c * n + i] / input_std[c];
}
