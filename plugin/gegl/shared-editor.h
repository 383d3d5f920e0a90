/* shared-editor.h: one editor for all instances in a process that ask for the same files, taken in turns. */

#ifndef DFI_SHARED_EDITOR_H
#define DFI_SHARED_EDITOR_H

#include "dfi.h"

typedef struct _DfiSharedEditor DfiSharedEditor;

/* Loads the editor unless another instance has it already; arguments and errors as of dfi_editor_new().  Each needs a
 * dfi_shared_editor_unref(); with the last one the editor is freed. */
DfiSharedEditor *dfi_shared_editor_new (const char *weights, const char *database, GError **error);
DfiSharedEditor *dfi_shared_editor_ref (DfiSharedEditor *shared);
void             dfi_shared_editor_unref (DfiSharedEditor *shared); /* NULL is fine */

/* May be asked at any time: of its database's names and frame, and of dfi_editor_bounds(). */
const DfiEditor *dfi_shared_editor_peek (const DfiSharedEditor *shared);

/* The editor for dfi_edit(), until dfi_shared_editor_give().  @patient: those who are not go first. */
DfiEditor *dfi_shared_editor_take (DfiSharedEditor *shared, gboolean patient);
void       dfi_shared_editor_give (DfiSharedEditor *shared);

/* Whether an impatient one waits: a patient one may give up its work for it. */
gboolean dfi_shared_editor_wanted (DfiSharedEditor *shared);

#endif
