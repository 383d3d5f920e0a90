#include "config.h"

#include <glib/gi18n-lib.h>

#include "layer-pixels.h"
#include "result-layer.h"
#include "search.h"

#define AROUND   0.25 /* of the selection's size on each side, to be looked at, too: people select roughly */
#define ROWS     64   /* that are fetched at a time */
#define FETCHING 0.1  /* of a search, roughly */

/* ---------- in one part of the layer ---------- */

typedef struct
{
  const DfiDrawable *source;
  DfiFaceFinder     *finder;
  DfiProgressFunc    progress; /* (nullable) */
  gpointer           data;
} Finding;

static gboolean
proceed (const Finding *finding, double fraction, GError **error)
{
  return ! finding->progress || finding->progress (fraction, finding->data) || dfi_error_set_cancelled (error);
}

static gboolean
finder_progress (double fraction, gpointer data)
{
  return proceed (data, FETCHING + (1.0 - FETCHING) * fraction, NULL);
}

static DfiImage *
fetch_part (const Finding *finding, const GeglRectangle *part, GError **error)
{
  DfiImage *photo = dfi_image_new (part->width, part->height, error);

  for (int row = 0; photo && row < part->height; row += ROWS)
    if (! proceed (finding, FETCHING * row / part->height, error) ||
        ! dfi_drawable_fetch_rows (finding->source, part->x, part->y, row, MIN (ROWS, part->height - row), photo, error))
      g_clear_pointer (&photo, dfi_image_free);
  return photo;
}

/* As dfi_face_finder_find(), but in place of the layer. */
static DfiFace *
find_in (const Finding *finding, const GeglRectangle *part, int *n_faces, GError **error)
{
  DfiImage *photo = fetch_part (finding, part, error);
  DfiFace  *faces = NULL;

  *n_faces = 0;
  if (photo)
    faces = dfi_face_finder_find (finding->finder, photo, finder_progress, (gpointer) finding, n_faces, error);
  for (int i = 0; i < *n_faces; i++)
    faces[i] = dfi_face_move (&faces[i], -part->x, -part->y);
  dfi_image_free (photo);
  return faces;
}

/* ---------- where the selection is ---------- */

typedef gboolean (*Condition) (const DfiFace *face, const GeglRectangle *selected);

static gboolean
lies_in (const DfiFace *face, const GeglRectangle *selected)
{
  double x = face->box[0] + face->box[2] / 2.0 - selected->x;
  double y = face->box[1] + face->box[3] / 2.0 - selected->y;

  return x >= 0.0 && y >= 0.0 && x <= selected->width && y <= selected->height;
}

static gboolean
meets (const DfiFace *face, const GeglRectangle *selected)
{
  return face->box[0] < selected->x + selected->width && face->box[0] + face->box[2] > selected->x &&
         face->box[1] < selected->y + selected->height && face->box[1] + face->box[3] > selected->y;
}

/* Frees the faces when none fulfils the condition, and returns NULL then. */
static DfiFace *
keep (DfiFace *faces, int *n_faces, Condition condition, const GeglRectangle *selected)
{
  int kept = 0;

  for (int i = 0; i < *n_faces; i++)
    if (condition (&faces[i], selected))
      faces[kept++] = faces[i];
  *n_faces = kept;
  if (kept == 0)
    g_clear_pointer (&faces, g_free);
  return faces;
}

/* The faces in the selection; NULL without an error when there are none. */
static DfiFace *
find_in_selection (const Finding *finding, const GeglRectangle *selected, int *n_faces, GError **error)
{
  const GeglRectangle layer = { 0, 0, finding->source->width, finding->source->height };
  const int           dx = AROUND * selected->width, dy = AROUND * selected->height;
  GeglRectangle       part  = { selected->x - dx, selected->y - dy, selected->width + 2 * dx, selected->height + 2 * dy };
  GError             *wrong = NULL;
  DfiFace            *faces;

  gegl_rectangle_intersect (&part, &part, &layer);
  faces = find_in (finding, &part, n_faces, &wrong);
  if (g_error_matches (wrong, DFI_ERROR, DFI_ERROR_NO_FACE))
    g_clear_error (&wrong);
  if (wrong)
    g_propagate_error (error, wrong);
  return keep (faces, n_faces, lies_in, selected);
}

/* The faces of the layer that the selection meets. */
static DfiFace *
find_in_layer (const Finding *finding, const GeglRectangle *selected, int *n_faces, GError **error)
{
  const GeglRectangle layer = { 0, 0, finding->source->width, finding->source->height };
  DfiFace            *faces = find_in (finding, &layer, n_faces, error);

  if (faces && ! (faces = keep (faces, n_faces, meets, selected)))
    dfi_result_set_nothing (error);
  return faces;
}

static DfiFace *
find (const Finding *finding, const GeglRectangle *selected, int *n_faces, GError **error)
{
  const DfiDrawable *source = finding->source;
  GError            *wrong  = NULL;
  DfiFace           *faces  = NULL;

  if (selected->width < source->width || selected->height < source->height)
    faces = find_in_selection (finding, selected, n_faces, &wrong);
  if (wrong)
    {
      g_propagate_error (error, wrong);
      return NULL;
    }
  return faces ? faces : find_in_layer (finding, selected, n_faces, error);
}

DfiFace *
dfi_search_faces (const DfiDrawable   *source,
                  const GeglRectangle *selected,
                  DfiProgressFunc      progress,
                  gpointer             data,
                  int                 *n_faces,
                  GError             **error)
{
  Finding  finding = { .source = source, .progress = progress, .data = data };
  DfiFace *faces   = NULL;

  *n_faces = 0;
  if (selected->width == 0)
    dfi_result_set_nothing (error);
  else if ((finding.finder = dfi_face_finder_new (NULL, error)))
    faces = find (&finding, selected, n_faces, error);
  dfi_face_finder_free (finding.finder);
  return faces;
}

/* ---------- while the main loop goes on ---------- */

struct _DfiSearch
{
  const DfiDrawable *source;
  GeglRectangle      selected;
  DfiSearchFunc      done;
  gpointer           data;
  guint              idle; /* source on the main loop that delivers, or 0 */
  GThread           *thread;

  DfiFace *faces; /* the thread's own while it runs, and so on */
  int      n_faces;
  GError  *error;

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
  DfiSearch *search = data;

  search->faces = dfi_search_faces (search->source, &search->selected, watch, search, &search->n_faces, &search->error);
  dfi_error_advise (
      search->error, DFI_ERROR_NO_FACE,
      _ ("Click the centre of one eye in the picture, then that of the other; or cancel, select the face roughly, and "
         "start again."));
  search->idle = g_idle_add (deliver, search);
  return NULL;
}

DfiSearch *
dfi_search_new (DfiDrawable *source, DfiSearchFunc done, gpointer data)
{
  DfiSearch *search = g_new0 (DfiSearch, 1);

  search->source = source;
  search->done   = done;
  search->data   = data;
  if (dfi_drawable_prepare (source, &search->error))
    {
      search->selected = dfi_drawable_searched (source);
      search->thread   = g_thread_new ("dfi-search", work, search);
    }
  else
    search->idle = g_idle_add (deliver, search);
  return search;
}

double
dfi_search_fraction (DfiSearch *search)
{
  return g_atomic_int_get (&search->permille) / 1000.0;
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
  g_free (search->faces);
  g_clear_error (&search->error);
  g_free (search);
}
