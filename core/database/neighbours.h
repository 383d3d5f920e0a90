/* neighbours.h: the faces that are like one at hand, and what those that have an attribute differ in from those that lack it. */

#ifndef DFI_NEIGHBOURS_H
#define DFI_NEIGHBOURS_H

#include "database/direction.h"

typedef struct
{
  float   distance;
  guint32 index;
} DfiNeighbour;

/* What is known about the face at hand, and room to work in; all belongs to the struct. */
typedef struct
{
  const DfiDatabase *database;
  float             *query;  /* (c) its code */
  float             *code;   /* (c) of another face */
  double            *change; /* (c) the mean of those that have the attribute less the mean of those that lack it */
  double            *from;   /* (c) the mean of those that the change leaves, in the query's light and pose, before its ground */
  double            *chance; /* (c) as much of it as may be by chance: see focus.h */
  double            *first;  /* (2, main rows) change and chance by the first choice */
  float             *distances; /* (N) squared, from the query */
  float             *alike;     /* (N) likewise, from the query with the change, where the second choice looks */
  guint8            *groups;    /* (N) of each face, see face_group() */
  guint              own;       /* the query's */
  DfiNeighbour      *faces[2];  /* (N) candidates: those that have the attribute, those that lack it */
  size_t             n_faces[2];
} DfiNeighbours;

/* Takes in the @code (c) of a face. DFI_ERROR_MEMORY, and DFI_ERROR_VALUE when it is not finite. */
gboolean dfi_neighbours_init (DfiNeighbours     *neighbours,
                              const DfiDatabase *database,
                              const double      *code,
                              DfiNearness        nearness,
                              GError           **error);
/* Only after dfi_neighbours_init(), also when that failed. */
void dfi_neighbours_clear (DfiNeighbours *neighbours);

/* Works out the change and its chance for one request, as dfi_database_direction() says, for a strength of 1; @note tells of how
 * many faces, which may be too few. FALSE with DFI_ERROR_MEMORY, _IO or
 * _FORMAT. */
gboolean dfi_neighbours_change (DfiNeighbours             *neighbours,
                                const DfiRequest          *request,
                                const DfiDirectionOptions *options,
                                DfiDirectionNote          *note,
                                GError                   **error);

#endif
