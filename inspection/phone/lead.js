// A lead: sent at once and alone. Until the server has acknowledged it, it lies here locked, and is wiped then.

import { call, NoNetwork } from './api.js';
import { mine } from './db.js';

const KIND = { name: 'AES-GCM', length: 256 };
const ROOM = 8192;

const bytesOf = (text) => new TextEncoder().encode(text);

/** The person's key: made here, and never to be read out of the browser, by us neither. */
async function keyOf(db) {
  const known = await db.get('settings', 'lead_key');
  if (known) return known;
  const made = await crypto.subtle.generateKey(KIND, false, ['encrypt', 'decrypt']);
  return db.work('settings', 'readwrite', async (s) => {
    const first = await s.settings.get('lead_key');
    if (first) return first;
    await s.settings.put(made, 'lead_key');
    return made;
  });
}

/** One size, whatever it says; JSON does not mind the blanks. */
const padded = (text) => {
  const bytes = bytesOf(text);
  const whole = new Uint8Array(Math.max(ROOM, bytes.length)).fill(32);
  whole.set(bytes);
  return whole;
};

const under = (iv, id) => ({ name: 'AES-GCM', iv, additionalData: bytesOf(id) });

/** Lock a lead and keep it: first of all, so that a phone that dies while it is sent loses nothing. */
export async function keepLead(id, body) {
  const db = mine();
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const locked = await crypto.subtle.encrypt(under(iv, id), await keyOf(db), padded(JSON.stringify(body)));
  await db.put('leads', { id, iv, locked, kept_at: Date.now(), trouble: null });
}

const opened = async (db, one) => {
  const bytes = await crypto.subtle.decrypt(under(one.iv, one.id), await keyOf(db), one.locked);
  return new TextDecoder().decode(bytes).trim();
};

/** What a kept lead says, for its person to put right. */
export async function openLead(id) {
  const db = mine();
  const one = await db.get('leads', id);
  return one ? JSON.parse(await opened(db, one)) : null;
}

/** Those that the server has not acknowledged: when each was kept, and what the server had against it. */
export const unsentLeads = async () => (await mine().all('leads')).map(({ id, kept_at, trouble }) => ({ id, kept_at, trouble }));

export const forgetLead = (id) => mine().remove('leads', id);

/** Not tried again by itself: it has to be looked at. */
const ASKS = new Set([400, 404, 409, 413, 415, 422]);

async function sendOne(db, one) {
  const answer = await call('PUT', `/leads/${one.id}`, { body: bytesOf(await opened(db, one)) });
  if (answer.status === 200 || answer.status === 201) {
    await db.remove('leads', one.id);
  } else {
    const asks = ASKS.has(answer.status);
    await db.put('leads', { ...one, trouble: { asks, text: answer.json?.detail || String(answer.status) } });
  }
  return answer;
}

/** Send one that is kept; its answer. Raises `NoNetwork`: then it stays, and goes with the next line. */
export async function sendLead(id) {
  const db = mine();
  const one = await db.get('leads', id);
  return one ? sendOne(db, one) : null;
}

let sending = null;

/** Send all that can be sent; before anything else that waits, and whatever becomes of that. */
export function sendLeads() {
  const db = mine();
  sending ||= (async () => {
    try {
      for (const one of await db.all('leads')) if (!one.trouble?.asks) await sendOne(db, one);
    } catch (error) {
      if (!(error instanceof NoNetwork)) throw error;
    } finally {
      sending = null;
    }
  })();
  return sending;
}

/** Until nothing of it is under way; nothing more goes out after `hangUp`. */
export const settleLeads = () => Promise.resolve(sending).catch(() => {});
