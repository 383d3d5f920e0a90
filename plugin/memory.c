#include "config.h"

#include "memory.h"
#include "profile.h"

#define FILE_NAME "dialog.ini"
#define GROUP     "dialog"

void
dfi_memory_recall (DfiApplySettings *settings, DfiMemory *memory)
{
  char     *path = dfi_profile_path (FILE_NAME);
  GKeyFile *file = g_key_file_new ();

  if (g_key_file_load_from_file (file, path, 0, NULL))
    {
      if (settings)
        dfi_apply_settings_recall (settings, file, GROUP, TRUE);
      if (g_key_file_get_integer (file, GROUP, "width", NULL) > 0 && g_key_file_get_integer (file, GROUP, "height", NULL) > 0)
        {
          memory->width  = g_key_file_get_integer (file, GROUP, "width", NULL);
          memory->height = g_key_file_get_integer (file, GROUP, "height", NULL);
        }
      memory->all = g_key_file_get_boolean (file, GROUP, "all", NULL);
    }
  g_key_file_unref (file);
  g_free (path);
}

void
dfi_memory_keep (const DfiApplySettings *settings, const DfiMemory *memory)
{
  char     *path = dfi_profile_path (FILE_NAME);
  GKeyFile *file = g_key_file_new ();

  dfi_apply_settings_store (settings, file, GROUP, TRUE);
  g_key_file_set_integer (file, GROUP, "width", memory->width);
  g_key_file_set_integer (file, GROUP, "height", memory->height);
  g_key_file_set_boolean (file, GROUP, "all", memory->all);
  dfi_profile_write (file, path, NULL);

  g_key_file_unref (file);
  g_free (path);
}
