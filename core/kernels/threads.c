/* threads.c: helpers that look out for work a short while before they sleep: the layers of a network follow each other
 * within microseconds, and waking a sleeper costs as much as a small layer. */

#include "config.h"

#include <glib/gi18n-lib.h>

#include "error.h"
#include "kernels/threads.h"

#define LOOKS 4000   /* about 50 microseconds */

struct _DfiThreads
{
  int             n_helpers;
  GThread        *helpers[DFI_THREADS_MAX];
  GMutex          lock;
  GCond           wake;        /* a round begins, or the end */
  GCond           finished;    /* the last helper is through */
  int             round;       /* counts calls of run; with the lock held by writers */
  int             busy;        /* helpers not through with this round */
  int             joined;      /* helpers that have taken a number */
  gboolean        quit;
  int             n_items;
  int             next[DFI_THREADS_MAX];   /* of each thread's own items, the first that nobody has taken */
  DfiThreadsFunc  func;
  gpointer        data;
};

static inline void
look_away (void)
{
#ifdef __x86_64__
  __builtin_ia32_pause ();
#endif
}

/* The first item of a thread's own; the one after the last thread's is n_items. */
static int
first_item (const DfiThreads *threads,
            int               thread)
{
  return (int) ((gint64) threads->n_items * thread / (threads->n_helpers + 1));
}

/* A thread begins with its own items, always the same stretch of the whole, so that it finds in its cache what it wrote in the round
 * before: to fetch that from another processor may cost as much as to compute it. Then it helps the others. */
static void
work (DfiThreads *threads,
      int         thread)
{
  int n = threads->n_helpers + 1;

  for (int k = 0; k < n; k++)
    {
      int owner = (thread + k) % n;
      int end   = first_item (threads, owner + 1);
      int item;

      while ((item = g_atomic_int_add (&threads->next[owner], 1)) < end)
        threads->func (item, thread, threads->data);
    }
}

/* Returns when the round is no longer @seen. */
static int
wait_for_round (DfiThreads *threads,
                int         seen)
{
  int round;

  for (int i = 0; i < LOOKS && g_atomic_int_get (&threads->round) == seen; i++)
    look_away ();

  g_mutex_lock (&threads->lock);
  while (threads->round == seen)
    g_cond_wait (&threads->wake, &threads->lock);
  round = threads->round;
  g_mutex_unlock (&threads->lock);
  return round;
}

static gpointer
help (gpointer data)
{
  DfiThreads *threads = data;
  int         thread  = 1 + g_atomic_int_add (&threads->joined, 1);
  int         round   = 0;

  while (round = wait_for_round (threads, round), ! threads->quit)
    {
      work (threads, thread);
      if (g_atomic_int_dec_and_test (&threads->busy))
        {
          g_mutex_lock (&threads->lock);
          g_cond_signal (&threads->finished);
          g_mutex_unlock (&threads->lock);
        }
    }
  return NULL;
}

/* Opens a round for the helpers. */
static void
call (DfiThreads *threads)
{
  g_mutex_lock (&threads->lock);
  g_atomic_int_set (&threads->busy, threads->n_helpers);
  g_atomic_int_inc (&threads->round);
  g_cond_broadcast (&threads->wake);
  g_mutex_unlock (&threads->lock);
}

DfiThreads *
dfi_threads_new (int n)
{
  DfiThreads *threads = g_new0 (DfiThreads, 1);

  g_assert (n >= 1 && n <= DFI_THREADS_MAX);

  g_mutex_init (&threads->lock);
  g_cond_init (&threads->wake);
  g_cond_init (&threads->finished);
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
  g_cond_clear (&threads->finished);
  g_cond_clear (&threads->wake);
  g_mutex_clear (&threads->lock);
  g_free (threads);
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
    g_atomic_int_set (&threads->next[i], first_item (threads, i));

  if (n_items > 1 && threads->n_helpers > 0)
    call (threads);
  work (threads, 0);

  for (int i = 0; i < LOOKS && g_atomic_int_get (&threads->busy); i++)
    look_away ();
  g_mutex_lock (&threads->lock);
  while (g_atomic_int_get (&threads->busy))
    g_cond_wait (&threads->finished, &threads->lock);
  g_mutex_unlock (&threads->lock);
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
