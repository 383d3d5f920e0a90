/* edit.c: what a person waits for: bench-edit PHOTO [REPEATS]
 *
 * PHOTO is enlarged to 12 megapixels, and its largest face edited with all that is bundled: as it is, and as the dialog's preview
 * while a slider moves. Prints wall time, the least and the median, the processors' time likewise, and the stages of the fastest
 * edit, all in milliseconds; and the peak memory in MiB. */

#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../common.h"
#include "edit.h"
#include "face/finder.h"
#include "picture/photo.h"

#define PIXELS 12e6
#define PANE   512.0 /* longer side of the preview's picture */

typedef struct
{
  double wall;
  double processors;
  double stages[DFI_N_STAGES];
} Cost;

static double
milliseconds (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return 1e3 * now.tv_sec + 1e-6 * now.tv_nsec;
}

/* Adds the clocks' time, or takes it off. */
static void
cost_add (Cost *cost, double sign)
{
  cost->wall += sign * milliseconds (CLOCK_MONOTONIC);
  cost->processors += sign * milliseconds (CLOCK_PROCESS_CPUTIME_ID);
}

static int
by_processors (const void *a, const void *b)
{
  const Cost *x = a, *y = b;

  return (x->processors > y->processors) - (x->processors < y->processors);
}

static int
by_wall (const void *a, const void *b)
{
  const Cost *x = a, *y = b;

  return (x->wall > y->wall) - (x->wall < y->wall);
}

static void
print_costs (const char *what, Cost *costs, int n)
{
  double least, median;

  qsort (costs, n, sizeof *costs, by_processors);
  least  = costs[0].processors;
  median = costs[n / 2].processors;
  qsort (costs, n, sizeof *costs, by_wall);
  g_print ("%-22s %7.1f, %7.1f; processors %7.1f, %7.1f; crop %.1f, direction %.1f, search %.1f, blend %.1f\n", what,
           costs[0].wall, costs[n / 2].wall, least, median, costs[0].stages[DFI_STAGE_CROP], costs[0].stages[DFI_STAGE_DIRECTION],
           costs[0].stages[DFI_STAGE_MINIMISE], costs[0].stages[DFI_STAGE_BLEND]);
}

/* @n edits, each a little stronger than the one before; when @other, it asks for another attribute, too. */
static void
measure (const char     *what,
         DfiEditor      *editor,
         const DfiImage *photo,
         const DfiFace  *face,
         DfiQuality      quality,
         gboolean        other,
         int             n)
{
  Cost          *costs = g_new0 (Cost, n);
  int            n_requests;
  DfiRequest    *requests   = dfi_requests_parse (dfi_editor_database (editor), "smiling=1,eyeglasses=1", &n_requests, NULL);
  const int      eyeglasses = requests[1].attribute;
  DfiEditOptions options;

  dfi_edit_options_init (&options);
  options.quality = quality;
  for (int i = 0; i < n; i++)
    {
      DfiEditReport report;

      requests[0].alpha += 0.01;
      if (other)
        requests[1].attribute = i % 2 ? eyeglasses : requests[0].attribute + 1;
      cost_add (&costs[i], -1.0);
      dfi_patch_free (dfi_edit (editor, photo, face, requests, n_requests, &options, NULL, NULL, &report, NULL));
      cost_add (&costs[i], 1.0);
      for (int s = 0; s < DFI_N_STAGES; s++)
        costs[i].stages[s] = 1e3 * report.seconds[s];
      dfi_edit_report_clear (&report);
    }
  print_costs (what, costs, n);
  g_free (requests);
  g_free (costs);
}

/* What this program took at most, in MiB; getrusage() would count what started it, too. */
static double
peak_memory (void)
{
  char  *status = NULL, *line;
  double peak   = 0.0;

  if (g_file_get_contents ("/proc/self/status", &status, NULL, NULL) && (line = strstr (status, "VmHWM:")))
    peak = g_ascii_strtod (line + strlen ("VmHWM:"), NULL) / 1024.0;
  g_free (status);
  return peak;
}

static DfiImage *
enlarge (const DfiImage *photo, GError **error)
{
  double        scale = sqrt (PIXELS / ((double) photo->width * photo->height));
  DfiSimilarity map   = { .a = 1.0 / scale };

  return dfi_align_warp (photo, &map, photo->width * scale, photo->height * scale, error);
}

/* The part of the photograph that an edit looks at, reduced, and the face there. */
static DfiImage *
preview_part (DfiEditor *editor, const DfiImage *photo, DfiFace *face, GError **error)
{
  int           x, y, width, height;
  double        zoom;
  DfiSimilarity map;

  if (! dfi_editor_bounds (editor, face, NULL, 0, photo->width, photo->height, &x, &y, &width, &height, error))
    return NULL;

  zoom  = PANE / MAX (width, height);
  map   = (DfiSimilarity){ .a = 1.0 / zoom, .tx = x, .ty = y };
  *face = dfi_face_move (face, x, y);
  for (int i = 0; i < 4; i++)
    face->box[i] *= zoom;
  for (int i = 0; i < DFI_N_LANDMARKS; i++)
    for (int k = 0; k < 2; k++)
      face->landmarks[i][k] *= zoom;
  return dfi_align_warp (photo, &map, width * zoom, height * zoom, error);
}

int
main (int argc, char **argv)
{
  int            repeats = argc > 2 ? MAX (1, atoi (argv[2])) : 15, n_faces = 0;
  GError        *error   = NULL;
  DfiPhoto      *photo   = argc > 1 ? dfi_photo_load (argv[1], NULL, NULL, NULL, &error) : NULL;
  DfiImage      *large   = photo ? enlarge (photo->image, &error) : NULL;
  DfiFaceFinder *finder  = large ? dfi_face_finder_new (NULL, &error) : NULL;
  DfiFace       *faces   = NULL;
  DfiEditor     *editor  = NULL;
  DfiImage      *part    = NULL;
  Cost           finding = { 0 }, loading = { 0 };

  cost_add (&finding, -1.0);
  if (finder)
    faces = dfi_face_finder_find (finder, large, NULL, NULL, &n_faces, &error);
  cost_add (&finding, 1.0);
  cost_add (&loading, -1.0);
  if (faces)
    editor = dfi_editor_new (NULL, NULL, &error);
  cost_add (&loading, 1.0);

  if (editor)
    {
      print_costs ("finding faces", &finding, 1);
      print_costs ("weights and database", &loading, 1);
      measure ("first edit", editor, large, &faces[0], DFI_QUALITY_NORMAL, FALSE, 1);
      measure ("edit", editor, large, &faces[0], DFI_QUALITY_NORMAL, FALSE, repeats);
      g_print ("peak memory            %7.0f\n", peak_memory ());
      part = preview_part (editor, large, &faces[0], &error);
    }
  if (part)
    {
      measure ("first preview", editor, part, &faces[0], DFI_QUALITY_PREVIEW, FALSE, 1);
      measure ("preview, slider moved", editor, part, &faces[0], DFI_QUALITY_PREVIEW, FALSE, repeats);
      measure ("preview, slider new", editor, part, &faces[0], DFI_QUALITY_PREVIEW, TRUE, repeats);
    }
  else
    {
      g_printerr ("%s\n", error ? error->message : "bench-edit PHOTO [REPEATS]");
    }

  dfi_image_free (part);
  dfi_editor_free (editor);
  g_free (faces);
  dfi_face_finder_free (finder);
  dfi_image_free (large);
  dfi_photo_free (photo);
  return part ? 0 : 1;
}
