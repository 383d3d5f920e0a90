/* tone.h: what colour something has on the whole: hair, above all.
 *
 * Luma and chroma are those of ITU-R BT.601 (chroma.h), of R'G'B' in 0..1.  In a direction, each number is a change.
 */

#ifndef DFI_TONE_H
#define DFI_TONE_H

#define DFI_TONE_NUMBERS 4

typedef struct
{
  float luma;      /* mean, 0..1 */
  float deviation; /* standard deviation of luma, 0..0.5 */
  float cb, cr;    /* means, -0.5..0.5 */
} DfiTone;

#endif
