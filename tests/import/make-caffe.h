/* make-caffe.h: networks as Caffe writes them. */

#ifndef DFI_TESTS_IMPORT_MAKE_CAFFE_H
#define DFI_TESTS_IMPORT_MAKE_CAFFE_H

#include "network.h"

typedef enum
{
  CAFFE_V1,     /* layers 2, blobs with num, channels, height, width */
  CAFFE_SINGLY, /* the same, its floats one by one, its name after the blobs */
  CAFFE_NEW,    /* layer 100, blobs with a shape */
  CAFFE_BLOB_SHORT,
  CAFFE_DIMS_HUGE,
  CAFFE_GROUP, /* a field of a wire type that is not read */
  CAFFE_TWICE,
} CaffeForm;

GByteArray *make_caffe (const Network *network, CaffeForm form);

#endif
