/* import.h: the published VGG networks, in the forms that others give them, made into an encoder of our own. */

#ifndef DFI_IMPORT_H
#define DFI_IMPORT_H

#include <glib.h>

/**
 * DfiImportInput:
 * @DFI_IMPORT_INPUT_AUTO: as files of this kind usually have it, and networks whose layers are called as in Caffe, conv1_1
 * @DFI_IMPORT_INPUT_TORCHVISION: RGB in 0..1, less a mean, over a standard deviation; usual for safetensors and PyTorch
 * @DFI_IMPORT_INPUT_CAFFE: BGR in 0..255, less a mean; usual for Caffe and Keras
 *
 * What a network's first layer was trained on.  No file says it.
 */
typedef enum
{
  DFI_IMPORT_INPUT_AUTO,
  DFI_IMPORT_INPUT_TORCHVISION,
  DFI_IMPORT_INPUT_CAFFE
} DfiImportInput;

/**
 * dfi_import_weights:
 * @path: VGG-19 or VGG-16, any base width, without batch normalisation, as
 *   safetensors, or the index of safetensors in several files,
 *   a checkpoint of PyTorch, of either form that torch.save() has had,
 *   a .caffemodel, or
 *   an HDF5 file (.h5) or .keras file of Keras;
 *   which of them, its content says.  Where in it the network is, the shapes of its convolutions say, see vgg-search.h
 * @out: safetensors to write: the convolutions up to relu5_1, for dfi_encoder_new_from_file()
 * @input: what the network was trained on
 * @half: store filters as F16 instead of F32; biases stay F32
 * @error: DFI_ERROR_IO, _FORMAT or _MEMORY, or _VALUE when the numbers are too large for half precision; then there is no file
 * @out, or the older one
 *
 * No code in a file is ever run.  Memory stays at that of the largest layer, three times over, and for Keras at that of the file
 * and all convolutions: what is not needed of other files is not read.
 *
 * Caffe's way of input is folded into the first layer: its filters are turned from BGR to RGB and scaled by 255 times
 * torchvision's standard deviation, and its biases take the difference of the two means (0.005, 0.499 and 0.409 grey levels of R,
 * G and B).  That is exact but for the outermost ring of pixels of the first layer, where zero padding then stands for
 * torchvision's mean instead of Caffe's.  The features of a photograph of 192 x 192 then differ by 0.00016 (relu3_1), 0.00011 and
 * 0.00003 of their length, with a network that learnt from photographs; units that see no edge differ by rounding alone.
 */
gboolean dfi_import_weights (const char *path, const char *out, DfiImportInput input, gboolean half, GError **error);

/* Whether dfi_import_weights() would find a network in @path; its error when not. */
gboolean dfi_import_is_possible (const char *path, GError **error);

#endif
