/* option-widgets.h: the part of the dialog with quality, numbers, choices and files, that is, all settings but the sliders
 * and the face. */

#ifndef DFI_OPTION_WIDGETS_H
#define DFI_OPTION_WIDGETS_H

#include "dialog-compat.h"
#include "settings.h"

typedef struct _DfiOptionWidgets DfiOptionWidgets; /* goes with its widget */

typedef void (*DfiOptionWidgetsFunc) (gpointer data);

/**
 * dfi_option_widgets_new:
 * @settings: (inout): shown, and set as soon as something is chosen; must outlive the widget
 * @changed: called with @data when something has been chosen that the edit depends on
 * @files_changed: the same when it is another network or database
 * @output_changed: the same when the result is to be something else
 */
DfiOptionWidgets *dfi_option_widgets_new (DfiApplySettings    *settings,
                                          DfiOptionWidgetsFunc changed,
                                          DfiOptionWidgetsFunc files_changed,
                                          DfiOptionWidgetsFunc output_changed,
                                          gpointer             data);
GtkWidget        *dfi_option_widgets_widget (DfiOptionWidgets *options);

/* Shows the settings after they have been changed elsewhere; calls nobody. */
void dfi_option_widgets_update (DfiOptionWidgets *options);

#endif
