#include "config.h"

#include <glib/gi18n-lib.h>

#include "files/bundled.h"
#include "base/error.h"

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

char **
dfi_bundled_folders (void)
{
  const char   *chosen = g_getenv ("DFI_DATA_DIR");
  GStrvBuilder *folders;
  char        **list;

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
dfi_bundled_file (const char *name, GError **error)
{
  char **folders = dfi_bundled_folders ();
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
                   _ ("The file “%s” that belongs to Deep Feature Interpolation is missing; it was looked for in “%s”. "
                      "Install the plug-in again."),
                   name, tried);
      g_free (tried);
    }

  g_strfreev (folders);
  return found;
}

/* ---------- translations ---------- */

char *
dfi_bundled_locale (void)
{
  char *folder = beside_program ("locale");

  if (folder && g_file_test (folder, G_FILE_TEST_IS_DIR))
    return folder;
  g_free (folder);
  return g_strdup (DFI_LOCALEDIR);
}
