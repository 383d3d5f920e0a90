#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "data.h"
#include "database.h"
#include "error.h"
#include "safetensors.h"

/* Folder of the running program, with a final name after it; NULL when the system does not tell. */
static char *
beside_program (const char *sub)
{
  char *program = g_file_read_link ("/proc/self/exe", NULL);
  char *folder, *path;

  if (! program)
    return NULL;

  folder = g_path_get_dirname (program);
  path   = g_build_filename (folder, sub, NULL);
  g_free (folder);
  g_free (program);
  return path;
}

/* Where to look, in order. Free with g_strfreev(). */
static char **
data_folders (void)
{
  const char    *chosen  = g_getenv ("DFI_DATA_DIR");
  GStrvBuilder  *folders;
  char         **list;

  if (chosen && *chosen)
    return g_strsplit (chosen, G_SEARCHPATH_SEPARATOR_S, -1);

  folders = g_strv_builder_new ();
  for (int i = 0; i < 2; i++)
    {
      char *folder = beside_program (i == 0 ? "" : "../share/dfi");

      if (folder)
        g_strv_builder_add (folders, folder);
      g_free (folder);
    }
  g_strv_builder_add (folders, DFI_DATADIR);
  list = g_strv_builder_end (folders);
  g_strv_builder_unref (folders);
  return list;
}

char *
dfi_data_file (const char  *name,
               GError     **error)
{
  char **folders = data_folders ();
  char  *found   = NULL;

  for (int i = 0; folders[i] && ! found; i++)
    {
      found = g_build_filename (folders[i], name, NULL);
      if (! g_file_test (found, G_FILE_TEST_EXISTS))
        g_clear_pointer (&found, g_free);
    }

  if (! found)
    {
      char *tried = g_strjoinv ("”, “", folders);

      g_set_error (error, DFI_ERROR, DFI_ERROR_IO,
                   _("The file “%s” that belongs to Deep Feature Interpolation is missing; it was looked for in “%s”. "
                     "Install the plug-in again."),
                   name, tried);
      g_free (tried);
    }

  g_strfreev (folders);
  return found;
}

/* ---------- databases ---------- */

static gboolean
is_database (const char *path)
{
  DfiSafetensors *file = g_str_has_suffix (path, ".safetensors") ? dfi_safetensors_open (path, "database", DFI_DATABASE_VERSION, NULL)
                                                                 : NULL;
  gboolean        good = file != NULL;

  dfi_safetensors_free (file);
  return good;
}

static int
compare_paths (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char * const *) a, *(const char * const *) b);
}

/* Adds the paths of the databases in @folder to @paths. */
static void
add_databases (GPtrArray  *paths,
               const char *folder)
{
  GPtrArray  *found = g_ptr_array_new ();
  GDir       *dir   = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    {
      char *path = g_canonicalize_filename (name, folder);

      if (is_database (path) && ! g_ptr_array_find_with_equal_func (paths, path, g_str_equal, NULL))
        g_ptr_array_add (found, path);
      else
        g_free (path);
    }
  g_ptr_array_sort (found, compare_paths);
  g_ptr_array_extend_and_steal (paths, found);
  if (dir)
    g_dir_close (dir);
}

char **
dfi_data_databases (const char * const *more)
{
  char      **folders = data_folders ();
  GPtrArray  *paths   = g_ptr_array_new ();

  for (int i = 0; folders[i]; i++)
    add_databases (paths, folders[i]);
  for (int i = 0; more[i]; i++)
    add_databases (paths, more[i]);
  g_ptr_array_add (paths, NULL);
  g_strfreev (folders);
  return (char **) g_ptr_array_free (paths, FALSE);
}

/* ---------- translations ---------- */

char *
dfi_data_locale (void)
{
  char *folder = beside_program ("locale");

  if (folder && g_file_test (folder, G_FILE_TEST_IS_DIR))
    return folder;
  g_free (folder);
  return g_strdup (DFI_LOCALEDIR);
}
