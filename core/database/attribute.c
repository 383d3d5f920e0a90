#include "config.h"

#include <string.h>

#include "database/attribute.h"

static const char *region_names[] = {
  [DFI_REGION_FACE] = "face",           [DFI_REGION_SKIN] = "skin",        [DFI_REGION_HEAD] = "head", [DFI_REGION_EYES] = "eyes",
  [DFI_REGION_UPPER_LIP] = "upper-lip", [DFI_REGION_MOUTH] = "mouth",      [DFI_REGION_JAW] = "jaw",   [DFI_REGION_LIPS] = "lips",
  [DFI_REGION_HAIR] = "hair",           [DFI_REGION_FOREHEAD] = "forehead"
};

gboolean
dfi_attribute_name_valid (const char *name)
{
  if (! name || ! *name)
    return FALSE;
  for (const char *c = name; *c; c = g_utf8_next_char (c))
    if (*c == ',' || *c == '=' || g_unichar_isspace (g_utf8_get_char (c)) || ! g_unichar_isprint (g_utf8_get_char (c)))
      return FALSE;
  return TRUE;
}

void
dfi_attributes_pair (DfiAttribute *attributes, int n)
{
  for (int a = 0; a < n; a++)
    {
      int      b      = attributes[a].opposite;
      gboolean mutual = b >= 0 && attributes[b].opposite == a;
      gboolean second = mutual && (attributes[a].favourite == attributes[b].favourite ? b < a : attributes[b].favourite);

      attributes[a].mirror = second ? b : -1;
    }
}

/* Free with g_free(). */
static char *
simplified (const char *name)
{
  char *folded = g_utf8_casefold (name, -1);

  return g_strstrip (g_strdelimit (folded, "-_", ' '));
}

gboolean
dfi_attribute_is_called (const DfiAttribute *attribute, const char *name)
{
  char    *all    = g_strjoin (";", attribute->name, attribute->label, attribute->words, NULL);
  char   **called = g_strsplit (all, ";", -1);
  char    *wanted = simplified (name);
  gboolean is     = FALSE;

  for (int i = 0; called[i] && ! is; i++)
    {
      char *other = simplified (called[i]);

      is = *other && strcmp (other, wanted) == 0;
      g_free (other);
    }
  g_free (wanted);
  g_strfreev (called);
  g_free (all);
  return is;
}

int
dfi_attributes_find (const DfiAttribute *attributes, int n, const char *name)
{
  int called = -1;

  for (int a = 0; a < n; a++)
    {
      if (strcmp (attributes[a].name, name) == 0)
        return a;
      if (called < 0 && dfi_attribute_is_called (&attributes[a], name))
        called = a;
    }
  return called;
}

const char *
dfi_region_name (DfiRegion region)
{
  return region_names[region];
}

gboolean
dfi_region_parse (const char *text, DfiRegion *region)
{
  *region = DFI_REGION_FACE;
  if (! text)
    return TRUE;
  for (size_t i = 0; i < G_N_ELEMENTS (region_names); i++)
    if (strcmp (text, region_names[i]) == 0)
      {
        *region = i;
        return TRUE;
      }
  return FALSE;
}

gboolean
dfi_renewed_parse (const char *text, int *renew)
{
  DfiRegion region;

  *renew = -1;
  if (! text)
    return TRUE;
  if (! dfi_region_parse (text, &region) || region >= DFI_REGION_HAIR)
    return FALSE;

  *renew = region;
  return TRUE;
}

double
dfi_region_hair (DfiRegion region)
{
  return region == DFI_REGION_HAIR ? 1.0 : 0.0;
}

int
dfi_labels_side (const guint8 *labels, const DfiAttribute *attributes, int attribute)
{
  int opposite = attributes[attribute].opposite;

  if (dfi_labels_get (labels, attribute))
    return 1;
  return opposite < 0 || dfi_labels_get (labels, opposite) ? -1 : 0;
}
