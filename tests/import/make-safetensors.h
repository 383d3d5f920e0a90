/* make-safetensors.h: networks in safetensors. */

#ifndef DFI_TESTS_IMPORT_MAKE_SAFETENSORS_H
#define DFI_TESTS_IMPORT_MAKE_SAFETENSORS_H

#include "files/tensor.h"
#include "network.h"

/* With a classifier's tensor, and one of a type that is not read. */
GByteArray *make_safetensors (const Network *network, DfiDtype dtype);

#endif
