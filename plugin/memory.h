/* memory.h: what the dialog remembers, however it was closed, until it is opened again. */

#ifndef DFI_MEMORY_H
#define DFI_MEMORY_H

#include "settings.h"

typedef struct
{
  int      width, height; /* of the window, pixels on the screen; -1: as large as it needs */
  gboolean all;           /* all attributes are shown */
} DfiMemory;

/* Sets @settings' attributes and options, unless it is NULL, and @memory, to what was kept last; leaves alone what was not. */
void dfi_memory_recall (DfiApplySettings *settings, DfiMemory *memory);

/* Keeps them in GIMP's profile.  What cannot be written is forgotten. */
void dfi_memory_keep (const DfiApplySettings *settings, const DfiMemory *memory);

#endif
