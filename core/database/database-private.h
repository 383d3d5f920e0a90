/* database-private.h: what database.c has loaded, for direction.c. */

#ifndef DFI_DATABASE_PRIVATE_H
#define DFI_DATABASE_PRIVATE_H

#include <json-glib/json-glib.h>

#include "database/basis.h"
#include "database/database.h"
#include "files/safetensors-reader.h"

struct _DfiDatabase
{
  DfiSafetensors *file;    /* basis, labels and codes stay in it */
  JsonNode       *strings; /* of the attributes */
  DfiFrame        frame;
  DfiAttribute   *attributes;   /* (A) */
  size_t         *counts;       /* (A) faces that have each */
  int             n_attributes; /* A */
  size_t          n_faces;      /* N, fits 32 bits */
  size_t          label_bytes;  /* ceil (A / 8) */
  float          *mean;         /* (D) */
  float          *scale;        /* (r, S) */
  float          *predictor;    /* (A, r + 1) */
  DfiBasis        basis;
  const guint8   *labels; /* (N, ceil (A / 8)) */
  const guint8   *codes;  /* (N, r) halves, all finite, of any alignment */
};

/* 1 when the face with these labels has @attribute; -1 when it is certain to lack it: it has the opposite, or there is no
 * opposite; 0 when its labels do not say. */
int dfi_labels_side (const guint8 *labels, const DfiAttribute *attributes, int attribute);

/* What @attribute's predictor says of a face with this @code (r), on the same scale: 1 or -1. */
int dfi_predict (const DfiDatabase *database, int attribute, const float *code);

#endif
