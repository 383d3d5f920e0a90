/* dfi database: build a database of faces, or look into one. */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <glib/gi18n-lib.h>
#include <glib/gprintf.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include "commands.h"
#include "command-build.h"
#include "command-merge.h"
#include "database/database.h"

/* ---------- info ---------- */

static const char *
name_or (const DfiDatabase *database, int attribute, const char *none)
{
  return attribute >= 0 ? dfi_database_attribute (database, attribute)->name : none;
}

/* "male, eyeglasses", or "-" for none. Free with g_free(). */
static char *
within_names (const DfiDatabase *database, const DfiAttribute *attribute)
{
  GString *names = g_string_new (attribute->within[0] < 0 ? "-" : NULL);

  for (int i = 0; i < DFI_WITHIN_MAX && attribute->within[i] >= 0; i++)
    g_string_append_printf (names, "%s%s", i ? ", " : "", dfi_database_attribute (database, attribute->within[i])->name);
  return g_string_free (names, FALSE);
}

static void
print_text (const DfiDatabase *database, goffset bytes)
{
  const DfiFrame *frame      = dfi_database_frame (database);
  const char     *provenance = dfi_database_metadata (database, "dfi.provenance");
  char           *size       = g_format_size (bytes);

  g_printf (_ ("Faces       %zu\n"), dfi_database_n_faces (database));
  g_printf (_ ("Rows        %d\n"), dfi_database_rank (database));
  g_printf (_ ("Features    %zu\n"), dfi_database_n_features (database));
  g_printf (_ ("Size        %s\n"), size);
  g_printf (_ ("Encoder     %s\n"), dfi_database_metadata (database, "dfi.encoder"));
  if (frame->whole)
    g_printf (_ ("Frame       %d x %d pixels, whole pictures\n"), frame->size, frame->size);
  else
    g_printf (_ ("Frame       %d x %d pixels, eyes at %.1f,%.1f and %.1f,%.1f, mouth at %.1f,%.1f\n"), frame->size, frame->size,
              frame->eyes[0], frame->eyes[1], frame->eyes[2], frame->eyes[3], frame->mouth[0], frame->mouth[1]);
  g_printf (_ ("Provenance  %s\n"), provenance && *provenance ? provenance : _ ("not said"));

  g_printf ("\n%-28s %7s  %-24s %-16s %s\n", _ ("Attribute"), _ ("Faces"), _ ("Opposite"), _ ("Within"), _ ("Strength"));
  for (int a = 0; a < dfi_database_n_attributes (database); a++)
    {
      const DfiAttribute *attribute = dfi_database_attribute (database, a);

      char *within = within_names (database, attribute);

      g_printf ("%-28s %7zu  %-24s %-16s %g\n", attribute->name, dfi_database_count (database, a),
                name_or (database, attribute->opposite, "-"), within, attribute->strength);
      g_free (within);
    }
  g_free (size);
}

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  if (value)
    json_builder_add_string_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static void
add_number (JsonBuilder *builder, const char *name, double value)
{
  json_builder_set_member_name (builder, name);
  if (value == (gint64) value)
    json_builder_add_int_value (builder, (gint64) value);
  else
    json_builder_add_double_value (builder, value);
}

static void
add_numbers (JsonBuilder *builder, const char *name, const double *values, int n)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (int i = 0; i < n; i++)
    json_builder_add_double_value (builder, values[i]);
  json_builder_end_array (builder);
}

static void
add_within (JsonBuilder *builder, const DfiDatabase *database, const DfiAttribute *attribute)
{
  json_builder_set_member_name (builder, "within");
  json_builder_begin_array (builder);
  for (int i = 0; i < DFI_WITHIN_MAX && attribute->within[i] >= 0; i++)
    json_builder_add_string_value (builder, dfi_database_attribute (database, attribute->within[i])->name);
  json_builder_end_array (builder);
}

static void
add_attributes (JsonBuilder *builder, const DfiDatabase *database)
{
  json_builder_set_member_name (builder, "attributes");
  json_builder_begin_array (builder);
  for (int a = 0; a < dfi_database_n_attributes (database); a++)
    {
      const DfiAttribute *attribute = dfi_database_attribute (database, a);

      json_builder_begin_object (builder);
      add_string (builder, "name", attribute->name);
      add_string (builder, "label", attribute->label);
      add_string (builder, "opposite", name_or (database, attribute->opposite, NULL));
      add_string (builder, "opposite_label", attribute->opposite_label);
      add_string (builder, "group", attribute->group);
      add_within (builder, database, attribute);
      add_string (builder, "region", attribute->region == DFI_REGION_HEAD ? "head" : "face");
      add_number (builder, "strength", attribute->strength);
      add_number (builder, "faces", dfi_database_count (database, a));
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
print_json (const DfiDatabase *database, goffset bytes)
{
  const DfiFrame *frame   = dfi_database_frame (database);
  char           *taps    = dfi_taps_print (dfi_database_taps (database));
  JsonBuilder    *builder = json_builder_new ();
  JsonNode       *root;
  char           *text;

  json_builder_begin_object (builder);
  add_number (builder, "faces", dfi_database_n_faces (database));
  add_number (builder, "rows", dfi_database_rank (database));
  add_number (builder, "features", dfi_database_n_features (database));
  add_number (builder, "bytes", bytes);
  add_string (builder, "taps", taps);
  add_string (builder, "encoder", dfi_database_metadata (database, "dfi.encoder"));
  json_builder_set_member_name (builder, "frame");
  json_builder_begin_object (builder);
  add_number (builder, "size", frame->size);
  if (frame->whole)
    {
      json_builder_set_member_name (builder, "whole");
      json_builder_add_boolean_value (builder, TRUE);
    }
  else
    {
      add_numbers (builder, "eyes", frame->eyes, 4);
      add_numbers (builder, "mouth", frame->mouth, 2);
    }
  json_builder_end_object (builder);
  add_string (builder, "provenance", dfi_database_metadata (database, "dfi.provenance"));
  add_attributes (builder, database);
  json_builder_end_object (builder);

  root = json_builder_get_root (builder);
  text = json_to_string (root, TRUE);
  g_printf ("%s\n", text);
  g_free (text);
  g_free (taps);
  json_node_unref (root);
  g_object_unref (builder);
}

static int
info_command (int argc, char **argv)
{
  gboolean           json = FALSE;
  GStatBuf           about;
  DfiDatabase       *database;
  GError            *error     = NULL;
  const GOptionEntry entries[] = { { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("Print JSON, for other programs to read"),
                                     NULL },
                                   { NULL } };

  if (! dfi_cli_parse ("database info FILE", _ ("Prints what is inside a database of faces."), entries, NULL, &argc, &argv, 1))
    return DFI_EXIT_USAGE;

  database = dfi_database_peek (argv[1], &error);
  if (! database)
    return dfi_cli_fail (error);
  if (g_stat (argv[1], &about) != 0)
    about.st_size = 0;

  if (json)
    print_json (database, about.st_size);
  else
    print_text (database, about.st_size);
  dfi_database_free (database);
  return EXIT_SUCCESS;
}

/* ---------- the command ---------- */

int
dfi_command_database (int argc, char **argv)
{
  if (argc >= 2 && strcmp (argv[1], "build") == 0)
    return dfi_database_build_command (argc - 1, argv + 1);
  if (argc >= 2 && strcmp (argv[1], "merge") == 0)
    return dfi_database_merge_command (argc - 1, argv + 1);
  if (argc >= 2 && strcmp (argv[1], "info") == 0)
    return info_command (argc - 1, argv + 1);

  g_fprintf (stderr, _ ("Usage: dfi database build|merge|info\n\n"
                        "  build  build a database of faces out of pictures\n"
                        "  merge  put together what the shards of a build made\n"
                        "  info   print what is inside a database\n\n"
                        "“dfi database build --help” and so on explain them.\n"));
  return DFI_EXIT_USAGE;
}
