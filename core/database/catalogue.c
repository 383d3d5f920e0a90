#include "config.h"

#include <glib.h>

#include "database/catalogue.h"
#include "database/database.h"
#include "files/bundled.h"
#include "files/listing.h"
#include "files/safetensors-reader.h"

static gboolean
is_database (const char *path)
{
  DfiSafetensors *file =
      g_str_has_suffix (path, ".safetensors") ? dfi_safetensors_open (path, "database", DFI_DATABASE_VERSION, NULL) : NULL;
  gboolean good = file != NULL;

  dfi_safetensors_free (file);
  return good;
}

/* Adds the paths of the databases in @folder to @paths. */
static void
add_databases (GPtrArray *paths, const char *folder)
{
  char **names = dfi_list_folder (folder, NULL);

  for (int i = 0; names && names[i]; i++)
    {
      char *path = g_canonicalize_filename (names[i], folder);

      if (is_database (path) && ! g_ptr_array_find_with_equal_func (paths, path, g_str_equal, NULL))
        g_ptr_array_add (paths, path);
      else
        g_free (path);
    }
  g_strfreev (names);
}

char **
dfi_databases_list (const char *const *more)
{
  char     **folders = dfi_bundled_folders ();
  GPtrArray *paths   = g_ptr_array_new ();

  for (int i = 0; folders[i]; i++)
    add_databases (paths, folders[i]);
  for (int i = 0; more[i]; i++)
    add_databases (paths, more[i]);
  g_ptr_array_add (paths, NULL);
  g_strfreev (folders);
  return (char **) g_ptr_array_free (paths, FALSE);
}
