/* face.h: a face in a photograph, and where somebody says that it is. */

#ifndef DFI_FACE_H
#define DFI_FACE_H

#include <glib.h>

#define DFI_N_LANDMARKS 68
#define DFI_EYES_MIN    8.0 /* pixels that the eyes' centres of a face are apart at least */

/* Positions are in the photograph's pixels (image.h).  Landmarks are in the order of the iBUG 300-W annotation (Sagonas et
 * al., "300 faces in-the-wild challenge", 2016): 0 to 16 the jaw from the left in the picture to the right, 17 to 26 the brows,
 * 27 to 35 the nose, 36 to 41 and 42 to 47 the eyes, 48 to 59 the mouth's outline, 60 to 67 the lips' inner edge. */
typedef struct
{
  double box[4]; /* x, y, width, height */
  double landmarks[DFI_N_LANDMARKS][2];
  double score; /* 0..1, how sure the detector is of it and of its mirror image, in the mean */
  double yaw;   /* degrees; 0 looks into the camera, positive turns to the right of the picture */
} DfiFace;

/* Where alignment holds a face: the centres of its eyes and of its mouth, x, y each. */
typedef struct
{
  double eyes[4];
  double mouth[2];
} DfiFacePoints;

DfiFacePoints dfi_face_points (const DfiFace *face);

/* The face as it is seen from a place (@x, @y) farther right and down: in a part of the photograph with its corner there. */
DfiFace dfi_face_move (const DfiFace *face, double x, double y);

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
gboolean dfi_face_from_eyes (const double eyes[4], int width, int height, DfiFace *face, GError **error);

/**
 * dfi_faces_choose:
 * @text: "all", or numbers counted from 1, such as "1, 3"
 * @faces: (array length=n_faces) (inout): those that are asked for remain, in their order
 * @n_faces: (inout)
 * @error: DFI_ERROR_VALUE when @text is neither, or asks for more faces than there are; @faces are as they were then
 */
gboolean dfi_faces_choose (const char *text, DfiFace *faces, int *n_faces, GError **error);

#endif
