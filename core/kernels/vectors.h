/* vectors.h: a vector of channels, in AVX2 or AVX-512, as whoever includes this is compiled. */

#ifndef DFI_VECTORS_H
#define DFI_VECTORS_H

#include <string.h>

#include <immintrin.h>

#include "kernels.h"

#ifdef __AVX512F__
#define LANES      16
#define SET(NAME)  NAME##_avx512
typedef guint16 Bits;
#else
#define LANES      8
#define SET(NAME)  NAME##_avx2
typedef guint8 Bits;
#endif

typedef float Vector __attribute__ ((vector_size (LANES * sizeof (float))));

static inline int
n_groups (int channels)
{
  return (channels + LANES - 1) / LANES;
}

static inline Vector
load (const float *from)
{
  return *(const Vector *) from;
}

static inline void
store (float  *to,
       Vector  v)
{
  *(Vector *) to = v;
}

static inline Vector
load_any (const float *from)   /* not aligned */
{
  Vector v;

  memcpy (&v, from, sizeof v);
  return v;
}

#ifdef __AVX512F__

static inline Bits
greater (Vector a,
         Vector b)
{
  return _mm512_cmp_ps_mask ((__m512) a, (__m512) b, _CMP_GT_OQ);
}

static inline Vector
keep (Vector v,
      Bits   mask)
{
  return (Vector) _mm512_maskz_mov_ps (mask, (__m512) v);
}

static inline Vector
larger (Vector a,
        Vector b)
{
  return (Vector) _mm512_max_ps ((__m512) a, (__m512) b);
}

static inline __m256
halves (Vector v)
{
  return _mm256_add_ps (_mm512_castps512_ps256 ((__m512) v), _mm512_extractf32x8_ps ((__m512) v, 1));
}

#else

static inline Bits
greater (Vector a,
         Vector b)
{
  return _mm256_movemask_ps (_mm256_cmp_ps ((__m256) a, (__m256) b, _CMP_GT_OQ));
}

static inline Vector
keep (Vector v,
      Bits   mask)
{
  const __m256i bit = _mm256_setr_epi32 (1, 2, 4, 8, 16, 32, 64, 128);
  __m256i       set = _mm256_cmpeq_epi32 (_mm256_and_si256 (_mm256_set1_epi32 (mask), bit), bit);

  return (Vector) _mm256_and_ps ((__m256) v, _mm256_castsi256_ps (set));
}

static inline Vector
larger (Vector a,
        Vector b)
{
  return (Vector) _mm256_max_ps ((__m256) a, (__m256) b);
}

static inline __m256
halves (Vector v)
{
  return (__m256) v;
}

#endif

/* Each vector's sum. */
static inline __m128
sums_of_four (const Vector v[4])
{
  __m256 sum = _mm256_hadd_ps (_mm256_hadd_ps (halves (v[0]), halves (v[1])), _mm256_hadd_ps (halves (v[2]), halves (v[3])));

  return _mm_add_ps (_mm256_castps256_ps128 (sum), _mm256_extractf128_ps (sum, 1));
}

extern const DfiPictureKernels SET (dfi_picture);   /* picture.c */

#endif
