#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "files/safetensors-reader.h"
#include "network/decoder.h"
#include "network/encoder-private.h"
#include "network/store.h"

#define N_LAYERS 13
#define N_TAPS   3
#define NO_TAP   (-1)

typedef struct
{
  int      channels;
  int      filters;
  gboolean doubled; /* the input is */
  int      joined;  /* the tap that is joined behind the input once that is doubled, or NO_TAP */
} Layer;

static const Layer layers[N_LAYERS] = {
  { 128, 128, FALSE, NO_TAP }, { 128, 128, FALSE, NO_TAP }, { 256, 128, TRUE, 1 },     { 128, 128, FALSE, NO_TAP },
  { 128, 64, FALSE, NO_TAP },  { 128, 64, TRUE, 0 },        { 64, 64, FALSE, NO_TAP }, { 64, 64, FALSE, NO_TAP },
  { 64, 32, TRUE, NO_TAP },    { 32, 32, FALSE, NO_TAP },   { 32, 32, TRUE, NO_TAP },  { 32, 16, FALSE, NO_TAP },
  { 16, 1, FALSE, NO_TAP },
};

/* Channels of the taps, and the frame's pixels for one of theirs. */
static const int tap_channels[N_TAPS] = { 64, 128, 128 };
static const int tap_divisors[N_TAPS] = { 4, 8, 16 };

typedef struct
{
  float *weight; /* prepared by the kernels */
  float *bias;   /* then zeros up to a multiple of the lanes */
} Conv;

struct _DfiDecoder
{
  const DfiKernels *kernels;
  int               n_threads;
  int               side;
  DfiLayerShape     shapes[N_LAYERS];
  void             *block; /* all of the following is in it */
  Conv              convs[N_LAYERS];
  float            *work[2]; /* each holds the largest map */
  guint8           *mask;    /* the kernels leave it for a gradient, which nobody asks for */
  float            *luma;    /* (2, side, side): see last_filters() */
  float            *scratch;
};

/* ---------- what the file has ---------- */

/* The kernels end every layer with a ReLU. The last layer has none, so that it is computed as two, p and -p, of which one is 0
 * everywhere and which differ by p. */
static int
filters_in_memory (int n)
{
  return n == N_LAYERS - 1 ? 2 : layers[n].filters;
}

static void
last_filters (float *weight, float *bias)
{
  size_t count = (size_t) layers[N_LAYERS - 1].channels * 9;

  for (size_t i = 0; i < count; i++)
    weight[count + i] = -weight[i];
  bias[1] = -bias[0];
}

/* @room: for the largest filters, twice */
static gboolean
conv_load (DfiDecoder *decoder, int n, const DfiSafetensors *file, float *room, GError **error)
{
  const Layer     *layer    = &layers[n];
  Conv            *conv     = &decoder->convs[n];
  size_t           shape[4] = { layer->filters, layer->channels, 3, 3 };
  char             name[32];
  const DfiTensor *weight, *bias;

  g_snprintf (name, sizeof name, "decoder.%d.weight", n);
  weight = dfi_safetensors_tensor (file, name, 4, shape, error);
  g_snprintf (name, sizeof name, "decoder.%d.bias", n);
  bias = weight ? dfi_safetensors_tensor (file, name, 1, shape, error) : NULL;
  memset (conv->bias, 0, dfi_map_size (decoder->kernels, filters_in_memory (n), 1) * sizeof (float));
  if (! bias || ! dfi_safetensors_floats (file, weight, room, error) || ! dfi_safetensors_floats (file, bias, conv->bias, error))
    return FALSE;

  if (n == N_LAYERS - 1)
    last_filters (room, conv->bias);
  decoder->kernels->filters_prepare (conv->weight, room, filters_in_memory (n), layer->channels);
  return TRUE;
}

static gboolean
convs_load (DfiDecoder *decoder, const DfiSafetensors *file, GError **error)
{
  float   *room = dfi_try_alloc (256 * 128 * 9, sizeof *room, error); /* the largest layer's, and twice the last one's */
  gboolean done = room != NULL;

  for (int n = 0; done && n < N_LAYERS; n++)
    done = conv_load (decoder, n, file, room, error);
  g_free (room);
  return done;
}

/* The hash is what the file claims; the taps' shapes are checked besides, since whoever decodes hands over features of the
 * encoder's length. */
static gboolean
check_encoder (const DfiSafetensors *file, const DfiEncoder *encoder, int side, GError **error)
{
  const char *sha256 = dfi_safetensors_metadata (file, "dfi.encoder");
  size_t      shapes[DFI_TAPS_MAX][3];
  gboolean    fits = sha256 && strcmp (sha256, dfi_encoder_sha256 (encoder)) == 0;

  if (side % DFI_DECODER_UNIT != 0)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_SHAPE,
                   _ ("The decoder “%s” needs a frame whose side is a multiple of %d pixels, not %d."),
                   dfi_safetensors_path (file), DFI_DECODER_UNIT, side);
      return FALSE;
    }
  if (fits && ! dfi_encoder_tap_shapes (encoder, DFI_TAPS_PAPER, side, side, shapes, error))
    return FALSE;
  for (int t = 0; fits && t < N_TAPS; t++)
    fits = shapes[t][0] == (size_t) tap_channels[t] && shapes[t][1] == (size_t) side / tap_divisors[t];

  if (! fits)
    g_set_error (error, DFI_ERROR, DFI_ERROR_SHAPE,
                 _ ("The decoder “%s” was trained for other weights than “%s”. Choose the one that belongs to these weights."),
                 dfi_safetensors_path (file), dfi_encoder_path (encoder));
  return fits;
}

/* ---------- memory ---------- */

static void
plan_shapes (DfiDecoder *decoder)
{
  int side = decoder->side / DFI_DECODER_UNIT;

  for (int n = 0; n < N_LAYERS; n++)
    {
      if (layers[n].doubled)
        side *= 2;
      decoder->shapes[n] = (DfiLayerShape){ layers[n].channels, filters_in_memory (n), side, side, FALSE };
    }
}

static void
place (DfiDecoder *decoder, DfiStore *store)
{
  const DfiKernels *kernels = decoder->kernels;
  size_t            map = 0, mask = 0, scratch = 0;

  for (int n = 0; n < N_LAYERS; n++)
    {
      const DfiLayerShape *shape  = &decoder->shapes[n];
      size_t               pixels = (size_t) shape->height * shape->width;

      decoder->convs[n].weight = dfi_store_floats (store, kernels->filters_size (shape->filters, shape->channels));
      decoder->convs[n].bias   = dfi_store_floats (store, dfi_map_size (kernels, shape->filters, 1));
      map                      = MAX (map, dfi_map_size (kernels, MAX (shape->channels, shape->filters), pixels));
      mask                     = MAX (mask, dfi_mask_size (kernels, shape));
      scratch                  = MAX (scratch, kernels->scratch_size (shape, decoder->n_threads));
    }
  decoder->work[0] = dfi_store_floats (store, map);
  decoder->work[1] = dfi_store_floats (store, map);
  decoder->mask    = dfi_store_take (store, mask);
  decoder->luma    = dfi_store_floats (store, (size_t) 2 * decoder->side * decoder->side);
  decoder->scratch = dfi_store_floats (store, scratch);
}

DfiDecoder *
dfi_decoder_new (const char *path, const DfiEncoder *encoder, int side, GError **error)
{
  DfiSafetensors *file  = dfi_safetensors_open (path, "decoder", DFI_DECODER_VERSION, error);
  DfiStore        store = { NULL, 0 };
  DfiDecoder     *decoder;

  if (! file || ! check_encoder (file, encoder, side, error))
    {
      dfi_safetensors_free (file);
      return NULL;
    }

  decoder            = g_new0 (DfiDecoder, 1);
  decoder->kernels   = encoder->kernels;
  decoder->n_threads = encoder->n_threads;
  decoder->side      = side;
  plan_shapes (decoder);
  place (decoder, &store);
  if ((decoder->block = dfi_store_open (&store, error)))
    place (decoder, &store);
  if (! decoder->block || ! convs_load (decoder, file, error))
    g_clear_pointer (&decoder, dfi_decoder_free);
  dfi_safetensors_free (file);
  return decoder;
}

void
dfi_decoder_free (DfiDecoder *decoder)
{
  if (! decoder)
    return;

  g_free (decoder->block);
  g_free (decoder);
}

/* ---------- decoding ---------- */

/* Tap @t of @phi (D), as the encoder has them one after the other. */
static const float *
tap_of (const DfiDecoder *decoder, const float *phi, int t)
{
  for (int before = 0; before < t; before++)
    {
      size_t side = decoder->side / tap_divisors[before];

      phi += tap_channels[before] * side * side;
    }
  return phi;
}

const float *
dfi_decoder_run (DfiDecoder *decoder, const float *phi, DfiThreads *threads)
{
  const DfiKernels *kernels = decoder->kernels;
  const size_t      plane   = (size_t) decoder->side * decoder->side;
  float            *x = decoder->work[0], *y = decoder->work[1];

  dfi_map_pack (kernels, x, tap_of (decoder, phi, N_TAPS - 1), tap_channels[N_TAPS - 1],
                (size_t) decoder->shapes[0].height * decoder->shapes[0].width);
  for (int n = 0; n < N_LAYERS; n++)
    {
      const DfiLayerShape *shape = &decoder->shapes[n];
      float               *swap;

      if (layers[n].doubled)
        {
          int    joined = layers[n].joined == NO_TAP ? 0 : tap_channels[layers[n].joined];
          size_t pixels = (size_t) shape->height * shape->width;

          dfi_map_double (kernels, y, x, shape->channels - joined, shape->height / 2, shape->width / 2, threads);
          if (joined)
            dfi_map_pack (kernels, y + dfi_map_size (kernels, shape->channels - joined, pixels),
                          tap_of (decoder, phi, layers[n].joined), joined, pixels);
          swap = x, x = y, y = swap;
        }
      kernels->forward (y, decoder->mask, shape, decoder->convs[n].weight, decoder->convs[n].bias, x, threads, decoder->scratch);
      swap = x, x = y, y = swap;
    }

  dfi_map_unpack (kernels, decoder->luma, x, filters_in_memory (N_LAYERS - 1), plane);
  for (size_t i = 0; i < plane; i++)
    decoder->luma[i] -= decoder->luma[plane + i];
  return decoder->luma;
}
