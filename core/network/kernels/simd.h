/* simd.h: a vector of channels, in AVX2, AVX-512 or NEON, as whoever includes this is compiled. */

#ifndef DFI_SIMD_H
#define DFI_SIMD_H

#include <string.h>

#ifdef __aarch64__
#include <arm_neon.h>
#else
#include <immintrin.h>
#endif

#include "network/kernels/kernels.h"

/* SET is a set's suffix, SET_NAME its name, REGISTERS how many vectors the processor holds, and Bits has one for each lane. */
#if defined(__aarch64__)
#define LANES     4
#define REGISTERS 32
#define SET(NAME) NAME##_neon
#define SET_NAME  "neon"
typedef guint8 Bits;
#elif defined(__AVX512F__)
#define LANES     16
#define REGISTERS 32
#define SET(NAME) NAME##_avx512
#define SET_NAME  "avx512"
typedef guint16 Bits;
#else
#define LANES     8
#define REGISTERS 16
#define SET(NAME) NAME##_avx2
#define SET_NAME  "avx2"
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
store (float *to, Vector v)
{
  *(Vector *) to = v;
}

static inline Vector
load_any (const float *from) /* not aligned */
{
  Vector v;

  memcpy (&v, from, sizeof v);
  return v;
}

/* @v, of which the compiler now knows nothing: what it knows to be zero it would leave out of sums, and round them otherwise. */
static inline Vector
opaque (Vector v)
{
#ifdef __aarch64__
  __asm__("" : "+w"(v));
#else
  __asm__("" : "+x"(v));
#endif
  return v;
}

#if defined(__aarch64__)

static inline uint32x4_t
lane_bits (void)
{
  return (uint32x4_t){ 1, 2, 4, 8 };
}

static inline Bits
greater (Vector a, Vector b)
{
  return vaddvq_u32 (vandq_u32 (vcgtq_f32 ((float32x4_t) a, (float32x4_t) b), lane_bits ()));
}

static inline Vector
keep (Vector v, Bits mask)
{
  return (Vector) vandq_u32 ((uint32x4_t) v, vtstq_u32 (vdupq_n_u32 (mask), lane_bits ()));
}

static inline Vector
larger (Vector a, Vector b) /* @b where one is no number, as the others have it */
{
  return (Vector) vbslq_f32 (vcgtq_f32 ((float32x4_t) a, (float32x4_t) b), (float32x4_t) a, (float32x4_t) b);
}

#elif defined(__AVX512F__)

static inline Bits
greater (Vector a, Vector b)
{
  return _mm512_cmp_ps_mask ((__m512) a, (__m512) b, _CMP_GT_OQ);
}

static inline Vector
keep (Vector v, Bits mask)
{
  return (Vector) _mm512_maskz_mov_ps (mask, (__m512) v);
}

static inline Vector
larger (Vector a, Vector b)
{
  return (Vector) _mm512_max_ps ((__m512) a, (__m512) b);
}

#else

static inline Bits
greater (Vector a, Vector b)
{
  return _mm256_movemask_ps (_mm256_cmp_ps ((__m256) a, (__m256) b, _CMP_GT_OQ));
}

static inline Vector
keep (Vector v, Bits mask)
{
  const __m256i bit = _mm256_setr_epi32 (1, 2, 4, 8, 16, 32, 64, 128);
  __m256i       set = _mm256_cmpeq_epi32 (_mm256_and_si256 (_mm256_set1_epi32 (mask), bit), bit);

  return (Vector) _mm256_and_ps ((__m256) v, _mm256_castsi256_ps (set));
}

static inline Vector
larger (Vector a, Vector b)
{
  return (Vector) _mm256_max_ps ((__m256) a, (__m256) b);
}

#endif

/* Sums of two lanes of @a whose numbers differ in @bit, where that is 0, and of two of @b, where it is 1. Folded so by pairs
 * for every bit, LANES vectors become one, of the sum across each.
 *
 * A lane takes one number from where it stands, and the other from where @bit differs: a blend for each, of which the second
 * is swapped. The compilers' own shuffles are not used, since gcc 11 and clang have none in common. */
static inline __attribute__ ((always_inline)) Vector
fold (Vector a, Vector b, const int bit)
{
#if defined(__aarch64__)
  float32x4_t p = (float32x4_t) a, q = (float32x4_t) b;

  if (bit == 1)
    return (Vector) vaddq_f32 (vtrn1q_f32 (p, q), vtrn2q_f32 (p, q));
  return (Vector) vaddq_f32 (vcombine_f32 (vget_low_f32 (p), vget_low_f32 (q)),
                             vcombine_f32 (vget_high_f32 (p), vget_high_f32 (q)));
#else
#if defined(__AVX512F__)
#define FOLD(LANES_OF_B, SWAP, HOW)                                    \
  (Vector) _mm512_mask_blend_ps (LANES_OF_B, (__m512) a, (__m512) b) + \
      (Vector) SWAP (_mm512_mask_blend_ps (LANES_OF_B, (__m512) b, (__m512) a), HOW)
#define SWAP_FOURS(V, HOW) _mm512_shuffle_f32x4 (V, V, HOW)
  switch (bit)
    {
    case 1: return FOLD (0xaaaa, _mm512_permute_ps, 0xb1);
    case 2: return FOLD (0xcccc, _mm512_permute_ps, 0x4e);
    case 4: return FOLD (0xf0f0, SWAP_FOURS, 0xb1);
    default: return FOLD (0xff00, SWAP_FOURS, 0x4e);
    }
#else
#define FOLD(LANES_OF_B, SWAP, HOW)                               \
  (Vector) _mm256_blend_ps ((__m256) a, (__m256) b, LANES_OF_B) + \
      (Vector) SWAP (_mm256_blend_ps ((__m256) b, (__m256) a, LANES_OF_B), HOW)
#define SWAP_FOURS(V, HOW) _mm256_permute2f128_ps (V, V, HOW)
  switch (bit)
    {
    case 1: return FOLD (0xaa, _mm256_permute_ps, 0xb1);
    case 2: return FOLD (0xcc, _mm256_permute_ps, 0x4e);
    default: return FOLD (0xf0, SWAP_FOURS, 0x01);
    }
#endif
#undef SWAP_FOURS
#undef FOLD
#endif
}

/* The same for four, by @bit and the next. */
static inline __attribute__ ((always_inline)) Vector
fold_four (const Vector v[4], const int bit)
{
  return fold (fold (v[0], v[1], bit), fold (v[2], v[3], bit), 2 * bit);
}

extern const DfiPictureKernels SET (dfi_picture); /* picture.c */

#endif
