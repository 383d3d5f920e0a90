/* colour.h: what becomes of a face's colours when it is edited as a grey picture.
 *
 * The search changes luma alone. Each pixel of the edited face takes the tint of what looks like it nearby in the photograph:
 * lips that turn into skin take on skin's colour, and a lip that rises stays as red as it was. What a database knows of colours
 * besides is added to that (chroma.h).
 */

#ifndef DFI_COLOUR_H
#define DFI_COLOUR_H

#include "picture/align.h"

/* Luma of R'G'B' (ITU-R BT.601: 0.299, 0.587, 0.114) in all three channels, of the size of @image. NULL with DFI_ERROR_MEMORY.
 * Free with dfi_image_free(). */
DfiImage *dfi_colour_grey (const DfiImage *image, GError **error);

/* Gives @z (n), one channel, the mean and the standard deviation of @x (n), in place: a direction from strangers' photographs
 * also carries something of their light. Where all of @z is the same it becomes the mean of @x. Source: the authors' published
 * code does this to its results. */
void dfi_colour_match (float *z, const float *x, size_t n);

/**
 * dfi_colour_tints:
 * @image: (3, H, W): the face in colour
 * @error: DFI_ERROR_MEMORY
 *
 * Returns: (transfer full) (nullable): (3, H, W): tints of what looks like each pixel of the face, for dfi_colour_follow();
 * free with g_free()
 */
float *dfi_colour_tints (const DfiImage *image, GError **error);

/**
 * dfi_colour_follow:
 * @image: (3, H, W): the face in colour
 * @tints: (3, H, W): its dfi_colour_tints()
 * @luma: (H, W): change of its luma
 * @error: DFI_ERROR_MEMORY
 *
 * Returns: (transfer full) (nullable): (3, H, W) change of R'G'B' whose luma is @luma; free with dfi_image_free()
 */
DfiImage *dfi_colour_follow (const DfiImage *image, const float *tints, const float *luma, GError **error);

/* Above the brows hair and skin meet, and what looks most like hair that has become bright is skin. There the @change (3, size,
 * size) of dfi_colour_follow() becomes that of @luma (size, size) alone, so that colours stay as they are; lower down, where lips
 * move and teeth appear, it stays, and in between it fades. @frame says where brows and eyes are. */
void dfi_colour_keep_above (DfiImage *change, const float *luma, const DfiFrame *frame);

#endif
