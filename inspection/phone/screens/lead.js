// 线索: what was seen, for the police and the procuratorate alone. First what is not to be done, and whom to call.

import { call, NoNetwork } from '../api.js';
import { identifying } from '../checklist.js';
import { mine, StorageFull } from '../db.js';
import { newId, openDrafts } from '../draft.js';
import { codes, html, momentText, t } from '../words.js';
import { inTurn } from './problem.js';

// ── what is kept here ────────────────────────────────────────────────────────────────────────────────────────────

// A lead is sent at once and alone. Until the server has acknowledged it, it lies here locked, and is wiped then. So does
// one that is only begun, until it is sent or given up.

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

/** Lock a lead and keep it: first of all, so that a phone that dies while it is sent loses nothing. One that is only
 * `begun` never takes the place of one that is to be sent. */
async function keepLead(id, body, { begun = false } = {}) {
  const db = mine();
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const locked = await crypto.subtle.encrypt(under(iv, id), await keyOf(db), padded(JSON.stringify(body)));
  await db.work('leads', 'readwrite', async (s) => {
    const now = await s.leads.get(id);
    if (begun && now && !now.begun) return;
    await s.leads.put({ id, iv, locked, kept_at: Date.now(), trouble: null, begun });
  });
}

const opened = async (db, one) => {
  const bytes = await crypto.subtle.decrypt(under(one.iv, one.id), await keyOf(db), one.locked);
  return new TextDecoder().decode(bytes).trim();
};

/** What a kept lead says, for its person to put right. */
async function openLead(id) {
  const db = mine();
  const one = await db.get('leads', id);
  return one ? JSON.parse(await opened(db, one)) : null;
}

/** Those that the server has not acknowledged: when each was kept, and what the server had against it. */
export const unsentLeads = async () =>
  (await mine().all('leads')).filter((one) => !one.begun).map(({ id, kept_at, trouble }) => ({ id, kept_at, trouble }));

/** The one that was begun and neither sent nor given up. */
export const begunLead = async () => (await mine().all('leads')).find((one) => one.begun);

/** Sent, and refused: it waits to be put right in its form. */
const reopenLead = (id) =>
  mine().work('leads', 'readwrite', async (s) => {
    const one = await s.leads.get(id);
    if (one) await s.leads.put({ ...one, begun: true });
  });

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

/**
 * Send all that can be sent; before anything else that waits, and whatever becomes of that. What is wrong with one is
 * raised once the others have had their turn.
 */
export function sendLeads() {
  const db = mine();
  sending ||= (async () => {
    let wrong = null;
    try {
      for (const one of (await db.all('leads')).filter((each) => !each.begun && !each.trouble?.asks)) {
        try {
          await sendOne(db, one);
        } catch (error) {
          if (error instanceof NoNetwork) return;
          wrong = error;
        }
      }
    } finally {
      sending = null;
    }
    if (wrong) throw wrong;
  })();
  return sending;
}

/** Until nothing of it is under way; nothing more goes out after `hangUp`. */
export const settleLeads = () => Promise.resolve(sending).catch(() => {});

// ── its screens ──────────────────────────────────────────────────────────────────────────────────────────────────

const SAFE = ['no', 'unknown', 'yes'];
const MOST = 500;

/** What is wrong, by the name that it has in the form. */
const FIELDS = {
  '/institution_id': 'lead.institution',
  '/observed_at': 'lead.observed_at',
  '/place': 'lead.place',
  '/category': 'lead.category',
  '/child_safe_now': 'lead.safe',
  '/police_called_at': 'lead.called_at',
  '/police_receipt': 'lead.receipt',
  '/text': 'lead.text',
};

/** A moment as the form's field takes it: local, to the minute. */
const localTime = (moment) => {
  const at = new Date(moment);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
};

const momentOf = (typed) => (typed ? new Date(typed).toISOString() : null);

/** Where one is just inspecting stands first. */
async function places() {
  const here = new Set((await openDrafts('inspection')).map((one) => one.institution.id));
  const all = await mine().all('institutions');
  return all.sort((a, b) => here.has(b.id) - here.has(a.id) || a.name.localeCompare(b.name, 'zh'));
}

/** Those that are kept here, above the form and on the red button's page. */
export const unsentList = (waiting) => waiting.length > 0 && html`
  <section class="card bad"><h2>${t('lead.unsent')}</h2><p>${t('lead.unsent_text')}</p>
    ${waiting.map((one) => html`<div class="row"><p>${momentText(one.kept_at)}${one.trouble && html`<br><span class="fault">${one.trouble.text}</span>`}</p></div>
      <button type="button" class="main wide" data-do="send" data-id="${one.id}">${t('lead.send_now')}</button>
      ${one.trouble?.asks && html`<a class="button plain wide" href="#/lead/${one.id}">${t('lead.put_right')}</a>`}`)}</section>`;

const inWords = (answer) => {
  if (!answer) return t('lead.sent');
  if (answer.status >= 300) return answer.json?.detail || String(answer.status);
  return t(answer.json.flags.some((flag) => flag.code === 'nobody_handles') ? 'lead.sent_nobody' : 'lead.sent');
};

/** Send one that is kept: the answer, null where there was no network, and what became of it in words. */
async function sent(id) {
  try {
    const answer = await sendLead(id);
    return [answer, inWords(answer)];
  } catch (error) {
    if (!(error instanceof NoNetwork)) throw error;
    return [null, t('lead.kept')];
  }
}

/** False for what a full phone said; anything else is raised. */
function isFull(error) {
  if (!(error instanceof StorageFull)) throw error;
  return false;
}

/** Send one that finds no room here: the answer, null where there was no network, and what became of it in words. */
async function sentAsItIs(id, body) {
  try {
    const answer = await call('PUT', `/leads/${id}`, { body });
    return [answer, inWords(answer)];
  } catch (error) {
    if (!(error instanceof NoNetwork)) throw error;
    return [null, t('lead.not_kept')];
  }
}

/** From a screen that lists them. */
export async function sendAgain(app, id) {
  const [, said] = await sent(id);
  app.again();
  app.say(said);
}

const bodyOf = (form) => ({
  institution_id: form.institution_id.value,
  observed_at: momentOf(form.observed_at.value),
  place: form.place.value.trim(),
  category: form.category.value,
  child_safe_now: form.child_safe_now.value,
  police_called_at: momentOf(form.police_called_at.value),
  police_receipt: form.police_receipt.value.trim() || null,
  text: form.text.value,
});

/** What was begun; null once it cannot be opened any more: it must not stand in the way of what is to be reported now. */
async function restored(begun, app) {
  try {
    return await openLead(begun.id);
  } catch (error) {
    console.warn(error);
    await mine().remove('leads', begun.id);
    app.say(t('lead.not_restored'), true);
    return null;
  }
}

export async function show(root, [id], app) {
  app.titled(t('lead.title'));
  const [begun, list, waiting] = await Promise.all([id ? null : begunLead(), places(), unsentLeads()]);
  const known = id ? await openLead(id) : begun && (await restored(begun, app));
  const own = known ? id || begun.id : newId();
  const given = known || { observed_at: Date.now(), place: '', text: '', category: '', child_safe_now: '' };
  const chosen = (one, value) => one === value && html`checked`;
  app.mount(root, html`
    <section class="danger-box">
      <h2>${t('red.do_not_ask')}</h2>
      <p>${t('red.how')}</p>
      <p><strong>${t('lead.no_evidence')}</strong></p>
      <a class="button danger wide" href="tel:110">${t('red.call')}</a>
    </section>
    ${unsentList(waiting.filter((one) => one.id !== own))}
    ${begun && known && html`<div class="note-box"><p>${t('lead.restored', { at: momentText(begun.kept_at) })}</p>
      <details><summary>${t('lead.give_up')}</summary><button type="button" class="plain wide" data-do="forget">${t('lead.forget')}</button></details></div>`}
    <form class="card" data-do="report" data-on="typed">
      <div id="trouble" role="alert"></div>
      <label class="field"><span>${t('lead.institution')}</span>
        <select name="institution_id" required><option value="">${t('lead.choose')}</option>
          ${list.map((one) => html`<option value="${one.id}" ${one.id === given.institution_id && html`selected`}>${one.name}</option>`)}</select></label>
      <label class="field"><span>${t('lead.observed_at')}</span>
        <input type="datetime-local" name="observed_at" required value="${given.observed_at && localTime(given.observed_at)}"></label>
      <label class="field"><span>${t('lead.place')}</span>
        <input name="place" maxlength="60" required autocomplete="off" value="${given.place}"></label>
      <fieldset class="field"><legend>${t('lead.category')}</legend>
        ${codes('lead_category').map((code) => html`<label class="check"><input type="radio" name="category" value="${code}" required ${chosen(code, given.category)}> ${t(`lead_category.${code}`)}</label>`)}</fieldset>
      <fieldset class="field"><legend>${t('lead.safe')}</legend>
        ${SAFE.map((code) => html`<label class="check"><input type="radio" name="child_safe_now" value="${code}" required ${chosen(code, given.child_safe_now)}> ${t(`lead.safe_${code}`)}</label>`)}</fieldset>
      <label class="field"><span>${t('lead.called_at')}</span>
        <input type="datetime-local" name="police_called_at" value="${given.police_called_at && localTime(given.police_called_at)}"></label>
      <label class="field"><span>${t('lead.receipt')}</span>
        <input name="police_receipt" maxlength="64" autocomplete="off" value="${given.police_receipt}"></label>
      <label class="field"><span>${t('lead.text')}</span>
        <textarea name="text" rows="5" maxlength="${MOST}">${given.text}</textarea></label>
      <p class="hint">${t('lead.no_names')}</p>
      <div id="hints" role="status" aria-live="polite"></div>
      <button type="submit" class="danger wide">${t('lead.report')}</button>
      <p class="hint">${t('lead.where_to')}</p>
    </form>
    <div class="foot"><button type="button" data-do="leave">${t('app.back')}</button></div>`);
  const form = root.querySelector('form');
  const keep = inTurn(async () => {
    if (!form.dataset.sent) await keepLead(own, bodyOf(form), { begun: true });
  });
  const hint = () => {
    const found = [...new Set([form.place.value, form.text.value].flatMap(identifying))];
    app.mount(root.querySelector('#hints'), found.length > 0 && html`<p class="note-box">${t('lead.hints')}${found.map((code) => t(`flag.${code}`)).join(t('lead.and'))}</p>`);
  };
  hint();
  app.wire(root, {
    leave: () => app.back(),
    send: (button) => sendAgain(app, button.dataset.id),
    forget: async () => {
      await mine().remove('leads', own);
      app.again();
    },
    report: async () => {
      form.dataset.sent = 'yes';
      await keep().catch(() => {}); // what was typed last is under way still; what was wrong with that has been said
      await report(root, app, form, own);
    },
  }, {
    typed: () => {
      hint();
      return keep();
    },
  });
}

async function report(root, app, form, id) {
  const trouble = root.querySelector('#trouble');
  const button = form.querySelector('[type=submit]');
  app.mount(trouble, '');
  button.disabled = true;
  try {
    const isKept = await keepLead(id, bodyOf(form)).then(() => true, isFull);
    const [answer, said] = isKept ? await sent(id) : await sentAsItIs(id, bodyOf(form));
    if (answer?.status === 422 || (!isKept && !(answer?.status < 300))) {
      if (isKept) await reopenLead(id);
      const faults = answer?.json?.errors || [];
      app.mount(trouble, faults.length > 0
        ? html`<ul class="fault">${faults.map((fault) => html`<li>${FIELDS[fault.pointer] && html`<strong>${t(FIELDS[fault.pointer])}</strong> `}${fault.detail}</li>`)}</ul>`
        : html`<p class="fault">${said}</p>`);
      trouble.scrollIntoView({ block: 'center' });
      return;
    }
    app.mount(root, html`
      <section class="danger-box"><p role="status">${said}</p><a class="button danger wide" href="tel:110">${t('red.call')}</a></section>
      <div class="foot"><button type="button" data-do="leave">${t('app.back')}</button></div>`);
  } finally {
    button.disabled = false;
    delete form.dataset.sent;
  }
}
