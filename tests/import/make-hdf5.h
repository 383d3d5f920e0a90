/* make-hdf5.h: networks as Keras writes them, in HDF5. */

#ifndef DFI_TESTS_IMPORT_MAKE_HDF5_H
#define DFI_TESTS_IMPORT_MAKE_HDF5_H

#include "network.h"

typedef enum
{
  KERAS_OLD, /* block1_conv1/block1_conv1_W_1:0 */
  KERAS_NEW, /* block1_conv1/block1_conv1/kernel:0 */
  KERAS_DOUBLE,
  KERAS_CHUNKED,
  KERAS_SHAPE,
  KERAS_LOOP, /* a tree that leads to itself, a header that goes on in itself */
} KerasForm;

GByteArray *make_keras (const Network *network, KerasForm form);

#endif
