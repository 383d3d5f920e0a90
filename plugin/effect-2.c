#include "config.h"

#include <glib/gi18n-lib.h>

#include "effect.h"

gboolean
dfi_effect_check (const DfiDrawable *source, GError **error)
{
  g_set_error_literal (error, DFI_ERROR, DFI_ERROR_VALUE,
                       _ ("GIMP 2.10 has no effects that a layer keeps; choose another result."));
  return FALSE;
}

gboolean
dfi_effect_exists (DfiGimpLayer layer)
{
  return FALSE;
}

void
dfi_effect_recall (const DfiDrawable *source, DfiApplySettings *settings)
{
}

void
dfi_effect_remove (DfiGimpLayer layer)
{
}

gboolean
dfi_effect_add (const DfiDrawable      *source,
                const DfiApplySettings *settings,
                const DfiDatabase      *database,
                gboolean                instead,
                GError                **error)
{
  return dfi_effect_check (source, error);
}
