/* folder.h: the folder in which a build saves what it goes on from when it was killed.
 *
 *   sums    a partial file (state-file.h)
 *   basis   a basis file, where the stage began with a basis that is not packed yet
 *   codes   codes-file.h; what lies behind the first `dfi.coded` codes does not count
 *
 * Each is replaced as a whole, and `sums` last.
 */

#ifndef DFI_BUILD_FOLDER_H
#define DFI_BUILD_FOLDER_H

#include "build/state.h"

typedef struct _DfiBuildFolder DfiBuildFolder;

/* Starts the state's stage: enters its sums. */
typedef gboolean (*DfiStartFunc) (DfiBuildState *state, GError **error);

/**
 * dfi_build_folder_open:
 * @path: of what is built; the folder has ".partial" behind it, and is made if need be
 * @error: DFI_ERROR_IO, also when another build is at work there
 *
 * Keeps other builds out of the folder until it is closed.
 *
 * Returns: (transfer full) (nullable): end with dfi_build_folder_close()
 */
DfiBuildFolder *dfi_build_folder_open (const char *path, GError **error);
/* The folder goes when the build is @done, or when nothing in it can be gone on from.  NULL is fine. */
void dfi_build_folder_close (DfiBuildFolder *folder, gboolean done);

/* Goes on from what is there, after @start; with nothing there, or when the plan says so, @start alone.
 * @one_stage: the state's stage is all that is to be done.
 * DFI_ERROR_OTHER_BUILD when it is of another plan or of another stage than that, DFI_ERROR_FORMAT, DFI_ERROR_IO,
 * DFI_ERROR_MEMORY. */
gboolean
dfi_build_folder_resume (DfiBuildFolder *folder, DfiBuildState *state, gboolean one_stage, DfiStartFunc start, GError **error);

/* Saves what a build goes on from.  What was saved before stays when that fails: DFI_ERROR_IO or DFI_ERROR_MEMORY. */
gboolean dfi_build_folder_save (DfiBuildFolder *folder, DfiBuildState *state, GError **error);
/* To be called when a new stage has begun: what it began with has to be saved anew. */
void dfi_build_folder_next_stage (DfiBuildFolder *folder);

#endif
