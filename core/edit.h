/* edit.h: a photograph in, an edited face out: the whole path in one call.  The plug-in and the command line call this and
 * nothing deeper. */

#ifndef DFI_EDIT_H
#define DFI_EDIT_H

#include "picture/blend.h"
#include "database/direction.h"
#include "base/error.h"
#include "solve/minimise.h"

typedef struct _DfiEditor DfiEditor; /* weights, database and memory, loaded once; one thread at a time */

typedef struct
{
  int         iterations; /* 1..10000 */
  int         neighbours; /* k, DFI_NEIGHBOURS_MIN..10000 */
  DfiNearness nearness;   /* which faces are near */
  double      delta;      /* 0, or how strengths are scaled, up to 1000: see DfiDirectionOptions */
  double      lambda;     /* weight of the total variation, >= 0 */
  double      beta;       /* its exponent, > 0 up to 10 */
  double      feather;    /* width of the fade around the face, 0.05..2, in distances between the eyes (mask.h) */
  gboolean    colour;     /* optimise all three channels; FALSE: luma alone, and colours follow (colour.h) */
  gboolean    box;        /* the search stays within 0..1 all the way; FALSE: only the picture that comes out of it is cut */
  DfiTaps  taps;  /* layers that the result is fitted to, some of the database's; 0: all of them. Near faces are found by all. */
  gboolean match; /* give the result the mean and deviation that the face had, in each channel that is optimised */
  const DfiImage *start; /* NULL: the search starts from the face; else the `result` of an earlier report on the same face, for
                             * when a slider moves: near the old strength four steps then do what twelve do otherwise */
} DfiEditOptions;

/* How long to search. Of what 400 steps lower the objective by, DFI_QUALITY_PREVIEW reaches about 83 in 100, _NORMAL 96,
 * _BEST 99. */
typedef enum
{
  DFI_QUALITY_PREVIEW,
  DFI_QUALITY_NORMAL,
  DFI_QUALITY_BEST
} DfiQuality;

/* What an edit spent its time on. */
typedef enum
{
  DFI_STAGE_CROP,      /* photograph -> frame */
  DFI_STAGE_DIRECTION, /* features, neighbours, target */
  DFI_STAGE_MINIMISE,
  DFI_STAGE_BLEND, /* colours, mask, frame -> photograph */
  DFI_N_STAGES
} DfiStage;

#define DFI_YAW_COVERED 35.0 /* degrees that a head may be turned; of the bundled database's faces 98 in 100 are turned less */

/* What an edit did besides the pixels.  Free what it holds with dfi_edit_report_clear(). */
typedef struct
{
  DfiMinimum        minimum;
  double            seconds[DFI_N_STAGES];
  DfiDirectionNote *notes;      /* one a change */
  DfiImage         *face;       /* x, as the encoder saw it: without colour three times its luma */
  float            *target;     /* (D) phi(x) + sum of alpha w, of the layers that were asked for */
  size_t            n_features; /* D */
  DfiImage         *result;     /* z, before matching */
} DfiEditReport;

/* The defaults: DFI_QUALITY_NORMAL, k 100, DFI_NEAR_FEATURES, strengths are alpha, lambda 0.001, beta 2, feather 0.3, luma
 * alone, matched, within 0..1, all layers. */
void dfi_edit_options_init (DfiEditOptions *options);

int dfi_quality_iterations (DfiQuality quality);

/* @text: "preview", "normal" or "best"; DFI_ERROR_VALUE otherwise. */
gboolean dfi_quality_parse (const char *text, DfiQuality *quality, GError **error);

/**
 * dfi_edit_options_preset:
 * @name: "paper": as the authors' published demonstration on LFW, 500 steps, 100 neighbours by attributes, delta 0.4, all three
 *        channels, matched; or "slides": the equations and no more, 500 steps, 100 neighbours by features, strengths are alpha,
 *        all three channels, not matched
 * @error: DFI_ERROR_VALUE for another name
 */
gboolean dfi_edit_options_preset (DfiEditOptions *options, const char *name, GError **error);

/**
 * dfi_editor_new:
 * @weights: (nullable): encoder to use; NULL: the bundled one
 * @database: (nullable): database to use; NULL: the bundled one
 * @error: as dfi_encoder_new_from_file(), dfi_database_open() and dfi_pass_new() set it
 *
 * Returns: (transfer full) (nullable): free with dfi_editor_free()
 */
DfiEditor         *dfi_editor_new (const char *weights, const char *database, GError **error);
void               dfi_editor_free (DfiEditor *editor); /* NULL is fine */
const DfiDatabase *dfi_editor_database (const DfiEditor *editor);

/**
 * dfi_editor_bounds:
 * @face: in the photograph; not looked at when the database is of whole pictures
 * @width: of the photograph
 * @height: of the photograph
 * @x: (out): corner and size of the part of the photograph that an edit looks at and may change
 *
 * For callers who do not want to hold a whole large photograph in memory: fetch this part, dfi_face_move() the face by its
 * corner, and give both to dfi_edit().  DFI_ERROR_VALUE when the face cannot be aligned or lies outside the photograph.
 */
gboolean dfi_editor_bounds (const DfiEditor *editor,
                            const DfiFace   *face,
                            int              width,
                            int              height,
                            int             *x,
                            int             *y,
                            int             *part_width,
                            int             *part_height,
                            GError         **error);

/**
 * dfi_edit:
 * @photo: not changed
 * @face: in @photo; not looked at when the database is of whole pictures: then all of @photo is the frame
 * @requests: (array length=n_requests): at least one, see dfi_requests_parse()
 * @options: within the ranges above, else DFI_ERROR_VALUE; `start` of the frame's size
 * @progress: (nullable)
 * @report: (out) (optional)
 * @error: DFI_ERROR_VALUE, _MEMORY, _CANCELLED
 *
 * Returns: (transfer full) (nullable): free with dfi_patch_free()
 */
DfiPatch *dfi_edit (DfiEditor            *editor,
                    const DfiImage       *photo,
                    const DfiFace        *face,
                    const DfiRequest     *requests,
                    int                   n_requests,
                    const DfiEditOptions *options,
                    DfiProgressFunc       progress,
                    gpointer              progress_data,
                    DfiEditReport        *report,
                    GError              **error);
void      dfi_edit_report_clear (DfiEditReport *report);

#endif
