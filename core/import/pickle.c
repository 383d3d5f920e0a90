/* pickle.c: the stack machine.  Every instruction either does what it says or ends the reading; there is no third way. */

#include "config.h"

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "import/pickle.h"

#define NAME_MAX_SHOWN 80

static const struct
{
  const char     *module;
  const char     *name;
  DfiPickleGlobal global;
  DfiDtype        dtype;
} globals[] = {
  { "collections", "OrderedDict", DFI_PICKLE_ORDERED_DICT, 0 },
  { "torch._utils", "_rebuild_tensor", DFI_PICKLE_REBUILD_TENSOR, 0 },
  { "torch._utils", "_rebuild_tensor_v2", DFI_PICKLE_REBUILD_TENSOR, 0 },
  { "torch._utils", "_rebuild_parameter", DFI_PICKLE_REBUILD_PARAMETER, 0 },
  { "torch", "FloatStorage", DFI_PICKLE_STORAGE_TYPE, DFI_DTYPE_F32 },
  { "torch", "HalfStorage", DFI_PICKLE_STORAGE_TYPE, DFI_DTYPE_F16 },
  { "torch", "BFloat16Storage", DFI_PICKLE_STORAGE_TYPE, DFI_DTYPE_BF16 },
  { "torch.cuda", "FloatStorage", DFI_PICKLE_STORAGE_TYPE, DFI_DTYPE_F32 },
  { "torch.cuda", "HalfStorage", DFI_PICKLE_STORAGE_TYPE, DFI_DTYPE_F16 },
};

typedef struct
{
  DfiCursor  *cursor;
  const char *path;
  GPtrArray  *values;
  GPtrArray  *stack;
  GArray     *marks; /* guint: how high the stack was */
  GHashTable *memo;  /* number -> value */
} Machine;

static gboolean
broken (const Machine *machine, GError **error)
{
  g_set_error (
      error, DFI_ERROR, DFI_ERROR_FORMAT,
      _ ("“%s” is not a usable PyTorch file: its pickle makes no sense. It may be damaged or cut short; fetch it again."),
      machine->path);
  return FALSE;
}

/* ---------- values ---------- */

static void
value_free (gpointer data)
{
  DfiPickleValue *value = data;

  if (value->items)
    g_ptr_array_unref (value->items);
  g_free (value->text);
  g_free (value);
}

static DfiPickleValue *
value_new (Machine *machine, DfiPickleKind kind)
{
  DfiPickleValue *value = g_new0 (DfiPickleValue, 1);

  value->kind = kind;
  g_ptr_array_add (machine->values, value);
  return value;
}

static gboolean
push (Machine *machine, DfiPickleValue *value)
{
  g_ptr_array_add (machine->stack, value);
  return TRUE;
}

static gboolean
push_number (Machine *machine, DfiPickleKind kind, gint64 number)
{
  DfiPickleValue *value = value_new (machine, kind);

  value->number = number;
  return push (machine, value);
}

static gboolean
push_container (Machine *machine, DfiPickleKind kind)
{
  DfiPickleValue *value = value_new (machine, kind);

  value->items = g_ptr_array_new ();
  return push (machine, value);
}

/* Values above the last mark: nothing below it may be taken. */
static guint
height (const Machine *machine)
{
  return machine->stack->len - (machine->marks->len ? g_array_index (machine->marks, guint, machine->marks->len - 1) : 0);
}

static DfiPickleValue *
top (const Machine *machine)
{
  return height (machine) ? g_ptr_array_index (machine->stack, machine->stack->len - 1) : NULL;
}

static DfiPickleValue *
pop (Machine *machine)
{
  return height (machine) ? g_ptr_array_steal_index (machine->stack, machine->stack->len - 1) : NULL;
}

/* Moves the uppermost @n values to the end of @items; the caller has checked that they are there. */
static void
move_items (Machine *machine, GPtrArray *items, guint n)
{
  guint first = machine->stack->len - n;

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (items, g_ptr_array_index (machine->stack, first + i));
  g_ptr_array_set_size (machine->stack, first);
}

/* Takes the last mark away; @n gets the number of values above it. */
static gboolean
end_mark (Machine *machine, guint *n)
{
  if (machine->marks->len == 0)
    return FALSE;

  *n = height (machine);
  g_array_set_size (machine->marks, machine->marks->len - 1);
  return TRUE;
}

/* ---------- instructions ---------- */

static gboolean
read_number (Machine *machine, size_t size, guint64 *number)
{
  return dfi_cursor_number (machine->cursor, size, number);
}

/* LONG1: as many bytes as its first says, two's complement. */
static gboolean
read_long (Machine *machine)
{
  guint64 size, number = 0;
  gint64  value;

  if (! read_number (machine, 1, &size) || size > 8 || ! read_number (machine, size, &number))
    return FALSE;
  if (size > 0 && size < 8 && number >> (8 * size - 1))
    number |= G_MAXUINT64 << 8 * size;
  memcpy (&value, &number, sizeof value);
  return push_number (machine, DFI_PICKLE_INT, value);
}

/* A string after its length of @size bytes. */
static gboolean
read_string (Machine *machine, size_t size)
{
  guint64         length;
  const guint8   *text;
  DfiPickleValue *value;

  if (! read_number (machine, size, &length) || ! (text = dfi_cursor_take (machine->cursor, length)) ||
      ! g_utf8_validate_len ((const char *) text, length, NULL))
    return FALSE;

  value       = value_new (machine, DFI_PICKLE_STRING);
  value->text = g_strndup ((const char *) text, length);
  return push (machine, value);
}

/* A line without its end. Free with g_free(). */
static char *
read_line (Machine *machine)
{
  const guint8 *start = machine->cursor->at;
  const guint8 *end   = memchr (start, '\n', machine->cursor->left);

  if (! end)
    return NULL;
  dfi_cursor_take (machine->cursor, end - start + 1);
  return g_strndup ((const char *) start, end - start);
}

static gboolean
refuse_global (const Machine *machine, const char *module, const char *name, GError **error)
{
  char *whole = g_strdup_printf ("%.*s.%.*s", NAME_MAX_SHOWN, module, NAME_MAX_SHOWN, name);
  char *shown = g_strescape (whole, NULL);

  g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
               _ ("“%s” asks Python for “%s”, which plain weights do not need, and this program runs no code out of a file. "
                  "Take a file that holds only the weights (a state dict)."),
               machine->path, shown);
  g_free (shown);
  g_free (whole);
  return FALSE;
}

static gboolean
read_global (Machine *machine, GError **error)
{
  char    *module = read_line (machine);
  char    *name   = module ? read_line (machine) : NULL;
  gboolean done   = FALSE;
  size_t   i      = 0;

  if (! name)
    {
      g_free (module);
      return broken (machine, error);
    }

  while (i < G_N_ELEMENTS (globals) && ! (strcmp (module, globals[i].module) == 0 && strcmp (name, globals[i].name) == 0))
    i++;
  if (i < G_N_ELEMENTS (globals))
    {
      DfiPickleValue *value = value_new (machine, DFI_PICKLE_GLOBAL);

      value->global = globals[i].global;
      value->dtype  = globals[i].dtype;
      done          = push (machine, value);
    }
  else
    {
      refuse_global (machine, module, name, error);
    }
  g_free (name);
  g_free (module);
  return done;
}

static gboolean
make_tuple (Machine *machine, guint n)
{
  DfiPickleValue *value;

  if (n > height (machine))
    return FALSE;

  value        = value_new (machine, DFI_PICKLE_TUPLE);
  value->items = g_ptr_array_sized_new (n);
  move_items (machine, value->items, n);
  return push (machine, value);
}

static gboolean
make_marked_tuple (Machine *machine)
{
  guint n;

  return end_mark (machine, &n) && make_tuple (machine, n);
}

/* Adds the uppermost @n values to the container of @kind below them. */
static gboolean
add_to (Machine *machine, DfiPickleKind kind, guint n)
{
  DfiPickleValue *container;

  if (height (machine) <= n || (kind == DFI_PICKLE_DICT && n % 2))
    return FALSE;

  container = g_ptr_array_index (machine->stack, machine->stack->len - 1 - n);
  if (container->kind != kind)
    return FALSE;
  move_items (machine, container->items, n);
  return TRUE;
}

static gboolean
add_marked_to (Machine *machine, DfiPickleKind kind)
{
  guint n;

  return end_mark (machine, &n) && add_to (machine, kind, n);
}

static gboolean
memo_put (Machine *machine, size_t size)
{
  guint64 number;

  if (! read_number (machine, size, &number) || ! top (machine))
    return FALSE;
  g_hash_table_insert (machine->memo, GUINT_TO_POINTER ((guint) number), top (machine));
  return TRUE;
}

static gboolean
memo_get (Machine *machine, size_t size)
{
  guint64         number;
  DfiPickleValue *value;

  if (! read_number (machine, size, &number))
    return FALSE;
  value = g_hash_table_lookup (machine->memo, GUINT_TO_POINTER ((guint) number));
  return value && push (machine, value);
}

/* OrderedDict(), or, from Python 2, OrderedDict([[key, value], ...]).  The list is emptied, so that a few bytes cannot ask for it to
 * be copied again and again. */
static gboolean
make_ordered_dict (Machine *machine, const DfiPickleValue *arguments)
{
  const DfiPickleValue *pairs = dfi_pickle_item (arguments, DFI_PICKLE_TUPLE, 0, DFI_PICKLE_LIST);
  GPtrArray            *items;

  if (arguments->items->len > 1 || (arguments->items->len == 1 && ! pairs))
    return FALSE;

  push_container (machine, DFI_PICKLE_DICT);
  items = top (machine)->items;
  for (guint i = 0; pairs && i < pairs->items->len; i++)
    {
      const DfiPickleValue *pair = dfi_pickle_item (pairs, DFI_PICKLE_LIST, i, DFI_PICKLE_LIST);

      if (! pair || pair->items->len != 2)
        return FALSE;
      g_ptr_array_add (items, g_ptr_array_index (pair->items, 0));
      g_ptr_array_add (items, g_ptr_array_index (pair->items, 1));
    }
  if (pairs)
    g_ptr_array_set_size (pairs->items, 0);
  return TRUE;
}

/* What calling one of the known names gives. */
static gboolean
reduce (Machine *machine)
{
  DfiPickleValue *arguments = pop (machine);
  DfiPickleValue *function  = pop (machine);
  DfiPickleValue *tensor;

  if (! function || function->kind != DFI_PICKLE_GLOBAL || arguments->kind != DFI_PICKLE_TUPLE)
    return FALSE;

  switch (function->global)
    {
    case DFI_PICKLE_ORDERED_DICT: return make_ordered_dict (machine, arguments);

    case DFI_PICKLE_REBUILD_TENSOR:
      tensor        = value_new (machine, DFI_PICKLE_TENSOR);
      tensor->items = g_ptr_array_ref (arguments->items);
      return push (machine, tensor);

    case DFI_PICKLE_REBUILD_PARAMETER: /* its first argument is the tensor */
      return dfi_pickle_item (arguments, DFI_PICKLE_TUPLE, 0, DFI_PICKLE_TENSOR) &&
             push (machine, g_ptr_array_index (arguments->items, 0));

    case DFI_PICKLE_STORAGE_TYPE: break;
    }
  return FALSE;
}

/* A persistent id: torch.save() uses it for storages alone. */
static gboolean
make_storage (Machine *machine)
{
  DfiPickleValue *id = pop (machine);
  DfiPickleValue *storage;

  if (! id || id->kind != DFI_PICKLE_TUPLE)
    return FALSE;

  storage        = value_new (machine, DFI_PICKLE_STORAGE);
  storage->items = g_ptr_array_ref (id->items);
  return push (machine, storage);
}

/* BUILD gives an object attributes: an ordered dict has `_metadata`, which is of no use here. */
static gboolean
drop_attributes (Machine *machine)
{
  return pop (machine) && top (machine) && top (machine)->kind == DFI_PICKLE_DICT;
}

static gboolean
read_protocol (Machine *machine)
{
  guint64 version;

  return read_number (machine, 1, &version) && version == 2;
}

static gboolean
read_int (Machine *machine, size_t size)
{
  guint64 number;

  return read_number (machine, size, &number) &&
         push_number (machine, DFI_PICKLE_INT, size == 4 ? (gint32) (guint32) number : (gint64) number);
}

static gboolean
set_mark (Machine *machine)
{
  g_array_append_val (machine->marks, machine->stack->len);
  return TRUE;
}

static gboolean
step (Machine *machine, guint8 instruction, GError **error)
{
  gboolean done;

  switch (instruction)
    {
    case 0x80: done = read_protocol (machine); break;                                                           /* PROTO */
    case '(': done = set_mark (machine); break;                                                                 /* MARK */
    case 'N': done = push_number (machine, DFI_PICKLE_NONE, 0); break;                                          /* NONE */
    case 0x88: done = push_number (machine, DFI_PICKLE_BOOL, TRUE); break;                                      /* NEWTRUE */
    case 0x89: done = push_number (machine, DFI_PICKLE_BOOL, FALSE); break;                                     /* NEWFALSE */
    case 'K': done = read_int (machine, 1); break;                                                              /* BININT1 */
    case 'M': done = read_int (machine, 2); break;                                                              /* BININT2 */
    case 'J': done = read_int (machine, 4); break;                                                              /* BININT */
    case 0x8a: done = read_long (machine); break;                                                               /* LONG1 */
    case 'G': done = dfi_cursor_take (machine->cursor, 8) && push_number (machine, DFI_PICKLE_FLOAT, 0); break; /* BINFLOAT */
    case 'X': done = read_string (machine, 4); break;                                                           /* BINUNICODE */
    case 'U': done = read_string (machine, 1); break;                  /* SHORT_BINSTRING, Python 2 */
    case ')': done = make_tuple (machine, 0); break;                   /* EMPTY_TUPLE */
    case 0x85: done = make_tuple (machine, 1); break;                  /* TUPLE1 */
    case 0x86: done = make_tuple (machine, 2); break;                  /* TUPLE2 */
    case 0x87: done = make_tuple (machine, 3); break;                  /* TUPLE3 */
    case 't': done = make_marked_tuple (machine); break;               /* TUPLE */
    case ']': done = push_container (machine, DFI_PICKLE_LIST); break; /* EMPTY_LIST */
    case 'a': done = add_to (machine, DFI_PICKLE_LIST, 1); break;      /* APPEND */
    case 'e': done = add_marked_to (machine, DFI_PICKLE_LIST); break;  /* APPENDS */
    case '}': done = push_container (machine, DFI_PICKLE_DICT); break; /* EMPTY_DICT */
    case 's': done = add_to (machine, DFI_PICKLE_DICT, 2); break;      /* SETITEM */
    case 'u': done = add_marked_to (machine, DFI_PICKLE_DICT); break;  /* SETITEMS */
    case 'q': done = memo_put (machine, 1); break;                     /* BINPUT */
    case 'r': done = memo_put (machine, 4); break;                     /* LONG_BINPUT */
    case 'h': done = memo_get (machine, 1); break;                     /* BINGET */
    case 'j': done = memo_get (machine, 4); break;                     /* LONG_BINGET */
    case 'c': return read_global (machine, error);                     /* GLOBAL */
    case 'R': done = reduce (machine); break;                          /* REDUCE */
    case 'Q': done = make_storage (machine); break;                    /* BINPERSID */
    case 'b': done = drop_attributes (machine); break;                 /* BUILD */
    default:
      g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                   _ ("“%s” has the pickle instruction 0x%02x, which plain weights do not need. Take a file that holds only the "
                      "weights (a state dict), as torch.save() writes them by default."),
                   machine->path, instruction);
      return FALSE;
    }
  return done || broken (machine, error);
}

/* Up to STOP, which must leave one value. */
static gboolean
run (Machine *machine, GError **error)
{
  guint64 instruction;

  while (read_number (machine, 1, &instruction))
    {
      if (instruction == '.')
        return (machine->stack->len == 1 && machine->marks->len == 0) || broken (machine, error);
      if (! step (machine, instruction, error))
        return FALSE;
    }
  return broken (machine, error);
}

DfiPickle *
dfi_pickle_read (DfiCursor *cursor, const char *path, GError **error)
{
  DfiCursor  part    = { cursor->at, MIN (cursor->left, DFI_PICKLE_MAX) };
  Machine    machine = { &part,
                         path,
                         g_ptr_array_new_with_free_func (value_free),
                         g_ptr_array_new (),
                         g_array_new (FALSE, FALSE, sizeof (guint)),
                         g_hash_table_new (NULL, NULL) };
  gboolean   done    = run (&machine, error);
  DfiPickle *pickle  = g_new0 (DfiPickle, 1);

  pickle->values = machine.values;
  if (done)
    {
      pickle->root = g_ptr_array_index (machine.stack, 0);
      dfi_cursor_take (cursor, part.at - cursor->at);
    }
  else
    {
      g_clear_pointer (&pickle, dfi_pickle_free);
    }

  g_hash_table_unref (machine.memo);
  g_array_unref (machine.marks);
  g_ptr_array_unref (machine.stack);
  return pickle;
}

void
dfi_pickle_free (DfiPickle *pickle)
{
  if (! pickle)
    return;

  g_ptr_array_unref (pickle->values);
  g_free (pickle);
}

/* ---------- looking into values ---------- */

const DfiPickleValue *
dfi_pickle_item (const DfiPickleValue *value, DfiPickleKind parent, guint i, DfiPickleKind kind)
{
  const DfiPickleValue *item;

  if (! value || value->kind != parent || i >= value->items->len)
    return NULL;
  item = g_ptr_array_index (value->items, i);
  return item->kind == kind ? item : NULL;
}

const DfiPickleValue *
dfi_pickle_find (const DfiPickleValue *value, const char *key)
{
  for (guint i = 0; value && value->kind == DFI_PICKLE_DICT && i + 1 < value->items->len; i += 2)
    {
      const DfiPickleValue *found = dfi_pickle_item (value, DFI_PICKLE_DICT, i, DFI_PICKLE_STRING);

      if (found && strcmp (found->text, key) == 0)
        return g_ptr_array_index (value->items, i + 1);
    }
  return NULL;
}
