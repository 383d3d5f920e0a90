#include "config.h"

#include "network/store.h"
#include "base/error.h"
#include "network/kernels/kernels.h"

gpointer
dfi_store_take (DfiStore *store, size_t bytes)
{
  gpointer part = store->block ? store->block + store->used : NULL;

  store->used += (bytes + DFI_KERNELS_ALIGN - 1) / DFI_KERNELS_ALIGN * DFI_KERNELS_ALIGN;
  return part;
}

float *
dfi_store_floats (DfiStore *store, size_t count)
{
  return dfi_store_take (store, count * sizeof (float));
}

gpointer
dfi_store_open (DfiStore *store, GError **error)
{
  guint8 *block = dfi_try_alloc (store->used + DFI_KERNELS_ALIGN, 1, error);

  if (block)
    store->block = block + DFI_KERNELS_ALIGN - (guintptr) block % DFI_KERNELS_ALIGN;
  store->used = 0;
  return block;
}
