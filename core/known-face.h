/* known-face.h: what one edit finds out about a face, so that the next one of it, with other strengths, has no need to.
 *
 * Stages fill in what is missing.  All of it is of one face and one way to edit, and is forgotten when either is another.
 */

#ifndef DFI_KNOWN_FACE_H
#define DFI_KNOWN_FACE_H

#include "database/direction.h"
#include "picture/face.h"
#include "picture/image.h"
#include "picture/mask.h"

/* An attribute's direction at a face, confined to where it may change something. */
typedef struct
{
  DfiDirectionNote note; /* of strength 1, or of -1 for the way back, */
  float           *w;    /* (D) likewise */
  float           *own;  /* (D) what the face has of its own and loses from that strength on, or NULL */
} DfiKnownDirection;

/* Begins as all 0.  Besides what identifies it, everything may be NULL: not asked for yet. */
typedef struct
{
  DfiImage           *crop;                          /* the face in its frame; NULL: nothing is known */
  double              landmarks[DFI_N_LANDMARKS][2]; /* of which masks are made, or 0 */
  gboolean            colour;                        /* features are of all three channels, and not of luma alone */
  DfiDirectionOptions how;                           /* without `where` */
  double              feather;                       /* of masks */

  float             *masks[DFI_N_REGIONS]; /* (size, size) where changes of a region may show; NULL also without a face */
  float             *phi;                  /* (D) */
  double            *code;                 /* (r) the database's of it */
  float             *decoded;              /* (size, size) what the decoder makes of it */
  float             *tints;                /* dfi_colour_tints() */
  DfiKnownDirection *directions;           /* of the attributes that were asked for last */
  int                n_directions;
} DfiKnownFace;

void dfi_known_face_clear (DfiKnownFace *known);

/**
 * dfi_known_face_recall:
 * @known: (inout): forgets everything, unless it is of this face in this way
 * @crop: the face in its frame; copied
 * @face: (nullable): has the landmarks; NULL where no mask depends on them
 * @how: its `where` does not count
 * @error: DFI_ERROR_MEMORY
 */
gboolean dfi_known_face_recall (DfiKnownFace              *known,
                                const DfiImage            *crop,
                                const DfiFace             *face,
                                gboolean                   colour,
                                const DfiDirectionOptions *how,
                                double                     feather,
                                GError                   **error);

/* Forgets the directions of other attributes than these. */
void dfi_known_face_keep_directions (DfiKnownFace *known, const DfiRequest *requests, int n_requests);

/* The direction of an attribute of this sign, or NULL. */
const DfiKnownDirection *dfi_known_face_direction (const DfiKnownFace *known, const DfiRequest *request);

/* Takes what @direction holds.  The pointer is good until the next call. */
const DfiKnownDirection *dfi_known_face_add_direction (DfiKnownFace *known, const DfiKnownDirection *direction);

void dfi_known_direction_clear (DfiKnownDirection *direction);

#endif
