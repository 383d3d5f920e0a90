/* pickle.h: the part of Python's pickle language, protocols 2 to 5, that PyTorch's checkpoints are written in.
 *
 * A pickle is a program for a small stack machine.  This reader has the instructions that make numbers, strings, tuples, lists,
 * sets and dicts, and knows the few global names of the table in pickle.c; it builds values and never calls anything.  What any
 * other name would make of its arguments becomes an object of which only the name and the state are kept.  Any other instruction
 * is an error.
 *
 * Source: the instructions as Python's Lib/pickletools.py documents them; the names that torch.save() writes.
 */

#ifndef DFI_IMPORT_PICKLE_H
#define DFI_IMPORT_PICKLE_H

#include "files/tensor.h"
#include "import/cursor.h"

#define DFI_PICKLE_MAX       (16u << 20) /* bytes; the state dict of a VGG has 3 kB, with its optimiser's state 20 kB */
#define DFI_PICKLE_STEPS_MAX 400000 /* instructions; each takes some 150 bytes of memory at most, these checkpoints 5,000 steps */

typedef enum
{
  DFI_PICKLE_NONE,
  DFI_PICKLE_BOOL,    /* number */
  DFI_PICKLE_INT,     /* number; 0 when it does not fit */
  DFI_PICKLE_FLOAT,   /* not kept */
  DFI_PICKLE_STRING,  /* text, length: UTF-8 */
  DFI_PICKLE_BYTES,   /* not kept */
  DFI_PICKLE_TUPLE,   /* items */
  DFI_PICKLE_LIST,    /* items */
  DFI_PICKLE_DICT,    /* items: key, value, key, value, ... in the order of the file */
  DFI_PICKLE_GLOBAL,  /* global */
  DFI_PICKLE_STRANGE, /* text, length: the name of a global that is not known, module.name */
  DFI_PICKLE_OBJECT,  /* text, length: likewise, of what it was made by; items: its state, or NULL */
  DFI_PICKLE_TENSOR,  /* items: what _rebuild_tensor() or _rebuild_tensor_v2() got, not checked */
  DFI_PICKLE_STORAGE  /* items: the persistent id, not checked */
} DfiPickleKind;

typedef enum
{
  DFI_PICKLE_MAKE_DICT,
  DFI_PICKLE_REBUILD_TENSOR,
  DFI_PICKLE_REBUILD_PARAMETER,
  DFI_PICKLE_REBUILD_FROM_TYPE,
  DFI_PICKLE_STORAGE_TYPE /* item_size; dtype, when `readable` */
} DfiPickleGlobal;

typedef struct
{
  const char     *module;
  const char     *name;
  DfiPickleGlobal global;
  int             item_size;
  gboolean        readable;
  DfiDtype        dtype;
} DfiPickleName;

typedef struct
{
  guint8  kind;    /* DfiPickleKind */
  guint8  visited; /* for whoever walks through the values */
  guint32 length;
  union
  {
    gint64               number;
    const char          *text; /* the pickle's; may have a 0 inside */
    const DfiPickleName *global;
  };
  GPtrArray *items; /* of DfiPickleValue, which belong to the pickle; may run in circles */
} DfiPickleValue;

typedef struct
{
  GPtrArray      *values; /* all of them, once each */
  GStringChunk   *texts;
  DfiPickleValue *root;
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

/* Whether @value, which may be NULL, is the string @text. */
gboolean dfi_pickle_is (const DfiPickleValue *value, const char *text);

/* What the dict @value has for @key, or NULL. */
const DfiPickleValue *dfi_pickle_find (const DfiPickleValue *value, const char *key);

/* The name of a strange global or an object, fit to be shown: os.system.  Free with g_free(). */
char *dfi_pickle_name (const DfiPickleValue *value);

#endif
