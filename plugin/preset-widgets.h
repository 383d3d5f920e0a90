/* preset-widgets.h: a row of widgets to load, save and delete presets by name. */

#ifndef DFI_PRESET_WIDGETS_H
#define DFI_PRESET_WIDGETS_H

#include "dialog-compat.h"
#include "presets.h"

/* Called with @data when a preset has been loaded into the settings. */
typedef void (*DfiPresetLoadedFunc) (gpointer data);
/* Called with @data and a sentence for people: what was done, or what was not possible. */
typedef void (*DfiPresetSayFunc) (const char *text, gpointer data);

/* @settings are what is saved, and what is loaded. */
GtkWidget *dfi_preset_widgets_new (DfiApplySettings *settings, DfiPresetLoadedFunc loaded, DfiPresetSayFunc say, gpointer data);

#endif
