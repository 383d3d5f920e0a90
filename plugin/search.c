/* GIMP is asked on the main thread alone, since its plug-ins talk to it through one pipe: for some rows whenever the main loop is
 * idle.  When all are there, a thread looks for the faces. */

#include "config.h"

#include <glib/gi18n-lib.h>

#include "layer-pixels.h"
#include "search.h"

#define ROWS     64  /* that are fetched at a time */
#define FETCHING 0.3 /* of the whole, roughly */

struct _DfiSearch
{
  const DfiDrawable *source;
  DfiSearchFunc      done;
  gpointer           data;
  guint              idle;    /* source on the main loop that fetches or delivers, or 0 */
  int                fetched; /* rows */
  GThread           *thread;

  DfiImage *photo; /* the thread's own while it runs, and so on */
  DfiFace  *faces;
  int       n_faces;
  GError   *error;

  int stop;     /* atomic */
  int permille; /* atomic */
};

static gboolean
watch (double fraction, gpointer data)
{
  DfiSearch *search = data;

  g_atomic_int_set (&search->permille, (int) (1000 * fraction));
  return ! g_atomic_int_get (&search->stop);
}

static gboolean
deliver (gpointer data)
{
  DfiSearch *search = data;

  if (search->thread)
    g_thread_join (g_steal_pointer (&search->thread)); /* which has written `idle` then */
  search->idle = 0;
  search->done (g_steal_pointer (&search->faces), search->n_faces, search->error, search->data);
  return G_SOURCE_REMOVE;
}

static gpointer
work (gpointer data)
{
  DfiSearch     *search = data;
  DfiFaceFinder *finder = dfi_face_finder_new (NULL, &search->error);

  if (finder)
    search->faces = dfi_face_finder_find (finder, search->photo, watch, search, &search->n_faces, &search->error);
  dfi_error_advise (
      search->error, DFI_ERROR_NO_FACE,
      _ ("Click the centre of one eye in the picture, then that of the other; or cancel, select the face roughly, and "
         "start again."));
  dfi_face_finder_free (finder);
  g_clear_pointer (&search->photo, dfi_image_free);
  search->idle = g_idle_add (deliver, search);
  return NULL;
}

static gboolean
fetch (gpointer data)
{
  DfiSearch         *search = data;
  const DfiDrawable *source = search->source;
  int                rows   = MIN (ROWS, source->height - search->fetched);

  if (! dfi_drawable_fetch_rows (source, search->fetched, rows, search->photo, &search->error))
    return deliver (search);
  search->fetched += rows;
  if (search->fetched < source->height)
    return G_SOURCE_CONTINUE;

  search->idle   = 0;
  search->thread = g_thread_new ("dfi-search", work, search);
  return G_SOURCE_REMOVE;
}

DfiSearch *
dfi_search_new (const DfiDrawable *source, DfiSearchFunc done, gpointer data)
{
  DfiSearch *search = g_new0 (DfiSearch, 1);

  search->source = source;
  search->done   = done;
  search->data   = data;
  search->photo  = dfi_image_new (source->width, source->height, &search->error);
  search->idle   = g_idle_add (search->photo ? fetch : deliver, search);
  return search;
}

double
dfi_search_fraction (DfiSearch *search)
{
  return FETCHING * search->fetched / search->source->height + (1.0 - FETCHING) * g_atomic_int_get (&search->permille) / 1000.0;
}

void
dfi_search_free (DfiSearch *search)
{
  if (! search)
    return;

  g_atomic_int_set (&search->stop, TRUE);
  if (search->thread)
    g_thread_join (search->thread);
  if (search->idle)
    g_source_remove (search->idle);
  dfi_image_free (search->photo);
  g_free (search->faces);
  g_clear_error (&search->error);
  g_free (search);
}
