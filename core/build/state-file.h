/* state-file.h: the state of a build to a file and back, for going on after an interruption and for working in shards.
 *
 * Safetensors with `dfi.kind` = partial or basis, `dfi.version` = 1, `dfi.encoder`, `dfi.taps`, `dfi.frame`, `dfi.attributes` and
 * `dfi.provenance` as in database.h, and decimal numbers `dfi.rows` (asked for), `dfi.detail-rows` (missing: 0), `dfi.tones` (1
 * where these are measured, or missing), `dfi.stage`, `dfi.rank`, `dfi.shard`, `dfi.shards`, `dfi.next` (the first of all
 * pictures that is not in the sums yet), `dfi.coded`; `dfi.plan` is the fingerprint.
 * Doubles are U8 (n, 8), little-endian.
 *
 *   labels     U8  (n_files, ceil (A / 8))
 *   maps       U8  (4 n_files, 8)   doubles a, b, tx, ty of frame -> picture; 0 for pictures that are not used
 *   left-out   U8  (length)         text: a line for each, its place and the reason; missing when there is none
 *   mean       F32 (D)              where it is known
 *   packed     U8  (rank, B), scale F32 (rank, S), as in basis.h, where they are known
 *   detail-0-packed and so on, likewise
 *   basis      F32 (rank, D)        in basis files only, where it is known and not packed
 *   and in partial files the sums of the stage, by name: F32 (rows, columns), or doubles
 *   codes      F16 (n_coded, length)  of all bases, and behind them the hair's tone where it is measured; in the partial files of
 *                                     whole shards only
 */

#ifndef DFI_STATE_FILE_H
#define DFI_STATE_FILE_H

#include "build/state.h"
#include "files/safetensors-reader.h"

/* What every file that comes out of a build says of it, key and value in turn: from `dfi.kind`, which is @kind, and
 * `dfi.version` to `dfi.provenance`, as in database.h.  Ends with g_strv_builder_unref(). */
GStrvBuilder *dfi_state_metadata (const DfiBuildState *state, const char *kind, int version);

/* Writes a partial file: the sums, and with @codes the codes too.  It appears whole or not at all.  DFI_ERROR_IO,
 * DFI_ERROR_MEMORY. */
gboolean dfi_state_save_partial (const DfiBuildState *state, const char *path, gboolean codes, GError **error);
/* Writes a basis file: what the shards of the stage begin with.  Errors as above. */
gboolean dfi_state_save_basis (const DfiBuildState *state, const char *path, GError **error);

/* Reads a basis file: stage, rank, maps, and what the stages before have found.  @state has plan, layout and fingerprint.
 * DFI_ERROR_OTHER_BUILD when these do not fit; DFI_ERROR_IO, DFI_ERROR_FORMAT, DFI_ERROR_MEMORY. */
gboolean dfi_state_load_basis (DfiBuildState *state, const char *path, GError **error);

/* A partial file, piece by piece.  What is not finite, or has another shape, is DFI_ERROR_FORMAT. */
DfiSafetensors *dfi_state_open_partial (const char *path, GError **error);
gboolean        dfi_state_check_plan (const DfiBuildState *state, const DfiSafetensors *file, GError **error);
/* Stage, rank, and what the stages before have found. */
gboolean dfi_state_read_found (DfiBuildState *state, const DfiSafetensors *file, GError **error);
/* The maps of the pictures from @first to before @end. */
gboolean dfi_state_read_maps (DfiBuildState *state, const DfiSafetensors *file, size_t first, size_t end, GError **error);
/* The sums that @state has, by name. */
gboolean dfi_state_read_sums (DfiBuildState *state, const DfiSafetensors *file, GError **error);
/* A whole number of the metadata from @min to @max. */
gboolean
dfi_state_read_number (const DfiSafetensors *file, const char *key, guint64 min, guint64 max, guint64 *number, GError **error);

#endif
