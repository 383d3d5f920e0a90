/* drawn-faces.h: faces drawn as a few rectangles with noise, whose attributes are known, and databases built of them with random
 * weights. */

#ifndef DFI_TESTS_DRAWN_FACES_H
#define DFI_TESTS_DRAWN_FACES_H

#include "build/build.h"
#include "common.h"
#include "database/database.h"
#include "edit.h"
#include "editor.h"
#include "files/tensor.h"
#include "network/pass.h"
#include "picture/chroma.h"
#include "picture/tone.h"

#define DRAWN_SIDE   48 /* of the pictures; taps 12x12, 6x6 and 3x3, so that there are odd stretches */
#define DRAWN_CHROMA (2 * (DRAWN_SIDE / DFI_CHROMA_CELL) * (DRAWN_SIDE / DFI_CHROMA_CELL))
#define DRAWN_FACES  120
#define DRAWN_ROWS   24
#define DRAWN_LIGHT  0.5 /* of all attributes, */
#define DRAWN_ALIKE  10  /* likewise */

enum
{
  SMILING,
  FROWNING,
  MALE,
  FEMALE,
  BEARD,
  RARE,
  EVERYONE,
  OPEN_MOUTH,
  N_ATTRIBUTES
};

/* Whether the label of face @face, 0 or more, says that it has @attribute. Every tenth face has no known sex, though it looks
 * like one. */
gboolean drawn_has (size_t face, int attribute);

/* Draws face @face, @side pixels wide and high, into the PNG file @path. */
void drawn_save (const char *path, size_t face, int side);

/* The file @name of drawn.folder; free with g_free(). */
char *drawn_path (const char *name);

/* A plan with everything that it points to. */
typedef struct
{
  DfiBuildPlan plan;
  char       **files;
  guint8      *labels;
} DrawnPictures;

/* The first @n faces, which are drawn into drawn.folder, framed as they are, and a database of @rows rows planned of them. */
DrawnPictures drawn_pictures_new (size_t n, int side, int rows);
void          drawn_pictures_clear (DrawnPictures *pictures);

/* VGG-19 with random weights of the given base width. */
DfiEncoder *drawn_encoder (int base);

/* Builds the database @name with drawn_encoder (2); returns its path, to be freed with g_free(). */
char *drawn_build (const char *name, size_t n, int side, int rows);

/* The folder that everything is drawn into, and, once drawn_init() has been called, the database that most tests look at with
 * what they ask it. */
typedef struct
{
  char           *folder;
  char           *path; /* of the database of DRAWN_FACES faces and at most DRAWN_ROWS rows */
  DfiEncoder     *encoder;
  DfiPass        *pass;
  DfiDatabase    *database;
  DfiHairNetwork *hair; /* to which all is hair that is darker than a quarter */
} Drawn;

extern Drawn drawn;

void drawn_init (void);

/* The file @name, free with g_free(): that database with one tensor more, the bytes of which are its data. */
char *drawn_copy_with (const char *name, const DfiTensor *tensor);

/* Likewise, with the tones of the faces' hair. */
char *drawn_copy_with_tones (const char *name, DfiTone (*tone_of) (size_t face));

/* An editor with the database at @path, which is taken, whose attributes are as @described (attribute-file.h), and a
 * network to which all is hair that is dark. */
DfiEditor *drawn_editor (char *path, const char *described);

/* An edit by so few steps as tests need. */
DfiPatch *drawn_edit (DfiEditor      *editor,
                      const DfiImage *photo,
                      const DfiFace  *face,
                      const char     *wishes,
                      DfiEditReport  *report,
                      GError        **error);

/* Features (D) of a face of that database; free with g_free(). */
float *drawn_features (size_t face);

/* To be called before the first test and after the last. Returns @status. */
void drawn_start (void);
int  drawn_end (int status);

#endif
