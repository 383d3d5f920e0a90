/* apart.h: work on a thread of its own, which its caller can leave at any moment, also while a library computes in one go. */

#ifndef DFI_APART_H
#define DFI_APART_H

#include "base/error.h"

/* The work.  It uses nothing but @data, and asks @progress (nullable) with @progress_data whether to go on; it ends soon when
 * that says no. */
typedef void (*DfiApartFunc) (gpointer data, DfiProgressFunc progress, gpointer progress_data);

/**
 * dfi_run_apart:
 * @work: comes to an end by itself, since the end of the process waits for it
 * @data: the caller's, until it leaves: then the work's, which frees it with @free when it ends
 * @progress: (nullable): asked on the caller's thread when the work asks, and 50 times a second besides.  Without it nobody can
 *            leave, and the work is done on the caller's thread; that is also done where the system refuses another one
 *
 * Returns: FALSE when @progress said no: @data is not to be touched any more
 */
gboolean
dfi_run_apart (DfiApartFunc work, gpointer data, GDestroyNotify free_data, DfiProgressFunc progress, gpointer progress_data);

#endif
