/* Jobs with what they ask the system for refused, one time after the other.  The linker hands what core calls to the functions
 * that begin with __wrap_ (see meson.build). */

#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "base/error.h"
#include "refuse.h"

#define REFUSED_MAX 100000 /* no job here asks for as much */

typedef enum
{
  MEMORY,
  WRITE,
  READ,
  N_KINDS
} Kind;

int         refuse_after = -1;
static Kind refused; /* what is */

static gboolean
is_granted (Kind kind, int reason)
{
  if (kind != refused || refuse_after < 0 || refuse_after-- > 0)
    return TRUE;
  errno = reason;
  return FALSE;
}

gpointer __real_dfi_try_alloc (size_t count, size_t size, GError **error);
gpointer __wrap_dfi_try_alloc (size_t count, size_t size, GError **error);
size_t   __real_fwrite (const void *bytes, size_t size, size_t n, FILE *file);
size_t   __wrap_fwrite (const void *bytes, size_t size, size_t n, FILE *file);
int      __real_fflush (FILE *file);
int      __wrap_fflush (FILE *file);
int      __real_fsync (int fd);
int      __wrap_fsync (int fd);
int      __real_ftruncate64 (int fd, gint64 length);
int      __wrap_ftruncate64 (int fd, gint64 length);
int      __real_g_rename (const char *from, const char *to);
int      __wrap_g_rename (const char *from, const char *to);
gssize   __real_pread64 (int fd, void *bytes, size_t size, gint64 position);
gssize   __wrap_pread64 (int fd, void *bytes, size_t size, gint64 position);

gpointer
__wrap_dfi_try_alloc (size_t count, size_t size, GError **error)
{
  if (is_granted (MEMORY, ENOMEM))
    return __real_dfi_try_alloc (count, size, error);
  g_set_error_literal (error, DFI_ERROR, DFI_ERROR_MEMORY, "refused");
  return NULL;
}

size_t
__wrap_fwrite (const void *bytes, size_t size, size_t n, FILE *file)
{
  return is_granted (WRITE, ENOSPC) ? __real_fwrite (bytes, size, n, file) : 0;
}

int
__wrap_fflush (FILE *file)
{
  return is_granted (WRITE, ENOSPC) ? __real_fflush (file) : -1;
}

/* A loss of power is not tested. */
int
__wrap_fsync (int fd)
{
  return is_granted (WRITE, EIO) ? 0 : -1;
}

int
__wrap_ftruncate64 (int fd, gint64 length)
{
  return is_granted (WRITE, EIO) ? __real_ftruncate64 (fd, length) : -1;
}

int
__wrap_g_rename (const char *from, const char *to)
{
  return is_granted (WRITE, EACCES) ? __real_g_rename (from, to) : -1;
}

gssize
__wrap_pread64 (int fd, void *bytes, size_t size, gint64 position)
{
  return is_granted (READ, EIO) ? __real_pread64 (fd, bytes, size, position) : -1;
}

static const struct
{
  const char *name;
  int         code; /* that a refusal leads to */
  int         step; /* every so many are refused */
} kinds[N_KINDS] = {
#ifdef DFI_SANITIZED /* which is slow */
  { "memory", DFI_ERROR_MEMORY, 7 },
  { "write", DFI_ERROR_IO, 21 },
  { "read", DFI_ERROR_IO, 7 },
#else
  { "memory", DFI_ERROR_MEMORY, 1 },
  { "write", DFI_ERROR_IO, 3 },
  { "read", DFI_ERROR_IO, 1 },
#endif
};

/* Does the job with the first that it asks for refused, then with the second, and so on until nothing more is refused.  What a
 * file is may be found out without a read that fails; else a refusal ends the job. */
static void
refuse_each (Kind kind, RefuseJob job)
{
  int n = 0;

  refused = kind;
  for (gboolean met = TRUE; met; n += kinds[kind].step)
    {
      GError  *error = NULL;
      gboolean done;

      g_assert_cmpint (n, <, REFUSED_MAX);
      refuse_after = n;
      done         = job (&error);
      met          = refuse_after < 0;
      refuse_after = -1;
      g_assert_true (done == (error == NULL));
      g_assert_true (done || g_error_matches (error, DFI_ERROR, kinds[kind].code));
      g_assert_true (done == ! met || kind == READ);
      g_clear_error (&error);
    }
  g_test_message ("at most %d", n - kinds[kind].step);
}

static void
refuse_memory (gconstpointer job)
{
  refuse_each (MEMORY, (RefuseJob) job);
}

static void
refuse_writes (gconstpointer job)
{
  refuse_each (WRITE, (RefuseJob) job);
}

static void
refuse_reads (gconstpointer job)
{
  refuse_each (READ, (RefuseJob) job);
}

void
refuse_add (const char *name, RefuseJob job)
{
  static const GTestDataFunc refuse[N_KINDS] = { refuse_memory, refuse_writes, refuse_reads };

  for (Kind kind = 0; kind < N_KINDS; kind++)
    {
      char *path = g_strdup_printf ("/%s/%s", kinds[kind].name, name);

      g_test_add_data_func (path, (gconstpointer) job, refuse[kind]);
      g_free (path);
    }
}
