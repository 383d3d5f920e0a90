/* codes.h: what directions are made of: the codes of a database's faces, and what its predictor says of a code.  The functions
 * are in database.c. */

#ifndef DFI_CODES_H
#define DFI_CODES_H

#include "database/basis.h"
#include "database/database.h"
#include "database/detail.h"
#include "picture/tone.h"

/* Belongs to the database. Its rows are read from the file: DFI_ERROR_IO or _FORMAT when that cannot be read any more. */
const DfiBasis *dfi_database_basis (const DfiDatabase *database);

/* Likewise its details, @n of them. */
const DfiDetail *dfi_database_details (const DfiDatabase *database, int *n);

/* c: the numbers of a code. The basis's r come first, then those of one detail after the other. */
int dfi_database_code_length (const DfiDatabase *database);

/* The mean of the faces' features (D). */
const float *dfi_database_mean (const DfiDatabase *database);

/* @code (c) of @features (D): basis (@features - mean), and what the details make of the rest (detail.h). FALSE with
 * DFI_ERROR_IO, _FORMAT or _MEMORY. */
gboolean dfi_database_project (const DfiDatabase *database, double *code, const float *features, GError **error);

/* @code (c) of the face number @face. */
void dfi_database_code (const DfiDatabase *database, size_t face, float *code);

/* dfi_labels_side() of the face number @face. */
int dfi_database_side (const DfiDatabase *database, size_t face, int attribute);

/* (N) of each face's hair, NaN where it is not known; NULL in a database without tones. */
const DfiTone *dfi_database_tones (const DfiDatabase *database);

/* The attribute's row of the predictor (r + 1). */
const float *dfi_database_rule (const DfiDatabase *database, int attribute);

/* What the predictor says of a face by the first r numbers of its @code (c): above 0 when it has the attribute, the more the
 * surer. */
double dfi_database_predict (const DfiDatabase *database, int attribute, const float *code);

#endif
