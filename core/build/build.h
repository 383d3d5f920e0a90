/* build.h: a database out of pictures, at once or in parts.
 *
 * A build reads its pictures in three stages, since each needs what came out of the one before from all pictures: the mean and
 * a first guess at the basis; the basis; every face's code in it.  Where the database has details (detail.h), their bases are a
 * stage more, before the last.  What a stage gathers are sums over pictures.  So pictures can be dealt out: every shard of a
 * stage writes a partial file, the partial files of a stage are merged into a basis file, which the shards of the next stage
 * start from, and the last merge is the database.
 */

#ifndef DFI_BUILD_H
#define DFI_BUILD_H

#include "base/error.h"
#include "build/plan.h"
#include "network/encoder.h"

/**
 * dfi_build:
 * @plan: what to build
 * @encoder: weights to build it with
 * @path: of the database; it appears when it is complete
 * @skip: (nullable): called with @data for pictures that cannot be used
 * @progress: (nullable): called with @data
 * @error: DFI_ERROR_VALUE for a plan that makes no sense, when fewer than DFI_BUILD_FACES_MIN pictures are usable, or when
 *         features are not finite or too large for a half; DFI_ERROR_OTHER_BUILD when @path.partial belongs to another
 *         plan; DFI_ERROR_FORMAT when it is damaged; DFI_ERROR_IO, also when another build of @path is at work;
 *         DFI_ERROR_MEMORY; DFI_ERROR_CANCELLED
 *
 * Reads all pictures once a stage, one at a time; @progress is asked before each, and with the same share while it is at work and
 * while sums of many are.  Memory does not grow with their number, except by the names, labels and 32 bytes each: it is about
 * 4 D (2 @rows + A + 100) bytes, for D features, A attributes and the plan's rows: 1.75 GB for the bundled database (668,800
 * features, 240 rows, 74 attributes); or, where that is more, 4 (D (@rows + 64) + E (3 @detail_rows + 64)), for E features in the
 * details.
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
 * @error: as above, and DFI_ERROR_OTHER_BUILD when @basis belongs to another plan, or @path.partial to another stage
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

#endif
