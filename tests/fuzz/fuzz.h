/* fuzz.h: what the fuzz targets are made of.  Each has a file of its own, which libFuzzer drives, or else replay.c. */

#ifndef DFI_TESTS_FUZZ_H
#define DFI_TESTS_FUZZ_H

#include <stdint.h>

#include "build/plan.h"
#include "network/encoder.h"

/* Does with @data what the program does with such a file.  Returns 0. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* Writes good inputs to files in @folder: what fuzzing starts from. */
void fuzz_seeds (const char *folder);

/* ---------- for the targets ---------- */

/* A folder that goes at the end of the process; the name lasts as long. */
const char *fuzz_folder (void);

/* Its file @name gets these bytes.  Returns its path, which lasts as long as the process. */
const char *fuzz_file (const char *name, const void *bytes, size_t size);

/* Likewise @bytes, and behind them what the file @original has behind its first @size bytes: so that a large file's head can be
 * fuzzed, and its numbers need not be part of every input. */
const char *fuzz_file_over (const char *name, const void *bytes, size_t size, const char *original);

/* A seed. */
void fuzz_seed (const char *folder, const char *name, const void *bytes, size_t size);
/* The first bytes of the file @path as one: its header, when that is one of safetensors, and @more bytes; all of it when @more is
 * negative. */
void fuzz_seed_file (const char *folder, const char *name, const char *path, int more);

/* @done is what a function returned and @error what it set: exactly one of them says that it failed. Clears @error. */
void fuzz_told (gboolean done, GError **error);

/* Either network with random weights of base width 1.  Lasts as long as the process. */
const DfiEncoder *fuzz_encoder (void);

/* FUZZ_FACES pictures of FUZZ_SIDE x FUZZ_SIDE pixels in fuzz_folder(), every second with the one, every third with the
 * other of two attributes.  Lasts as long as the process. */
#define FUZZ_FACES 24
#define FUZZ_SIDE  32

const DfiBuildPlan *fuzz_plan (void);
/* Of the same pictures, with details, so that a build has all stages that it can have. */
const DfiBuildPlan *fuzz_detailed_plan (void);

/* A database that was built by either; its path. */
const char *fuzz_database (void);
const char *fuzz_detailed_database (void);

#endif
