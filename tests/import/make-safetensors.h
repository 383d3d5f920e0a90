/* make-safetensors.h: networks in safetensors. */

#ifndef DFI_TESTS_IMPORT_MAKE_SAFETENSORS_H
#define DFI_TESTS_IMPORT_MAKE_SAFETENSORS_H

#include "files/tensor.h"
#include "network.h"

/* With a classifier's tensor, and one of a type that is not read. */
GByteArray *make_safetensors (const Network *network, DfiDtype dtype);

/* Likewise, of @n parts of the network from @first on, whose names get @prefix. */
GByteArray *make_safetensors_part (const Network *network, DfiDtype dtype, const char *prefix, int first, int n);

#endif
