/* source.h: a mapped file of weights, and the tensors that a reader of its format found there.
 *
 * A reader gives each tensor that may matter a name: `features.N.weight` where the file counts layers as torchvision does,
 * `convB_I.weight` where it names them by block; filters (K, C, 3, 3), biases (K).
 */

#ifndef DFI_IMPORT_SOURCE_H
#define DFI_IMPORT_SOURCE_H

#include "import/cursor.h"
#include "import/import.h"
#include "files/safetensors-reader.h"

typedef struct _DfiFormat DfiFormat;

typedef struct
{
  char            *path;
  GMappedFile     *map;
  DfiCursor        whole; /* all bytes of the file */
  const DfiFormat *format;
  GHashTable      *tensors; /* name -> DfiTensor */
  GPtrArray       *blocks;  /* memory of tensors that do not lie in the file as they are wanted */
  DfiSafetensors  *file;    /* safetensors only */
} DfiSource;

struct _DfiFormat
{
  const char    *name;    /* for the metadata and for people */
  gboolean       counted; /* layers have torchvision's numbers, else blocks */
  DfiImportInput input;   /* what is usual */
  gboolean (*recognise) (const DfiSource *source);
  gboolean (*read) (DfiSource *source, GError **error);
};

extern const DfiFormat dfi_format_safetensors;
extern const DfiFormat dfi_format_torch; /* the zip form, torch 1.6 and newer */
extern const DfiFormat dfi_format_torch_legacy;
extern const DfiFormat dfi_format_caffe;
extern const DfiFormat dfi_format_keras;

/* Sets DFI_ERROR_FORMAT: the file is of its format, but damaged, for the reason @what, part of a sentence.  Returns FALSE. */
gboolean dfi_source_broken (const DfiSource *source, GError **error, const char *what);

/* Computes the `count` of @tensor, whose data have @size bytes; FALSE when its shape does not fit them. */
gboolean dfi_source_count (const DfiSource *source, DfiTensor *tensor, size_t size, GError **error);

/* Notes a copy of @tensor and its name; `count` is computed here.  Its data have @size bytes, and stay as long as @source.
 * FALSE when there is one of that name, or its shape and size do not fit. */
gboolean dfi_source_add (DfiSource *source, const DfiTensor *tensor, size_t size, GError **error);

/* Memory that lasts as long as @source; NULL with DFI_ERROR_MEMORY. */
gpointer dfi_source_alloc (DfiSource *source, size_t count, size_t size, GError **error);

#endif
