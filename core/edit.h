/* edit.h: a photograph in, an edited face out: the whole path in one call.  The plug-in and the command line call this and
 * nothing deeper. */

#ifndef DFI_EDIT_H
#define DFI_EDIT_H

#include "base/error.h"
#include "options.h"
#include "picture/blend.h"
#include "solve/minimum.h"

typedef struct _DfiEditor DfiEditor; /* weights, database and memory, loaded once; one thread at a time */

/* What an edit spent its time on. */
typedef enum
{
  DFI_STAGE_CROP,      /* photograph -> frame */
  DFI_STAGE_DIRECTION, /* features, neighbours, target */
  DFI_STAGE_MINIMISE,  /* the search, and its start */
  DFI_STAGE_BLEND,     /* colours, mask, frame -> photograph */
  DFI_STAGE_HAIR,      /* where hair is, and its new tone */
  DFI_N_STAGES
} DfiStage;

#define DFI_YAW_COVERED 35.0 /* degrees that a head may be turned; of the bundled database's faces 98 in 100 are turned less */

/* What an edit did besides the pixels.  Free what it holds with dfi_edit_report_clear(). */
typedef struct
{
  DfiMinimum        minimum;
  double            seconds[DFI_N_STAGES];
  DfiDirectionNote *notes;      /* one a change */
  DfiImage         *crop;       /* x, as the encoder saw it: without colour three times its luma */
  float            *target;     /* (D) phi(x) + sum of alpha w, of the layers that were asked for; NULL when hair alone changes */
  size_t            n_features; /* D */
  DfiImage         *result;     /* z, before matching; NULL when hair alone changes */
} DfiEditReport;

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

/* How many steps an edit with these options searches: what they say, or as their quality has it. */
int dfi_edit_steps (const DfiEditor *editor, const DfiEditOptions *options);

/**
 * dfi_edit:
 * @photo: not changed
 * @face: in @photo; not looked at when the database is of whole pictures: then all of @photo is the frame
 * @requests: (array length=n_requests): at least one, see dfi_requests_parse()
 * @options: within the ranges of the table, else DFI_ERROR_VALUE; `start` of the frame's size
 * @progress: (nullable)
 * @report: (out) (optional)
 * @error: DFI_ERROR_VALUE, _MEMORY, _CANCELLED; DFI_ERROR_IO and _FORMAT of the network that finds hair
 *
 * Returns: (transfer full) (nullable): free with dfi_patch_free()
 */
DfiPatch *dfi_edit (DfiEditor            *editor,
                    const DfiImage       *photo,
                    const DfiFace        *face,
                    const DfiRequest     *requests,
                    int                   n_requests,
                    const DfiEditOptions *options,
                    DfiProgressFunc       progress,
                    gpointer              progress_data,
                    DfiEditReport        *report,
                    GError              **error);
void      dfi_edit_report_clear (DfiEditReport *report);

/* Finds out about a face what any edit of it has to know: the first one is sooner done then.  Arguments as of dfi_edit(). */
gboolean
dfi_edit_prepare (DfiEditor *editor, const DfiImage *photo, const DfiFace *face, const DfiEditOptions *options, GError **error);

#endif
