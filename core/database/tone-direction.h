/* tone-direction.h: the way from the hair of faces that lack an attribute to the hair of those that have it, near a given hair.
 *
 * As in direction.h, but features are the hair's own: its tone (picture/tone.h), wherever it lies in each photograph. These are
 * four numbers, and what the attribute is about is all that they say. So the nearest faces that have it would be those that have
 * it least: the nearest of 726 with gray hair to black hair are hardly gray, and the nearest of 3,609 with brown hair are as
 * black. Of the side that is gone to all faces count, therefore, and nearest are those alone that the hair comes from. What
 * its chroma differs in from theirs, such as the cast of the photograph, gives way: it would be left over, as green hair that
 * should be gray. Where the hair's colour itself is asked for its luma gives way likewise: white hair is far from all that is
 * black, and by as much as black hair brightens on the way to blond it would end beyond white.
 */

#ifndef DFI_TONE_DIRECTION_H
#define DFI_TONE_DIRECTION_H

#include "database/database.h"
#include "picture/tone.h"

/**
 * dfi_database_tone_direction:
 * @sign: which way: > 0 towards the faces that have @attribute, < 0 towards those that lack it
 * @tone: of the hair at hand; its cb and cr are NaN when it is in a grey picture
 * @neighbours: faces on the side that the hair comes from, at most
 * @w: (out): mean tone of all faces on the side that is gone to, less that of the nearest on the other; 0 for chroma when @tone
 *     has none
 * @own: (out): what @tone has of its own, and loses on the way up to a strength of 1: its chroma less that of the nearest, and
 *     its luma likewise where the attribute's region is the hair
 *
 * Nearness is the mean square of the differences, each divided by the deviation of its number over the database. Faces in grey
 * pictures are compared by luma alone, and count for it alone: chroma is that of as many others. Ties go to the face that comes
 * first.
 *
 * Returns: how many nearest faces the hair comes from; 0 when the database knows the hair of fewer than DFI_NEIGHBOURS_MIN faces
 *          on either side: neither is set then
 */
int dfi_database_tone_direction (const DfiDatabase *database,
                                 int                attribute,
                                 double             sign,
                                 const DfiTone     *tone,
                                 int                neighbours,
                                 DfiTone           *w,
                                 DfiTone           *own);

/* Whether the database knows the hair of enough faces on either side of @attribute; else DFI_ERROR_VALUE. */
gboolean dfi_database_check_tones (const DfiDatabase *database, int attribute, GError **error);

#endif
