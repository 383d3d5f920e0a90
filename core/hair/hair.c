#include "config.h"

#include <math.h>

#include "hair/hair.h"
#include "hair/shares.h"
#include "picture/chroma.h"

#define SIDE          DFI_MATTE_SIDE
#define LEAST         0.015 /* share of the photograph's part of the view: less hair is none to speak of */
#define LUMA_SPREAD   0.15  /* least deviations of what counts as one thing's colours: strands shine */
#define CHROMA_SPREAD 0.015
#define UNKNOWN       ((DfiTone){ NAN, NAN, NAN, NAN })

/* ---------- its tone ---------- */

/* Sums over the pixels of the view, weighed by the square of the matte: what is hair for the most part counts. */
typedef struct
{
  double weight, luma, square, cb, cr, cb_square, cr_square;
  int    inside; /* pixels that lie in the photograph */
} Sums;

static void
add_pixel (Sums *sums, float matte, const float rgb[3])
{
  double weight = (double) matte * matte, luma = dfi_luma (rgb);
  double cb = DFI_CB_SCALE * (rgb[2] - luma), cr = DFI_CR_SCALE * (rgb[0] - luma);

  sums->inside++;
  sums->weight += weight;
  sums->luma += weight * luma;
  sums->square += weight * luma * luma;
  sums->cb += weight * cb;
  sums->cr += weight * cr;
  sums->cb_square += weight * cb * cb;
  sums->cr_square += weight * cr * cr;
}

static DfiTone
mean_tone (const Sums *sums)
{
  double luma = sums->luma / sums->weight;

  return (DfiTone){
    .luma      = luma,
    .deviation = sqrt (MAX (sums->square / sums->weight - luma * luma, 0.0)),
    .cb        = sums->cb / sums->weight,
    .cr        = sums->cr / sums->weight,
  };
}

/* Whether what was taken for hair is as bright as the face and of its colour: a bald head. Of 60 portraits six bald ones, a
 * turban and a short-cropped head are. */
static gboolean
is_skin (const DfiTone *hair, const DfiTone *face)
{
  return hair->luma > 0.65f * face->luma && hair->luma < 1.7f * face->luma && fabsf (hair->cb - face->cb) < 0.04f &&
         fabsf (hair->cr - face->cr) < 0.045f;
}

/* Adds the view's pixels to the sums of hair and of the face. */
static void
add_view (Sums *hair, Sums *face, const DfiMatte *matte, const DfiImage *view, const DfiImage *photo)
{
  DfiSimilarity to_photo = dfi_similarity_invert (&matte->to_view);

  *hair = *face = (Sums){ 0 };
  for (int i = 0; i < SIDE; i++)
    for (int j = 0; j < SIDE; j++)
      {
        const float *pixel  = view->data + (size_t) i * SIDE + j;
        const float  rgb[3] = { pixel[0], pixel[SIDE * SIDE], pixel[2 * SIDE * SIDE] };
        double       x, y;

        dfi_similarity_apply (&to_photo, j + 0.5, i + 0.5, &x, &y);
        if (! dfi_view_meets (photo, x, y))
          continue;
        add_pixel (hair, dfi_matte_at (matte, j + 0.5, i + 0.5, rgb), rgb);
        if (dfi_view_in_face ((j + 0.5) / SIDE, (i + 0.5) / SIDE))
          add_pixel (face, 1.0f, rgb);
      }
}

static gboolean
is_enough (const Sums *hair)
{
  return hair->weight > LEAST * hair->inside;
}

static DfiMatteColours
colours_of (const Sums *sums)
{
  const double    luma = sums->luma / sums->weight, cb = sums->cb / sums->weight, cr = sums->cr / sums->weight;
  DfiMatteColours colours = { .mean = { luma, cb, cr } };

  colours.variance[0] = MAX (sums->square / sums->weight - luma * luma, LUMA_SPREAD * LUMA_SPREAD);
  colours.variance[1] = MAX (sums->cb_square / sums->weight - cb * cb, CHROMA_SPREAD * CHROMA_SPREAD);
  colours.variance[2] = MAX (sums->cr_square / sums->weight - cr * cr, CHROMA_SPREAD * CHROMA_SPREAD);
  return colours;
}

/* Finds the tone, and tells hair from skin by their colours. */
static DfiTone
find_tone (DfiMatte *matte, const DfiImage *view, const DfiImage *photo)
{
  const gboolean grey = dfi_chroma_is_grey (view);
  Sums           hair, face;
  DfiTone        tone, skin;

  add_view (&hair, &face, matte, view, photo);
  if (is_enough (&hair) && face.inside > 0 && ! grey)
    {
      matte->hair   = colours_of (&hair);
      matte->skin   = colours_of (&face);
      matte->parted = TRUE;
      add_view (&hair, &face, matte, view, photo);
    }
  if (! is_enough (&hair))
    return UNKNOWN;

  tone = mean_tone (&hair);
  skin = mean_tone (&face);
  if (grey)
    tone.cb = tone.cr = NAN; /* nothing is too like in chroma then */
  return is_skin (&tone, &skin) ? UNKNOWN : tone;
}

/* ---------- finding it ---------- */

/* The mean face, laid on the frame's eyes, in the photograph. */
static DfiFace
usual_face (const DfiFrame *frame, const DfiSimilarity *to_frame)
{
  DfiSimilarity to_photo = dfi_similarity_invert (to_frame);
  DfiFace       face;

  dfi_face_lay (frame->eyes, &face);
  for (int i = 0; i < DFI_N_LANDMARKS; i++)
    dfi_similarity_apply (&to_photo, face.landmarks[i][0], face.landmarks[i][1], &face.landmarks[i][0], &face.landmarks[i][1]);
  return face;
}

DfiHair *
dfi_hair_find (const DfiHairNetwork *network,
               const DfiImage       *seen,
               const DfiImage       *photo,
               const DfiFrame       *frame,
               const DfiSimilarity  *to_frame,
               const DfiFace        *face,
               GError              **error)
{
  DfiSimilarity to_view = dfi_view_place (frame, to_frame, SIDE);
  DfiFace       usual   = usual_face (frame, to_frame);
  DfiImage     *view    = dfi_view_cut (photo, &to_view, SIDE, error);
  DfiHair      *hair    = g_new0 (DfiHair, 1);
  float         shares[DFI_HAIR_SHARES * DFI_HAIR_SHARES];

  if (view && dfi_hair_shares (shares, network, seen, photo, frame, to_frame, error) &&
      dfi_matte_init (&hair->matte, shares, view, &to_view, face ? face : &usual, error))
    hair->tone = find_tone (&hair->matte, view, photo);
  else
    g_clear_pointer (&hair, dfi_hair_free);
  dfi_image_free (view);
  return hair;
}

void
dfi_hair_free (DfiHair *hair)
{
  if (! hair)
    return;

  dfi_matte_clear (&hair->matte);
  g_free (hair);
}

gboolean
dfi_hair_is_there (const DfiHair *hair)
{
  return ! isnan (hair->tone.luma);
}

gboolean
dfi_hair_measure (const DfiHairNetwork *network,
                  const DfiImage       *photo,
                  const DfiFrame       *frame,
                  const DfiSimilarity  *to_frame,
                  DfiTone              *tone,
                  GError              **error)
{
  DfiSimilarity to_view = dfi_view_place (frame, to_frame, DFI_HAIR_VIEW);
  DfiImage     *seen    = dfi_view_cut (photo, &to_view, DFI_HAIR_VIEW, error);
  DfiHair      *hair    = seen ? dfi_hair_find (network, seen, photo, frame, to_frame, NULL, error) : NULL;
  gboolean      done    = hair != NULL;

  if (done)
    *tone = hair->tone;
  dfi_hair_free (hair);
  dfi_image_free (seen);
  return done;
}
