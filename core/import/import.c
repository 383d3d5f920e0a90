/* import.c: from a file of weights to an encoder: open it, find the network, fold the first layer, write. */

#include "config.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "network/encoder.h"
#include "base/error.h"
#include "files/safetensors-writer.h"
#include "import/source.h"
#include "import/vgg-search.h"
#include "network/vgg.h"

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

/* All filters and biases of the encoder, in the order in which they are written; free the names with g_free(). */
static void
list_tensors (const DfiVggFound *found, gboolean half, DfiTensor *tensors)
{
  size_t channels = 3;

  for (int l = 0; l < found->vgg->n_convs; l++)
    {
      const DfiVggConv *conv    = &found->vgg->convs[l];
      const size_t      filters = found->width * conv->units;

      tensors[2 * l] = (DfiTensor){ .name  = dfi_vgg_tensor_name (conv, "weight"),
                                    .dtype = half ? DFI_DTYPE_F16 : DFI_DTYPE_F32,
                                    .rank  = 4,
                                    .shape = { filters, channels, 3, 3 } };
      tensors[2 * l + 1] =
          (DfiTensor){ .name = dfi_vgg_tensor_name (conv, "bias"), .dtype = DFI_DTYPE_F32, .rank = 1, .shape = { filters } };
      channels = filters;
    }
}

static DfiSafetensorsWriter *
start_file (const DfiSource   *source,
            const DfiVggFound *found,
            DfiImportInput     input,
            gboolean           half,
            const char        *out,
            GError           **error)
{
  const DfiVgg *vgg        = found->vgg;
  char         *text       = describe_source (source, vgg, input);
  char         *width_text = g_strdup_printf ("%zu", found->width);
  const char   *metadata[] = {
      "dfi.kind",   "encoder",   "dfi.version", "1",         "dfi.architecture",
      vgg->name,    "dfi.width", width_text,    "dfi.input", "RGB 0..1, mean 0.485 0.456 0.406, std 0.229 0.224 0.225",
      "dfi.source", text,        NULL
  };
  DfiTensor             tensors[2 * DFI_VGG_CONVS_MAX];
  DfiSafetensorsWriter *writer;

  list_tensors (found, half, tensors);
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

/* Filters and biases of layer @l. */
static gboolean
append_layer (DfiSafetensorsWriter *writer,
              const DfiSource      *source,
              const DfiVggFound    *found,
              int                   l,
              gboolean              fold,
              gboolean              half,
              GError              **error)
{
  const DfiTensor *weight = &found->weights[l]->tensor, *bias = &found->biases[l]->tensor;
  float           *filters = dfi_try_alloc (weight->count, sizeof (float), error);
  float           *biases  = filters ? dfi_try_alloc (bias->count, sizeof (float), error) : NULL;
  gboolean         done    = biases && dfi_source_floats (source, found->weights[l], filters, error) &&
                  dfi_source_floats (source, found->biases[l], biases, error);

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

/* What the network was trained on: networks whose layers are called as in Caffe come from there, whoever saved them. */
static DfiImportInput
usual_input (const DfiSource *source, const DfiVggFound *found)
{
  return found->blocked ? DFI_IMPORT_INPUT_CAFFE : source->format->input;
}

static gboolean
convert (const DfiSource *source, const char *out, DfiImportInput input, gboolean half, GError **error)
{
  DfiVggFound           found;
  DfiSafetensorsWriter *writer;

  if (! dfi_vgg_search (source, &found, error))
    return FALSE;
  if (input == DFI_IMPORT_INPUT_AUTO)
    input = usual_input (source, &found);
  if (! (writer = start_file (source, &found, input, half, out, error)))
    return FALSE;

  for (int l = 0; l < found.vgg->n_convs; l++)
    if (! append_layer (writer, source, &found, l, l == 0 && input == DFI_IMPORT_INPUT_CAFFE, half, error))
      {
        dfi_safetensors_discard (writer);
        return FALSE;
      }
  return dfi_safetensors_commit (writer, error);
}

gboolean
dfi_import_weights (const char *path, const char *out, DfiImportInput input, gboolean half, GError **error)
{
  DfiSource *source = dfi_source_open (path, FALSE, error);
  gboolean   done   = source && convert (source, out, input, half, error);

  dfi_source_free (source);
  return done;
}

gboolean
dfi_import_is_possible (const char *path, GError **error)
{
  DfiSource  *source = dfi_source_open (path, FALSE, error);
  DfiVggFound found;
  gboolean    possible = source && dfi_vgg_search (source, &found, error);

  dfi_source_free (source);
  return possible;
}
