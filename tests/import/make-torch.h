/* make-torch.h: state dicts as torch.save() writes them, honest ones and others. */

#ifndef DFI_TESTS_IMPORT_MAKE_TORCH_H
#define DFI_TESTS_IMPORT_MAKE_TORCH_H

#include "network.h"

/* What is wrong with a state dict; the lies are about its first tensor. */
typedef enum
{
  HONEST,
  PYTHON_2, /* nothing: the dict's items in a list, byte strings, _rebuild_tensor */
  NESTED,   /* nothing: the dict under "state_dict", and the tensors are parameters */
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
