/* import.c: from a file of weights to an encoder: recognise, read, choose the network, check the shapes, fold the first
 * layer, write. */

#include "config.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "network/encoder.h"
#include "base/error.h"
#include "files/safetensors-writer.h"
#include "import/source.h"
#include "network/vgg.h"

/* Those with a magic number first: a .caffemodel has none. */
static const DfiFormat *formats[] = {
  &dfi_format_torch, &dfi_format_torch_legacy, &dfi_format_keras, &dfi_format_safetensors, &dfi_format_caffe,
};

/* ---------- the file ---------- */

static void
source_free (DfiSource *source)
{
  if (! source)
    return;

  g_hash_table_unref (source->tensors);
  g_ptr_array_unref (source->blocks);
  dfi_safetensors_free (source->file);
  g_mapped_file_unref (source->map);
  g_free (source->path);
  g_free (source);
}

static void
tensor_free (gpointer data)
{
  DfiTensor *tensor = data;

  g_free ((char *) tensor->name);
  g_free (tensor);
}

static gboolean
source_recognise (DfiSource *source, GError **error)
{
  for (size_t i = 0; i < G_N_ELEMENTS (formats); i++)
    if (formats[i]->recognise (source))
      {
        source->format = formats[i];
        return TRUE;
      }

  g_set_error (
      error, DFI_ERROR, DFI_ERROR_FORMAT,
      _ ("“%s” is no file of weights that this program reads. It reads safetensors, PyTorch (.pth), Caffe (.caffemodel) and "
         "Keras (.h5); perhaps what was fetched is only a page about the file."),
      source->path);
  return FALSE;
}

static DfiSource *
source_open (const char *path, GError **error)
{
  GError      *cause = NULL;
  GMappedFile *map   = g_mapped_file_new (path, FALSE, &cause);
  DfiSource   *source;

  if (! map)
    {
      g_set_error_literal (error, DFI_ERROR, DFI_ERROR_IO, cause->message); /* names the path and the reason */
      g_error_free (cause);
      return NULL;
    }

  source          = g_new0 (DfiSource, 1);
  source->path    = g_strdup (path);
  source->map     = map;
  source->whole   = (DfiCursor){ (const guint8 *) g_mapped_file_get_contents (map), g_mapped_file_get_length (map) };
  source->tensors = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, tensor_free); /* the tensor owns its name */
  source->blocks  = g_ptr_array_new_with_free_func (g_free);
  if (! source_recognise (source, error) || ! source->format->read (source, error))
    g_clear_pointer (&source, source_free);
  return source;
}

/* ---------- the network ---------- */

/* What the file calls a tensor. Free with g_free(). */
static char *
source_name (const DfiSource *source, const DfiVggConv *conv, const char *what)
{
  return source->format->counted ? dfi_vgg_tensor_name (conv, what)
                                 : g_strdup_printf ("conv%d_%d.%s", conv->block, conv->index, what);
}

static const DfiTensor *
source_find (const DfiSource *source, const DfiVggConv *conv, const char *what)
{
  char            *name   = source_name (source, conv, what);
  const DfiTensor *tensor = g_hash_table_lookup (source->tensors, name);

  g_free (name);
  return tensor;
}

static gboolean
has_filters (const DfiVggConv *conv, gpointer data)
{
  return source_find (data, conv, "weight") != NULL;
}

static const DfiTensor *
need_tensor (const DfiSource *source, const DfiVggConv *conv, const char *what, int rank, const size_t *shape, GError **error)
{
  const DfiTensor *tensor = source_find (source, conv, what);
  char            *name, *found, *wanted;

  if (tensor && tensor->rank == rank && memcmp (tensor->shape, shape, rank * sizeof *shape) == 0)
    return tensor;

  name = source_name (source, conv, what);
  if (! tensor)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                   _ ("“%s” has no layer conv%d_%d (“%s”). Take the published VGG-19 or VGG-16, without batch normalisation."),
                   source->path, conv->block, conv->index, name);
    }
  else
    {
      found  = dfi_shape_text (tensor->shape, tensor->rank);
      wanted = dfi_shape_text (shape, rank);
      g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                   _ ("In “%s” the tensor “%s” has the shape %s where %s is wanted; choose another file."), source->path, name,
                   found, wanted);
      g_free (wanted);
      g_free (found);
    }
  g_free (name);
  return NULL;
}

/* The first layer's filters, if there are any: the base width. */
static gboolean
read_width (const DfiSource *source, const DfiVgg *vgg, size_t *width, GError **error)
{
  const DfiTensor *first = source_find (source, &vgg->convs[0], "weight");

  *width = first && first->rank == 4 ? first->shape[0] : 64; /* that of the published ones, to be named in a message */
  if (*width >= 1 && *width <= DFI_ENCODER_WIDTH_MAX)
    return TRUE;

  g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("“%s” has %zu filters in its first layer; 1 to %d are understood."),
               source->path, *width, DFI_ENCODER_WIDTH_MAX);
  return FALSE;
}

/* All filters and biases, @tensors[2 l] and [2 l + 1]; each of the shape that its place wants. */
static gboolean
collect (const DfiSource *source, const DfiVgg *vgg, size_t width, const DfiTensor **tensors, GError **error)
{
  size_t channels = 3;

  for (int l = 0; l < vgg->n_convs; l++)
    {
      const DfiVggConv *conv     = &vgg->convs[l];
      const size_t      shape[4] = { width * conv->units, channels, 3, 3 };

      tensors[2 * l]     = need_tensor (source, conv, "weight", 4, shape, error);
      tensors[2 * l + 1] = tensors[2 * l] ? need_tensor (source, conv, "bias", 1, shape, error) : NULL;
      if (! tensors[2 * l + 1])
        return FALSE;
      channels = shape[0];
    }
  return TRUE;
}

/* ---------- the first layer ---------- */

/* Of R, G, B: what the encoder does to a picture in 0..1 (torchvision), and what Caffe's VGG networks subtract from one in
 * 0..255. */
static const double input_mean[3] = { 0.485, 0.456, 0.406 };
static const double input_std[3]  = { 0.229, 0.224, 0.225 };
static const double caffe_mean[3] = { 123.68, 116.779, 103.939 };

/* Turns filters (K, 3, 3, 3) for Caffe's input b into ones for the encoder's input x, of which, away from the picture's edge,
 *
 *   b[2 - c] = 255 std[c] x[c] + (255 mean[c] - caffe_mean[c])
 *
 * so that the factor goes into the filters and the rest, times the filters' sums, into the biases (K). */
static void
fold_caffe_input (float *filters, float *biases, size_t n_filters)
{
  for (size_t k = 0; k < n_filters; k++)
    {
      float  folded[27];
      double bias = biases[k];

      for (int c = 0; c < 3; c++)
        for (int i = 0; i < 9; i++)
          {
            double weight = filters[k * 27 + (2 - c) * 9 + i];

            folded[c * 9 + i] = weight * 255.0 * input_std[c];
            bias += weight * (255.0 * input_mean[c] - caffe_mean[c]);
          }
      memcpy (filters + k * 27, folded, sizeof folded);
      biases[k] = bias;
    }
}

/* ---------- writing ---------- */

/* A file name and a form, for the metadata: not translated, so that the same input gives the same bytes. */
static char *
describe_source (const DfiSource *source, const DfiVgg *vgg, DfiImportInput input)
{
  char *name = g_filename_display_basename (source->path);
  char *text =
      g_strdup_printf ("%s, imported by dfi %s from %s (%s), trained on %s", vgg->title, DFI_VERSION, name, source->format->name,
                       input == DFI_IMPORT_INPUT_CAFFE ? "BGR 0..255 less its mean"
                                                       : "RGB 0..1 less its mean over its standard deviation");

  g_free (name);
  return text;
}

static DfiSafetensorsWriter *
start_file (const DfiSource *source,
            const DfiVgg    *vgg,
            size_t           width,
            DfiImportInput   input,
            gboolean         half,
            const char      *out,
            GError         **error)
{
  char       *text       = describe_source (source, vgg, input);
  char       *width_text = g_strdup_printf ("%zu", width);
  const char *metadata[] = {
    "dfi.kind",   "encoder",   "dfi.version", "1",         "dfi.architecture",
    vgg->name,    "dfi.width", width_text,    "dfi.input", "RGB 0..1, mean 0.485 0.456 0.406, std 0.229 0.224 0.225",
    "dfi.source", text,        NULL
  };
  DfiTensor tensors[2 * DFI_VGG_CONVS_MAX] = {
    {
        NULL,
    },
  };
  size_t                channels = 3;
  DfiSafetensorsWriter *writer;

  for (int l = 0; l < vgg->n_convs; l++)
    {
      const DfiVggConv *conv = &vgg->convs[l];

      tensors[2 * l]     = (DfiTensor){ dfi_vgg_tensor_name (conv, "weight"),
                                    half ? DFI_DTYPE_F16 : DFI_DTYPE_F32,
                                        4,
                                        { width * conv->units, channels, 3, 3 },
                                        0,
                                        NULL };
      tensors[2 * l + 1] = (DfiTensor){ dfi_vgg_tensor_name (conv, "bias"), DFI_DTYPE_F32, 1, { width * conv->units }, 0, NULL };
      channels           = width * conv->units;
    }
  writer = dfi_safetensors_create (out, metadata, tensors, 2 * vgg->n_convs, error);

  for (int i = 0; i < 2 * vgg->n_convs; i++)
    g_free ((char *) tensors[i].name);
  g_free (width_text);
  g_free (text);
  return writer;
}

static gboolean
append_half (DfiSafetensorsWriter *writer, const DfiSource *source, const DfiTensor *tensor, const float *values, GError **error)
{
  guint16 *halves = dfi_try_alloc (tensor->count, sizeof (guint16), error);
  gboolean done   = halves != NULL;

  for (size_t i = 0; done && i < tensor->count; i++)
    {
      halves[i] = dfi_half_from_float (values[i]);
      if (! isfinite (dfi_half_to_float (halves[i])))
        {
          g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("In “%s” the tensor “%s” has values too large for half precision."),
                       source->path, tensor->name);
          done = FALSE;
        }
    }
  done = done && dfi_safetensors_append_numbers (writer, halves, tensor->count, sizeof *halves, error);
  g_free (halves);
  return done;
}

/* One layer: filters @weight and @bias as they are in the file. */
static gboolean
append_layer (DfiSafetensorsWriter *writer,
              const DfiSource      *source,
              const DfiTensor      *weight,
              const DfiTensor      *bias,
              gboolean              fold,
              gboolean              half,
              GError              **error)
{
  float   *filters = dfi_try_alloc (weight->count, sizeof (float), error);
  float   *biases  = filters ? dfi_try_alloc (bias->count, sizeof (float), error) : NULL;
  gboolean done =
      biases && dfi_tensor_floats (weight, source->path, filters, error) && dfi_tensor_floats (bias, source->path, biases, error);

  if (done && fold)
    fold_caffe_input (filters, biases, bias->count);
  done = done &&
         (half ? append_half (writer, source, weight, filters, error)
               : dfi_safetensors_append_numbers (writer, filters, weight->count, sizeof (float), error)) &&
         dfi_safetensors_append_numbers (writer, biases, bias->count, sizeof (float), error);
  g_free (biases);
  g_free (filters);
  return done;
}

static gboolean
convert (const DfiSource *source, const char *out, DfiImportInput input, gboolean half, GError **error)
{
  const DfiVgg         *vgg = dfi_vgg_choose (has_filters, (gpointer) source);
  const DfiTensor      *tensors[2 * DFI_VGG_CONVS_MAX];
  DfiSafetensorsWriter *writer;
  size_t                width;

  if (! read_width (source, vgg, &width, error) || ! collect (source, vgg, width, tensors, error) ||
      ! (writer = start_file (source, vgg, width, input, half, out, error)))
    return FALSE;

  for (int l = 0; l < vgg->n_convs; l++)
    if (! append_layer (writer, source, tensors[2 * l], tensors[2 * l + 1], l == 0 && input == DFI_IMPORT_INPUT_CAFFE, half,
                        error))
      {
        dfi_safetensors_discard (writer);
        return FALSE;
      }
  return dfi_safetensors_commit (writer, error);
}

gboolean
dfi_import_weights (const char *path, const char *out, DfiImportInput input, gboolean half, GError **error)
{
  DfiSource *source = source_open (path, error);
  gboolean   done;

  if (! source)
    return FALSE;

  done = convert (source, out, input == DFI_IMPORT_INPUT_AUTO ? source->format->input : input, half, error);
  source_free (source);
  return done;
}
