/* network.h: a small VGG with random numbers, which the makers of files write and the import must give back. */

#ifndef DFI_TESTS_IMPORT_NETWORK_H
#define DFI_TESTS_IMPORT_NETWORK_H

#include "network/vgg.h"

typedef struct
{
  DfiVggConv  conv;
  const char *what; /* weight or bias */
  int         rank;
  size_t      shape[4];
  size_t      count;
  float      *values; /* (count), on a grid that half precision and bfloat16 have */
} Part;

typedef struct
{
  Part parts[2 * DFI_VGG_CONVS_MAX];
  int  n;
} Network;

Network *network_new (const DfiVgg *vgg, int base);
void     network_free (Network *network);

/* `features.N.weight` or `.bias`.  Free with g_free(). */
char *part_name (const Part *part);

#endif
