#include "config.h"

#include <glib.h>

#include "build/signs.h"

/* Fowler, Noll and Vo's hash, FNV-1a. */
static guint64
hash_name (const char *name)
{
  guint64 hash = 0xcbf29ce484222325u;

  for (; *name; name++)
    hash = (hash ^ (guint8) *name) * 0x100000001b3u;
  return hash;
}

/* Next number of a generator that counts: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014. */
static guint64
splitmix (guint64 *state)
{
  guint64 z = *state += 0x9e3779b97f4a7c15u;

  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

void
dfi_signs_draw (const char *name, unsigned set, float *signs, int n)
{
  guint64 state = hash_name (name) ^ set, bits = 0;

  for (int i = 0; i < n; i++, bits >>= 1)
    {
      if (i % 64 == 0)
        bits = splitmix (&state);
      signs[i] = bits & 1 ? 1.0f : -1.0f;
    }
}
