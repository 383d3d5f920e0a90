/* asked.h: what is asked of each of several faces, in one text.  "smiling=2" is asked of those that are chosen, "2: senior=1" of
 * face number 2, and both together are "smiling=2; 2: senior=1". */

#ifndef DFI_ASKED_H
#define DFI_ASKED_H

#include "dfi.h"

/**
 * dfi_asked_parse:
 * @text: as above; before a colon stands what dfi_faces_chosen() reads
 * @faces: likewise: which are chosen
 * @n_faces: that there are
 * @error: as dfi_faces_chosen() sets it
 *
 * Returns: (transfer full) (nullable): one text a face as dfi_requests_parse() reads it, "" for nothing, NULL at the end; free
 *   with g_strfreev()
 */
char **dfi_asked_parse (const char *text, const char *faces, int n_faces, GError **error);

/**
 * dfi_asked_print:
 * @asked: one text a face, NULL at the end
 * @faces: (out) (transfer full) (optional): the numbers of those of which something is asked; free with g_free()
 *
 * Returns: (transfer full): what dfi_asked_parse() reads: with @faces, if the same is asked of all these, and else with numbers;
 *   free with g_free()
 */
char *dfi_asked_print (char *const *asked, char **faces);

/* What is asked of those that are chosen, as dfi_requests_parse() reads it, and the rest: what is asked of faces by their
 * numbers.  Free with g_free(). */
char *dfi_asked_of_chosen (const char *text);
char *dfi_asked_of_numbers (const char *text);

#endif
