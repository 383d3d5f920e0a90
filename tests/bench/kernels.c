/* kernels.c: the layers of a network one by one, each set of kernels against the plain one and against the processor's peak:
 * bench-kernels BASE SIDE, filters of the first layer and side of the picture.
 *
 * GFLOP/s count what the convolution would take as it stands, 18 C K H W; a share of the peak above 1 says that the kernel
 * does with less. The peak is the best of many products of 768 x 768 matrices by OpenBLAS, with one thread, as everything
 * here. */

#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cblas.h>

#include "../common.h"
#include "network/kernels/kernels.h"
#include "network/vgg.h"

#define SECONDS 0.15 /* for each figure */
#define PEAK    768  /* matrix side */

typedef void (*Work) (gpointer data);

/* The fastest of as many runs as fit into SECONDS. */
static double
fastest (Work work, gpointer data)
{
  gint64 begin = g_get_monotonic_time (), best = G_MAXINT64;

  work (data);
  do
    {
      gint64 start = g_get_monotonic_time ();

      work (data);
      best = MIN (best, g_get_monotonic_time () - start);
    }
  while (g_get_monotonic_time () - begin < SECONDS * G_USEC_PER_SEC);
  return best * 1e-6;
}

static void
multiply (gpointer data)
{
  float *a = data;

  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, PEAK, PEAK, PEAK, 1.0f, a, PEAK, a + PEAK * PEAK, PEAK, 0.0f,
               a + 2 * PEAK * PEAK, PEAK);
}

static double
peak (void)
{
  float *a = g_new (float, 3 * PEAK * PEAK);
  double seconds;

  test_uniform (1, a, 3 * PEAK * PEAK);
  seconds = fastest (multiply, a);
  g_free (a);
  return 2.0 * PEAK * PEAK * PEAK / seconds;
}

typedef struct
{
  const DfiKernels *kernels;
  DfiLayerShape     shape;
  float            *x, *y, *w, *bias, *scratch;
  guint8           *mask;
  DfiThreads       *threads;
} Layer;

static float *
floats (size_t n)
{
  float *x = g_aligned_alloc (n, sizeof *x, DFI_KERNELS_ALIGN);

  test_uniform (1, x, n);
  return x;
}

static void
forward (gpointer data)
{
  Layer *l = data;

  l->kernels->forward (l->y, l->mask, &l->shape, l->w, l->bias, l->x, l->threads, l->scratch);
}

static void
gradient (gpointer data)
{
  Layer *l = data;

  l->kernels->gradient (l->x, NULL, &l->shape, l->w, l->y, l->mask, l->threads, l->scratch);
}

/* GFLOP/s forward and back. */
static void
measure (double rate[2], const DfiKernels *kernels, const DfiLayerShape *shape)
{
  size_t n = (size_t) shape->height * shape->width;
  size_t count =
      MAX (kernels->filters_size (shape->filters, shape->channels), kernels->filters_size (shape->channels, shape->filters));
  double flops = 18e-9 * shape->channels * shape->filters * n;
  Layer  layer = {
     .kernels = kernels,
     .shape   = *shape,
     .x       = floats (dfi_map_size (kernels, shape->channels, n)),
     .y       = floats (dfi_map_size (kernels, shape->filters, n)),
     .w       = floats (count),
     .bias    = floats (dfi_map_size (kernels, shape->filters, 1)),
     .scratch = floats (kernels->scratch_size (shape, 1)),
     .mask    = g_malloc0 (dfi_mask_size (kernels, shape)),
     .threads = dfi_threads_new (1),
  };

  rate[0] = flops / fastest (forward, &layer);
  rate[1] = flops / fastest (gradient, &layer);

  dfi_threads_free (layer.threads);
  g_free (layer.mask);
  g_aligned_free (layer.scratch);
  g_aligned_free (layer.bias);
  g_aligned_free (layer.w);
  g_aligned_free (layer.y);
  g_aligned_free (layer.x);
}

int
main (int argc, char **argv)
{
  static const char *names[] = { "plain", "avx2", "avx512", "neon" };
  const DfiVgg      *vgg     = &dfi_vggs[1];
  int                base = argc == 3 ? atoi (argv[1]) : 0, side = argc == 3 ? atoi (argv[2]) : 0;
  int                channels;
  double             most;

  if (base < 1 || side < 16)
    {
      g_printerr ("bench-kernels BASE SIDE\n");
      return 1;
    }
  if (g_getenv ("OPENBLAS_CORETYPE") || ! g_getenv ("OPENBLAS_NUM_THREADS"))
    {
      g_print ("OPENBLAS_CORETYPE is unset here, for OpenBLAS to be as fast as it can; one thread.\n");
      g_unsetenv ("OPENBLAS_CORETYPE");
      g_setenv ("OPENBLAS_NUM_THREADS", "1", TRUE);
      execv ("/proc/self/exe", argv);
    }

  most = peak ();
  g_print ("%s, %d filters in the first layer, picture %d x %d; sgemm reaches %.0f GFLOP/s\n", vgg->title, base, side, side,
           most * 1e-9);
  g_print ("%-9s %-7s %9s %9s %7s %7s %7s\n", "layer", "kernels", "forward", "back", "ratio", "ratio", "share");

  channels = base * vgg->convs[0].units;
  for (int l = 1; l < vgg->n_convs; l++)
    {
      const DfiVggConv *conv     = &vgg->convs[l];
      int               at       = side >> (conv->block - 1);
      DfiLayerShape     shape    = { channels, base * conv->units, at, at, FALSE };
      double            plain[2] = { 0.0 };

      for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
        {
          const DfiKernels *kernels = dfi_kernels_find (names[i], NULL);
          double            rate[2];

          if (! kernels)
            continue;
          measure (rate, kernels, &shape);
          if (i == 0)
            memcpy (plain, rate, sizeof plain);
          g_print ("conv%d_%d   %-7s %9.1f %9.1f %7.2f %7.2f %7.2f\n", conv->block, conv->index, names[i], rate[0], rate[1],
                   rate[0] / plain[0], rate[1] / plain[1], (rate[0] + rate[1]) / 2 * 1e9 / most);
        }
      channels = shape.filters;
    }
  return 0;
}
