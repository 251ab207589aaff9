/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "commands.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

#include "ck-config.h"
#include "ck-names.h"
#include "doctor-credentials.h"
#include "json.h"
#include "lint-files.h"
#include "output.h"
#include "vault-credential.h"

#define UNIT "channelkeeperd.service"
#define RULES_FILE "polkit-1/rules.d/50-channelkeeper.rules"
#define CREDENTIALS_FAILED 243 /* systemd's EXIT_CREDENTIALS */
#define BUS_VARIABLE "DBUS_SESSION_BUS_ADDRESS="
#define BUS_FOLDER "unix:path=/run/"
#define CONNECT_SECONDS 5
#define CALL_MS 10000

/* What is looked at is another program's or the machine's: what cannot be found out is a warning,
 * and only what keeps channels from working is a failure. */
typedef struct
{
  CkCtl *ctl;
  GDBusConnection *bus;
  GVariantBuilder rows; /* a(sss): check, verdict, what was found */
  gboolean failed;
  gboolean answers; /* the service does */
} Doctor;

static void G_GNUC_PRINTF (4, 5)
    note (Doctor *doctor, const char *check, const char *verdict, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_variant_builder_add (&doctor->rows, "(sss)", check, verdict, text);
  doctor->failed |= strcmp (verdict, "fail") == 0;
}

static GVariant *
ask (Doctor *doctor,
     const char *name,
     const char *path,
     const char *interface,
     const char *method,
     GVariant *parameters,
     const char *type)
{
  return g_dbus_connection_call_sync (doctor->bus, name, path, interface, method, parameters,
                                      G_VARIANT_TYPE (type), G_DBUS_CALL_FLAGS_NONE, CALL_MS, NULL,
                                      NULL);
}

/* (transfer full) (nullable) */
static GVariant *
get_property (
    Doctor *doctor, const char *name, const char *path, const char *interface, const char *property)
{
  GVariant *value = NULL;
  g_autoptr (GVariant) reply = ask (doctor, name, path, "org.freedesktop.DBus.Properties", "Get",
                                    g_variant_new ("(ss)", interface, property), "(v)");

  if (reply != NULL)
    g_variant_get (reply, "(v)", &value);

  return value;
}

/* (transfer full) (nullable): its properties of that interface, if systemd runs here and knows the unit */
static GVariant *
get_unit (Doctor *doctor, const char *unit_name, const char *interface)
{
  static const char name[] = "org.freedesktop.systemd1";
  const char *path;
  g_autoptr (GVariant) all = NULL;
  g_autoptr (GVariant) unit
      = ask (doctor, name, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
             "LoadUnit", g_variant_new ("(s)", unit_name), "(o)");

  if (unit == NULL)
    return NULL;

  g_variant_get (unit, "(&o)", &path);
  all = ask (doctor, name, path, "org.freedesktop.DBus.Properties", "GetAll",
             g_variant_new ("(s)", interface), "(a{sv})");

  return all != NULL ? g_variant_get_child_value (all, 0) : NULL;
}

/* The bus would wait half a minute for a service that systemd cannot start. */
static gboolean
lacks_credential (GVariant *unit)
{
  gint32 status = 0;
  guint32 pid = 1;

  return unit != NULL && g_variant_lookup (unit, "ExecMainStatus", "i", &status)
         && g_variant_lookup (unit, "MainPID", "u", &pid) && status == CREDENTIALS_FAILED
         && pid == 0;
}

/* A credential that is there was made to keep the key off the disk, and whoever made it thinks it
 * does. */
static void
check_open_vault (Doctor *doctor)
{
  g_autoptr (GVariant) value
      = get_property (doctor, CK_BUS_NAME, CK_ROOT_PATH, CK_IFACE_VAULT, "KeyPlace");
  const char *place = value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)
                          ? g_variant_get_string (value, NULL)
                          : "";

  if (strcmp (place, "file") != 0)
    note (doctor, "vault", "ok", *place != '\0' ? "open, its key is a %s" : "open", place);
  else if (ck_credential_exists (CK_CREDENTIAL_KEY))
    note (doctor, "vault", "fail",
          "open; its key is in a file beside it, and the credential %s is there and not used: who "
          "has the disk has the vault. To move it: THE VAULT KEY in channelkeeperd(8)",
          CK_CREDENTIAL_KEY);
  else
    note (doctor, "vault", "warn",
          "open; its key is in a file beside it: who has the disk has the vault. To move it into "
          "a credential: THE VAULT KEY in channelkeeperd(8)");
}

static void
check_vault (Doctor *doctor, const char *state)
{
  if (strcmp (state, "open") == 0)
    check_open_vault (doctor);
  else
    note (doctor, "vault", strcmp (state, "sealed") == 0 ? "fail" : "warn",
          "%s; the reason and what to do: journalctl -x -u " UNIT, state);
}

static void
check_service (Doctor *doctor, GVariant *unit)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) dict = NULL;
  g_autoptr (GVariant) reply = NULL;
  const char *version = "";
  const char *vault = "";

  if (lacks_credential (unit))
    {
      g_autofree char *credentials = ck_doctor_describe_credentials (unit);

      note (doctor, "service", "fail",
            "systemd does not start it for want of a credential: %s. Put back what was there, "
            "mend its path in the unit, or move it aside; neither delete nor overwrite %s or its "
            ".next, without which the vault may be lost: see THE VAULT KEY in channelkeeperd(8)",
            credentials, CK_CREDENTIAL_KEY);
      return;
    }

  reply = ck_ctl_bus_call (ck_ctl_get_bus (doctor->ctl), CK_ROOT_PATH,
                           "org.freedesktop.DBus.Properties", "GetAll",
                           g_variant_new ("(s)", CK_IFACE_BROKER), "(a{sv})", &error);
  if (reply == NULL)
    {
      note (doctor, "service", "fail", "%s; see journalctl -u " UNIT, error->message);
      return;
    }

  doctor->answers = TRUE;
  dict = g_variant_get_child_value (reply, 0);
  g_variant_lookup (dict, "Version", "&s", &version);
  g_variant_lookup (dict, "VaultState", "&s", &vault);
  note (doctor, "service", "ok", "version %s answers on the bus", version);
  check_vault (doctor, vault);
}

static void
check_sandbox (Doctor *doctor, GVariant *unit)
{
  static const char *const wanted[]
      = { "PrivateNetwork", "NoNewPrivileges", "PrivateDevices", "MemoryDenyWriteExecute" };

  if (unit == NULL)
    {
      note (doctor, "sandbox", "warn",
            "systemd does not run the service here: workers are not kept apart from it");
      return;
    }

  for (gsize i = 0; i < G_N_ELEMENTS (wanted); i++)
    {
      gboolean on = FALSE;

      if (!g_variant_lookup (unit, wanted[i], "b", &on) || !on)
        {
          note (doctor, "sandbox", "fail", "%s= is off in " UNIT ": see systemctl cat " UNIT,
                wanted[i]);
          return;
        }
    }
  note (doctor, "sandbox", "ok", "the service has no network and no privileges");
}

/* Where the workers come from; without systemd they are the service's children. */
static void
check_workers (Doctor *doctor)
{
  const char *state = "unknown";
  g_autoptr (GVariant) unit
      = get_unit (doctor, CK_WORKER_SOCKET_UNIT, "org.freedesktop.systemd1.Unit");

  if (unit == NULL)
    return;

  g_variant_lookup (unit, "ActiveState", "&s", &state);
  if (strcmp (state, "active") == 0)
    note (doctor, "workers", "ok", CK_WORKER_SOCKET_UNIT " starts them");
  else
    note (doctor, "workers", "fail",
          CK_WORKER_SOCKET_UNIT " is %s, so that no worker can be started: systemctl start "
          CK_WORKER_SOCKET_UNIT, state);
}

static void
check_polkit (Doctor *doctor)
{
  g_autofree char *rules = g_build_filename (CK_DATADIR, "..", RULES_FILE, NULL);
  g_autofree char *actions = NULL;
  GStatBuf info;
  g_autoptr (GVariant) reply
      = ask (doctor, "org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
             "org.freedesktop.PolicyKit1.Authority", "EnumerateActions", g_variant_new ("(s)", ""),
             "(a(ssssssuuua{ss}))");

  if (reply == NULL)
    {
      note (doctor, "polkit", "fail", "polkit does not answer: everybody is refused");
      return;
    }

  actions = g_variant_print (reply, FALSE);
  if (strstr (actions, CK_ACTION_USE_TOKEN) == NULL)
    note (doctor, "polkit", "fail", "polkit does not know the actions of Channelkeeper");
  else if (g_stat (rules, &info) == 0)
    note (doctor, "polkit", "ok", "knows the actions, and the shipped rules are there");
  else if (errno == EACCES)
    note (doctor, "polkit", "warn",
          "knows the actions; only root sees whether the shipped rules are there");
  else
    note (doctor, "polkit", "fail", "there is no %s: nobody may use a token", rules);
}

/* Lifetimes are counted by it: what is wrong by hours makes tokens run out early or late. */
static void
check_clock (Doctor *doctor)
{
  g_autoptr (GVariant) value
      = get_property (doctor, "org.freedesktop.timedate1", "/org/freedesktop/timedate1",
                      "org.freedesktop.timedate1", "NTPSynchronized");

  if (value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN)
      && g_variant_get_boolean (value))
    note (doctor, "clock", "ok", "set over the network");
  else
    note (doctor, "clock", "warn", "nothing says that it is set over the network");
}

static void
check_modules (Doctor *doctor, const char *folder)
{
  GStatBuf info;

  if (g_stat (folder, &info) < 0)
    note (doctor, "modules", "fail", "there is no %s", folder);
  else if (info.st_uid != 0 || (info.st_mode & 022) != 0)
    note (doctor, "modules", "fail",
          "%s is not root's alone: workers load nothing from it. chown root, chmod 755", folder);
  else
    note (doctor, "modules", "ok", "%s is root's alone", folder);
}

static void
check_host (Doctor *doctor, const char *id, const char *host)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection = NULL;
  g_autofree char *check = g_strconcat ("provider ", id, NULL);

  g_socket_client_set_timeout (client, CONNECT_SECONDS);
  g_socket_client_set_enable_proxy (client, FALSE);
  connection = g_socket_client_connect_to_host (client, host, 443, NULL, &error);
  if (connection != NULL)
    note (doctor, check, "ok", "%s can be reached", host);
  else
    note (doctor, check, "warn", "%s cannot be reached from here: %s", host, error->message);
}

/* Those that channels use: there are files for many more. */
static void
check_providers (Doctor *doctor, CkConfig *config)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GVariantIter) iter = NULL;
  const char *id;
  g_autoptr (GVariant) reply = ck_ctl_call_broker (
      doctor->ctl, "ListChannels",
      g_variant_new ("(@a{sv})", ck_ctl_bus_options (ck_ctl_get_bus (doctor->ctl), NULL)),
      "(a(ossss))", NULL);

  if (reply == NULL)
    return;

  g_variant_get (reply, "(a(ossss))", &iter);
  while (g_variant_iter_next (iter, "(&o&s&s&s&s)", NULL, NULL, &id, NULL, NULL))
    {
      CkProvider *provider = ck_config_lookup_provider (config, id, NULL);

      if (!g_hash_table_add (seen, g_strdup (id)))
        continue;
      if (provider != NULL)
        check_host (doctor, id, ck_provider_get_host (provider));
    }
}

/* Where the Secret Service is, as the unit is told; its sandbox hides other places. */
static void
check_session_bus (Doctor *doctor, GVariant *unit)
{
  g_auto (GStrv) environment = NULL;
  const char *address = NULL;

  if (unit == NULL || !g_variant_lookup (unit, "Environment", "^as", &environment))
    return;

  for (char **entry = environment; *entry != NULL; entry++)
    {
      if (g_str_has_prefix (*entry, BUS_VARIABLE))
        address = *entry + strlen (BUS_VARIABLE);
    }

  if (address == NULL)
    note (doctor, "session bus", "fail",
          "Backend=service, and " UNIT " is given no session bus: see SECRET SERVICE in "
          "channelkeeperd(8)");
  else if (!g_str_has_prefix (address, BUS_FOLDER)
           || g_str_has_prefix (address, BUS_FOLDER "user/"))
    note (doctor, "session bus", "fail",
          "the sandbox of " UNIT " hides %s: see SECRET SERVICE in channelkeeperd(8)", address);
  else
    note (doctor, "session bus", "ok", "%s", address);
}

static void
check_files (Doctor *doctor, GVariant *unit)
{
  CkLintPaths paths;
  g_autoptr (GError) error = NULL;
  g_autoptr (CkConfig) config = NULL;
  GPtrArray *problems;

  ck_lint_paths_init (&paths);
  check_modules (doctor, paths.moduledir);
  config = ck_config_load (paths.confdir, paths.datadir, paths.moduledir, &error);
  if (config == NULL)
    {
      note (doctor, "files", "fail", "%s", error->message);
      return;
    }

  problems = ck_config_get_problems (config);
  for (guint i = 0; i < problems->len; i++)
    note (doctor, "files", "fail", "%s", ((const GError *) problems->pdata[i])->message);
  if (problems->len == 0)
    note (doctor, "files", "ok", "every file in %s can be used", paths.confdir);
  if (strcmp (ck_config_get_settings (config)->vault_backend, "service") == 0)
    check_session_bus (doctor, unit);
  if (doctor->answers)
    check_providers (doctor, config);
}

gboolean
ck_cmd_doctor (CkCtl *ctl, GStrv *arguments, GError **error)
{
  static const char *const names[] = { "check", "verdict", "found", NULL };
  static const char *const headings[] = { N_ ("CHECK"), N_ ("VERDICT"), N_ ("FOUND"), NULL };
  g_autoptr (CkTable) table = ck_table_new (headings);
  g_autoptr (GVariant) unit = NULL;
  g_autoptr (GVariant) rows = NULL;
  GVariantIter iter;
  const char *check, *verdict, *found;
  Doctor doctor = { .ctl = ctl };

  if (!ck_ctl_parse (ctl, NULL, arguments, error))
    return FALSE;
  doctor.bus = ck_ctl_bus_get_connection (ck_ctl_get_bus (ctl), error);
  if (doctor.bus == NULL)
    return FALSE;

  g_variant_builder_init (&doctor.rows, G_VARIANT_TYPE ("a(sss)"));
  unit = get_unit (&doctor, UNIT, "org.freedesktop.systemd1.Service");
  check_service (&doctor, unit);
  check_polkit (&doctor);
  check_sandbox (&doctor, unit);
  check_workers (&doctor);
  check_clock (&doctor);
  check_files (&doctor, unit);
  rows = g_variant_ref_sink (g_variant_builder_end (&doctor.rows));

  g_variant_iter_init (&iter, rows);
  while (g_variant_iter_next (&iter, "(&s&s&s)", &check, &verdict, &found))
    ck_table_add (table, (const char *const[]){ check, verdict, found });
  if (ck_ctl_wants_json (ctl))
    ck_json_print (ck_json_from_rows (rows, names));
  else
    ck_table_print (table);
  if (doctor.failed)
    ck_ctl_set_status (ctl, CK_EXIT_FAILED);

  return TRUE;
}
