/* replace.h: a file that appears whole or not at all.  It is written beside its place and takes its name at the end, so that
 * nobody ever sees half of it and an older file of that name stays until then. */

#ifndef DFI_REPLACE_H
#define DFI_REPLACE_H

#include <glib.h>

typedef struct _DfiReplacement DfiReplacement;

/* All set DFI_ERROR_IO with the path and the system's reason. */
DfiReplacement * dfi_replacement_new     (const char      *path,
                                          GError         **error);
gboolean         dfi_replacement_write   (DfiReplacement  *replacement,
                                          const void      *bytes,
                                          size_t           size,
                                          GError         **error);
/* Takes @replacement in any case. */
gboolean         dfi_replacement_commit  (DfiReplacement  *replacement,
                                          GError         **error);
/* Removes what was written. */
void             dfi_replacement_discard (DfiReplacement  *replacement);   /* NULL is fine */

#endif
