#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "base/names.h"
#include "options.h"

static const char *const preset_words[]  = { "", "paper", "slides", NULL };       /* by DfiPreset */
static const char *const quality_words[] = { "preview", "normal", "best", NULL }; /* by DfiQuality */
static const char *const origin_words[]  = { "decoder", "face", NULL };           /* by DfiOrigin */

#define OFFSET(member) G_STRUCT_OFFSET (DfiOptions, member)

const DfiOption dfi_option_table[DFI_N_OPTIONS] = {
  { "preset", N_ ("_Preset"),
    N_ ("Start from the settings of the demonstration by the method's authors (paper), or of its equations alone (slides); other "
        "options change them"),
    DFI_OPTION_CHOICE, OFFSET (preset), DFI_PRESET_NONE, 0, 0, preset_words },
  { "quality", N_ ("_Quality"), N_ ("How long to search for the result"), DFI_OPTION_CHOICE, OFFSET (edit.quality),
    DFI_QUALITY_NORMAL, 0, 0, quality_words },
  { "iterations", N_ ("_Iterations"), N_ ("Steps of the optimiser; 0: as many as the quality says"), DFI_OPTION_INTEGER,
    OFFSET (edit.iterations), 0, 0, 10000, NULL },
  { "start", N_ ("S_tart from"),
    N_ ("What the search starts from: what the learned inverse makes of the target, or the face itself"), DFI_OPTION_CHOICE,
    OFFSET (edit.origin), DFI_ORIGIN_DECODER, 0, 0, origin_words },
  { "neighbours", N_ ("_Neighbours"), N_ ("Similar faces on either side of a difference"), DFI_OPTION_INTEGER,
    OFFSET (edit.neighbours), 100, DFI_NEIGHBOURS_MIN, 10000, NULL },
  { "by-attributes", N_ ("Neighbours by a_ttributes"),
    N_ ("Find similar faces by their attributes, as the method's authors do, and not by their features"), DFI_OPTION_BOOLEAN,
    OFFSET (edit.nearness), DFI_NEAR_FEATURES, 0, 1, NULL },
  { "alike", N_ ("Those a_like"),
    N_ ("Of the faces that have what is asked for, take the few that look most like the result, and not all neighbours"),
    DFI_OPTION_BOOLEAN, OFFSET (edit.alike), TRUE, 0, 1, NULL },
  { "taps", N_ ("La_yers"),
    N_ ("Layers of the network to fit the result to, among the database's, such as \"relu3_1, relu4_1\"; none: all of them"),
    DFI_OPTION_LAYERS, OFFSET (edit.taps), 0, 0, 0, NULL },
  { "delta", N_ ("De_lta"),
    N_ ("Scale of strengths as the method's authors have it, 0.4 there: a strength of 1 then changes every face equally far; "
        "0: 1 is the average difference"),
    DFI_OPTION_NUMBER, OFFSET (edit.delta), 0.0, 0.0, 1000.0, NULL },
  { "lambda", N_ ("_Smoothness"), N_ ("Weight of smoothness (lambda)"), DFI_OPTION_NUMBER, OFFSET (edit.lambda), 0.001, 0.0, 1e6,
    NULL },
  { "beta", N_ ("E_xponent"), N_ ("Exponent of smoothness (beta)"), DFI_OPTION_NUMBER, OFFSET (edit.beta), 2.0, 0.01, 10.0,
    NULL },
  { "box", N_ ("_Keep within 0 to 1"), N_ ("Search only among pictures; else the result is cut to what pixels can be"),
    DFI_OPTION_BOOLEAN, OFFSET (edit.box), TRUE, 0, 1, NULL },
  { "colour", N_ ("Change colo_urs"), N_ ("Change colours on their own, too, and not only with the brightness"),
    DFI_OPTION_BOOLEAN, OFFSET (edit.colour), FALSE, 0, 1, NULL },
  { "focus", N_ ("Only _where it shows"),
    N_ ("Change only places in which faces with the attribute differ from others by more than chance, so that walls and clothes "
        "stay"),
    DFI_OPTION_BOOLEAN, OFFSET (edit.focus), TRUE, 0, 1, NULL },
  { "match", N_ ("Match _brightness"), N_ ("Give the result the brightness and contrast that the face had"), DFI_OPTION_BOOLEAN,
    OFFSET (edit.match), TRUE, 0, 1, NULL },
  { "feather", N_ ("_Feather"), N_ ("Width of the fade around the face, in distances between the eyes"), DFI_OPTION_NUMBER,
    OFFSET (edit.feather), 0.3, 0.05, 2.0, NULL },
  { "weights", N_ ("_Weights"), N_ ("File with the weights of the network; none: the bundled ones"), DFI_OPTION_FILE,
    OFFSET (weights), 0, 0, 0, NULL },
  { "database", N_ ("_Database"), N_ ("File with the database of faces; none: the bundled one"), DFI_OPTION_FILE,
    OFFSET (database), 0, 0, 0, NULL },
};

G_STATIC_ASSERT (sizeof (DfiNearness) == sizeof (gboolean) && DFI_NEAR_FEATURES == FALSE && DFI_NEAR_ATTRIBUTES == TRUE);
G_STATIC_ASSERT (sizeof (DfiPreset) == sizeof (int) && sizeof (DfiQuality) == sizeof (int));

/* ---------- an option ---------- */

const DfiOption *
dfi_option_find (const char *name, GError **error)
{
  const char *names[DFI_N_OPTIONS + 1] = { NULL };
  char       *close;

  for (int i = 0; i < DFI_N_OPTIONS; i++)
    {
      if (strcmp (name, dfi_option_table[i].name) == 0)
        return &dfi_option_table[i];
      names[i] = dfi_option_table[i].name;
    }

  close = dfi_names_close (names, name);
  if (*close)
    g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("There is no option “%s”. Close to it are %s."), name, close);
  else
    {
      char *all = g_strjoinv (", ", (char **) names);

      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("There is no option “%s”; there are %s."), name, all);
      g_free (all);
    }
  g_free (close);
  return NULL;
}

/* With a point in every locale, in as few digits as give the number back. Free with g_free(). */
static char *
number_text (double number)
{
  char  buffer[G_ASCII_DTOSTR_BUF_SIZE];
  char *format;

  for (int digits = 7; digits <= 17; digits++)
    {
      format = g_strdup_printf ("%%.%dg", digits);
      g_ascii_formatd (buffer, sizeof buffer, format, number);
      g_free (format);
      if (g_ascii_strtod (buffer, NULL) == number)
        break;
    }
  return g_strdup (buffer);
}

/* "preview, normal, best" */
static char *
words_text (const DfiOption *option)
{
  const char *const *words = option->words;

  return g_strjoinv (", ", (char **) (**words ? words : words + 1));
}

char *
dfi_option_describe (const DfiOption *option)
{
  const char *blurb = _ (option->blurb);
  char       *low = NULL, *high = NULL, *usual = NULL, *text = NULL;

  switch (option->type)
    {
    case DFI_OPTION_BOOLEAN: text = g_strdup_printf (_ ("%s (usually %s)"), blurb, option->usual ? "yes" : "no"); break;
    case DFI_OPTION_INTEGER:
    case DFI_OPTION_NUMBER:
      low   = number_text (option->min);
      high  = number_text (option->max);
      usual = number_text (option->usual);
      text  = g_strdup_printf (_ ("%s (%s to %s; usually %s)"), blurb, low, high, usual);
      break;
    case DFI_OPTION_CHOICE:
      low  = words_text (option);
      text = *option->words[(int) option->usual]
                 ? g_strdup_printf (_ ("%s (%s; usually %s)"), blurb, low, option->words[(int) option->usual])
                 : g_strdup (blurb);
      break;
    case DFI_OPTION_LAYERS:
    case DFI_OPTION_FILE: text = g_strdup (blurb); break;
    }

  g_free (usual);
  g_free (high);
  g_free (low);
  return text;
}

/* ---------- values ---------- */

static gboolean
set_out_of_range (const DfiOption *option, const char *text, GError **error)
{
  char *low = number_text (option->min), *high = number_text (option->max);

  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
               option->type == DFI_OPTION_INTEGER ? _ ("“%s” takes a whole number from %s to %s, not “%s”.")
                                                  : _ ("“%s” takes a number from %s to %s, not “%s”."),
               option->name, low, high, text);
  g_free (high);
  g_free (low);
  return FALSE;
}

/* Reads what @option may be; a decimal comma is understood, since a value with a comma cannot be anything else. */
static gboolean
parse_number (const DfiOption *option, const char *text, double *number, GError **error)
{
  char    *point = g_strdelimit (g_strdup (text), ",", '.');
  char    *end;
  gboolean good;

  *number = g_ascii_strtod (point, &end);
  good    = end != point && *end == '\0' && *number >= option->min && *number <= option->max && /* FALSE for NaN */
         (option->type == DFI_OPTION_NUMBER || *number == floor (*number));
  g_free (point);
  return good || set_out_of_range (option, text, error);
}

static gboolean
parse_boolean (const DfiOption *option, const char *text, gboolean *value, GError **error)
{
  static const char *const yes[] = { "yes", "true", "on", "1", NULL };
  static const char *const no[]  = { "no", "false", "off", "0", NULL };

  *value = g_strv_contains (yes, text);
  if (*value || g_strv_contains (no, text))
    return TRUE;
  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("“%s” takes yes or no, not “%s”."), option->name, text);
  return FALSE;
}

static gboolean
parse_choice (const DfiOption *option, const char *text, int *value, GError **error)
{
  char *words;

  for (int i = 0; option->words[i]; i++)
    if (strcmp (text, option->words[i]) == 0)
      {
        *value = i;
        return TRUE;
      }

  words = words_text (option);
  g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("“%s” takes one of %s, not “%s”."), option->name, words, text);
  g_free (words);
  return FALSE;
}

static gboolean
set_value (DfiOptions *options, const DfiOption *option, const char *text, GError **error)
{
  gboolean flag;
  double   number;
  int      choice;
  DfiTaps  taps = 0;

  switch (option->type)
    {
    case DFI_OPTION_BOOLEAN:
      if (! parse_boolean (option, text, &flag, error))
        return FALSE;
      DFI_OPTION_VALUE (options, option, gboolean) = flag;
      break;
    case DFI_OPTION_INTEGER:
    case DFI_OPTION_NUMBER:
      if (! parse_number (option, text, &number, error))
        return FALSE;
      if (option->type == DFI_OPTION_INTEGER)
        DFI_OPTION_VALUE (options, option, int) = number;
      else
        DFI_OPTION_VALUE (options, option, double) = number;
      break;
    case DFI_OPTION_CHOICE:
      if (! parse_choice (option, text, &choice, error))
        return FALSE;
      DFI_OPTION_VALUE (options, option, int) = choice;
      break;
    case DFI_OPTION_LAYERS:
      if (*text && ! (taps = dfi_taps_parse (text, error)))
        return FALSE;
      DFI_OPTION_VALUE (options, option, DfiTaps) = taps;
      break;
    case DFI_OPTION_FILE:
      g_free (DFI_OPTION_VALUE (options, option, char *));
      DFI_OPTION_VALUE (options, option, char *) = g_strdup (text);
      break;
    }
  return TRUE;
}

char *
dfi_options_get (const DfiOptions *options, const DfiOption *option)
{
  switch (option->type)
    {
    case DFI_OPTION_BOOLEAN: return g_strdup (DFI_OPTION_VALUE (options, option, gboolean) ? "yes" : "no");
    case DFI_OPTION_INTEGER: return g_strdup_printf ("%d", DFI_OPTION_VALUE (options, option, int));
    case DFI_OPTION_NUMBER: return number_text (DFI_OPTION_VALUE (options, option, double));
    case DFI_OPTION_CHOICE: return g_strdup (option->words[DFI_OPTION_VALUE (options, option, int)]);
    case DFI_OPTION_LAYERS: return dfi_taps_print (DFI_OPTION_VALUE (options, option, DfiTaps));
    case DFI_OPTION_FILE: return g_strdup (DFI_OPTION_VALUE (options, option, char *));
    }
  return NULL;
}

/* What a preset sets besides its name; no other option is touched. */
static void
use_preset (DfiEditOptions *edit, DfiPreset preset)
{
  if (preset == DFI_PRESET_NONE)
    return;
  edit->iterations = 500;
  edit->origin     = DFI_ORIGIN_FACE;
  edit->colour     = TRUE;
  edit->nearness   = preset == DFI_PRESET_PAPER ? DFI_NEAR_ATTRIBUTES : DFI_NEAR_FEATURES;
  edit->delta      = preset == DFI_PRESET_PAPER ? 0.4 : 0.0;
  edit->alike      = FALSE;
  edit->focus      = FALSE;
  edit->match      = preset == DFI_PRESET_PAPER;
}

gboolean
dfi_options_set (DfiOptions *options, const DfiOption *option, const char *text, GError **error)
{
  char    *stripped = g_strstrip (g_strdup (text));
  gboolean done     = set_value (options, option, stripped, error);

  g_free (stripped);
  if (done && option->offset == OFFSET (preset))
    use_preset (&options->edit, options->preset);
  if (done && option->offset == OFFSET (edit.quality))
    options->edit.iterations = 0;
  return done;
}

/* ---------- all options ---------- */

void
dfi_options_init (DfiOptions *options)
{
  *options = (DfiOptions){ .preset = DFI_PRESET_NONE };
  for (int i = 0; i < DFI_N_OPTIONS; i++)
    {
      const DfiOption *option = &dfi_option_table[i];

      switch (option->type)
        {
        case DFI_OPTION_BOOLEAN:
        case DFI_OPTION_INTEGER:
        case DFI_OPTION_CHOICE: DFI_OPTION_VALUE (options, option, int) = option->usual; break;
        case DFI_OPTION_NUMBER: DFI_OPTION_VALUE (options, option, double) = option->usual; break;
        case DFI_OPTION_LAYERS: break;
        case DFI_OPTION_FILE: DFI_OPTION_VALUE (options, option, char *) = g_strdup (""); break;
        }
    }
}

void
dfi_options_clear (DfiOptions *options)
{
  g_clear_pointer (&options->weights, g_free);
  g_clear_pointer (&options->database, g_free);
}

gboolean
dfi_options_set_all (DfiOptions *options, char *const texts[DFI_N_OPTIONS], GError **error)
{
  for (int i = 0; i < DFI_N_OPTIONS; i++)
    if (texts[i] && ! dfi_options_set (options, &dfi_option_table[i], texts[i], error))
      return FALSE;
  return TRUE;
}

/* Puts the value of "name=value" into its place in @texts. */
static gboolean
add_text (char *texts[DFI_N_OPTIONS], char *piece, GError **error)
{
  char            *equals = strchr (piece, '=');
  const DfiOption *option;

  *equals = '\0';
  option  = dfi_option_find (g_strstrip (piece), error);
  if (! option)
    return FALSE;
  if (texts[option - dfi_option_table])
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE, _ ("The option “%s” is named twice; name it once."), option->name);
      return FALSE;
    }
  texts[option - dfi_option_table] = g_strdup (equals + 1);
  return TRUE;
}

/* Joins what belongs to one option, "taps=relu3_1", "relu4_1", in the first of the pieces; those that are used up become
 * empty. */
static gboolean
join_pieces (char **pieces, GError **error)
{
  char **named = NULL;

  for (char **piece = pieces; *piece; piece++)
    {
      char *joined;

      if (strchr (*piece, '='))
        named = piece;
      if (named == piece || *g_strstrip (*piece) == '\0') /* a comma too many does no harm */
        continue;
      if (! named)
        {
          g_set_error (error, DFI_ERROR, DFI_ERROR_VALUE,
                       _ ("“%s” is not an option; write names and values, such as "
                          "“neighbours=100, delta=0.4”."),
                       *piece);
          return FALSE;
        }
      joined = g_strconcat (*named, ",", *piece, NULL);
      g_free (*named);
      *named  = joined;
      **piece = '\0';
    }
  return TRUE;
}

gboolean
dfi_options_parse (DfiOptions *options, const char *text, GError **error)
{
  char   **pieces               = g_strsplit (text, ",", -1);
  char    *texts[DFI_N_OPTIONS] = { NULL };
  gboolean good                 = join_pieces (pieces, error);

  for (char **piece = pieces; *piece && good; piece++)
    good = **piece == '\0' || add_text (texts, *piece, error);
  good = good && dfi_options_set_all (options, texts, error);

  for (int i = 0; i < DFI_N_OPTIONS; i++)
    g_free (texts[i]);
  g_strfreev (pieces);
  return good;
}

/* Whether two have the same value of an option. */
static gboolean
same_value (const DfiOption *option, const DfiOptions *a, const DfiOptions *b)
{
  char    *text_a = dfi_options_get (a, option), *text_b = dfi_options_get (b, option);
  gboolean same = strcmp (text_a, text_b) == 0;

  g_free (text_b);
  g_free (text_a);
  return same;
}

gboolean
dfi_option_is_usual (const DfiOption *option, const DfiOptions *options)
{
  DfiOptions usual;
  gboolean   same;

  dfi_options_init (&usual);
  same = same_value (option, options, &usual);
  dfi_options_clear (&usual);
  return same;
}

char *
dfi_options_print (const DfiOptions *options, const char *const *but)
{
  GString   *text = g_string_new (NULL);
  DfiOptions usual;

  dfi_options_init (&usual);
  for (int i = 0; i < DFI_N_OPTIONS; i++)
    {
      const DfiOption *option = &dfi_option_table[i];
      char            *value;

      if ((but && g_strv_contains (but, option->name)) || same_value (option, options, &usual))
        continue;
      value = dfi_options_get (options, option);
      g_string_append_printf (text, "%s%s=%s", text->len ? ", " : "", option->name, value);
      dfi_options_set (&usual, option, value, NULL); /* of a preset, what it sets is usual from here on */
      g_free (value);
    }
  dfi_options_clear (&usual);
  return g_string_free (text, FALSE);
}

/* ---------- for an edit ---------- */

void
dfi_edit_options_init (DfiEditOptions *options)
{
  DfiOptions usual;

  dfi_options_init (&usual);
  *options = usual.edit;
  dfi_options_clear (&usual);
}

/* What an option that is a number has come to be; of others, something within its range. */
static double
number_value (const DfiOption *option, const DfiOptions *options)
{
  return option->type == DFI_OPTION_INTEGER  ? DFI_OPTION_VALUE (options, option, int)
         : option->type == DFI_OPTION_NUMBER ? DFI_OPTION_VALUE (options, option, double)
                                             : option->min;
}

gboolean
dfi_edit_options_check (const DfiEditOptions *edit, GError **error)
{
  const DfiOptions options = { .edit = *edit };

  for (int i = 0; i < DFI_N_OPTIONS; i++)
    {
      const DfiOption *option = &dfi_option_table[i];
      const double     value  = number_value (option, &options);
      char            *text;

      if (value >= option->min && value <= option->max) /* FALSE for NaN */
        continue;
      text = number_text (value);
      set_out_of_range (option, text, error);
      g_free (text);
      return FALSE;
    }
  return TRUE;
}
