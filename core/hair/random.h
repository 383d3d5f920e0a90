/* random.h: numbers by chance, the same ones in every run. */

#ifndef DFI_HAIR_RANDOM_H
#define DFI_HAIR_RANDOM_H

#include <glib.h>

typedef struct
{
  guint32 state; /* not 0: Marsaglia, "Xorshift RNGs", 2003 */
} DfiRandom;

/* A stream of its own for each @number. */
static inline DfiRandom
dfi_random_start (guint32 number)
{
  guint32 state = (number + 1) * 2654435761u;

  state ^= state >> 15;
  state *= 2246822519u;
  state ^= state >> 13;
  return (DfiRandom){ state ? state : 1 };
}

/* 0 <= number < 1, each as often. */
static inline double
dfi_random_share (DfiRandom *random)
{
  random->state ^= random->state << 13;
  random->state ^= random->state >> 17;
  random->state ^= random->state << 5;
  return (random->state >> 8) / 16777216.0;
}

/* Around 0, within -2..2, of variance 1/3; nearly normal. */
static inline double
dfi_random_about (DfiRandom *random)
{
  double sum = -2.0;

  for (int i = 0; i < 4; i++)
    sum += dfi_random_share (random);
  return sum;
}

#endif
