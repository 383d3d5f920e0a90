#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "settings.h"

static const char *const outputs[] = { "layer", "mask", "effect" }; /* by DfiOutput */

static const char *const file_options[] = { "weights", "database", NULL };

gboolean
dfi_output_parse (const char *word, DfiOutput *output, GError **error)
{
  for (size_t i = 0; i < G_N_ELEMENTS (outputs); i++)
    if (strcmp (word, outputs[i]) == 0)
      {
        *output = i;
        return TRUE;
      }
  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("“%s” takes one of %s, not “%s”."), "output", "layer, mask, effect", word);
  return FALSE;
}

const char *
dfi_output_word (DfiOutput output)
{
  return outputs[output];
}

void
dfi_apply_settings_init (DfiApplySettings *settings)
{
  *settings = (DfiApplySettings){ .attributes = g_strdup (""), .off = g_strdup (""), .faces = g_strdup ("1") };
  dfi_options_init (&settings->options);
}

void
dfi_apply_settings_clear (DfiApplySettings *settings)
{
  dfi_options_clear (&settings->options);
  g_clear_pointer (&settings->faces, g_free);
  g_clear_pointer (&settings->off, g_free);
  g_clear_pointer (&settings->attributes, g_free);
}

gboolean
dfi_apply_settings_have_eyes (const DfiApplySettings *settings)
{
  const double *eyes = settings->eyes;

  return ! (eyes[0] == 0.0 && eyes[1] == 0.0 && eyes[2] == 0.0 && eyes[3] == 0.0); /* NaN is given, and refused */
}

void
dfi_apply_settings_store (const DfiApplySettings *settings, GKeyFile *file, const char *group, gboolean files)
{
  char *options = dfi_options_print (&settings->options, files ? NULL : file_options);

  g_key_file_set_string (file, group, "attributes", settings->attributes);
  g_key_file_set_string (file, group, "off", settings->off);
  g_key_file_set_string (file, group, "options", options);
  g_key_file_set_string (file, group, "output", dfi_output_word (settings->output));
  g_free (options);
}

static void
recall_text (char **text, GKeyFile *file, const char *group, const char *key)
{
  char *found = g_key_file_get_string (file, group, key, NULL);

  if (found)
    {
      g_free (*text);
      *text = found;
    }
}

void
dfi_apply_settings_recall (DfiApplySettings *settings, GKeyFile *file, const char *group, gboolean files)
{
  char      *text   = g_key_file_get_string (file, group, "options", NULL);
  char      *output = g_key_file_get_string (file, group, "output", NULL);
  DfiOptions options;

  if (output)
    dfi_output_parse (output, &settings->output, NULL);
  g_free (output);
  recall_text (&settings->attributes, file, group, "attributes");
  recall_text (&settings->off, file, group, "off");

  dfi_options_init (&options);
  for (int i = 0; ! files && file_options[i]; i++)
    {
      const DfiOption *option = dfi_option_find (file_options[i], NULL);

      dfi_options_set (&options, option, DFI_OPTION_VALUE (&settings->options, option, char *), NULL);
    }
  if (text && dfi_options_parse (&options, text, NULL))
    {
      dfi_options_clear (&settings->options);
      settings->options = options;
    }
  else
    dfi_options_clear (&options);
  g_free (text);
}
