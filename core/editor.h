/* editor.h: what edits need and is loaded once. */

#ifndef DFI_EDITOR_H
#define DFI_EDITOR_H

#include "database/database.h"
#include "database/request.h"
#include "picture/face.h"

typedef struct _DfiEditor DfiEditor; /* weights, database and memory; one thread at a time */

/**
 * dfi_editor_new:
 * @weights: (nullable): encoder to use; NULL or "": the bundled one
 * @database: (nullable): database to use; NULL or "": the bundled one
 * @error: as dfi_encoder_new_from_file(), dfi_database_open() and dfi_pass_new() set it
 *
 * Returns: (transfer full) (nullable): free with dfi_editor_free()
 */
DfiEditor         *dfi_editor_new (const char *weights, const char *database, GError **error);
void               dfi_editor_free (DfiEditor *editor); /* NULL is fine */
const DfiDatabase *dfi_editor_database (const DfiEditor *editor);

/**
 * dfi_editor_bounds:
 * @face: in the photograph; not looked at when the database is of whole pictures
 * @requests: (array length=n_requests) (nullable): of the edit; NULL: any that the database knows
 * @width: of the photograph
 * @height: of the photograph
 * @x: (out): corner and size of the part of the photograph that an edit looks at and may change
 *
 * For callers who do not want to hold a whole large photograph in memory: fetch this part, dfi_face_move() the face by its
 * corner, and give both to dfi_edit().  DFI_ERROR_VALUE when the face cannot be aligned or lies outside the photograph.
 */
gboolean dfi_editor_bounds (const DfiEditor  *editor,
                            const DfiFace    *face,
                            const DfiRequest *requests,
                            int               n_requests,
                            int               width,
                            int               height,
                            int              *x,
                            int              *y,
                            int              *part_width,
                            int              *part_height,
                            GError          **error);

#endif
