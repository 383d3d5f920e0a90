/* Files that appear whole or not at all, and what must not be replaced by one. */

#define _GNU_SOURCE /* for RTLD_NEXT */

#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "common.h"
#include "base/error.h"
#include "files/atomic-file.h"
#include "files/temporary-file.h"

static char    *folder;
static gboolean fdopen_fails;

/* Stands before the C library's, so that it can be made to fail. */
FILE *
fdopen (int fd, const char *mode)
{
  FILE *(*real) (int, const char *) = (FILE * (*) (int, const char *) ) dlsym (RTLD_NEXT, "fdopen");

  errno = ENOMEM;
  return fdopen_fails ? NULL : real (fd, mode);
}

static char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static void
write_text (const char *path, const char *text)
{
  GError        *error = NULL;
  DfiAtomicFile *file  = dfi_atomic_file_new (path, &error);

  g_assert_no_error (error);
  g_assert_true (dfi_atomic_file_write (file, text, strlen (text), &error));
  g_assert_true (dfi_atomic_file_commit (file, &error));
  g_assert_no_error (error);
}

static void
expect_text (const char *path, const char *text)
{
  char *found;

  g_assert_true (g_file_get_contents (path, &found, NULL, NULL));
  g_assert_cmpstr (found, ==, text);
  g_free (found);
}

static void
expect_refused (const char *path, const char *reason)
{
  GError *error = NULL;

  g_assert_null (dfi_atomic_file_new (path, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_nonnull (strstr (error->message, reason));
  g_error_free (error);
}

static GStatBuf
about (const char *path)
{
  GStatBuf buffer;

  g_assert_cmpint (g_lstat (path, &buffer), ==, 0);
  return buffer;
}

/* Removes what the test has made, and nothing else is there. */
static void
remove_only (char *path)
{
  g_assert_cmpuint (test_files_in (folder), ==, 1);
  g_assert_cmpint (g_remove (path), ==, 0);
  g_free (path);
}

static void
test_replace (void)
{
  char          *path  = in_folder ("a");
  GError        *error = NULL;
  DfiAtomicFile *file;

  write_text (path, "old");
  file = dfi_atomic_file_new (path, &error);
  g_assert_true (dfi_atomic_file_write (file, "new", 3, &error));
  expect_text (path, "old");
  dfi_atomic_file_discard (file);
  expect_text (path, "old");
  g_assert_cmpuint (test_files_in (folder), ==, 1);

  write_text (path, "new");
  expect_text (path, "new");
  dfi_atomic_file_discard (NULL);
  remove_only (path);
}

static void
test_rights (void)
{
  char  *path = in_folder ("a");
  mode_t mask = umask (027);

  write_text (path, "old");
  g_assert_cmpint (about (path).st_mode & 07777, ==, 0640);
  g_assert_cmpint (g_chmod (path, 0604), ==, 0);
  if (getuid () == 0)
    g_assert_cmpint (chown (path, 1234, 5678), ==, 0);
  write_text (path, "new");
  g_assert_cmpint (about (path).st_mode & 07777, ==, 0604);
  if (getuid () == 0)
    {
      g_assert_cmpint (about (path).st_uid, ==, 1234);
      g_assert_cmpint (about (path).st_gid, ==, 5678);
    }
  umask (mask);
  remove_only (path);
}

/* Somebody else's file in a folder where all may write: it becomes the writer's own, and no other group gets its group's
 * rights. */
static void
test_other_group (void)
{
  char *path = in_folder ("a");
  int   status;

  if (getuid () != 0)
    {
      g_test_skip ("only root can play somebody else");
      g_free (path);
      return;
    }

  write_text (path, "old");
  g_assert_cmpint (g_chmod (path, 0664), ==, 0);
  g_assert_cmpint (g_chmod (folder, 0777), ==, 0);
  if (fork () == 0)
    {
      if (setgid (65534) == 0 && setuid (65534) == 0)
        write_text (path, "new");
      _exit (0);
    }
  wait (&status);
  g_assert_cmpint (status, ==, 0);
  expect_text (path, "new");
  g_assert_cmpint (about (path).st_uid, ==, 65534);
  g_assert_cmpint (about (path).st_mode & 07777, ==, 0644);
  g_chmod (folder, 0700);
  remove_only (path);
}

static void
test_links (void)
{
  char *sub    = in_folder ("sub");
  char *target = g_build_filename (sub, "target", NULL);
  char *link   = in_folder ("link");
  char *second = g_build_filename (sub, "second", NULL);

  /* Relative to where they are, one after the other, at first to nothing. */
  g_assert_cmpint (g_mkdir (sub, 0700), ==, 0);
  g_assert_cmpint (symlink ("sub/second", link), ==, 0);
  g_assert_cmpint (symlink ("target", second), ==, 0);
  for (int i = 0; i < 2; i++)
    {
      const char *text = i ? "new" : "old";

      write_text (link, text);
      g_assert_true (S_ISLNK (about (link).st_mode) && S_ISLNK (about (second).st_mode));
      g_assert_true (S_ISREG (about (target).st_mode));
      expect_text (target, text);
      g_assert_cmpuint (test_files_in (sub), ==, 2);
    }

  g_remove (second);
  g_assert_cmpint (symlink ("../link", second), ==, 0);
  expect_refused (link, g_strerror (ELOOP));

  g_remove (second);
  g_remove (target);
  g_assert_cmpint (g_rmdir (sub), ==, 0);
  remove_only (link);
  g_free (second);
  g_free (target);
  g_free (sub);
}

static gpointer
read_all (gpointer path)
{
  char *text;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static void
test_fifo (void)
{
  char    *path = in_folder ("fifo");
  GThread *reader;
  char    *text;

  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  reader = g_thread_new ("reader", read_all, path);
  write_text (path, "through the pipe");
  text = g_thread_join (reader);
  g_assert_cmpstr (text, ==, "through the pipe");
  g_assert_true (S_ISFIFO (about (path).st_mode));
  g_free (text);
  remove_only (path);
}

static void
test_device (void)
{
  char *path = in_folder ("null");

  if (mknod (path, S_IFCHR | 0600, makedev (1, 3)) != 0)
    {
      g_test_skip ("no right to make a device");
      g_free (path);
      return;
    }
  write_text (path, "gone");
  g_assert_true (S_ISCHR (about (path).st_mode));
  remove_only (path);
}

/* As /dev/stdout, which is a link to such a name: what a shell has opened goes on where it is. */
static void
test_descriptor (void)
{
#ifdef __linux__
  char *path = in_folder ("out");
  char *link = in_folder ("link");
  int   fd   = g_open (path, O_WRONLY | O_CREAT, 0600);
  char *name = g_strdup_printf ("/proc/self/fd/%d", fd);

  g_assert_cmpint (symlink (name, link), ==, 0);
  g_assert_cmpint (write (fd, "before ", 7), ==, 7);
  write_text (link, "inside ");
  g_assert_cmpint (write (fd, "after", 5), ==, 5);
  close (fd);
  expect_text (path, "before inside after");

  g_remove (link);
  g_free (link);
  g_free (name);
  remove_only (path);
#else
  g_test_skip ("needs Linux");
#endif
}

/* As long a name as there may be, in letters of two bytes. */
static void
test_long_name (void)
{
  char *name = g_strnfill (255, 'a');
  char *path, *longer;

  for (int i = 0; i < 127; i++)
    memcpy (name + 2 * i, "\xc3\xa9", 2);
  path   = in_folder (name);
  longer = g_strconcat (path, "a", NULL);
  write_text (path, "text");
  expect_text (path, "text");
  g_assert_cmpuint (test_files_in (folder), ==, 1);
  g_remove (path);

  {
    GError        *error = NULL;
    DfiAtomicFile *file  = dfi_atomic_file_new (longer, &error);

    g_assert_nonnull (file);
    g_assert_false (dfi_atomic_file_commit (file, &error));
    g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
    g_error_free (error);
  }
  g_assert_cmpuint (test_files_in (folder), ==, 0);
  g_free (longer);
  g_free (path);
  g_free (name);
}

static void
test_failures (void)
{
  char          *path  = in_folder ("a");
  GError        *error = NULL;
  DfiAtomicFile *file;
  int            fd;

  expect_refused ("/nonexistent/a", g_strerror (ENOENT));
  expect_refused (folder, g_strerror (EISDIR));

  fd           = dup (1); /* the lowest that is free */
  fdopen_fails = TRUE;
  expect_refused (path, g_strerror (ENOMEM));
  fdopen_fails = FALSE;
  g_assert_cmpuint (test_files_in (folder), ==, 0);
  close (fd);
  g_assert_cmpint (dup (1), ==, fd); /* it left none open */
  close (fd);

  file = dfi_atomic_file_new (path, &error);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  g_assert_false (dfi_atomic_file_commit (file, &error));
  g_assert_error (error, DFI_ERROR, DFI_ERROR_IO);
  g_assert_nonnull (strstr (error->message, g_strerror (EISDIR)));
  g_error_free (error);
  remove_only (path);
}

/* A process that has begun a file, and says so. */
static pid_t
begin_elsewhere (const char *path, gboolean tidy)
{
  int   ready[2];
  char  byte;
  pid_t child;

  g_assert_cmpint (pipe (ready), ==, 0);
  child = fork ();
  if (child == 0)
    {
      DfiAtomicFile *file = dfi_atomic_file_new (path, NULL);

      if (tidy)
        dfi_temporary_files_remove_on_signals ();
      if (dfi_atomic_file_write (file, "half", 4, NULL) && write (ready[1], "", 1) == 1)
        pause ();
      _exit (1);
    }
  g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
  close (ready[0]);
  close (ready[1]);
  return child;
}

static void
test_leftovers (void)
{
  char *elsewhere = test_folder_new ();
  char *other     = g_build_filename (elsewhere, "b", NULL);
  char *path      = in_folder ("a");
  char *similar   = in_folder (".dfi-unfinished-elsewhere-abcdef"); /* of another machine */
  pid_t child;

  write_text (similar, "");
  write_text (other, ""); /* this process has to look into the first folder anew */
  child = begin_elsewhere (path, FALSE);
  write_text (path, "whole");
  g_assert_cmpuint (test_files_in (folder), ==, 3); /* a file that is being written stays */

  kill (child, SIGKILL);
  waitpid (child, NULL, 0);
  expect_text (path, "whole");
  g_assert_cmpuint (test_files_in (folder), ==, 3);

  write_text (other, "");
  write_text (path, "again");
  expect_text (path, "again");
  g_assert_cmpuint (test_files_in (folder), ==, 2);

  g_remove (similar);
  remove_only (path);
  test_folder_remove (elsewhere);
  g_free (similar);
  g_free (other);
}

/* More files at once than are noted for signals: all of them take their places, or none is left. */
static void
test_many (void)
{
  for (int kept = 0; kept < 2; kept++)
    {
      DfiAtomicFile *files[40];
      GError        *error = NULL;

      for (size_t i = 0; i < G_N_ELEMENTS (files); i++)
        {
          char *name = g_strdup_printf ("many-%zu", i), *path = in_folder (name);

          files[i] = dfi_atomic_file_new (path, &error);
          g_assert_no_error (error);
          g_free (path);
          g_free (name);
        }
      g_assert_cmpuint (test_files_in (folder), ==, G_N_ELEMENTS (files));
      for (size_t i = 0; i < G_N_ELEMENTS (files); i++)
        if (kept)
          g_assert_true (dfi_atomic_file_commit (files[i], &error));
        else
          dfi_atomic_file_discard (files[i]);
      g_assert_cmpuint (test_files_in (folder), ==, kept ? G_N_ELEMENTS (files) : 0);
    }
  for (int i = 0; i < 40; i++)
    {
      char *name = g_strdup_printf ("many-%d", i), *path = in_folder (name);

      g_assert_cmpint (g_remove (path), ==, 0);
      g_free (path);
      g_free (name);
    }
}

/* What is stopped, not killed, removes what it has begun itself, and still ends by the signal. */
static void
test_signals (void)
{
  static const int numbers[] = { SIGHUP, SIGINT, SIGPIPE, SIGTERM };
  char            *path      = in_folder ("a");

  for (size_t i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      pid_t child;
      int   status;

      /* Whoever starts the test may ignore some of them, as a shell does SIGINT for what runs in the background. */
      signal (numbers[i], SIG_DFL);
      child = begin_elsewhere (path, TRUE);
      g_assert_cmpuint (test_files_in (folder), ==, 1);
      kill (child, numbers[i]);
      waitpid (child, &status, 0);
      g_assert_true (WIFSIGNALED (status));
      g_assert_cmpint (WTERMSIG (status), ==, numbers[i]);
      g_assert_cmpuint (test_files_in (folder), ==, 0);
    }
  g_free (path);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = test_folder_new ();
  g_test_add_func ("/atomic-file/replace", test_replace);
  g_test_add_func ("/atomic-file/rights", test_rights);
  g_test_add_func ("/atomic-file/other-group", test_other_group);
  g_test_add_func ("/atomic-file/links", test_links);
  g_test_add_func ("/atomic-file/fifo", test_fifo);
  g_test_add_func ("/atomic-file/device", test_device);
  g_test_add_func ("/atomic-file/descriptor", test_descriptor);
  g_test_add_func ("/atomic-file/long-name", test_long_name);
  g_test_add_func ("/atomic-file/failures", test_failures);
  g_test_add_func ("/atomic-file/leftovers", test_leftovers);
  g_test_add_func ("/atomic-file/signals", test_signals);
  g_test_add_func ("/atomic-file/many", test_many);
  status = g_test_run ();
  test_folder_remove (folder);
  return status;
}
