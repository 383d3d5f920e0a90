/* The dialog's worker, which needs no GIMP: what it delivers, what it leaves out, and how it is stopped.  The address
 * sanitizer and valgrind watch it here; the thread sanitizer would not see GLib's locks. */

#include "config.h"

#include <string.h>

#include "drawn-faces.h"
#include "edit.h"
#include "preview.h"

typedef struct
{
  DfiEditor *editor;
  DfiPhoto  *photo;
  DfiFace    face;
} Scene;

static void
scene_init (Scene *scene)
{
  GError *error   = NULL;
  char   *picture = drawn_path ("48-007.png"), *weights = drawn_path ("random-vgg19-2.safetensors");
  double  eyes[4];

  drawn_init ();
  memcpy (eyes, dfi_database_frame (drawn.database)->eyes, sizeof eyes);
  scene->photo = dfi_photo_load (picture, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  scene->editor = dfi_editor_new (weights, drawn.path, &error);
  g_assert_no_error (error);
  g_assert_true (dfi_face_from_eyes (eyes, DRAWN_SIDE, DRAWN_SIDE, &scene->face, &error));
  g_free (weights);
  g_free (picture);
}

static void
scene_clear (Scene *scene)
{
  dfi_editor_free (scene->editor);
  dfi_photo_free (scene->photo);
}

static DfiEditOptions
options_of (DfiQuality quality)
{
  DfiEditOptions options;

  dfi_edit_options_init (&options);
  options.quality = quality;
  return options;
}

/* What has been delivered. */
typedef struct
{
  int       calls;
  DfiImage *edited; /* a copy of the last */
  GError   *error;  /* likewise */
} Delivered;

static void
take (const DfiImage *edited, const GError *error, gpointer data)
{
  Delivered *delivered = data;

  g_assert_true ((edited == NULL) == (error != NULL));
  dfi_image_free (delivered->edited);
  g_clear_error (&delivered->error);
  delivered->calls++;
  delivered->edited = edited ? dfi_image_copy (edited, NULL) : NULL;
  delivered->error  = error ? g_error_copy (error) : NULL;
}

static void
delivered_clear (Delivered *delivered)
{
  dfi_image_free (delivered->edited);
  g_clear_error (&delivered->error);
}

/* Runs the main loop until the thread rests and all is delivered. */
static void
wait_until_rest (DfiPreview *preview)
{
  double fraction;

  while (dfi_preview_busy (preview, &fraction))
    {
      g_assert_cmpfloat (fraction, >=, 0.0);
      g_assert_cmpfloat (fraction, <=, 1.0);
      g_main_context_iteration (NULL, FALSE);
      g_usleep (1000);
    }
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
assert_same_image (const DfiImage *a, const DfiImage *b)
{
  size_t n = sizeof (float) * 3 * DRAWN_SIDE * DRAWN_SIDE;

  g_assert_cmpmem (a->data, n, b->data, n);
}

/* What comes is what an edit makes; nothing asked for is the photograph. */
static void
test_result (void)
{
  DfiEditOptions options   = options_of (DFI_QUALITY_PREVIEW);
  DfiRequest     request   = { SMILING, 1.5 };
  Delivered      delivered = { 0 };
  GError        *error     = NULL;
  Scene          scene, again;
  DfiPreview    *preview;
  DfiPatch      *patch;
  DfiImage      *expected;

  scene_init (&scene);
  scene_init (&again);
  patch = dfi_edit (again.editor, again.photo->image, &again.face, &request, 1, &options, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  expected = dfi_image_copy (again.photo->image, &error);
  dfi_patch_composite (patch, expected);

  preview = dfi_preview_new (scene.editor, scene.photo->image, &scene.face, take, &delivered);
  dfi_preview_start (preview, &request, 1, &options);
  wait_until_rest (preview);
  g_assert_cmpint (delivered.calls, ==, 1);
  g_assert_no_error (delivered.error);
  assert_same_image (delivered.edited, expected);
  g_assert_cmpint (memcmp (expected->data, scene.photo->image->data, sizeof (float) * 3 * DRAWN_SIDE * DRAWN_SIDE), !=, 0);

  dfi_preview_start (preview, NULL, 0, &options);
  wait_until_rest (preview);
  g_assert_cmpint (delivered.calls, ==, 2);
  assert_same_image (delivered.edited, scene.photo->image);

  dfi_preview_free (preview);
  delivered_clear (&delivered);
  dfi_image_free (expected);
  dfi_patch_free (patch);
  scene_clear (&again);
  scene_clear (&scene);
}

/* A slider that moves: only the last place is shown, twice, for it is searched for in two stages. */
static void
test_overtaken (void)
{
  DfiEditOptions options   = options_of (DFI_QUALITY_NORMAL);
  Delivered      delivered = { 0 };
  Scene          scene;
  DfiPreview    *preview;

  scene_init (&scene);
  preview = dfi_preview_new (scene.editor, scene.photo->image, &scene.face, take, &delivered);
  for (int i = 1; i <= 40; i++)
    {
      DfiRequest request = { i % 2 ? SMILING : BEARD, 0.05 * i };

      dfi_preview_start (preview, &request, 1, &options);
      g_usleep (i % 4 * 500);
    }
  wait_until_rest (preview);
  g_assert_cmpint (delivered.calls, >=, 1); /* the main loop may see the first stage's result, or only the second's */
  g_assert_cmpint (delivered.calls, <=, 2);
  g_assert_no_error (delivered.error);

  dfi_preview_free (preview);
  delivered_clear (&delivered);
  scene_clear (&scene);
}

/* A request that cannot be met is told as such, and does not stop what comes after it. */
static void
test_refused (void)
{
  DfiEditOptions options = options_of (DFI_QUALITY_PREVIEW), bad = options;
  DfiRequest     request   = { SMILING, 1.0 };
  Delivered      delivered = { 0 };
  Scene          scene;
  DfiPreview    *preview;

  scene_init (&scene);
  bad.neighbours = -1;
  preview        = dfi_preview_new (scene.editor, scene.photo->image, &scene.face, take, &delivered);
  dfi_preview_start (preview, &request, 1, &bad);
  wait_until_rest (preview);
  g_assert_error (delivered.error, DFI_ERROR, DFI_ERROR_VALUE);
  dfi_preview_start (preview, &request, 1, &options);
  wait_until_rest (preview);
  g_assert_no_error (delivered.error);
  g_assert_cmpint (delivered.calls, ==, 2);

  dfi_preview_free (preview);
  delivered_clear (&delivered);
  scene_clear (&scene);
}

/* Ended at any moment: nothing is delivered then. */
static void
test_freed (void)
{
  DfiEditOptions options   = options_of (DFI_QUALITY_BEST);
  DfiRequest     request   = { FROWNING, 1.0 };
  Delivered      delivered = { 0 };
  Scene          scene;

  scene_init (&scene);
  for (int i = 0; i < 12; i++)
    {
      DfiPreview *preview = dfi_preview_new (scene.editor, scene.photo->image, &scene.face, take, &delivered);

      if (i > 0)
        dfi_preview_start (preview, &request, 1, &options);
      g_usleep (i * 1000);
      dfi_preview_free (preview);
    }
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpint (delivered.calls, ==, 0);

  dfi_preview_free (NULL);
  scene_clear (&scene);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  drawn_start ();
  g_test_add_func ("/preview/result", test_result);
  g_test_add_func ("/preview/overtaken", test_overtaken);
  g_test_add_func ("/preview/refused", test_refused);
  g_test_add_func ("/preview/freed", test_freed);
  return drawn_end (g_test_run ());
}
