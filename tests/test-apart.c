/* Work that its caller leaves: at once, however long it takes, and what it owns is freed when it ends. */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#ifdef __linux__
#include <sys/resource.h>
#endif

#include "base/apart.h"

/* ---------- a work ---------- */

typedef struct
{
  int      n_questions;
  gboolean stuck; /* it waits for the gate before it ends, and asks nobody */
  int      answered;
  gboolean refused;
  GThread *thread;
} Work;

static GMutex lock;
static GCond  moved;
static int    gate; /* whether it is open */
static int    freed;

static void
set (int *what, int value)
{
  g_mutex_lock (&lock);
  g_atomic_int_set (what, value);
  g_cond_broadcast (&moved);
  g_mutex_unlock (&lock);
}

static void
wait_for (int *what, int value)
{
  g_mutex_lock (&lock);
  while (g_atomic_int_get (what) != value)
    g_cond_wait (&moved, &lock);
  g_mutex_unlock (&lock);
}

static void
do_work (gpointer data, DfiProgressFunc progress, gpointer progress_data)
{
  Work *work = data;

  work->thread = g_thread_self ();
  for (int i = 0; i < work->n_questions && ! work->refused; i++)
    {
      work->refused = progress && ! progress ((double) i / work->n_questions, progress_data);
      work->answered += ! work->refused;
    }
  if (work->stuck)
    wait_for (&gate, TRUE);
}

/* Several works may end at a time. */
static void
free_work (gpointer work)
{
  g_free (work);
  g_mutex_lock (&lock);
  g_atomic_int_inc (&freed);
  g_cond_broadcast (&moved);
  g_mutex_unlock (&lock);
}

static Work *
new_work (int n_questions, gboolean stuck)
{
  Work *work = g_new0 (Work, 1);

  work->n_questions = n_questions;
  work->stuck       = stuck;
  return work;
}

/* ---------- its caller ---------- */

typedef struct
{
  GThread *thread; /* that is asked */
  double   last;
  int      steps;            /* how often the fraction rose */
  int      calls, calls_max; /* the last one of which says no */
} Caller;

static gboolean
ask_caller (double fraction, gpointer data)
{
  Caller *caller = data;

  g_assert_true (g_thread_self () == caller->thread);
  g_assert_cmpfloat (fraction, >=, caller->last);
  caller->steps += fraction > caller->last;
  caller->last = fraction;
  return ++caller->calls < caller->calls_max;
}

static Caller
new_caller (int calls_max)
{
  return (Caller){ g_thread_self (), .calls_max = calls_max };
}

/* ---------- tests ---------- */

/* Each question comes to the caller, in order and on its thread. */
static void
test_asked (void)
{
  Caller caller = new_caller (G_MAXINT);
  Work  *work   = new_work (1000, FALSE);

  g_assert_true (dfi_run_apart (do_work, work, free_work, ask_caller, &caller));
  g_assert_true (work->thread != caller.thread);
  g_assert_cmpint (work->answered, ==, 1000);
  g_assert_cmpint (caller.steps, ==, 999);
  g_assert_cmpint (freed, ==, 0);
  g_free (work);
}

static void
test_nobody_asked (void)
{
  Work *work = new_work (10, FALSE);

  g_assert_true (dfi_run_apart (do_work, work, free_work, NULL, NULL));
  g_assert_true (work->thread == g_thread_self ());
  g_assert_cmpint (work->answered, ==, 10);
  g_free (work);
}

/* A work that asks ends when it is told to; one that is stuck, or has ended meanwhile, is left all the same. */
static void
test_left (void)
{
  for (int calls = 1; calls <= 30; calls++)
    {
      Caller caller = new_caller (calls);

      set (&freed, 0);
      g_assert_false (dfi_run_apart (do_work, new_work (G_MAXINT, FALSE), free_work, ask_caller, &caller));
      g_assert_cmpint (caller.calls, ==, calls);
      wait_for (&freed, 1);
    }
}

static void
test_stuck (void)
{
  set (&gate, FALSE);
  set (&freed, 0);
  for (int calls = 1; calls <= 3; calls++)
    {
      Caller caller = new_caller (calls);

      g_assert_false (dfi_run_apart (do_work, new_work (0, TRUE), free_work, ask_caller, &caller));
      g_assert_cmpint (caller.calls, ==, calls);
      g_assert_cmpint (g_atomic_int_get (&freed), ==, 0); /* they are stuck still */
    }
  set (&gate, TRUE);
  wait_for (&freed, 3);
}

/* Says no, but only when the work has ended. */
static gboolean
ask_late (double fraction, gpointer data)
{
  set (&gate, TRUE);
  g_usleep (G_USEC_PER_SEC / 10);
  return FALSE;
}

static void
test_ended_meanwhile (void)
{
  set (&gate, FALSE);
  set (&freed, 0);
  g_assert_false (dfi_run_apart (do_work, new_work (0, TRUE), free_work, ask_late, NULL));
  wait_for (&freed, 1);
}

static void
open_gate (void)
{
  puts ("exit");
  set (&gate, TRUE);
}

static void
free_late (gpointer work)
{
  g_usleep (G_USEC_PER_SEC / 5); /* the process would be gone */
  g_free (work);
  puts ("freed");
}

/* The end of the process waits for what was left. */
static void
test_exit (void)
{
  if (g_test_subprocess ())
    {
      Caller caller = new_caller (1);

      g_assert_false (dfi_run_apart (do_work, new_work (0, TRUE), free_late, ask_caller, &caller));
      atexit (open_gate);
      exit (0);
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stdout ("*exit*freed*");
}

/* Where there is no place for a thread, the work is done all the same, and asks. */
static void
test_no_thread (void)
{
#if defined __linux__ && ! defined DFI_SANITIZED
  if (g_test_subprocess ())
    {
      struct rlimit usual, limit;
      Caller        caller = new_caller (G_MAXINT), stopping = new_caller (5);
      Work         *work = new_work (10, FALSE), *stopped = new_work (10, FALSE);

      g_assert_cmpint (getrlimit (RLIMIT_AS, &usual), ==, 0);
      limit          = usual;
      limit.rlim_cur = 1 << 20;
      g_assert_cmpint (setrlimit (RLIMIT_AS, &limit), ==, 0);
      g_assert_true (dfi_run_apart (do_work, work, free_work, ask_caller, &caller));
      g_assert_true (work->thread == caller.thread);
      g_assert_cmpint (caller.calls, ==, 10);
      g_assert_true (dfi_run_apart (do_work, stopped, free_work, ask_caller, &stopping));
      g_assert_cmpint (stopped->answered, ==, 4);
      setrlimit (RLIMIT_AS, &usual); /* the end needs memory where coverage is counted */
      exit (0);
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
#else
  g_test_skip ("a sanitizer takes more address space than any limit");
#endif
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/apart/asked", test_asked);
  g_test_add_func ("/apart/nobody-asked", test_nobody_asked);
  g_test_add_func ("/apart/left", test_left);
  g_test_add_func ("/apart/stuck", test_stuck);
  g_test_add_func ("/apart/ended-meanwhile", test_ended_meanwhile);
  g_test_add_func ("/apart/exit", test_exit);
  g_test_add_func ("/apart/no-thread", test_no_thread);
  return g_test_run ();
}
