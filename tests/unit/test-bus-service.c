/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-bus-service-private.h"
#include "ck-channel-list.h"
#include "ck-channel-view.h"
#include "ck-error.h"
#include "ck-names.h"

typedef const CkMethod *(*TableFunc) (void);

/* Which tables serve which interface, as ck_bus_service_new() adds them. */
static const struct
{
  const char *interface;
  TableFunc tables[5];
} served[] = {
  { CK_IFACE_BROKER,
    { ck_broker_methods_get, ck_client_methods_get, ck_preflight_methods_get } },
  { CK_IFACE_CHANNEL, { ck_channel_methods_get, ck_token_methods_get } },
  { CK_IFACE_ATTEMPT, { ck_attempt_methods_get } },
  { CK_IFACE_OBJECT_MANAGER, { ck_object_manager_methods_get } },
};

static const CkMethod *
find_method (const TableFunc *tables, const char *name, guint *n_found)
{
  const CkMethod *found = NULL;

  for (*n_found = 0; *tables != NULL; tables++)
    {
      for (const CkMethod *method = (*tables) (); method->name != NULL; method++)
        {
          if (!g_str_equal (method->name, name))
            continue;
          found = method;
          (*n_found)++;
        }
    }

  return found;
}

static gboolean
takes_options (const GDBusMethodInfo *info)
{
  gboolean last_is_dict = FALSE;

  for (GDBusArgInfo **arg = info->in_args; arg != NULL && *arg != NULL; arg++)
    last_is_dict = g_str_equal ((*arg)->signature, "a{sv}");

  return last_is_dict;
}

static guint
count_methods (const TableFunc *tables)
{
  guint n = 0;

  for (; *tables != NULL; tables++)
    {
      for (const CkMethod *method = (*tables) (); method->name != NULL; method++)
        n++;
    }

  return n;
}

/* Each method of the XML: one handler, one polkit action, and a table of options if it takes any. */
static void
test_methods (void)
{
  static const char *const actions[]
      = { "none",           CK_ACTION_USE_TOKEN, CK_ACTION_RECONNECT, CK_ACTION_DISCONNECT,
          CK_ACTION_INSPECT, CK_ACTION_MANAGE,    NULL };
  g_autoptr (CkInterfaces) interfaces = ck_interfaces_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (served); i++)
    {
      GDBusInterfaceInfo *info = ck_interfaces_lookup (interfaces, served[i].interface);
      guint n_methods = 0;

      for (GDBusMethodInfo **method = info->methods; *method != NULL; method++, n_methods++)
        {
          guint n_found;
          const CkMethod *found = find_method (served[i].tables, (*method)->name, &n_found);

          g_test_message ("%s.%s", served[i].interface, (*method)->name);
          g_assert_cmpuint (n_found, ==, 1);
          g_assert_nonnull (found->handler);
          g_assert_nonnull (ck_interfaces_get_action (*method));
          g_assert_true (g_strv_contains (actions, ck_interfaces_get_action (*method)));
          g_assert_cmpint (takes_options (*method), ==, found->options != NULL);
        }
      /* … and no handler without a method. */
      g_assert_cmpuint (count_methods (served[i].tables), ==, n_methods);
    }
}

/* What a method is about decides what polkit's rules are told: the object's own methods tell it. */
static void
test_subjects (void)
{
  for (const TableFunc *table = served[1].tables; *table != NULL; table++)
    {
      for (const CkMethod *method = (*table) (); method->name != NULL; method++)
        g_assert_cmpint (method->subject, ==, CK_SUBJECT_OBJECT);
    }
}

static void
test_unannotated (void)
{
  static const char xml[]
      = "<node><interface name='a.b'><method name='X'/></interface></node>";
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (xml, NULL);

  g_assert_null (ck_interfaces_get_action (node->interfaces[0]->methods[0]));
}

static void
test_properties (void)
{
  g_autoptr (CkInterfaces) interfaces = ck_interfaces_new ();
  GDBusInterfaceInfo *info = ck_interfaces_lookup (interfaces, CK_IFACE_CHANNEL);

  for (GDBusPropertyInfo **property = info->properties; *property != NULL; property++)
    {
      g_assert_true (ck_channel_view_has ((*property)->name));
      g_assert_cmpint ((*property)->flags, ==, G_DBUS_PROPERTY_INFO_FLAGS_READABLE);
    }
  g_assert_false (ck_channel_view_has ("Token"));
}

static GPtrArray *
make_channels (void)
{
  static const char *const ids[] = { "a", "b", "c", "d", "e" };
  GPtrArray *channels = g_ptr_array_new_with_free_func (g_object_unref);

  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      CkChannelRecord *record = ck_channel_record_new (ids[i]);

      g_free (record->provider);
      record->provider = g_strdup (i % 2 == 0 ? "even" : "odd");
      record->state = i == 3 ? CK_STATE_REVOKED : CK_STATE_CONNECTED;
      g_ptr_array_add (channels, ck_channel_new (record, FALSE));
    }

  return channels;
}

static void
test_pages (void)
{
  static const struct
  {
    const char *options;
    const char *ids; /* NULL: refused */
  } cases[] = {
    { "@a{sv} {}", "abcde" },
    { "{'limit': <@u 2>}", "ab" },
    { "{'limit': <@u 2>, 'after': <'b'>}", "cd" },
    { "{'after': <'bb'>}", "cde" },
    { "{'after': <''>}", "abcde" },
    { "{'after': <'e'>}", "" },
    { "{'provider': <'odd'>}", "bd" },
    { "{'state': <'revoked'>}", "d" },
    { "{'provider': <'even'>, 'after': <'a'>, 'limit': <@u 1>}", "c" },
    { "{'assigned-user': <'nobody'>}", "" },
    { "{'limit': <@u 0>}", NULL },
    { "{'limit': <@u 1001>}", NULL },
    { "{'state': <'dead'>}", NULL },
  };
  g_autoptr (GPtrArray) channels = make_channels ();

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GVariant) options = g_variant_new_parsed (cases[i].options);
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) page = ck_channel_list_make_page (channels, options, &error);
      g_autoptr (GString) ids = g_string_new (NULL);

      if (cases[i].ids == NULL)
        {
          g_assert_null (page);
          g_assert_error (error, CK_ERROR, CK_ERROR_INVALID_ARGUMENT);
          continue;
        }
      g_assert_no_error (error);
      for (gsize k = 0; k < g_variant_n_children (page); k++)
        {
          const char *path;
          const char *id;

          g_variant_get_child (page, k, "(&o&s&s&s&s)", &path, &id, NULL, NULL, NULL);
          g_assert_true (g_str_has_suffix (path, id));
          g_string_append (ids, id);
        }
      g_assert_cmpstr (ids->str, ==, cases[i].ids);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus-service/methods", test_methods);
  g_test_add_func ("/bus-service/subjects", test_subjects);
  g_test_add_func ("/bus-service/unannotated", test_unannotated);
  g_test_add_func ("/bus-service/properties", test_properties);
  g_test_add_func ("/bus-service/pages", test_pages);

  return g_test_run ();
}
