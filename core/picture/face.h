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

/* What the landmarks say of a face in short.  Everything is x, y. */
typedef struct
{
  double eyes[4];   /* centre of the eye on the left in the picture, then of the one on the right */
  double mouth[2];  /* centre of the mouth */
  double middle[2]; /* halfway between the eyes */
  double across[2]; /* from the left eye to the right one */
} DfiFacePoints;

DfiFacePoints dfi_face_points (const DfiFace *face);

/* The smallest upright rectangle around @n points, at least one: its upper left corner @low and its lower right one @high. */
void dfi_points_bounds (const double (*points)[2], int n, double low[2], double high[2]);

/* DFI_ERROR_VALUE when a landmark is NaN or infinite. */
gboolean dfi_face_check (const DfiFace *face, GError **error);

/* Sets the box of @face to the smallest one around its landmarks. */
void dfi_face_fit_box (DfiFace *face);

/* The face as it is seen from a place (@x, @y) farther right and down: in a part of the photograph with its corner there. */
DfiFace dfi_face_move (const DfiFace *face, double x, double y);

/* @text: "x1,y1,x2,y2", with points in every locale; spaces do not count.  DFI_ERROR_VALUE otherwise. */
gboolean dfi_eyes_parse (const char *text, double eyes[4], GError **error);

/* The mean face's landmarks laid on the @eyes, the left one's x and y, then the right one's; score 1. */
void dfi_face_lay (const double eyes[4], DfiFace *face);

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
 * dfi_faces_chosen:
 * @text: "all", or numbers counted from 1, such as "1, 3"
 * @n_faces: that there are
 * @error: DFI_ERROR_VALUE when @text is neither, or asks for more faces than there are
 *
 * Returns: (transfer full) (array length=n_faces) (nullable): whether each is meant; free with g_free()
 */
gboolean *dfi_faces_chosen (const char *text, int n_faces, GError **error);

/* Keeps those of @faces (n_faces) that are meant, in their order; all of them after an error. */
gboolean dfi_faces_choose (const char *text, DfiFace *faces, int *n_faces, GError **error);

#endif
