#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define H5_USE_110_API /* newer versions give other types to the functions that are called here */
#include <hdf5.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "import/hdf5-process.h"
#include "network/encoder.h"

#define SIDE_MAX (8 * DFI_ENCODER_WIDTH_MAX) /* filters in the last block of the widest network */

/* What goes through the pipe: a record; after an ARRAY its name and its values. */
enum
{
  RECORD_ARRAY,
  RECORD_FILTERED, /* an array is compressed in a way that is not read */
  RECORD_TOO_LARGE,
  RECORD_END
};

typedef struct
{
  guint32 kind;
  guint32 name_length;
  guint32 rank;
  guint64 shape[DFI_RANK_MAX];
} Record;

/* ---------- the process that reads ---------- */

typedef struct
{
  int     out;
  hid_t   file;
  guint   n_arrays;
  guint64 bytes_left;
} Reader;

/* Writes all of it or ends the process: nobody is there to be told. */
static void
send (const Reader *reader, const void *bytes, size_t size)
{
  const guint8 *at = bytes;

  while (size > 0)
    {
      gssize n = write (reader->out, at, size);

      if (n < 0 && errno != EINTR)
        _exit (EXIT_FAILURE);
      at += MAX (n, 0);
      size -= MAX (n, 0);
    }
}

static void
send_end (const Reader *reader, guint32 kind)
{
  Record record = { .kind = kind };

  send (reader, &record, sizeof record);
  _exit (EXIT_SUCCESS);
}

/* Whether the values are in the file itself, whole or in chunks, and only packed by what the library itself has. */
static gboolean
is_plain (const Reader *reader, hid_t properties, size_t size)
{
  hsize_t chunk[DFI_RANK_MAX], bytes = size;

  if (H5Pget_external_count (properties) != 0 || H5Pget_layout (properties) == H5D_VIRTUAL)
    return FALSE;
  if (H5Pget_layout (properties) == H5D_CHUNKED)
    {
      int rank = H5Pget_chunk (properties, DFI_RANK_MAX, chunk);

      for (int i = 0; i < rank; i++)
        if (i >= DFI_RANK_MAX || ! g_uint64_checked_mul ((guint64 *) &bytes, bytes, chunk[i]) || bytes > reader->bytes_left)
          send_end (reader, RECORD_TOO_LARGE);
    }
  for (int i = 0; i < H5Pget_nfilters (properties); i++)
    {
      unsigned     flags;
      size_t       n  = 0;
      H5Z_filter_t id = H5Pget_filter2 (properties, i, &flags, &n, NULL, 0, NULL, NULL);

      if (id != H5Z_FILTER_DEFLATE && id != H5Z_FILTER_SHUFFLE && id != H5Z_FILTER_FLETCHER32)
        send_end (reader, RECORD_FILTERED);
    }
  return TRUE;
}

/* The shape of floating-point numbers that may be weights; FALSE when they are something else. */
static gboolean
has_shape (hid_t space, hid_t type, Record *record)
{
  hsize_t dims[DFI_RANK_MAX];
  int     rank = H5Sget_simple_extent_ndims (space);

  if (H5Tget_class (type) != H5T_FLOAT || H5Tget_size (type) > 8 || (rank != 1 && rank != 4) ||
      H5Sget_simple_extent_dims (space, dims, NULL) != rank)
    return FALSE;

  record->rank = rank;
  for (int i = 0; i < rank; i++)
    {
      if (dims[i] == 0 || dims[i] > SIDE_MAX)
        return FALSE;
      record->shape[i] = dims[i];
    }
  return TRUE;
}

static void
send_values (Reader *reader, hid_t array, const char *name, Record *record)
{
  guint64 bytes = sizeof (float);
  float  *values;

  for (guint i = 0; i < record->rank; i++)
    bytes *= record->shape[i]; /* at most 4 SIDE_MAX^4, 2^46 */
  if (bytes > reader->bytes_left)
    send_end (reader, RECORD_TOO_LARGE);
  reader->bytes_left -= bytes;

  values = malloc (bytes);
  if (! values || H5Dread (array, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
    _exit (EXIT_FAILURE);
  record->kind        = RECORD_ARRAY;
  record->name_length = strlen (name);
  send (reader, record, sizeof *record);
  send (reader, name, record->name_length);
  send (reader, values, bytes);
  free (values);
}

static void
read_array (Reader *reader, const char *name)
{
  hid_t  array      = H5Dopen2 (reader->file, name, H5P_DEFAULT);
  hid_t  space      = H5Dget_space (array);
  hid_t  type       = H5Dget_type (array);
  hid_t  properties = H5Dget_create_plist (array);
  Record record     = { .kind = RECORD_ARRAY };

  if (array < 0 || space < 0 || type < 0 || properties < 0)
    _exit (EXIT_FAILURE);
  if (++reader->n_arrays > DFI_HDF5_ARRAYS_MAX)
    send_end (reader, RECORD_TOO_LARGE);
  if (strlen (name) <= DFI_SOURCE_NAME_MAX && has_shape (space, type, &record) &&
      is_plain (reader, properties, H5Tget_size (type)))
    send_values (reader, array, name, &record);

  H5Pclose (properties);
  H5Tclose (type);
  H5Sclose (space);
  H5Dclose (array);
}

static herr_t
visit (hid_t file, const char *name, const H5O_info_t *info, void *reader)
{
  if (info->type == H5O_TYPE_DATASET)
    read_array (reader, name);
  return 0;
}

/* The library would copy the file's bytes for itself; it is told that they are its own. */
static void *
image_malloc (size_t size, H5FD_file_image_op_t operation, void *image)
{
  return image;
}

static void *
image_memcpy (void *to, const void *from, size_t size, H5FD_file_image_op_t operation, void *image)
{
  return to == from ? to : NULL;
}

static void *
image_realloc (void *bytes, size_t size, H5FD_file_image_op_t operation, void *image)
{
  return NULL;
}

static herr_t
image_free (void *bytes, H5FD_file_image_op_t operation, void *image)
{
  return 0;
}

static void *
image_data (void *image)
{
  return image;
}

static herr_t
image_data_free (void *image)
{
  return 0;
}

/* The library is given bytes and no file, so that it does not look beyond them. */
static hid_t
open_image (const DfiCursor *image)
{
  void                       *bytes     = malloc (image->left);
  hid_t                       access    = H5Pcreate (H5P_FILE_ACCESS);
  H5FD_file_image_callbacks_t callbacks = { image_malloc, image_memcpy,    image_realloc, image_free,
                                            image_data,   image_data_free, bytes };

  if (! bytes || ! dfi_input_file_read (image->window->file, image->at, bytes, image->left, NULL) ||
      H5Pset_fapl_core (access, 1 << 16, FALSE) < 0 || H5Pset_file_image_callbacks (access, &callbacks) < 0 ||
      H5Pset_file_image (access, bytes, image->left) < 0)
    return -1;
  return H5Fopen ("image", H5F_ACC_RDONLY, access);
}

static void
limit (int resource, rlim_t most)
{
  struct rlimit now;

  if (getrlimit (resource, &now) == 0 && (now.rlim_max == RLIM_INFINITY || now.rlim_max > most))
    setrlimit (resource, &(struct rlimit){ most, most });
}

static void
limit_all (void)
{
  struct rusage so_far;

  getrusage (RUSAGE_SELF, &so_far);
  limit (RLIMIT_CPU, so_far.ru_utime.tv_sec + so_far.ru_stime.tv_sec + DFI_HDF5_SECONDS_MAX);
  limit (RLIMIT_CORE, 0);
#ifndef DFI_SANITIZED /* the address sanitizer has memory of its own */
  limit (RLIMIT_DATA, DFI_HDF5_MEMORY_MAX);
#endif
}

/* What the process does; does not return. */
static void
read_image (const DfiCursor *image, int out)
{
  Reader reader = { .out = out, .bytes_left = MIN (DFI_HDF5_BYTES_MAX, image->left * DFI_HDF5_RATIO_MAX) };

  limit_all ();
  H5Eset_auto2 (H5E_DEFAULT, NULL, NULL);
  if (H5PLset_loading_state (0) < 0 || (reader.file = open_image (image)) < 0 ||
      H5Ovisit1 (reader.file, H5_INDEX_NAME, H5_ITER_INC, visit, &reader) < 0)
    _exit (EXIT_FAILURE);
  send_end (&reader, RECORD_END);
}

/* ---------- the process that is told ---------- */

static gboolean
receive (int in, void *bytes, size_t size)
{
  guint8 *at = bytes;

  while (size > 0)
    {
      gssize n = read (in, at, size);

      if (n == 0 || (n < 0 && errno != EINTR))
        return FALSE;
      at += MAX (n, 0);
      size -= MAX (n, 0);
    }
  return TRUE;
}

static gboolean
broken (const DfiSource *source, GError **error)
{
  return dfi_source_broken (source, error, _ ("the HDF5 library cannot read it"));
}

/* What the record promises is looked at again: the process has read what nobody vouches for. */
static gboolean
receive_array (DfiSource *source, int in, const Record *record, DfiHdf5Func func, GError **error)
{
  size_t shape[DFI_RANK_MAX] = { 0 }, count;
  char   name[DFI_SOURCE_NAME_MAX + 1];
  float *values;

  if (record->name_length > DFI_SOURCE_NAME_MAX || (record->rank != 1 && record->rank != 4) ||
      ! receive (in, name, record->name_length))
    return broken (source, error);
  name[record->name_length] = 0;
  for (guint i = 0; i < record->rank; i++)
    {
      shape[i] = record->shape[i];
      if (shape[i] > SIDE_MAX)
        return broken (source, error);
    }
  if (! dfi_shape_count (shape, record->rank, &count) || count > DFI_HDF5_BYTES_MAX / sizeof *values ||
      ! g_utf8_validate (name, -1, NULL))
    return broken (source, error);

  values = dfi_source_alloc (source, count, sizeof *values, error);
  if (! values)
    return FALSE;
  if (! receive (in, values, count * sizeof *values))
    return broken (source, error);
  return func (source, name, record->rank, shape, values, error);
}

static gboolean
receive_all (DfiSource *source, int in, DfiHdf5Func func, GError **error)
{
  Record record;

  while (receive (in, &record, sizeof record))
    switch (record.kind)
      {
      case RECORD_ARRAY:
        if (! receive_array (source, in, &record, func, error))
          return FALSE;
        break;

      case RECORD_FILTERED:
        return dfi_source_refuse (source, error, _ ("a tensor is compressed in a way that is not supported; gzip is"));

      case RECORD_TOO_LARGE: return dfi_source_refuse (source, error, _ ("its tensors are larger than a network's"));

      case RECORD_END: return TRUE;

      default: return broken (source, error);
      }
  return broken (source, error);
}

static gboolean
system_error (const DfiSource *source, GError **error)
{
  g_set_error (error, DFI_ERROR, DFI_ERROR_IO, _ ("“%s” cannot be read: %s."), source->path, g_strerror (errno));
  return FALSE;
}

gboolean
dfi_hdf5_read (DfiSource *source, const DfiCursor *image, DfiHdf5Func func, GError **error)
{
  int      ends[2], status;
  pid_t    process;
  gboolean done;

  if (pipe (ends) != 0)
    return system_error (source, error);
  process = fork ();
  if (process == 0)
    {
      close (ends[0]);
      read_image (image, ends[1]);
    }
  close (ends[1]);
  done = process > 0 ? receive_all (source, ends[0], func, error) : system_error (source, error);
  close (ends[0]); /* which ends the process, if it still writes */
  while (process > 0 && waitpid (process, &status, 0) < 0 && errno == EINTR)
    ;
  return done;
}
