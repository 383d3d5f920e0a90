/* search.h: the faces of a layer. */

#ifndef DFI_SEARCH_H
#define DFI_SEARCH_H

#include "drawable.h"

/**
 * dfi_search_faces:
 * @source: prepared (layer-pixels.h)
 * @selected: as dfi_drawable_searched() gives it
 * @progress: (nullable): called with @data every few hundredths of a second
 * @n_faces: (out): at least 1, or 0 when NULL is returned
 * @error: as dfi_face_finder_new() and dfi_face_finder_find() set it; DFI_ERROR_VALUE when there are faces, but
 *   the selection meets none
 *
 * A selection narrows the search: the faces in it, which are looked for at its own scale; when there are none, those of the whole
 * layer that it meets.  Does not talk to GIMP, and may be called on any thread.
 *
 * Returns: (transfer full) (nullable): (@n_faces), in place of the layer, the largest first; free with g_free()
 */
DfiFace *dfi_search_faces (const DfiDrawable   *source,
                           const GeglRectangle *selected,
                           DfiProgressFunc      progress,
                           gpointer             data,
                           int                 *n_faces,
                           GError             **error);

/* ---------- while the main loop goes on ---------- */

typedef struct _DfiSearch DfiSearch;

/* Called once, on the main loop.  @faces: (transfer full) (nullable): (@n_faces), as dfi_search_faces() gives them; free with
 * g_free().  @error belongs to the search. */
typedef void (*DfiSearchFunc) (DfiFace *faces, int n_faces, const GError *error, gpointer data);

/**
 * dfi_search_new:
 * @source: is prepared then; must stay until dfi_search_free()
 * @done: called with @data when the faces are there, or cannot be found
 *
 * Returns: (transfer full): free with dfi_search_free(), which @done must not do
 */
DfiSearch *dfi_search_new (DfiDrawable *source, DfiSearchFunc done, gpointer data);

/* How much is done, 0..1. */
double dfi_search_fraction (DfiSearch *search);

/* Stops within some hundredths of a second.  NULL is fine. */
void dfi_search_free (DfiSearch *search);

#endif
