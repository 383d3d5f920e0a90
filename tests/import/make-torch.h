/* make-torch.h: state dicts as torch.save() writes them, honest ones and others. */

#ifndef DFI_TESTS_IMPORT_MAKE_TORCH_H
#define DFI_TESTS_IMPORT_MAKE_TORCH_H

#include "network.h"

/* What a file is like.  The first ones are true, up to HONEST_LAST; the lies are about its first tensor. */
typedef enum
{
  HONEST,
  PYTHON_2,      /* the dict's items in a list, byte strings, _rebuild_tensor */
  NESTED,        /* the dict under "state_dict", and the tensors are parameters */
  PREFIXED,      /* `module.features.module.0` in a dict in a list */
  NAMELESS,      /* layers are called a, b, c, ..., the last of them first */
  DOUBLE,        /* in double precision */
  CHANNELS_LAST, /* (K, 3, 3, C) in memory */
  CAFFE_NAMES,   /* conv1_1 */
  PROTOCOL_4,    /* as protocols 4 and 5 have it */
  PROTOCOL_5,
  OBJECTS, /* beside the state of an optimiser, arguments, and objects of NumPy */
  MODULE,  /* no state dict but the network itself, an object */
  HONEST_LAST = MODULE,
  BATCH_NORM,
  LIE_GLOBAL,
  LIE_INSTRUCTION,
  LIE_COUNT,
  LIE_COUNT_HUGE,
  LIE_OFFSET,
  LIE_OFFSET_NEGATIVE,
  LIE_STRIDE,
  LIE_SHAPE,
  LIE_SHAPE_HUGE,
  LIE_KEY,
  LIE_VIEW,
  LIE_PROTOCOL,
  LIE_TWICE,
} Lie;

/* As torch.save (..., _use_new_zipfile_serialization=False) lays it out. */
GByteArray *make_torch_legacy (const Network *network, Lie lie);

/* As torch.save() lays it out. */
GByteArray *make_torch_zip (const Network *network, Lie lie);

#endif
