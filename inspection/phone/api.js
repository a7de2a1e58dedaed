// The only place that talks to the server. Online is asked, not believed: an answer counts only if it is ours.

/** Nothing that can be called an answer of the server: no line, a portal that wants a click, a broken proxy. */
export class NoNetwork extends Error {}

const BASE = '/api/v1';
const SLOWEST_BYTES_S = 4096;
const PATIENCE_MS = 45000;

export const VERSION = document.querySelector('meta[name=version]')?.content || 'unknown';

let session = null;
let accept = 'zh-CN';
const watchers = { contact: [], signedOut: [] };

/** How the device's clock stands: server minus device in milliseconds, as measured at the last contact. */
export const clock = { offset: 0, measured: false };

/** The newest client that the server knows, by its last answer. */
export const newest = { version: null };

export const online = { known: null, at: null };

const ongoing = new Set();
let hungUp = false;

export function useSession(given) {
  session = given;
  hungUp = false;
}

/** Nothing more goes out and nothing comes in until somebody is signed in (again): what is one person's is never sent
 * or kept as another's. */
export function hangUp() {
  hungUp = true;
  for (const hurry of ongoing) hurry.abort();
}

export function acceptLanguage(language) {
  accept = language;
}

/** `contact(answered)` after each attempt, `signedOut()` when the server does not know the token any more. */
export function watch(what, action) {
  watchers[what].push(action);
}

/** Now, as the server's clock would say. For what is shown; what is captured keeps the device's own time. */
export const serverNow = () => Date.now() + clock.offset;

function noted(answered) {
  online.known = answered;
  if (answered) online.at = Date.now();
  for (const action of watchers.contact) action(answered);
}

function measure(answer, sent) {
  const said = Date.parse(answer.headers.get('Date') || '');
  if (Number.isNaN(said)) return;
  // a Date header is whole seconds, cut off
  clock.offset = Math.round(said + 500 - (sent + Date.now()) / 2);
  clock.measured = true;
}

/** One request. `{status, json, headers}` of an answer that is the server's own, whatever it says; else `NoNetwork`.
 * `body`: bytes or a value for JSON; `picture`: an image is expected, given as `bytes`. */
export async function call(method, path, { body, type, picture = false, base = BASE, token = session?.token } = {}) {
  const headers = { 'Accept-Language': accept, 'X-Client-Version': VERSION };
  if (token) headers.Authorization = `Bearer ${token}`;
  let data = body;
  if (body !== undefined) {
    headers['Content-Type'] = type || 'application/json';
    if (!(body instanceof ArrayBuffer || body instanceof Uint8Array)) data = JSON.stringify(body);
  }
  if (hungUp) throw new NoNetwork('hung up');
  const hurry = new AbortController();
  ongoing.add(hurry);
  const patience = PATIENCE_MS + (1000 * (data?.byteLength || 0)) / SLOWEST_BYTES_S;
  const timer = setTimeout(() => hurry.abort(), patience);
  const sent = Date.now();
  headers['X-Client-Clock'] = new Date(sent).toISOString();
  try {
    const answer = await fetch(base + path, {
      method,
      headers,
      body: data,
      signal: hurry.signal,
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
    });
    const read = await ours(answer, picture);
    measure(answer, sent);
    newest.version = answer.headers.get('X-Client-Latest') || newest.version;
    noted(true);
    if (read.status === 401 && token && token === session?.token) {
      for (const action of watchers.signedOut) action();
    }
    return read;
  } catch (error) {
    noted(false);
    throw error instanceof NoNetwork ? error : new NoNetwork(String(error));
  } finally {
    clearTimeout(timer);
    ongoing.delete(hurry);
  }
}

/** What is ours carries a request id, and is JSON, nothing, or the picture that was asked for. */
async function ours(answer, picture) {
  const kind = (answer.headers.get('Content-Type') || '').split(';')[0];
  if (!answer.headers.get('X-Request-ID')) throw new NoNetwork('not our answer');
  const read = { status: answer.status, headers: answer.headers, json: null, bytes: null };
  if (picture && answer.ok) {
    read.bytes = await answer.arrayBuffer();
  } else if (kind === 'application/json' || kind === 'application/problem+json') {
    read.json = await answer.json();
  } else if (answer.status !== 204) {
    throw new NoNetwork(`not our answer: ${kind}`);
  }
  return read;
}

/** Whether the server can be reached at all. */
export async function reachable() {
  try {
    return (await call('GET', '/healthz', { base: '', token: null })).json?.status === 'alive';
  } catch (_) {
    return false;
  }
}

/** All lines of a list that comes in pages, at most so many pages. */
export async function pages(path, most = 20) {
  const items = [];
  let cursor = null;
  for (let page = 0; page < most; page += 1) {
    const mark = path.includes('?') ? '&' : '?';
    const answer = await call('GET', cursor ? `${path}${mark}cursor=${encodeURIComponent(cursor)}` : path);
    if (answer.status !== 200) return { status: answer.status, json: answer.json, items };
    items.push(...answer.json.items);
    cursor = answer.json.next_cursor;
    if (!cursor) break;
  }
  return { status: 200, items };
}
