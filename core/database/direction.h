/* direction.h: the way in feature space from faces that lack an attribute to faces that have it, near a given face.
 *
 * The direction of an attribute at a face is w = basis^T (mean of the codes of the k nearest faces that have it - mean of the
 * codes of the k nearest that lack it): Upchurch et al., CVPR 2017, eq. 2, within the span of the database's basis, and
 * likewise within its details (detail.h).
 */

#ifndef DFI_DIRECTION_H
#define DFI_DIRECTION_H

#include "database/database.h"
#include "database/request.h"

/* Which faces are near. */
typedef enum
{
  DFI_NEAR_FEATURES,  /* whose features are, as in the paper */
  DFI_NEAR_ATTRIBUTES /* whose attributes are, as in the authors' published code: all of them, as the predictor gives them */
} DfiNearness;

typedef struct
{
  int          neighbours; /* k, at least DFI_NEIGHBOURS_MIN; fewer are used where the database has fewer */
  DfiNearness  nearness;
  double       delta; /* 0: a strength is alpha. > 0: it is multiplied by delta / mean (w^2), as in the authors' code */
  DfiTaps      taps;  /* layers that this mean is over, some of the database's; 0: all of them. Nearness is by all */
  gboolean     focus; /* weigh the direction by how sure it is, place by place: see focus.h */
  gboolean     alike; /* choose faces on the side that is gone to a second time: see below */
  const float *where; /* (size, size) in 0..1, nullable: where these must look like the result; NULL: everywhere */
} DfiDirectionOptions;

/* How a direction was found. */
typedef struct
{
  int    attribute;
  double alpha;      /* what w was multiplied by */
  int    neighbours; /* on either side */
  int    agreeing;   /* of these, how many agree with the face on all of `within`; all, where hair alone is compared */
} DfiDirectionNote;

/**
 * dfi_database_direction:
 * @code: (c) of the face: dfi_database_project()
 * @requests: (array length=n_requests)
 * @options: how the neighbours are chosen and the strengths are meant
 * @direction: (D), overwritten: the sum over the requests of alpha w; undefined after an error
 * @own: (nullable): (D) in: the features of the face; out: what of them gives way to the direction (focus.h), with `focus` and a
 *       single request of an attribute that says so, and 0 otherwise; undefined after an error
 * @notes: (array length=n_requests) (out caller-allocates): how each was found
 * @error: DFI_ERROR_VALUE when fewer than DFI_NEIGHBOURS_MIN faces have or lack an attribute, or @code is not finite;
 *         DFI_ERROR_MEMORY; DFI_ERROR_IO and _FORMAT when the basis cannot be read
 *
 * Nearness is the distance between codes, or between what the predictor says of all attributes.  Ties go to the face that
 * comes first.
 *
 * The faces fall into groups by where they stand on each attribute of `within`: the face at hand by what the predictor says of
 * it as it is, the others by their labels, or by the predictor where those leave it open. Neighbours come from the face's own
 * group; what lacks to k comes from the others, those first that differ in what is last in the list. Each group gives as many
 * to one side as to the other (a woman's moustache is the one that men have, against men without), since one side alone would
 * bring the difference between the groups into the direction.
 *
 * A mean of a hundred faces blurs what differs among them: of glasses of a hundred shapes the shadow of glasses is left. With
 * `alike`, the side that is gone to is therefore chosen a second time, as many faces as the attribute says: those that look most
 * like the face with the change at its usual strength, `where` it counts; and again, as the change becomes clearer. Of the
 * basis's main rows, light, pose and ground, for which it takes many faces to cancel out, the first choice's change remains, or
 * as much of it as the attribute's `light` says.
 */
gboolean dfi_database_direction (const DfiDatabase         *database,
                                 const double              *code,
                                 const DfiRequest          *requests,
                                 int                        n_requests,
                                 const DfiDirectionOptions *options,
                                 float                     *direction,
                                 float                     *own,
                                 DfiDirectionNote          *notes,
                                 GError                   **error);

#endif
