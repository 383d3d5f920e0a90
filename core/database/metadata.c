#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "base/error.h"
#include "database/metadata.h"
#include "files/json-writer.h"
#include "files/json.h"

/* ---------- writing ---------- */

char *
dfi_frame_print (const DfiFrame *frame)
{
  JsonBuilder *builder = json_builder_new ();

  dfi_json_begin_object (builder, NULL);
  dfi_json_add_integer (builder, "size", frame->size);
  if (frame->whole)
    {
      dfi_json_add_boolean (builder, "whole", TRUE);
    }
  else
    {
      dfi_json_add_numbers (builder, "eyes", frame->eyes, 4);
      dfi_json_add_numbers (builder, "mouth", frame->mouth, 2);
    }
  json_builder_end_object (builder);
  return dfi_json_print (builder, FALSE);
}

static const char *
part_name (const DfiLayout *layout, int part)
{
  return part < dfi_taps_count (layout->taps) ? dfi_taps_name (layout->taps, part) : "chroma";
}

char *
dfi_layout_print (const DfiLayout *layout)
{
  JsonBuilder *builder = json_builder_new ();

  dfi_json_begin_object (builder, NULL);
  for (int p = 0; p < dfi_layout_parts (layout); p++)
    dfi_json_add_sizes (builder, part_name (layout, p), layout->shape[p], 3);
  json_builder_end_object (builder);
  return dfi_json_print (builder, FALSE);
}

char *
dfi_details_print (const DfiDetail *details, int n)
{
  JsonBuilder *builder = json_builder_new ();

  dfi_json_begin_array (builder, NULL);
  for (int i = 0; i < n; i++)
    dfi_json_add_sizes (builder, NULL, details[i].cells, 4);
  json_builder_end_array (builder);
  return dfi_json_print (builder, FALSE);
}

static void
add_optional (JsonBuilder *builder, const char *name, const char *value)
{
  if (value)
    dfi_json_add_string (builder, name, value);
}

static void
add_attribute (JsonBuilder *builder, const DfiAttribute *attributes, const DfiAttribute *attribute)
{
  dfi_json_begin_object (builder, NULL);
  dfi_json_add_string (builder, "name", attribute->name);
  add_optional (builder, "opposite", attribute->opposite >= 0 ? attributes[attribute->opposite].name : NULL);
  dfi_json_add_string (builder, "label", attribute->label);
  add_optional (builder, "opposite_label", attribute->opposite_label);
  add_optional (builder, "group", attribute->group);
  add_optional (builder, "words", attribute->words);
  dfi_json_add_number (builder, "strength", attribute->strength);
  dfi_json_add_string (builder, "region", dfi_region_name (attribute->region));
  if (attribute->colour != 0.0)
    dfi_json_add_number (builder, "colour", attribute->colour);
  if (attribute->hair != dfi_region_hair (attribute->region))
    dfi_json_add_number (builder, "hair", attribute->hair);
  if (attribute->light != 1.0)
    dfi_json_add_number (builder, "light", attribute->light);
  if (attribute->alike != DFI_ALIKE)
    dfi_json_add_integer (builder, "alike", attribute->alike);
  if (attribute->renew >= 0)
    dfi_json_add_string (builder, "renew", dfi_region_name (attribute->renew));
  if (attribute->favourite)
    dfi_json_add_boolean (builder, "favourite", TRUE);
  dfi_json_begin_array (builder, "within");
  for (int i = 0; i < DFI_WITHIN_MAX && attribute->within[i] >= 0; i++)
    dfi_json_add_string (builder, NULL, attributes[attribute->within[i]].name);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

char *
dfi_attributes_print (const DfiAttribute *attributes, int n)
{
  JsonBuilder *builder = json_builder_new ();

  dfi_json_begin_array (builder, NULL);
  for (int i = 0; i < n; i++)
    add_attribute (builder, attributes, &attributes[i]);
  json_builder_end_array (builder);
  return dfi_json_print (builder, FALSE);
}

/* ---------- reading ---------- */

/* Eyes and mouth inside the frame, or "whole": true instead of them. */
static gboolean
content_parse (JsonNode *node, DfiFrame *frame)
{
  JsonNode *whole = dfi_json_member (node, "whole");
  gboolean  good;

  frame->whole = whole != NULL;
  if (whole)
    return dfi_json_boolean (whole, &good) && good;

  good = dfi_json_numbers (dfi_json_member (node, "eyes"), frame->eyes, 4) &&
         dfi_json_numbers (dfi_json_member (node, "mouth"), frame->mouth, 2);
  for (int i = 0; i < 4; i++)
    good = good && frame->eyes[i] >= 0.0 && frame->eyes[i] <= frame->size;
  for (int i = 0; i < 2; i++)
    good = good && frame->mouth[i] >= 0.0 && frame->mouth[i] <= frame->size;
  return good && frame->eyes[2] - frame->eyes[0] > DFI_FRAME_EYES_MIN;
}

gboolean
dfi_frame_parse (const char *text, DfiFrame *frame)
{
  JsonNode *node = text ? dfi_json_parse (text, strlen (text)) : NULL;
  size_t    size;
  gboolean  good;

  good = dfi_json_size (dfi_json_member (node, "size"), &size) && size >= DFI_ENCODER_SIDE_MIN && size <= DFI_ENCODER_SIDE_MAX;
  if (good)
    {
      frame->size = (int) size;
      good        = content_parse (node, frame);
    }

  g_clear_pointer (&node, json_node_unref);
  return good;
}

static gboolean
shape_parse (JsonNode *node, size_t shape[3])
{
  gboolean good = dfi_json_sizes (node, shape, 3) == 3;

  for (int i = 0; good && i < 3; i++)
    good = shape[i] >= 1 && shape[i] <= G_MAXINT;
  return good;
}

/* Which parts @object names; FALSE when one of its members is none. */
static gboolean
object_parts (JsonObject *object, DfiLayout *layout)
{
  GList   *names = json_object_get_members (object);
  gboolean good  = TRUE;

  for (GList *name = names; name && good; name = name->next)
    {
      DfiTaps tap = dfi_taps_find (name->data);

      layout->taps |= tap;
      if (strcmp (name->data, "chroma") == 0)
        layout->chroma = TRUE;
      else
        good = tap != 0;
    }
  g_list_free (names);
  return good && layout->taps != 0;
}

gboolean
dfi_layout_parse (const char *text, DfiLayout *layout)
{
  JsonNode  *node = text ? dfi_json_parse (text, strlen (text)) : NULL;
  guint      length;
  JsonArray *array = dfi_json_array (node, &length);
  gboolean   good;

  layout->taps   = array ? DFI_TAPS_PAPER : 0;
  layout->chroma = FALSE;
  good           = array ? length == (guint) dfi_taps_count (layout->taps)
                         : node && JSON_NODE_HOLDS_OBJECT (node) && object_parts (json_node_get_object (node), layout);
  for (int p = 0; good && p < dfi_layout_parts (layout); p++)
    good =
        shape_parse (array ? json_array_get_element (array, p) : dfi_json_member (node, part_name (layout, p)), layout->shape[p]);
  good = good && (! layout->chroma || layout->shape[dfi_taps_count (layout->taps)][0] == 2);

  g_clear_pointer (&node, json_node_unref);
  return good && dfi_layout_complete (layout);
}

gboolean
dfi_details_parse (const char *text, const DfiLayout *whole, DfiDetail details[DFI_DETAILS_MAX], int *n)
{
  JsonNode  *node   = text ? dfi_json_parse (text, strlen (text)) : NULL;
  guint      length = 0;
  JsonArray *array  = dfi_json_array (node, &length);
  gboolean   good   = ! text || (array && length <= DFI_DETAILS_MAX);

  for (guint i = 0; good && i < length; i++)
    {
      good = dfi_json_sizes (json_array_get_element (array, i), details[i].cells, 4) == 4 &&
             dfi_detail_layout (whole, details[i].cells, &details[i].basis.layout);
      for (guint j = 0; good && j < i; j++)
        good = ! dfi_details_meet (details[i].cells, details[j].cells);
    }
  *n = good ? length : 0;
  g_clear_pointer (&node, json_node_unref);
  return good;
}

/* A text field that may be missing, but may not be something else. */
static gboolean
optional_string (JsonNode *node, const char *name, const char **value)
{
  JsonNode *member = dfi_json_member (node, name);

  *value = dfi_json_string (member);
  return ! member || *value;
}

/* FALSE when it is missing. */
static gboolean
optional_boolean (JsonNode *node, const char *name, gboolean *value)
{
  JsonNode *member = dfi_json_member (node, name);

  *value = FALSE;
  return ! member || dfi_json_boolean (member, value);
}

/* @value stays what it is when there is no such member. */
static gboolean
optional_number (JsonNode *node, const char *name, double least, double most, double *value)
{
  JsonNode *member = dfi_json_member (node, name);

  return ! member || (dfi_json_number (member, value) && *value >= least && *value <= most);
}

/* As above, a whole number from 1 on. */
static gboolean
optional_count (JsonNode *node, const char *name, int most, int *value)
{
  double number = *value;

  if (! optional_number (node, name, 1.0, most, &number) || number != floor (number))
    return FALSE;
  *value = number;
  return TRUE;
}

/* All but the references to other attributes.  Returns what is wrong, or NULL. */
static const char *
attribute_parse (DfiAttribute *attribute, JsonNode *node)
{
  const char *region, *renew;

  attribute->name = dfi_json_string (dfi_json_member (node, "name"));
  if (! dfi_attribute_name_valid (attribute->name))
    return "name";
  if (! optional_string (node, "label", &attribute->label))
    return "label";
  if (! attribute->label)
    attribute->label = attribute->name;
  if (! optional_string (node, "opposite_label", &attribute->opposite_label))
    return "opposite_label";
  if (! optional_string (node, "group", &attribute->group))
    return "group";
  if (! optional_string (node, "words", &attribute->words))
    return "words";
  if (! optional_string (node, "region", &region) || ! dfi_region_parse (region, &attribute->region))
    return "region";
  if (! optional_boolean (node, "favourite", &attribute->favourite))
    return "favourite";
  if (! optional_number (node, "colour", 0.0, DFI_COLOUR_MAX, &attribute->colour))
    return "colour";

  attribute->hair = dfi_region_hair (attribute->region);
  if (! optional_number (node, "hair", 0.0, DFI_HAIR_MAX, &attribute->hair))
    return "hair";

  attribute->light = 1.0;
  if (! optional_number (node, "light", 0.0, 1.0, &attribute->light))
    return "light";

  attribute->alike = DFI_ALIKE;
  if (! optional_count (node, "alike", DFI_ALIKE_MAX, &attribute->alike))
    return "alike";
  if (! optional_string (node, "renew", &renew) || ! dfi_renewed_parse (renew, &attribute->renew))
    return "renew";

  attribute->strength = DFI_STRENGTH;
  if (! optional_number (node, "strength", -DFI_STRENGTH_MAX, DFI_STRENGTH_MAX, &attribute->strength))
    return "strength";
  return NULL;
}

/* @index gets the number of the attribute that @node names, which is another than @self. */
static gboolean
reference_parse (JsonNode *node, GHashTable *numbers, int self, int *index)
{
  const char *other = dfi_json_string (node);
  gpointer    value;

  if (! other || ! g_hash_table_lookup_extended (numbers, other, NULL, &value))
    return FALSE;
  *index = GPOINTER_TO_INT (value);
  return *index != self;
}

/* @within (DFI_WITHIN_MAX) from a list of names, which may be missing. */
static gboolean
within_parse (JsonNode *node, GHashTable *numbers, int self, int *within)
{
  guint      n;
  JsonArray *array = dfi_json_array (node, &n);

  for (int i = 0; i < DFI_WITHIN_MAX; i++)
    within[i] = -1;
  if ((node && ! array) || n > DFI_WITHIN_MAX)
    return FALSE;

  for (guint i = 0; i < n; i++)
    if (! reference_parse (json_array_get_element (array, i), numbers, self, &within[i]))
      return FALSE;
  return TRUE;
}

/* Returns what is wrong, or NULL; @which gets the attribute that it is wrong with. */
static const char *
attributes_parse (DfiAttribute *attributes, JsonArray *array, int n, int *which)
{
  GHashTable *numbers = g_hash_table_new (g_str_hash, g_str_equal);
  const char *problem = NULL;

  for (int i = 0; i < n && ! problem; i++)
    {
      *which  = i;
      problem = attribute_parse (&attributes[i], json_array_get_element (array, i));
      if (! problem && ! g_hash_table_insert (numbers, (gpointer) attributes[i].name, GINT_TO_POINTER (i)))
        problem = "name";
    }
  for (int i = 0; i < n && ! problem; i++)
    {
      JsonNode *node     = json_array_get_element (array, i);
      JsonNode *opposite = dfi_json_member (node, "opposite");

      *which                 = i;
      attributes[i].opposite = -1;
      if (opposite && ! reference_parse (opposite, numbers, i, &attributes[i].opposite))
        problem = "opposite";
      else if (! within_parse (dfi_json_member (node, "within"), numbers, i, attributes[i].within))
        problem = "within";
    }

  if (! problem)
    dfi_attributes_pair (attributes, n);
  g_hash_table_unref (numbers);
  return problem;
}

DfiAttribute *
dfi_attributes_parse (const char *text, const char *path, JsonNode **owner, int *n, GError **error)
{
  JsonNode     *root = text ? dfi_json_parse (text, strlen (text)) : NULL;
  guint         length;
  JsonArray    *array = dfi_json_array (root, &length);
  DfiAttribute *attributes;
  const char   *problem;
  int           which = 0;

  if (length == 0 || length > DFI_ATTRIBUTES_MAX)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                   _ ("“%s” has no list of 1 to %d attributes in its metadata; choose another file."), path, DFI_ATTRIBUTES_MAX);
      g_clear_pointer (&root, json_node_unref);
      return NULL;
    }

  attributes = g_new0 (DfiAttribute, length);
  problem    = attributes_parse (attributes, array, length, &which);
  if (problem)
    {
      g_set_error (error, DFI_ERROR, DFI_ERROR_FORMAT,
                   _ ("In “%s” the field “%s” of attribute number %d is not usable; choose another file."), path, problem,
                   which + 1);
      g_free (attributes);
      json_node_unref (root);
      return NULL;
    }

  *owner = root;
  *n     = length;
  return attributes;
}
