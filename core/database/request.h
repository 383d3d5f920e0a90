/* request.h: what a person or script asks for, in words: "smiling=2, eyeglasses=-1.5". */

#ifndef DFI_REQUEST_H
#define DFI_REQUEST_H

#include "database/database.h"

/* One wish: move along @attribute by @alpha; 1 is the mean difference between faces with and without it, negative values go
 * the other way. */
typedef struct
{
  int    attribute;
  double alpha;
} DfiRequest;

/**
 * dfi_requests_parse:
 * @text: such as "smiling=2, eyeglasses=-1.5"; a name alone means its own strength; spaces do not count
 * @n_requests: (out)
 * @error: DFI_ERROR_ATTRIBUTE for an unknown name (the message lists the closest ones); DFI_ERROR_VALUE for what is no number,
 *         or named twice, and when nothing is named
 *
 * Names may be in capitals, and may be what else people call an attribute (dfi_attribute_is_called()), of which the first is
 * meant.  Numbers are read with a decimal point or comma in every locale ("smiling=1,5, beard" are two
 * requests), and must lie in -DFI_STRENGTH_MAX..DFI_STRENGTH_MAX.
 *
 * Returns: (transfer full) (array length=n_requests) (nullable): free with g_free()
 */
DfiRequest *dfi_requests_parse (const DfiDatabase *database, const char *text, int *n_requests, GError **error);

#endif
