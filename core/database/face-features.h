/* face-features.h: the numbers by which a database knows a face. */

#ifndef DFI_FACE_FEATURES_H
#define DFI_FACE_FEATURES_H

#include "database/basis.h"
#include "network/pass.h"
#include "picture/image.h"

/**
 * dfi_features_compute:
 * @layout: what the features consist of
 * @pass: of its taps and the frame's size
 * @x: (3, H, W) what the encoder sees of the face: three times its luma, or all of it
 * @crop: (3, H, W) the face, for its chroma
 * @features: (D), overwritten
 */
void dfi_features_compute (const DfiLayout *layout, DfiPass *pass, const DfiImage *x, const DfiImage *crop, float *features);

/* The mean of @mask (@size, @size) over what is the place number @place of a part's maps (C, H, W) in the frame. */
float dfi_features_weight (const size_t shape[3], size_t place, const float *mask, int size);

/* Multiplies each feature of @w (D) by the mean of @mask (@size, @size) over what is its place in the frame. */
void dfi_features_confine (const DfiLayout *layout, float *w, const float *mask, int size);

/* Gives the chroma of @w (D), if there is any, one value wherever @mask (@size, @size) is not 0, and 0 elsewhere: the mean over
 * the rectangle around the mask, weighed by its square. What is as small as lips has one colour, and other faces' lips lie about
 * there, not exactly there. */
void dfi_features_level_chroma (const DfiLayout *layout, float *w, const float *mask, int size);

/* Multiplies the chroma of @w (D), if there is any, by @gain. */
void dfi_features_scale_chroma (const DfiLayout *layout, float *w, double gain);

/* (2, side, side): the chroma among the features, or in the direction, @w (D) of a layout that has it.  Free with g_free(). */
float *dfi_features_chroma (const DfiLayout *layout, const float *w);

#endif
