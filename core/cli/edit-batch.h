/* edit-batch.h: many photographs edited in one go, past those that fail. */

#ifndef DFI_EDIT_BATCH_H
#define DFI_EDIT_BATCH_H

#include "edit-job.h"

/**
 * dfi_edit_batch:
 * @inputs: (array zero-terminated=1): photographs, and folders of photographs
 * @folder: where the edited ones go, under their own names; is made when it is not there
 * @report: (nullable): file that lists those that failed, a line each: its path, a tab, the reason
 * @n_jobs: how many are edited at a time, at least 1
 *
 * Says on standard error what fails, goes on, and shows progress; prints JSON when the order asks for it.
 *
 * Returns: the exit status: DFI_EXIT_FAILED when one failed, or nothing could be begun
 */
int dfi_edit_batch (const DfiEditOrder *order, char **inputs, const char *folder, const char *report, int n_jobs);

#endif
