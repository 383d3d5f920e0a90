/* face.h: where a face is in a photograph: as somebody says, or as networks find it. */

#ifndef DFI_FACE_H
#define DFI_FACE_H

#include "error.h"
#include "image.h"

#define DFI_N_LANDMARKS 68
#define DFI_EYES_MIN    8.0   /* pixels that the eyes' centres of a face are apart at least */

/* Positions are in the photograph's pixels (image.h).  Landmarks are in the order of the iBUG 300-W annotation (Sagonas et
 * al., "300 faces in-the-wild challenge", 2016): 0 to 16 the jaw from the left in the picture to the right, 17 to 26 the brows,
 * 27 to 35 the nose, 36 to 41 and 42 to 47 the eyes, 48 to 59 the mouth's outline, 60 to 67 the lips' inner edge. */
typedef struct
{
  double box[4];                          /* x, y, width, height */
  double landmarks[DFI_N_LANDMARKS][2];
  double score;                           /* 0..1, how sure the detector is of it and of its mirror image, in the mean */
  double yaw;                             /* degrees; 0 looks into the camera, positive turns to the right of the picture */
} DfiFace;

/* Where alignment holds a face: the centres of its eyes and of its mouth, x, y each. */
typedef struct
{
  double eyes[4];
  double mouth[2];
} DfiFacePoints;

DfiFacePoints dfi_face_points    (const DfiFace  *face);

/* The face as it is seen from a place (@x, @y) farther right and down: in a part of the photograph with its corner there. */
DfiFace       dfi_face_move      (const DfiFace  *face,
                                  double          x,
                                  double          y);

/**
 * dfi_face_from_eyes:
 * @eyes: x1, y1, x2, y2, centres of the eyes in either order; the one more to the left in the picture is taken for the left
 * @width: of the photograph
 * @height: of the photograph
 * @face: (out): the mean face's landmarks laid on the eyes; score 1
 * @error: DFI_ERROR_VALUE when an eye is outside the picture or the two are closer than DFI_EYES_MIN
 *
 * For when a person says where the face is.  It may be turned by up to 90 degrees in the plane.
 */
gboolean      dfi_face_from_eyes (const double    eyes[4],
                                  int             width,
                                  int             height,
                                  DfiFace        *face,
                                  GError        **error);

/**
 * dfi_faces_choose:
 * @text: "all", or numbers counted from 1, such as "1, 3"
 * @faces: (array length=n_faces) (inout): those that are asked for remain, in their order
 * @n_faces: (inout)
 * @error: DFI_ERROR_VALUE when @text is neither, or asks for more faces than there are; @faces are as they were then
 */
gboolean      dfi_faces_choose   (const char     *text,
                                  DfiFace        *faces,
                                  int            *n_faces,
                                  GError        **error);

typedef struct _DfiFaceFinder DfiFaceFinder;   /* the networks; never changes after load, so threads may share it */

/**
 * dfi_face_finder_new:
 * @weights: (nullable): file of kind `face`; NULL takes the bundled one
 * @error: DFI_ERROR_IO, _FORMAT or _MEMORY
 *
 * Returns: (transfer full) (nullable): free with dfi_face_finder_free()
 */
DfiFaceFinder * dfi_face_finder_new  (const char           *weights,
                                      GError              **error);
void            dfi_face_finder_free (DfiFaceFinder        *finder);   /* NULL is fine */

/**
 * dfi_face_finder_find:
 * @progress: (nullable): asked every few hundredths of a second
 * @n_faces: (out): at least 1, or 0 when NULL is returned
 * @error: DFI_ERROR_CANCELLED; DFI_ERROR_VALUE when there is no face, in a sentence that says what to do then, or when a pixel
 *   is not finite; DFI_ERROR_MEMORY
 *
 * Finds faces turned by up to 45 degrees in the plane, partly outside the photograph too, that are 40 pixels high and at least
 * a twenty-fifth of the photograph's longer side, or a fortieth where that side has no more than 2048 pixels; of smaller ones
 * only some, unless there are no others.  Turned and dark ones are looked for when there are no others.
 *
 * Returns: (transfer full) (nullable): (@n_faces), the largest first; free with g_free()
 */
DfiFace       * dfi_face_finder_find (const DfiFaceFinder  *finder,
                                      const DfiImage       *photo,
                                      DfiProgressFunc       progress,
                                      gpointer              progress_data,
                                      int                  *n_faces,
                                      GError              **error);

#endif
