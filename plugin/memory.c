#include "config.h"

#include <libgimp/gimp.h>

#include "memory.h"

#define GROUP "dialog"

/* Free with g_free(). */
static char *
memory_path (void)
{
  return g_build_filename (gimp_directory (), "dfi", "dialog.ini", NULL);
}

static void
recall_settings (GKeyFile *file, DfiApplySettings *settings)
{
  char      *attributes = g_key_file_get_string (file, GROUP, "attributes", NULL);
  char      *text       = g_key_file_get_string (file, GROUP, "options", NULL);
  DfiOptions options;

  if (attributes)
    {
      g_free (settings->attributes);
      settings->attributes = g_steal_pointer (&attributes);
    }
  if (text)
    {
      dfi_options_init (&options);
      if (dfi_options_parse (&options, text, NULL))
        {
          dfi_options_clear (&settings->options);
          settings->options = options;
        }
      else
        dfi_options_clear (&options);
    }
  g_free (text);
}

void
dfi_memory_recall (DfiApplySettings *settings, DfiMemory *memory)
{
  char     *path = memory_path ();
  GKeyFile *file = g_key_file_new ();

  if (g_key_file_load_from_file (file, path, 0, NULL))
    {
      recall_settings (file, settings);
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
  char     *path    = memory_path ();
  char     *folder  = g_path_get_dirname (path);
  char     *options = dfi_options_print (&settings->options, NULL);
  GKeyFile *file    = g_key_file_new ();

  g_key_file_set_string (file, GROUP, "attributes", settings->attributes);
  g_key_file_set_string (file, GROUP, "options", options);
  g_key_file_set_integer (file, GROUP, "width", memory->width);
  g_key_file_set_integer (file, GROUP, "height", memory->height);
  g_key_file_set_boolean (file, GROUP, "all", memory->all);
  g_mkdir_with_parents (folder, 0700);
  g_key_file_save_to_file (file, path, NULL);

  g_key_file_unref (file);
  g_free (options);
  g_free (folder);
  g_free (path);
}
