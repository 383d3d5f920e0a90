/* state.h: a build under way, and the steps that build.c puts together.
 *
 *   build-pictures.c   pictures to features, a batch at a time
 *   build-basis.c      stages 1 and 2: sums over pictures, and the basis that they make
 *   build-codes.c      stage 3: codes, sums over them, and the database
 *   build-state.c      all of it to a file and back
 *   build-merge.c      sums of shards added up
 */

#ifndef DFI_BUILD_STATE_H
#define DFI_BUILD_STATE_H

#include <stdio.h>

#include "build/build.h"
#include "database/basis.h"
#include "network/pass.h"
#include "files/safetensors-reader.h"
#include "files/safetensors-writer.h"

#define DFI_BUILD_BATCH 64 /* pictures that share a matrix product */
#define DFI_BUILD_SUMS  4  /* that a stage gathers at most */

/* Something that is summed over pictures: (rows, columns) floats or doubles. */
typedef struct
{
  const char *name;
  size_t      width; /* bytes of a number: 4 or 8 */
  size_t      rows;
  size_t      columns;
  gpointer    values; /* owned, unless a stage has taken it */
} DfiBuildSum;

typedef struct
{
  const DfiBuildPlan *plan;
  char               *encoder;     /* SHA-256 of the weights */
  char               *fingerprint; /* of all that the result depends on */
  DfiLayout           layout;
  size_t              label_bytes;

  int            stage; /* 1 to DFI_BUILD_STAGES */
  int            shard; /* 1 to n_shards */
  int            n_shards;
  size_t         next;     /* pictures of the shard before this one are in the sums */
  DfiSimilarity *maps;     /* (n_files) frame -> picture; all 0 for a picture that is not used (yet) */
  GString       *left_out; /* a line for each picture that is left out: its place, a space, why */

  DfiBuildSum sums[DFI_BUILD_SUMS];
  int         n_sums;
  float      *mixtures;     /* stage 1 (rank, D): random mixtures of the features */
  double     *signs;        /*         (rank): sum of each mixture's factors */
  double     *total;        /*         (D): of the features */
  float      *moments;      /* stage 2 (rank + A, D): basis times covariance, then mean differences */
  double     *inner;        /* stages 2 and 3 (rank, rank): sums of products of codes */
  double     *code_total;   /* stage 3 (rank) */
  double     *class_totals; /*         (A, 2, rank): of the codes of the faces on either side */
  double     *class_counts; /*         (A, 2) */

  int     rank;
  float  *mean;   /* from stage 2 on (D) */
  float  *basis;  /* from stage 2 on (rank, D): orthonormal; at stage 3 the final one, as readers see it */
  guint8 *packed; /* stage 3 (rank, B) */
  float  *scale;  /*         (rank, S) */

  /* Only where pictures are read: */
  DfiPass *pass;
  float   *batch; /* (DFI_BUILD_BATCH, D) features */
  size_t   members[DFI_BUILD_BATCH];
  int      n_batch;
  float   *coefficients; /* (DFI_BUILD_BATCH, rank + A) */
  float   *product;      /* (rank, rank) */
  double  *weights;      /* stage 2 (A, 3, 2): see weigh_attributes() */
  FILE    *codes;        /* stage 3: halves (n_coded, rank) */
  size_t   n_coded;
  gboolean basis_saved; /* stage 2: whether the folder has it */

  DfiSkipFunc     skip;
  DfiProgressFunc progress;
  gpointer        data;
} DfiBuild;

/* Writes codes (rank) halves of all faces, in order. */
typedef gboolean (*DfiCodesFunc) (DfiSafetensorsWriter *writer, gpointer data, GError **error);

/* ---------- build.c ---------- */

void dfi_build_clear (DfiBuild *build);
/* Pictures [first, end) are the shard's. */
size_t        dfi_build_first (const DfiBuild *build, int shard);
size_t        dfi_build_end (const DfiBuild *build, int shard);
gboolean      dfi_build_uses (const DfiBuild *build, size_t file);
size_t        dfi_build_count_faces (const DfiBuild *build);
const guint8 *dfi_build_labels (const DfiBuild *build, size_t file);
/* dfi_try_alloc() with zeros in it. */
gpointer dfi_build_alloc (size_t count, size_t size, GError **error);
/* Zeros, entered among the sums. */
gpointer dfi_build_add_sum (DfiBuild *build, const char *name, size_t width, size_t rows, size_t columns, GError **error);
/* Ends the sums of a stage. */
void dfi_build_clear_sums (DfiBuild *build);
/* All sums of the stage, zero. */
gboolean dfi_build_start_stage (DfiBuild *build, GError **error);
/* From the sums of stage 1 or 2 to the basis of the next, which becomes the stage; no sums yet. */
gboolean dfi_build_end_stage (DfiBuild *build, GError **error);

/* ---------- build-pictures.c ---------- */

gboolean dfi_build_check_framing (const DfiBuildPlan *plan, GError **error);
/* Adds the shard's pictures from `next` on to the sums, and saves to @folder now and then. */
gboolean dfi_build_read_pictures (DfiBuild *build, const char *folder, GError **error);

/* ---------- build-basis.c ---------- */

gboolean dfi_build_start_mixtures (DfiBuild *build, GError **error);
gboolean dfi_build_mix_batch (DfiBuild *build, GError **error);
gboolean dfi_build_end_mixtures (DfiBuild *build, GError **error);
gboolean dfi_build_start_moments (DfiBuild *build, GError **error);
/* What a batch of the stage needs besides its sums. */
gboolean dfi_build_weigh_attributes (DfiBuild *build, GError **error);
gboolean dfi_build_multiply_batch (DfiBuild *build, GError **error);
gboolean dfi_build_end_moments (DfiBuild *build, GError **error);

/* ---------- build-codes.c ---------- */

gboolean dfi_build_start_codes (DfiBuild *build, GError **error);
gboolean dfi_build_code_batch (DfiBuild *build, GError **error);
/* The codes that were written to the build's own file; @build is a DfiBuild. */
gboolean dfi_build_copy_codes (DfiSafetensorsWriter *writer, gpointer build, GError **error);
gboolean dfi_build_write_database (DfiBuild *build, const char *path, DfiCodesFunc codes, gpointer data, GError **error);

/* ---------- build-state.c ---------- */

/* SHA-256 over what the result depends on. Free with g_free(). */
char *dfi_build_fingerprint (const DfiBuild *build);

/* A partial file: the sums, and with @codes the codes too. */
gboolean dfi_build_save_partial (DfiBuild *build, const char *path, gboolean codes, GError **error);
/* A basis file: what the shards of the stage start from. */
gboolean dfi_build_save_basis (DfiBuild *build, const char *path, GError **error);
/* Reads one; @build has plan, layout and fingerprint, and must fit. */
gboolean dfi_build_load_basis (DfiBuild *build, const char *path, GError **error);

/* Makes @folder if need be, and keeps other builds out of it until the file descriptor that it returns is closed; -1 with
 * DFI_ERROR_IO when another build is at work there. */
int dfi_build_lock (const char *folder, GError **error);
/* Saves what a killed build goes on from in @folder, and goes on from it; with nothing there, starts the stage. */
gboolean dfi_build_save (DfiBuild *build, const char *folder, GError **error);
gboolean dfi_build_resume (DfiBuild *build, const char *folder, GError **error);
/* Opens the codes' file of stage 3 there. */
gboolean dfi_build_open_codes (DfiBuild *build, const char *folder, GError **error);
void     dfi_build_forget (const char *folder);
/* After a failure: what can be gone on from stays. */
void dfi_build_leave (const char *folder);

/* Of partial files in a merge: all but the sums, and the sums added to @build's. */
DfiSafetensors *dfi_build_open_partial (const char *path, GError **error);
gboolean        dfi_build_read_head (DfiBuild *build, const DfiSafetensors *file, GError **error);
gboolean        dfi_build_read_maps (DfiBuild *build, const DfiSafetensors *file, size_t first, size_t end, GError **error);
gboolean        dfi_build_read_sums (DfiBuild *build, const DfiSafetensors *file, GError **error);
/* A whole number of the metadata from @min to @max. */
gboolean
dfi_build_read_number (const DfiSafetensors *file, const char *key, guint64 min, guint64 max, guint64 *number, GError **error);

#endif
