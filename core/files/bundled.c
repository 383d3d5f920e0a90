#include "config.h"

#include <stdlib.h>

#include <glib/gi18n-lib.h>

#include "files/bundled.h"
#include "base/error.h"

static char *chosen_program; /* or NULL: the running one */

void
dfi_bundled_set_program (const char *file)
{
  g_free (chosen_program);
  chosen_program = g_strdup (file);
}

/* Where the program itself is, not a link to it.  NULL when the system does not tell.  Free with g_free(). */
static char *
real_program (void)
{
  char *real    = realpath (chosen_program ? chosen_program : "/proc/self/exe", NULL);
  char *program = g_strdup (real);

  free (real);
  return program;
}

/* @sub, a path from the running program's folder; NULL when the system does not tell where that is. */
static char *
beside_program (const char *sub)
{
  char *program = real_program ();
  char *folder, *path;

  if (! program)
    return NULL;

  folder = g_path_get_dirname (program);
  path   = g_canonicalize_filename (sub, folder);
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
    {
      list = g_strsplit (chosen, G_SEARCHPATH_SEPARATOR_S, -1);
      for (int i = 0; list[i]; i++)
        {
          char *absolute = g_canonicalize_filename (list[i], NULL);

          g_free (list[i]);
          list[i] = absolute;
        }
      return list;
    }

  folders = g_strv_builder_new ();
  for (int i = 0; i < 2; i++)
    {
      char *folder = beside_program (i == 0 ? "." : "../share/dfi");

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
                   _ ("The file “%s” that belongs to Deep Feature Interpolation is missing; it was looked for in “%s”."), name,
                   tried);
      g_free (tried);
    }

  g_strfreev (folders);
  return found;
}

char *
dfi_chosen_file (const char *path, const char *name, GError **error)
{
  return path && *path ? g_strdup (path) : dfi_bundled_file (name, error);
}

/* ---------- translations ---------- */

char *
dfi_bundled_locale (void)
{
  /* A folder of our own, and the folder of translations that belongs to it. */
  static const char *places[][2] = { { "locale", "locale" }, { "../share/dfi", "../share/locale" } };

  for (size_t i = 0; i < G_N_ELEMENTS (places); i++)
    {
      char    *ours  = beside_program (places[i][0]);
      gboolean there = ours && g_file_test (ours, G_FILE_TEST_IS_DIR);

      g_free (ours);
      if (there)
        return beside_program (places[i][1]);
    }
  return g_strdup (DFI_LOCALEDIR);
}
