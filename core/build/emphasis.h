/* emphasis.h: how much each face counts where details are found (details.h).
 *
 * Glasses, of which a hundred faces of ten thousand have a pair, are a small part of how faces differ: rows that suit all faces
 * alike leave their rims out.  So a plan may name faces that the details have to show best, in entries with commas between, each
 * an attribute or several that a face must all have: "eyeglasses+sharp,mouth-wide-open+sharp".  Where names have a "+" of their
 * own, the longest is meant.  Half of all weight goes to the entries, evenly among them and evenly among the faces of each; the
 * other half goes evenly to all faces.
 */

#ifndef DFI_EMPHASIS_H
#define DFI_EMPHASIS_H

#include "build/state.h"

/* DFI_ERROR_VALUE when the plan names an attribute that there is not, or an entry of faces that there are not. */
gboolean dfi_emphasis_check (const DfiBuildPlan *plan, GError **error);

/* @weights (n_files) of faces' squares, 1 in the mean; of the pictures only those count that are used, which is known from stage
 * 2 on.  An entry of which none is used has no weight.  The plan has been checked. */
void dfi_emphasis_weigh (const DfiBuildState *state, float *weights);

#endif
