/* attribute.h: what a face can have: its names, how it is changed, and the bits that say which faces have it.
 *
 * The labels of a face are ceil (A / 8) bytes: attribute 8 j + i is bit i of byte j.
 *
 * A face is on the one side of an attribute when it has it, and on the other when it lacks it and has its opposite, or when
 * there is no opposite.  Faces that have neither of the two are on no side: labels often say yes only when they are sure.
 */

#ifndef DFI_ATTRIBUTE_H
#define DFI_ATTRIBUTE_H

#include <glib.h>

#include "picture/mask.h"

#define DFI_ATTRIBUTES_MAX 4096
#define DFI_WITHIN_MAX     3
#define DFI_STRENGTH_MAX   10.0 /* largest alpha, either way */
#define DFI_COLOUR_MAX     10.0
#define DFI_HAIR_MAX       2.0
#define DFI_ALIKE          20 /* of an attribute that does not say */
#define DFI_ALIKE_MAX      10000
#define DFI_STRENGTH       2.0 /* of an attribute that does not say */

typedef struct
{
  const char *name;                   /* as scripts say it: "smiling" */
  const char *label;                  /* as people read it: "Smiling" */
  const char *opposite_label;         /* what the other end of the slider is called, or NULL */
  const char *group;                  /* "expression", "age", ..., or NULL */
  int         opposite;               /* attribute whose faces are the ones that lack this one; -1: all faces without it */
  int         within[DFI_WITHIN_MAX]; /* neighbours should agree with the face on these, the first above all; then -1 */
  double      strength;               /* alpha that looks right on most faces */
  DfiRegion   region;
  gboolean    favourite; /* an edit that suits most photographs, to be offered first */
  double      colour;    /* share of the faces' difference of colour that is added, 0..DFI_COLOUR_MAX; at 0 colours follow luma */
  double      hair;   /* share of the way from tone to tone of the faces' hair (tone-direction.h) that it goes, 0..DFI_HAIR_MAX */
  double      light;  /* share of the faces' difference of light, pose and ground that comes with it, 0..1; see direction.h */
  int         alike;  /* how many faces are chosen a second time, 1..DFI_ALIKE_MAX: few for shapes, more for skin */
  int         renew;  /* DfiRegion in which what a face has of its own gives way (focus.h); -1: none */
  const char *words;  /* what else people call it: "fringe;bangs", or NULL */
  int         mirror; /* attribute whose slider has this one as its other end; -1: it has a slider of its own */
} DfiAttribute;

/* Whether dfi_requests_parse() can read @name: not empty, and no space, comma, equals sign or control character in it. */
gboolean dfi_attribute_name_valid (const char *name);

/* Sets `mirror`: of two attributes that are each other's opposites, the favourite has the slider, or else the first. */
void dfi_attributes_pair (DfiAttribute *attributes, int n);

/* Whether people call it @name: its name, its label or one of its words, in capitals or not, with hyphens or spaces between. */
gboolean dfi_attribute_is_called (const DfiAttribute *attribute, const char *name);

/* Of the @n, the one that is named @name, or else the first that people call so; -1: there is none. */
int dfi_attributes_find (const DfiAttribute *attributes, int n, const char *name);

/* "face", "skin", "head", "eyes", "upper-lip", "mouth", "lips", "jaw", "hair" or "forehead". */
const char *dfi_region_name (DfiRegion region);
/* FALSE when @text is none of these; NULL is the face. */
gboolean dfi_region_parse (const char *text, DfiRegion *region);
/* Of `renew`: FALSE when @text is none of these but hair and forehead, whose place no mask in the frame is; NULL is none. */
gboolean dfi_renewed_parse (const char *text, int *renew);

/* The `hair` of an attribute of that region that does not say: 1 where the hair is what changes, or else 0. */
double dfi_region_hair (DfiRegion region);

/* Bytes that the labels of one face take. */
static inline size_t
dfi_labels_bytes (int n_attributes)
{
  return ((size_t) n_attributes + 7) / 8;
}

static inline gboolean
dfi_labels_get (const guint8 *labels, int attribute)
{
  return labels[attribute / 8] >> (attribute % 8) & 1;
}

static inline void
dfi_labels_set (guint8 *labels, int attribute)
{
  labels[attribute / 8] |= 1 << (attribute % 8);
}

/* 1 when the face with these @labels has @attribute; -1 when it is certain to lack it; 0 when its labels do not say. */
int dfi_labels_side (const guint8 *labels, const DfiAttribute *attributes, int attribute);

#endif
