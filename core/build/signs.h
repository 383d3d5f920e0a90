/* signs.h: random signs of pictures. */

#ifndef DFI_SIGNS_H
#define DFI_SIGNS_H

/* @signs (n), each 1 or -1: always the same for a picture's @name, so that shards mix as the whole does.  Another @set is
 * another draw. */
void dfi_signs_draw (const char *name, unsigned set, float *signs, int n);

#endif
