#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "files/temporary-file.h"

#define PREFIX ".dfi-unfinished-"

/* ---------- what this process would leave ---------- */

#define NOTES_MAX 16 /* a file that finds no place here is removed by another run */

enum
{
  FREE,
  TAKEN,
  FILLED
};

/* The paths of this process's temporary files, where a signal handler may look: it must not meet memory that is being freed. */
static struct
{
  int  state;
  char path[4096];
} notes[NOTES_MAX];

static void
note (const char *path)
{
  for (int i = 0; i < NOTES_MAX; i++)
    if (strlen (path) < sizeof notes[i].path && g_atomic_int_compare_and_exchange (&notes[i].state, FREE, TAKEN))
      {
        strcpy (notes[i].path, path);
        g_atomic_int_set (&notes[i].state, FILLED);
        return;
      }
}

static void
forget (const char *path)
{
  for (int i = 0; i < NOTES_MAX; i++)
    if (g_atomic_int_get (&notes[i].state) == FILLED && strcmp (notes[i].path, path) == 0)
      g_atomic_int_set (&notes[i].state, FREE);
}

/* The signal has its usual effect as soon as this returns. */
static void
remove_noted (int number)
{
  for (int i = 0; i < NOTES_MAX; i++)
    if (g_atomic_int_get (&notes[i].state) == FILLED)
      unlink (notes[i].path);
  raise (number);
}

void
dfi_temporary_files_remove_on_signals (void)
{
  static const int numbers[] = { SIGHUP, SIGINT, SIGPIPE, SIGTERM };
  struct sigaction action    = { .sa_handler = remove_noted, .sa_flags = (int) SA_RESETHAND };

  sigemptyset (&action.sa_mask);
  for (size_t i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      struct sigaction old;

      if (sigaction (numbers[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
        sigaction (numbers[i], &action, NULL);
    }
}

/* ---------- what others have left ---------- */

/* Temporary files of this machine alone are looked at, since locks need not reach others. */
static char *
temporary_prefix (void)
{
  return g_strconcat (PREFIX, g_get_host_name (), "-", NULL);
}

/* A process that was killed leaves its temporary file, and no lock on it. */
static void
remove_if_left (const char *path)
{
  int fd = g_open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);

  if (fd < 0)
    return;
  if (flock (fd, LOCK_EX | LOCK_NB) == 0)
    g_unlink (path);
  close (fd);
}

void
dfi_temporary_files_remove_left (const char *folder)
{
  GDir       *dir    = g_dir_open (folder, 0, NULL);
  char       *prefix = temporary_prefix ();
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    if (g_str_has_prefix (name, prefix))
      {
        char *path = g_build_filename (folder, name, NULL);

        remove_if_left (path);
        g_free (path);
      }
  g_clear_pointer (&dir, g_dir_close);
  g_free (prefix);
}

/* Once for each folder that is written to, as long as it stays the same one. */
static void
look_for_leftovers (const char *folder)
{
  G_LOCK_DEFINE_STATIC (last);
  static char *last = NULL;
  gboolean     done;

  G_LOCK (last);
  done = g_strcmp0 (last, folder) == 0;
  g_free (last);
  last = g_strdup (folder);
  G_UNLOCK (last);
  if (! done)
    dfi_temporary_files_remove_left (folder);
}

/* ---------- a file ---------- */

int
dfi_temporary_file_new (const char *folder, char **path)
{
  char    *prefix = temporary_prefix ();
  int      fd;
  GStatBuf about;

  look_for_leftovers (folder);
  for (;;)
    {
      *path = g_strdup_printf ("%s/%sXXXXXX", folder, prefix);
      fd    = g_mkstemp_full (*path, O_WRONLY | O_CLOEXEC, 0666);
      if (fd < 0 || flock (fd, LOCK_EX) != 0 || fstat (fd, &about) != 0 || about.st_nlink > 0)
        break;

      close (fd); /* another process took it for a leftover before it was locked */
      g_free (*path);
    }

  if (fd >= 0)
    note (*path);
  else
    g_clear_pointer (path, g_free);
  g_free (prefix);
  return fd;
}

void
dfi_temporary_file_end (char *path, gboolean kept)
{
  if (! kept)
    g_unlink (path);
  forget (path);
  g_free (path);
}
