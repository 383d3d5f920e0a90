/* vgg-search.h: where among the tensors of a file a VGG is, whatever its layers are called.
 *
 * Its convolutions follow each other, in the order of the file or of their names, and have the shapes that VGG-16 or VGG-19
 * wants, for any base width.  Where names have the numbers of torchvision (0, 2, 5, ...) or of Caffe (conv1_1, conv1_2, ...),
 * these must agree.
 */

#ifndef DFI_IMPORT_VGG_SEARCH_H
#define DFI_IMPORT_VGG_SEARCH_H

#include "import/source.h"
#include "network/vgg.h"

typedef struct
{
  const DfiVgg          *vgg;
  size_t                 width;   /* filters of the first layer */
  gboolean               blocked; /* the layers are called as in Caffe */
  const DfiSourceTensor *weights[DFI_VGG_CONVS_MAX];
  const DfiSourceTensor *biases[DFI_VGG_CONVS_MAX];
} DfiVggFound;

/* FALSE with DFI_ERROR_FORMAT, which says what the file has instead.  What is found belongs to @source. */
gboolean dfi_vgg_search (const DfiSource *source, DfiVggFound *found, GError **error);

#endif
