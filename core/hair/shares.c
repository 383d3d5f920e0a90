#include "config.h"

#include <math.h>

#include "base/error.h"
#include "hair/colours.h"
#include "hair/shares.h"

#define SKIN 4.0f /* what a pixel of the face's middle counts among the colours that are no hair's */

#define SIDE DFI_HAIR_SHARES
#define HEAD 1.8  /* distances between the eyes: so near to their middle is the hair that all else must hang together with */
#define SURE 0.5f /* least share of hair of it, */
#define LINK 0.2f /* and of what hangs together with it */
#define EDGE 2    /* pixels of the shares around that, which may be hair's edge */

/* How much the shares' pixels count where colours are compared: not at all outside the photograph, and most in the middle of the
 * face, whose skin may go on above the forehead. */
static void
find_weights (float *weights, const DfiImage *photo, const DfiSimilarity *to_shares)
{
  DfiSimilarity to_photo = dfi_similarity_invert (to_shares);

  for (int i = 0; i < SIDE; i++)
    for (int j = 0; j < SIDE; j++)
      {
        float *weight = &weights[i * SIDE + j];
        double x, y;

        dfi_similarity_apply (&to_photo, j + 0.5, i + 0.5, &x, &y);
        *weight = dfi_view_in_face ((j + 0.5) / SIDE, (i + 0.5) / SIDE) ? SKIN : 1.0f;
        if (! dfi_view_meets (photo, x, y))
          *weight = 0.0f;
      }
}

/* ---------- whose it is ---------- */

/* Takes the pixel at (@x, @y) into the queue of those reached, if it may be hair and was not reached before. */
static void
reach (const float *shares, guint8 *reached, int *queue, int *n_queue, int x, int y)
{
  const int at = y * SIDE + x;

  if (x < 0 || y < 0 || x >= SIDE || y >= SIDE || reached[at] || shares[at] < LINK)
    return;
  reached[at]         = TRUE;
  queue[(*n_queue)++] = at;
}

/* The hair of the head in the view's middle, and what hangs together with it. */
static void
reach_all (const float *shares, guint8 *reached)
{
  const double middle[2] = { 0.5 * SIDE, DFI_VIEW_ABOVE / DFI_VIEW_WIDE * SIDE }, unit = SIDE / DFI_VIEW_WIDE;
  int          queue[SIDE * SIDE], n_queue                                             = 0;

  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      if (shares[y * SIDE + x] > SURE && hypot (x + 0.5 - middle[0], y + 0.5 - middle[1]) < HEAD * unit)
        reach (shares, reached, queue, &n_queue, x, y);
  for (int next = 0; next < n_queue; next++)
    for (int k = 0; k < 4; k++)
      reach (shares, reached, queue, &n_queue, queue[next] % SIDE + (k == 0) - (k == 1),
             queue[next] / SIDE + (k == 2) - (k == 3));
}

/* Whether a pixel that was reached is close by: the edges of hair are faint. */
static gboolean
is_close (const guint8 *reached, int x, int y)
{
  for (int v = MAX (y - EDGE, 0); v <= MIN (y + EDGE, SIDE - 1); v++)
    for (int u = MAX (x - EDGE, 0); u <= MIN (x + EDGE, SIDE - 1); u++)
      if (reached[v * SIDE + u])
        return TRUE;
  return FALSE;
}

/* Leaves out the hair of other heads. */
static void
keep_connected (float *shares)
{
  guint8 reached[SIDE * SIDE] = { 0 };

  reach_all (shares, reached);
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      if (! is_close (reached, x, y))
        shares[y * SIDE + x] = 0.0f;
}

/* ---------- all together ---------- */

gboolean
dfi_hair_shares (float                *shares,
                 const DfiHairNetwork *network,
                 const DfiImage       *seen,
                 const DfiImage       *photo,
                 const DfiFrame       *frame,
                 const DfiSimilarity  *to_frame,
                 GError              **error)
{
  const DfiSimilarity to_shares = dfi_view_place (frame, to_frame, SIDE);
  DfiImage           *small     = dfi_image_shrink (seen, 0, 0, DFI_HAIR_VIEW, DFI_HAIR_VIEW, 1, error);
  float               weights[SIDE * SIDE];
  gboolean            done;

  find_weights (weights, photo, &to_shares);
  done = small && dfi_hair_network_run (network, seen, shares, error) &&
         dfi_hair_colours_weigh (shares, small->data, weights, SIDE * SIDE, error);
  if (done)
    keep_connected (shares);
  dfi_image_free (small);
  return done;
}
