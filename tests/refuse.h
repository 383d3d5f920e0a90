/* refuse.h: jobs that the system refuses a block of memory, a write or a read. */

#ifndef DFI_TESTS_REFUSE_H
#define DFI_TESTS_REFUSE_H

#include <glib.h>

/* FALSE with @error set, and nothing damaged, when something was refused. */
typedef gboolean (*RefuseJob) (GError **error);

/* Adds the tests /memory/@name, /write/@name and /read/@name: they do the job with the first block of memory, write or read that
 * it asks for refused, then with the second, and so on until it is done. */
void refuse_add (const char *name, RefuseJob job);

/* So much is still granted; less than 0: all is. */
extern int refuse_after;

#endif
