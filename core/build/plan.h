/* plan.h: what a database is to be built of, and how. */

#ifndef DFI_PLAN_H
#define DFI_PLAN_H

#include "build/framing.h"
#include "database/attribute.h"
#include "database/database.h"
#include "hair/hair-network.h"
#include "picture/tone.h"
#include "picture/photo.h"

#define DFI_BUILD_FACES_MIN (2 * DFI_NEIGHBOURS_MIN)

/* Told of every picture that is left out, and why; again when a build goes on that had left it out before. */
typedef void (*DfiSkipFunc) (const char *file, const GError *reason, gpointer data);

/* Told of a picture that is used but was not read as it was: what was converted, or is missing. */
typedef void (*DfiNoteFunc) (const char *file, const char *note, gpointer data);

/* Nothing is owned. */
typedef struct
{
  const char           *folder;
  const char *const    *files; /* (n_files) names of pictures in it, or paths */
  size_t                n_files;
  const guint8         *labels;     /* (n_files, ceil (A / 8)), as in attribute.h */
  const DfiAttribute   *attributes; /* (A) */
  int                   n_attributes;
  DfiFraming            framing;      /* what part of a picture becomes the frame */
  DfiTaps               taps;         /* layers that make up the features */
  int                   rows;         /* of the basis, at most; fewer when the pictures are fewer than twice as many */
  int                   detail_rows;  /* of each detail's basis, at most, as above; 0: no details */
  const char           *detail_faces; /* (nullable): faces that the details have to show best, as in emphasis.h */
  const DfiHairNetwork *hair; /* (nullable): measures the tone of each face's hair, of which pictures taken whole have none */
  const char           *provenance;    /* (nullable) */
  double                save_every;    /* seconds between savings of what a killed build goes on from; 0: after each batch */
  gboolean              allow_missing; /* build also when most of the pictures are not there */
  gboolean              restart;       /* throw away what was saved, instead of going on from it */
  DfiPhotoLimits        limits;        /* of pictures */
  DfiNoteFunc           note;          /* (nullable): given the same data as the other functions of the build */
} DfiBuildPlan;

/* DFI_ERROR_VALUE for a plan that makes no sense, DFI_ERROR_IO when there is no folder, DFI_ERROR_MISSING. */
gboolean dfi_plan_check (const DfiBuildPlan *plan, GError **error);

/* How often all pictures are read: 3 times, with details 4 (stage.h). */
int dfi_plan_stages (const DfiBuildPlan *plan);

const guint8 *dfi_plan_labels (const DfiBuildPlan *plan, size_t file);

/* The path of a picture.  Where there is none of that name, its backslashes may stand for slashes, and an ending such as .jpg may
 * be missing.  Free with g_free(). */
char *dfi_plan_path (const DfiBuildPlan *plan, size_t file);

#endif
