/* check.h: files are imported, and what comes of it is looked at. */

#ifndef DFI_TESTS_IMPORT_CHECK_H
#define DFI_TESTS_IMPORT_CHECK_H

#include "network.h"

/* What is imported, and what it becomes. */
extern char *check_in, *check_out;

/* A new folder for both; returns it. */
const char *check_start (void);
void        check_end (void);

/* The file @check_in gets these bytes. */
void check_write (const guint8 *bytes, size_t size);

/* Takes @bytes, which are imported and come out as the numbers of @network. */
void check_accept (GByteArray *bytes, const Network *network, gboolean half);

/* Takes @bytes, which are refused in a sentence that names the file and says @text; and no file comes of it. */
void check_refuse (GByteArray *bytes, const char *text);

/* Takes @bytes, which are cut short everywhere, and get a bit turned everywhere, or, where that takes long, at every @step-th
 * such place: no crash, and either a good file or a sentence. */
void check_damage (GByteArray *bytes, int step);

#endif
