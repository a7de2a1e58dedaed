// Work that is not finished: an inspection with its answers, or a proof. Each answer is a record of its own and is kept
// as it is given; finishing makes the frozen body out of them, once.

import { evaluate, items, numbersOf, verdict } from './checklist.js';
import { mine, startingWith, StorageFull } from './db.js';
import { forgetSent, frozen, keeping } from './outbox.js';
import { hasRoom, prepare, prepareDrawing } from './photo.js';
import { dateOf, deviceMoment, sendable, t } from './words.js';

/** The draft was finished meanwhile, in another page of the client: it takes nothing any more. */
export class Finished extends Error {}

/** No room for another photo, also after letting go of old copies. */
export class NoRoom extends Error {}

/** How long a photo waits for the room of a copy that was let go of. Chromium was seen to take up to five seconds for it,
 * once more than eight. */
const PATIENCE_S = 20;

export const KINDS = { school: 'school', kindergarten: 'kindergarten', tutoring_centre: 'tutoring' };

/** UUID version 4; `crypto.randomUUID` is younger than our oldest browsers. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

// ── what is sent: plain functions on plain data ──────────────────────────────────────────────────────────────────

const said = (text, most = 4000) => {
  const clean = sendable(String(text ?? '')).trim().slice(0, most);
  return clean || null;
};

/** The number that was typed, full-width digits too; the text itself where it is none. */
function numberOf(text) {
  const plain = String(text).normalize('NFKC').trim().replace(/[,\s]/g, '');
  return /^\d+(\.\d+)?$/.test(plain) ? Number(plain) : String(text);
}

/** The value of an answer as the server reads it; null where nothing was answered. */
export function valueOf(item, part) {
  const given = part?.value;
  if (given === undefined || given === null || given === '') return null;
  return item.answer.type === 'number' && given !== 'na' ? numberOf(given) : given;
}

const isBlank = (finding) =>
  !finding.fact && !finding.place && !finding.quantity && !finding.fixed && !finding.severity_reason &&
  finding.responsible?.kind !== 'department' && finding.due_days === null && finding.severity === null;

/** A finding on the wire. Where only its photos were given, the item's own words say what is wrong. */
function findingBody(finding, item) {
  const responsible = finding.responsible?.kind === 'department'
    ? { kind: 'department', name: said(finding.responsible.name, 128) }
    : null;
  return {
    fact: said(finding.fact) || t('finding.unmet', { text: item ? item.text : t('finding.other') }),
    place: said(finding.place, 500),
    quantity: Number.isInteger(numberOf(finding.quantity || '')) ? Math.min(1000000, numberOf(finding.quantity)) : null,
    photos: finding.photos,
    severity: finding.severity,
    severity_reason: said(finding.severity_reason, 2000),
    due_days: finding.due_days,
    responsible,
    fixed_on_the_spot: finding.fixed
      ? { note: said(finding.fixed.note) || t('finding.fixed'), photos: finding.fixed.photos }
      : null,
  };
}

/** One answer on the wire, or null. Findings go along only where the answer fails, or its rule cannot be judged. */
export function answerBody(item, part, circumstances) {
  const value = valueOf(item, part);
  if (value === null) return null;
  const answer = { value };
  if (value === 'na') return { ...answer, reason: part.reason || null };
  const note = said(part.note);
  if (note) answer.note = note;
  if (part.photos?.length) answer.photos = part.photos;
  const judged = verdict(item, value, circumstances);
  if (judged !== 'fails' && judged !== 'unknown') return answer;
  const findings = (part.findings || []).filter(isSaid);
  if (findings.length === 1 && isBlank(findings[0])) answer.photos = [...(answer.photos || []), ...findings[0].photos];
  else if (findings.length) answer.findings = findings.map((finding) => findingBody(finding, item));
  return answer;
}

const numbersIn = (checklist, parts) => {
  const asked = items(checklist).filter((item) => item.answer.type === 'number' && parts.has(item.code));
  return numbersOf(checklist, Object.fromEntries(asked.map((item) => [item.code, { value: valueOf(item, parts.get(item.code)) }])));
};

/** What an answer is judged by beside itself. `parts`: by code. */
export const circumstancesOf = (draft, checklist, parts, terms, now = Date.now()) => ({
  attributes: draft.attributes,
  numbers: numbersIn(checklist, parts),
  inspectedOn: dateOf(now),
  terms,
});

/** All answers on the wire by code; those that went ahead alone are left out. */
function answersBody(draft, checklist, parts, terms, now) {
  const circumstances = circumstancesOf(draft, checklist, parts, terms, now);
  const answers = {};
  for (const item of items(checklist)) {
    const part = parts.get(item.code);
    if (!part || part.ahead) continue;
    const answer = answerBody(item, part, circumstances);
    if (answer) answers[item.code] = answer;
  }
  return answers;
}

/** What the rules say of the draft as it stands: faults that are to be put right, flags, failing items. */
export function judge(draft, checklist, parts, terms, now = Date.now()) {
  const answers = answersBody(draft, checklist, parts, terms, now);
  const ahead = [...parts.values()].filter((part) => part.ahead).map((part) => part.code);
  return evaluate(checklist, draft.attributes, answers, dateOf(now), terms, draft.sections, ahead);
}

const isSaid = (finding) => !isBlank(finding) || finding.photos.length > 0;

function signatureBody(signature) {
  const refused = signature.refused
    ? { reason: said(signature.refused.reason, 2000) || t('finish.refused'), witness: said(signature.refused.witness, 64) }
    : null;
  return { role: signature.role, name: said(signature.name, 64) || t('finish.unnamed'), photo: signature.photo || null, refused };
}

/** Every photo that a body speaks of. */
function photosIn(body) {
  const found = new Set();
  const look = (value, key) => {
    if (key === 'photos' && Array.isArray(value)) value.forEach((sha) => found.add(sha));
    else if (key === 'photo' && value) found.add(value);
    else if (value && typeof value === 'object') for (const name of Object.keys(value)) look(value[name], name);
  };
  for (const name of ['answers', 'other_findings', 'rechecks', 'signatures']) look(body[name], name);
  return found;
}

function withManifest(body, photos) {
  const named = photosIn(body);
  const manifest = {};
  for (const photo of photos) if (named.has(photo.sha256)) manifest[photo.sha256] = photo.manifest;
  return { ...body, photos: manifest };
}

const common = (draft, finishedAt) => ({
  institution_id: draft.institution.id,
  assignment_id: draft.assignment_id,
  visit_id: draft.visit_id,
  mode: draft.mode,
  supersedes: draft.supersedes || null,
  checklist: draft.checklist,
  started_at: draft.started_at,
  finished_at: finishedAt,
  location: draft.location,
  attributes: draft.attributes,
  participants: draft.participants
    .filter((one) => said(one.name, 64))
    .map((one) => ({ user_id: one.user_id || null, name: said(one.name, 64), organisation: said(one.organisation, 128) || t('finish.unnamed') })),
  r2_calls: draft.r2_calls,
});

/** The body of `PUT /inspections/{id}`. `parts` by code, `photos` as they are kept. */
export function inspectionBody(draft, checklist, parts, photos, terms, now = Date.now()) {
  const finishedAt = deviceMoment(now);
  const all = [...parts.values()];
  return withManifest(
    {
      ...common(draft, finishedAt),
      sections: draft.sections,
      answers: answersBody(draft, checklist, parts, terms, now),
      other_findings: all
        .filter((part) => part.kind === 'other')
        .flatMap((part) => part.findings.filter(isSaid).map((finding) => findingBody(finding, null))),
      rechecks: all
        .filter((part) => part.kind === 'recheck' && typeof part.fixed === 'boolean')
        .map((part) => ({ problem_id: part.problem_id, fixed: part.fixed, note: said(part.note), photos: part.photos })),
      signatures: draft.signatures.map(signatureBody),
    },
    photos,
  );
}

/** A danger that goes ahead alone: the same visit, no section, this one answer (R2). */
export function aheadBody(draft, checklist, item, parts, photos, terms, now = Date.now()) {
  const answer = answerBody(item, parts.get(item.code), circumstancesOf(draft, checklist, parts, terms, now));
  const body = { ...common(draft, deviceMoment(now)), supersedes: null, sections: [], answers: { [item.code]: answer } };
  return withManifest({ ...body, other_findings: [], rechecks: [], signatures: [] }, photos);
}

/** The body of a proof. */
export function proofBody(draft, photos) {
  const manifest = {};
  for (const photo of photos) if (draft.photos.includes(photo.sha256)) manifest[photo.sha256] = photo.manifest;
  return { description: said(draft.description, 8000) || '', completed_on: draft.completed_on, photos: manifest };
}

// ── what is kept ─────────────────────────────────────────────────────────────────────────────────────────────────

export const newFinding = () => ({
  id: newId(),
  fact: '',
  place: '',
  quantity: '',
  severity: null,
  severity_reason: '',
  due_days: null,
  responsible: { kind: 'institution', name: '' },
  photos: [],
  fixed: null,
});

/** A new inspection: its id, time and place are taken when it starts. */
export async function startInspection({ institution, assignment, checklist, mode, sections, attributes, participants, location }) {
  const draft = {
    id: newId(),
    kind: 'inspection',
    state: 'open',
    revision: 0,
    institution: { id: institution.id, name: institution.name, kind: institution.kind, region_name: institution.region_name },
    assignment_id: assignment?.id || null,
    visit_id: assignment?.visit_id || newId(),
    mode,
    supersedes: null,
    checklist: { code: checklist.code, version: checklist.version },
    sections,
    started_at: deviceMoment(),
    location,
    attributes,
    participants,
    signatures: [],
    r2_calls: [],
    place: null,
    changed_at: Date.now(),
  };
  await mine().put('drafts', draft);
  return draft;
}

/** A proof for one problem; the one that is open already, if there is one. */
export async function startProof(problem, today) {
  const open = (await mine().all('drafts')).find((one) => one.kind === 'rectification' && one.state === 'open' && one.problem_id === problem.id);
  if (open) return open;
  const draft = {
    id: newId(),
    kind: 'rectification',
    state: 'open',
    revision: 0,
    problem_id: problem.id,
    title: problem.text,
    round: problem.round,
    description: '',
    completed_on: today,
    photos: [],
    changed_at: Date.now(),
  };
  await mine().put('drafts', draft);
  return draft;
}

export const draft = (id) => mine().get('drafts', id);

export const openDrafts = async (kind) =>
  (await mine().all('drafts')).filter((one) => one.kind === kind && one.state === 'open').sort((a, b) => b.changed_at - a.changed_at);

/** All parts of a draft by code. */
export async function partsOf(id) {
  const parts = await mine().all('parts', startingWith(id));
  return new Map(parts.map((part) => [part.code, part]));
}

export const photosOf = (id) => mine().all('photos', startingWith(id));

export const photoBytes = async (id, sha256) => (await mine().get('blobs', [id, sha256]))?.bytes;

async function touched(s, id) {
  const known = await s.drafts.get(id);
  if (!known || known.state !== 'open') throw new Finished();
  return { ...known, revision: known.revision + 1, changed_at: Date.now() };
}

/** Change the draft itself (team, signatures, where one was). `how` gets it as it is now. */
export function changeDraft(id, how) {
  return keeping(() =>
    mine().work('drafts', 'readwrite', async (s) => {
      const next = how(await touched(s, id));
      await s.drafts.put(next);
      return next;
    }, 'relaxed'),
  );
}

/** Change one answer, hazard or recheck; `how` gets it as it is now (undefined where there is none yet). */
export function changePart(id, code, how) {
  return keeping(() =>
    mine().work(['drafts', 'parts'], 'readwrite', async (s) => {
      const draftNow = await touched(s, id);
      const next = { ...how(await s.parts.get([id, code])), draft: id, code, changed_at: Date.now() };
      await s.parts.put(next);
      await s.drafts.put({ ...draftNow, place: code });
      return next;
    }, 'relaxed'),
  );
}

export async function removePart(id, code) {
  await mine().work(['drafts', 'parts'], 'readwrite', async (s) => {
    await s.drafts.put(await touched(s, id));
    await s.parts.remove([id, code]);
  });
}

/** Everything in a part or draft that holds photos, by slot: `part~CODE`, `finding~CODE~ID`, `fixed~CODE~ID`, `proof`,
 * `signature~INDEX`. `how` gets the hashes there and gives the new ones. */
async function changeSlot(s, id, slot, how) {
  const [kind, code, findingId] = slot.split('~');
  if (kind === 'proof' || kind === 'signature') {
    const known = await s.drafts.get(id);
    if (kind === 'proof') {
      await s.drafts.put({ ...known, photos: how(known.photos) });
      return;
    }
    const signatures = known.signatures.map((one, index) =>
      index === Number(code) ? { ...one, photo: how(one.photo ? [one.photo] : []).slice(-1)[0] || null } : one,
    );
    await s.drafts.put({ ...known, signatures });
    return;
  }
  const part = await s.parts.get([id, code]);
  const finding = (one) => {
    if (one.id !== findingId) return one;
    return kind === 'fixed' ? { ...one, fixed: { ...one.fixed, photos: how(one.fixed.photos) } } : { ...one, photos: how(one.photos) };
  };
  if (kind === 'part') await s.parts.put({ ...part, photos: how(part.photos || []) });
  else await s.parts.put({ ...part, findings: part.findings.map(finding) });
}

const attachTo = (id, slot) => (s, photo) =>
  changeSlot(s, id, slot, (hashes) => (hashes.includes(photo.sha256) ? hashes : [...hashes, photo.sha256]));

/** Take a photo out of its place; it is let go of where nothing else speaks of it. */
export async function detach(id, slot, sha256) {
  await mine().work(['drafts', 'parts', 'photos', 'blobs', 'outbox'], 'readwrite', async (s) => {
    await s.drafts.put(await touched(s, id));
    await changeSlot(s, id, slot, (hashes) => hashes.filter((one) => one !== sha256));
    const spoken = JSON.stringify([await s.drafts.get(id), await s.parts.all(startingWith(id)), await s.outbox.all()]);
    if (spoken.includes(sha256)) return;
    await s.photos.remove([id, sha256]);
    await s.blobs.remove([id, sha256]);
  });
}

/** Where the camera was opened from: what to come back to if the system closes the page meanwhile. */
export const expectPhoto = (pending) => mine().put('settings', { ...pending, at: Date.now() }, 'pending');

export const expectedPhoto = () => mine().get('settings', 'pending');

export const forgetExpected = () => mine().remove('settings', 'pending');

/** Keep a photo and its place in one go. The same photo again keeps what is known of the first. */
async function keepPhoto(id, { photo, bytes }, slot) {
  return keeping(() =>
    mine().work(['drafts', 'parts', 'photos', 'blobs', 'settings'], 'readwrite', async (s) => {
      await s.drafts.put(await touched(s, id));
      if (!(await s.photos.get([id, photo.sha256]))) await s.photos.put({ ...photo, draft: id });
      await s.blobs.put({ draft: id, sha256: photo.sha256, bytes });
      await attachTo(id, slot)(s, photo);
      await s.settings.remove('pending');
      return photo;
    }),
    PATIENCE_S,
  ).catch((error) => {
    throw error instanceof StorageFull ? new NoRoom() : error;
  });
}

/** A file from the camera or the gallery into a draft. Raises `Unusable`, `NoRoom`, `Finished`. */
export async function addPhoto(id, file, about, slot) {
  if (!(await keepingRoom(file.size))) throw new NoRoom();
  return keepPhoto(id, await prepare(file, about), slot);
}

/** A signature, or a photo that was drawn on. */
export async function addDrawing(id, canvas, from, slot) {
  return keepPhoto(id, await prepareDrawing(canvas, from), slot);
}

async function keepingRoom(bytes) {
  if (await hasRoom(bytes)) return true;
  while (await forgetSent({ makeRoom: true })) if (await hasRoom(bytes)) return true;
  return false;
}

/** Let go of a draft and its photos; never of one that was finished. */
export async function discard(id) {
  await mine().work(['drafts', 'parts', 'photos', 'blobs', 'outbox'], 'readwrite', async (s) => {
    await touched(s, id);
    await s.drafts.remove(id);
    for (const key of await s.parts.keys(startingWith(id))) await s.parts.remove(key);
    const sent = await s.outbox.all();
    for (const one of sent) if (one.replaced_by === id) await s.outbox.put({ ...one, replaced_by: null });
    if (sent.some((one) => one.draft === id)) return;
    for (const name of ['photos', 'blobs']) {
      for (const key of await s[name].keys(startingWith(id))) await s[name].remove(key);
    }
  });
}

/** The body frozen and queued, the draft finished: all of it or nothing. Raises `Finished` where that was done before. */
async function finish(known, body, about) {
  const photos = (await photosOf(known.id)).filter((photo) => body.photos[photo.sha256]);
  const made = await frozen(body, { ...about, photos, draft: known.id });
  return keeping(() =>
    mine().work(['drafts', 'outbox', 'bodies'], 'readwrite', async (s) => {
      const now = await s.drafts.get(known.id);
      if (!now || now.state !== 'open') throw new Finished();
      if (now.revision !== known.revision) return null;
      await s.drafts.put({ ...now, state: 'finished', entry: made.entry.id, finished_at: made.entry.created_at });
      await s.outbox.put(made.entry);
      await s.bodies.put(made.body);
      return made.entry;
    }),
  );
}

/** Finish an inspection: from now on its bytes are what they are. */
export async function finishInspection(id, checklist, terms) {
  for (;;) {
    const known = await draft(id);
    if (!known || known.state !== 'open') throw new Finished();
    const body = inspectionBody(known, checklist, await partsOf(id), await photosOf(id), terms);
    const entry = await finish(known, body, { id, kind: 'inspection', path: `/inspections/${id}`, title: known.institution.name });
    if (entry) return entry;
  }
}

export async function finishProof(id) {
  for (;;) {
    const known = await draft(id);
    if (!known || known.state !== 'open') throw new Finished();
    const path = `/problems/${known.problem_id}/rectifications/${id}`;
    const body = proofBody(known, await photosOf(id));
    const entry = await finish(known, body, { id, kind: 'rectification', path, title: known.title });
    if (entry) return entry;
  }
}

/** Send one danger ahead of its inspection; its answer is closed by that. */
export async function sendAhead(id, checklist, item, terms) {
  const known = await draft(id);
  const parts = await partsOf(id);
  const photos = await photosOf(id);
  const body = aheadBody(known, checklist, item, parts, photos, terms);
  const entryId = newId();
  const made = await frozen(body, {
    id: entryId,
    kind: 'inspection',
    path: `/inspections/${entryId}`,
    title: known.institution.name,
    photos: photos.filter((photo) => body.photos[photo.sha256]),
    urgent: true,
    draft: id,
  });
  return keeping(() =>
    mine().work(['drafts', 'parts', 'outbox', 'bodies'], 'readwrite', async (s) => {
      const part = await s.parts.get([id, item.code]);
      if (part.ahead) throw new Finished();
      await s.drafts.put(await touched(s, id));
      await s.parts.put({ ...part, ahead: entryId });
      await s.outbox.put(made.entry);
      await s.bodies.put(made.body);
      return made.entry;
    }),
  );
}

/**
 * What the server would not take as it was, or whose photo is damaged here: the work opened again, so that it can be put
 * right and finished anew, under a new id. Where the first was stored, the new one replaces it. A danger that was to
 * go ahead goes back into its inspection while that is open. Returns the id of the open draft.
 */
export async function openAgain({ id: entryId }) {
  return mine().work(['drafts', 'parts', 'photos', 'blobs', 'outbox'], 'readwrite', async (s) => {
    const entry = await s.outbox.get(entryId);
    if (entry.replaced_by) return entry.replaced_by; // tapped twice
    const old = await s.drafts.get(entry.draft);
    const damaged = new Set(entry.photos.filter((photo) => photo.trouble).map((photo) => photo.sha256));
    const parts = (await s.parts.all(startingWith(old.id))).filter((part) => !entry.urgent || part.ahead === entry.id);
    if (entry.urgent && old.state === 'open') {
      for (const part of parts) await s.parts.put({ ...without(part, damaged), ahead: null });
      await s.outbox.put({ ...entry, replaced_by: old.id });
      return old.id;
    }
    const id = newId();
    const fresh = { ...without(old, damaged), id, state: 'open', entry: null, revision: 0, changed_at: Date.now() };
    if (entry.urgent) fresh.sections = [];
    if (old.kind === 'inspection' && entry.stored) fresh.supersedes = entry.id;
    await s.drafts.put(fresh);
    for (const part of parts) await s.parts.put({ ...without(part, damaged), draft: id, ahead: entry.urgent ? null : part.ahead });
    for (const name of ['photos', 'blobs']) {
      for (const one of await s[name].all(startingWith(old.id))) {
        if (!damaged.has(one.sha256)) await s[name].put({ ...one, draft: id });
      }
    }
    await s.outbox.put({ ...entry, replaced_by: id });
    return id;
  });
}

/** A value without these hashes, wherever they stand in it. */
function without(value, hashes) {
  if (Array.isArray(value)) return value.filter((one) => !hashes.has(one)).map((one) => without(one, hashes));
  if (!value || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, hashes.has(one) ? null : without(one, hashes)]),
  );
}
