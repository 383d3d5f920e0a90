/* hair-recolour.c: hair in another tone.
 *
 * For pixels of a material in one light, luma about its mean and chroma in proportion to luma are what tells its colour (Reinhard
 * et al., "Color transfer between images", 2001, moves mean and deviation likewise, in all channels).
 */

#include "config.h"

#include <math.h>

#include "hair/hair.h"
#include "picture/chroma.h"

#define CONTRAST_LEAST 0.7f /* of strands, in times what it was */
#define CONTRAST_MOST  2.2f
#define REACH          2.5f  /* deviations of luma from its mean, within which nearly all of hair is */
#define COLOUR_LEAST   0.4f  /* of a dark strand, in times that of a strand of the mean luma */
#define COLOUR_MOST    1.4f  /* of a bright one */
#define VARIETY_LEAST  0.3f  /* of strands' colours, in times what it was */
#define DARKEST        0.03f /* mean luma that hair is changed to */
#define BRIGHTEST      0.95f
#define SHOULDER       0.15f /* luma from the ends of 0..1 on which strands come nearer and nearer to black and white */
#define ROWS           64    /* between questions whether to go on */

typedef struct
{
  const DfiHair  *hair;
  const DfiImage *photo;
  DfiPatch       *patch;
  DfiTone         from, to; /* without NaN: where chroma is not known it is 0 and stays so */
  float           contrast;
  float           variety;
  gboolean        still; /* nothing changes, to the bit */
  int             row;   /* the first of those that are at work */
} Recolouring;

/* No hair is blue or green: less colour than none is not meant. */
static DfiTone
wanted_tone (const DfiTone *from, const DfiTone *change)
{
  return (DfiTone){
    .luma      = CLAMP (from->luma + change->luma, MIN (DARKEST, from->luma), MAX (BRIGHTEST, from->luma)),
    .deviation = from->deviation + change->deviation,
    .cb        = CLAMP (from->cb + change->cb, -0.5f, MAX (from->cb, 0.0f)),
    .cr        = CLAMP (from->cr + change->cr, MIN (from->cr, 0.0f), 0.5f),
  };
}

/* How much the colours of strands still differ from each other where they lose colour on the whole. */
static float
variety (const DfiTone *from, const DfiTone *to)
{
  float was = hypotf (from->cb, from->cr), is = hypotf (to->cb, to->cr);

  return was > is ? MAX (is / was, VARIETY_LEAST) : 1.0f;
}

/* 0..1 for any luma, and luma itself away from both ends. */
static inline float
soften (float luma)
{
  if (luma < SHOULDER)
    return SHOULDER * expf (luma / SHOULDER - 1.0f);
  if (luma > 1.0f - SHOULDER)
    return 1.0f - SHOULDER * expf ((1.0f - luma) / SHOULDER - 1.0f);
  return luma;
}

/* Colour at a luma, in times that at the mean. */
static inline float
colour_at (float luma, float mean)
{
  return CLAMP (luma / mean, COLOUR_LEAST, COLOUR_MOST);
}

/* How far a channel of @value can go by @change within 0..1, or to where it was at first if that is farther, as a share. */
static inline float
room_for (float value, float change, float first)
{
  float end = change < 0.0f ? MIN (first, 0.0f) : MAX (first, 1.0f);

  return change == 0.0f || fabsf (change) <= fabsf (end - value) ? 1.0f : MAX ((end - value) / change, 0.0f);
}

/* How much brighter a pixel becomes.  What is farther from the mean than hair is keeps its distance: where skin or ground shows
 * through hair's edge, it is the hair before it that changes. */
static inline float
brighter (const Recolouring *work, float luma)
{
  const float reach = REACH * work->from.deviation;
  float       hair  = CLAMP (luma, work->from.luma - reach, work->from.luma + reach);

  return soften (work->to.luma + (hair - work->from.luma) * work->contrast) - soften (hair);
}

/* All R'G'B'.  What a pixel's colour differs by from that of hair of its luma fades as it becomes darker or greyer.  What would
 * leave the gamut loses colour, and keeps its luma. */
static inline void
recolour_pixel (const Recolouring *work, const float in[3], float out[3])
{
  const DfiTone *from = &work->from, *to = &work->to;
  const float    luma  = dfi_luma (in);
  const float    after = CLAMP (luma + brighter (work, luma), MIN (luma, 0.0f), MAX (luma, 1.0f));
  const float    was = colour_at (luma, from->luma), is = colour_at (after, to->luma);
  const float    kept = work->variety * (luma > after ? MAX (after, 0.0f) / luma : 1.0f);
  float          colour[3], share = 1.0f;

  dfi_chroma_differences (is * to->cb - kept * was * from->cb, is * to->cr - kept * was * from->cr, colour);
  for (int c = 0; c < 3; c++)
    colour[c] += kept * (in[c] - luma);
  for (int c = 0; c < 3; c++)
    share = MIN (share, room_for (after, colour[c], in[c]));
  for (int c = 0; c < 3; c++)
    out[c] = after + share * colour[c];
}

/* From the tone of @hair to that with @change. */
static void
recolouring_init (Recolouring *work, const DfiHair *hair, const DfiTone *change)
{
  *work = (Recolouring){ .hair = hair, .from = hair->tone };
  if (isnan (work->from.cb))
    work->from.cb = work->from.cr = 0.0f;
  work->to = wanted_tone (&work->from, change);
  if (isnan (hair->tone.cb))
    work->to.cb = work->to.cr = 0.0f;
  work->variety  = variety (&work->from, &work->to);
  work->still    = change->luma == 0.0f && change->deviation == 0.0f && change->cb == 0.0f && change->cr == 0.0f;
  work->contrast = CLAMP (work->to.deviation / MAX (work->from.deviation, 1e-3f), CONTRAST_LEAST, CONTRAST_MOST);
}

static void
recolour_row (int item, int thread, gpointer data)
{
  const Recolouring *work  = data;
  const DfiImage    *photo = work->photo;
  const DfiPatch    *patch = work->patch;
  const int          i     = work->row + item;
  const size_t       plane = (size_t) photo->height * photo->width;
  const float       *in    = photo->data + (size_t) (patch->y + i) * photo->width + patch->x;
  float             *out   = patch->rgba + 4 * (size_t) i * patch->width;

  for (int j = 0; j < patch->width; j++, in++, out += 4)
    {
      const float rgb[3] = { in[0], in[plane], in[2 * plane] };
      double      u, v;

      dfi_similarity_apply (&work->hair->matte.to_view, patch->x + j + 0.5, patch->y + i + 0.5, &u, &v);
      out[3] = dfi_matte_at (&work->hair->matte, u, v, rgb);
      if (out[3] > 0.0f && ! work->still)
        recolour_pixel (work, rgb, out);
      else
        for (int c = 0; c < 3; c++)
          out[c] = rgb[c];
    }
}

DfiPatch *
dfi_hair_recolour (const DfiHair  *hair,
                   const DfiImage *photo,
                   const DfiTone  *change,
                   DfiThreads     *threads,
                   DfiProgressFunc progress,
                   gpointer        data,
                   GError        **error)
{
  DfiPatch   *patch = g_new0 (DfiPatch, 1);
  Recolouring work;
  gboolean    done;

  g_return_val_if_fail (dfi_hair_is_there (hair), NULL);

  recolouring_init (&work, hair, change);
  work.photo = photo;
  work.patch = patch;
  dfi_matte_bounds (&hair->matte, photo->width, photo->height, &patch->x, &patch->y, &patch->width, &patch->height);
  patch->rgba = dfi_try_alloc ((size_t) patch->height * patch->width, 4 * sizeof (float), error);
  done        = patch->rgba != NULL;
  for (; done && work.row < patch->height; work.row += ROWS)
    {
      dfi_threads_run (threads, MIN (ROWS, patch->height - work.row), recolour_row, &work);
      done = ! progress || progress ((double) work.row / patch->height, data) || dfi_error_set_cancelled (error);
    }
  if (! done)
    g_clear_pointer (&patch, dfi_patch_free);
  return patch;
}

void
dfi_hair_recolour_colours (const DfiHair *hair, const DfiTone *change, float (*colours)[3], int n)
{
  Recolouring work;

  recolouring_init (&work, hair, change);
  for (int i = 0; i < n && ! work.still; i++)
    {
      const float was[3] = { colours[i][0], colours[i][1], colours[i][2] };

      recolour_pixel (&work, was, colours[i]);
    }
}
