/* edit.h: a photograph in, an edited face out: the whole path in one call.  The plug-in and the command line call this and
 * nothing deeper. */

#ifndef DFI_EDIT_H
#define DFI_EDIT_H

#include "base/error.h"
#include "editor.h"
#include "options.h"
#include "picture/blend.h"
#include "solve/minimum.h"

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
