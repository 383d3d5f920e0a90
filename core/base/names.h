/* names.h: names that people write, and mistype. */

#ifndef DFI_NAMES_H
#define DFI_NAMES_H

#include <glib.h>

/* The names among @names (NULL at the end) that are closest to @wanted, at most three, nearest first, as “a”, “b”; empty when
 * none is close.  Free with g_free(). */
char *dfi_names_close (const char *const *names, const char *wanted);

#endif
