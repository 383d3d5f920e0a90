/* One request waits at most, the newest; one result waits at most for the main loop.  A request is searched for twice: with few
 * steps, so that there is something to see, and then on from there with all that it asks for.  What the two threads share is
 * behind the mutex, or atomic where the search looks at it between its steps. */

#include "config.h"

#include "preview.h"

struct _DfiPreview
{
  DfiEditor      *editor;
  const DfiImage *photo;
  DfiFace         face;
  DfiPreviewFunc  done;
  gpointer        data;
  GThread        *thread;

  GMutex         mutex;
  GCond          cond;
  guint          asked; /* number of the newest request */
  guint          taken; /* of that which the thread is at, or was last */
  gboolean       running;
  gboolean       quit;
  DfiRequest    *requests; /* the request */
  int            n_requests;
  DfiEditOptions options;
  guint          delivery; /* source on the main loop, or 0 */
  DfiImage      *edited;   /* the result, of that which was taken last */
  GError        *error;

  int stop;     /* atomic */
  int permille; /* atomic */

  DfiImage *start;        /* of the thread alone: where the last search ended */
  gboolean  start_colour; /* of the thread alone: whether that search was one of all three channels */
};

/* The part of a request's work that a search is. */
typedef struct
{
  DfiPreview *preview;
  double      from, to; /* 0..1 */
} Stage;

static gboolean
watch (double fraction, gpointer data)
{
  const Stage *stage = data;

  g_atomic_int_set (&stage->preview->permille, (int) (1000 * (stage->from + (stage->to - stage->from) * fraction)));
  return ! g_atomic_int_get (&stage->preview->stop);
}

static DfiImage *
edit (Stage *stage, const DfiRequest *requests, int n_requests, DfiEditOptions options, GError **error)
{
  DfiPreview   *preview = stage->preview;
  DfiImage     *edited  = dfi_image_copy (preview->photo, error);
  DfiEditReport report  = { 0 };
  DfiPatch     *patch;

  if (! edited || n_requests == 0)
    return edited;

  options.start = preview->start_colour == options.colour ? preview->start : NULL;
  patch =
      dfi_edit (preview->editor, preview->photo, &preview->face, requests, n_requests, &options, watch, stage, &report, error);
  if (patch)
    {
      dfi_patch_composite (patch, edited);
      dfi_image_free (preview->start);
      preview->start        = g_steal_pointer (&report.result);
      preview->start_colour = options.colour;
    }
  else
    g_clear_pointer (&edited, dfi_image_free);

  dfi_edit_report_clear (&report);
  dfi_patch_free (patch);
  return edited;
}

static gboolean
deliver (gpointer data)
{
  DfiPreview *preview = data;
  DfiImage   *edited;
  GError     *error;
  gboolean    overtaken;

  g_mutex_lock (&preview->mutex);
  edited            = g_steal_pointer (&preview->edited);
  error             = g_steal_pointer (&preview->error);
  overtaken         = preview->taken != preview->asked;
  preview->delivery = 0;
  g_mutex_unlock (&preview->mutex);

  if (! overtaken)
    preview->done (edited, error, preview->data);
  dfi_image_free (edited);
  g_clear_error (&error);
  return G_SOURCE_REMOVE;
}

/* Makes the result of one search, with the mutex held but for the search itself.  FALSE: there is no more to do for the
 * request. */
static gboolean
make (Stage *stage, const DfiRequest *requests, int n_requests, const DfiEditOptions *options)
{
  DfiPreview *preview = stage->preview;
  GError     *error   = NULL;
  DfiImage   *edited;

  g_mutex_unlock (&preview->mutex);
  edited = edit (stage, requests, n_requests, *options, &error);
  g_mutex_lock (&preview->mutex);

  if (preview->taken != preview->asked) /* it was stopped, or comes too late, because there is something newer to do */
    {
      dfi_image_free (edited);
      g_clear_error (&error);
      return FALSE;
    }
  dfi_image_free (preview->edited);
  g_clear_error (&preview->error);
  preview->edited = edited;
  preview->error  = error;
  if (! preview->delivery)
    preview->delivery = g_idle_add (deliver, preview);
  return edited && n_requests > 0 && preview->taken == preview->asked;
}

/* As @all, but no better than a preview. */
static DfiEditOptions
quick (const DfiEditor *editor, const DfiEditOptions *all)
{
  DfiEditOptions few = *all;

  few.quality    = DFI_QUALITY_PREVIEW;
  few.iterations = 0;
  return dfi_edit_steps (editor, &few) < dfi_edit_steps (editor, all) ? few : *all;
}

/* While there is nothing to search for, finds out what the next search needs, with the mutex held but for that. What goes wrong
 * goes wrong there, too. */
static void
prepare (DfiPreview *preview)
{
  DfiEditOptions options = preview->options;

  g_mutex_unlock (&preview->mutex);
  dfi_edit_prepare (preview->editor, preview->photo, &preview->face, &options, NULL);
  g_mutex_lock (&preview->mutex);
}

/* Does what is asked, with the mutex held. */
static void
take_request (DfiPreview *preview)
{
  DfiRequest    *requests = g_steal_pointer (&preview->requests);
  DfiEditOptions all = preview->options, few = quick (preview->editor, &all);
  int            n_all = dfi_edit_steps (preview->editor, &all), n_few = dfi_edit_steps (preview->editor, &few);
  double         share = (n_few + 1.0) / (n_few + n_all + 2.0);
  Stage          first = { preview, 0.0, share }, second = { preview, share, 1.0 };
  int            n_requests = preview->n_requests;

  preview->taken   = preview->asked;
  preview->running = TRUE;
  g_atomic_int_set (&preview->stop, FALSE);
  g_atomic_int_set (&preview->permille, 0);
  if (make (&first, requests, n_requests, &few) && n_all > n_few)
    make (&second, requests, n_requests, &all);
  preview->running = FALSE;
  if (n_requests == 0)
    prepare (preview);
  g_free (requests);
}

static gpointer
work (gpointer data)
{
  DfiPreview *preview = data;

  g_mutex_lock (&preview->mutex);
  while (! preview->quit)
    if (preview->taken != preview->asked)
      take_request (preview);
    else
      g_cond_wait (&preview->cond, &preview->mutex);
  g_mutex_unlock (&preview->mutex);
  return NULL;
}

DfiPreview *
dfi_preview_new (DfiEditor *editor, const DfiImage *photo, const DfiFace *face, DfiPreviewFunc done, gpointer data)
{
  DfiPreview *preview = g_new0 (DfiPreview, 1);

  preview->editor = editor;
  preview->photo  = photo;
  preview->face   = *face;
  preview->done   = done;
  preview->data   = data;
  g_mutex_init (&preview->mutex);
  g_cond_init (&preview->cond);
  preview->thread = g_thread_new ("dfi-preview", work, preview);
  return preview;
}

void
dfi_preview_start (DfiPreview *preview, const DfiRequest *requests, int n_requests, const DfiEditOptions *options)
{
  g_mutex_lock (&preview->mutex);
  g_free (preview->requests);
  preview->requests   = g_memdup2 (requests, n_requests * sizeof *requests);
  preview->n_requests = n_requests;
  preview->options    = *options;
  preview->asked++;
  g_atomic_int_set (&preview->stop, TRUE);
  g_cond_signal (&preview->cond);
  g_mutex_unlock (&preview->mutex);
}

gboolean
dfi_preview_busy (DfiPreview *preview, double *fraction)
{
  gboolean busy;

  g_mutex_lock (&preview->mutex);
  busy      = preview->running || preview->taken != preview->asked;
  *fraction = preview->taken != preview->asked ? 0.0 : g_atomic_int_get (&preview->permille) / 1000.0;
  g_mutex_unlock (&preview->mutex);
  return busy;
}

void
dfi_preview_free (DfiPreview *preview)
{
  if (! preview)
    return;

  g_mutex_lock (&preview->mutex);
  preview->quit = TRUE;
  g_atomic_int_set (&preview->stop, TRUE);
  g_cond_signal (&preview->cond);
  g_mutex_unlock (&preview->mutex);
  g_thread_join (preview->thread);

  if (preview->delivery)
    g_source_remove (preview->delivery);
  dfi_image_free (preview->edited);
  g_clear_error (&preview->error);
  g_free (preview->requests);
  dfi_image_free (preview->start);
  g_mutex_clear (&preview->mutex);
  g_cond_clear (&preview->cond);
  g_free (preview);
}
