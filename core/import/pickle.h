/* pickle.h: the part of Python's pickle language, protocol 2, that a PyTorch state dict is written in.
 *
 * A pickle is a program for a small stack machine.  This reader has the instructions that make numbers, strings, tuples, lists
 * and dicts, and knows the few global names of the table in pickle.c; it builds values and never calls anything.  Any other
 * instruction or name is an error.
 *
 * Source: the instructions as Python's Lib/pickletools.py documents them; the names that torch.save() writes.
 */

#ifndef DFI_IMPORT_PICKLE_H
#define DFI_IMPORT_PICKLE_H

#include "import/cursor.h"
#include "files/tensor.h"

#define DFI_PICKLE_MAX (4u << 20) /* bytes; the state dict of a VGG has 3 kB */

typedef enum
{
  DFI_PICKLE_NONE,
  DFI_PICKLE_BOOL,   /* number */
  DFI_PICKLE_INT,    /* number */
  DFI_PICKLE_FLOAT,  /* not kept */
  DFI_PICKLE_STRING, /* text, UTF-8 */
  DFI_PICKLE_TUPLE,  /* items */
  DFI_PICKLE_LIST,   /* items */
  DFI_PICKLE_DICT,   /* items: key, value, key, value, ... in the order of the file */
  DFI_PICKLE_GLOBAL, /* global */
  DFI_PICKLE_TENSOR, /* items: what _rebuild_tensor() or _rebuild_tensor_v2() got, not checked */
  DFI_PICKLE_STORAGE /* items: the persistent id, not checked */
} DfiPickleKind;

typedef enum
{
  DFI_PICKLE_ORDERED_DICT,
  DFI_PICKLE_REBUILD_TENSOR,
  DFI_PICKLE_REBUILD_PARAMETER,
  DFI_PICKLE_STORAGE_TYPE /* dtype */
} DfiPickleGlobal;

typedef struct
{
  DfiPickleKind   kind;
  DfiPickleGlobal global;
  DfiDtype        dtype;
  gint64          number;
  char           *text;
  GPtrArray      *items; /* of DfiPickleValue, which belong to the pickle; may run in circles */
} DfiPickleValue;

typedef struct
{
  GPtrArray            *values; /* all of them, once each */
  const DfiPickleValue *root;
} DfiPickle;

/**
 * dfi_pickle_read:
 * @cursor: at the pickle; after it, when done
 * @path: file to name in messages
 * @error: DFI_ERROR_FORMAT
 *
 * Returns: (transfer full) (nullable): free with dfi_pickle_free()
 */
DfiPickle *dfi_pickle_read (DfiCursor *cursor, const char *path, GError **error);
void       dfi_pickle_free (DfiPickle *pickle); /* NULL is fine */

/* Item @i of @value when that is of the kind @parent and the item of the kind @kind, else NULL. */
const DfiPickleValue *dfi_pickle_item (const DfiPickleValue *value, DfiPickleKind parent, guint i, DfiPickleKind kind);

/* What the dict @value has for @key, or NULL. */
const DfiPickleValue *dfi_pickle_find (const DfiPickleValue *value, const char *key);

#endif
