/* torch.c: state dicts as torch.save() writes them, in its two forms.
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
 * Source: torch/serialization.py and torch/_utils.py of PyTorch; .ZIP File Format Specification of PKWARE, 4.3.
 */

#include "config.h"

#include <glib/gi18n-lib.h>

#include "import/pickle.h"
#include "import/source.h"

/* ---------- tensors of a state dict ---------- */

/* What a storage's persistent id says: ("storage", type, key, location, number of values[, view]). */
typedef struct
{
  const char *key;
  DfiDtype    dtype;
  size_t      count;
} Storage;

/* Where the bytes of a storage lie, all of them; NULL when there is no such storage, or not of this size. */
typedef const guint8 *(*FindStorage) (gconstpointer where, const Storage *storage);

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

  if (! tag || strcmp (tag->text, "storage") != 0 || ! type || type->global != DFI_PICKLE_STORAGE_TYPE || ! key ||
      ! item_size (value, DFI_PICKLE_STORAGE, 4, &storage->count) || value->items->len > 6 ||
      (value->items->len == 6 && ! dfi_pickle_item (value, DFI_PICKLE_STORAGE, 5, DFI_PICKLE_NONE)))
    return FALSE;

  storage->key   = key->text;
  storage->dtype = type->dtype;
  return TRUE;
}

/* Whether the strides are those of a row-major tensor without gaps. */
static gboolean
is_contiguous (const DfiTensor *tensor, const DfiPickleValue *strides)
{
  size_t wanted = 1, stride;

  for (int i = tensor->rank - 1; i >= 0; i--)
    {
      if (! item_size (strides, DFI_PICKLE_TUPLE, i, &stride) || (tensor->shape[i] != 1 && stride != wanted) ||
          ! g_size_checked_mul (&wanted, wanted, tensor->shape[i]))
        return FALSE;
    }
  return strides->items->len == (guint) tensor->rank;
}

/* The tensor out of the arguments (storage, offset, shape, strides, ...) of its making; @size gets its bytes. */
static gboolean
tensor_parse (const DfiPickleValue *value, FindStorage find, gconstpointer where, DfiTensor *tensor, size_t *size)
{
  const DfiPickleValue *id      = dfi_pickle_item (value, DFI_PICKLE_TENSOR, 0, DFI_PICKLE_STORAGE);
  const DfiPickleValue *shape   = dfi_pickle_item (value, DFI_PICKLE_TENSOR, 2, DFI_PICKLE_TUPLE);
  const DfiPickleValue *strides = dfi_pickle_item (value, DFI_PICKLE_TENSOR, 3, DFI_PICKLE_TUPLE);
  const guint8         *bytes;
  Storage               storage;
  size_t                offset, count = 1;

  if (! id || ! storage_parse (id, &storage) || ! item_size (value, DFI_PICKLE_TENSOR, 1, &offset) || ! shape ||
      shape->items->len > DFI_RANK_MAX || ! strides)
    return FALSE;

  tensor->rank = shape->items->len;
  for (int i = 0; i < tensor->rank; i++)
    if (! item_size (shape, DFI_PICKLE_TUPLE, i, &tensor->shape[i]) || ! g_size_checked_mul (&count, count, tensor->shape[i]))
      return FALSE;

  if (! is_contiguous (tensor, strides) || offset > storage.count || count > storage.count - offset ||
      ! (bytes = find (where, &storage)))
    return FALSE;

  tensor->dtype = storage.dtype;
  tensor->data  = bytes + offset * dfi_dtype_size (storage.dtype); /* inside the storage, which is inside the file */
  *size         = count * dfi_dtype_size (storage.dtype);
  return TRUE;
}

/* Notes the tensors `features.*` of the state dict @root, which may lie in a checkpoint under `state_dict`. */
static gboolean
state_dict_read (DfiSource *source, const DfiPickleValue *root, FindStorage find, gconstpointer where, GError **error)
{
  const DfiPickleValue *inner = dfi_pickle_find (root, "state_dict");
  const DfiPickleValue *dict  = inner ? inner : root;

  if (dict->kind != DFI_PICKLE_DICT)
    return dfi_source_broken (source, error, _ ("it holds no dict of tensors"));

  for (guint i = 0; i + 1 < dict->items->len; i += 2)
    {
      const DfiPickleValue *key    = dfi_pickle_item (dict, DFI_PICKLE_DICT, i, DFI_PICKLE_STRING);
      const DfiPickleValue *value  = dfi_pickle_item (dict, DFI_PICKLE_DICT, i + 1, DFI_PICKLE_TENSOR);
      DfiTensor             tensor = {
                    NULL,
      };
      size_t size;

      if (! key || ! value || ! g_str_has_prefix (key->text, "features."))
        continue;
      if (! tensor_parse (value, find, where, &tensor, &size))
        return dfi_source_broken (source, error, _ ("a tensor's shape, strides and storage do not fit together"));

      tensor.name = key->text;
      if (! dfi_source_add (source, &tensor, size, error))
        return FALSE;
    }
  return TRUE;
}

/* ---------- the zip form ---------- */

#define END_BYTES  22 /* of the end record, without its comment */
#define END_SIGN   0x06054b50
#define ENTRY_SIGN 0x02014b50
#define LOCAL_SIGN 0x04034b50

typedef struct
{
  GHashTable *entries; /* name -> DfiCursor over its bytes */
  char       *prefix;  /* "NAME/" */
} Archive;

static void
archive_clear (Archive *archive)
{
  g_hash_table_unref (archive->entries);
  g_free (archive->prefix);
}

/* @n numbers of @sizes bytes each. */
static gboolean
read_fields (DfiCursor *cursor, const guint8 *sizes, guint64 *fields, int n)
{
  for (int i = 0; i < n; i++)
    if (! dfi_cursor_number (cursor, sizes[i], &fields[i]))
      return FALSE;
  return TRUE;
}

/* The last end record of the file; a comment may follow it. */
static gboolean
find_directory (const DfiCursor *whole, DfiCursor *directory, guint64 *n_entries)
{
  static const guint8 sizes[] = { 4, 2, 2, 2, 2, 4, 4, 2 }; /* sign, disks, entries here and in all, size, offset, comment */
  size_t              from    = whole->left < END_BYTES ? 0 : whole->left - END_BYTES;

  for (size_t back = 0; whole->left >= END_BYTES && back <= MIN (from, G_MAXUINT16); back++)
    {
      DfiCursor end = { whole->at + from - back, END_BYTES };
      guint64   fields[G_N_ELEMENTS (sizes)];

      read_fields (&end, sizes, fields, G_N_ELEMENTS (sizes));
      if (fields[0] != END_SIGN || fields[7] != back)
        continue;

      *directory = *whole;
      *n_entries = fields[4];
      if (! dfi_cursor_take (directory, fields[6]) || fields[5] > directory->left)
        return FALSE;
      directory->left = fields[5];
      return TRUE;
    }
  return FALSE;
}

/* The bytes of an entry, which stand behind a header of its own; that header's name and extra field may be longer or shorter
 * than the directory's. */
static gboolean
find_bytes (DfiCursor whole, size_t offset, size_t size, DfiCursor *bytes)
{
  static const guint8 sizes[] = { 4, 2, 2, 2, 4, 4, 4, 4, 2, 2 }; /* sign, ..., lengths of name and extra field */
  guint64             fields[G_N_ELEMENTS (sizes)];

  if (! dfi_cursor_take (&whole, offset) || ! read_fields (&whole, sizes, fields, G_N_ELEMENTS (sizes)) ||
      fields[0] != LOCAL_SIGN || ! dfi_cursor_take (&whole, fields[8] + fields[9]))
    return FALSE;

  bytes->at   = whole.at;
  bytes->left = size;
  return size <= whole.left;
}

static gboolean
read_entry (const DfiSource *source, DfiCursor *directory, Archive *archive)
{
  /* sign, versions, flags, method, time, checksum, sizes packed and not, lengths of name, extra field and comment, disk,
   * attributes, offset */
  static const guint8 sizes[] = { 4, 2, 2, 2, 2, 4, 4, 4, 4, 2, 2, 2, 2, 2, 4, 4 };
  guint64             fields[G_N_ELEMENTS (sizes)];
  const guint8       *name;
  DfiCursor           bytes;

  if (! read_fields (directory, sizes, fields, G_N_ELEMENTS (sizes)) || fields[0] != ENTRY_SIGN ||
      ! (name = dfi_cursor_take (directory, fields[9])) || ! dfi_cursor_take (directory, fields[10] + fields[11]) ||
      ! g_utf8_validate_len ((const char *) name, fields[9], NULL))
    return FALSE;

  if (fields[4] != 0 || (fields[3] & 1) || fields[7] != fields[8] || /* packed, or encrypted */
      ! find_bytes (source->whole, fields[15], fields[8], &bytes))
    return FALSE;

  return g_hash_table_insert (archive->entries, g_strndup ((const char *) name, fields[9]), g_memdup2 (&bytes, sizeof bytes));
}

static gboolean
archive_read (const DfiSource *source, Archive *archive)
{
  DfiCursor      directory;
  guint64        n_entries;
  GHashTableIter iter;
  gpointer       name;

  if (! find_directory (&source->whole, &directory, &n_entries))
    return FALSE;
  for (guint64 i = 0; i < n_entries; i++)
    if (! read_entry (source, &directory, archive))
      return FALSE;

  g_hash_table_iter_init (&iter, archive->entries);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (g_str_has_suffix (name, "/data.pkl"))
      {
        if (archive->prefix)
          return FALSE;
        archive->prefix = g_strndup (name, strlen (name) - strlen ("data.pkl"));
      }
  return archive->prefix != NULL;
}

static const DfiCursor *
archive_find (const Archive *archive, const char *folder, const char *name)
{
  char            *path  = g_strconcat (archive->prefix, folder, name, NULL);
  const DfiCursor *bytes = g_hash_table_lookup (archive->entries, path);

  g_free (path);
  return bytes;
}

static const guint8 *
find_in_archive (gconstpointer where, const Storage *storage)
{
  const DfiCursor *bytes = archive_find (where, "data/", storage->key);
  size_t           size  = dfi_dtype_size (storage->dtype);

  return bytes && bytes->left % size == 0 && bytes->left / size == storage->count ? bytes->at : NULL;
}

static gboolean
recognise_zip (const DfiSource *source)
{
  return source->whole.left >= 4 && memcmp (source->whole.at, "PK\3\4", 4) == 0;
}

static gboolean
read_zip (DfiSource *source, GError **error)
{
  Archive          archive = { g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free), NULL };
  const DfiCursor *order;
  DfiPickle       *pickle;
  gboolean         done;

  if (! archive_read (source, &archive))
    done = dfi_source_broken (source, error, _ ("its archive has no readable directory, or is compressed"));
  else if ((order = archive_find (&archive, "", "byteorder")) && (order->left != 6 || memcmp (order->at, "little", 6) != 0))
    done = dfi_source_broken (source, error, _ ("its numbers are not little-endian"));
  else
    {
      DfiCursor bytes = *archive_find (&archive, "", "data.pkl");

      pickle = dfi_pickle_read (&bytes, source->path, error);
      done   = pickle && state_dict_read (source, pickle->root, find_in_archive, &archive, error);
      dfi_pickle_free (pickle);
    }
  archive_clear (&archive);
  return done;
}

const DfiFormat dfi_format_torch = { "PyTorch, zip", TRUE, DFI_IMPORT_INPUT_TORCHVISION, recognise_zip, read_zip };

/* ---------- the form before ---------- */

static const guint8 legacy_magic[] = { 0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.' };

static gboolean
recognise_legacy (const DfiSource *source)
{
  return source->whole.left >= sizeof legacy_magic && memcmp (source->whole.at, legacy_magic, sizeof legacy_magic) == 0;
}

/* A storage that the state dict speaks of, and where it lies. */
typedef struct
{
  Storage   storage;
  DfiCursor bytes; /* at NULL until it was found */
} Place;

/* Every storage of the pickle, by key. FALSE when it says two things of one. */
static gboolean
list_storages (const DfiPickle *pickle, GHashTable *places)
{
  for (guint i = 0; i < pickle->values->len; i++)
    {
      const DfiPickleValue *value = g_ptr_array_index (pickle->values, i);
      Place                 place = { .bytes = { NULL, 0 } };
      const Place          *known;

      if (value->kind != DFI_PICKLE_STORAGE)
        continue;
      if (! storage_parse (value, &place.storage))
        return FALSE;

      known = g_hash_table_lookup (places, place.storage.key);
      if (! known)
        g_hash_table_insert (places, (char *) place.storage.key, g_memdup2 (&place, sizeof place));
      else if (known->storage.dtype != place.storage.dtype || known->storage.count != place.storage.count)
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
      Place                *place = key ? g_hash_table_lookup (places, key->text) : NULL;
      guint64               count;

      if (! place || place->bytes.at || ! dfi_cursor_number (&cursor, 8, &count) || count != place->storage.count ||
          ! g_size_checked_mul (&place->bytes.left, count, dfi_dtype_size (place->storage.dtype)) ||
          ! (place->bytes.at = dfi_cursor_take (&cursor, place->bytes.left)))
        return FALSE;
    }
  return cursor.left == 0;
}

static const guint8 *
find_in_places (gconstpointer where, const Storage *storage)
{
  const Place *place = g_hash_table_lookup ((GHashTable *) where, storage->key);

  return place ? place->bytes.at : NULL;
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
  GHashTable *places = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free); /* keys: the pickle's */
  gboolean    done   = TRUE;

  dfi_cursor_take (&cursor, sizeof legacy_magic);
  for (int i = 0; done && i < N_PICKLES; i++)
    done = (pickles[i] = dfi_pickle_read (&cursor, source->path, error)) != NULL;

  if (done && (pickles[PROTOCOL]->root->kind != DFI_PICKLE_INT || pickles[PROTOCOL]->root->number != 1001))
    done = dfi_source_broken (source, error, _ ("its version is unknown"));
  if (done && ! is_little_endian (pickles[SYSTEM]))
    done = dfi_source_broken (source, error, _ ("its numbers are not little-endian"));
  if (done && (pickles[KEYS]->root->kind != DFI_PICKLE_LIST || ! list_storages (pickles[STATE], places) ||
               ! locate_storages (cursor, pickles[KEYS]->root, places)))
    done = dfi_source_broken (source, error, _ ("its storages do not fit its size"));
  done = done && state_dict_read (source, pickles[STATE]->root, find_in_places, places, error);

  g_hash_table_unref (places);
  for (int i = 0; i < N_PICKLES; i++)
    dfi_pickle_free (pickles[i]);
  return done;
}

const DfiFormat dfi_format_torch_legacy = { "PyTorch before 1.6", TRUE, DFI_IMPORT_INPUT_TORCHVISION, recognise_legacy,
                                            read_legacy };
