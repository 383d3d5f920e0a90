#include "config.h"

#include <libgimp/gimp.h>

#include "profile.h"

char *
dfi_profile_path (const char *name)
{
  return g_build_filename (gimp_directory (), "dfi", name, NULL);
}

gboolean
dfi_profile_write (GKeyFile *file, const char *path, GError **error)
{
  char *folder = g_path_get_dirname (path);

  g_mkdir_with_parents (folder, 0700); /* what fails here fails below, with a reason */
  g_free (folder);
  return g_key_file_save_to_file (file, path, error);
}
