/* look.h: what the hair above a forehead looks like: colours, curls, strands. */

#ifndef DFI_LOOK_H
#define DFI_LOOK_H

#include "hair/forehead.h"

#define DFI_PALETTE_RANKS 64

/* R'G'B' of hair, from the darkest to the brightest; each rank is as often. */
typedef struct
{
  float rgb[DFI_PALETTE_RANKS][3];
} DfiPalette;

typedef struct _DfiLookSamples DfiLookSamples;

typedef struct
{
  DfiLookSamples *samples;
  DfiPalette      ends;     /* of the hair beside the face, where it is long; otherwise of all above the forehead */
  double          beside;   /* how much of what is beside the eyes and the cheeks is hair, 0..1: whether it is long */
  double          curl;     /* 0 where strands lie side by side .. 1 where they go everywhere */
  double          contrast; /* of neighbouring strands, as a share of that of all the hair, 0..1 */
  double          width;    /* of what is seen as a strand, pixels */
} DfiLook;

/**
 * dfi_look_init:
 * @forehead: in @photo
 * @hair: it must be there
 * @change: (nullable): of the hair's tone: the colours are those that the hair then has
 * @error: DFI_ERROR_MEMORY
 *
 * Clear with dfi_look_clear(), after an error too.
 */
gboolean dfi_look_init (DfiLook           *look,
                        const DfiForehead *forehead,
                        const DfiHair     *hair,
                        const DfiImage    *photo,
                        const DfiTone     *change,
                        GError           **error);
void     dfi_look_clear (DfiLook *look);

/* Colours of the hair above the forehead's column at @x. */
void dfi_look_near (const DfiLook *look, double x, DfiPalette *palette);

/* The colour of @rank: 0 the darkest .. 1 the brightest. */
void dfi_palette_at (const DfiPalette *palette, double rank, float rgb[3]);

#endif
