/* A key file with a group for each preset.  Names are whatever people write, so a group is called by its name as a URI would have
 * it. */

#include "config.h"

#include <glib/gi18n-lib.h>

#include "presets.h"
#include "profile.h"

#define FILE_NAME "presets.ini"

/* Free with g_free(). */
static char *
group_of (const char *name)
{
  return g_uri_escape_string (name, NULL, TRUE);
}

/* The presets that there are: none when there is no file yet.  End with g_key_file_unref(). */
static GKeyFile *
read_presets (GError **error)
{
  char     *path  = dfi_profile_path (FILE_NAME);
  GKeyFile *file  = g_key_file_new ();
  GError   *cause = NULL;

  if (! g_key_file_load_from_file (file, path, G_KEY_FILE_KEEP_COMMENTS, &cause) &&
      ! g_error_matches (cause, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_IO, _ ("The presets in “%s” cannot be read: %s"), path, cause->message);
      g_clear_pointer (&file, g_key_file_unref);
    }
  g_clear_error (&cause);
  g_free (path);
  return file;
}

static gboolean
write_presets (GKeyFile *file, GError **error)
{
  char    *path  = dfi_profile_path (FILE_NAME);
  GError  *cause = NULL;
  gboolean good  = dfi_profile_write (file, path, &cause);

  if (! good)
    g_set_error (error, DFI_ERROR, DFI_ERROR_IO, _ ("The presets cannot be kept in “%s”: %s"), path, cause->message);
  g_clear_error (&cause);
  g_free (path);
  return good;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_utf8_collate (*(const char *const *) a, *(const char *const *) b);
}

char **
dfi_presets_list (void)
{
  GKeyFile  *file   = read_presets (NULL);
  char     **groups = file ? g_key_file_get_groups (file, NULL) : NULL;
  GPtrArray *names  = g_ptr_array_new ();

  for (int i = 0; groups && groups[i]; i++)
    {
      char *name = g_uri_unescape_string (groups[i], NULL);

      if (name)
        g_ptr_array_add (names, name);
    }
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  g_strfreev (groups);
  g_clear_pointer (&file, g_key_file_unref);
  return (char **) g_ptr_array_free (names, FALSE);
}

/* Whether @file has a preset of this name; it may be gone since the names were listed. */
static gboolean
has_preset (GKeyFile *file, const char *group, const char *name, GError **error)
{
  if (g_key_file_has_group (file, group))
    return TRUE;
  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("There is no preset “%s” any more."), name);
  return FALSE;
}

gboolean
dfi_presets_load (const char *name, DfiApplySettings *settings, GError **error)
{
  GKeyFile *file  = read_presets (error);
  char     *group = group_of (name);
  gboolean  good  = file && has_preset (file, group, name, error);

  if (good)
    dfi_apply_settings_recall (settings, file, group, FALSE);
  g_free (group);
  g_clear_pointer (&file, g_key_file_unref);
  return good;
}

gboolean
dfi_presets_save (const char *name, const DfiApplySettings *settings, GError **error)
{
  GKeyFile *file  = read_presets (error);
  char     *group = group_of (name);
  gboolean  good  = file != NULL;

  if (good)
    {
      dfi_apply_settings_store (settings, file, group, FALSE);
      good = write_presets (file, error);
    }
  g_free (group);
  g_clear_pointer (&file, g_key_file_unref);
  return good;
}

gboolean
dfi_presets_delete (const char *name, GError **error)
{
  GKeyFile *file  = read_presets (error);
  char     *group = group_of (name);
  gboolean  good  = file && has_preset (file, group, name, error);

  if (good)
    {
      g_key_file_remove_group (file, group, NULL);
      good = write_presets (file, error);
    }
  g_free (group);
  g_clear_pointer (&file, g_key_file_unref);
  return good;
}
