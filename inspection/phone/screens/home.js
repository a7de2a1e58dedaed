// 工作台: what is overdue, what is due today, what waits for me.

import { NoNetwork, VERSION } from '../api.js';
import { mine } from '../db.js';
import { openDrafts } from '../draft.js';
import { entries, unsent } from '../outbox.js';
import * as sync from '../sync.js';
import { daysBetween, dayText, dueText, go, html, momentText, t } from '../words.js';
import { keptForSure, limitList, limitsHere } from './account.js';
import { begunLead } from './lead.js';
import { inTurn } from './problem.js';

/** Where 工作台 stands now: it may be built anew while something that began on it is still under way. */
let place = null;

export async function show(root, _, app) {
  app.titled(t(app.isUnit ? 'home.title_unit' : 'home.title'));
  place = root;
  const draw = inTurn(() => (app.isUnit ? showUnit : app.isInspector ? showInspector : showOther)(place, app));
  app.wire(root, {
    prepare: (button) => makeReady(button, app, draw),
    tab: (button) => {
      tab = button.dataset.tab;
      return draw();
    },
    refresh: async () => {
      app.say(t((await app.refresh({ anew: true })) ? 'home.refreshed' : app.isSignedOut ? 'app.signed_out' : 'trouble.no_network'));
      return draw();
    },
  });
  // what comes while it is drawn for the first time is drawn too
  const stop = app.watchRefresh(draw);
  await draw();
  return stop;
}

function showOther(root, app) {
  app.mount(root, html`<p class="empty">${t('home.desk_only')}</p>`);
}

// ── 离线准备 ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Whether a day without signal can begin: the client kept by its worker, the day fetched. Null, or since when. */
async function readySince() {
  if (!navigator.serviceWorker?.controller) return null;
  const count = mine().work('checklists', 'readonly', (s) => s.checklists.count());
  const [at, isKept, checklists] = await Promise.all([sync.setting('prepared_at'), caches.has(`phone-${VERSION}`), count]);
  return (isKept && checklists && at) || null;
}

async function makeReady(button, app, draw) {
  button.disabled = true;
  app.say(t('home.preparing'));
  try {
    await sync.prepare(app.isUnit);
    if (navigator.serviceWorker) await controlled();
    const since = await readySince();
    app.say(since ? t('home.ready', { at: momentText(since) }) : t('home.not_ready_worker'), !since);
  } catch (error) {
    if (!(error instanceof NoNetwork)) throw error;
    app.say(t('home.prepare_no_network'), true);
  } finally {
    button.disabled = false;
    await draw();
  }
}

/** Until the worker has this page; at most ten seconds. */
async function controlled() {
  await Promise.race([navigator.serviceWorker.ready, new Promise((resolve) => setTimeout(resolve, 10000))]);
  if (navigator.serviceWorker.controller) return;
  await new Promise((resolve) => {
    navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true });
    setTimeout(resolve, 3000);
  });
}

/** Whether it is ready, and what the browser promises to keep. It stands on top until it is, and below the work then. */
const readyBox = (since, kept) => html`
  <section class="card ${since ? 'done' : ''}">
    <div class="row"><div><p><strong>${t(since ? 'home.is_ready' : 'home.not_ready')}</strong></p>
      <p class="quiet">${since ? momentText(since) : t('home.prepare_why')}</p></div>
    <button type="button" class="${since ? 'plain' : 'main'}" data-do="prepare">${t(since ? 'home.prepare_again' : 'home.prepare')}</button></div>
    ${kept !== null && html`<p class="hint">${t(kept ? 'me.promise_yes' : 'me.promise_no')}</p>`}
  </section>`;

const refreshButton = () => html`<p class="right"><button type="button" data-do="refresh">${t('home.refresh')}</button></p>`;

/** Work that lies on this phone alone for more than a day, said in days. */
function oldestUnsent(drafts, waiting) {
  const finished = waiting.filter(unsent).map((one) => one.created_at);
  const oldest = Math.min(...finished, ...drafts.map((one) => Date.parse(one.started_at) || one.changed_at));
  const days = Math.floor((Date.now() - oldest) / 86400000);
  return days > 0 && Number.isFinite(days) && html`<p class="trouble-box">${t('home.old_unsent', { days })}</p>`;
}

// ── inspectors ───────────────────────────────────────────────────────────────────────────────────────────────────

async function showInspector(root, app) {
  const today = app.today();
  // side by side: one after the other they hold up the screen
  const [since, limits, isKept, drafts, lead, waiting, known, institutions, assignments] = await Promise.all([
    readySince(), limitsHere(), keptForSure(), openDrafts('inspection'), begunLead(), entries(),
    mine().all('drafts'), mine().all('institutions'), mine().all('assignments'),
  ]);
  const places = new Map(institutions.map((one) => [one.id, one]));
  const tasks = assignments.sort((a, b) => (a.planned_on < b.planned_on ? -1 : 1));
  const begun = new Set(drafts.map((one) => one.assignment_id));
  const sent = new Set(known.filter((one) => one.state === 'finished').map((one) => one.assignment_id));
  const left = tasks.filter((one) => !begun.has(one.id) && !sent.has(one.id));
  const now = left.filter((one) => one.planned_on <= today);
  const later = left.filter((one) => one.planned_on > today);
  const ready = readyBox(since, isKept);
  const line = (task) => html`
    <a class="card" href="#/task/${task.id}">
      <div class="row"><h3>${places.get(task.institution_id)?.name || t('home.unknown_place')}</h3>${go}</div>
      <p class="quiet">${dayText(task.planned_on)}${task.planned_on < today && html` <span class="badge due_today">${t('home.task_late', { count: daysBetween(task.planned_on, today) })}</span>`}</p>
    </a>`;
  app.redraw(root, html`
    ${limitList(limits)}
    ${oldestUnsent(drafts, waiting)}
    ${!since && ready}
    ${lead && html`<a class="card bad" href="#/lead"><div class="row"><h2>${t('home.lead_begun')}</h2>${go}</div></a>`}
    ${drafts.length > 0 && html`
      <h2 class="section">${t('home.go_on')}</h2>
      ${drafts.map((one) => html`<a class="card" href="#/check/${one.id}">
        <div class="row"><h3>${one.institution.name}</h3>${go}</div>
        <p class="quiet">${t('home.begun', { at: momentText(one.started_at) })}</p></a>`)}`}
    ${(now.length > 0 || !drafts.length) && html`<h2 class="section">${t('home.today')}</h2>`}
    ${now.map(line)}
    ${!now.length && !drafts.length && html`<p class="empty">${t('home.no_task')}</p>`}
    <a class="button ${now.length || drafts.length ? 'plain' : 'main'} wide" href="#/new">${t('home.new')}</a>
    <a class="button danger wide" href="#/red">${t('red.button')}</a>
    ${later.length > 0 && html`<h2 class="section">${t('home.later')}</h2>${later.map(line)}`}
    ${since && html`<h2 class="section">${t('home.device')}</h2>${ready}`}
    ${refreshButton()}`);
}

// ── the institution's administrator ──────────────────────────────────────────────────────────────────────────────

/** The group that somebody chose; else the first that is not empty is shown. */
let tab = null;
let returnedBefore = 0;

const TABS = {
  returned: (one) => one.status === 'open' && one.round > 1,
  open: (one) => one.status === 'open' && one.round === 1,
  submitted: (one) => one.status === 'submitted',
  found: (one) => one.status === 'found',
  done: (one) => ['closed', 'void', 'transferred'].includes(one.status),
};

const byUrgency = (a, b) => (a.due_on || '9').localeCompare(b.due_on || '9') || a.id.localeCompare(b.id);

export const dueBadge = (one, today) => one.due_on && one.deadline_class && html`
  <span class="badge ${one.due_on < today ? 'overdue' : one.due_on === today ? 'due_today' : ''}">${dueText(one.due_on, today)}</span>`;

const problemCard = (one, today) => html`
  <a class="card ${TABS.returned(one) ? 'bad' : ''}" href="#/problem/${one.id}">
    <div><span class="badge ${one.severity}">${t(`severity.${one.severity}`)}</span>
      ${one.status === 'open' ? dueBadge(one, today) : html`<span class="badge">${t(`status.${one.status}`)}</span>`}
      ${TABS.returned(one) && html`<span class="badge overdue">${t('home.returned_round', { round: one.round })}</span>`}
      ${one.petition && html`<span class="badge due_today">${t(`home.petition_${one.petition}`)}</span>`}</div>
    <h3>${one.text}</h3>
    <p class="quiet whole">${one.number || t('home.no_number')}${one.place && html` · ${one.place}`}</p>
    ${one.due_on && html`<p class="whole">${t('home.due', { day: dayText(one.due_on) })}</p>`}
  </a>`;

async function showUnit(root, app) {
  const today = app.today();
  const problems = [...(await mine().all('problems')), ...((await sync.setting('finished')) || [])].sort(byUrgency);
  const groups = Object.entries(TABS).map(([name, belongs]) => [name, problems.filter(belongs)]);
  const unacknowledged = (await mine().all('notices')).filter((one) => !one.acknowledged_at && !one.acknowledgement);
  const urgent = problems.filter((one) => one.status === 'open');
  // what came back since one last looked stands in front
  const returned = groups[0][1].length;
  if (returned > returnedBefore) tab = null;
  returnedBefore = returned;
  const [shown, list] = groups.find(([name, all]) => (tab ? name === tab : all.length)) || ['open', []];
  const since = await readySince();
  const ready = readyBox(since, await keptForSure());
  app.redraw(root, html`
    ${limitList(await limitsHere())}
    ${unacknowledged.map((one) => html`<a class="card bad" href="#/notice/${one.id}"><h2>${t('home.acknowledge')}</h2><p>${one.document_number}</p></a>`)}
    <section class="card"><div class="row"><p>${urgent.length ? t('home.unit_open', { count: urgent.length, overdue: urgent.filter((one) => one.due_on < today).length, today: urgent.filter((one) => one.due_on === today).length }) : t('home.unit_nothing')}</p>
      <a class="button plain" href="#/notices">${t('home.notices')}</a></div></section>
    ${oldestUnsent(await openDrafts('rectification'), await entries())}
    ${!since && ready}
    <div class="chips" role="group" aria-label="${t('home.groups')}">
      ${groups.map(([name, all]) => html`<button type="button" data-do="tab" data-tab="${name}" aria-pressed="${String(name === shown)}">${t(`home.group_${name}`)} ${all.length}</button>`)}
    </div>
    <h2 class="away">${t(`home.group_${shown}`)}</h2>
    ${shown === 'found' && list.length > 0 && html`<p class="note-box">${t('home.found_means')}</p>`}
    ${list.length ? list.map((one) => problemCard(one, today)) : html`<p class="empty">${t(`home.empty_${shown}`)}</p>`}
    ${since && html`<h2 class="section">${t('home.device')}</h2>${ready}`}
    ${refreshButton()}`);
}
