/* keras.c: files of Keras with TensorFlow's order of dimensions: filters (3, 3, C, K).  They are HDF5; a .keras file is a zip
 * archive with HDF5 inside, `model.weights.h5`.
 *
 * A layer's numbers are at `block3_conv1/block3_conv1_W_1:0` and `..._b_1:0` (the published VGG networks), at
 * `block3_conv1/block3_conv1/kernel:0` and `.../bias:0` (what Keras 2 saves), or at `layers/conv2d_7/vars/0` and `.../1` (Keras
 * 3); under further groups when the network is part of a model, or more than weights was saved.
 *
 * Source: keras/applications/vgg19.py and keras/saving of Keras.
 */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "import/archive.h"
#include "import/hdf5-process.h"
#include "import/source.h"

#define WEIGHTS_NAME "model.weights.h5"

/* The values stay where they are; only the dimensions are named in another order, (K, C, H, W). */
static gboolean
note_array (DfiSource *source, const char *name, int rank, const size_t *shape, const float *values, GError **error)
{
  DfiTensor tensor     = { .name = name, .dtype = DFI_DTYPE_F32, .rank = rank, .data = values };
  size_t    strides[4] = { 1 };

  tensor.shape[0] = shape[0];
  if (rank == 4)
    {
      memcpy (tensor.shape, (size_t[]){ shape[3], shape[2], shape[0], shape[1] }, sizeof tensor.shape);
      memcpy (strides, (size_t[]){ 1, shape[3], shape[1] * shape[2] * shape[3], shape[2] * shape[3] }, sizeof strides);
    }
  return dfi_source_add_strided (source, &tensor, strides, error);
}

static gboolean
recognise (const DfiSource *source)
{
  return dfi_cursor_is (&source->whole, "\x89HDF\r\n\x1a\n", 8);
}

static gboolean
read_layers (DfiSource *source, GError **error)
{
  return dfi_hdf5_read (source, &source->whole, note_array, error);
}

const DfiFormat dfi_format_keras = { "Keras", FALSE, DFI_IMPORT_INPUT_CAFFE, recognise, read_layers };

/* ---------- HDF5 in an archive ---------- */

static gboolean
recognise_zip (const DfiSource *source)
{
  DfiArchiveFault fault;
  DfiArchive     *archive = dfi_archive_is (&source->whole) ? dfi_archive_new (&source->whole, &fault) : NULL;
  gboolean        is      = archive && dfi_archive_find (archive, WEIGHTS_NAME);

  dfi_archive_free (archive);
  return is;
}

static gboolean
read_zip (DfiSource *source, GError **error)
{
  DfiArchiveFault fault;
  DfiArchive     *archive = dfi_archive_new (&source->whole, &fault);
  gboolean        done    = dfi_hdf5_read (source, dfi_archive_find (archive, WEIGHTS_NAME), note_array, error);

  dfi_archive_free (archive);
  return done;
}

const DfiFormat dfi_format_keras_zip = { "Keras 3", FALSE, DFI_IMPORT_INPUT_CAFFE, recognise_zip, read_zip };
