#include "config.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "option-entries.h"

/* Letters of the options that have one. */
static const struct
{
  char        letter;
  const char *name;
} letters[] = { { 'p', "preset" }, { 'q', "quality" }, { 'i', "iterations" }, { 'k', "neighbours" },
                { 'c', "colour" }, { 'f', "feather" }, { 'w', "weights" },    { 'd', "database" } };

static char
option_letter (const DfiOption *option)
{
  for (size_t i = 0; i < G_N_ELEMENTS (letters); i++)
    if (strcmp (letters[i].name, option->name) == 0)
      return letters[i].letter;
  return 0;
}

/* @given: "--name", "--no-name" or "-n"; it is one of those that dfi_option_entries_append() makes. */
static const DfiOption *
given_option (const char *given, gboolean *no)
{
  int i = 0;

  *no = g_str_has_prefix (given, "--no-");
  while (g_str_has_prefix (given, "--") ? strcmp (given + (*no ? 5 : 2), dfi_option_table[i].name) != 0
                                        : given[1] != option_letter (&dfi_option_table[i]))
    i++;
  return &dfi_option_table[i];
}

/* A GOptionArgFunc. */
static gboolean
take_option (const char *name, const char *value, gpointer data, GError **error)
{
  DfiGivenOptions *given = data;
  gboolean         no;
  const DfiOption *option = given_option (name, &no);
  char           **text   = &given->texts[option - dfi_option_table];

  g_free (*text);
  *text = g_strdup (no ? "no" : value ? value : "yes");
  return TRUE;
}

static const char *
value_description (const DfiOption *option, GStringChunk *strings)
{
  char       *words;
  const char *text;

  if (option->type == DFI_OPTION_FILE)
    return N_ ("FILE");
  if (option->type == DFI_OPTION_LAYERS)
    return N_ ("LAYER,...");
  if (option->type != DFI_OPTION_CHOICE)
    return N_ ("NUMBER");

  words = g_strjoinv ("|", (char **) option->words + (*option->words[0] ? 0 : 1));
  text  = g_string_chunk_insert (strings, words);
  g_free (words);
  return text;
}

/* A switch for yes and one for no; the help shows the one that changes something. */
static void
append_switches (GArray *entries, const DfiOption *option, GStringChunk *strings)
{
  char        *no      = g_strconcat ("no-", option->name, NULL);
  char        *without = g_strdup_printf (_ ("Without this: %s"), _ (option->blurb));
  GOptionEntry entry   = { .arg = G_OPTION_ARG_CALLBACK, .arg_data = take_option };

  entry.long_name   = option->name;
  entry.short_name  = option_letter (option);
  entry.flags       = G_OPTION_FLAG_NO_ARG | (option->usual ? G_OPTION_FLAG_HIDDEN : 0);
  entry.description = option->blurb;
  g_array_append_val (entries, entry);

  entry.long_name   = g_string_chunk_insert (strings, no);
  entry.short_name  = 0;
  entry.flags       = G_OPTION_FLAG_NO_ARG | (option->usual ? 0 : G_OPTION_FLAG_HIDDEN);
  entry.description = g_string_chunk_insert (strings, without);
  g_array_append_val (entries, entry);

  g_free (without);
  g_free (no);
}

static void
append_entry (GArray *entries, const DfiOption *option, GStringChunk *strings)
{
  char        *blurb = dfi_option_describe (option);
  GOptionEntry entry = { .long_name       = option->name,
                         .short_name      = option_letter (option),
                         .flags           = option->type == DFI_OPTION_FILE ? G_OPTION_FLAG_FILENAME : G_OPTION_FLAG_NONE,
                         .arg             = G_OPTION_ARG_CALLBACK,
                         .arg_data        = take_option,
                         .description     = g_string_chunk_insert (strings, blurb),
                         .arg_description = value_description (option, strings) };

  g_array_append_val (entries, entry);
  g_free (blurb);
}

void
dfi_option_entries_append (GArray *entries, GStringChunk *strings)
{
  for (int i = 0; i < DFI_N_OPTIONS; i++)
    if (dfi_option_table[i].type == DFI_OPTION_BOOLEAN)
      append_switches (entries, &dfi_option_table[i], strings);
    else
      append_entry (entries, &dfi_option_table[i], strings);
}

void
dfi_given_options_clear (DfiGivenOptions *given)
{
  for (int i = 0; i < DFI_N_OPTIONS; i++)
    g_free (given->texts[i]);
}
