// What a day without signal needs, fetched while there is some: tasks, institutions, checklists, open problems.

import { call, pages } from './api.js';
import { mine } from './db.js';
import { offerAgain } from './outbox.js';
import { addDays, dateOf, useZoneOf } from './words.js';

const DAYS_AHEAD = 14;
const MOST_DETAILS = 300;
const AT_ONCE = 4;

/** What the server said instead of the day, with its words. */
export class NotTold extends Error {
  constructor(answer) {
    super(answer.json?.detail || String(answer.status));
    this.status = answer.status;
  }
}

export const setting = (name) => mine().get('settings', name);

export const keepSetting = (name, value) => mine().put('settings', value, name);

function asked(answer) {
  if (answer.status !== 200) throw new NotTold(answer);
  return answer.json;
}

const bytesOf = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));

/** The seal of an entry of the audit log over the seal before it, in hex: SHA-256(0x01 ‖ seal ‖ leaf). */
async function sealed(seal, leaf) {
  const hash = await crypto.subtle.digest('SHA-256', Uint8Array.of(1, ...bytesOf(seal), ...bytesOf(leaf)));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Whether the log that is told leads on from the entry that was seen before. Another chain or server is begun anew. */
async function leadsOn(seen, log, installation) {
  if (!seen || seen.chain !== log.chain || seen.installation_id !== installation) return true;
  let seal = seen.seal;
  for (const leaf of log.leaves) seal = await sealed(seal, leaf);
  return log.number === seen.number + log.leaves.length && seal === log.seal;
}

/**
 * Fetch what changed since the last time, or all of it; keep it in one go. Returns the answer. Raises `NoNetwork` and
 * `NotTold`. A server that has been set up anew is offered again what is kept here. The head of the audit log is kept,
 * and once the log does not lead on from it any more, `log_fault` is that head.
 */
export async function fetchDay({ whole = false } = {}) {
  const since = whole ? null : await setting('next');
  const seen = await setting('log');
  const query = new URLSearchParams({ ...(since && { since }), ...(seen && { log: seen.number }) });
  const told = asked(await call('GET', `/sync?${query}`));
  const { chain, number, seal } = told.log;
  const isLog = await leadsOn(seen, told.log, told.installation_id);
  useZoneOf(told.server_time);
  const another = await mine().work(
    ['institutions', 'assignments', 'checklists', 'calendar', 'problems', 'details', 'settings'],
    'readwrite',
    async (s) => {
      if (told.full) for (const name of ['institutions', 'assignments', 'problems', 'calendar']) await s[name].clear();
      for (const name of ['institutions', 'assignments', 'checklists', 'calendar', 'problems']) {
        for (const one of told[name]) await s[name].put(one);
      }
      for (const gone of told.deleted) {
        await s[`${gone.kind}s`].remove(gone.id);
        if (gone.kind === 'problem') await s.details.remove(gone.id);
      }
      const before = await s.settings.get('installation_id');
      await s.settings.put(told.installation_id, 'installation_id');
      await s.settings.put(told.next, 'next');
      if (isLog) await s.settings.put({ installation_id: told.installation_id, chain, number, seal }, 'log');
      await s.settings.put(isLog ? null : seen, 'log_fault');
      await s.settings.put(told.limits, 'limits');
      await s.settings.put(told.server_time, 'server_time');
      await s.settings.put(Date.now(), 'synced_at');
      return before && before !== told.installation_id;
    },
  );
  if (another) await offerAgain();
  return told;
}

async function several(jobs, action) {
  const left = [...jobs];
  const worker = async () => {
    while (left.length) await action(left.shift());
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, left.length) }, worker));
}

/** One problem with all that is known of it, fetched and kept; null where it cannot be seen (any more). */
export async function fetchProblem(id) {
  const answer = await call('GET', `/problems/${id}`);
  if (answer.status === 404) {
    await mine().remove('details', id);
    return null;
  }
  const detail = asked(answer);
  await mine().put('details', { ...detail, fetched_at: Date.now() });
  return detail;
}

/** A photo's small or large copy as bytes: from the phone, else from the server, then kept. Null where there is none. */
export async function picture(sha256, size = 'thumbnail') {
  const key = size === 'thumbnail' ? sha256 : `${sha256}-${size}`;
  const known = await mine().get('pictures', key);
  if (known) return known.bytes;
  const answer = await call('GET', `/photos/${sha256}/${size}`, { picture: true });
  // what has no picture (a PDF) is not asked for again
  if (!answer.bytes && answer.json?.code !== 'no_preview') return null;
  await mine().put('pictures', { sha256: key, bytes: answer.bytes, at: Date.now() });
  return answer.bytes;
}

/** The photos of a problem's finding and of its proofs, as far as the server has them. */
export const photosOf = (detail) => [
  ...detail.photos,
  ...detail.rounds.flatMap((round) => round.photos.filter((sha) => !round.missing_photos.includes(sha))),
];

async function fetchDetails(ids) {
  await several(ids.slice(0, MOST_DETAILS), async (id) => {
    const detail = await fetchProblem(id);
    if (detail) await several(photosOf(detail), (sha) => picture(sha));
  });
}

/** Notifications, the newest hundred; what was read here is told first. */
export async function fetchMessages() {
  for (const one of await mine().all('messages')) {
    if (one.read_here && !one.read_at) await call('PUT', `/notifications/${one.id}/read`);
  }
  const items = asked(await call('GET', '/notifications?limit=100')).items;
  await mine().work('messages', 'readwrite', async (s) => {
    const read = new Set((await s.messages.all()).filter((one) => one.read_here).map((one) => one.id));
    await s.messages.clear();
    for (const one of items) await s.messages.put(read.has(one.id) ? { ...one, read_here: true } : one);
  });
}

/** The notices in scope, the newest two hundred. What is known of one in full stays: its line only counts its rows. */
export async function fetchNotices() {
  const told = await pages('/notices?limit=200', 1);
  if (told.status !== 200) throw new NotTold(told);
  await mine().work('notices', 'readwrite', async (s) => {
    for (const { problems, ...line } of told.items) {
      const before = await s.notices.get(line.id);
      await s.notices.put({ ...before, ...line, problems: before?.problems ?? problems });
    }
  });
  return told.items;
}

/** What the institution's own administrator needs: each problem in full, its notices. */
export async function fetchUnit(told) {
  const known = new Set((await mine().all('details')).map((one) => one.id));
  const lines = await mine().all('problems');
  const changed = new Set(told.problems.map((one) => one.id));
  await fetchDetails(lines.map((one) => one.id).filter((id) => changed.has(id) || !known.has(id)));
  for (const one of (await fetchNotices()).filter((each) => !each.acknowledged_at)) await fetchNotice(one.id);
  const finished = await pages('/problems?status=closed,void&limit=200', 5);
  if (finished.status === 200) await keepSetting('finished', finished.items);
}

/** A notice in full, kept. */
export async function fetchNotice(id) {
  const notice = asked(await call('GET', `/notices/${id}`));
  await mine().work('notices', 'readwrite', async (s) => s.notices.put({ ...(await s.notices.get(id)), ...notice }));
  return notice;
}

/** 离线准备 of an inspector: beside the day itself, the open problems of the places that are planned, with photos. */
export async function fetchPlaces(today) {
  const until = addDays(today, DAYS_AHEAD);
  const places = new Set((await mine().all('assignments')).filter((one) => one.planned_on <= until).map((one) => one.institution_id));
  const lines = (await mine().all('problems')).filter((one) => places.has(one.institution_id));
  await fetchDetails(lines.map((one) => one.id));
}

/** Everything for a day without signal; the moment from which it can begin. */
export async function prepare(isUnit) {
  const told = await fetchDay({ whole: true });
  await fetchMessages();
  if (isUnit) await fetchUnit(told);
  else await fetchPlaces(dateOf(Date.parse(told.server_time)));
  const now = Date.now();
  await keepSetting('prepared_at', now);
  return now;
}

/** Terms of the known years as pairs of dates, for rules that count days of term. */
export const terms = async () =>
  (await mine().all('calendar')).flatMap((year) => year.terms.map((term) => [term.first_on, term.last_on]));

/** A checklist of this code: the version asked for, else the newest that is here. */
export async function checklist(code, version = null) {
  if (version) return mine().get('checklists', [code, version]);
  const all = (await mine().all('checklists')).filter((one) => one.code === code);
  return all.sort((a, b) => b.version - a.version)[0];
}
