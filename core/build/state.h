/* state.h: how far a build has come: what has to be kept for it to go on, after an interruption or in another process. */

#ifndef DFI_BUILD_STATE_H
#define DFI_BUILD_STATE_H

#include "build/build-basis.h"
#include "build/codes-file.h"
#include "build/detail-cells.h"
#include "build/plan.h"
#include "build/sums.h"

/* Who is told how a build goes, with @data; both may be NULL. */
typedef struct
{
  DfiSkipFunc     skip;
  DfiProgressFunc progress;
  gpointer        data;
  double          share; /* that was told last */
} DfiBuildListener;

typedef struct
{
  const DfiBuildPlan *plan;
  DfiBuildListener    listener;
  char               *encoder;     /* SHA-256 of the weights */
  char               *fingerprint; /* of all that the result depends on: dfi_plan_fingerprint() */
  DfiLayout           layout;
  DfiDetail           details[DFI_BUILD_DETAILS]; /* their places and layouts, where the plan wants any */

  int            stage; /* 1 to dfi_plan_stages() */
  int            shard; /* 1 to n_shards */
  int            n_shards;
  gboolean       tones;    /* whether the tone of the hair is measured */
  size_t         next;     /* pictures of the shard before this one are in the sums */
  DfiSimilarity *maps;     /* (n_files) frame -> picture; all 0 for a picture that is not used (yet) */
  GString       *left_out; /* a line for each picture that is left out: its place, a space, why */

  DfiSums       sums;  /* of the stage */
  DfiCodesFile *codes; /* NULL in a merge */

  /* What the stages so far have found; NULL where none has. */
  float        *mean;                         /* (D) of the features */
  DfiBuildBasis bases[1 + DFI_BUILD_DETAILS]; /* of the whole frame, then of the details */
  float        *predictor;                    /* (A, rank of the whole frame's basis + 1) */
} DfiBuildState;

/* The beginning of stage 1. @encoder is the weights' SHA-256, and @layout what the features consist of. @plan must outlive the
 * state, which stays where it is. FALSE with DFI_ERROR_VALUE or DFI_ERROR_MEMORY; dfi_state_clear() is to be called then, too. */
gboolean dfi_state_init (DfiBuildState      *state,
                         const DfiBuildPlan *plan,
                         const DfiLayout    *layout,
                         const char         *encoder,
                         int                 shard,
                         int                 n_shards,
                         GError            **error);
void     dfi_state_clear (DfiBuildState *state);

/* The pictures of shard @shard are those from its first to before its end. */
size_t dfi_state_first (const DfiBuildState *state, int shard);
size_t dfi_state_end (const DfiBuildState *state, int shard);

/* Whether the picture is in the database, as far as is known. */
gboolean dfi_state_uses (const DfiBuildState *state, size_t file);
/* Of the pictures from @first to before @end, how many are. */
size_t dfi_state_count (const DfiBuildState *state, size_t first, size_t end);
size_t dfi_state_count_faces (const DfiBuildState *state);

/* Leaves the picture out, and says why. */
void dfi_state_leave_out (DfiBuildState *state, size_t file, const GError *reason);

/* Details that are made: DFI_BUILD_DETAILS or none. */
int dfi_state_details (const DfiBuildState *state);
/* Numbers that stand for a face: those of all bases, one after the other, and behind them those of its hair's tone. */
int dfi_state_code_length (const DfiBuildState *state);

/* Of these, the tone's: DFI_TONE_NUMBERS or none. */
int dfi_state_tone_length (const DfiBuildState *state);

/* A DfiGoOnFunc: asks the listener of @state again. */
gboolean dfi_state_go_on (gpointer state);

/* FALSE with DFI_ERROR_VALUE when @basis has no row. */
gboolean dfi_state_check_rank (const DfiBuildBasis *basis, GError **error);
/* @what: a stage begins with it; FALSE with DFI_ERROR_FORMAT when it is NULL, since the file that the stage goes on from lacks
 *         it. */
gboolean dfi_state_has (gconstpointer what, GError **error);

#endif
