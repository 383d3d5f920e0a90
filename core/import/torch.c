/* torch.c: checkpoints as torch.save() writes them, in its two forms.
 *
 * Since torch 1.6 (a zip archive, nothing compressed; no zip64, which begins at 4 GB):
 *   NAME/data.pkl    pickle of the state dict; a tensor is a view into a storage, and a storage a key
 *   NAME/data/KEY    bytes of a storage
 *   NAME/byteorder   "little", when it is there
 *
 * Before:
 *   pickle of the number 0x1950a86a20f9469cfc6c
 *   pickle of the number 1001, of a dict with `little_endian`, of the state dict, of the list of keys
 *   for each key in that list: number of values (8 bytes), values
 *
 * The state dict may lie in other dicts, lists and objects, beside whatever else; all tensors with one or four dimensions are
 * noted.
 *
 * Source: torch/serialization.py and torch/_utils.py of PyTorch.
 */

#include "config.h"

#include <glib/gi18n-lib.h>

#include "import/archive.h"
#include "import/pickle.h"
#include "import/source.h"

#define DEPTH_MAX 32 /* of dicts in dicts */

/* ---------- tensors ---------- */

/* What a storage's persistent id says: ("storage", type, key, location, number of values[, view]). */
typedef struct
{
  const DfiPickleValue *key;
  const DfiPickleName  *type;
  size_t                count;
} Storage;

/* Where in the file the bytes of a storage begin, all of which are there; FALSE when there is no such storage, or not of this
 * size. */
typedef gboolean (*FindStorage) (gconstpointer where, const Storage *storage, guint64 *position);

typedef struct
{
  DfiSource            *source;
  FindStorage           find;
  gconstpointer         where;
  GString              *path;    /* of the value that is looked at */
  const DfiPickleValue *strange; /* the first object that was not looked into, or NULL */
} Walk;

static gboolean
item_size (const DfiPickleValue *value, DfiPickleKind parent, guint i, size_t *size)
{
  const DfiPickleValue *item = dfi_pickle_item (value, parent, i, DFI_PICKLE_INT);

  if (! item || item->number < 0)
    return FALSE;
  *size = item->number;
  return TRUE;
}

static gboolean
storage_parse (const DfiPickleValue *value, Storage *storage)
{
  const DfiPickleValue *tag  = dfi_pickle_item (value, DFI_PICKLE_STORAGE, 0, DFI_PICKLE_STRING);
  const DfiPickleValue *type = dfi_pickle_item (value, DFI_PICKLE_STORAGE, 1, DFI_PICKLE_GLOBAL);
  const DfiPickleValue *key  = dfi_pickle_item (value, DFI_PICKLE_STORAGE, 2, DFI_PICKLE_STRING);

  if (! dfi_pickle_is (tag, "storage") || ! type || type->global->global != DFI_PICKLE_STORAGE_TYPE || ! key ||
      ! item_size (value, DFI_PICKLE_STORAGE, 4, &storage->count) || value->items->len > 6 ||
      (value->items->len == 6 && ! dfi_pickle_item (value, DFI_PICKLE_STORAGE, 5, DFI_PICKLE_NONE)))
    return FALSE;

  storage->key  = key;
  storage->type = type->global;
  return TRUE;
}

/* Shape and strides, of tuples; all values that they lead to must be among @count.  An empty tensor needs none. */
static gboolean
strides_parse (const DfiPickleValue *shape, const DfiPickleValue *strides, size_t count, DfiTensor *tensor, size_t *steps)
{
  size_t last = 0, way;

  if (shape->items->len != strides->items->len)
    return FALSE;

  tensor->rank = shape->items->len;
  for (int i = 0; i < tensor->rank; i++)
    {
      if (! item_size (shape, DFI_PICKLE_TUPLE, i, &tensor->shape[i]) || ! item_size (strides, DFI_PICKLE_TUPLE, i, &steps[i]))
        return FALSE;
      if (tensor->shape[i] > 0 &&
          (! g_size_checked_mul (&way, tensor->shape[i] - 1, steps[i]) || ! g_size_checked_add (&last, last, way)))
        return FALSE;
    }
  return dfi_shape_count (tensor->shape, tensor->rank, &tensor->count) && (tensor->count == 0 || last < count);
}

/* Notes the tensor that was made of the arguments (storage, offset, shape, strides, ...). */
static gboolean
note_tensor (Walk *walk, const DfiPickleValue *value, GError **error)
{
  const DfiPickleValue *id      = dfi_pickle_item (value, DFI_PICKLE_TENSOR, 0, DFI_PICKLE_STORAGE);
  const DfiPickleValue *shape   = dfi_pickle_item (value, DFI_PICKLE_TENSOR, 2, DFI_PICKLE_TUPLE);
  const DfiPickleValue *strides = dfi_pickle_item (value, DFI_PICKLE_TENSOR, 3, DFI_PICKLE_TUPLE);
  size_t                offset, steps[DFI_RANK_MAX];
  guint64               position;
  Storage               storage;
  DfiTensor             tensor = { .name = walk->path->str };

  if (shape && shape->items->len != 1 && shape->items->len != 4)
    return TRUE;
  if (id && storage_parse (id, &storage) && ! storage.type->readable)
    return TRUE;
  if (! id || ! storage_parse (id, &storage) || ! item_size (value, DFI_PICKLE_TENSOR, 1, &offset) || ! shape || ! strides ||
      offset > storage.count || ! strides_parse (shape, strides, storage.count - offset, &tensor, steps) ||
      ! walk->find (walk->where, &storage, &position))
    return dfi_source_broken (walk->source, error, _ ("a tensor's shape, strides and storage do not fit together"));

  tensor.dtype    = storage.type->dtype;
  tensor.position = position + offset * storage.type->item_size; /* inside the storage, which is inside the file */
  return dfi_source_add_strided (walk->source, &tensor, steps, error);
}

/* ---------- what the tensors lie in ---------- */

static gboolean walk_value (Walk *walk, DfiPickleValue *value, int depth, GError **error);

/* Goes on to a value that is called @name of @length bytes.  Modules of PyTorch keep their parts in dicts whose names are no part
 * of the tensors' names. */
static gboolean
walk_part (Walk *walk, const char *name, size_t length, DfiPickleValue *value, int depth, GError **error)
{
  size_t   end    = walk->path->len;
  gboolean hidden = (length == 8 && memcmp (name, "_modules", 8) == 0) || (length == 11 && memcmp (name, "_parameters", 11) == 0);
  gboolean done;

  if (end + length >= DFI_SOURCE_NAME_MAX)
    return TRUE;
  if (! hidden)
    {
      if (end)
        g_string_append_c (walk->path, '.');
      g_string_append_len (walk->path, name, length);
    }
  done = walk_value (walk, value, depth, error);
  g_string_truncate (walk->path, end);
  return done;
}

static gboolean
walk_dict (Walk *walk, const DfiPickleValue *dict, int depth, GError **error)
{
  for (guint i = 0; i + 1 < dict->items->len; i += 2)
    {
      const DfiPickleValue *key   = g_ptr_array_index (dict->items, i);
      DfiPickleValue       *value = g_ptr_array_index (dict->items, i + 1);

      if (key->kind == DFI_PICKLE_STRING && ! memchr (key->text, 0, key->length) &&
          ! walk_part (walk, key->text, key->length, value, depth, error))
        return FALSE;
    }
  return TRUE;
}

/* A list, a tuple, or the state of an object. */
static gboolean
walk_items (Walk *walk, const DfiPickleValue *list, int depth, GError **error)
{
  for (guint i = 0; i < list->items->len; i++)
    {
      char     name[16];
      gboolean done;

      g_snprintf (name, sizeof name, "%u", i);
      done = list->kind == DFI_PICKLE_OBJECT
                 ? walk_value (walk, g_ptr_array_index (list->items, i), depth, error)
                 : walk_part (walk, name, strlen (name), g_ptr_array_index (list->items, i), depth, error);
      if (! done)
        return FALSE;
    }
  return TRUE;
}

/* Each container is looked into once, so that circles end. */
static gboolean
walk_value (Walk *walk, DfiPickleValue *value, int depth, GError **error)
{
  if (value->kind == DFI_PICKLE_TENSOR)
    return note_tensor (walk, value, error);
  if (value->visited || depth >= DEPTH_MAX)
    return TRUE;

  value->visited = TRUE;
  switch (value->kind)
    {
    case DFI_PICKLE_DICT: return walk_dict (walk, value, depth + 1, error);

    case DFI_PICKLE_LIST:
    case DFI_PICKLE_TUPLE: return walk_items (walk, value, depth + 1, error);

    case DFI_PICKLE_OBJECT:
      if (! walk->strange)
        walk->strange = value;
      return ! value->items || walk_items (walk, value, depth + 1, error);

    default: return TRUE;
    }
}

static gboolean
refuse_empty (const Walk *walk, GError **error)
{
  char *name = walk->strange ? dfi_pickle_name (walk->strange) : NULL;
  char *what =
      name && *name
          ? g_strdup_printf (_ ("it has no weights but, perhaps, in an object “%s”, which this program does not make, since "
                                "that would run code; save a state dict"),
                             name)
          : g_strdup (_ ("it has no tensors that could be weights"));

  dfi_source_refuse (walk->source, error, what);
  g_free (what);
  g_free (name);
  return FALSE;
}

static gboolean
checkpoint_read (DfiSource *source, const DfiPickle *pickle, FindStorage find, gconstpointer where, GError **error)
{
  Walk     walk = { source, find, where, g_string_new (NULL), NULL };
  gboolean done = walk_value (&walk, pickle->root, 0, error) && (source->tensors->len > 0 || refuse_empty (&walk, error));

  g_string_free (walk.path, TRUE);
  return done;
}

/* ---------- the zip form ---------- */

typedef struct
{
  const DfiArchive *archive;
  char             *prefix; /* "NAME/" */
} Where;

static const DfiCursor *
find_entry (const Where *where, const char *folder, const char *name, size_t length)
{
  char            *path  = g_strdup_printf ("%s%s%.*s", where->prefix, folder, (int) MIN (length, DFI_SOURCE_NAME_MAX), name);
  const DfiCursor *bytes = dfi_archive_find (where->archive, path);

  g_free (path);
  return bytes;
}

static gboolean
find_in_archive (gconstpointer where, const Storage *storage, guint64 *position)
{
  const DfiCursor *bytes = find_entry (where, "data/", storage->key->text, storage->key->length);
  size_t           size  = storage->type->item_size;

  if (! bytes || bytes->left % size != 0 || bytes->left / size != storage->count)
    return FALSE;
  *position = bytes->at;
  return TRUE;
}

/* Also an archive that cannot be read: PyTorch's are the common ones. */
static gboolean
recognise_zip (const DfiSource *source)
{
  DfiArchiveFault fault;
  DfiArchive     *archive = dfi_archive_is (&source->whole) ? dfi_archive_new (&source->whole, &fault) : NULL;
  gboolean        is      = dfi_archive_is (&source->whole) && (! archive || dfi_archive_find_ending (archive, "/data.pkl"));

  dfi_archive_free (archive);
  return is;
}

static gboolean
read_entries (DfiSource *source, const DfiArchive *archive, GError **error)
{
  const char      *name  = dfi_archive_find_ending (archive, "/data.pkl");
  Where            where = { archive, g_strndup (name, strlen (name) - strlen ("data.pkl")) };
  const DfiCursor *order = find_entry (&where, "", "byteorder", 9);
  DfiCursor        bytes = *dfi_archive_find (archive, name);
  DfiPickle       *pickle;
  gboolean         done;

  if (order && (order->left != 6 || ! dfi_cursor_is (order, "little", 6)))
    {
      done = dfi_source_refuse (source, error, _ ("its numbers are not little-endian"));
    }
  else
    {
      pickle = dfi_pickle_read (&bytes, source->path, error);
      done   = pickle && checkpoint_read (source, pickle, find_in_archive, &where, error);
      dfi_pickle_free (pickle);
    }
  g_free (where.prefix);
  return done;
}

static gboolean
read_zip (DfiSource *source, GError **error)
{
  DfiArchiveFault fault;
  DfiArchive     *archive = dfi_archive_new (&source->whole, &fault);
  gboolean        done    = archive && read_entries (source, archive, error);

  if (! archive)
    dfi_archive_refuse (source, fault, error);
  dfi_archive_free (archive);
  return done;
}

const DfiFormat dfi_format_torch = { "PyTorch, zip", TRUE, DFI_IMPORT_INPUT_TORCHVISION, recognise_zip, read_zip };

/* ---------- the form before ---------- */

/* The number, and the end of its pickle; the protocol stands before it. */
static const guint8 legacy_magic[] = { 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.' };

#define KEY_MAX      64 /* bytes */
#define MAGIC_AT_MAX 16 /* bytes before it */

static gboolean
recognise_legacy (const DfiSource *source)
{
  DfiCursor cursor = source->whole;

  if (! dfi_cursor_is (&cursor, "\x80", 1) || ! dfi_cursor_skip (&cursor, 2))
    return FALSE;
  for (int i = 2; i <= MAGIC_AT_MAX; i++)
    if (dfi_cursor_is (&cursor, legacy_magic, sizeof legacy_magic))
      return TRUE;
    else if (! dfi_cursor_skip (&cursor, 1))
      return FALSE;
  return FALSE;
}

/* A storage that the state dict speaks of, and where it lies. */
typedef struct
{
  Storage  storage;
  gboolean found;
  guint64  position;
} Place;

/* Keys are numbers, some ten digits; what is longer is cut, so that a few bytes cannot ask for much memory.  Free with
 * g_free(). */
static char *
key_text (const DfiPickleValue *key)
{
  return g_strndup (key->text, MIN (key->length, KEY_MAX));
}

static Place *
find_place (GHashTable *places, const DfiPickleValue *key)
{
  char  *text  = key_text (key);
  Place *place = g_hash_table_lookup (places, text);

  g_free (text);
  return place;
}

/* Every storage of the pickle, by key. FALSE when it says two things of one. */
static gboolean
list_storages (const DfiPickle *pickle, GHashTable *places)
{
  for (guint i = 0; i < pickle->values->len; i++)
    {
      const DfiPickleValue *value = g_ptr_array_index (pickle->values, i);
      Place                 place = { .found = FALSE };
      const Place          *known;

      if (value->kind != DFI_PICKLE_STORAGE)
        continue;
      if (! storage_parse (value, &place.storage))
        return FALSE;

      known = find_place (places, place.storage.key);
      if (! known)
        g_hash_table_insert (places, key_text (place.storage.key), g_memdup2 (&place, sizeof place));
      else if (known->storage.type->item_size != place.storage.type->item_size || known->storage.count != place.storage.count)
        return FALSE;
    }
  return TRUE;
}

/* The storages lie in the order of the list @keys, one after the other, up to the end of the file. */
static gboolean
locate_storages (DfiCursor cursor, const DfiPickleValue *keys, GHashTable *places)
{
  for (guint i = 0; i < keys->items->len; i++)
    {
      const DfiPickleValue *key   = dfi_pickle_item (keys, DFI_PICKLE_LIST, i, DFI_PICKLE_STRING);
      Place                *place = key ? find_place (places, key) : NULL;
      guint64               count, size;

      if (! place || place->found || ! dfi_cursor_number (&cursor, 8, &count) || count != place->storage.count ||
          ! g_uint64_checked_mul (&size, count, place->storage.type->item_size))
        return FALSE;
      place->found    = TRUE;
      place->position = cursor.at;
      if (! dfi_cursor_skip (&cursor, size))
        return FALSE;
    }
  return cursor.left == 0;
}

static gboolean
find_in_places (gconstpointer where, const Storage *storage, guint64 *position)
{
  const Place *place = find_place ((GHashTable *) where, storage->key);

  if (! place || ! place->found)
    return FALSE;
  *position = place->position;
  return TRUE;
}

static gboolean
is_little_endian (const DfiPickle *system)
{
  const DfiPickleValue *value = dfi_pickle_find (system->root, "little_endian");

  return value && value->kind == DFI_PICKLE_BOOL && value->number;
}

static gboolean
read_legacy (DfiSource *source, GError **error)
{
  enum
  {
    MAGIC,
    PROTOCOL,
    SYSTEM,
    STATE,
    KEYS,
    N_PICKLES
  };

  DfiCursor  cursor             = source->whole;
  DfiPickle *pickles[N_PICKLES] = {
    NULL,
  };
  GHashTable *places = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  gboolean    done   = TRUE;

  for (int i = 0; done && i < N_PICKLES; i++)
    done = (pickles[i] = dfi_pickle_read (&cursor, source->path, error)) != NULL;

  if (done && (pickles[PROTOCOL]->root->kind != DFI_PICKLE_INT || pickles[PROTOCOL]->root->number != 1001))
    done = dfi_source_refuse (source, error, _ ("its version is unknown"));
  if (done && ! is_little_endian (pickles[SYSTEM]))
    done = dfi_source_refuse (source, error, _ ("its numbers are not little-endian"));
  if (done && (pickles[KEYS]->root->kind != DFI_PICKLE_LIST || ! list_storages (pickles[STATE], places) ||
               ! locate_storages (cursor, pickles[KEYS]->root, places)))
    done = dfi_source_broken (source, error, _ ("its storages do not fit its size"));
  done = done && checkpoint_read (source, pickles[STATE], find_in_places, places, error);

  g_hash_table_unref (places);
  for (int i = 0; i < N_PICKLES; i++)
    dfi_pickle_free (pickles[i]);
  return done;
}

const DfiFormat dfi_format_torch_legacy = { "PyTorch before 1.6", TRUE, DFI_IMPORT_INPUT_TORCHVISION, recognise_legacy,
                                            read_legacy };
