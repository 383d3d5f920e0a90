/* kernels.h: what the encoder does to feature maps, a whole layer at a time, behind one table: plain C, or vectors.
 *
 * A map holds C channels of H x W floats, one picture at a time, its channels in groups of @lanes that lie side by side:
 * (ceil (C / lanes), H, W, lanes), the lanes past C being 0. With one lane that is plain (C, H, W). Outputs come first and
 * are overwritten; nothing overlaps; maps and scratch start at a multiple of DFI_KERNELS_ALIGN bytes. Sizes are at least 1.
 * Kernels cannot fail: whoever calls has checked all.
 */

#ifndef DFI_KERNELS_H
#define DFI_KERNELS_H

#include <glib.h>

#include "base/threads.h"

#define DFI_KERNELS_ALIGN    64
#define DFI_PICTURE_CHANNELS 3

/* A 3x3 convolution, bias and ReLU, and perhaps 2x2 max pooling with stride 2; an odd last row or column is not pooled. */
typedef struct
{
  int      channels; /* C */
  int      filters;  /* K */
  int      height;   /* of the input, and of the output before pooling */
  int      width;
  gboolean pooled;
} DfiLayerShape;

typedef struct
{
  const char *name; /* as the environment's DFI_KERNELS says it */
  int         lanes;

  /* Filters (K, C, 3, 3) as the other functions want them: filters_size (K, C) floats, aligned as maps are. */
  size_t (*filters_size) (int n_filters, int channels);
  void (*filters_prepare) (float *prepared, const float *w, int n_filters, int channels);

  /* Floats of scratch that forward and gradient want. */
  size_t (*scratch_size) (const DfiLayerShape *shape, int n_threads);

  /* y = pool (max (conv (x) + bias, 0)), where
   *
   *   conv (x)[k, i, j] = sum over c, di, dj of w[k, c, di, dj] x[c, i + di - 1, j + dj - 1], zero outside x
   *
   * y       map of K channels, (H, W) or pooled (H / 2, W / 2)
   * mask    dfi_mask_size() bytes for gradient(): a bit for each unit before pooling, does y depend on it? That is, was it
   *         positive, and, with pooling, the first of the largest in its square
   * w       prepared
   * bias    K floats, then zeros up to a multiple of the lanes
   * x       map of C channels, (H, W) */
  void (*forward) (float               *y,
                   guint8              *mask,
                   const DfiLayerShape *shape,
                   const float         *w,
                   const float         *bias,
                   const float         *x,
                   DfiThreads          *threads,
                   float               *scratch);

  /* dx, the gradient with respect to x, from dy, the one with respect to y, and the mask that forward() left. The sum is a
   * convolution again: @turned are the prepared (C, K, 3, 3) filters, turned by 180 degrees. @more, a map like dx, is added to
   * it, or nothing if it is NULL. */
  void (*gradient) (float               *dx,
                    const float         *more,
                    const DfiLayerShape *shape,
                    const float         *turned,
                    const float         *dy,
                    const guint8        *mask,
                    DfiThreads          *threads,
                    float               *scratch);

  const struct _DfiPictureKernels *picture; /* for the first layer */
} DfiKernels;

/* The same for the first layer, whose x is no map but a picture (3, H, W), less a mean for each channel, and which is never
 * pooled. One form of the filters (K, 3, 3, 3) serves both ways. */
typedef struct _DfiPictureKernels
{
  size_t (*filters_size) (int n_filters);
  void (*filters_prepare) (float *prepared, const float *w, int n_filters);
  size_t (*scratch_size) (const DfiLayerShape *shape, int n_threads);
  void (*forward) (float               *y,
                   guint8              *mask,
                   const DfiLayerShape *shape,
                   const float         *w,
                   const float         *bias,
                   const float         *x,
                   const float          mean[DFI_PICTURE_CHANNELS],
                   DfiThreads          *threads,
                   float               *scratch);
  void (*gradient) (float               *dx,
                    const DfiLayerShape *shape,
                    const float         *w,
                    const float         *dy,
                    const guint8        *mask,
                    DfiThreads          *threads,
                    float               *scratch);
} DfiPictureKernels;

/* Floats of a map of @channels x @n pixels, and bytes of a mask. */
size_t dfi_map_size (const DfiKernels *kernels, int channels, size_t n);
size_t dfi_mask_size (const DfiKernels *kernels, const DfiLayerShape *shape);

/* Filters (K, C, 3, 3) -> (C, K, 3, 3), turned by 180 degrees, for gradient(). */
void dfi_filters_turn (float *turned, const float *w, int n_filters, int channels);

/* map = x and x = map. x (C, n) */
void dfi_map_pack (const DfiKernels *kernels, float *map, const float *x, int channels, size_t n);
void dfi_map_unpack (const DfiKernels *kernels, float *x, const float *map, int channels, size_t n);

/* y (C, 2 H, 2 W) = x (C, H, W) enlarged by bilinear interpolation, pixels being squares, a map of @channels each. */
void
dfi_map_double (const DfiKernels *kernels, float *y, const float *x, int channels, int height, int width, DfiThreads *threads);

/* y = x after 2x2 max pooling with stride 2, for a layer that forward() did not pool. y map (K, H / 2, W / 2), x map
 * (K, H, W); choice: a byte for each float of y, which of its four it is. And the way back: dx += the gradient with respect
 * to x, from dy. */
void dfi_map_pool (const DfiKernels *kernels, float *y, guint8 *choice, const float *x, const DfiLayerShape *shape);
void dfi_map_unpool_add (const DfiKernels *kernels, float *dx, const float *dy, const guint8 *choice, const DfiLayerShape *shape);

/* map = weight (map - target), both of @size floats; returns the sum of the squares of map - target, which does not depend
 * on the number of threads. */
double dfi_map_residual (float *map, const float *target, size_t size, float weight, DfiThreads *threads);

/* The fastest that this processor runs, or what the environment's DFI_KERNELS names; NULL with DFI_ERROR_VALUE if there is
 * no such set or the processor lacks it. dfi_kernels_find() takes the name, NULL for the fastest. */
const DfiKernels *dfi_kernels_get (GError **error);
const DfiKernels *dfi_kernels_find (const char *name, GError **error);

extern const DfiKernels dfi_kernels_plain; /* complete and correct on its own; OpenBLAS does the multiplying */
extern const DfiKernels dfi_kernels_avx2;  /* these two on x86_64 only; winograd.c */
extern const DfiKernels dfi_kernels_avx512;
extern const DfiKernels dfi_kernels_neon; /* on AArch64 only, which always has it; winograd.c */

#endif
