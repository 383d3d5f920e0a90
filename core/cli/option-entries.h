/* option-entries.h: the table of options as options of a command. */

#ifndef DFI_OPTION_ENTRIES_H
#define DFI_OPTION_ENTRIES_H

#include "dfi.h"

/* What was given, in the order of the table; NULL where nothing was. */
typedef struct
{
  char *texts[DFI_N_OPTIONS];
} DfiGivenOptions;

void dfi_given_options_clear (DfiGivenOptions *given);

/* Appends entries for all options, as GOptionEntry, of a group whose data is a DfiGivenOptions: "--colour" is "colour=yes",
 * and "--no-match" is "match=no".  What the entries point to lives until @strings is freed. */
void dfi_option_entries_append (GArray *entries, GStringChunk *strings);

#endif
