/* dfi database: build a database of faces, or look into one. */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <glib/gi18n-lib.h>
#include <glib/gprintf.h>
#include <glib/gstdio.h>

#include "dfi.h"
#include "commands.h"
#include "console.h"
#include "files/json-writer.h"

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
  g_printf (_ ("Hair        known of %zu faces\n"), dfi_database_n_tones (database));
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
      char               *within    = within_names (database, attribute);

      if (attribute->mirror < 0)
        g_printf ("%-28s %7zu  %-24s %-16s %g\n", attribute->name, dfi_database_count (database, a),
                  name_or (database, attribute->opposite, "-"), within, attribute->strength);
      g_free (within);
    }
  g_free (size);
}

static void
add_attribute (JsonBuilder *builder, const DfiDatabase *database, int index)
{
  const DfiAttribute *attribute = dfi_database_attribute (database, index);

  dfi_json_begin_object (builder, NULL);
  dfi_json_add_string (builder, "name", attribute->name);
  dfi_json_add_string (builder, "label", attribute->label);
  dfi_json_add_string (builder, "opposite", name_or (database, attribute->opposite, NULL));
  dfi_json_add_string (builder, "opposite_label", attribute->opposite_label);
  dfi_json_add_string (builder, "group", attribute->group);
  dfi_json_add_string (builder, "words", attribute->words);
  dfi_json_add_string (builder, "mirror", name_or (database, attribute->mirror, NULL));
  dfi_json_begin_array (builder, "within");
  for (int i = 0; i < DFI_WITHIN_MAX && attribute->within[i] >= 0; i++)
    dfi_json_add_string (builder, NULL, dfi_database_attribute (database, attribute->within[i])->name);
  json_builder_end_array (builder);
  dfi_json_add_string (builder, "region", dfi_region_name (attribute->region));
  dfi_json_add_number (builder, "colour", attribute->colour);
  dfi_json_add_number (builder, "hair", attribute->hair);
  dfi_json_add_number (builder, "light", attribute->light);
  dfi_json_add_integer (builder, "alike", attribute->alike);
  if (attribute->renew >= 0)
    dfi_json_add_string (builder, "renew", dfi_region_name (attribute->renew));
  dfi_json_add_number (builder, "strength", attribute->strength);
  dfi_json_add_integer (builder, "faces", dfi_database_count (database, index));
  json_builder_end_object (builder);
}

static void
add_frame (JsonBuilder *builder, const DfiFrame *frame)
{
  dfi_json_begin_object (builder, "frame");
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
}

static void
print_json (const DfiDatabase *database, goffset bytes)
{
  char        *taps    = dfi_taps_print (dfi_database_taps (database));
  JsonBuilder *builder = json_builder_new ();

  dfi_json_begin_object (builder, NULL);
  dfi_json_add_integer (builder, "faces", dfi_database_n_faces (database));
  dfi_json_add_integer (builder, "tones", dfi_database_n_tones (database));
  dfi_json_add_integer (builder, "rows", dfi_database_rank (database));
  dfi_json_add_integer (builder, "features", dfi_database_n_features (database));
  dfi_json_add_integer (builder, "bytes", bytes);
  dfi_json_add_string (builder, "taps", taps);
  dfi_json_add_string (builder, "encoder", dfi_database_metadata (database, "dfi.encoder"));
  add_frame (builder, dfi_database_frame (database));
  dfi_json_add_string (builder, "provenance", dfi_database_metadata (database, "dfi.provenance"));
  dfi_json_begin_array (builder, "attributes");
  for (int a = 0; a < dfi_database_n_attributes (database); a++)
    add_attribute (builder, database, a);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  dfi_cli_print_json (builder, TRUE);
  g_free (taps);
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
    return dfi_command_build (argc - 1, argv + 1);
  if (argc >= 2 && strcmp (argv[1], "label") == 0)
    return dfi_command_label (argc - 1, argv + 1);
  if (argc >= 2 && strcmp (argv[1], "merge") == 0)
    return dfi_command_merge (argc - 1, argv + 1);
  if (argc >= 2 && strcmp (argv[1], "info") == 0)
    return info_command (argc - 1, argv + 1);

  g_fprintf (stderr, _ ("Usage: dfi database build|merge|label|info\n\n"
                        "  build  build a database of faces out of pictures\n"
                        "  merge  put together what the shards of a build made\n"
                        "  label  say which pictures have what, for a table to build of\n"
                        "  info   print what is inside a database\n\n"
                        "“dfi database build --help” and so on explain them.\n"));
  return DFI_EXIT_USAGE;
}
