/* Which file becomes which is settled first, so that nothing is begun when two would get one name or a photograph would be
 * written over.  Each worker has a job of its own and takes the next photograph that nobody has. */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>
#include <glib/gprintf.h>
#include <glib/gstdio.h>

#include "console.h"
#include "edit-batch.h"
#include "files/json-writer.h"

typedef struct
{
  char     *photo, *out; /* paths */
  char     *name;        /* of the photograph, for people */
  char     *failed;      /* why, or NULL */
  JsonNode *edits;       /* or NULL */
  double    fraction;    /* done, 0..1 */
} Item;

typedef struct
{
  const DfiEditOrder *order;
  GArray             *items;
  DfiCliList         *report; /* or NULL */
  DfiCliProgress      line;

  GMutex mutex; /* of what follows, of the items' results, and of standard error */
  guint  next;  /* item that nobody has taken */
  guint  n_failed;
} Batch;

/* ---------- which files ---------- */

static void
clear_item (gpointer data)
{
  Item *item = data;

  g_free (item->photo);
  g_free (item->name);
  g_free (item->out);
  g_free (item->failed);
  g_clear_pointer (&item->edits, json_node_unref);
}

/* Whether the file is a picture by its name's ending, of those that a folder of photographs has. */
static gboolean
is_picture (const char *name)
{
  static const char *const endings[] = { ".png",  ".jpg",  ".jpeg", ".jpe", ".tif", ".tiff", ".webp", ".heic",
                                         ".heif", ".avif", ".jxl",  ".gif", ".ppm", ".pgm",  ".pnm" };
  char                    *lower     = g_ascii_strdown (name, -1);
  gboolean                 is        = FALSE;

  for (size_t i = 0; i < G_N_ELEMENTS (endings); i++)
    is |= g_str_has_suffix (lower, endings[i]);
  g_free (lower);
  return is;
}

/* Appends the paths of the pictures in @folder, by name. */
static gboolean
add_folder (GPtrArray *photos, const char *folder, GError **error)
{
  guint  before = photos->len;
  char **names  = dfi_list_folder (folder, error);

  if (! names)
    return FALSE;

  for (int i = 0; names[i]; i++)
    if (is_picture (names[i]))
      g_ptr_array_add (photos, g_build_filename (folder, names[i], NULL));
  g_strfreev (names);
  if (photos->len == before)
    g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("There are no pictures in the folder “%s”."), folder);
  return photos->len > before;
}

/* The photograph's own name in @folder; with .png where its ending names no format that can be written. */
static char *
out_path (const char *folder, const char *photo)
{
  char *name = g_path_get_basename (photo);
  char *dot  = strrchr (name, '.');
  char *kept, *path;

  if (dot && dot > name && ! dfi_photo_check_name (name, NULL))
    *dot = '\0';
  kept = dot && dot > name && *dot ? g_strdup (name) : g_strconcat (name, ".png", NULL);
  path = g_build_filename (folder, kept, NULL);
  g_free (kept);
  g_free (name);
  return path;
}

/* No two may get one name, and none may be written over a photograph. */
static gboolean
check_items (const GArray *items, char *const *photos, GError **error)
{
  GHashTable *taken = g_hash_table_new (g_str_hash, g_str_equal);
  gboolean    good  = TRUE;

  for (guint i = 0; i < items->len && good; i++)
    {
      const Item *item  = &g_array_index (items, Item, i);
      const char *other = g_hash_table_lookup (taken, item->out);

      if (other)
        g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                     _ ("“%s” and “%s” would both become “%s”; edit them one after the other."), other, item->photo, item->out);
      good = ! other && dfi_cli_check_output (item->out, photos, error);
      g_hash_table_insert (taken, item->out, item->photo);
    }
  g_hash_table_unref (taken);
  return good;
}

/* Free with g_array_unref(). */
static GArray *
list_items (char **inputs, const char *folder, GError **error)
{
  GPtrArray *photos = g_ptr_array_new_with_free_func (g_free);
  GArray    *items  = g_array_new (FALSE, TRUE, sizeof (Item));
  gboolean   good   = TRUE;

  g_array_set_clear_func (items, clear_item);
  for (int i = 0; inputs[i] && good; i++)
    if (g_file_test (inputs[i], G_FILE_TEST_IS_DIR))
      good = add_folder (photos, inputs[i], error);
    else
      g_ptr_array_add (photos, g_strdup (inputs[i]));

  for (guint i = 0; i < photos->len; i++)
    {
      Item item = { .photo = g_strdup (photos->pdata[i]),
                    .name  = g_filename_display_name (photos->pdata[i]),
                    .out   = out_path (folder, photos->pdata[i]) };

      g_array_append_val (items, item);
    }
  g_ptr_array_add (photos, NULL);
  if (! good || ! check_items (items, (char *const *) photos->pdata, error))
    g_clear_pointer (&items, g_array_unref);
  g_ptr_array_unref (photos);
  return items;
}

/* ---------- the work ---------- */

typedef struct
{
  Batch *batch;
  Item  *item;
} Watch;

/* Shows the progress of the whole. */
static gboolean
watch (double fraction, gpointer data)
{
  const Watch *at    = data;
  const Batch *batch = at->batch;
  double       sum   = 0.0;

  g_mutex_lock (&at->batch->mutex);
  at->item->fraction = fraction;
  for (guint i = 0; i < batch->items->len; i++)
    sum += g_array_index (batch->items, Item, i).fraction;
  dfi_cli_progress (sum / batch->items->len, &at->batch->line);
  g_mutex_unlock (&at->batch->mutex);
  return TRUE;
}

/* Says at once that a photograph has failed, on a line of its own; the mutex is held. */
static void
tell_failure (Batch *batch, const Item *item)
{
  if (isatty (STDERR_FILENO))
    g_fprintf (stderr, "\r\033[K");
  dfi_cli_print_note (item->failed, item->name);
  dfi_cli_list_failure (batch->report, item->photo, item->failed);
}

static void
edit_item (Batch *batch, DfiEditJob *job, Item *item)
{
  JsonBuilder *json  = batch->order->json ? json_builder_new () : NULL;
  Watch        at    = { batch, item };
  GError      *error = NULL;
  gboolean     done  = dfi_edit_job_run (job, item->photo, item->out, item->name, watch, &at, json, &error);

  watch (1.0, &at);
  g_mutex_lock (&batch->mutex);
  if (done && json)
    item->edits = json_builder_get_root (json);
  if (! done)
    {
      item->failed = g_strdup (error->message);
      batch->n_failed++;
      tell_failure (batch, item);
    }
  g_mutex_unlock (&batch->mutex);
  g_clear_error (&error);
  g_clear_object (&json);
}

typedef struct
{
  Batch      *batch;
  DfiEditJob *job;
} Worker;

static gpointer
work (gpointer data)
{
  const Worker *worker = data;
  Batch        *batch  = worker->batch;
  Item         *item;

  do
    {
      g_mutex_lock (&batch->mutex);
      item = batch->next < batch->items->len ? &g_array_index (batch->items, Item, batch->next++) : NULL;
      g_mutex_unlock (&batch->mutex);
      if (item)
        edit_item (batch, worker->job, item);
    }
  while (item);
  return NULL;
}

/* Several at a time share the processors out among them, unless the environment says how many threads each has. */
static void
share_processors (int n_jobs)
{
  char *threads = g_strdup_printf ("%d", MAX (1, (int) g_get_num_processors () / n_jobs));

  if (n_jobs > 1)
    g_setenv ("DFI_THREADS", threads, FALSE);
  g_free (threads);
}

/* FALSE when not all that the jobs need could be loaded; nothing is edited then. */
static gboolean
run_workers (Batch *batch, int n_jobs, GError **error)
{
  Worker   *workers = g_new0 (Worker, n_jobs);
  GThread **threads = g_new0 (GThread *, n_jobs);
  gboolean  loaded  = TRUE;

  share_processors (n_jobs);
  for (int i = 0; i < n_jobs && loaded; i++)
    {
      workers[i] = (Worker){ batch, dfi_edit_job_new (batch->order, error) };
      loaded     = workers[i].job != NULL;
    }

  dfi_cli_progress_start (&batch->line, _ ("Editing"));
  for (int i = 0; i < n_jobs && loaded; i++)
    threads[i] = g_thread_new ("edit", work, &workers[i]);
  for (int i = 0; i < n_jobs && loaded; i++)
    g_thread_join (threads[i]);
  if (loaded)
    dfi_cli_progress_end (&batch->line);

  for (int i = 0; i < n_jobs; i++)
    dfi_edit_job_free (workers[i].job);
  g_free (threads);
  g_free (workers);
  return loaded;
}

/* ---------- what came of it ---------- */

static void
print_json (const Batch *batch)
{
  JsonBuilder *builder = json_builder_new ();

  dfi_json_begin_array (builder, NULL);
  for (guint i = 0; i < batch->items->len; i++)
    {
      Item *item = &g_array_index (batch->items, Item, i);

      dfi_json_begin_object (builder, NULL);
      dfi_json_add_string (builder, "photo", item->name);
      if (item->failed)
        dfi_json_add_string (builder, "error", item->failed);
      else
        {
          char *out = g_filename_display_name (item->out);

          dfi_json_add_string (builder, "out", out);
          json_builder_set_member_name (builder, "faces");
          json_builder_add_value (builder, g_steal_pointer (&item->edits));
          g_free (out);
        }
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  dfi_cli_print_json (builder, TRUE);
}

static gboolean
make_folder (const char *folder, GError **error)
{
  return g_mkdir_with_parents (folder, 0777) == 0 || dfi_error_set_unwritable (error, folder);
}

/* The report may be none of the photographs. */
static gboolean
open_report (Batch *batch, const char *path, GError **error)
{
  for (guint i = 0; path && i < batch->items->len; i++)
    if (! dfi_cli_check_output (path, (char *[]){ g_array_index (batch->items, Item, i).photo, NULL }, error))
      return FALSE;
  return dfi_cli_open_list (path, &batch->report, error);
}

int
dfi_edit_batch (const DfiEditOrder *order, char **inputs, const char *folder, const char *report, int n_jobs)
{
  GError  *error = NULL;
  Batch    batch = { .order = order, .items = list_items (inputs, folder, &error) };
  gboolean ran;

  g_mutex_init (&batch.mutex);
  ran = batch.items && make_folder (folder, &error) && open_report (&batch, report, &error) &&
        run_workers (&batch, MIN (n_jobs, (int) batch.items->len), &error);
  if (ran && order->json)
    print_json (&batch);
  if (ran && batch.n_failed)
    g_fprintf (stderr, _ ("dfi: %u of %u photographs could not be edited.\n"), batch.n_failed, batch.items->len);

  ran = dfi_cli_close_list (batch.report, error ? NULL : &error) && ran;
  g_mutex_clear (&batch.mutex);
  if (error)
    dfi_cli_fail (error);
  ran = ran && batch.n_failed == 0;
  g_clear_pointer (&batch.items, g_array_unref);
  return ran ? EXIT_SUCCESS : DFI_EXIT_FAILED;
}
