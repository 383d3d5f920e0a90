/* preview.h: a face edited again and again while sliders move, on a thread of its own. */

#ifndef DFI_PREVIEW_H
#define DFI_PREVIEW_H

#include "dfi.h"

typedef struct _DfiPreview DfiPreview;

/* Called on the main loop with the edited photograph, or with NULL and @error.  Both belong to the preview.  For a request of
 * more than DFI_QUALITY_PREVIEW's steps that comes twice: after these, and after all. */
typedef void (*DfiPreviewFunc) (const DfiImage *edited, const GError *error, gpointer data);

/**
 * dfi_preview_new:
 * @editor: used by the thread alone until dfi_preview_free()
 * @photo: must stay as it is until then
 * @face: in @photo
 * @done: called with @data for each request that no later one has overtaken
 *
 * Returns: (transfer full): free with dfi_preview_free()
 */
DfiPreview *dfi_preview_new (DfiEditor *editor, const DfiImage *photo, const DfiFace *face, DfiPreviewFunc done, gpointer data);

/* Asks for @requests, none of which is the photograph itself, and gives up what was asked before. */
void dfi_preview_start (DfiPreview *preview, const DfiRequest *requests, int n_requests, const DfiEditOptions *options);

/* Whether something asked for is not there yet; @fraction (out): how much of it is done, 0..1. */
gboolean dfi_preview_busy (DfiPreview *preview, double *fraction);

/* Stops within one step of the search.  NULL is fine. */
void dfi_preview_free (DfiPreview *preview);

#endif
