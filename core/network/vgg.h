/* vgg.h: which convolutions the published VGG networks have up to relu5_1, and what torchvision, Caffe and Keras call them.
 *
 * Source: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015,
 * configurations D (VGG-16) and E (VGG-19); the numbers are those of torchvision's vgg16().features and vgg19().features.
 */

#ifndef DFI_VGG_H
#define DFI_VGG_H

#include "network/taps.h"

#define DFI_VGG_CONVS_MAX DFI_TAPS_MAX

typedef struct
{
  int number; /* in torchvision's `features` */
  int block;  /* conv3_2 is the second of the third block */
  int index;
  int units; /* filters, in units of the first layer's */
} DfiVggConv;

typedef struct
{
  const char *name;  /* as `dfi.architecture` has it */
  const char *title; /* for people */
  int         n_convs;
  DfiVggConv  convs[DFI_VGG_CONVS_MAX];
} DfiVgg;

extern const DfiVgg dfi_vggs[2];

/* `features.N.weight` (@what: weight or bias).  Free with g_free(). */
char *dfi_vgg_tensor_name (const DfiVggConv *conv, const char *what);

/* The tap that follows @conv. */
DfiTaps dfi_vgg_tap (const DfiVggConv *conv);

/* Whether what layer @l of @vgg gets is pooled first: every block but the first begins so. FALSE past the last layer. */
gboolean dfi_vgg_pools_before (const DfiVgg *vgg, int l);

/* Whether there is a filter for @conv in what @data stands for. */
typedef gboolean (*DfiVggHasFunc) (const DfiVggConv *conv, gpointer data);

/* The network of which the most layers are there; when both have as many, the shallower one. */
const DfiVgg *dfi_vgg_choose (DfiVggHasFunc has, gpointer data);

#endif
