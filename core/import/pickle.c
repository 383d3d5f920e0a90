/* pickle.c: the stack machine.  Every instruction either does what it says or ends the reading; there is no third way. */

#include "config.h"

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "import/pickle.h"

#define NAME_MAX_SHOWN 80

static const DfiPickleName names[] = {
  { "collections", "OrderedDict", DFI_PICKLE_MAKE_DICT, 0, FALSE, 0 },
  { "collections", "defaultdict", DFI_PICKLE_MAKE_DICT, 0, FALSE, 0 },
  { "torch._utils", "_rebuild_tensor", DFI_PICKLE_REBUILD_TENSOR, 0, FALSE, 0 },
  { "torch._utils", "_rebuild_tensor_v2", DFI_PICKLE_REBUILD_TENSOR, 0, FALSE, 0 },
  { "torch._utils", "_rebuild_parameter", DFI_PICKLE_REBUILD_PARAMETER, 0, FALSE, 0 },
  { "torch._utils", "_rebuild_parameter_with_state", DFI_PICKLE_REBUILD_PARAMETER, 0, FALSE, 0 },
  { "torch._tensor", "_rebuild_from_type_v2", DFI_PICKLE_REBUILD_FROM_TYPE, 0, FALSE, 0 },
  { "torch", "FloatStorage", DFI_PICKLE_STORAGE_TYPE, 4, TRUE, DFI_DTYPE_F32 },
  { "torch.cuda", "FloatStorage", DFI_PICKLE_STORAGE_TYPE, 4, TRUE, DFI_DTYPE_F32 },
  { "torch", "DoubleStorage", DFI_PICKLE_STORAGE_TYPE, 8, TRUE, DFI_DTYPE_F64 },
  { "torch.cuda", "DoubleStorage", DFI_PICKLE_STORAGE_TYPE, 8, TRUE, DFI_DTYPE_F64 },
  { "torch", "HalfStorage", DFI_PICKLE_STORAGE_TYPE, 2, TRUE, DFI_DTYPE_F16 },
  { "torch.cuda", "HalfStorage", DFI_PICKLE_STORAGE_TYPE, 2, TRUE, DFI_DTYPE_F16 },
  { "torch", "BFloat16Storage", DFI_PICKLE_STORAGE_TYPE, 2, TRUE, DFI_DTYPE_BF16 },
  { "torch.cuda", "BFloat16Storage", DFI_PICKLE_STORAGE_TYPE, 2, TRUE, DFI_DTYPE_BF16 },
  { "torch", "LongStorage", DFI_PICKLE_STORAGE_TYPE, 8, FALSE, 0 },
  { "torch.cuda", "LongStorage", DFI_PICKLE_STORAGE_TYPE, 8, FALSE, 0 },
  { "torch", "IntStorage", DFI_PICKLE_STORAGE_TYPE, 4, FALSE, 0 },
  { "torch.cuda", "IntStorage", DFI_PICKLE_STORAGE_TYPE, 4, FALSE, 0 },
  { "torch", "ShortStorage", DFI_PICKLE_STORAGE_TYPE, 2, FALSE, 0 },
  { "torch.cuda", "ShortStorage", DFI_PICKLE_STORAGE_TYPE, 2, FALSE, 0 },
  { "torch", "CharStorage", DFI_PICKLE_STORAGE_TYPE, 1, FALSE, 0 },
  { "torch.cuda", "CharStorage", DFI_PICKLE_STORAGE_TYPE, 1, FALSE, 0 },
  { "torch", "ByteStorage", DFI_PICKLE_STORAGE_TYPE, 1, FALSE, 0 },
  { "torch.cuda", "ByteStorage", DFI_PICKLE_STORAGE_TYPE, 1, FALSE, 0 },
  { "torch", "BoolStorage", DFI_PICKLE_STORAGE_TYPE, 1, FALSE, 0 },
  { "torch.cuda", "BoolStorage", DFI_PICKLE_STORAGE_TYPE, 1, FALSE, 0 },
  { "torch", "ComplexFloatStorage", DFI_PICKLE_STORAGE_TYPE, 8, FALSE, 0 },
  { "torch.cuda", "ComplexFloatStorage", DFI_PICKLE_STORAGE_TYPE, 8, FALSE, 0 },
  { "torch", "ComplexDoubleStorage", DFI_PICKLE_STORAGE_TYPE, 16, FALSE, 0 },
  { "torch.cuda", "ComplexDoubleStorage", DFI_PICKLE_STORAGE_TYPE, 16, FALSE, 0 },
};

typedef struct
{
  DfiCursor    *cursor;
  const char   *path;
  GPtrArray    *values;
  GPtrArray    *stack;
  GArray       *marks; /* guint: how high the stack was */
  GHashTable   *memo;  /* number -> value */
  GStringChunk *texts;
  guint         n_steps;
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

/* LONG1 and LONG4: as many bytes as a first number says, two's complement. */
static gboolean
read_long (Machine *machine, size_t length_size)
{
  guint64 size, number = 0;
  gint64  value;

  if (! read_number (machine, length_size, &size))
    return FALSE;
  if (size > 8)
    return dfi_cursor_skip (machine->cursor, size) && push_number (machine, DFI_PICKLE_INT, 0);
  if (! read_number (machine, size, &number))
    return FALSE;
  if (size > 0 && size < 8 && number >> (8 * size - 1))
    number |= G_MAXUINT64 << 8 * size;
  memcpy (&value, &number, sizeof value);
  return push_number (machine, DFI_PICKLE_INT, value);
}

static gboolean
push_text (Machine *machine, DfiPickleKind kind, const char *text, size_t length)
{
  DfiPickleValue *value = value_new (machine, kind);

  value->text   = text;
  value->length = length;
  return push (machine, value);
}

/* Text or bytes after their length of @size bytes; bytes are not kept.  Python 2 has one kind for both. */
static gboolean
read_string (Machine *machine, size_t size, DfiPickleKind kind)
{
  guint64     length;
  char       *bytes;
  const char *text = NULL;

  if (! read_number (machine, size, &length) || length > machine->cursor->left)
    return FALSE;
  if (kind == DFI_PICKLE_BYTES)
    return dfi_cursor_skip (machine->cursor, length) && push_text (machine, kind, NULL, 0);

  bytes = g_malloc (length);
  if (dfi_cursor_read (machine->cursor, bytes, length))
    text = g_string_chunk_insert_len (machine->texts, bytes, length);
  g_free (bytes);
  if (text && ! g_utf8_validate_len (text, length, NULL))
    return push_text (machine, DFI_PICKLE_BYTES, NULL, 0);
  return text && push_text (machine, kind, text, length);
}

/* A line without its end. */
static gboolean
read_line (Machine *machine, GString *line)
{
  guint64 byte;

  while (read_number (machine, 1, &byte))
    {
      if (byte == '\n')
        return TRUE;
      g_string_append_c (line, (char) byte);
    }
  return FALSE;
}

static gboolean
is_text (const char *text, size_t length, const char *wanted)
{
  return length == strlen (wanted) && memcmp (text, wanted, length) == 0;
}

static gboolean
push_global (Machine *machine, const char *module, size_t module_length, const char *name, size_t name_length)
{
  char  *strange;
  size_t i = 0;

  while (i < G_N_ELEMENTS (names) &&
         ! (is_text (module, module_length, names[i].module) && is_text (name, name_length, names[i].name)))
    i++;
  if (i < G_N_ELEMENTS (names))
    {
      DfiPickleValue *value = value_new (machine, DFI_PICKLE_GLOBAL);

      value->global = &names[i];
      return push (machine, value);
    }

  strange = g_strdup_printf ("%.*s.%.*s", (int) MIN (module_length, NAME_MAX_SHOWN), module,
                             (int) MIN (name_length, NAME_MAX_SHOWN), name);
  push_text (machine, DFI_PICKLE_STRANGE, g_string_chunk_insert_const (machine->texts, strange), strlen (strange));
  g_free (strange);
  return TRUE;
}

static gboolean
read_global (Machine *machine)
{
  GString *module = g_string_new (NULL);
  GString *name   = g_string_new (NULL);
  gboolean done   = read_line (machine, module) && read_line (machine, name) &&
                  push_global (machine, module->str, module->len, name->str, name->len);

  g_string_free (name, TRUE);
  g_string_free (module, TRUE);
  return done;
}

/* STACK_GLOBAL: module and name are strings. */
static gboolean
take_global (Machine *machine)
{
  const DfiPickleValue *name   = pop (machine);
  const DfiPickleValue *module = pop (machine);

  return module && module->kind == DFI_PICKLE_STRING && name->kind == DFI_PICKLE_STRING &&
         push_global (machine, module->text, module->length, name->text, name->length);
}

static gboolean
make_container (Machine *machine, DfiPickleKind kind, guint n)
{
  DfiPickleValue *value;

  if (n > height (machine))
    return FALSE;

  value        = value_new (machine, kind);
  value->items = g_ptr_array_sized_new (n);
  move_items (machine, value->items, n);
  return push (machine, value);
}

static gboolean
make_tuple (Machine *machine, guint n)
{
  return make_container (machine, DFI_PICKLE_TUPLE, n);
}

/* A container of all values above the last mark. */
static gboolean
make_marked (Machine *machine, DfiPickleKind kind)
{
  guint n;

  if (! end_mark (machine, &n) || (kind == DFI_PICKLE_DICT && n % 2))
    return FALSE;
  return make_container (machine, kind, n);
}

/* Adds the uppermost @n values to the container of @kind below them; to an object they are lost. */
static gboolean
add_to (Machine *machine, DfiPickleKind kind, guint n)
{
  DfiPickleValue *container;

  if (height (machine) <= n || (kind == DFI_PICKLE_DICT && n % 2))
    return FALSE;

  container = g_ptr_array_index (machine->stack, machine->stack->len - 1 - n);
  if (container->kind == kind)
    move_items (machine, container->items, n);
  else if (container->kind == DFI_PICKLE_OBJECT)
    g_ptr_array_set_size (machine->stack, machine->stack->len - n);
  else
    return FALSE;
  return TRUE;
}

static gboolean
add_marked_to (Machine *machine, DfiPickleKind kind)
{
  guint n;

  return end_mark (machine, &n) && add_to (machine, kind, n);
}

static gboolean
remember (Machine *machine, guint number)
{
  if (top (machine))
    g_hash_table_insert (machine->memo, GUINT_TO_POINTER (number), top (machine));
  return top (machine) != NULL;
}

static gboolean
memo_put (Machine *machine, size_t size)
{
  guint64 number;

  return read_number (machine, size, &number) && remember (machine, number);
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

/* OrderedDict(), or, from Python 2, OrderedDict([[key, value], ...]), or defaultdict(function).  The list is emptied, so that a
 * few bytes cannot ask for it to be copied again and again. */
static gboolean
make_dict (Machine *machine, const DfiPickleValue *arguments)
{
  const DfiPickleValue *pairs = dfi_pickle_item (arguments, DFI_PICKLE_TUPLE, 0, DFI_PICKLE_LIST);
  GPtrArray            *items;

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

/* What calling, or making an instance of, a name that is not known gives. */
static gboolean
make_object (Machine *machine, const DfiPickleValue *function)
{
  gboolean named = function->kind == DFI_PICKLE_STRANGE || function->kind == DFI_PICKLE_OBJECT;

  return push_text (machine, DFI_PICKLE_OBJECT, named ? function->text : "", named ? function->length : 0);
}

static gboolean
make_tensor (Machine *machine, const DfiPickleValue *arguments)
{
  DfiPickleValue *tensor = value_new (machine, DFI_PICKLE_TENSOR);

  tensor->items = g_ptr_array_ref (arguments->items);
  return push (machine, tensor);
}

static gboolean
rebuild_from_type (Machine *machine, const DfiPickleValue *arguments)
{
  const DfiPickleValue *function = dfi_pickle_item (arguments, DFI_PICKLE_TUPLE, 0, DFI_PICKLE_GLOBAL);
  const DfiPickleValue *inner    = dfi_pickle_item (arguments, DFI_PICKLE_TUPLE, 2, DFI_PICKLE_TUPLE);

  return function && inner && function->global->global == DFI_PICKLE_REBUILD_TENSOR && make_tensor (machine, inner);
}

/* REDUCE: what calling a name gives. */
static gboolean
reduce (Machine *machine)
{
  DfiPickleValue *arguments = pop (machine);
  DfiPickleValue *function  = pop (machine);

  if (! function || arguments->kind != DFI_PICKLE_TUPLE)
    return FALSE;
  if (function->kind != DFI_PICKLE_GLOBAL)
    return make_object (machine, function);

  switch (function->global->global)
    {
    case DFI_PICKLE_MAKE_DICT: return make_dict (machine, arguments);

    case DFI_PICKLE_REBUILD_TENSOR: return make_tensor (machine, arguments);

    case DFI_PICKLE_REBUILD_FROM_TYPE: return rebuild_from_type (machine, arguments);

    case DFI_PICKLE_REBUILD_PARAMETER: /* its first argument is the tensor */
      return dfi_pickle_item (arguments, DFI_PICKLE_TUPLE, 0, DFI_PICKLE_TENSOR) &&
             push (machine, g_ptr_array_index (arguments->items, 0));

    case DFI_PICKLE_STORAGE_TYPE: break;
    }
  return make_object (machine, function);
}

/* NEWOBJ, and NEWOBJ_EX, which has one more argument. */
static gboolean
make_instance (Machine *machine, int n_arguments)
{
  DfiPickleValue *class;

  for (int i = 0; i < n_arguments; i++)
    if (! pop (machine))
      return FALSE;
  class = pop (machine);
  return class && make_object (machine, class);
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

/* BUILD: an object keeps its state; other values have attributes of no use here, such as the `_metadata` of an ordered dict. */
static gboolean
set_state (Machine *machine)
{
  DfiPickleValue *state = pop (machine);
  DfiPickleValue *value = top (machine);

  if (! value)
    return FALSE;
  if (value->kind == DFI_PICKLE_OBJECT)
    {
      if (! value->items)
        value->items = g_ptr_array_new ();
      g_ptr_array_set_size (value->items, 0);
      g_ptr_array_add (value->items, state);
    }
  return TRUE;
}

static gboolean
pop_mark (Machine *machine)
{
  guint n;

  if (! end_mark (machine, &n))
    return FALSE;
  g_ptr_array_set_size (machine->stack, machine->stack->len - n);
  return TRUE;
}

/* POP takes a value, or else a mark. */
static gboolean
drop (Machine *machine)
{
  return pop (machine) || pop_mark (machine);
}

static gboolean
refuse_protocol (const Machine *machine, int version, GError **error)
{
  g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
               _ ("“%s” cannot be imported: its pickle has protocol %d; 2 to 5 are supported."), machine->path, version);
  return FALSE;
}

static gboolean
read_protocol (Machine *machine, GError **error)
{
  guint64 version;

  if (! read_number (machine, 1, &version))
    return broken (machine, error);
  return (version >= 2 && version <= 5) || refuse_protocol (machine, version, error);
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

/* Instructions that push a value of their own. */
static gboolean
step_value (Machine *machine, guint8 instruction)
{
  switch (instruction)
    {
    case 'N': return push_number (machine, DFI_PICKLE_NONE, 0);                                          /* NONE */
    case 0x88: return push_number (machine, DFI_PICKLE_BOOL, TRUE);                                      /* NEWTRUE */
    case 0x89: return push_number (machine, DFI_PICKLE_BOOL, FALSE);                                     /* NEWFALSE */
    case 'K': return read_int (machine, 1);                                                              /* BININT1 */
    case 'M': return read_int (machine, 2);                                                              /* BININT2 */
    case 'J': return read_int (machine, 4);                                                              /* BININT */
    case 0x8a: return read_long (machine, 1);                                                            /* LONG1 */
    case 0x8b: return read_long (machine, 4);                                                            /* LONG4 */
    case 'G': return dfi_cursor_skip (machine->cursor, 8) && push_number (machine, DFI_PICKLE_FLOAT, 0); /* BINFLOAT */
    case 'X': return read_string (machine, 4, DFI_PICKLE_STRING);                                        /* BINUNICODE */
    case 0x8c: return read_string (machine, 1, DFI_PICKLE_STRING);                                       /* SHORT_BINUNICODE */
    case 0x8d: return read_string (machine, 8, DFI_PICKLE_STRING);                                       /* BINUNICODE8 */
    case 'T': return read_string (machine, 4, DFI_PICKLE_STRING);                                        /* BINSTRING, Python 2 */
    case 'U': return read_string (machine, 1, DFI_PICKLE_STRING); /* SHORT_BINSTRING, Python 2 */
    case 'B': return read_string (machine, 4, DFI_PICKLE_BYTES);  /* BINBYTES */
    case 'C': return read_string (machine, 1, DFI_PICKLE_BYTES);  /* SHORT_BINBYTES */
    case 0x8e: return read_string (machine, 8, DFI_PICKLE_BYTES); /* BINBYTES8 */
    case 0x96: return read_string (machine, 8, DFI_PICKLE_BYTES); /* BYTEARRAY8 */
    case ']': return push_container (machine, DFI_PICKLE_LIST);   /* EMPTY_LIST */
    case 0x8f: return push_container (machine, DFI_PICKLE_LIST);  /* EMPTY_SET */
    case '}': return push_container (machine, DFI_PICKLE_DICT);   /* EMPTY_DICT */
    case ')': return make_tuple (machine, 0);                     /* EMPTY_TUPLE */
    case 'h': return memo_get (machine, 1);                       /* BINGET */
    case 'j': return memo_get (machine, 4);                       /* LONG_BINGET */
    case 'c': return read_global (machine);                       /* GLOBAL */
    default: g_assert_not_reached ();
    }
}

/* Instructions that do something with what is on the stack. */
static gboolean
step_stack (Machine *machine, guint8 instruction)
{
  switch (instruction)
    {
    case '(': return set_mark (machine);                                     /* MARK */
    case '0': return drop (machine);                                         /* POP */
    case '1': return pop_mark (machine);                                     /* POP_MARK */
    case '2': return top (machine) && push (machine, top (machine));         /* DUP */
    case 0x85: return make_tuple (machine, 1);                               /* TUPLE1 */
    case 0x86: return make_tuple (machine, 2);                               /* TUPLE2 */
    case 0x87: return make_tuple (machine, 3);                               /* TUPLE3 */
    case 't': return make_marked (machine, DFI_PICKLE_TUPLE);                /* TUPLE */
    case 0x91: return make_marked (machine, DFI_PICKLE_TUPLE);               /* FROZENSET */
    case 'l': return make_marked (machine, DFI_PICKLE_LIST);                 /* LIST */
    case 'd': return make_marked (machine, DFI_PICKLE_DICT);                 /* DICT */
    case 'a': return add_to (machine, DFI_PICKLE_LIST, 1);                   /* APPEND */
    case 'e': return add_marked_to (machine, DFI_PICKLE_LIST);               /* APPENDS */
    case 0x90: return add_marked_to (machine, DFI_PICKLE_LIST);              /* ADDITEMS */
    case 's': return add_to (machine, DFI_PICKLE_DICT, 2);                   /* SETITEM */
    case 'u': return add_marked_to (machine, DFI_PICKLE_DICT);               /* SETITEMS */
    case 'q': return memo_put (machine, 1);                                  /* BINPUT */
    case 'r': return memo_put (machine, 4);                                  /* LONG_BINPUT */
    case 0x94: return remember (machine, g_hash_table_size (machine->memo)); /* MEMOIZE */
    case 0x93: return take_global (machine);                                 /* STACK_GLOBAL */
    case 'R': return reduce (machine);                                       /* REDUCE */
    case 0x81: return make_instance (machine, 1);                            /* NEWOBJ */
    case 0x92: return make_instance (machine, 2);                            /* NEWOBJ_EX */
    case 'Q': return make_storage (machine);                                 /* BINPERSID */
    case 'b': return set_state (machine);                                    /* BUILD */
    case 0x95: return dfi_cursor_skip (machine->cursor, 8);                  /* FRAME: how many bytes are to be read at once */
    default: g_assert_not_reached ();
    }
}

static gboolean
step (Machine *machine, guint8 instruction, GError **error)
{
  static const char value_steps[] = "N\x88\x89KMJ\x8a\x8bGX\x8c\x8dTUBC\x8e\x96]\x8f})hjc";
  static const char stack_steps[] = "(012\x85\x86\x87t\x91ldae\x90suqr\x94\x93R\x81\x92Qb\x95";

  if (++machine->n_steps > DFI_PICKLE_STEPS_MAX)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                   _ ("“%s” cannot be imported: its pickle has far more values than weights need."), machine->path);
      return FALSE;
    }
  if (instruction == 0x80) /* PROTO */
    return read_protocol (machine, error);
  if (instruction != 0 && strchr (value_steps, instruction))
    return step_value (machine, instruction) || broken (machine, error);
  if (instruction != 0 && strchr (stack_steps, instruction))
    return step_stack (machine, instruction) || broken (machine, error);

  g_set_error (
      error, DFI_ERROR, DFI_ERROR_FORMAT,
      _ ("“%s” cannot be imported: its pickle has the instruction 0x%02x, which checkpoints do not need. It may be damaged."),
      machine->path, instruction);
  return FALSE;
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
  DfiCursor  part    = { cursor->window, cursor->at, MIN (cursor->left, DFI_PICKLE_MAX) };
  Machine    machine = { &part,
                         path,
                         g_ptr_array_new_with_free_func (value_free),
                         g_ptr_array_new (),
                         g_array_new (FALSE, FALSE, sizeof (guint)),
                         g_hash_table_new (NULL, NULL),
                         g_string_chunk_new (256),
                         0 };
  gboolean   done    = run (&machine, error);
  DfiPickle *pickle  = g_new0 (DfiPickle, 1);

  pickle->values = machine.values;
  pickle->texts  = machine.texts;
  if (done)
    {
      pickle->root = g_ptr_array_index (machine.stack, 0);
      dfi_cursor_skip (cursor, part.at - cursor->at);
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
  g_string_chunk_free (pickle->texts);
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

gboolean
dfi_pickle_is (const DfiPickleValue *value, const char *text)
{
  return value && value->kind == DFI_PICKLE_STRING && is_text (value->text, value->length, text);
}

const DfiPickleValue *
dfi_pickle_find (const DfiPickleValue *value, const char *key)
{
  for (guint i = 0; value && value->kind == DFI_PICKLE_DICT && i + 1 < value->items->len; i += 2)
    {
      const DfiPickleValue *found = dfi_pickle_item (value, DFI_PICKLE_DICT, i, DFI_PICKLE_STRING);

      if (dfi_pickle_is (found, key))
        return g_ptr_array_index (value->items, i + 1);
    }
  return NULL;
}

char *
dfi_pickle_name (const DfiPickleValue *value)
{
  char *text  = g_strndup (value->text, value->length);
  char *shown = g_strescape (text, NULL);

  g_free (text);
  return shown;
}
