/* threads.h: a few threads that wait for work and share it out, item by item. */

#ifndef DFI_THREADS_H
#define DFI_THREADS_H

#include <glib.h>

#define DFI_THREADS_MAX 64

typedef struct _DfiThreads DfiThreads; /* used by one caller at a time */

/* Does item @item; @thread, 0 .. n_threads - 1, says whose scratch may be used. */
typedef void (*DfiThreadsFunc) (int item, int thread, gpointer data);

/* @n threads, the caller's being one of them; fewer if the system refuses more. Free with dfi_threads_free(). */
DfiThreads *dfi_threads_new (int n);
void        dfi_threads_free (DfiThreads *threads); /* NULL is fine */

/* How many they are. */
int dfi_threads_count (const DfiThreads *threads);

/* Where stretch @i of @n nearly equal ones of 0 .. @length begins; stretch @n would begin at @length. */
static inline int
dfi_stretch (int length, int i, int n)
{
  return (int) ((gint64) length * i / n);
}

/* Floats from the @n floats that are a thread's scratch to the next thread's. A processor fetches ahead within a page of
 * memory, also what another might be writing to, so that they stay a page away from each other. */
static inline size_t
dfi_scratch_step (size_t n)
{
  const size_t page = 4096 / sizeof (float);

  return (n + 2 * page - 1) / page * page;
}

/* Calls @func for items 0 .. n_items - 1, in any order and on any thread, and returns when all are done. */
void dfi_threads_run (DfiThreads *threads, int n_items, DfiThreadsFunc func, gpointer data);

/* The environment's DFI_THREADS, or else as many as there are processors; 0 with DFI_ERROR_VALUE. */
int dfi_threads_get (GError **error);

#endif
