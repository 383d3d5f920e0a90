/* database.h: faces with known attributes, and the directions in feature space that lie between them.
 *
 * A safetensors file (safetensors.h) with `dfi.kind` = database, `dfi.version` = 1 and
 *   metadata  dfi.encoder     SHA-256 of the weights it belongs to (dfi_encoder_sha256())
 *             dfi.frame       JSON { "size", "eyes": [x, y, x, y], "mouth": [x, y] }, or { "size", "whole": true } when it is
 *                             of whole pictures that are no faces
 *             dfi.taps        JSON { "relu3_1": [C, H, W], ... }, the layers that make up the D features, and their shapes. A
 *                             list of shapes alone is of relu3_1, relu4_1 and relu5_1
 *             dfi.attributes  JSON [ { "name", "opposite", "label", "opposite_label", "group", "strength", "region",
 *                             "favourite": true, "within": [name, ...] } ], in the order of the label bits; all but "name" may be missing
 *             dfi.provenance  where the faces come from, a sentence
 *   mean      F32 (D)            mean feature vector
 *   basis     U8  (r, B)         orthonormal directions, 4 bits an entry: see core/basis.h
 *   scale     F32 (r, S)         step of each row in each channel: see core/basis.h
 *   labels    U8  (N, ceil(A/8)) bit i of attribute 8 j + i in byte j
 *   codes     F16 (N, r)         each face's coordinates: basis (phi - mean)
 *   predictor F32 (A, r + 1)     linear rule for each attribute from a code: > 0 says yes; the last column is the constant
 *
 * A face is on the one side of an attribute when it has it, and on the other when it lacks it and has its opposite, or when
 * there is no opposite.  Faces that have neither of the two are on no side: labels often say yes only when they are sure.
 *
 * The direction of an attribute at a face is w = basis^T (mean of the codes of the k nearest faces that have it - mean of the
 * codes of the k nearest that lack it): Upchurch et al., CVPR 2017, eq. 2, within the span of the basis.
 */

#ifndef DFI_DATABASE_H
#define DFI_DATABASE_H

#include "picture/align.h"
#include "network/encoder.h"
#include "picture/mask.h"

#define DFI_DATABASE_VERSION 1
#define DFI_NEIGHBOURS_MIN   10
#define DFI_WITHIN_MAX       3

typedef struct _DfiDatabase DfiDatabase; /* never changes after load, so threads may share it */

typedef struct
{
  const char *name;                   /* as scripts say it: "smiling" */
  const char *label;                  /* as people read it: "Smiling" */
  const char *opposite_label;         /* what the other end of the slider is called, or NULL */
  const char *group;                  /* "expression", "age", ..., or NULL */
  int         opposite;               /* attribute whose faces are the ones that lack this one; -1: all faces without it */
  int         within[DFI_WITHIN_MAX]; /* neighbours should agree with the face on these, the first above all; then -1 */
  double      strength;               /* alpha that looks right on most faces */
  DfiRegion   region;
  gboolean    favourite; /* an edit that suits most photographs, to be offered first */
} DfiAttribute;

/* One wish: move along @attribute by @alpha; 1 is the mean difference between faces with and without it, negative values go
 * the other way. */
typedef struct
{
  int    attribute;
  double alpha;
} DfiRequest;

/* Which faces are near. */
typedef enum
{
  DFI_NEAR_FEATURES,  /* whose features are, as in the paper */
  DFI_NEAR_ATTRIBUTES /* whose attributes are, as in the authors' published code: all of them, as the predictor gives them */
} DfiNearness;

typedef struct
{
  int         neighbours; /* k, at least DFI_NEIGHBOURS_MIN; fewer are used where the database has fewer */
  DfiNearness nearness;
  double      delta; /* 0: a strength is alpha. > 0: it is multiplied by delta / mean (w^2), as in the authors' code */
  DfiTaps     taps;  /* layers that this mean is over, some of the database's; 0: all of them. Nearness is by all */
} DfiDirectionOptions;

/* How a direction was found. */
typedef struct
{
  int    attribute;
  double alpha;      /* what w was multiplied by */
  int    neighbours; /* on either side */
  int    agreeing;   /* of these, how many agree with the face on all of `within` */
} DfiDirectionNote;

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

/* Gives back the memory that the file's pages take, until they are read again. */
void dfi_database_release_pages (const DfiDatabase *database);

const char         *dfi_database_path (const DfiDatabase *database);
const DfiFrame     *dfi_database_frame (const DfiDatabase *database);
DfiTaps             dfi_database_taps (const DfiDatabase *database);
size_t              dfi_database_n_faces (const DfiDatabase *database);
int                 dfi_database_rank (const DfiDatabase *database);
size_t              dfi_database_n_features (const DfiDatabase *database);
int                 dfi_database_n_attributes (const DfiDatabase *database);
const DfiAttribute *dfi_database_attribute (const DfiDatabase *database, int attribute);
/* Faces that have the attribute, and that are sure to lack it; see above. Changing it takes DFI_NEIGHBOURS_MIN of each. */
size_t      dfi_database_count (const DfiDatabase *database, int attribute);
size_t      dfi_database_lacking (const DfiDatabase *database, int attribute);
const char *dfi_database_metadata (const DfiDatabase *database, const char *key);

/**
 * dfi_requests_parse:
 * @text: such as "smiling=2, eyeglasses=-1.5"; a name alone means its own strength; spaces do not count
 * @n_requests: (out)
 * @error: DFI_ERROR_VALUE: an unknown name (the message lists the closest ones), not a number, named twice, nothing named
 *
 * Numbers are read with a decimal point in every locale, and must lie in -10..10.
 *
 * Returns: (transfer full) (array length=n_requests) (nullable): free with g_free()
 */
DfiRequest *dfi_requests_parse (const DfiDatabase *database, const char *text, int *n_requests, GError **error);

/**
 * dfi_database_direction:
 * @features: (D) of the face
 * @requests: (array length=n_requests)
 * @options: how the neighbours are chosen and the strengths are meant
 * @direction: (D), overwritten: the sum over the changes of alpha w; undefined after an error; must not overlap @features
 * @notes: (array length=n_requests) (out caller-allocates): how each was found
 * @error: DFI_ERROR_VALUE when fewer than DFI_NEIGHBOURS_MIN faces have or lack an attribute, or @features are not finite;
 *         DFI_ERROR_MEMORY
 *
 * Nearness is the distance between codes, or between what the predictor says of all attributes.  Ties go to the face that comes first.
 *
 * The faces fall into groups by where they stand on each attribute of `within`: the face at hand by what the predictor says of
 * it as it is, the others by their labels, or by the predictor where those leave it open. Neighbours come from the face's own
 * group; what lacks to k comes from the others, those first that differ in what is last in the list. Each group gives as many
 * to one side as to the other (a woman's moustache is the one that men have, against men without), since one side alone would
 * bring the difference between the groups into the direction.
 */
gboolean dfi_database_direction (const DfiDatabase         *database,
                                 const float               *features,
                                 const DfiRequest          *requests,
                                 int                        n_requests,
                                 const DfiDirectionOptions *options,
                                 float                     *direction,
                                 DfiDirectionNote          *notes,
                                 GError                   **error);

#endif
