/* listing.h: what is in a folder. */

#ifndef DFI_LISTING_H
#define DFI_LISTING_H

#include <glib.h>

/* The names of what is in @folder, but for those that begin with a point, in the order of their bytes.  NULL with DFI_ERROR_IO.
 * Free with g_strfreev(). */
char **dfi_list_folder (const char *folder, GError **error);

#endif
