#include "config.h"

#include <string.h>

#include "base/error.h"
#include "files/listing.h"

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

char **
dfi_list_folder (const char *folder, GError **error)
{
  GDir       *dir = g_dir_open (folder, 0, NULL);
  GPtrArray  *names;
  const char *name;

  if (! dir)
    {
      dfi_error_set_unreadable (error, folder);
      return NULL;
    }

  names = g_ptr_array_new ();
  while ((name = g_dir_read_name (dir)))
    if (*name != '.')
      g_ptr_array_add (names, g_strdup (name));
  g_dir_close (dir);
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}
