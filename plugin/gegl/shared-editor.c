#include "config.h"

#include "shared-editor.h"

struct _DfiSharedEditor
{
  char      *name; /* of its files, see file_names() */
  int        n_refs;
  DfiEditor *editor;
  gboolean   taken;
  int        n_impatient; /* atomic for those who only look */
  GCond      given;
};

static GMutex mutex; /* of all that is here, but for the editor while it is taken */
static GList *all;   /* (element-type DfiSharedEditor) */

/* Free with g_free(). */
static char *
file_names (const char *weights, const char *database)
{
  return g_strdup_printf ("%s\n%s", weights ? weights : "", database ? database : "");
}

static DfiSharedEditor *
find (const char *name)
{
  for (GList *l = all; l; l = l->next)
    if (g_str_equal (((DfiSharedEditor *) l->data)->name, name))
      return l->data;
  return NULL;
}

/* Others who want the same editor wait meanwhile, and so do others at all: that takes a fifth of a second. */
DfiSharedEditor *
dfi_shared_editor_new (const char *weights, const char *database, GError **error)
{
  char            *name = file_names (weights, database);
  DfiSharedEditor *shared;

  g_mutex_lock (&mutex);
  shared = find (name);
  if (! shared)
    {
      DfiEditor *editor = dfi_editor_new (weights, database, error);

      if (editor)
        {
          shared         = g_new0 (DfiSharedEditor, 1);
          shared->name   = g_steal_pointer (&name);
          shared->editor = editor;
          g_cond_init (&shared->given);
          all = g_list_prepend (all, shared);
        }
    }
  if (shared)
    shared->n_refs++;
  g_mutex_unlock (&mutex);
  g_free (name);
  return shared;
}

DfiSharedEditor *
dfi_shared_editor_ref (DfiSharedEditor *shared)
{
  g_mutex_lock (&mutex);
  shared->n_refs++;
  g_mutex_unlock (&mutex);
  return shared;
}

void
dfi_shared_editor_unref (DfiSharedEditor *shared)
{
  if (! shared)
    return;

  g_mutex_lock (&mutex);
  if (--shared->n_refs == 0)
    all = g_list_remove (all, shared);
  else
    shared = NULL;
  g_mutex_unlock (&mutex);
  if (! shared)
    return;

  dfi_editor_free (shared->editor);
  g_cond_clear (&shared->given);
  g_free (shared->name);
  g_free (shared);
}

const DfiEditor *
dfi_shared_editor_peek (const DfiSharedEditor *shared)
{
  return shared->editor;
}

DfiEditor *
dfi_shared_editor_take (DfiSharedEditor *shared, gboolean patient)
{
  g_mutex_lock (&mutex);
  if (! patient)
    g_atomic_int_inc (&shared->n_impatient);
  while (shared->taken || (patient && g_atomic_int_get (&shared->n_impatient) > 0))
    g_cond_wait (&shared->given, &mutex);
  if (! patient)
    g_atomic_int_add (&shared->n_impatient, -1);
  shared->taken = TRUE;
  g_mutex_unlock (&mutex);
  return shared->editor;
}

void
dfi_shared_editor_give (DfiSharedEditor *shared)
{
  g_mutex_lock (&mutex);
  shared->taken = FALSE;
  g_cond_broadcast (&shared->given);
  g_mutex_unlock (&mutex);
}

gboolean
dfi_shared_editor_wanted (DfiSharedEditor *shared)
{
  return g_atomic_int_get (&shared->n_impatient) > 0;
}
