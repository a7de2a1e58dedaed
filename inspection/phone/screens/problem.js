// 问题: what was found, until when it is whose, what happened to it, and what the institution may ask for.

import { NoNetwork } from '../api.js';
import { mine } from '../db.js';
import * as drafts from '../draft.js';
import * as outbox from '../outbox.js';
import * as sync from '../sync.js';
import { addDays, dateOf, dayText, dueText, html, momentText, t, timeText } from '../words.js';
import { Pictures } from './camera.js';

/** What the institution itself may do, and while what of it waits to be sent it is not offered again. */
const MOVES = {
  rectify: ['rectification'],
  ask_extension: ['rectification', 'extension', 'objection'],
  object: ['rectification', 'extension', 'objection'],
};
const PETITIONS = { ask_extension: 'extension', object: 'objection' };
const MOST_WORDS = 4000;

// ── what the phone knows ─────────────────────────────────────────────────────────────────────────────────────────

/**
 * A problem as it is known here: in full as of its last fetching, with the line of a later sync over it; or the line
 * alone (`partial`). `told_at`: when that was; `can`: what may be done.
 */
export async function known(id) {
  const detail = await mine().get('details', id);
  const finished = (await sync.setting('finished')) || [];
  const line = (await mine().get('problems', id)) || finished.find((one) => one.id === id);
  const synced = await sync.setting('synced_at');
  if (!detail && !line) return null;
  if (!detail) return { ...line, partial: true, told_at: synced, can: line.status === 'open' ? ['rectify'] : [] };
  const can = detail.moves.map((move) => move.action).filter((action) => MOVES[action]);
  const later = line && synced > detail.fetched_at;
  if (!later) return { ...detail, told_at: detail.fetched_at, can };
  const same = ['status', 'round', 'petition'].every((name) => line[name] === detail[name]);
  const still = same ? can : can.filter((action) => action === 'rectify' && line.status === 'open');
  return { ...detail, ...line, told_at: synced, can: still };
}

/** What was queued about a problem and is not yet seen in what is known of it. */
export const queuedFor = async (id, toldAt) =>
  (await outbox.entries()).filter(
    (one) => one.path.startsWith(`/problems/${id}/`) && (outbox.unsent(one) || one.done_at > (toldAt || 0)),
  );

/** What the server refused waits for a person: it does not stand in the way of doing it anew. */
export const isUnderWay = (entry) => outbox.stateOf(entry) !== 'attention';

export const bodyOf = async (entry) => {
  const kept = await mine().get('bodies', entry.id);
  return kept && JSON.parse(new TextDecoder().decode(kept.bytes));
};

/** What was found; where nobody said it, what the item requires. */
export function factOf({ text, item_text: required }) {
  return required && text === required ? t('problem_page.unmet', { text }) : text;
}

const holderText = (problem, app) =>
  problem.holder && t('problem_page.now', {
    holder: problem.holder === 'unit' && app.isUnit ? t('problem_page.ourselves') : t(`holder.${problem.holder}`),
  });

/** 今日到期, 还剩 3 天: only while the institution's own clock runs. */
export function dueBadge(problem, today) {
  if (problem.status !== 'open' || !problem.due_on || problem.holder !== 'unit') return null;
  const kind = problem.due_on < today ? 'overdue' : problem.due_on === today ? 'due_today' : '';
  return html`<span class="badge ${kind}">${dueText(problem.due_on, today)}</span>`;
}

// ── what the notices and 整改 show alike ─────────────────────────────────────────────────────────────────────────────

export const severityBadge = (severity) => html`<span class="badge ${severity}">${t(`severity.${severity}`)}</span>`;

/** Ask the server anew. True if it answered, false where there is no network. */
export async function asked(fetching) {
  try {
    await fetching();
    return true;
  } catch (error) {
    if (!(error instanceof NoNetwork)) throw error;
    return false;
  }
}

export const dayAndTime = (moment) => `${dayText(dateOf(Date.parse(moment)))} ${timeText(Date.parse(moment))}`;

/** What waits in the queue, in words: kept here, how far it has come, what was answered. `more`: what can be done. */
export function queuedBox(entry, more = null) {
  const state = outbox.stateOf(entry);
  const error = state === 'attention' ? entry.error : null;
  const about = {
    at: momentText(entry.created_at),
    done: entry.done_at && momentText(entry.done_at),
    missing: entry.photos.filter((photo) => !photo.stored).length,
  };
  return html`<section class="${{ attention: 'trouble-box', done: 'good-box' }[state] || 'note-box'}">
    <h2>${t(`problem_page.queued_${entry.kind}`)}</h2>
    <p>${t(`problem_page.queued_${state}`, about)}</p>
    ${error?.text && html`<p>${t('problem_page.server_said', { text: error.text })}</p>`}
    ${error?.faults?.length > 0 && html`<ul>${error.faults.map((fault) => html`<li>${fault.text}</li>`)}</ul>`}
    ${more && html`<p>${more}</p>`}
    <p><a class="button plain" href="#/entry/${entry.id}">${t('problem_page.queued_look')}</a></p>
  </section>`;
}

/** A field with its label, and a place for its fault beside it. `control` gets what belongs among its attributes. */
export const field = (form, name, label, control) => {
  const id = `${form}-${name}`;
  return html`<div class="field"><label class="label" for="${id}">${label}</label>
    ${control(html`id="${id}" name="${name}" data-on="${form}" aria-describedby="fault-${id}"`)}
    <p class="fault" id="fault-${id}" hidden></p></div>`;
};

/** Show what is wrong beside each field and once at the top of the form; true if nothing is. `faults`: name → text. */
export function isRight(form, faults) {
  const wrong = Object.entries(faults).filter(([, text]) => text);
  for (const name of Object.keys(faults)) setRight(form, name);
  for (const [name, text] of wrong) {
    const place = form.querySelector(`#fault-${form.dataset.do}-${name}`);
    place.textContent = text;
    place.hidden = false;
    form.elements[name]?.setAttribute('aria-invalid', 'true');
  }
  const top = form.querySelector('[role=alert]');
  top.hidden = !wrong.length;
  top.textContent = wrong.map(([, text]) => text).join(' ');
  if (wrong.length) (form.elements[wrong[0][0]] || top).focus();
  return !wrong.length;
}

/** What somebody is putting right is not wrong any more until it is sent. */
export function setRight(form, name) {
  form.elements[name]?.removeAttribute('aria-invalid');
  form.querySelector(`#fault-${form.dataset.do}-${name}`)?.setAttribute('hidden', '');
  if (!form.querySelector('.fault[id]:not([hidden])')) form.querySelector('[role=alert]').hidden = true;
}

export const faultsBox = () => html`<p class="trouble-box" role="alert" tabindex="-1" hidden></p>`;

function isTyping(root) {
  const active = document.activeElement;
  return root.contains(active) && active.matches('input, textarea, select');
}

/**
 * Puts in what `content` makes of a state (`asking`, `told`, `away`; the last one where none is given), unless that
 * stands there already or somebody is typing. What the reader has opened stays open. `after`: what follows each time.
 */
export function drawing(root, app, content, after = () => {}) {
  let shown = null;
  let last = 'asking';
  let turns = 0;
  return async (state = last) => {
    last = state;
    const turn = (turns += 1);
    const now = String(await content(state));
    if (turn !== turns || !root.isConnected || now === shown || (shown !== null && isTyping(root))) return;
    shown = now;
    const open = [...root.querySelectorAll('details[open]')].map((one) => one.id);
    app.redraw(root, now);
    for (const id of open) document.getElementById(id)?.setAttribute('open', '');
    after();
  };
}

/** Runs one at a time; what comes meanwhile runs once more after it. */
export function inTurn(action) {
  let running = null;
  let again = false;
  return () => {
    again = true;
    running ||= (async () => {
      try {
        while (again) {
          again = false;
          await action();
        }
      } finally {
        running = null;
      }
    })();
    return running;
  };
}

/** Queue something that needs no draft; what the server refused of the same kind is replaced by it. */
export async function queueInstead(body, { kind, path, title }, refused) {
  const id = drafts.newId();
  await outbox.enqueue(body, { id, kind, path: path(id), title });
  await mine().work('outbox', 'readwrite', async (s) => {
    for (const one of refused) {
      const now = await s.outbox.get(one.id);
      if (now && outbox.unsent(now)) await s.outbox.put({ ...now, replaced_by: id });
    }
  });
}

// ── one problem ──────────────────────────────────────────────────────────────────────────────────────────────────

export async function show(root, [id], app) {
  app.titled(t('problem_page.title'));
  const pictures = new Pictures();
  const draw = drawing(root, app, async (state) => {
    const problem = await known(id);
    if (!problem) return nothingKnown(state);
    const entries = await queuedFor(id, problem.told_at);
    return page(problem, entries, await typedFor(problem, entries), { app, pictures, state });
  }, () => pictures.fill(root, app));
  const fetchAnew = inTurn(async () => draw((await asked(() => sync.fetchProblem(id))) ? 'told' : 'away'));
  const answered = new Set();
  const follow = async () => {
    const problem = await known(id);
    const news = problem ? (await queuedFor(id, problem.told_at)).filter((one) => one.done_at || !isUnderWay(one)) : [];
    const isNew = news.some((one) => one.done_at || !answered.has(one.id));
    for (const one of news) answered.add(one.id);
    await (isNew ? fetchAnew() : draw());
  };
  app.wire(root, {
    enlarge: (button) => pictures.enlarge(button, app),
    extension: (form) => petition(form, 'extension', id, app, draw),
    objection: (form) => petition(form, 'objection', id, app, draw),
  }, {
    extension: (control) => keepTyped(control, 'extension', id),
    objection: (control) => keepTyped(control, 'objection', id),
  });
  await draw();
  fetchAnew();
  const stop = outbox.watchQueue(follow);
  return () => {
    stop();
    pictures.release();
  };
}

export const nothingKnown = (state) => html`<p class="empty">${t(`problem_page.nothing_${state}`)}</p>`;

function page(problem, entries, typed, { app, pictures, state }) {
  const underWay = entries.filter(isUnderWay).map((one) => one.kind);
  const offered = app.isUnit ? problem.can.filter((move) => !MOVES[move].some((kind) => underWay.includes(kind))) : [];
  const again = (entry) => offered.some((move) => PETITIONS[move] === entry.kind) && t('problem_page.queued_correct');
  return html`
    ${turnedBack(problem)}
    ${entries.map((one) => queuedBox(one, again(one)))}
    ${head(problem, app, offered.includes('object'))}
    ${problem.partial ? html`<p class="note-box">${t(`problem_page.partial_${state}`)}</p>` : html`
      ${pending(problem)}
      ${beside(problem, entries, pictures)}
      ${facts(problem)}
      ${offered.includes('ask_extension') && extensionForm(problem, typed.extension, app.today())}
      ${offered.includes('object') && objectionForm(problem, typed.objection)}
      <h2 class="section">${t('problem_page.timeline')}</h2>
      <ol class="timeline">${problem.timeline.map((event) => eventLine(event, problem, pictures))}</ol>
      ${state === 'away' && html`<p class="hint">${t('problem_page.as_of', { at: momentText(problem.told_at) })}</p>`}`}
    ${offered.includes('rectify') && html`<div class="foot"><a class="button main" href="#/rectify/${problem.id}">
      ${t(typed.proof ? 'problem_page.rectify_on' : 'problem_page.rectify')}</a></div>`}`;
}

const TURNS = ['submitted', 'fixed_on_the_spot', 'returned', 'reopened', 'proof_incomplete'];
const TURNED_BACK = ['returned', 'reopened', 'proof_incomplete'];

/** Why it is the institution's again, in red, with the date that counts now. */
export function turnedBack(problem) {
  const { round } = problem;
  if (problem.partial) {
    const isBack = problem.status === 'open' && round > 1;
    return isBack && html`<section class="trouble-box"><h2>${t('problem_page.returned', { round })}</h2></section>`;
  }
  const turns = problem.timeline.filter((event) => TURNS.includes(event.event));
  const last = turns[turns.length - 1];
  if (!last || !TURNED_BACK.includes(last.event) || !['open', 'found'].includes(problem.status)) return null;
  return html`<section class="trouble-box">
    <h2>${t(`problem_page.${last.event}`, { round })}</h2>
    ${(last.comment || last.reason) && html`<p class="said">${last.comment || last.reason}</p>`}
    ${problem.status === 'open' && html`<p>${t('problem_page.new_date', { day: dayText(problem.due_on) })}</p>`}
  </section>`;
}

function head(problem, app, mayObject) {
  const today = app.today();
  const { status } = problem;
  const isLate = status === 'open' && problem.holder === 'unit' && problem.due_on < today;
  const holder = holderText(problem, app);
  return html`<section class="card ${isLate && 'bad'}">
    <p>${severityBadge(problem.severity)}
      <span class="badge ${status === 'closed' && 'done'}">${t(`status.${status}`)}</span>
      ${dueBadge(problem, today)}
      ${problem.provisional && html`<span class="badge">${t('problem_page.provisional')}</span>`}
      ${problem.supervised && html`<span class="badge critical">${t('problem_page.supervised')}</span>`}</p>
    <h2 class="said">${factOf(problem)}</h2>
    <p class="quiet">${problem.number || t('problem_page.no_number')}</p>
    ${problem.due_on && html`<p><strong>${t('problem_page.due', { day: dayText(problem.due_on) })}</strong></p>`}
    ${problem.provisional && html`<p class="hint">${t('problem_page.provisional_means')}</p>`}
    ${holder && html`<p>${holder}${clockText(problem)}</p>`}
    ${status === 'found' && html`<p class="note-box">${t(`problem_page.found_means${mayObject ? '_unit' : ''}`)}</p>`}
    ${status === 'closed' && onTimeText(problem)}
    ${problem.severity === 'critical' && status !== 'closed' && html`<p class="hint">${t('problem_page.critical')}</p>`}
  </section>`;
}

function onTimeText({ closed_on_time: onTime }) {
  return typeof onTime === 'boolean' && html`<p>${t(onTime ? 'problem_page.on_time' : 'problem_page.late')}</p>`;
}

/** Until when whoever else has it is to act. */
function clockText(problem) {
  if (problem.partial || !problem.clocks.until || problem.holder === 'unit') return null;
  return html` · ${t('problem_page.until', { day: dayText(problem.clocks.until) })}`;
}

/** What was asked and nobody has decided yet. */
function pending(problem) {
  return problem.petitions.filter((one) => one.state === 'pending').map((one) => html`
    <section class="note-box"><h2>${t(`problem_page.pending_${one.kind}`)}</h2>
      ${one.requested_due_on && html`<p>${t('problem_page.requested', { day: dayText(one.requested_due_on) })}</p>`}
      <p class="said">${one.reason}</p>
      <p class="hint">${one.asked_by} · ${dayAndTime(one.asked_at)}</p>
      ${problem.status === 'open' && html`<p>${t(`problem_page.${one.holds ? 'holds' : 'holds_not'}`)}</p>`}
    </section>`);
}

export const side = (name, hashes, none, pictures) => html`<div><h3>${t(`problem_page.${name}`)}</h3>
  ${hashes.length
    ? pictures.list(hashes, t(`problem_page.${name}`))
    : html`<p class="quiet">${t(`problem_page.${none}`)}</p>`}</div>`;

/** Before on the left, after on the right: the finding's photos and those of the latest proof. */
function beside(problem, entries, pictures) {
  const latest = problem.rounds[problem.rounds.length - 1];
  const missing = latest?.missing_photos.length || 0;
  const after = (latest?.photos || []).filter((sha) => !latest.missing_photos.includes(sha));
  const waits = entries.some((one) => one.kind === 'rectification' && outbox.unsent(one));
  if (!problem.photos.length && !after.length && !missing) return null;
  const none = waits ? 'proof_waits' : latest ? 'no_photo' : 'no_proof';
  return html`<section class="card" data-gallery><h2>${t('problem_page.photos')}</h2>
    <div class="beside">
      ${side('before', problem.photos, 'no_photo', pictures)}
      ${side('after', after, none, pictures)}</div>
    ${missing > 0 && html`<p>${t('problem_page.missing', { count: missing })}</p>`}
    ${pictures.place()}</section>`;
}

const fact = (label, value) => value && html`<dt>${t(`problem_page.${label}`)}</dt><dd class="said">${value}</dd>`;

const link = (path, text) => html`
  <p><a class="button plain wide" href="#/${path}">${t(`problem_page.${text}`)}</a></p>`;

function facts(problem) {
  const basis = problem.basis.map((one) => one.printed).filter(Boolean);
  const { ordered_due_on: ordered, supervision_due_on: supervision } = problem.clocks;
  const before = problem.recurrence_of.length;
  return html`<section class="card"><h2>${t('problem_page.facts')}</h2>
    <dl class="facts">
      ${fact('institution', problem.institution_name)}
      ${fact('place', problem.place)}
      ${fact('quantity', problem.quantity !== null && String(problem.quantity))}
      ${fact('item', problem.item_text && `${problem.item_code} ${problem.item_text}`)}
      ${fact('advice', problem.advice)}
      ${fact('responsible', problem.responsible_name)}
      ${fact('ordered', ordered && ordered !== problem.due_on && dayText(ordered))}
      ${fact('supervised_until', problem.supervised && supervision && dayText(supervision))}
      ${fact('recurrence', before > 0 && t('problem_page.recurs', { count: before }))}
    </dl>
    ${basis.length > 0 && html`<details id="basis"><summary>${t('problem_page.basis')}</summary>
      <ul>${basis.map((text) => html`<li>${text}</li>`)}</ul></details>`}
    ${problem.merged_into && link(`problem/${problem.merged_into}`, 'merged_into')}
    ${problem.notice_id && link(`notice/${problem.notice_id}`, 'notice')}
  </section>`;
}

/** One event: what, when, who, and why. */
function eventLine(event, problem, pictures) {
  const proof = problem.rounds.find((one) => one.id === event.rectification_id);
  const review = event.review_id && proof?.reviews.find((one) => one.id === event.review_id);
  const tells = ['submitted', 'fixed_on_the_spot'].includes(event.event) && proof;
  const photos = event.photos || review?.photos || [];
  const words = [
    event.event === 'rechecked' && t(event.fixed ? 'problem_page.recheck_fixed' : 'problem_page.recheck_open'),
    event.event === 'acknowledged' && t('problem_page.signed_by', { name: event.name }),
    tells && proof.description,
    tells && t('problem_page.done_on', { day: dayText(proof.completed_on) }),
    event.comment || (event.reason === 'superseded' ? t('problem_page.superseded') : event.reason),
    event.note,
    event.event === 'merged_here' && event.text,
    event.department && t('problem_page.to_department', { department: event.department }),
    event.requested_due_on && t('problem_page.requested', { day: dayText(event.requested_due_on) }),
    event.due_on && t('problem_page.due', { day: dayText(event.due_on) }),
    event.department_due_on && t('problem_page.due', { day: dayText(event.department_due_on) }),
    event.supervision_due_on && t('problem_page.due', { day: dayText(event.supervision_due_on) }),
    review?.second_reviewer && t('problem_page.second', { name: review.second_reviewer }),
  ].filter(Boolean);
  return html`<li data-gallery><p><strong>${t(`event.${event.event}`)}</strong></p>
    <p class="caption">${dayAndTime(event.at)} · ${event.by || t('problem_page.system')}</p>
    ${words.map((text) => html`<p class="said">${text}</p>`)}
    ${photos.length > 0 && html`${pictures.list(photos, t(`event.${event.event}`))}${pictures.place()}`}</li>`;
}

// ── 延期 and 异议 ────────────────────────────────────────────────────────────────────────────────────────────────

const typedKey = (kind, id) => `typed:${kind}:${id}`;

const valuesOf = ({ elements }) => ({
  reason: elements.reason.value,
  requested_due_on: elements.requested_due_on?.value,
});

function keepTyped({ form, name }, kind, id) {
  setRight(form, name);
  return sync.keepSetting(typedKey(kind, id), valuesOf(form));
}

/** What was typed and not sent yet; else what was sent and refused, to be put right. `proof`: whether one is begun. */
async function typedFor(problem, entries) {
  const typed = {};
  for (const kind of Object.values(PETITIONS)) {
    const refused = entries.find((one) => one.kind === kind && !isUnderWay(one));
    typed[kind] = (await sync.setting(typedKey(kind, problem.id))) || (refused && (await bodyOf(refused)));
  }
  const proofs = await drafts.openDrafts('rectification');
  typed.proof = proofs.some((one) => one.problem_id === problem.id && (one.description || one.photos.length));
  return typed;
}

const reasonField = (form, typed, label) => field(form, 'reason', label, (about) => html`
  <textarea ${about} maxlength="${MOST_WORDS}" rows="4">${typed?.reason}</textarea>`);

/** Asked by its date, and not for one that stood after a refusal: only then the days stop counting. */
function stopsTheClock({ due_on: due, petitions }, today) {
  const denied = petitions.filter((one) => one.kind === 'extension' && one.state === 'deny');
  return today <= due && !denied.some((one) => one.after_due_on === due);
}

function extensionForm(problem, typed, today) {
  const least = addDays(problem.due_on > today ? problem.due_on : today, 1);
  const means = stopsTheClock(problem, today) ? 'extension_means' : 'extension_means_late';
  return html`<details class="card" id="ask-extension" ${typed && 'open'}>
    <summary>${t('problem_page.ask_extension')}</summary>
    <form data-do="extension" data-least="${least}" novalidate>
      ${faultsBox()}
      <p>${t(`problem_page.${means}`, { day: dayText(problem.due_on) })}</p>
      ${field('extension', 'requested_due_on', t('problem_page.until_when'), (about) => html`
        <input type="date" ${about} min="${least}" value="${typed?.requested_due_on}">`)}
      ${reasonField('extension', typed, t('problem_page.extension_reason'))}
      <p class="hint">${t('problem_page.counts_on_receipt')}</p>
      <button type="submit" class="main wide">${t('problem_page.send_extension')}</button>
    </form></details>`;
}

const objectionForm = (problem, typed) => html`<details class="card" id="ask-objection" ${typed && 'open'}>
    <summary>${t('problem_page.object')}</summary>
    <form data-do="objection" novalidate>
      ${faultsBox()}
      <p>${t(problem.status === 'found' ? 'problem_page.objection_means_found' : 'problem_page.objection_means')}</p>
      ${reasonField('objection', typed, t('problem_page.objection_reason'))}
      <p class="hint">${t('problem_page.counts_on_receipt')}</p>
      <button type="submit" class="main wide">${t('problem_page.send_objection')}</button>
    </form></details>`;

function dateFault(day, least) {
  if (!day) return t('problem_page.no_date');
  return day < least && t('problem_page.date_too_early', { day: dayText(least) });
}

/** Queue what was asked; what was refused before is replaced by it. */
async function petition(form, kind, id, app, draw) {
  const { reason, requested_due_on: day } = valuesOf(form);
  const faults = kind === 'extension' ? { requested_due_on: dateFault(day, form.dataset.least) } : {};
  if (!isRight(form, { ...faults, reason: !reason.trim() && t('problem_page.no_reason') }) || form.dataset.sent) return;
  form.dataset.sent = 'yes';
  try {
    const problem = await known(id);
    const refused = (await queuedFor(id, 0)).filter((one) => one.kind === kind && !isUnderWay(one));
    const body = kind === 'extension' ? { requested_due_on: day, reason: reason.trim() } : { reason: reason.trim() };
    const path = (made) => `/problems/${id}/${kind}s/${made}`;
    await queueInstead(body, { kind, path, title: factOf(problem) }, refused);
  } finally {
    delete form.dataset.sent;
  }
  await mine().remove('settings', typedKey(kind, id));
  document.activeElement?.blur();
  app.say(t('problem_page.kept'));
  await draw();
  window.scrollTo(0, 0);
}
