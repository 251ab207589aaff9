// SPDX-License-Identifier: LGPL-2.1-or-later
// The server's memory: everything it ever issued, until the process ends. (The library's own
// in-memory store forgets the oldest entries, which would look like revocations.)

const entries = new Map();  // "Model:id" -> { payload, expires }
const byGrant = new Map();  // grant id -> set of keys
const byOther = new Map();  // "Session:uid" and "DeviceCode:user code" -> key

function live(key) {
  const entry = entries.get(key);
  return entry && (!entry.expires || entry.expires > Date.now()) ? entry.payload : undefined;
}

export class Store {
  constructor(model) {
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload, expiresIn) {
    const key = this.key(id);
    entries.set(key, { payload, expires: expiresIn && Date.now() + expiresIn * 1000 });
    if (payload.uid) byOther.set(this.key(payload.uid), key);
    if (payload.userCode) byOther.set(this.key(payload.userCode), key);
    if (payload.grantId) {
      if (!byGrant.has(payload.grantId)) byGrant.set(payload.grantId, new Set());
      byGrant.get(payload.grantId).add(key);
    }
  }

  async find(id) {
    return live(this.key(id));
  }

  async findByUid(uid) {
    return live(byOther.get(this.key(uid)));
  }

  async findByUserCode(userCode) {
    return live(byOther.get(this.key(userCode)));
  }

  async consume(id) {
    const payload = live(this.key(id));
    if (payload) payload.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    entries.delete(this.key(id));
  }

  async revokeByGrantId(grantId) {
    for (const key of byGrant.get(grantId) ?? []) entries.delete(key);
    byGrant.delete(grantId);
  }
}

// Ends every grant that `account` gave: what the platform does when a person removes the app.
export function revokeAccount(account) {
  let grants = 0;
  for (const [key, { payload }] of entries) {
    if (payload.accountId !== account || !key.startsWith('Grant:')) continue;
    for (const tokenKey of byGrant.get(payload.jti) ?? []) entries.delete(tokenKey);
    byGrant.delete(payload.jti);
    entries.delete(key);
    grants += 1;
  }
  return grants;
}
