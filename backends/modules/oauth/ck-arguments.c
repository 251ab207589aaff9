/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-arguments.h"

#include <string.h>

static const CkArgument *
find_argument (const CkArgument *arguments, gsize n_arguments, const char *word, gsize length)
{
  for (gsize i = 0; i < n_arguments; i++)
    {
      if (strlen (arguments[i].name) == length && strncmp (arguments[i].name, word, length) == 0)
        return &arguments[i];
    }

  return NULL;
}

static const char *
take_argument (const CkArgument *arguments, gsize n_arguments, const char *word)
{
  const char *equals = strchr (word, '=');
  gsize length = equals != NULL ? (gsize) (equals - word) : strlen (word);
  const CkArgument *argument = find_argument (arguments, n_arguments, word, length);

  if (argument == NULL)
    return "is not an argument of this module";

  if (argument->flag != NULL)
    {
      if (equals != NULL)
        return "takes no value";
      *argument->flag = TRUE;
      return NULL;
    }

  if (equals == NULL || equals[1] == '\0')
    return "needs a value";
  if (*argument->value != NULL)
    return "is given twice";
  *argument->value = equals + 1;

  return NULL;
}

CkResult
ck_arguments_parse (CkTransaction *t,
                    const char *module,
                    int argc,
                    const char **argv,
                    const CkArgument *arguments,
                    gsize n_arguments)
{
  for (int i = 0; i < argc; i++)
    {
      const char *problem;

      if (strcmp (argv[i], "debug") == 0)
        continue;

      problem = take_argument (arguments, n_arguments, argv[i]);
      if (problem != NULL)
        {
          ck_transaction_fail (t, "none", "the stack's line for %s is wrong: \"%s\" %s", module,
                               argv[i], problem);
          return CK_RESULT_SERVICE_ERR;
        }
    }

  return CK_RESULT_SUCCESS;
}

CkResult
ck_arguments_pick_endpoint (CkTransaction *t,
                            const char *module,
                            const char *uri,
                            const char *endpoint,
                            const char **picked)
{
  if ((uri == NULL) == (endpoint == NULL))
    {
      ck_transaction_fail (t, "none",
                           "the stack's line for %s is wrong: it needs uri= or endpoint=, and not "
                           "both",
                           module);
      return CK_RESULT_SERVICE_ERR;
    }

  *picked = uri != NULL ? uri : ck_transaction_get_setting (t, "OAuth2", endpoint);
  if (*picked != NULL && **picked == '\0')
    *picked = NULL;

  return CK_RESULT_SUCCESS;
}
