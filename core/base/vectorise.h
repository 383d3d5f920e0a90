/* vectorise.h: a function marked so is built for each width of vectors that a processor may have; the right one is picked when
 * the program starts. It is meant for simple loops, which the compiler turns into vectors.
 */

#ifndef DFI_VECTORISE_H
#define DFI_VECTORISE_H

#ifdef DFI_TARGET_CLONES /* in config.h, where the compiler can do it */
#define DFI_VECTORISE __attribute__ ((target_clones (DFI_TARGET_CLONES)))
#else
#define DFI_VECTORISE
#endif

#endif
