/* sums.h: numbers that a stage adds up over pictures, by name, so that who saves or merges them need not know what they are. */

#ifndef DFI_SUMS_H
#define DFI_SUMS_H

#include "base/error.h"

#define DFI_SUMS_MAX 4 /* that a stage gathers */

/* (rows, columns) floats or doubles. */
typedef struct
{
  const char *name;
  size_t      width; /* bytes of a number: 4 or 8 */
  size_t      rows;
  size_t      columns;
  gpointer    values; /* owned; NULL once they are taken */
} DfiSum;

/* All zero: no sums. */
typedef struct
{
  DfiSum sums[DFI_SUMS_MAX];
  int    n;
  DfiGoOnFunc
           go_on; /* (nullable): asked with @data for each row of a sum that is entered, since there may be a gigabyte of them */
  gpointer data;
} DfiSums;

/* Enters a sum that is zero so far.  @name must last.  FALSE with DFI_ERROR_MEMORY or _CANCELLED. */
gboolean dfi_sums_enter (DfiSums *sums, const char *name, size_t width, size_t rows, size_t columns, GError **error);

/* The values of the sum @name, which must be there: a pointer to @width bytes a number. */
gpointer dfi_sums_find (const DfiSums *sums, const char *name);
/* The same, which are the caller's then; free with g_free(). */
gpointer dfi_sums_take (DfiSums *sums, const char *name);

/* Adds @others, which have the same names and shapes. */
void dfi_sums_add (DfiSums *sums, const DfiSums *others);

void dfi_sums_clear (DfiSums *sums);

#endif
