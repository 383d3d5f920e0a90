/* search.h: the faces of a layer, looked for while the main loop goes on. */

#ifndef DFI_SEARCH_H
#define DFI_SEARCH_H

#include "drawable.h"
#include "dfi.h"

typedef struct _DfiSearch DfiSearch;

/* Called once, on the main loop.  @faces: (transfer full) (nullable): (@n_faces), as dfi_face_finder_find() gives them; free with
 * g_free(). @error belongs to the search. */
typedef void (*DfiSearchFunc) (DfiFace *faces, int n_faces, const GError *error, gpointer data);

/**
 * dfi_search_new:
 * @source: must stay until dfi_search_free()
 * @done: called with @data when the faces are there, or cannot be found
 *
 * Returns: (transfer full): free with dfi_search_free(), which @done must not do
 */
DfiSearch *dfi_search_new (const DfiDrawable *source, DfiSearchFunc done, gpointer data);

/* How much is done, 0..1. */
double dfi_search_fraction (DfiSearch *search);

/* Stops within some hundredths of a second.  NULL is fine. */
void dfi_search_free (DfiSearch *search);

#endif
