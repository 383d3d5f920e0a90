#include "config.h"

#include <math.h>

#include "hair/fringe-strands.h"
#include "hair/random.h"
#include "picture/smooth-step.h"

/* Lengths are in distances between the eyes unless something else is said, and ranks those of palettes. "By chance" is times
 * dfi_random_about(). */

/* Locks. */
#define LAYERS      3                           /* of them, the outer ones above the inner ones, */
#define LOCKS       (DFI_FRINGE_LOCKS / LAYERS) /* in each, */
#define STEP        7                           /* of which every so-many-th is drawn next; no divisor of them */
#define SPAN        1.12 /* half of what they span, in halves of the face's width: the outermost lie in the hair beside it */
#define FAN         0.68 /* what the roots span, in times what the tips do */
#define SWEEP       0.10 /* the tips are so far right of the roots */
#define ROOTS       0.04 /* roots are moved aside so far by chance, */
#define TIPS        0.05 /* and tips */
#define SHALLOW     0.05 /* roots are at least so deep in the hair, as a share of how high it is, */
#define DEEP        0.75 /* and at most, */
#define HIGH        0.6  /* of which no more counts */
#define TRIM        0.09 /* tips end so far above the brows, */
#define RAGGED      0.15 /* so much higher by chance, */
#define UNEVEN      0.03 /* and so much higher or lower, */
#define UNEVEN_COIL 0.08 /* where hair coils; */
#define COIL_SHORT  0.12 /* then they also end higher up */
#define ASIDE       0.75 /* share of the half width from which locks end lower */
#define ASIDE_DOWN  0.8  /* by so much for each share, where hair is long, */
#define ASIDE_UP    -0.5 /* and where it is short */
#define LONG        0.4  /* share of hair beside the face from which it is long */
#define CLEAR       0.12 /* so near to a lock's tip, to either side, its strands keep clear of the brows, */
#define CLEAR_ABOVE 0.03 /* by so much */
#define LEAST       0.03 /* length below the hairline; a shorter lock is none */
#define BEND        0.10 /* a lock's middle is so far outwards, for each half width, */
#define BEND_CHANCE 0.04 /* and by chance */

/* How the strands of a lock lie. */
#define WIDTH      0.14 /* of a lock at its root, at least, */
#define WIDTH_MORE 0.06 /* up to so much more, */
#define WIDTH_COIL 0.25 /* and so much more where hair coils */
#define TIP        0.02 /* likewise at its tip */
#define TIP_MORE   0.05
#define TIP_COIL   3.0    /* times that where hair coils */
#define DENSE      1.3    /* strands, in times as many as fill it side by side */
#define STRAYS     3      /* that leave it */
#define RINGLET    6      /* strands that wind about each other where hair coils, */
#define TOGETHER   0.12   /* in times as far apart as others are by chance */
#define STRAND     0.5    /* width of a strand, in times that of what is seen as one: several that lie together */
#define STRAND_MIN 1.1    /* at least, pixels, */
#define STRAND_MAX 0.02   /* and at most */
#define HAIR_WIDTH 0.0018 /* of a single hair that is seen in the sharpest photograph */
#define SHORTEST   0.4    /* of a strand, in times its lock's length */

/* Where they show. */
#define ROOT_FADE  0.3  /* share of a lock's way on which it comes out of the hair */
#define TIP_FADE   0.3  /* share of a strand's way on which it gets thin, */
#define TIP_LEFT   0.25 /* down to the square of so much of its opacity */
#define OUTSIDE    0.06 /* so far beside the forehead, or above it, a strand shows only where there is hair */
#define OUTSIDE_IS 1.5  /* what a share of hair counts there */

/* Light, in ranks. */
#define DIM        -0.21 /* of the innermost layer, */
#define LAYER      0.08  /* and how much brighter each further one is */
#define LOCK       0.10  /* by chance, a lock; */
#define LOCK_COIL  0.03  /* where hair coils */
#define SHINE      0.35  /* where the forehead bends, */
#define SHINE_AT   0.45  /* which is at this share of a lock's way, */
#define SHINE_WIDE 0.2
#define SHINE_COIL 0.3  /* times that where hair coils */
#define DARKER     0.05 /* towards the tips */
#define ROUND      0.12 /* at a lock's sides */
#define TURN       0.35 /* over one turn of a coil */
#define TUFT       0.35 /* over tufts of coils, */
#define TUFT_WIDE  0.09 /* which are so large, */
#define CURL       0.20 /* and within these */
#define CURL_WIDE  0.04
#define ENDS       0.6 /* share of the colours that long hair has, at the tips */

#define STEPS      28 /* between a straight strand's points, */
#define TURN_STEPS 10 /* and in each turn of a coil */

/* Chance in a strand: of those that make a lock, and of those that stray. */
typedef struct
{
  double across;                          /* of half the lock's width, by chance */
  double length, shorter, longer, uneven; /* length, less up to, more up to, less at the lock's sides */
  double width, thicker;                  /* of the usual width, and up to so much more */
  double alpha, denser;                   /* likewise */
  double sway, drift;                     /* there and back, and for good, by chance */
} Kind;

static const Kind kinds[] = {
  { 0.8, 1.0, 0.30, 0.0, 0.06, 0.7, 0.6, 0.5, 0.4, 0.012, 0.02 },
  { 1.6, 1.0, 0.0, 0.05, 0.0, 0.8, 0.0, 0.4, 0.3, 0.03, 0.07 },
};

/* What all locks have in common. */
typedef struct
{
  DfiStrands        *strands; /* of each lock */
  const DfiForehead *forehead;
  const DfiLook     *look;
  const DfiMatte    *matte;
  const DfiImage    *photo;
  double             strength;
  int                lock; /* the first of those that grow */
} Growth;

typedef struct
{
  double     root[2], tip[2];
  double     bend; /* its middle is so far left */
  double     width, end_width;
  double     light;
  DfiPalette palette;
} Lock;

/* A strand within a lock. */
typedef struct
{
  double across; /* from the lock's middle: 1 is half its width */
  double length; /* in times the lock's */
  double rank;
  double width; /* pixels */
  double alpha;
  double sway, drift;
  double phase;
  double coil, wave; /* radius and height of a turn */
} Strand;

/* ---------- light ---------- */

static double
lattice (int i, int j)
{
  DfiRandom random = dfi_random_start ((guint32) i * 374761393u + (guint32) j * 668265263u);

  return dfi_random_share (&random) - 0.5;
}

/* -0.5..0.5, smooth, without a pattern: value noise on a lattice of side 1, turned so that its lines are seen less. */
static double
noise (double x, double y)
{
  const double turned[2] = { 0.8 * x + 0.6 * y, 0.8 * y - 0.6 * x };
  const int    i = (int) floor (turned[0]), j = (int) floor (turned[1]);
  const double u = dfi_smooth_step (turned[0] - i), v = dfi_smooth_step (turned[1] - j);

  return (1.0 - v) * ((1.0 - u) * lattice (i, j) + u * lattice (i + 1, j)) +
         v * ((1.0 - u) * lattice (i, j + 1) + u * lattice (i + 1, j + 1));
}

/* How much brighter a strand is at (@x, @y), at @t of its lock's way and at @turn, in radians, of a coil. */
static double
light_at (const Growth *growth, const Lock *lock, const Strand *strand, double t, double turn, double x, double y)
{
  const double coils = growth->look->curl, straight = 1.0 - coils, bend = (t - SHINE_AT) / SHINE_WIDE;
  double       light = lock->light;

  light += (straight + coils * SHINE_COIL) * (SHINE * exp (-bend * bend) - DARKER * t);
  light -= straight * ROUND * MIN (strand->across * strand->across, 1.0);
  if (coils > 0.0)
    light += coils * (TURN * cos (turn) + TUFT * noise (x / TUFT_WIDE, y / TUFT_WIDE) +
                      CURL * noise (x / CURL_WIDE + strand->phase, y / CURL_WIDE));
  return light;
}

static void
colour_at (const Growth *growth, const Lock *lock, double rank, double t, float rgb[3])
{
  const float share = ENDS * dfi_smooth_step (1.2 * t);
  float       ends[3];

  dfi_palette_at (&lock->palette, rank, rgb);
  dfi_palette_at (&growth->look->ends, rank, ends);
  for (int c = 0; c < 3; c++)
    rgb[c] += share * (ends[c] - rgb[c]);
}

/* ---------- a strand ---------- */

/* How much of a strand may show, 0..1: beside the face and above the hairline only where there is hair. */
static double
showing (const Growth *growth, double x, double y)
{
  const DfiForehead *forehead = growth->forehead;
  const double       line     = dfi_forehead_at (forehead, forehead->line, x);
  const double       beyond   = MAX (MAX (forehead->left + OUTSIDE - x, x - forehead->right + OUTSIDE), line - y) / OUTSIDE;
  const double       outside  = CLAMP (beyond, 0.0, 1.0);
  float              rgb[3];

  if (outside == 0.0)
    return 1.0;
  return 1.0 - outside +
         outside * dfi_smooth_step (OUTSIDE_IS * dfi_forehead_hair (forehead, growth->matte, growth->photo, x, y, rgb));
}

/* Where the middle of a lock is, at @t of its way: a Bezier curve that leaves the root downwards. */
static void
lock_at (const Lock *lock, double t, double *x, double *y)
{
  const double dx = lock->tip[0] - lock->root[0], dy = lock->tip[1] - lock->root[1], s = 1.0 - t;
  const double b1 = 3.0 * s * s * t, b2 = 3.0 * s * t * t, b3 = t * t * t;

  *x = lock->root[0] + b1 * 0.22 * dx + b2 * (0.62 * dx - lock->bend) + b3 * dx;
  *y = lock->root[1] + b1 * 0.33 * dy + b2 * 0.75 * dy + b3 * dy;
}

static void
add_strand (const Growth *growth, const Lock *lock, const Strand *strand, DfiStrands *strands)
{
  const double length = strand->length * hypot (lock->tip[0] - lock->root[0], lock->tip[1] - lock->root[1]);
  const int    steps  = STEPS + (int) (growth->look->curl > 0.0 ? TURN_STEPS * length / strand->wave : 0.0);

  dfi_strands_begin (strands);
  for (int i = 0; i <= steps; i++)
    {
      const double   share = (double) i / steps, t = strand->length * share;
      const double   turn   = strand->phase + 2.0 * G_PI * length / strand->wave * share;
      const double   radius = strand->coil * MIN (4.0 * t, 1.0);
      const double   thin   = TIP_LEFT + (1.0 - TIP_LEFT) * dfi_smooth_step ((1.0 - share) / TIP_FADE);
      double         x, y, position[2];
      DfiStrandPoint point;

      lock_at (lock, t, &x, &y);
      x += strand->across * (lock->width + t * (lock->end_width - lock->width));
      x += strand->sway * sin (strand->phase + 5.0 * t) * t + strand->drift * t * t;
      x += radius * sin (turn);
      y += 0.8 * radius * cos (turn);
      dfi_forehead_to_photo (growth->forehead, x, y, position);
      point.x     = position[0];
      point.y     = position[1];
      point.width = strand->width;
      point.alpha = strand->alpha * thin * thin * dfi_smooth_step (t / ROOT_FADE) * showing (growth, x, y);
      colour_at (growth, lock, strand->rank + light_at (growth, lock, strand, t, turn, x, y), t, point.rgb);
      dfi_strands_add (strands, &point);
    }
}

static Strand
make_strand (const Growth *growth, DfiRandom *random, const Kind *kind, double width)
{
  const double coils  = growth->look->curl;
  Strand       strand = { .across = kind->across * dfi_random_about (random) };

  strand.length = kind->length - kind->uneven * strand.across * strand.across;
  strand.length += kind->longer * dfi_random_share (random);
  strand.length -= kind->shorter * pow (dfi_random_share (random), 1.3);
  strand.length = MAX (strand.length, SHORTEST);
  strand.rank   = 0.5 + growth->look->contrast * (dfi_random_share (random) - 0.5);
  strand.width  = width * (kind->width + kind->thicker * dfi_random_share (random));
  strand.alpha  = kind->alpha + kind->denser * dfi_random_share (random);
  strand.sway   = kind->sway * dfi_random_about (random);
  strand.drift  = kind->drift * dfi_random_about (random);
  strand.phase  = 2.0 * G_PI * dfi_random_share (random);
  strand.coil   = coils * (0.012 + 0.03 * dfi_random_share (random));
  strand.wave   = 0.07 + 0.06 * dfi_random_share (random) + 0.2 * (1.0 - coils);
  return strand;
}

/* Where hair coils, @strand lies beside the strand @first of its ringlet. */
static void
wind (const Growth *growth, const Strand *first, Strand *strand)
{
  const double coils = growth->look->curl;

  strand->across += coils * (first->across + TOGETHER * strand->across - strand->across);
  strand->phase += coils * (first->phase + TOGETHER * (strand->phase - G_PI) - strand->phase);
  strand->coil += coils * (first->coil - strand->coil);
  strand->wave += coils * (first->wave - strand->wave);
}

/* ---------- locks ---------- */

/* @across: where its tip is, -1 to 1 from one side of the face to the other. FALSE when it would be too short. */
static gboolean
make_lock (const Growth *growth, DfiRandom *random, int layer, double across, Lock *lock)
{
  const DfiForehead *forehead = growth->forehead;
  const double       coils = growth->look->curl, straight = 1.0 - coils;
  const double       middle = 0.5 * (forehead->left + forehead->right), half = 0.5 * (forehead->right - forehead->left);
  const double       tip = middle + across * half;
  const double       root =
      CLAMP (middle + FAN * across * half - SWEEP + ROOTS * dfi_random_about (random), forehead->left, forehead->right);
  const double line  = dfi_forehead_at (forehead, forehead->line, root);
  const double high  = MIN (dfi_forehead_at (forehead, forehead->high, root), HIGH);
  const double depth = SHALLOW + (DEEP - SHALLOW) * (layer + dfi_random_share (random)) / LAYERS;
  const double lower = ASIDE_UP + (ASIDE_DOWN - ASIDE_UP) * dfi_smooth_step (growth->look->beside / LONG);
  double       end   = dfi_forehead_at (forehead, forehead->brow, tip) - TRIM - COIL_SHORT * coils;

  end -= RAGGED * fabs (dfi_random_about (random));
  end += (UNEVEN + (UNEVEN_COIL - UNEVEN) * coils) * dfi_random_about (random);
  end += straight * lower * MAX (fabs (across) - ASIDE, 0.0);
  for (int side = -1; side <= 1; side++)
    end = MIN (end, dfi_forehead_at (forehead, forehead->end, tip + side * CLEAR) - CLEAR_ABOVE);
  lock->root[0]   = root;
  lock->root[1]   = line - depth * high;
  lock->tip[0]    = tip + TIPS * dfi_random_about (random);
  lock->tip[1]    = line + MIN (growth->strength, 1.0) * (end - line);
  lock->bend      = BEND * across + BEND_CHANCE * dfi_random_about (random);
  lock->width     = WIDTH + WIDTH_COIL * coils + WIDTH_MORE * dfi_random_share (random);
  lock->end_width = (straight + TIP_COIL * coils) * (TIP + TIP_MORE * dfi_random_share (random));
  lock->light     = DIM + LAYER * layer + (LOCK + (LOCK_COIL - LOCK) * coils) * dfi_random_about (random);
  return lock->tip[1] > line + LEAST;
}

/* The lock that is drawn as the @item-th after growth->lock. */
static void
grow_lock (int item, int thread, gpointer data)
{
  const Growth *growth = data;
  const int     number = growth->lock + item, layer = number / LOCKS, place = (number % LOCKS * STEP + layer) % LOCKS;
  const double  unit    = growth->forehead->unit;
  const double  width   = MAX (MAX (MIN (STRAND * growth->look->width, STRAND_MAX * unit), STRAND_MIN), HAIR_WIDTH * unit);
  DfiRandom     random  = dfi_random_start (number + 1);
  const double  across  = SPAN * (2.0 * (place + dfi_random_share (&random)) / LOCKS - 1.0);
  Strand        ringlet = { .across = 0.0 };
  Lock          lock;
  int           n;

  if (! make_lock (growth, &random, layer, across, &lock))
    return;

  dfi_look_near (growth->look, lock.root[0], &lock.palette);
  n = DENSE * MAX (growth->strength, 1.0) * lock.width * unit / width;
  for (int i = 0; i < n + STRAYS; i++)
    {
      Strand strand = make_strand (growth, &random, &kinds[i >= n], width);

      if (i % RINGLET != 0 && i < n)
        wind (growth, &ringlet, &strand);
      else
        ringlet = strand;
      add_strand (growth, &lock, &strand, &growth->strands[number]);
    }
}

gboolean
dfi_fringe_strands (DfiStrands        *strands,
                    const DfiForehead *forehead,
                    const DfiLook     *look,
                    const DfiMatte    *matte,
                    const DfiImage    *photo,
                    double             strength,
                    DfiThreads        *threads,
                    DfiProgressFunc    progress,
                    gpointer           data,
                    GError           **error)
{
  const int at_once = dfi_threads_count (threads);
  Growth    growth  = { strands, forehead, look, matte, photo, strength, 0 };

  for (; growth.lock < DFI_FRINGE_LOCKS; growth.lock += at_once)
    {
      if (progress && ! progress ((double) growth.lock / DFI_FRINGE_LOCKS, data))
        return dfi_error_set_cancelled (error);
      dfi_threads_run (threads, MIN (at_once, DFI_FRINGE_LOCKS - growth.lock), grow_lock, &growth);
    }
  return TRUE;
}
