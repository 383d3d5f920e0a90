/* presets.h: sliders and options that people keep under a name, in GIMP's profile.  Weights and database are none of it: a preset
 * is for any database that has its attributes. */

#ifndef DFI_PRESETS_H
#define DFI_PRESETS_H

#include "settings.h"

#define DFI_PRESET_NAME_MAX 60 /* characters */

/* The names of all, in alphabetical order; none when their file cannot be read.  Free with g_strfreev(). */
char **dfi_presets_list (void);

/* Each reads the file anew: another window may have changed it.  The errors say what was not possible, why, and where.  A preset
 * that is saved takes the place of the one of its name; one that is loaded or deleted may be gone. */
gboolean dfi_presets_load (const char *name, DfiApplySettings *settings, GError **error);
gboolean dfi_presets_save (const char *name, const DfiApplySettings *settings, GError **error);
gboolean dfi_presets_delete (const char *name, GError **error);

#endif
