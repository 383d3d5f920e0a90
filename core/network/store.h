/* store.h: many pieces of memory as one block: counted first, then taken, then given out in the same order.
 *
 * Whoever needs the pieces has a function that asks for each of them, and calls it twice: before dfi_store_open(), when it
 * only counts, and after it, when it gives out the addresses.
 */

#ifndef DFI_STORE_H
#define DFI_STORE_H

#include <glib.h>

typedef struct
{
  guint8 *block; /* NULL while counting; does not own what it points to */
  size_t  used;  /* bytes */
} DfiStore;

/* The next @bytes, at a multiple of DFI_KERNELS_ALIGN, not initialised; NULL while counting. */
gpointer dfi_store_take (DfiStore *store, size_t bytes);
float   *dfi_store_floats (DfiStore *store, size_t count);

/* Takes what was counted. Returns: (transfer full) (nullable): the block that all pieces are in, for g_free(), or NULL with
 * DFI_ERROR_MEMORY. */
gpointer dfi_store_open (DfiStore *store, GError **error);

#endif
