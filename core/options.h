/* options.h: how an edit is made, in one table: what the command line, the procedures of both GIMPs and the dialog offer is made
 * from it, and read by it. */

#ifndef DFI_OPTIONS_H
#define DFI_OPTIONS_H

#include "database/direction.h"

/* How long to search. From the face: of what 400 steps lower the objective by, DFI_QUALITY_PREVIEW reaches about 83 in 100,
 * _NORMAL 96, _BEST 99. From the decoder: _PREVIEW takes what the decoder made, as it is. */
typedef enum
{
  DFI_QUALITY_PREVIEW,
  DFI_QUALITY_NORMAL,
  DFI_QUALITY_BEST
} DfiQuality;

/* What a search starts from. */
typedef enum
{
  DFI_ORIGIN_DECODER, /* what the learned inverse makes of the target, if there is one and only luma is sought; else the face */
  DFI_ORIGIN_FACE
} DfiOrigin;

/* What an edit works with.  The ranges are those of the table. */
typedef struct
{
  DfiQuality      quality;
  int             iterations; /* steps of the optimiser; 0: as many as the quality says, see dfi_edit_steps() */
  DfiOrigin       origin;
  int             neighbours; /* k */
  DfiNearness     nearness;   /* which faces are near */
  gboolean        alike;      /* choose those with the attribute a second time: see DfiDirectionOptions */
  double          delta;      /* 0, or how strengths are scaled: see DfiDirectionOptions */
  double          lambda;     /* weight of the total variation */
  double          beta;       /* its exponent */
  double          feather;    /* width of the fade around the face, in distances between the eyes (mask.h) */
  gboolean        colour;     /* optimise all three channels; FALSE: luma alone, and colours follow (colour.h) */
  gboolean        box;        /* the search stays within 0..1 all the way; FALSE: only the picture that comes out of it is cut */
  DfiTaps         taps;       /* layers to fit the result to, some of the database's; 0: all. Near faces are found by all. */
  gboolean        focus;      /* change only what the neighbours' difference is sure of: see DfiDirectionOptions */
  gboolean        match;      /* give the result the mean and deviation that the face had, in each channel that is optimised */
  const DfiImage *start; /* (nullable): instead of the face, the `result` of an earlier report on it, for when a slider moves:
                               * near the old strength four steps then do what twelve do otherwise */
} DfiEditOptions;

/* Settings of other sources. */
typedef enum
{
  DFI_PRESET_NONE,
  DFI_PRESET_PAPER, /* as the authors' published demonstration on LFW: 500 steps, by attributes, delta 0.4, colour, matched */
  DFI_PRESET_SLIDES /* the equations and no more: 500 steps, by features, strengths are alpha, colour, not matched */
} DfiPreset;

/* What a person may choose. */
typedef struct
{
  DfiPreset      preset;   /* that the rest started from */
  char          *weights;  /* "": the bundled ones */
  char          *database; /* "": the bundled one */
  DfiEditOptions edit;
} DfiOptions;

typedef enum
{
  DFI_OPTION_BOOLEAN, /* gboolean: "yes", "no" */
  DFI_OPTION_INTEGER, /* int */
  DFI_OPTION_NUMBER,  /* double: "0.4" or "0,4" */
  DFI_OPTION_CHOICE,  /* int, from 0: one of its words */
  DFI_OPTION_LAYERS,  /* DfiTaps: as dfi_taps_parse() has it, "" for none */
  DFI_OPTION_FILE     /* char *: a path, "" for none */
} DfiOptionType;

typedef struct
{
  const char        *name;
  const char        *label; /* with a mnemonic; to be translated */
  const char        *blurb; /* a sentence without its full stop; to be translated */
  DfiOptionType      type;
  size_t             offset; /* of its value in DfiOptions */
  double             usual;  /* default of a number, choice or boolean */
  double             min, max;
  const char *const *words; /* of a choice, NULL at the end */
} DfiOption;

#define DFI_N_OPTIONS 18

/* In the order in which options apply: each may change what those before it have set. */
extern const DfiOption dfi_option_table[DFI_N_OPTIONS];

/* The value of an option in @options (const or not), by its type. */
#define DFI_OPTION_VALUE(options, option, type) (*(type *) ((char *) (options) + (option)->offset))

/* DFI_ERROR_VALUE for an unknown name, with the closest ones. */
const DfiOption *dfi_option_find (const char *name, GError **error);

/* The sentence with what may be given and what is usual, translated: "Similar faces on either side of a difference (10 to 10000;
 * usually 100)".  Free with g_free(). */
char *dfi_option_describe (const DfiOption *option);

/* Whether the value is the default. */
gboolean dfi_option_is_usual (const DfiOption *option, const DfiOptions *options);

void dfi_options_init (DfiOptions *options);  /* all as usual */
void dfi_options_clear (DfiOptions *options); /* frees the file names */

/**
 * dfi_options_set:
 * @options: (inout): unchanged after an error
 * @text: as said at DfiOptionType; spaces around it do not count
 * @error: DFI_ERROR_VALUE, with what may be given
 *
 * A preset also sets all that it differs in, and a quality sets the iterations to 0.
 */
gboolean dfi_options_set (DfiOptions *options, const DfiOption *option, const char *text, GError **error);

/* As dfi_options_set() reads it.  Free with g_free(). */
char *dfi_options_get (const DfiOptions *options, const DfiOption *option);

/**
 * dfi_options_set_all:
 * @texts: (array length=DFI_N_OPTIONS): in the order of the table; NULL leaves an option alone
 * @error: as above
 *
 * Sets options in the order of the table, so that what is given changes a preset in whatever order both were given.
 */
gboolean dfi_options_set_all (DfiOptions *options, char *const texts[DFI_N_OPTIONS], GError **error);

/**
 * dfi_options_parse:
 * @options: (inout): undefined after an error, but to be cleared
 * @text: such as "neighbours=100, delta=0.4"; what follows a comma without a name belongs to the value before it:
 *        "taps=relu3_1,relu4_1,colour=yes"
 * @error: DFI_ERROR_VALUE: unknown name, bad value, named twice, no name
 */
gboolean dfi_options_parse (DfiOptions *options, const char *text, GError **error);

/* What differs from the defaults, or from the preset, as dfi_options_parse() reads it; "" when nothing does.  @but: (nullable):
 * names of options to leave out, NULL at the end.  Free with g_free(). */
char *dfi_options_print (const DfiOptions *options, const char *const *but);

/* All as usual, and DFI_QUALITY_NORMAL. */
void dfi_edit_options_init (DfiEditOptions *options);

/* Whether all lies within the table's ranges; else DFI_ERROR_VALUE. */
gboolean dfi_edit_options_check (const DfiEditOptions *options, GError **error);

#endif
