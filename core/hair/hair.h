/* hair.h: the hair of a face: where it is, what tone it has, and what it looks like in another one. */

#ifndef DFI_HAIR_H
#define DFI_HAIR_H

#include "base/error.h"
#include "base/threads.h"
#include "hair/hair-network.h"
#include "hair/matte.h"
#include "picture/blend.h"
#include "picture/tone.h"

typedef struct
{
  DfiMatte matte;
  DfiTone  tone; /* all NaN where there is too little hair to say; cb and cr in a grey picture, too */
} DfiHair;

/**
 * dfi_hair_find:
 * @seen: (3, DFI_HAIR_VIEW, DFI_HAIR_VIEW): dfi_view_cut() of @photo
 * @photo: the photograph, or the part of it that the view shows
 * @to_frame: @photo -> @frame
 * @face: (nullable): in @photo; NULL: no more is known of it than where the frame has its eyes
 * @error: DFI_ERROR_MEMORY
 *
 * Returns: (transfer full) (nullable): free with dfi_hair_free()
 */
DfiHair *dfi_hair_find (const DfiHairNetwork *network,
                        const DfiImage       *seen,
                        const DfiImage       *photo,
                        const DfiFrame       *frame,
                        const DfiSimilarity  *to_frame,
                        const DfiFace        *face,
                        GError              **error);
void     dfi_hair_free (DfiHair *hair); /* NULL is fine */

/* Whether there is enough hair for its tone to be known. */
gboolean dfi_hair_is_there (const DfiHair *hair);

/**
 * dfi_hair_measure:
 * @photo: a picture of a face
 * @to_frame: @photo -> @frame
 * @tone: (out): of the face's hair, as in DfiHair
 * @error: DFI_ERROR_MEMORY
 *
 * The tone alone, as a database has it of each of its faces.
 */
gboolean dfi_hair_measure (const DfiHairNetwork *network,
                           const DfiImage       *photo,
                           const DfiFrame       *frame,
                           const DfiSimilarity  *to_frame,
                           DfiTone              *tone,
                           GError              **error);

/**
 * dfi_hair_recolour:
 * @hair: of a face in @photo; it must be there
 * @photo: not changed
 * @change: to be added to its tone; that of cb and cr counts only where they are known
 * @progress: (nullable): asked with @data
 * @error: DFI_ERROR_MEMORY or _CANCELLED
 *
 * Each strand keeps its place among the others: how much brighter or darker it is than their mean, made more or less as the
 * deviation says.  Nothing is touched where the matte is 0.
 *
 * Returns: (transfer full) (nullable): free with dfi_patch_free()
 */
DfiPatch *dfi_hair_recolour (const DfiHair  *hair,
                             const DfiImage *photo,
                             const DfiTone  *change,
                             DfiThreads     *threads,
                             DfiProgressFunc progress,
                             gpointer        data,
                             GError        **error);

/* The same of @n R'G'B' @colours of that hair, in place, wherever they are. */
void dfi_hair_recolour_colours (const DfiHair *hair, const DfiTone *change, float (*colours)[3], int n);

#endif
