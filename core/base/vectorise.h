/* vectorise.h: a function marked so is built for each width of vectors that a processor may have; the right one is picked when the
 * program starts. For simple loops, which the compiler turns into vectors. */

#ifndef DFI_VECTORISE_H
#define DFI_VECTORISE_H

#if defined __x86_64__ && defined __GLIBC__ && ! defined __clang__ && ! defined __SANITIZE_ADDRESS__
#define DFI_VECTORISE __attribute__ ((target_clones ("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DFI_VECTORISE
#endif

#endif
