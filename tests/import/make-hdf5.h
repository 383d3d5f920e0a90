/* make-hdf5.h: networks as Keras writes them, in HDF5. */

#ifndef DFI_TESTS_IMPORT_MAKE_HDF5_H
#define DFI_TESTS_IMPORT_MAKE_HDF5_H

#include "network.h"

/* What a file is like.  The first ones are true, up to KERAS_HONEST_LAST. */
typedef enum
{
  KERAS_OLD,    /* block1_conv1/block1_conv1_W_1:0 */
  KERAS_NEW,    /* model_weights/block1_conv1/block1_conv1/kernel:0, and an optimiser's moments */
  KERAS_MODEL,  /* model_weights/vgg19/block1_conv1/kernel:0, the network in a model */
  KERAS_3,      /* layers/conv2d_7/vars/0 */
  KERAS_GZIP,   /* in chunks, shuffled and compressed */
  KERAS_LATEST, /* in the newest form of HDF5 */
  KERAS_DOUBLE,
  KERAS_BIG_ENDIAN,
  KERAS_HONEST_LAST = KERAS_BIG_ENDIAN,
  KERAS_BATCH_NORM,
  KERAS_SCALED,    /* compressed in a way that is not read */
  KERAS_ELSEWHERE, /* the values are in another file */
  KERAS_SHAPE,     /* of the last layer's filters */
  KERAS_HUGE       /* which is not there, but would be large */
} KerasForm;

GByteArray *make_keras (const Network *network, KerasForm form);

#endif
