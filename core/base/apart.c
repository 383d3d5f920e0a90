/* apart.c: the work and its caller speak through one state, of which one of them waits until the other one changes it.
 *
 * The state is atomic, and what was written before it was set is seen by who reads it; the lock is for waiting alone.
 */

#include "config.h"

#include <stdlib.h>

#include "base/apart.h"

#define PAUSE (G_TIME_SPAN_SECOND / 50) /* microseconds between questions */

enum
{
  WORKING,
  ASKING, /* the work waits for an answer */
  DONE,   /* what there is belongs to the caller */
  LEFT    /* it belongs to the work */
};

typedef struct
{
  DfiApartFunc   work;
  gpointer       data;
  GDestroyNotify free_data;
  double         fraction; /* that is asked about */
  int            state;
} Apart;

/* Of all works, since they seldom have something to say. */
static GMutex lock;
static GCond  moved;
static int    n_left; /* works that were left and have not ended */

static void
apart_free (Apart *apart)
{
  apart->free_data (apart->data);
  g_free (apart);
}

/* Nothing moves a work that is done or left.  Returns what it was. */
static int
move (Apart *apart, int state)
{
  int was;

  g_mutex_lock (&lock);
  was = g_atomic_int_get (&apart->state);
  if (was == WORKING || was == ASKING)
    {
      g_atomic_int_add (&n_left, state == LEFT);
      g_atomic_int_set (&apart->state, state);
      g_cond_broadcast (&moved);
    }
  g_mutex_unlock (&lock);
  return was;
}

/* Waits until the work is something else than @state, at most until @end (-1: for ever).  Returns what it is. */
static int
wait_while (Apart *apart, int state, gint64 end)
{
  int is;

  g_mutex_lock (&lock);
  while ((is = g_atomic_int_get (&apart->state)) == state)
    if (end < 0)
      g_cond_wait (&moved, &lock);
    else if (! g_cond_wait_until (&moved, &lock, end))
      break;
  g_mutex_unlock (&lock);
  return is;
}

/* ---------- the work's thread ---------- */

static gboolean
ask (double fraction, gpointer data)
{
  Apart *apart = data;

  if (g_atomic_int_get (&apart->state) == LEFT)
    return FALSE;
  apart->fraction = fraction;
  return move (apart, ASKING) != LEFT && wait_while (apart, ASKING, -1) == WORKING;
}

static gpointer
run (gpointer data)
{
  Apart *apart = data;

  apart->work (apart->data, ask, apart);
  if (move (apart, DONE) != LEFT)
    return NULL;

  apart_free (apart);
  g_mutex_lock (&lock);
  g_atomic_int_add (&n_left, -1);
  g_cond_broadcast (&moved);
  g_mutex_unlock (&lock);
  return NULL;
}

/* ---------- the caller's ---------- */

/* The libraries that a work is in are taken down when the process ends, and it must not meet that. */
static void
wait_for_left (void)
{
  g_mutex_lock (&lock);
  while (g_atomic_int_get (&n_left) > 0)
    g_cond_wait (&moved, &lock);
  g_mutex_unlock (&lock);
}

static void
leave (Apart *apart, GThread *thread)
{
  static gsize once;

  if (g_once_init_enter (&once))
    {
      atexit (wait_for_left);
      g_once_init_leave (&once, TRUE);
    }
  if (move (apart, LEFT) != DONE)
    {
      g_thread_unref (thread);
      return;
    }
  g_thread_join (thread);
  apart_free (apart);
}

gboolean
dfi_run_apart (DfiApartFunc work, gpointer data, GDestroyNotify free_data, DfiProgressFunc progress, gpointer progress_data)
{
  Apart   *apart    = g_new0 (Apart, 1);
  GThread *thread   = NULL;
  double   fraction = 0.0;
  int      state;

  *apart = (Apart){ work, data, free_data, .fraction = 0.0 };
  g_atomic_int_set (&apart->state, WORKING);
  if (progress)
    thread = g_thread_try_new ("dfi-apart", run, apart, NULL);
  if (! thread)
    {
      g_free (apart);
      work (data, progress, progress_data);
      return TRUE;
    }

  while ((state = wait_while (apart, WORKING, g_get_monotonic_time () + PAUSE)) != DONE)
    {
      if (state == ASKING)
        fraction = apart->fraction;
      if (! progress (fraction, progress_data))
        {
          leave (apart, thread);
          return FALSE;
        }
      if (state == ASKING)
        move (apart, WORKING);
    }
  g_thread_join (thread);
  g_free (apart);
  return TRUE;
}
