#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "dfi.h"
#include "databases.h"

/* The combo's entries are those of `paths` in this order, and behind them the one that asks for a file. */
struct _DfiDatabases
{
  GtkWidget       *combo;
  GPtrArray       *paths; /* "" for the bundled one, which is the first */
  guint            shown;
  gboolean         silent;
  DfiDatabasesFunc chosen;
  gpointer         data;
};

static guint
find_path (DfiDatabases *databases, const char *path)
{
  guint index = databases->paths->len;

  g_ptr_array_find_with_equal_func (databases->paths, path, g_str_equal, &index);
  return index;
}

/* "smiles.safetensors" is called "smiles". */
static void
add_path (DfiDatabases *databases, const char *path)
{
  char *base = g_path_get_basename (path);
  char *name = g_filename_display_name (base);

  if (g_str_has_suffix (name, ".safetensors"))
    name[strlen (name) - strlen (".safetensors")] = '\0';
  gtk_combo_box_text_insert_text (GTK_COMBO_BOX_TEXT (databases->combo), databases->paths->len,
                                  *path ? name : _ ("Bundled faces"));
  g_ptr_array_add (databases->paths, g_strdup (path));
  g_free (name);
  g_free (base);
}

static void
add_found (DfiDatabases *databases)
{
  char       *ours    = g_build_filename (gimp_directory (), "dfi", NULL);
  char       *users   = g_build_filename (g_get_user_data_dir (), "dfi", NULL);
  const char *more[]  = { ours, users, NULL };
  char      **paths   = dfi_databases_list (more);
  char       *bundled = dfi_bundled_file (DFI_BUNDLED_DATABASE, NULL);
  char       *usual   = bundled ? g_canonicalize_filename (bundled, NULL) : NULL;

  add_path (databases, "");
  for (int i = 0; paths[i]; i++)
    if (g_strcmp0 (paths[i], usual) != 0)
      add_path (databases, paths[i]);

  g_free (usual);
  g_free (bundled);
  g_strfreev (paths);
  g_free (users);
  g_free (ours);
}

void
dfi_databases_set (DfiDatabases *databases, const char *path)
{
  guint index = find_path (databases, path);

  if (index == databases->paths->len)
    add_path (databases, path);
  databases->silent = TRUE;
  databases->shown  = index;
  gtk_combo_box_set_active (GTK_COMBO_BOX (databases->combo), index);
  databases->silent = FALSE;
  gtk_widget_set_tooltip_text (databases->combo, *path ? path : _ ("The database that came with the plug-in"));
}

const char *
dfi_databases_get (const DfiDatabases *databases)
{
  return g_ptr_array_index (databases->paths, databases->shown);
}

/* Free with g_free(); NULL when none is chosen. */
static char *
ask_for_file (DfiDatabases *databases)
{
  GtkWidget *window = gtk_widget_get_toplevel (databases->combo);
  GtkWidget *dialog =
      gtk_file_chooser_dialog_new (_ ("Choose a Database of Faces"), GTK_WINDOW (window), GTK_FILE_CHOOSER_ACTION_OPEN,
                                   _ ("_Cancel"), GTK_RESPONSE_CANCEL, _ ("_Open"), GTK_RESPONSE_ACCEPT, NULL);
  GtkFileFilter *filter = gtk_file_filter_new ();
  char          *path   = NULL;

  gtk_file_filter_set_name (filter, "*.safetensors");
  gtk_file_filter_add_pattern (filter, "*.safetensors");
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (dialog), filter);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), GTK_RESPONSE_ACCEPT);
  if (gtk_dialog_run (GTK_DIALOG (dialog)) == GTK_RESPONSE_ACCEPT)
    path = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (dialog));
  gtk_widget_destroy (dialog);
  return path;
}

static void
combo_changed (GtkComboBox *combo, gpointer data)
{
  DfiDatabases *databases = data;
  guint         active    = gtk_combo_box_get_active (combo);
  guint         before    = databases->shown;

  if (databases->silent)
    return;
  if (active == databases->paths->len)
    {
      char *path = ask_for_file (databases);

      dfi_databases_set (databases, path ? path : dfi_databases_get (databases));
      g_free (path);
    }
  else
    dfi_databases_set (databases, g_ptr_array_index (databases->paths, active));
  if (databases->shown != before)
    databases->chosen (databases->data);
}

static void
free_databases (gpointer data)
{
  DfiDatabases *databases = data;

  g_ptr_array_unref (databases->paths);
  g_free (databases);
}

DfiDatabases *
dfi_databases_new (DfiDatabasesFunc chosen, gpointer data)
{
  DfiDatabases *databases = g_new0 (DfiDatabases, 1);

  databases->combo  = gtk_combo_box_text_new ();
  databases->paths  = g_ptr_array_new_with_free_func (g_free);
  databases->chosen = chosen;
  databases->data   = data;
  dfi_combo_ellipsize (databases->combo);
  add_found (databases);
  gtk_combo_box_text_append_text (GTK_COMBO_BOX_TEXT (databases->combo), _ ("Other file…"));
  dfi_databases_set (databases, "");
  g_signal_connect (databases->combo, "changed", G_CALLBACK (combo_changed), databases);
  g_object_set_data_full (G_OBJECT (databases->combo), "dfi-databases", databases, free_databases);
  return databases;
}

GtkWidget *
dfi_databases_widget (DfiDatabases *databases)
{
  return databases->combo;
}
