#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "database/attribute-file.h"
#include "files/whole-file.h"

/* A key file and where its attributes' strings go. */
typedef struct
{
  const char        *path;
  GKeyFile          *file;
  const char *const *names;
  int                n;
  const char *const *others; /* or NULL */
  GStringChunk      *strings;
} Source;

static const char *known_keys[] = { "Hair",   "Label", "Opposite", "OppositeLabel", "Group",  "Strength",  "Alike", "Renew",
                                    "Colour", "Light", "Region",   "Favourite",     "Within", "Threshold", "Words", NULL };

static int
find_name (const Source *source, const char *name)
{
  for (int i = 0; i < source->n; i++)
    if (strcmp (source->names[i], name) == 0)
      return i;
  return -1;
}

static gboolean
bad_value (const Source *source, const char *group, const char *key, const char *wanted, GError **error)
{
  g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("In “%s”, group [%s], “%s” must be %s."), source->path, group, key, wanted);
  return FALSE;
}

/* All of @text, finite, with a decimal point in every locale. */
static gboolean
parse_number (const char *text, double *number)
{
  char *end;

  *number = g_ascii_strtod (text, &end);
  return end > text && ! *end && isfinite (*number);
}

/* NULL when there is no such key; belongs to the source. */
static const char *
get_string (const Source *source, const char *group, const char *key)
{
  char       *value = g_key_file_get_string (source->file, group, key, NULL);
  const char *kept  = value ? g_string_chunk_insert (source->strings, value) : NULL;

  g_free (value);
  return kept;
}

/* @number stays what it is when there is no such key; FALSE when its value is no number from @least to @most. */
static gboolean
read_number (const Source *source, const char *group, const char *key, double least, double most, double *number)
{
  const char *text = get_string (source, group, key);

  return ! text || (parse_number (text, number) && *number >= least && *number <= most);
}

/* "bags-under-eyes" -> "Bags under eyes" */
static const char *
label_from_name (const Source *source, const char *name)
{
  char       *spaced  = g_strdelimit (g_strdup (name), "-_", ' ');
  char       *initial = g_utf8_strup (spaced, g_utf8_next_char (spaced) - spaced);
  char       *label   = g_strconcat (initial, g_utf8_next_char (spaced), NULL);
  const char *kept    = g_string_chunk_insert (source->strings, label);

  g_free (label);
  g_free (initial);
  g_free (spaced);
  return kept;
}

/* The attribute that @key names, -1 where there is no such key. */
static gboolean
read_reference (const Source *source, const char *group, const char *key, int *index, GError **error)
{
  const char *other = get_string (source, group, key);

  *index = other ? find_name (source, other) : -1;
  if (other && (*index < 0 || strcmp (other, group) == 0))
    return bad_value (source, group, key, _ ("the name of another attribute that has a column in the labels"), error);
  return TRUE;
}

/* Up to DFI_WITHIN_MAX names with semicolons between them. */
static gboolean
read_within (const Source *source, const char *group, int *within, GError **error)
{
  gsize    n     = 0;
  char   **names = g_key_file_get_string_list (source->file, group, "Within", &n, NULL);
  gboolean good  = n <= DFI_WITHIN_MAX;

  for (gsize i = 0; good && i < n; i++)
    {
      within[i] = find_name (source, names[i]);
      good      = within[i] >= 0 && strcmp (names[i], group) != 0;
    }
  g_strfreev (names);
  return good ||
         bad_value (source, group, "Within", _ ("names of up to three other attributes that have a column in the labels"), error);
}

static gboolean
read_attribute (const Source *source, DfiAttribute *attribute, GError **error)
{
  const char *name  = attribute->name;
  double      alike = attribute->alike;
  const char *text;

  if ((text = get_string (source, name, "Label")))
    attribute->label = text;
  attribute->opposite_label = get_string (source, name, "OppositeLabel");
  attribute->group          = get_string (source, name, "Group");
  attribute->words          = get_string (source, name, "Words");

  if (! dfi_region_parse (get_string (source, name, "Region"), &attribute->region))
    return bad_value (source, name, "Region",
                      _ ("“face”, “skin”, “head”, “eyes”, “upper-lip”, “mouth”, “lips”, “jaw”, “hair” or “forehead”"), error);

  if (! read_number (source, name, "Colour", 0.0, DFI_COLOUR_MAX, &attribute->colour))
    return bad_value (source, name, "Colour", _ ("a number from 0 to 10"), error);
  attribute->hair = dfi_region_hair (attribute->region);
  if (! read_number (source, name, "Hair", 0.0, DFI_HAIR_MAX, &attribute->hair))
    return bad_value (source, name, "Hair", _ ("a number from 0 to 2"), error);
  if (! read_number (source, name, "Light", 0.0, 1.0, &attribute->light))
    return bad_value (source, name, "Light", _ ("a number from 0 to 1"), error);
  if (! read_number (source, name, "Alike", 1.0, DFI_ALIKE_MAX, &alike) || alike != floor (alike))
    return bad_value (source, name, "Alike", _ ("a whole number from 1 to 10000"), error);
  attribute->alike = alike;

  if ((text = get_string (source, name, "Favourite")) && strcmp (text, "true") != 0 && strcmp (text, "false") != 0)
    return bad_value (source, name, "Favourite", _ ("“true” or “false”"), error);
  attribute->favourite = g_strcmp0 (text, "true") == 0;

  if (! dfi_renewed_parse (get_string (source, name, "Renew"), &attribute->renew))
    return bad_value (source, name, "Renew", _ ("“face”, “skin”, “head”, “eyes”, “upper-lip”, “mouth”, “lips” or “jaw”"), error);
  if (! read_number (source, name, "Strength", -DFI_STRENGTH_MAX, DFI_STRENGTH_MAX, &attribute->strength))
    return bad_value (source, name, "Strength", _ ("a number from -10 to 10"), error);
  return read_reference (source, name, "Opposite", &attribute->opposite, error) &&
         read_within (source, name, attribute->within, error);
}

/* A misspelt group or key would otherwise be passed over in silence. */
static gboolean
check_known (const Source *source, GError **error)
{
  char   **groups = g_key_file_get_groups (source->file, NULL);
  gboolean good   = TRUE;

  for (int i = 0; groups[i] && good; i++)
    {
      char **keys = g_key_file_get_keys (source->file, groups[i], NULL, NULL);

      if (find_name (source, groups[i]) < 0 && ! (source->others && g_strv_contains (source->others, groups[i])))
        {
          g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                       _ ("“%s” describes an attribute “%s” that has no column in the labels."), source->path, groups[i]);
          good = FALSE;
        }
      for (int k = 0; keys && keys[k] && good; k++)
        if (! g_strv_contains (known_keys, keys[k]))
          {
            g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("In “%s”, group [%s], there is an unknown key “%s”."),
                         source->path, groups[i], keys[k]);
            good = FALSE;
          }
      g_strfreev (keys);
    }
  g_strfreev (groups);
  return good;
}

static gboolean
load_file (const Source *source, GError **error)
{
  GError  *cause = NULL;
  size_t   length;
  char    *text = dfi_file_read (source->path, DFI_ATTRIBUTE_FILE_MAX, &length, error);
  gboolean done = text && g_key_file_load_from_data (source->file, text, length, G_KEY_FILE_NONE, &cause);

  if (cause)
    g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT, _ ("The attributes' file “%s” cannot be read: %s"), source->path,
                 cause->message);
  g_clear_error (&cause);
  g_free (text);
  return done;
}

DfiAttribute *
dfi_attributes_read (const char        *path,
                     const char *const *names,
                     int                n,
                     const char *const *others,
                     GStringChunk      *strings,
                     GError           **error)
{
  Source        source     = { path, g_key_file_new (), names, n, others, strings };
  DfiAttribute *attributes = g_new0 (DfiAttribute, n);
  gboolean      good       = ! path || (load_file (&source, error) && check_known (&source, error));

  for (int i = 0; i < n; i++)
    attributes[i] = (DfiAttribute){ .name     = names[i],
                                    .label    = label_from_name (&source, names[i]),
                                    .opposite = -1,
                                    .mirror   = -1,
                                    .within   = { -1, -1, -1 },
                                    .strength = DFI_STRENGTH,
                                    .light    = 1.0,
                                    .renew    = -1,
                                    .alike    = DFI_ALIKE,
                                    .region   = DFI_REGION_FACE };
  for (int i = 0; i < n && good; i++)
    if (g_key_file_has_group (source.file, names[i]))
      good = read_attribute (&source, &attributes[i], error);
  for (int i = 0; i < n && good; i++)
    if (attributes[i].opposite >= 0 && ! attributes[i].opposite_label)
      attributes[i].opposite_label = attributes[attributes[i].opposite].label;
  dfi_attributes_pair (attributes, n);

  g_key_file_free (source.file);
  if (! good)
    g_clear_pointer (&attributes, g_free);
  return attributes;
}

GHashTable *
dfi_attributes_read_thresholds (const char *path, GError **error)
{
  GKeyFile   *file       = g_key_file_new ();
  Source      source     = { .path = path, .file = file };
  GHashTable *thresholds = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  char      **groups;
  gboolean    good = load_file (&source, error);

  groups = g_key_file_get_groups (file, NULL);
  for (int i = 0; good && groups[i]; i++)
    {
      char  *text = g_key_file_get_string (file, groups[i], "Threshold", NULL);
      double threshold;

      if (! text)
        continue;
      good = parse_number (text, &threshold) || bad_value (&source, groups[i], "Threshold", _ ("a number"), error);
      g_hash_table_insert (thresholds, g_strdup (groups[i]), g_memdup2 (&threshold, sizeof threshold));
      g_free (text);
    }

  g_strfreev (groups);
  g_key_file_free (file);
  if (! good)
    g_clear_pointer (&thresholds, g_hash_table_unref);
  return thresholds;
}

char **
dfi_attributes_read_names (const char *path, GError **error)
{
  GKeyFile *file   = g_key_file_new ();
  Source    source = { .path = path, .file = file };
  char    **names  = load_file (&source, error) ? g_key_file_get_groups (file, NULL) : NULL;

  g_key_file_free (file);
  return names;
}
