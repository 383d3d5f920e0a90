/* fingerprint.h: what tells one plan from another. */

#ifndef DFI_FINGERPRINT_H
#define DFI_FINGERPRINT_H

#include "build/plan.h"
#include "database/basis.h"

/* SHA-256 over all that the database depends on: the plan, the pictures' names and sizes, the weights (SHA-256 @encoder), and
 * the features' @layout.  Free with g_free(). */
char *dfi_plan_fingerprint (const DfiBuildPlan *plan, const char *encoder, const DfiLayout *layout);

#endif
