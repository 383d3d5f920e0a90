/* merge.h: what the shards of a stage gathered, added up. */

#ifndef DFI_MERGE_H
#define DFI_MERGE_H

#include <glib.h>

/**
 * dfi_build_merge:
 * @parts: (array length=n_parts): partial files, one of each shard of the same stage, in any order
 * @path: of what they make: after the last stage the database, else a basis file
 * @stage: (out): stage of the parts
 * @n_stages: (out): of their build
 * @error: DFI_ERROR_SHAPE when the parts do not belong together, or one is missing or there twice; DFI_ERROR_FORMAT;
 *         DFI_ERROR_VALUE when too few pictures are usable; DFI_ERROR_IO; DFI_ERROR_MEMORY
 *
 * Adds up in the order of the shards.  The database is the one that dfi_build() makes, but for rounding: its sums are added in
 * other groups.
 */
gboolean dfi_build_merge (const char *const *parts, int n_parts, const char *path, int *stage, int *n_stages, GError **error);

#endif
