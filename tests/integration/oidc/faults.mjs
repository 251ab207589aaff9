// SPDX-License-Identifier: LGPL-2.1-or-later
// What a platform can do wrong at an endpoint. A fault is { path, mode, times }; it answers the
// next `times` requests to `path` (for ever if times is 0).

import { Buffer } from 'node:buffer';

let faults = [];

export function setFault(path, mode, times) {
  faults = faults.filter((fault) => fault.path !== path);
  if (mode) faults.push({ path, mode, times });
}

export function takeFault(path) {
  const fault = faults.find((candidate) => candidate.path === path);
  if (!fault) return undefined;
  if (fault.times > 0) {
    fault.times -= 1;
    if (fault.times === 0) faults = faults.filter((other) => other !== fault);
  }
  return fault.mode;
}

const json = { 'content-type': 'application/json' };

// Modes that answer instead of the server. True if the request is dealt with.
export function answerFault(mode, req, res) {
  switch (mode) {
    case '500':
      res.writeHead(500).end('boom');
      return true;
    case '503':
      res.writeHead(503, { 'retry-after': '1' }).end('later');
      return true;
    case '429':
      res.writeHead(429, { ...json, 'retry-after': '2' }).end('{"error":"slow_down"}');
      return true;
    case 'hang':  // takes the request, never answers
      req.resume();
      return true;
    case 'junk':
      res.writeHead(200, json).end('{"access_token":');
      return true;
    case 'html':
      res.writeHead(200, { 'content-type': 'text/html' })
        .end('<!doctype html><html><body><h1>Down for maintenance</h1></body></html>');
      return true;
    case 'html-400':
      res.writeHead(400, { 'content-type': 'text/html' }).end('<html><body>Bad request</body></html>');
      return true;
    case 'huge':  // 2 MiB of JSON
      res.writeHead(200, json).end(`{"access_token":"${'A'.repeat(2 * 1024 * 1024)}"}`);
      return true;
    case 'deep':
      res.writeHead(200, json).end('['.repeat(100000) + ']'.repeat(100000));
      return true;
    case 'redirect':
      res.writeHead(307, { location: '/_elsewhere' }).end();
      return true;
    case 'truncated':
      res.writeHead(200, { ...json, 'content-length': 4096 });
      res.write('{"access_token":"half-an-answer", "token_type":');
      setTimeout(() => res.destroy(), 50);
      return true;
    case 'control-bytes':
      res.writeHead(200, json).end('{"access_token":"a\\u0007b\\nc","token_type":"Bearer"}');
      return true;
    case 'nul-bytes':
      res.writeHead(200, json).end(Buffer.from('{"access_token":"a\u0000b"}'));
      return true;
    case 'token-type':
      res.writeHead(200, json).end('{"access_token":"strange-token-type-0001","token_type":"mac"}');
      return true;
    case 'invalid-client':
      res.writeHead(401, json).end('{"error":"invalid_client","error_description":"no such client"}');
      return true;
    case 'unauthorized-client':
      res.writeHead(400, json).end('{"error":"unauthorized_client"}');
      return true;
    case 'strange-400':
      res.writeHead(400, json).end('{"error":"computer_says_no"}');
      return true;
    case 'echo':  // platforms echo what they were sent in their messages
      collect(req).then((body) => res.writeHead(400, json)
        .end(JSON.stringify({ error: 'invalid_request', error_description: `cannot parse ${body}` })));
      return true;
    default:  // 'lost' and 'slow' are the server's own affair
      return false;
  }
}

async function collect(req) {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
