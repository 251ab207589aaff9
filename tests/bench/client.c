/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

/*
 * client pair SECONDS CHANNELS: one caller; echo and GetAccessToken in turn, so that both see the
 * same moment of the same machine; the tokens of CHANNELS channels one after the other.
 * client many SECONDS CALLERS WHAT: CALLERS connections, each with one call in flight, WHAT is
 * `echo` or `token`.
 * Prints one line of JSON.
 */

#define BUS_NAME "org.channelkeeper.Broker1"
#define CHANNEL_PATH "/org/channelkeeper/Broker1/channel/ch_2d%06u"
#define ECHO_SIZE 1024

typedef struct
{
  GDBusConnection *connection;
  gboolean token;
  guint channel;
  guint n_channels;
  char *text;
  GArray *times; /* double, microseconds */
  guint errors;
  gint64 begun;
  gint64 until;
  guint *open;
} Caller;

static void call (Caller *caller, GAsyncReadyCallback callback);

static void
call (Caller *caller, GAsyncReadyCallback callback)
{
  caller->begun = g_get_monotonic_time ();
  if (caller->token)
    {
      g_autofree char *path = g_strdup_printf (CHANNEL_PATH, caller->channel);

      caller->channel = (caller->channel + 1) % caller->n_channels;
      g_dbus_connection_call (caller->connection, BUS_NAME, path, "org.channelkeeper.Channel1",
                              "GetAccessToken", g_variant_new ("(a{sv})", NULL),
                              G_VARIANT_TYPE ("(sta{sv})"), G_DBUS_CALL_FLAGS_NONE, -1, NULL,
                              callback, caller);
      return;
    }
  g_dbus_connection_call (caller->connection, "org.channelkeeper.Bench", "/bench",
                          "org.channelkeeper.Bench", "Echo", g_variant_new ("(s)", caller->text),
                          G_VARIANT_TYPE ("(s)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, callback,
                          caller);
}

static void
note (Caller *caller, GObject *source, GAsyncResult *result)
{
  double took = (double) (g_get_monotonic_time () - caller->begun);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer
      = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (answer != NULL)
    g_array_append_val (caller->times, took);
  else if (caller->errors++ == 0)
    g_printerr ("client: %s\n", error->message);
}

static GDBusConnection *
connect_to_bus (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *address = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SYSTEM, NULL, &error);
  GDBusConnection *connection = address == NULL
                                    ? NULL
                                    : g_dbus_connection_new_for_address_sync (
                                        address,
                                        G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                            | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                        NULL, NULL, &error);

  if (connection != NULL)
    return connection;
  g_printerr ("client: %s\n", error->message);
  exit (EXIT_FAILURE);
}

static void
caller_init (Caller *caller, GDBusConnection *connection, gboolean token, guint n_channels)
{
  *caller = (Caller){ .connection = connection, .token = token, .n_channels = n_channels };
  caller->text = g_strnfill (ECHO_SIZE, 'x');
  caller->times = g_array_new (FALSE, FALSE, sizeof (double));
}

static int
compare (gconstpointer a, gconstpointer b)
{
  double first = *(const double *) a;
  double second = *(const double *) b;

  return (first > second) - (first < second);
}

static double
percentile (GArray *times, guint per_mille)
{
  if (times->len == 0)
    return 0;
  g_array_sort (times, compare);

  return g_array_index (times, double,
                        MIN (times->len - 1, (guint64) times->len * per_mille / 1000));
}

static void
print_times (const char *name, Caller *caller)
{
  g_print ("\"%s\": {\"calls\": %u, \"errors\": %u, \"p50\": %.1f, \"p99\": %.1f, \"max\": %.1f}",
           name, caller->times->len, caller->errors, percentile (caller->times, 500),
           percentile (caller->times, 990), percentile (caller->times, 1000));
}

/* ---- in turn --------------------------------------------------------------------------------- */

typedef struct
{
  Caller echo;
  Caller token;
  gint64 until;
  gboolean done;
} Pair;

static void token_cb (GObject *source, GAsyncResult *result, gpointer user_data);

static void
echo_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pair *pair = user_data;

  note (&pair->echo, source, result);
  call (&pair->token, token_cb);
}

static void
token_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pair *pair = (Pair *) ((char *) user_data - G_STRUCT_OFFSET (Pair, token));

  note (&pair->token, source, result);
  pair->done = g_get_monotonic_time () >= pair->until;
  if (!pair->done)
    call (&pair->echo, echo_cb);
}

static void
warm_up_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pair *pair = (Pair *) ((char *) user_data - G_STRUCT_OFFSET (Pair, token));

  note (&pair->token, source, result);
  pair->done = pair->token.channel == 0;
  if (!pair->done)
    call (&pair->token, warm_up_cb);
}

static void
run_pair (double seconds, guint n_channels)
{
  GDBusConnection *connection = connect_to_bus ();
  Pair pair = { 0 };

  G_STATIC_ASSERT (G_STRUCT_OFFSET (Pair, echo) == 0);
  caller_init (&pair.echo, connection, FALSE, 1);
  caller_init (&pair.token, connection, TRUE, n_channels);

  /* polkit's yes is remembered from here on. */
  call (&pair.token, warm_up_cb);
  while (!pair.done)
    g_main_context_iteration (NULL, TRUE);
  g_array_set_size (pair.token.times, 0);
  pair.token.errors = 0;

  pair.done = FALSE;
  pair.until = g_get_monotonic_time () + (gint64) (seconds * G_USEC_PER_SEC);
  call (&pair.echo, echo_cb);
  while (!pair.done)
    g_main_context_iteration (NULL, TRUE);

  g_print ("{");
  print_times ("echo", &pair.echo);
  g_print (", ");
  print_times ("token", &pair.token);
  g_print ("}\n");
}

/* ---- many ------------------------------------------------------------------------------------ */

static void
many_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Caller *caller = user_data;

  note (caller, source, result);
  if (g_get_monotonic_time () < caller->until)
    call (caller, many_cb);
  else
    (*caller->open)--;
}

/* Each makes one call, that nobody counts, before the clock starts. */
static void
run_many (double seconds, guint n_callers, gboolean token)
{
  g_autofree Caller *callers = g_new0 (Caller, n_callers);
  guint open = 0;
  guint64 calls = 0;
  guint64 errors = 0;

  for (guint i = 0; i < n_callers; i++)
    caller_init (&callers[i], connect_to_bus (), token, 1);
  for (guint round = 0; round < 2; round++)
    {
      gint64 until = round == 0 ? 0 : g_get_monotonic_time () + (gint64) (seconds * G_USEC_PER_SEC);

      for (guint i = 0; i < n_callers; i++)
        {
          g_array_set_size (callers[i].times, 0);
          callers[i].errors = 0;
          callers[i].until = until;
          callers[i].open = &open;
          open++;
          call (&callers[i], many_cb);
        }
      while (open > 0)
        g_main_context_iteration (NULL, TRUE);
    }

  for (guint i = 0; i < n_callers; i++)
    {
      calls += callers[i].times->len;
      errors += callers[i].errors;
    }
  g_print ("{\"per_second\": %.0f, \"errors\": %" G_GUINT64_FORMAT "}\n", (double) calls / seconds,
           errors);
}

int
main (int argc, char **argv)
{
  if (argc == 4 && g_str_equal (argv[1], "pair"))
    run_pair (g_ascii_strtod (argv[2], NULL), (guint) atoi (argv[3]));
  else if (argc == 5 && g_str_equal (argv[1], "many"))
    run_many (g_ascii_strtod (argv[2], NULL), (guint) atoi (argv[3]),
              g_str_equal (argv[4], "token"));
  else
    {
      g_printerr ("usage: client pair SECONDS CHANNELS | many SECONDS CALLERS echo|token\n");
      return EXIT_FAILURE;
    }

  return EXIT_SUCCESS;
}
