/* threads.c: helpers that look out for work a short while before they sleep: the layers of a network follow each other
 * within microseconds, and waking a sleeper costs as much as a small layer. While all are awake no lock is taken.
 *
 * A round is over when its items are done. A helper that the system did not let run meanwhile is not waited for.
 */

#ifdef __linux__
#define _GNU_SOURCE /* for sched.h */
#include <sched.h>
#endif

#include "config.h"

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "base/threads.h"

#define LOOKS  50000 /* about 50 microseconds */
#define CLOSED (-1)

struct _DfiThreads
{
  int            n_helpers;
  GThread       *helpers[DFI_THREADS_MAX];
  GMutex         lock;
  GCond          wake;   /* a round has begun, or a helper left one */
  int            begun;  /* rounds */
  int            inside; /* helpers in this round, or CLOSED: nobody may enter */
  int            left;   /* how often helpers left a round */
  int            asleep; /* threads that wait for a signal, or are about to */
  int            joined; /* helpers that have taken a number */
  int            quit;   /* whether the helpers shall end */
  int            n_items;
  int            next[DFI_THREADS_MAX]; /* of each thread's own items, the first that nobody has taken */
  DfiThreadsFunc func;
  gpointer       data;
#ifdef __linux__
  cpu_set_t processors; /* that the helpers may use; none if it is not worth a choice */
  int       callers;    /* the one that the caller runs on */
#endif
};

/* ---------- on which processors ---------- */

/* A helper on its caller's processor only takes turns with it, and systems may leave the two so for long, since they are seldom
 * ready to run at the same time. So the caller says where it is, and a helper keeps away from there. */
static void
tell_processor (DfiThreads *threads)
{
#ifdef __linux__
  g_atomic_int_set (&threads->callers, sched_getcpu ());
#endif
}

/* Keeps a helper away from its caller's processor; @avoided is the one that it avoids already. */
static void
keep_apart (DfiThreads *threads, int *avoided)
{
#ifdef __linux__
  int callers = g_atomic_int_get (&threads->callers);

  if (callers != *avoided && callers >= 0 && callers < CPU_SETSIZE && CPU_COUNT (&threads->processors) > 0)
    {
      cpu_set_t others = threads->processors;

      CPU_CLR (callers, &others);
      sched_setaffinity (0, sizeof others, &others); /* if it fails, it is slower */
      *avoided = callers;
    }
#endif
}

/* Which processors the helpers may use. */
static void
find_processors (DfiThreads *threads, int n)
{
#ifdef __linux__
  if (sched_getaffinity (0, sizeof threads->processors, &threads->processors) != 0 || CPU_COUNT (&threads->processors) < n)
    CPU_ZERO (&threads->processors);
#endif
}

/* ---------- rounds ---------- */

/* Does items until none is left. A thread begins with its own items, always the same stretch of the whole, so that it finds in
 * its cache what it wrote in the round before. Then it helps the others. */
static void
work (DfiThreads *threads, int thread)
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
watch (const int *counter, int seen)
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
wait_for (DfiThreads *threads, const int *counter, int seen)
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

/* Wakes all who sleep. Whoever sleeps says so before it looks a last time, and whoever moves the counter asks afterwards who
 * sleeps: one of the two sees the other. */
static void
wake (DfiThreads *threads)
{
  if (g_atomic_int_get (&threads->asleep) == 0)
    return;

  g_mutex_lock (&threads->lock);
  g_cond_broadcast (&threads->wake);
  g_mutex_unlock (&threads->lock);
}

/* Whether a helper is in the round now. It may come at any time, even into a later round than the one that woke it, but not
 * into one that is closed. */
static gboolean
enter (DfiThreads *threads)
{
  int inside = g_atomic_int_get (&threads->inside);

  while (inside != CLOSED && ! g_atomic_int_compare_and_exchange (&threads->inside, inside, inside + 1))
    inside = g_atomic_int_get (&threads->inside);
  return inside != CLOSED;
}

static void
leave (DfiThreads *threads)
{
  g_atomic_int_add (&threads->inside, -1);
  g_atomic_int_inc (&threads->left);
  wake (threads);
}

static gpointer
help (gpointer data)
{
  DfiThreads *threads = data;
  int         thread  = 1 + g_atomic_int_add (&threads->joined, 1);
  int         round = 0, avoided = -1;

  while (wait_for (threads, &threads->begun, round), ! g_atomic_int_get (&threads->quit))
    {
      round = g_atomic_int_get (&threads->begun);
      keep_apart (threads, &avoided);
      if (enter (threads))
        {
          work (threads, thread);
          leave (threads);
        }
    }
  return NULL;
}

/* Lets the helpers look, at a new round or at the end. */
static void
call (DfiThreads *threads)
{
  g_atomic_int_inc (&threads->begun);
  wake (threads);
}

/* Returns when no helper is in the round, nor can enter it any more. */
static void
close_round (DfiThreads *threads)
{
  int left = g_atomic_int_get (&threads->left);

  while (! g_atomic_int_compare_and_exchange (&threads->inside, 0, CLOSED))
    {
      wait_for (threads, &threads->left, left);
      left = g_atomic_int_get (&threads->left);
    }
}

DfiThreads *
dfi_threads_new (int n)
{
  DfiThreads *threads = g_new0 (DfiThreads, 1);

  g_assert (n >= 1 && n <= DFI_THREADS_MAX);

  g_mutex_init (&threads->lock);
  g_cond_init (&threads->wake);
  threads->inside = CLOSED;
  find_processors (threads, n);
  while (threads->n_helpers < n - 1 && (threads->helpers[threads->n_helpers] = g_thread_try_new ("dfi", help, threads, NULL)))
    threads->n_helpers++;
  return threads;
}

void
dfi_threads_free (DfiThreads *threads)
{
  if (! threads)
    return;

  g_atomic_int_set (&threads->quit, TRUE);
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
dfi_threads_run (DfiThreads *threads, int n_items, DfiThreadsFunc func, gpointer data)
{
  threads->func    = func;
  threads->data    = data;
  threads->n_items = n_items;
  for (int i = 0; i <= threads->n_helpers; i++)
    g_atomic_int_set (&threads->next[i], dfi_stretch (n_items, i, threads->n_helpers + 1));

  if (n_items > 1 && threads->n_helpers > 0)
    {
      tell_processor (threads);
      g_atomic_int_set (&threads->inside, 0);
      call (threads);
      work (threads, 0);
      close_round (threads);
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
               _ ("The environment's DFI_THREADS is “%s”; it must be a number of threads from 1 to %d."), text, DFI_THREADS_MAX);
  return 0;
}
