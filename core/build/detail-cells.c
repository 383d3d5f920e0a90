#include "config.h"

#include <math.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "build/detail-cells.h"

/* How far each reaches to the left, up, to the right and down, in distances of the eyes. */
static const double reach[DFI_BUILD_DETAILS][4] = { { -1.68, -0.65, 1.68, 0.65 }, { -1.12, -0.48, 1.12, 0.83 } };

static void
place (const DfiFrame *frame, const size_t shape[3], DfiDetail details[DFI_BUILD_DETAILS])
{
  const double *eyes = frame->eyes, *mouth = frame->mouth;
  const double  distance     = hypot (eyes[2] - eyes[0], eyes[3] - eyes[1]);
  const double  middles[][2] = { { (eyes[0] + eyes[2]) / 2.0, (eyes[1] + eyes[3]) / 2.0 }, { mouth[0], mouth[1] } };

  for (int d = 0; d < DFI_BUILD_DETAILS; d++)
    for (int i = 0; i < 4; i++)
      {
        const double pixel  = middles[d][i % 2] + reach[d][i] * distance;
        const double places = i % 2 ? shape[1] : shape[2];

        details[d].cells[i] = CLAMP (round (pixel * places / frame->size), 0.0, places);
      }
  details[1].cells[1] = MAX (details[1].cells[1], details[0].cells[3]);
}

gboolean
dfi_detail_cells (const DfiFrame *frame, const DfiLayout *whole, DfiDetail details[DFI_BUILD_DETAILS], GError **error)
{
  if (frame->whole)
    {
      g_set_error_literal (
          error, DFI_ERROR, DFI_ERROR_VALUE,
          _ ("Details are of eyes and mouths, and pictures that are taken whole do not say where these are. Build "
             "without details, or say where eyes and mouth are in the pictures."));
      return FALSE;
    }

  place (frame, whole->shape[dfi_taps_count (whole->taps) - 1], details);
  for (int d = 0; d < DFI_BUILD_DETAILS; d++)
    if (! dfi_detail_layout (whole, details[d].cells, &details[d].basis.layout))
      {
        g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                     _ ("The features of a frame of %d pixels cannot be cut between eyes and mouth. Choose a larger frame, of a "
                        "multiple of 16 pixels, or build without details."),
                     frame->size);
        return FALSE;
      }
  return TRUE;
}
