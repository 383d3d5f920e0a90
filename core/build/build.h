/* build.h: a database out of pictures, at once or in parts.
 *
 * A build reads its pictures in three stages, since each needs what came out of the one before from all pictures: the mean and
 * a first guess at the basis; the basis; every face's code in it.  What a stage gathers are sums over pictures.  So pictures can
 * be dealt out: every shard of a stage writes a partial file, the partial files of a stage are merged into a basis file, which
 * the shards of the next stage start from, and the third merge is the database.
 */

#ifndef DFI_BUILD_H
#define DFI_BUILD_H

#include "base/error.h"
#include "database/attribute.h"
#include "database/database.h"
#include "face/finder.h"

#define DFI_BUILD_FACES_MIN (2 * DFI_NEIGHBOURS_MIN)
#define DFI_BUILD_STAGES    3

typedef enum
{
  DFI_FRAMING_FACE,      /* around the largest face, so that its eyes and mouth are where the frame has them */
  DFI_FRAMING_RECTANGLE, /* a square at the same place of every picture */
  DFI_FRAMING_WHOLE      /* the smallest square around the whole picture; its edges' pixels repeat beyond it */
} DfiFraming;

typedef struct
{
  const char          *folder;
  const char *const   *files; /* (n_files) names of pictures in it, or paths */
  size_t               n_files;
  const guint8        *labels;     /* (n_files, ceil (A / 8)), as in database.h */
  const DfiAttribute  *attributes; /* (A) */
  int                  n_attributes;
  DfiFraming           framing;      /* what part of a picture becomes the frame */
  const DfiFaceFinder *finder;       /* for DFI_FRAMING_FACE */
  double               rectangle[4]; /* left, top, right, bottom, for DFI_FRAMING_RECTANGLE */
  DfiTaps              taps;         /* layers that make up the features */
  DfiFrame             frame;        /* its size, and where the eyes and the mouth are in it */
  int                  rows;         /* of the basis, at most; fewer when the pictures are fewer than twice as many */
  const char          *provenance;   /* (nullable) */
  double               save_every;   /* seconds between savings of what a killed build goes on from; 0: after each batch */
  gboolean             restart;      /* throw away what was saved, instead of going on from it */
} DfiBuildPlan;

/* Told of every picture that is left out, and why; again when a build goes on that had left it out before. */
typedef void (*DfiSkipFunc) (const char *file, const GError *reason, gpointer data);

/**
 * dfi_build:
 * @plan: what to build
 * @encoder: weights to build it with
 * @path: of the database; it appears when it is complete
 * @skip: (nullable): called with @data for pictures that cannot be used
 * @progress: (nullable): called with @data
 * @error: DFI_ERROR_VALUE for a plan that makes no sense, when fewer than DFI_BUILD_FACES_MIN pictures are usable, or when
 *         features are not finite or too large for a half; DFI_ERROR_SHAPE when @path.partial belongs to another plan;
 *         DFI_ERROR_FORMAT when it is damaged; DFI_ERROR_IO, also when another build of @path is at work; DFI_ERROR_MEMORY; DFI_ERROR_CANCELLED
 *
 * Reads all pictures three times, one at a time.  Memory does not grow with their number, except by the names, labels and 32
 * bytes each: it is about 4 D (2 @rows + A + 100) bytes, 0.7 GB for the bundled database.
 *
 * What is done so far is saved in the folder @path.partial now and then.  A build that was killed or cancelled goes on from
 * there when it is called again with the same plan, pictures (by name and size) and weights; the folder goes when the database
 * is there.
 *
 * The same pictures, labels and plan give the same bytes on the same machine, interrupted or not.
 */
gboolean dfi_build (const DfiBuildPlan *plan,
                    const DfiEncoder   *encoder,
                    const char         *path,
                    DfiSkipFunc         skip,
                    DfiProgressFunc     progress,
                    gpointer            data,
                    GError            **error);

/**
 * dfi_build_shard:
 * @shard: 1 to @n_shards: which of as many equal stretches of the plan's pictures to work on
 * @basis: (nullable): what dfi_build_merge() made of the stage before; NULL for the first stage
 * @path: of the partial file; it appears when it is complete
 * @error: as above, and DFI_ERROR_SHAPE when @basis belongs to another plan
 *
 * One stage over one shard; otherwise as dfi_build().  Memory is the same.
 */
gboolean dfi_build_shard (const DfiBuildPlan *plan,
                          const DfiEncoder   *encoder,
                          int                 shard,
                          int                 n_shards,
                          const char         *basis,
                          const char         *path,
                          DfiSkipFunc         skip,
                          DfiProgressFunc     progress,
                          gpointer            data,
                          GError            **error);

/**
 * dfi_build_merge:
 * @parts: (array length=n_parts): partial files, one of each shard of the same stage, in any order
 * @path: of what they make: after stages 1 and 2 a basis file, after stage 3 the database
 * @stage: (out): stage of the parts
 * @error: DFI_ERROR_SHAPE when the parts do not belong together, or one is missing or there twice; DFI_ERROR_FORMAT;
 *         DFI_ERROR_VALUE when too few pictures are usable; DFI_ERROR_IO; DFI_ERROR_MEMORY
 *
 * Adds up in the order of the shards.  The database is the one that dfi_build() makes, but for rounding: its sums are added in
 * other groups.
 */
gboolean dfi_build_merge (const char *const *parts, int n_parts, const char *path, int *stage, GError **error);

#endif
