/* source.h: a file of weights, and the tensors that a reader of its format found there.
 *
 * A reader names a tensor by its whole path in the file, `state_dict.features.0.weight` for instance.  Filters are (K, C, 3, 3),
 * biases (K).  Which of them make up a network is decided later, see vgg-search.h.
 */

#ifndef DFI_IMPORT_SOURCE_H
#define DFI_IMPORT_SOURCE_H

#include "files/safetensors-reader.h"
#include "import/cursor.h"
#include "import/import.h"

#define DFI_SOURCE_TENSORS_MAX (1 << 14) /* that are noted of one file; a VGG has 38 */
#define DFI_SOURCE_NAME_MAX    512       /* bytes */
#define DFI_SOURCE_PARTS_MAX   256       /* files that make up one network; all are open at once */

typedef struct _DfiFormat DfiFormat;

/* Its value at (k, c, y, x) lies strides[0] k + strides[1] c + strides[2] y + strides[3] x values behind `data`, or, where that
 * is NULL, behind `position` in @file. */
typedef struct
{
  DfiTensor           tensor;
  size_t              strides[DFI_RANK_MAX];
  const DfiInputFile *file;
} DfiSourceTensor;

typedef struct
{
  char            *path;
  DfiWindow        window; /* on the file */
  DfiCursor        whole;  /* all bytes of it */
  const DfiFormat *format;
  GPtrArray       *tensors; /* DfiSourceTensor, in the order of the file */
  GHashTable      *names;   /* name -> the same */
  GPtrArray       *blocks;  /* memory of tensors that do not lie in the file */
  GPtrArray       *parts;   /* DfiSource, the files that this one is an index of */
} DfiSource;

struct _DfiFormat
{
  const char    *name;    /* for the metadata and for people */
  gboolean       ordered; /* the file keeps its layers in the order of the network */
  DfiImportInput input;   /* what is usual */
  gboolean (*recognise) (const DfiSource *source);
  gboolean (*read) (DfiSource *source, GError **error);
};

extern const DfiFormat dfi_format_safetensors;
extern const DfiFormat dfi_format_index; /* of safetensors in several files */
extern const DfiFormat dfi_format_torch; /* the zip form, torch 1.6 and newer */
extern const DfiFormat dfi_format_torch_legacy;
extern const DfiFormat dfi_format_caffe;
extern const DfiFormat dfi_format_keras;     /* HDF5 */
extern const DfiFormat dfi_format_keras_zip; /* .keras, which has HDF5 inside */

/**
 * dfi_source_open:
 * @path: file to read
 * @part: whether it belongs to another one, so that it can be no index itself
 * @error: DFI_ERROR_IO, _FORMAT or _MEMORY
 *
 * The file stays open.
 *
 * Returns: (transfer full) (nullable): free with dfi_source_free()
 */
DfiSource *dfi_source_open (const char *path, gboolean part, GError **error);
void       dfi_source_free (DfiSource *source); /* NULL is fine */

/* Both set DFI_ERROR_FORMAT with @what, a part of a sentence, as the reason, and return FALSE: the file is damaged; or it is
 * whole, but this program does not read it. */
gboolean dfi_source_broken (const DfiSource *source, GError **error, const char *what);
gboolean dfi_source_refuse (const DfiSource *source, GError **error, const char *what);

/* Notes a copy of @tensor, which has name, dtype, rank and shape, and data that stay as long as @source, or a position in its
 * file; `count` is computed here.  Its values are @size bytes that lie row-major without gaps, or, in the second function,
 * wherever @strides lead, which the caller has checked.  FALSE when there is one of that name, when there are too many, or when
 * shape and size do not fit. */
gboolean dfi_source_add (DfiSource *source, const DfiTensor *tensor, size_t size, GError **error);
gboolean dfi_source_add_strided (DfiSource *source, const DfiTensor *tensor, const size_t *strides, GError **error);

/* Takes @part, and notes its tensors as @source's. */
gboolean dfi_source_add_part (DfiSource *source, DfiSource *part, GError **error);

/* Memory that lasts as long as @source; NULL with DFI_ERROR_MEMORY. */
gpointer dfi_source_alloc (DfiSource *source, size_t count, size_t size, GError **error);

/* The values of @tensor, row-major: @out (count), overwritten.  DFI_ERROR_FORMAT when one is not finite or the file has been
 * cut short; DFI_ERROR_IO; DFI_ERROR_MEMORY. */
gboolean dfi_source_floats (const DfiSource *source, const DfiSourceTensor *tensor, float *out, GError **error);

#endif
