/* threads.c: helpers that look out for work a short while before they sleep: the layers of a network follow each other
 * within microseconds, and waking a sleeper costs as much as a small layer. While all are awake no lock is taken. */

#include "config.h"

#include <glib/gi18n-lib.h>

#include "error.h"
#include "kernels/threads.h"

#define LOOKS 50000   /* about 50 microseconds */

struct _DfiThreads
{
  int             n_helpers;
  GThread        *helpers[DFI_THREADS_MAX];
  GMutex          lock;
  GCond           wake;        /* a round has begun or ended */
  int             begun;       /* rounds */
  int             ended;
  int             busy;        /* helpers not through with this round */
  int             asleep;      /* threads that wait for a signal, or are about to */
  int             joined;      /* helpers that have taken a number */
  gboolean        quit;
  int             n_items;
  int             next[DFI_THREADS_MAX];   /* of each thread's own items, the first that nobody has taken */
  DfiThreadsFunc  func;
  gpointer        data;
};

/* A thread begins with its own items, always the same stretch of the whole, so that it finds in its cache what it wrote in
 * the round before. Then it helps the others. */
static void
work (DfiThreads *threads,
      int         thread)
{
  int n = threads->n_helpers + 1;

  for (int k = 0; k < n; k++)
    {
      int owner = (thread + k) % n;
      int end   = dfi_stretch (threads->n_items, owner + 1, n);
      int item;

      while ((item = g_atomic_int_add (&threads->next[owner], 1)) < end)
        threads->func (item, thread, threads->data);
    }
}

/* Whether *@counter moves on from @seen within LOOKS. The processor is seldom told that this is a mere wait: a virtual
 * machine that is told so many times in a row is put aside. */
static gboolean
watch (const int *counter,
       int        seen)
{
  for (int i = 0; i < LOOKS; i++)
    {
      if (g_atomic_int_get (counter) != seen)
        return TRUE;
#ifdef __x86_64__
      if (i % 64 == 0)
        __builtin_ia32_pause ();
#endif
    }
  return FALSE;
}

/* Returns when *@counter has moved on from @seen. */
static void
wait_for (DfiThreads *threads,
          const int  *counter,
          int         seen)
{
  if (watch (counter, seen))
    return;

  g_mutex_lock (&threads->lock);
  g_atomic_int_inc (&threads->asleep);
  while (g_atomic_int_get (counter) == seen)
    g_cond_wait (&threads->wake, &threads->lock);
  g_atomic_int_add (&threads->asleep, -1);
  g_mutex_unlock (&threads->lock);
}

/* Whoever sleeps says so before it looks a last time, and whoever moves the counter asks afterwards who sleeps: one of the
 * two sees the other. */
static void
wake (DfiThreads *threads)
{
  if (g_atomic_int_get (&threads->asleep) == 0)
    return;

  g_mutex_lock (&threads->lock);
  g_cond_broadcast (&threads->wake);
  g_mutex_unlock (&threads->lock);
}

static gpointer
help (gpointer data)
{
  DfiThreads *threads = data;
  int         thread  = 1 + g_atomic_int_add (&threads->joined, 1);

  for (int round = 0; wait_for (threads, &threads->begun, round), ! threads->quit; )
    {
      round++;
      work (threads, thread);
      if (g_atomic_int_dec_and_test (&threads->busy))
        {
          g_atomic_int_set (&threads->ended, round);
          wake (threads);
        }
    }
  return NULL;
}

/* Opens a round for the helpers. */
static void
call (DfiThreads *threads)
{
  g_atomic_int_set (&threads->busy, threads->n_helpers);
  g_atomic_int_inc (&threads->begun);
  wake (threads);
}

DfiThreads *
dfi_threads_new (int n)
{
  DfiThreads *threads = g_new0 (DfiThreads, 1);

  g_assert (n >= 1 && n <= DFI_THREADS_MAX);

  g_mutex_init (&threads->lock);
  g_cond_init (&threads->wake);
  while (threads->n_helpers < n - 1 &&
         (threads->helpers[threads->n_helpers] = g_thread_try_new ("dfi", help, threads, NULL)))
    threads->n_helpers++;
  return threads;
}

void
dfi_threads_free (DfiThreads *threads)
{
  if (! threads)
    return;

  threads->quit = TRUE;
  call (threads);
  for (int i = 0; i < threads->n_helpers; i++)
    g_thread_join (threads->helpers[i]);
  g_cond_clear (&threads->wake);
  g_mutex_clear (&threads->lock);
  g_free (threads);
}

int
dfi_threads_count (const DfiThreads *threads)
{
  return threads->n_helpers + 1;
}

void
dfi_threads_run (DfiThreads     *threads,
                 int             n_items,
                 DfiThreadsFunc  func,
                 gpointer        data)
{
  threads->func    = func;
  threads->data    = data;
  threads->n_items = n_items;
  for (int i = 0; i <= threads->n_helpers; i++)
    g_atomic_int_set (&threads->next[i], dfi_stretch (n_items, i, threads->n_helpers + 1));

  if (n_items > 1 && threads->n_helpers > 0)
    {
      int ended = threads->ended;

      call (threads);
      work (threads, 0);
      wait_for (threads, &threads->ended, ended);
    }
  else
    {
      work (threads, 0);
    }
}

int
dfi_threads_get (GError **error)
{
  const char *text = g_getenv ("DFI_THREADS");
  guint64     n;

  if (! text)
    return CLAMP (g_get_num_processors (), 1, DFI_THREADS_MAX);
  if (g_ascii_string_to_unsigned (text, 10, 1, DFI_THREADS_MAX, &n, NULL))
    return n;

  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
               _("The environment's DFI_THREADS is “%s”; it must be a number of threads from 1 to %d."),
               text, DFI_THREADS_MAX);
  return 0;
}
