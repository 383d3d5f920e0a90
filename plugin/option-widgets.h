/* options.h: the part of the dialog with quality, numbers, choices and files: all settings but the sliders and the face. */

#ifndef DFI_OPTIONS_H
#define DFI_OPTIONS_H

#include "dialog-compat.h"
#include "settings.h"

typedef struct _DfiOptions DfiOptions; /* goes with its widget */

typedef void (*DfiOptionsFunc) (gpointer data);

/**
 * dfi_options_new:
 * @settings: (inout): shown, and set as soon as something is chosen; must outlive the widget
 * @changed: called with @data when something has been chosen that the edit depends on
 * @files_changed: the same when it is another network or database
 */
DfiOptions *dfi_options_new (DfiApplySettings *settings, DfiOptionsFunc changed, DfiOptionsFunc files_changed, gpointer data);
GtkWidget  *dfi_options_widget (DfiOptions *options);

/* Shows the settings after they have been changed elsewhere; calls nobody. */
void dfi_options_update (DfiOptions *options);

#endif
