// SPDX-License-Identifier: LGPL-2.1-or-later
// A real OAuth 2.0 and OpenID Connect server for the integration tests: npm's oidc-provider with
// its own login and consent pages, and a control side below /_control/ through which a test makes
// it misbehave and asks what it was sent.
//
//   node server.mjs PORT

import http from 'node:http';
import Provider from 'oidc-provider';
import { answerFault, setFault, takeFault } from './faults.mjs';
import { Store, revokeAccount } from './store.mjs';

const port = Number(process.argv[2]);
const host = '127.0.0.1';
const issuer = `http://${host}:${port}`;
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

const settings = { accessTtl: 3600, refreshTtl: 30 * 86400, rotate: true, offline: false, delay: 0 };
const names = new Map();      // account id -> the name userinfo tells
const requests = [];          // every token request: what came, what was answered
const secrets = new Set();    // every value that must not turn up anywhere but here and in a vault

const webSecret = 'web-client-secret-5f1d09c2';
const cronSecret = 'cron-client-secret-77ab3e1c';
const apiSecret = 'api-client-secret-c09e55d1';
for (const secret of [webSecret, cronSecret, apiSecret]) secrets.add(secret);

const provider = new Provider(issuer, {
  adapter: Store,
  clients: [
    {  // confidential, exact redirect
      client_id: 'web', client_secret: webSecret, redirect_uris: ['http://127.0.0.1:18999/cb'],
      grant_types: ['authorization_code', 'refresh_token', deviceGrant], response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
    },
    {  // public, any loopback port (RFC 8252 section 7.3)
      client_id: 'app', application_type: 'native', redirect_uris: ['http://127.0.0.1/cb'],
      grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    {  // no browser at hand (RFC 8628)
      client_id: 'tv', application_type: 'native', redirect_uris: [], response_types: [],
      grant_types: [deviceGrant, 'refresh_token'], token_endpoint_auth_method: 'none',
    },
    {  // nobody at all
      client_id: 'cron', client_secret: cronSecret, redirect_uris: [], response_types: [],
      grant_types: ['client_credentials'],
    },
    {  // the resource server's side: introspection for the tests themselves
      client_id: 'api', client_secret: apiSecret, redirect_uris: [], response_types: [], grant_types: [],
    },
  ],
  features: {
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true },
    clientCredentials: { enabled: true },
    userinfo: { enabled: true },
    pushedAuthorizationRequests: { enabled: true },
  },
  scopes: ['openid', 'offline_access', 'profile', 'email', 'publish', 'chat'],
  claims: { openid: ['sub'], email: ['email'], profile: ['name', 'preferred_username'] },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: async () => ({
      sub: id, email: `${id}@example.test`, preferred_username: id, name: names.get(id) ?? `The ${id} channel`,
    }),
  }),
  pkce: { required: () => true },
  rotateRefreshToken: () => settings.rotate,
  issueRefreshToken: async (ctx, client, code) => client.grantTypeAllowed('refresh_token')
    && (!settings.offline || code.scopes.has('offline_access')),
  expiresWithSession: async () => false,
  ttl: {
    AccessToken: () => settings.accessTtl,
    AuthorizationCode: () => 60,
    ClientCredentials: () => settings.accessTtl,
    DeviceCode: () => 120,
    Grant: () => 365 * 86400,
    IdToken: () => 600,
    Interaction: () => 600,
    RefreshToken: () => settings.refreshTtl,
    Session: () => 86400,
  },
  cookies: { keys: ['integration-tests-only'] },
});

// Sees every request that reaches the library, before and after.
provider.use(async (ctx, next) => {
  const isToken = ctx.path === '/token';
  const lost = isToken && takeFault('/token#after') === 'lost';
  if (isToken && settings.delay) await new Promise((done) => setTimeout(done, settings.delay));
  await next();
  if (ctx.path === '/device/auth' && ctx.body?.device_code) secrets.add(ctx.body.device_code);
  if (!isToken) return;
  const params = ctx.oidc?.params ?? {};
  const body = ctx.body ?? {};
  for (const value of [params.refresh_token, params.code, params.code_verifier, params.device_code,
    body.access_token, body.refresh_token, body.id_token]) {
    if (value) secrets.add(value);
  }
  requests.push({
    at: Date.now(),
    grant_type: params.grant_type,
    client_id: ctx.oidc?.client?.clientId,
    account: ctx.oidc?.entities?.Account?.accountId,
    presented: params.refresh_token,
    issued: body.refresh_token,
    access_token: body.access_token,
    status: ctx.status,
    error: body.error,
    error_description: body.error_description,
    lost,
  });
  if (lost) {  // the server has made up its mind, the client never hears of it
    ctx.respond = false;
    ctx.req.socket.destroy();
  }
});

provider.on('server_error', (ctx, error) => console.error('server_error', error));

const callback = provider.callback();

const control = {
  settings: (query) => {
    for (const [name, value] of query) {
      settings[name] = typeof settings[name] === 'boolean' ? value === 'true' : Number(value);
    }
    return settings;
  },
  fault: (query) => setFault(query.get('path') ?? '/token', query.get('mode'), Number(query.get('times') ?? 0)),
  revoke: (query) => ({ grants: revokeAccount(query.get('account')) }),
  rename: (query) => names.set(query.get('account'), query.get('name')) && null,
  requests: () => requests,
  secrets: () => [...secrets],
};

http.createServer((req, res) => {
  const url = new URL(req.url, issuer);
  if (url.pathname.startsWith('/_control/')) {
    const answer = control[url.pathname.slice('/_control/'.length)](url.searchParams);
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? null));
    return;
  }
  const mode = takeFault(url.pathname);
  if (mode) {
    requests.push({ at: Date.now(), path: url.pathname, fault: mode });
    if (answerFault(mode, req, res)) return;
  }
  if (url.pathname === '/_elsewhere') {
    requests.push({ at: Date.now(), path: url.pathname });
    res.writeHead(200, { 'content-type': 'application/json' })
      .end('{"access_token":"token-from-elsewhere-0001","token_type":"Bearer"}');
    return;
  }
  callback(req, res);
}).listen(port, host, () => console.log('ready'));
