/* clones.h: a function marked so is built for each width of vectors that a processor may have; the right one is picked when the
 * program starts. For simple loops, which the compiler turns into vectors. */

#ifndef DFI_CLONES_H
#define DFI_CLONES_H

#if defined __x86_64__ && defined __GLIBC__ && ! defined __clang__ && ! defined __SANITIZE_ADDRESS__
#define WIDEST_VECTORS __attribute__ ((target_clones ("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define WIDEST_VECTORS
#endif

#endif
