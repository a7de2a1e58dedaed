// What waits to be sent: frozen bytes, each entry with its own state, next try and last error in words.
// An entry is done only on a receipt that names every photo; until then nothing of it is let go.

import { call, NoNetwork, reachable } from './api.js';
import { mine, startingWith, StorageFull } from './db.js';
import { sha256 } from './photo.js';
import { sendable } from './words.js';

export const FIRST_WAIT_MS = 15000;
export const LONGEST_WAIT_MS = 300000;
export const KEPT_DAYS = 14;
const FARTHEST_MS = 1200000;
const AT_ONCE = 2;
const LEASE_MS = 30000;
const DAY_MS = 86400000;

/** What is never tried again by itself: a person has to look. All else passes, and is tried again. */
const ASKS = new Set([400, 405, 409, 413, 415, 422]);

/** Nothing of the server's was heard: of anything, or of this one though it can be reached. */
const UNHEARD = new Set(['no_network', 'not_passed']);

const WITH_RECEIPT = new Set(['inspection', 'rectification']);

// ── decisions: plain functions on plain entries ──────────────────────────────────────────────────────────────────

/** How long to wait after so many failures in a row. */
export const waitAfter = (tries) => Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, tries - 1));

/** `done`, `attention` (a person is asked), `partial` (the record is there, photos are missing), `waiting`. */
export function stateOf(entry) {
  if (entry.done_at) return 'done';
  if (entry.replaced_by) return 'replaced';
  if (entry.aside_at) return 'aside';
  if (entry.attention || entry.photos.some((photo) => photo.trouble)) return 'attention';
  return entry.stored ? 'partial' : 'waiting';
}

/** What was replaced by a corrected record, or put aside by its person, is not waited for any more. */
export const unsent = (entry) => !entry.done_at && !entry.replaced_by && !entry.aside_at;

/** Whether anything is left that can be sent without a person: one photo in trouble does not hold up the others. */
export function canGoOn(entry) {
  if (!unsent(entry) || entry.attention) return false;
  if (!entry.stored) return true;
  const missing = entry.photos.filter((photo) => !photo.stored);
  return !missing.length || missing.some((photo) => !photo.trouble);
}

/** A next try farther off than any wait was set by a clock that has been put back since. */
export const isDue = (entry, now) =>
  canGoOn(entry) && ((entry.next_at || 0) <= now || entry.next_at > now + FARTHEST_MS);

/** Danger first, then as they were finished. */
export const inOrder = (entries) =>
  [...entries].sort((a, b) => (b.urgent ? 1 : 0) - (a.urgent ? 1 : 0) || a.created_at - b.created_at);

const at = (entry, now) => ({ ...entry, tries: entry.tries + 1, next_at: now + waitAfter(entry.tries + 1) });

/** No answer of the server to the record or to one of its photos: tried again, whatever was sent meanwhile. */
export const unanswered = (entry, now, sha = null) => ({
  ...at(entry, now),
  error: { code: 'no_network' },
  photos: entry.photos.map((photo) => (photo.sha256 === sha ? { ...photo, missed: (photo.missed || 0) + 1 } : photo)),
});

/** It was not the line: the server answers, and something on the way does not let this one pass. */
export const notPassed = (entry) => (entry.error?.code === 'no_network' ? { ...entry, error: { code: 'not_passed' } } : entry);

/** The server said no to the record, or to one of its photos. */
export function refused(entry, answer, now, photo = null) {
  const error = {
    code: answer.json?.code || 'internal_error',
    text: answer.json?.detail || null,
    faults: (answer.json?.errors || []).map((fault) => ({ pointer: fault.pointer, text: fault.detail })),
    photo,
  };
  const asks = ASKS.has(answer.status) && error.code !== 'hash_mismatch';
  const wait = Math.min(FARTHEST_MS, Number(answer.headers.get('Retry-After')) * 1000 || 0);
  const tried = at(entry, now);
  const next = { ...tried, next_at: Math.max(tried.next_at, now + wait), error };
  if (!asks) return next;
  return photo ? inTrouble(next, photo, error) : { ...next, attention: true };
}

/** A photo that cannot be sent as it is: a person is asked, the other photos go on. */
export const inTrouble = (entry, sha, error) => ({
  ...entry,
  next_at: 0,
  error,
  photos: entry.photos.map((photo) => (photo.sha256 === sha ? { ...photo, trouble: error.code } : photo)),
});

export const photoTaken = (entry, sha) => ({
  ...entry,
  tries: 0,
  error: entry.error?.photo ? entry.error : null,
  photos: entry.photos.map((photo) => (photo.sha256 === sha ? { ...photo, stored: true, trouble: null } : photo)),
});

/** The record stands at the server: what it still misses, and the receipt once that is nothing. */
export function taken(entry, answer, now) {
  const json = answer.json;
  const missing = new Set(json.missing_photos || []);
  const photos = entry.photos.map((photo) => ({ ...photo, stored: !missing.has(photo.sha256) }));
  const error = photos.some((photo) => !photo.stored && photo.trouble) ? entry.error : null;
  const next = { ...entry, photos, stored: true, answer: json, tries: 0, next_at: 0, error };
  if (!WITH_RECEIPT.has(entry.kind)) return { ...next, done_at: now };
  if (json.content_sha256 !== entry.sha256) return { ...next, attention: true, error: { code: 'other_content' } };
  return isCovered(entry, json.receipt) ? { ...next, receipt: json.receipt, done_at: now } : next;
}

/** Whether a receipt is of these very bytes and names every photo. */
export function isCovered(entry, receipt) {
  if (!receipt || receipt.content_sha256 !== entry.sha256) return false;
  const named = new Set(receipt.photos);
  return entry.photos.every((photo) => named.has(photo.sha256));
}

/** A kept copy is offered again to a server that has been set up anew. */
export const offeredAgain = (entry) => ({
  ...entry,
  stored: false,
  done_at: null,
  receipt: null,
  again: true,
  attention: false,
  tries: 0,
  next_at: 0,
  error: null,
  photos: entry.photos.map((photo) => ({ ...photo, stored: false, trouble: null })),
});

export const bytesLeft = (entry) =>
  entry.photos.reduce((sum, photo) => sum + (photo.stored ? 0 : photo.bytes), entry.stored ? 0 : entry.bytes);

// ── what is kept, and who hears of it ────────────────────────────────────────────────────────────────────────────

const watchers = new Set();
const arrivals = new Set();
let sending = null;
let again = false;
let hurried = false;
let paused = false;
const tab = nameOfPage();

/** The same when the page is loaded anew, so that its own lease is not in its way then. */
function nameOfPage() {
  const fresh = `${Date.now()}-${Math.random()}`;
  try {
    sessionStorage.setItem('page', sessionStorage.getItem('page') || fresh);
    return sessionStorage.getItem('page');
  } catch (_) {
    return fresh;
  }
}

/** Told after every change of the queue; the returned function ends it. */
export function watchQueue(action) {
  watchers.add(action);
  return () => watchers.delete(action);
}

/** Told when the server has all of an entry: what it knows has changed by that. */
export function watchArrivals(action) {
  arrivals.add(action);
}

function tell() {
  for (const action of watchers) action();
}

export const isSending = () => sending !== null;

/** After a 401 nothing is sent until somebody has signed in again; everything is kept. */
export const isPaused = () => paused;

export function pause() {
  paused = true;
  tell();
}

/** Pause, and wait until nothing is under way any more. */
export async function halt() {
  paused = true;
  await sending;
}

export function goOn() {
  paused = false;
  return hurry();
}

export const entries = async () => inOrder(await mine().all('outbox'));

export const entry = (id) => mine().get('outbox', id);

const asSendable = (_, value) => (typeof value === 'string' ? sendable(value) : value);

/** A new entry, and its body's bytes beside it: what the caller puts into `outbox` and `bodies` in one transaction. */
export async function frozen(body, { id, kind, path, title, photos = [], urgent = false, draft = null, now = Date.now() }) {
  const bytes = new TextEncoder().encode(JSON.stringify(body, asSendable)).buffer;
  return {
    entry: {
      id,
      kind,
      path,
      title,
      urgent,
      draft,
      created_at: now,
      sha256: await sha256(bytes),
      bytes: bytes.byteLength,
      photos: photos.map(({ sha256: sha, manifest }) => ({ sha256: sha, bytes: manifest.bytes, type: manifest.type, stored: false })),
      stored: false,
      answer: null,
      receipt: null,
      tries: 0,
      next_at: 0,
      error: null,
      attention: false,
      done_at: null,
    },
    body: { id, bytes },
  };
}

/** What needs no draft (an objection, an extension, an acknowledgement): frozen and queued at once. */
export async function enqueue(body, about) {
  const made = await frozen(body, about);
  await mine().work(['outbox', 'bodies'], 'readwrite', async (s) => {
    await s.outbox.put(made.entry);
    await s.bodies.put(made.body);
  });
  tell();
  send();
  return made.entry;
}

/** When the server had it all, or had what replaced it; null while that is still to come. */
function coveredAt(one, byId) {
  if (one.done_at || !one.replaced_by) return one.done_at;
  const after = byId.get(one.replaced_by);
  return after ? coveredAt(after, byId) : null;
}

/** Let go of copies that the server holds: those older than fourteen days, or, to make room, the oldest of all. */
export async function forgetSent({ makeRoom = false, now = Date.now() } = {}) {
  const all = await mine().all('outbox');
  const byId = new Map(all.map((one) => [one.id, one]));
  const age = (one) => now - coveredAt(one, byId);
  const kept = all.filter((one) => one.kept !== false && coveredAt(one, byId)).sort((a, b) => age(b) - age(a));
  const old = kept.filter((one) => age(one) > KEPT_DAYS * DAY_MS);
  const copies = makeRoom ? kept.slice(0, Math.max(1, old.length)) : old;
  for (const one of copies) await forgetCopy(one);
  return copies.length;
}

/** Bytes and photos go, the line with its receipt stays. Photos that another entry still needs stay too. */
async function forgetCopy(one) {
  await mine().work(['outbox', 'bodies', 'photos', 'blobs', 'drafts', 'parts'], 'readwrite', async (s) => {
    const all = await s.outbox.all();
    const byId = new Map(all.map((each) => [each.id, each]));
    const known = byId.get(one.id);
    if (!known || known.kept === false || !coveredAt(known, byId)) return; // to be sent again since
    const others = all.filter((other) => other.id !== one.id && other.draft === one.draft && other.kept !== false);
    const draft = one.draft && (await s.drafts.get(one.draft));
    await s.outbox.put({ ...known, kept: false });
    await s.bodies.remove(one.id);
    if (!one.draft || others.length || (draft && draft.state === 'open')) return;
    for (const name of ['photos', 'blobs', 'parts']) {
      for (const key of await s[name].keys(startingWith(one.draft))) await s[name].remove(key);
    }
    await s.drafts.remove(one.draft);
  });
}

/**
 * Keep something, letting go of the oldest copies that the server holds where the phone is full. A browser frees the
 * room of what was deleted some seconds later, and counts anew when something is written: `patience` is how many
 * seconds are waited before the next copy goes.
 */
export async function keeping(action, patience = 0) {
  let left = 0;
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof StorageFull)) throw error;
      if (left > 0) {
        left -= 1;
        await new Promise((resolve) => setTimeout(resolve, 1000));
        await mine().put('settings', left, 'patience').catch(() => {});
      } else if (await forgetSent({ makeRoom: true })) left = patience;
      else throw error;
    }
  }
}

/** The server has been set up anew (restored from a copy): what is kept here is offered to it again. */
export async function offerAgain() {
  await mine().work('outbox', 'readwrite', async (s) => {
    for (const one of await s.outbox.all()) {
      if (one.done_at && one.kept !== false) await s.outbox.put(offeredAgain(one));
      else if (unsent(one)) await s.outbox.put({ ...offeredAgain(one), again: one.again });
    }
  });
  tell();
}

/** Change an entry as it is now, not as it was when somebody last looked. */
async function change(id, how) {
  let arrived = false;
  const changed = await mine().work('outbox', 'readwrite', async (s) => {
    const known = await s.outbox.get(id);
    if (!known) return null;
    const next = how(known);
    arrived = Boolean(next.done_at && !known.done_at);
    await s.outbox.put(next);
    return next;
  });
  tell();
  if (arrived) for (const action of arrivals) action(changed);
  return changed;
}

/** Try everything now, whatever another page of the client is doing; or one entry, also where a person was asked. */
export async function sendNow(id = null) {
  const afresh = (one) => ({
    ...one,
    next_at: 0,
    attention: one.attention && one.id !== id,
    photos: one.photos.map((photo) => (one.id === id ? { ...photo, trouble: null } : photo)),
  });
  for (const one of await entries()) if (unsent(one) && (!id || one.id === id)) await change(one.id, afresh);
  await leased(true);
  return send();
}

/** What the server would not take and nobody will put right (somebody else had signed the notice first) is put aside. */
export const putAside = (id) => change(id, (one) => (one.attention && !one.draft ? { ...one, aside_at: Date.now() } : one));

/** The line is back, or the page: what failed for want of a network need not wait any longer. What is failing at this
 * very moment need not either, so it is looked at when that is over. */
export function hurry() {
  hurried = true;
  return send();
}

async function waitNoLonger() {
  hurried = false;
  for (const one of await entries()) {
    if (unsent(one) && UNHEARD.has(one.error?.code)) await change(one.id, (now) => ({ ...now, next_at: 0 }));
  }
}

// ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Send what is due; one at a time in this page, and one page at a time while its lease runs. */
export function send() {
  if (sending) {
    again = true;
    tell();
    return sending;
  }
  const run = async () => {
    try {
      do {
        again = false;
        if (hurried) await waitNoLonger();
        if (!paused && (await leased())) await round();
      } while (again && !paused);
    } finally {
      await release().catch(() => {});
      sending = null;
      tell();
      if (again && !paused) send(); // asked for at the very end
    }
  };
  sending = run();
  tell();
  return sending;
}

/** A lease instead of a lock: where two pages send at once all the same, the server takes each thing once. */
async function leased(whatever = false) {
  return mine().work('settings', 'readwrite', async (s) => {
    const held = await s.settings.get('sender');
    const now = Date.now();
    if (!whatever && held && held.tab !== tab && held.until > now && held.until < now + 2 * LEASE_MS) return false;
    await s.settings.put({ tab, until: now + LEASE_MS }, 'sender');
    return true;
  });
}

async function release() {
  await mine().work('settings', 'readwrite', async (s) => {
    if ((await s.settings.get('sender'))?.tab === tab) await s.settings.remove('sender');
  });
}

/** Records first, all of them; then photos, two at a time; then each record again for its receipt. */
async function round() {
  const due = (await entries()).filter((one) => isDue(one, Date.now()));
  if (!due.length) return;
  const reached = new Set();
  for (const one of due) {
    if (paused) return;
    const result = one.stored ? one : await sendRecord(one);
    if (result === null && !(await stillThere(one.id))) return;
    if (result && result.stored && canGoOn(result)) reached.add(result.id);
  }
  if (!reached.size) return;
  if (!(await sendPhotos(reached))) return;
  for (const id of reached) {
    const one = await entry(id);
    if (paused) return;
    if (one && unsent(one) && one.photos.every((photo) => photo.stored)) await sendRecord(one);
  }
}

/** Whether the server can be reached, so that it is this entry that does not get there. */
async function stillThere(id) {
  if (!(await reachable())) return false;
  await change(id, notPassed);
  return true;
}

/** The entry as it is afterwards, or null where nothing of the server's was heard. */
async function sendRecord(one) {
  const body = await mine().get('bodies', one.id);
  if (!body) return change(one.id, (known) => ({ ...known, attention: true, error: { code: 'body_gone' } }));
  await leased();
  try {
    const answer = await call('PUT', one.path, { body: body.bytes });
    if (answer.status === 401) return one;
    if (answer.status === 200 || answer.status === 201) return await change(one.id, (known) => taken(known, answer, Date.now()));
    return await change(one.id, (known) => refused(known, answer, Date.now()));
  } catch (error) {
    if (!(error instanceof NoNetwork)) throw error;
    await change(one.id, (known) => unanswered(known, Date.now()));
    return null;
  }
}

/** Photos of these entries, entry by entry, those that were not answered before last of all; until something else is
 * to be sent, since records go first. False when the line has gone. */
async function sendPhotos(ids) {
  const waiting = [];
  for (const one of inOrder((await entries()).filter((each) => ids.has(each.id)))) {
    for (const photo of one.photos) if (!photo.stored && !photo.trouble) waiting.push({ id: one.id, draft: one.draft, photo });
  }
  waiting.sort((a, b) => (a.photo.missed || 0) - (b.photo.missed || 0));
  const failed = new Set();
  let gone = false;
  const worker = async () => {
    for (;;) {
      const next = waiting.find((job) => !failed.has(job.id));
      if (!next || gone || paused || again) return;
      waiting.splice(waiting.indexOf(next), 1);
      const result = await sendPhoto(next);
      if (result === null) {
        failed.add(next.id);
        if (!(await stillThere(next.id))) gone = true;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return !gone && !paused;
}

/** Whether it is stored; null where nothing of the server's was heard. One bad photo does not hold up the others. */
async function sendPhoto({ id, draft, photo }) {
  const blob = await mine().get('blobs', [draft, photo.sha256]);
  if (!blob || (await sha256(blob.bytes)) !== photo.sha256) {
    await change(id, (one) => inTrouble(one, photo.sha256, { code: 'photo_damaged', photo: photo.sha256 }));
    return false;
  }
  await leased();
  try {
    const answer = await call('PUT', `/photos/${photo.sha256}`, { body: blob.bytes, type: photo.type });
    if (answer.status === 401) return false;
    if (answer.status === 200 || answer.status === 201) {
      await change(id, (one) => photoTaken(one, photo.sha256));
      return true;
    }
    await change(id, (one) => refused(one, answer, Date.now(), photo.sha256));
    return false;
  } catch (error) {
    if (!(error instanceof NoNetwork)) throw error;
    await change(id, (one) => unanswered(one, Date.now(), photo.sha256));
    return null;
  }
}

/** When the next entry is due, in milliseconds from now; null when nothing waits. */
export async function nextDue(now = Date.now()) {
  const times = (await mine().all('outbox')).filter(canGoOn).map((one) => one.next_at || 0);
  return times.length ? Math.max(0, Math.min(...times) - now) : null;
}

// ── the last resort ──────────────────────────────────────────────────────────────────────────────────────────────

/** Entries and their photos as one file: a line of JSON, then the bytes of every part (`inspection import-backup`). */
export async function backup(user, version, ids = null) {
  const chosen = (await entries()).filter((one) => one.kept !== false && (ids ? ids.includes(one.id) : unsent(one)));
  const head = { format: 'inspection-backup', version: 1, made_at: new Date().toISOString(), client_version: version, user, entries: [], photos: [] };
  const parts = [];
  const named = new Set();
  for (const one of chosen) {
    const body = await mine().get('bodies', one.id);
    if (!body) continue;
    head.entries.push({ kind: one.kind, id: one.id, path: one.path, length: body.bytes.byteLength, sha256: one.sha256 });
    parts.push(body.bytes);
  }
  for (const one of chosen) {
    for (const photo of one.photos) {
      if (named.has(photo.sha256)) continue;
      const blob = await mine().get('blobs', [one.draft, photo.sha256]);
      if (!blob) continue;
      named.add(photo.sha256);
      head.photos.push({ sha256: photo.sha256, type: photo.type, length: blob.bytes.byteLength });
      parts.push(new Blob([blob.bytes]));
    }
  }
  return new Blob([`${JSON.stringify(head)}\n`, ...parts], { type: 'application/octet-stream' });
}
