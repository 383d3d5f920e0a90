#include "config.h"

#include "settings.h"

void
dfi_apply_settings_init (DfiApplySettings *settings)
{
  *settings = (DfiApplySettings){ .attributes = g_strdup (""), .faces = g_strdup ("1") };
  dfi_options_init (&settings->options);
}

void
dfi_apply_settings_clear (DfiApplySettings *settings)
{
  dfi_options_clear (&settings->options);
  g_clear_pointer (&settings->faces, g_free);
  g_clear_pointer (&settings->attributes, g_free);
}
