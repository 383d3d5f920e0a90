/* The sliders of dfi:edit-face, and how it works while a canvas is painted: a draft first, and then the rest.  GIMP's canvas is
 * painted in idle moments of the main loop of a program with windows; for the latter a type of this name will do. */

#include <string.h>

#include <gegl.h>

typedef struct
{
  GObject parent;
} GtkWindow;
typedef GObjectClass GtkWindowClass;
GType                gtk_window_get_type (void);
G_DEFINE_TYPE (GtkWindow, gtk_window, G_TYPE_OBJECT)

static void
gtk_window_init (GtkWindow *window)
{
}

static void
gtk_window_class_init (GtkWindowClass *klass)
{
}

/* Those that there are, each with its label, are the favourites of the bundled database. They are called as these are, by which
 * effects are given their values, but for the name that begins with a digit, which none may. */
static void
test_sliders (void)
{
  GKeyFile    *file  = g_key_file_new ();
  char        *path  = g_build_filename (g_getenv ("DFI_SOURCE_ROOT"), "resources", "faces.attributes", NULL);
  GError      *error = NULL;
  guint        n;
  GParamSpec **properties = gegl_operation_list_properties ("dfi:edit-face", &n);
  int          unseen     = 0;
  char       **attributes;

  g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, &error);
  g_assert_no_error (error);
  attributes = g_key_file_get_groups (file, NULL);
  for (int i = 0; attributes[i]; i++)
    unseen += g_key_file_get_boolean (file, attributes[i], "Favourite", NULL);
  g_assert_cmpint (unseen, >, 0);

  for (guint i = 0; i < n; i++)
    {
      const char *attribute = gegl_param_spec_get_property_key (properties[i], "attribute");
      char       *label;

      if (! attribute)
        continue;
      unseen--;
      label = g_key_file_get_string (file, attribute, "Label", NULL);
      g_assert_true (g_key_file_get_boolean (file, attribute, "Favourite", NULL));
      g_assert_cmpstr (g_param_spec_get_nick (properties[i]), ==, label);
      g_assert_cmpstr (properties[i]->name, ==, g_ascii_isdigit (*attribute) ? "stubble" : attribute);
      g_free (label);
    }
  g_assert_cmpint (unseen, ==, 0);

  g_strfreev (attributes);
  g_free (properties);
  g_free (path);
  g_key_file_free (file);
}

/* The photograph, and the operation on it. */
typedef struct
{
  GeglNode     *graph, *node;
  GeglRectangle all;
  guint8       *pixels; /* what was painted last */
  gboolean      refined;
} Canvas;

static void
note_refined (GeglNode *node, GParamSpec *spec, Canvas *canvas)
{
  canvas->refined = TRUE;
}

static Canvas
canvas_new (void)
{
  Canvas    canvas = { .graph = gegl_node_new () };
  char     *path   = g_build_filename (g_getenv ("DFI_SOURCE_ROOT"), "resources", "astronaut.png", NULL);
  GeglNode *photo  = gegl_node_new_child (canvas.graph, "operation", "gegl:load", "path", path, NULL);

  canvas.node = gegl_node_new_child (canvas.graph, "operation", "dfi:edit-face", NULL);
  gegl_node_link (photo, canvas.node);
  canvas.all = gegl_node_get_bounding_box (canvas.node);
  g_free (path);
  return canvas;
}

static void
canvas_clear (Canvas *canvas)
{
  g_object_unref (canvas->graph);
  g_free (canvas->pixels);
}

/* The result; free with g_free(). */
static guint8 *
render (const Canvas *canvas)
{
  guint8 *pixels = g_malloc ((size_t) canvas->all.width * canvas->all.height * 3);

  gegl_node_blit (canvas->node, 1.0, &canvas->all, babl_format ("R'G'B' u8"), pixels, GEGL_AUTO_ROWSTRIDE, GEGL_BLIT_DEFAULT);
  return pixels;
}

static gboolean
paint (gpointer data)
{
  Canvas *canvas = data;

  g_free (canvas->pixels);
  canvas->pixels = render (canvas);
  return G_SOURCE_REMOVE;
}

/* Paints as GIMP does. */
static void
paint_when_idle (Canvas *canvas)
{
  g_clear_pointer (&canvas->pixels, g_free);
  g_idle_add_full (G_PRIORITY_HIGH_IDLE, paint, canvas, NULL);
  while (! canvas->pixels)
    g_main_context_iteration (NULL, TRUE);
}

static gboolean
same (const Canvas *canvas, const guint8 *a, const guint8 *b)
{
  return memcmp (a, b, (size_t) canvas->all.width * canvas->all.height * 3) == 0;
}

/* What comes of a strength where nobody paints; free with g_free(). */
static guint8 *
result (double smiling)
{
  Canvas  canvas = canvas_new ();
  guint8 *pixels;

  gegl_node_set (canvas.node, "smiling", smiling, NULL);
  pixels = render (&canvas);
  canvas_clear (&canvas);
  return pixels;
}

static void
test_draft (void)
{
  Canvas  canvas   = canvas_new ();
  guint8 *original = result (0.0), *wanted = result (-2.0);

  g_assert_false (same (&canvas, original, wanted));
  g_signal_connect (canvas.node, "notify::quality", G_CALLBACK (note_refined), &canvas);
  gegl_node_set (canvas.node, "smiling", -2.0, NULL);
  paint_when_idle (&canvas);
  g_assert_false (same (&canvas, canvas.pixels, original));
  g_assert_false (same (&canvas, canvas.pixels, wanted));

  while (! canvas.refined)
    g_main_context_iteration (NULL, TRUE);
  paint_when_idle (&canvas);
  g_assert_true (same (&canvas, canvas.pixels, wanted));

  g_free (wanted);
  g_free (original);
  canvas_clear (&canvas);
}

static void
test_wait (void)
{
  Canvas  canvas = canvas_new ();
  guint8 *wanted = result (-2.0), *now;

  gegl_node_set (canvas.node, "smiling", 2.0, NULL);
  paint_when_idle (&canvas);
  gegl_node_set (canvas.node, "smiling", -2.0, NULL); /* while the first is refined */
  paint_when_idle (&canvas);
  g_assert_false (same (&canvas, canvas.pixels, wanted));
  while (g_main_context_iteration (NULL, FALSE)) /* as in GIMP, what is asked for on OK comes after all that */
    ;
  now = render (&canvas);
  g_assert_true (same (&canvas, now, wanted));

  g_free (now);
  g_free (wanted);
  canvas_clear (&canvas);
}

/* It may be taken away while it is refined, and so may its picture. */
static void
test_taken_away (void)
{
  for (int i = 0; i < 3; i++)
    {
      Canvas canvas = canvas_new ();

      gegl_node_set (canvas.node, "smiling", 1.0 + i, NULL);
      paint_when_idle (&canvas);
      canvas_clear (&canvas);
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
}

static gpointer
render_thread (gpointer data)
{
  return result (-2.0);
}

/* Several at once, each in a thread of its own, with one editor. */
static void
test_threads (void)
{
  Canvas   canvas = canvas_new ();
  guint8  *wanted = result (-2.0);
  GThread *threads[3];

  for (int i = 0; i < 3; i++)
    threads[i] = g_thread_new ("render", render_thread, NULL);
  for (int i = 0; i < 3; i++)
    {
      guint8 *pixels = g_thread_join (threads[i]);

      g_assert_true (same (&canvas, pixels, wanted));
      g_free (pixels);
    }
  g_free (wanted);
  canvas_clear (&canvas);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);   /* GEGL's own modules warn */
  g_object_set (gegl_config (), "application-license", "GPL3", NULL); /* as GIMP has it; of others GEGL hides the operation */
  gegl_init (NULL, NULL);
  g_type_ensure (gtk_window_get_type ());
  if (! gegl_has_operation ("dfi:edit-face"))
    g_error ("GEGL does not find the operation in %s", g_getenv ("GEGL_PATH"));

  g_test_add_func ("/edit-face/sliders", test_sliders);
  g_test_add_func ("/edit-face/draft", test_draft);
  g_test_add_func ("/edit-face/wait", test_wait);
  g_test_add_func ("/edit-face/taken-away", test_taken_away);
  g_test_add_func ("/edit-face/threads", test_threads);
  status = g_test_run ();
  gegl_exit ();
  return status;
}
