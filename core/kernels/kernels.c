/* kernels.c: which set of kernels to use, and moving pictures into their maps and out. */

#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "error.h"
#include "kernels.h"

#define STRETCH 64   /* pixels moved at a time: as many of their lanes stay in the nearest cache */

size_t
dfi_map_size (const DfiKernels *kernels,
              int               channels,
              size_t            n)
{
  size_t groups = (channels + kernels->lanes - 1) / kernels->lanes;

  return groups * kernels->lanes * n;
}

size_t
dfi_mask_size (const DfiKernels    *kernels,
               const DfiLayerShape *shape)
{
  return (dfi_map_size (kernels, shape->filters, (size_t) shape->height * shape->width) + 7) / 8;
}

/* Channel c's pixels in the map: at every lanes-th float from here. */
static size_t
channel_start (const DfiKernels *kernels,
               int               channel,
               size_t            n)
{
  return channel / kernels->lanes * n * kernels->lanes + channel % kernels->lanes;
}

void
dfi_map_pack (const DfiKernels *kernels,
              float            *map,
              const float      *x,
              int               channels,
              size_t            n,
              const float      *mean,
              const float      *deviation)
{
  int lanes = kernels->lanes;

  if (channels % lanes)
    memset (map + channels / lanes * n * lanes, 0, n * lanes * sizeof *map);

  for (int first = 0; first < channels; first += lanes)
    for (size_t from = 0; from < n; from += STRETCH)
      for (int c = first; c < MIN (first + lanes, channels); c++)
        {
          float       *to     = map + channel_start (kernels, c, n);
          const float *source = x + c * n;
          float        offset = mean ? mean[c] : 0.0f;
          float        scale  = deviation ? 1.0f / deviation[c] : 1.0f;

          for (size_t i = from; i < MIN (from + STRETCH, n); i++)
            to[i * lanes] = (source[i] - offset) * scale;
        }
}

void
dfi_map_add (const DfiKernels *kernels,
             float            *map,
             const float      *x,
             int               channels,
             size_t            n)
{
  int lanes = kernels->lanes;

  for (int first = 0; first < channels; first += lanes)
    for (size_t from = 0; from < n; from += STRETCH)
      for (int c = first; c < MIN (first + lanes, channels); c++)
        {
          float       *to     = map + channel_start (kernels, c, n);
          const float *source = x + c * n;

          for (size_t i = from; i < MIN (from + STRETCH, n); i++)
            to[i * lanes] += source[i];
        }
}

void
dfi_map_unpack (const DfiKernels *kernels,
                float            *x,
                const float      *map,
                int               channels,
                size_t            n,
                const float      *deviation)
{
  int lanes = kernels->lanes;

  for (int first = 0; first < channels; first += lanes)
    for (size_t from = 0; from < n; from += STRETCH)
      for (int c = first; c < MIN (first + lanes, channels); c++)
        {
          const float *source = map + channel_start (kernels, c, n);
          float       *to     = x + c * n;
          float        scale  = deviation ? 1.0f / deviation[c] : 1.0f;

          for (size_t i = from; i < MIN (from + STRETCH, n); i++)
            to[i] = source[i * lanes] * scale;
        }
}

static gboolean
runs_here (const DfiKernels *kernels)
{
#ifdef DFI_HAVE_X86
  if (kernels == &dfi_kernels_avx512)
    return __builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512dq") &&
           __builtin_cpu_supports ("avx512bw") && __builtin_cpu_supports ("avx512vl") && __builtin_cpu_supports ("fma");
  if (kernels == &dfi_kernels_avx2)
    return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma");
#endif
  return TRUE;
}

const DfiKernels *
dfi_kernels_find (const char  *name,
                  GError     **error)
{
  static const DfiKernels * const all[] =   /* the fastest first */
  {
#ifdef DFI_HAVE_X86
    &dfi_kernels_avx512,
    &dfi_kernels_avx2,
#endif
    &dfi_kernels_plain,
  };

  for (size_t i = 0; i < G_N_ELEMENTS (all); i++)
    if ((! name || strcmp (name, all[i]->name) == 0) && runs_here (all[i]))
      return all[i];

  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
               _("The environment's DFI_KERNELS is “%s”, which this computer does not have; “plain” works everywhere."), name);
  return NULL;
}

const DfiKernels *
dfi_kernels_get (GError **error)
{
  return dfi_kernels_find (g_getenv ("DFI_KERNELS"), error);
}
