/* What people ask for, such as "smiling=2,beard". */

#include "config.h"

#include <string.h>

#include "database/request.h"
#include "drawn-faces.h"

static void
test_requests (void)
{
  GError     *error = NULL;
  int         n     = 0;
  DfiRequest *requests;

  drawn_init ();
  requests = dfi_requests_parse (drawn.database, " Smiling = 1.25 ,beard, open-MOUTH=-2,5,", &n, &error);
  g_assert_no_error (error);
  g_assert_cmpint (n, ==, 3);
  g_assert_cmpint (requests[0].attribute, ==, SMILING);
  g_assert_cmpfloat (requests[0].alpha, ==, 1.25);
  g_assert_cmpint (requests[1].attribute, ==, BEARD);
  g_assert_cmpfloat (requests[1].alpha, ==, 2.5);
  g_assert_cmpfloat (requests[2].alpha, ==, -2.5);
  g_free (requests);
}

static void
test_bad_requests (void)
{
  static const struct
  {
    const char *text;
    const char *message;
    int         code; /* 0: DFI_ERROR_VALUE */
  } cases[] = {
    { "", "No attribute", 0 },
    { " , ,", "No attribute", 0 },
    { "smilling=2", "“smiling”", DFI_ERROR_ATTRIBUTE },
    { "mouth=2", "“open-mouth”", DFI_ERROR_ATTRIBUTE },
    { "fale", "“male”, “female”", DFI_ERROR_ATTRIBUTE },
    { "zeppelin=1", "no attribute “zeppelin”.", DFI_ERROR_ATTRIBUTE },
    { "=2", "no attribute", DFI_ERROR_ATTRIBUTE },
    { "smiling=", "not a strength", 0 },
    { "smiling=2x", "not a strength", 0 },
    { "smiling=1=2", "not a strength", 0 },
    { "smiling=1,5,5", "no attribute “5”", DFI_ERROR_ATTRIBUTE },
    { "smiling=1.5,5", "no attribute “5”", DFI_ERROR_ATTRIBUTE },
    { "smiling,5", "no attribute “5”", DFI_ERROR_ATTRIBUTE },
    { "smiling=11,5", "not a strength", 0 },
    { "smiling=nan", "not a strength", 0 },
    { "smiling=inf", "not a strength", 0 },
    { "smiling=10.5", "not a strength", 0 },
    { "smiling=2,smiling=1", "twice", 0 },
    { "smiling=2;frowning", "not a strength", 0 },
  };

  drawn_init ();
  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GError *error = NULL;
      int     n     = 7;

      g_assert_null (dfi_requests_parse (drawn.database, cases[i].text, &n, &error));
      g_assert_cmpint (error->code, ==, cases[i].code ? cases[i].code : DFI_ERROR_VALUE);
      if (! strstr (error->message, cases[i].message))
        g_error ("“%s”: %s", cases[i].text, error->message);
      g_error_free (error);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  drawn_start ();
  g_test_add_func ("/request/good", test_requests);
  g_test_add_func ("/request/bad", test_bad_requests);
  return drawn_end (g_test_run ());
}
