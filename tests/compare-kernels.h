/* compare-kernels.h: a set of kernels against the plain one: values, masks, bytes around the outputs, threads. */

#ifndef DFI_TESTS_COMPARE_KERNELS_H
#define DFI_TESTS_COMPARE_KERNELS_H

#include "network/kernels/kernels.h"

/* Memory with bytes around it that must stay. */
typedef struct
{
  guint8 *block;
  guint8 *start;
  size_t  size;
} Guarded;

/* @size bytes, aligned as kernels want them. */
gpointer guarded_new (Guarded *guarded, size_t size);
/* The bytes around are as they were. */
void guarded_free (Guarded *guarded);

/* A layer of random numbers, forward and gradient: with one thread nearly what plain C gives, and with @n_threads the same
 * bytes. */
void compare_layer (const DfiKernels *kernels, const DfiLayerShape *shape, int n_threads);
/* The same for the first layer. */
void compare_picture (const DfiKernels *kernels, const DfiLayerShape *shape, int n_threads);

#endif
