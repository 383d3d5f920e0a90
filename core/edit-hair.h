/* edit-hair.h: the part of an edit that happens in the hair.
 *
 * It is DFI in other features: phi(x) is the tone of the hair, and what is found is a photograph whose hair has the tone
 * phi(x) + sum of alpha w.
 */

#ifndef DFI_EDIT_HAIR_H
#define DFI_EDIT_HAIR_H

#include "database/direction.h"
#include "hair/hair.h"
#include "options.h"

/* What is loaded once, and what an edit of a face's hair leaves for the next one of it.  Begins as all 0. */
typedef struct
{
  DfiHairNetwork *network;
  DfiImage       *seen;                          /* the view in which hair was found, */
  double          landmarks[DFI_N_LANDMARKS][2]; /* of a face with these */
  DfiHair        *hair;                          /* or NULL */
} DfiEditHair;

void dfi_edit_hair_clear (DfiEditHair *known);

/* Whether edits with @requests, or with any when that is NULL, may change hair. */
gboolean dfi_edit_hair_may (const DfiDatabase *database, const DfiRequest *requests, int n_requests);

/* Whether an edit with @options changes the tone of hair when @attribute is asked for, whether it draws a fringe on @request, and
 * whether it changes nothing but hair.  A search in full colour, which is for study, knows the frame alone: there, hair has no
 * part of its own. */
gboolean dfi_edit_hair_changes (const DfiDatabase *database, int attribute, const DfiEditOptions *options);
gboolean dfi_edit_hair_draws (const DfiDatabase *database, const DfiRequest *request, const DfiEditOptions *options);
gboolean dfi_edit_hair_only (const DfiDatabase *database, const DfiRequest *request, const DfiEditOptions *options);

/* photograph -> the hair of @face and its tone, unless they are known.  DFI_ERROR_IO, _FORMAT or _MEMORY. */
gboolean dfi_edit_hair_find (DfiEditHair         *known,
                             const DfiFrame      *frame,
                             const DfiImage      *photo,
                             const DfiFace       *face,
                             const DfiSimilarity *to_frame,
                             GError             **error);

/**
 * dfi_edit_hair_change:
 * @known: dfi_edit_hair_find() was there
 * @change: (out): the sum of alpha w over what changes hair; all 0 when there is no hair, and nothing asks for hair alone
 * @notes: (array length=n_requests) (out caller-allocates): how each that changes hair was found; the others are left alone
 * @error: DFI_ERROR_VALUE when something asks for hair alone, and there is none, or the database knows too little of it
 */
gboolean dfi_edit_hair_change (const DfiEditHair    *known,
                               const DfiDatabase    *database,
                               const DfiRequest     *requests,
                               int                   n_requests,
                               const DfiEditOptions *options,
                               DfiTone              *change,
                               DfiDirectionNote     *notes,
                               GError              **error);

/**
 * dfi_edit_hair_join:
 * @patch: (inout): NULL, or what was edited besides; taken, and then both together; NULL after an error
 * @hair: of the hair of @photo: dfi_hair_recolour(); not taken
 * @error: DFI_ERROR_MEMORY
 *
 * Where both change a pixel, what @patch adds to the photograph is added to the hair in its new tone.
 */
gboolean dfi_edit_hair_join (DfiPatch **patch, const DfiPatch *hair, const DfiImage *photo, GError **error);

#endif
