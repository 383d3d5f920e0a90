/* One request waits at most, the newest; one result waits at most for the main loop.  What the two threads share is behind the
 * mutex, or atomic where the search looks at it between its steps. */

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

  GMutex          mutex;
  GCond           cond;
  gboolean        wanted;       /* a request waits */
  gboolean        running;
  gboolean        quit;
  DfiChange      *changes;      /* the request */
  int             n_changes;
  DfiEditOptions  options;
  guint           delivery;     /* source on the main loop, or 0 */
  DfiImage       *edited;       /* the result */
  GError         *error;

  int             stop;         /* atomic */
  int             permille;     /* atomic */

  DfiImage       *start;        /* of the thread alone: where the last search ended, */
  gboolean        start_colour; /* and whether it was one of all three channels */
};

static gboolean
watch (double   fraction,
       gpointer data)
{
  DfiPreview *preview = data;

  g_atomic_int_set (&preview->permille, (int) (1000 * fraction));
  return ! g_atomic_int_get (&preview->stop);
}

static DfiImage *
edit (DfiPreview       *preview,
      const DfiChange  *changes,
      int               n_changes,
      DfiEditOptions    options,
      GError          **error)
{
  DfiImage      *edited = dfi_image_copy (preview->photo, error);
  DfiEditReport  report = { 0 };
  DfiPatch      *patch;

  if (! edited || n_changes == 0)
    return edited;

  options.start = preview->start_colour == options.colour ? preview->start : NULL;
  patch = dfi_edit (preview->editor, preview->photo, &preview->face, changes, n_changes, &options, watch, preview, &report,
                    error);
  if (patch)
    {
      dfi_patch_lay (patch, edited);
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
  overtaken         = preview->wanted || preview->running;
  preview->delivery = 0;
  g_mutex_unlock (&preview->mutex);

  if (! overtaken)
    preview->done (edited, error, preview->data);
  dfi_image_free (edited);
  g_clear_error (&error);
  return G_SOURCE_REMOVE;
}

static gpointer
work (gpointer data)
{
  DfiPreview *preview = data;

  g_mutex_lock (&preview->mutex);
  while (! preview->quit)
    {
      if (! preview->wanted)
        {
          g_cond_wait (&preview->cond, &preview->mutex);
          continue;
        }

      {
        DfiChange      *changes   = g_steal_pointer (&preview->changes);
        int             n_changes = preview->n_changes;
        DfiEditOptions  options   = preview->options;
        GError         *error     = NULL;
        DfiImage       *edited;

        preview->wanted  = FALSE;
        preview->running = TRUE;
        g_atomic_int_set (&preview->stop, FALSE);
        g_atomic_int_set (&preview->permille, 0);

        g_mutex_unlock (&preview->mutex);
        edited = edit (preview, changes, n_changes, options, &error);
        g_free (changes);
        g_mutex_lock (&preview->mutex);

        preview->running = FALSE;
        dfi_image_free (preview->edited);
        g_clear_error (&preview->error);
        preview->edited = edited;
        preview->error  = error;
        if (! preview->delivery)
          preview->delivery = g_idle_add (deliver, preview);
      }
    }
  g_mutex_unlock (&preview->mutex);
  return NULL;
}

DfiPreview *
dfi_preview_new (DfiEditor       *editor,
                 const DfiImage  *photo,
                 const DfiFace   *face,
                 DfiPreviewFunc   done,
                 gpointer         data)
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
dfi_preview_start (DfiPreview            *preview,
                   const DfiChange       *changes,
                   int                    n_changes,
                   const DfiEditOptions  *options)
{
  g_mutex_lock (&preview->mutex);
  g_free (preview->changes);
  preview->changes   = g_memdup2 (changes, n_changes * sizeof *changes);
  preview->n_changes = n_changes;
  preview->options   = *options;
  preview->wanted    = TRUE;
  g_atomic_int_set (&preview->stop, TRUE);
  g_cond_signal (&preview->cond);
  g_mutex_unlock (&preview->mutex);
}

gboolean
dfi_preview_busy (DfiPreview *preview,
                  double     *fraction)
{
  gboolean busy;

  g_mutex_lock (&preview->mutex);
  busy      = preview->wanted || preview->running;
  *fraction = preview->wanted ? 0.0 : g_atomic_int_get (&preview->permille) / 1000.0;
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
  g_free (preview->changes);
  dfi_image_free (preview->start);
  g_mutex_clear (&preview->mutex);
  g_cond_clear (&preview->cond);
  g_free (preview);
}
