/* The module as GEGL loads it: into GIMP, into each of GIMP's plug-ins, and into the program `gegl`.  So it only registers a
 * type here; nothing is read before a face is to be edited. */

#define _GNU_SOURCE /* dladdr() */
#include "config.h"

#include <dlfcn.h>
#include <libintl.h>

#include <gegl-plugin.h>

#include "dfi.h"

void gegl_op_edit_face_register_type (GTypeModule *module); /* edit-face.c */

G_MODULE_EXPORT const GeglModuleInfo *gegl_module_query (GTypeModule *module);
G_MODULE_EXPORT gboolean              gegl_module_register (GTypeModule *module);

const GeglModuleInfo *
gegl_module_query (GTypeModule *module)
{
  static const GeglModuleInfo info = { GEGL_MODULE_ABI_VERSION };

  return &info;
}

/* The running program is not ours: what came with this module lies beside the module.  It is found by a function of this file
 * alone: others of the same name are those of the module that was loaded first. */
static void
find_ourselves (void)
{
  Dl_info info;

  if (dladdr (find_ourselves, &info) && info.dli_fname)
    dfi_bundled_set_program (info.dli_fname);
}

gboolean
gegl_module_register (GTypeModule *module)
{
  char *locale;

  find_ourselves ();
  locale = dfi_bundled_locale ();
  bindtextdomain (GETTEXT_PACKAGE, locale);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  g_free (locale);

  gegl_op_edit_face_register_type (module);
  return TRUE;
}
