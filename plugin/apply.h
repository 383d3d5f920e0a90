/* apply.h: an edit of a face in a layer of GIMP. */

#ifndef DFI_APPLY_H
#define DFI_APPLY_H

#include "drawable.h"
#include "edit.h"

typedef struct
{
  const char     *attributes;   /* as dfi_database_parse_changes() reads it */
  double          eyes[4];      /* x1, y1, x2, y2 in pixels of the image, not of the layer */
  const char     *weights;      /* NULL: the bundled ones */
  const char     *database;     /* NULL: the bundled one */
  DfiEditOptions  edit;
} DfiApplySettings;

/**
 * dfi_apply:
 * @source: not changed
 * @progress: (nullable): called with @data
 * @error: DFI_ERROR_VALUE also when the selection or the layer's transparency leaves nothing to change
 *
 * Edits the face and adds the result as a layer directly above @source.  Until that last step, and after an error, the image
 * is as it was.
 *
 * Returns: the new layer, or -1
 */
gint32 dfi_apply (const DfiDrawable       *source,
                  const DfiApplySettings  *settings,
                  DfiProgressFunc          progress,
                  gpointer                 data,
                  GError                 **error);

#endif
