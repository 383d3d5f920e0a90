/* stage.h: what the stages of a build have in common.  Each goes over all pictures, a batch at a time, and adds up sums of which
 * it makes, at its end, what the next needs to begin.
 *
 *   1  mixtures.h   the mean, and a first guess at the basis
 *   2  moments.h    the basis
 *   3  details.h    the bases of the details, where there are any
 *   4  coding.h     every face's code in them, and the predictors
 *
 * Without details the last is the third.
 */

#ifndef DFI_STAGE_H
#define DFI_STAGE_H

#include "build/state.h"
#include "network/pass.h"

#define DFI_BATCH 64 /* pictures that share a matrix product */

/* Some pictures' features, and room for the stage to work in. D features, A attributes. */
typedef struct
{
  int      n;
  size_t   members[DFI_BATCH]; /* places of the pictures in the plan */
  float   *features;           /* (DFI_BATCH, D), less the mean where that is known */
  DfiTone  tones[DFI_BATCH];   /* of the hair, in the last stage of a build that measures it */
  float   *cut;                /* (DFI_BATCH, D' of the largest detail) */
  float   *coefficients;       /* (DFI_BATCH, numbers of a face + A) */
  float   *product;            /* (rank, rank) */
  gpointer own;                /* NULL at first; the stage's own */
} DfiBatch;

/* The functions return FALSE with @error set when they fail. */
typedef struct
{
  /* Enters the stage's sums, zero.  What the stages before have found is there. */
  gboolean (*start) (DfiBuildState *state, GError **error);
  /* Adds the batch to the sums. */
  gboolean (*add_batch) (DfiBuildState *state, DfiBatch *batch, GError **error);
  /* From the sums over all pictures to what the stage finds.  The sums may be destroyed. */
  gboolean (*end) (DfiBuildState *state, GError **error);
} DfiStage;

/* Called now and then with what is in the sums so far. */
typedef gboolean (*DfiSaveFunc) (DfiBuildState *state, gpointer data, GError **error);

/**
 * dfi_stage_run:
 * @state: started
 * @pass: of the size of the frame
 * @save: called with @data when the plan's time is over
 *
 * Adds the shard's pictures from `next` on to the sums.  In the first stage a picture that cannot be read is left out; later it
 * is an error.
 */
gboolean
dfi_stage_run (const DfiStage *stage, DfiBuildState *state, DfiPass *pass, DfiSaveFunc save, gpointer data, GError **error);

/* The products of large matrices, which take seconds: the build's listener is asked between stretches of columns, and FALSE comes
 * with DFI_ERROR_CANCELLED. */

/* @codes (n, @columns), in their first ones, = @features (n, D) of the batch times the basis's rows. */
gboolean dfi_batch_project (DfiBuildState       *state,
                            const DfiBatch      *batch,
                            const DfiBuildBasis *basis,
                            const float         *features,
                            float               *codes,
                            int                  columns,
                            GError             **error);

/* Takes off the features what codes in the whole frame's basis say, the first of the coefficients, @columns a row. */
gboolean dfi_batch_subtract (DfiBuildState *state, DfiBatch *batch, const DfiBuildBasis *basis, int columns, GError **error);

/* @sums (m, @length) += F^T X, for @factors F (n, m) and @features X (n, @length). */
gboolean dfi_batch_add_sums (DfiBuildState *state,
                             int            n,
                             const float   *factors,
                             int            m,
                             const float   *features,
                             size_t         length,
                             float         *sums,
                             GError       **error);

/* cut (n, D') = what of the features is in detail @detail. */
void dfi_batch_cut (DfiBatch *batch, const DfiBuildState *state, int detail);

/* inner (rank, rank) += C^T C, where C (n, rank) are the first columns of the batch's coefficients, @columns a row. */
void dfi_batch_add_products (DfiBatch *batch, int columns, int rank, double *inner);

#endif
