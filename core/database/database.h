/* database.h: faces with known attributes, each as a short code of its features.
 *
 * A safetensors file (safetensors.h) with `dfi.kind` = database, `dfi.version` = 2 and
 *   metadata  dfi.encoder     SHA-256 of the weights it belongs to (dfi_encoder_sha256())
 *             dfi.frame       JSON { "size", "eyes": [x, y, x, y], "mouth": [x, y] }, or { "size", "whole": true } when it is
 *                             of whole pictures that are no faces
 *             dfi.taps        JSON { "relu3_1": [C, H, W], ... }, the layers that make up the D features, and their shapes;
 *                             and "chroma": [2, H, W] (basis.h), which version 1 has not. A list of shapes alone is of relu3_1,
 *                             relu4_1 and relu5_1
 *             dfi.attributes  JSON [ { "name", "opposite", "label", "opposite_label", "group", "words", "strength",
 *                             "region", "colour", "hair", "light", "alike", "favourite": true, "within": [name, ...] } ], in
 *                             the order of the label bits; all but "name" may be missing
 *             dfi.provenance  where the faces come from, a sentence
 *   mean      F32 (D)            mean feature vector
 *   basis     U8  (r, B)         orthonormal directions, 4 bits an entry: see basis.h
 *   scale     F32 (r, S)         step of each row in each channel: see basis.h
 *   labels    U8  (N, ceil(A/8)) bit i of attribute 8 j + i in byte j
 *   codes     F16 (N, r)         each face's coordinates: basis (phi - mean)
 *   predictor F32 (A, r + 1)     linear rule for each attribute from a code: > 0 says yes; the last column is the constant
 *   tones     F16 (N, 4)         of each face's hair: luma, deviation of luma, Cb, Cr (picture/tone.h). NaN is what is not known:
 *                                all four where no hair was seen, Cb and Cr in a grey picture. Missing when no face's is known
 * and, where it has details (detail.h), whose number i counts from 0,
 *   metadata  dfi.details     JSON [ [left, top, right, bottom], ... ], no two of which meet
 *   detail-i-basis  U8  (q, B')  rows in the detail alone; B' and S' are those of its layout
 *   detail-i-scale  F32 (q, S')
 *   detail-i-codes  F16 (N, q)   each face's coordinates
 *
 * A file NAME.attributes beside NAME.safetensors (attribute-file.h) takes the place of dfi.attributes, but for the names and
 * their order.
 *
 * A database never changes, so that threads may share it.
 */

#ifndef DFI_DATABASE_H
#define DFI_DATABASE_H

#include "database/attribute.h"
#include "network/encoder.h"
#include "picture/align.h"

#define DFI_DATABASE_VERSION 2  /* 1 is read, too: it has no chroma */
#define DFI_NEIGHBOURS_MIN   10 /* faces on either side of an attribute that a change of it takes at least */

typedef struct _DfiDatabase DfiDatabase;

/**
 * dfi_database_open:
 * @encoder: weights to be used with it
 * @error: DFI_ERROR_IO, _FORMAT, _MEMORY; DFI_ERROR_SHAPE when it was built with other weights
 *
 * Returns: (transfer full) (nullable): free with dfi_database_free()
 */
DfiDatabase *dfi_database_open (const char *path, const DfiEncoder *encoder, GError **error);
/* As above, for a look inside: any weights. */
DfiDatabase *dfi_database_peek (const char *path, GError **error);
void         dfi_database_free (DfiDatabase *database); /* NULL is fine */

/* What these return belongs to the database.  A piece of metadata that the file does not have is NULL. */
const char         *dfi_database_path (const DfiDatabase *database);
const char         *dfi_database_metadata (const DfiDatabase *database, const char *key);
const DfiFrame     *dfi_database_frame (const DfiDatabase *database);
DfiTaps             dfi_database_taps (const DfiDatabase *database);
size_t              dfi_database_n_faces (const DfiDatabase *database);
int                 dfi_database_rank (const DfiDatabase *database);
size_t              dfi_database_n_features (const DfiDatabase *database);
int                 dfi_database_n_attributes (const DfiDatabase *database);
const DfiAttribute *dfi_database_attribute (const DfiDatabase *database, int attribute); /* all lie one behind the other */
/* Faces that have the attribute, and that are sure to lack it (attribute.h).  A change takes DFI_NEIGHBOURS_MIN of each. */
size_t dfi_database_count (const DfiDatabase *database, int attribute);
size_t dfi_database_lacking (const DfiDatabase *database, int attribute);
/* Faces the tone of whose hair is known: 0 in a database without tones. */
size_t dfi_database_n_tones (const DfiDatabase *database);

#endif
