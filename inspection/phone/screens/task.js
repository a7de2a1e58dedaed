// 任务: where the visit goes, who comes along, what is still open there; and 疑似侵害, the red button's page.

import { mine } from '../db.js';
import { KINDS, openDrafts, startInspection } from '../draft.js';
import { locate } from '../photo.js';
import * as sync from '../sync.js';
import { codes, dayText, dueText, html, t } from '../words.js';
import { isApple } from './account.js';
import { begunLead, sendAgain, unsentLeads, unsentList } from './lead.js';

const MOST_SHOWN = 50;

export async function choose(root, _, app) {
  app.titled(t('task.choose'));
  let places = [];
  app.mount(root, html`
    <label class="field"><span>${t('task.search')}</span><input type="search" data-on="search" autocomplete="off"></label>
    <div id="found"></div>`);
  const draw = () => {
    const text = root.querySelector('input').value.trim();
    const found = places.filter((one) => one.name.includes(text) || one.region_name.includes(text));
    app.redraw(root.querySelector('#found'), html`
      ${found.slice(0, MOST_SHOWN).map((one) => html`<a class="card" href="#/new/${one.id}"><h2>${one.name}</h2>
        <p class="quiet">${t(`kind.${one.kind}`)} · ${one.region_name}</p></a>`)}
      ${found.length > MOST_SHOWN && html`<p class="hint">${t('task.more', { count: found.length - MOST_SHOWN })}</p>`}
      ${!found.length && html`<p class="empty">${t(places.length ? 'task.none_found' : 'task.no_places')}</p>`}`);
  };
  app.wire(root, {}, { search: draw });
  const load = async () => {
    places = (await mine().all('institutions')).sort((a, b) => a.name.localeCompare(b.name, 'zh'));
    if (root.querySelector('#found')) draw();
  };
  await load();
  return app.watchRefresh(load);
}

export async function showTask(root, [id], app) {
  const task = await mine().get('assignments', id);
  const place = task && (await mine().get('institutions', task.institution_id));
  if (!place) {
    app.titled(t('task.title'));
    app.mount(root, html`<p class="empty">${t('task.gone')}</p>`);
    return;
  }
  const checklist = await sync.checklist(task.checklist_code, task.checklist_version);
  await showStart(root, app, { place, task, checklist });
}

export async function showPlace(root, [id], app) {
  const place = await mine().get('institutions', id);
  if (!place) {
    app.titled(t('task.title'));
    app.mount(root, html`<p class="empty">${t('task.gone')}</p>`);
    return;
  }
  await showStart(root, app, { place, task: null, checklist: await sync.checklist(KINDS[place.kind]) });
}

const FLAGS = () => codes('attribute');
const NUMBERS = ['guards_required', 'playback_days_required'];
const OPEN_SHOWN = 3;

const openLine = (one, today) => html`<li class="card"><div><span class="badge ${one.severity}">${t(`severity.${one.severity}`)}</span>
  <span class="badge">${t(`status.${one.status}`)}</span>${one.due_on && one.due_on < today && html` <span class="badge overdue">${dueText(one.due_on, today)}</span>`}</div>
  <p>${one.text}${one.place && html`（${one.place}）`}</p></li>`;

/** What can be dialled of an office's telephone: the first number, without what is to be asked for there. */
const dialled = (telephone) => (/\+?\d[\d ()-]+/.exec(telephone || '')?.[0] || '').replace(/[^+\d]/g, '');

/** The phone's own map, asked for the place. */
function mapOf(place) {
  const asked = encodeURIComponent(`${place.region_name} ${place.address || ''} ${place.name}`);
  return isApple() ? `maps:?q=${asked}` : `geo:0,0?q=${asked}`;
}

async function showStart(root, app, { place, task, checklist }) {
  app.titled(place.name);
  const today = app.today();
  const open = (await mine().all('problems'))
    .filter((one) => one.institution_id === place.id)
    .sort((a, b) => (a.due_on || '9').localeCompare(b.due_on || '9') || a.id.localeCompare(b.id));
  const begun = (await openDrafts('inspection')).find((one) => (task ? one.assignment_id === task.id : one.institution.id === place.id));
  const own = task?.inspectors.find((one) => one.user_id === app.me.id);
  const team = (task?.inspectors || []).filter((one) => one.user_id !== app.me.id);
  const sections = checklist ? answerable(checklist) : [];
  const chosen = new Set(own?.sections || sections.map((one) => one.code));
  const asked = JSON.stringify(sections);
  const matters = (name) => asked.includes(`"${name}"`);
  const about = html`
    <section class="card">
      <p class="quiet">${t(`kind.${place.kind}`)} · ${place.region_name} · ${place.competent_department}</p>
      ${(place.address || place.telephone) && html`<p>${[place.address, place.telephone].filter(Boolean).join(' · ')}</p>`}
      <div class="pair small">
        <a class="button plain" href="${mapOf(place)}" aria-label="${t('task.map_of', { name: place.name })}">${t('task.map')}</a>
        ${dialled(place.telephone) && html`<a class="button plain" href="tel:${dialled(place.telephone)}" aria-label="${t('task.call_of', { name: place.name, number: place.telephone })}">${t('task.call')}</a>`}</div>
      ${task && html`<p>${t('task.planned', { day: dayText(task.planned_on) })}</p>`}
      ${task?.note && html`<p class="note-box">${task.note}</p>`}
      <p>${checklist ? t('task.checklist', { title: checklist.title, version: checklist.version }) : t('task.no_checklist')}</p>
      ${team.length > 0 && html`<p>${t('task.team')}${team.map((one) => one.name).join('、')}</p>`}
      ${!navigator.serviceWorker?.controller && html`<p class="fault">${t('home.not_ready')}</p>`}
    </section>
    ${begun && html`<a class="button main wide" href="#/check/${begun.id}">${t('task.go_on')}</a>`}
    <h2 class="section">${t('task.still_open', { count: open.length })}</h2>
    ${open.length ? html`<ul>${open.slice(0, OPEN_SHOWN).map((one) => openLine(one, today))}</ul>` : html`<p class="empty">${t('task.nothing_open')}</p>`}
    ${open.length > OPEN_SHOWN && html`<details class="card"><summary>${t('task.more_open', { count: open.length - OPEN_SHOWN })}</summary><ul>${open.slice(OPEN_SHOWN).map((one) => openLine(one, today))}</ul></details>`}`;
  app.mount(root, !checklist ? about : html`<form class="fill" data-do="start">${about}
      <h2 class="section">${t('task.before')}</h2>
      <label class="field"><span>${t('task.mode')}</span><select name="mode">${codes('mode').map((code) => html`<option value="${code}">${t(`mode.${code}`)}</option>`)}</select></label>
      <fieldset><legend>${t('task.attributes')}</legend><p class="hint">${t('task.attributes_hint')}</p>
        <div class="checks">${FLAGS().filter((flag) => matters(flag) || place.profile[flag] === true).map((flag) => html`<label class="check"><input type="checkbox" name="flag" value="${flag}" ${place.profile[flag] === true && 'checked'}>${t(`attribute.${flag}`)}</label>`)}</div>
        ${NUMBERS.filter(matters).map((name) => html`<label class="field"><span>${t(`task.${name}`)}</span><input name="${name}" inputmode="numeric" pattern="[0-9]*" value="${place.profile[name]}"></label>`)}
      </fieldset>
      <details class="card"><summary>${t('task.sections', { count: chosen.size, all: sections.length })}</summary>
        <fieldset><legend class="away">${t('task.sections_which')}</legend>
        ${sections.map((one) => html`<label class="check"><input type="checkbox" name="section" value="${one.code}" ${chosen.has(one.code) && 'checked'}>${one.code} ${one.title}</label>`)}</fieldset></details>
      <div class="foot"><button type="submit" class="${begun ? 'plain' : 'main'}">${t(begun ? 'task.start_another' : 'task.start')}</button></div>
    </form>`);
  app.wire(root, {
    start: async (form) => {
      const checked = (name) => [...form.querySelectorAll(`[name=${name}]:checked`)].map((one) => one.value);
      const attributes = Object.fromEntries(FLAGS().map((flag) => [flag, checked('flag').includes(flag)]));
      for (const name of NUMBERS) {
        const given = String(form[name]?.value ?? place.profile[name] ?? '');
        attributes[name] = /^\d{1,6}$/.test(given) ? Number(given) : null;
      }
      const own = checked('section');
      const draft = await startInspection({
        institution: place,
        assignment: task,
        checklist,
        mode: form.mode.value,
        sections: own.length === sections.length || !own.length ? null : own,
        attributes,
        participants: team.map((one) => ({ user_id: one.user_id, name: one.name, organisation: one.organisation })),
        location: await Promise.race([locate(), new Promise((resolve) => setTimeout(() => resolve(null), 3000))]),
      });
      app.go(`check/${draft.id}`, { replace: true });
    },
  });
}

/** Sections that are answered here: what is reported by the red button alone is in none of them. */
export const answerable = (checklist) => checklist.sections.filter((section) => section.items.some((item) => item.red_line !== 'R1'));

/** 疑似侵害: observe and report, ask the child nothing. Whom to call, and then the form of a lead. */
export async function showRed(root, _, app) {
  app.titled(t('red.title'));
  const own = (await mine().all('checklists')).flatMap((one) => one.sections.flatMap((section) => section.items)).filter((item) => item.red_line === 'R1');
  const signs = [...new Map(own.map((item) => [item.text, item])).values()];
  const [waiting, begun] = await Promise.all([unsentLeads(), begunLead()]);
  app.mount(root, html`
    <section class="danger-box">
      <h2>${t('red.do_not_ask')}</h2>
      <p>${t('red.how')}</p>
      <a class="button danger wide" href="tel:110">${t('red.call')}</a>
      <p><strong>${t('red.at_once')}</strong></p>
      ${app.isInspector && html`<a class="button plain wide" href="#/lead">${t(begun ? 'red.report_on' : 'red.report')}</a>`}
    </section>
    ${unsentList(waiting)}
    <section class="card"><h2>${t('red.duty')}</h2><ul class="timeline">
      <li>${t('red.duty_1')}</li><li>${t('red.duty_2')}</li><li>${t('red.duty_3')}</li><li>${t('red.duty_4')}</li><li>${t('red.duty_5')}</li></ul></section>
    ${signs.length > 0 && html`<section class="card"><details><summary>${t('red.signs')}</summary><ul class="timeline">${signs.map((item) => html`<li>${item.text}</li>`)}</ul></details></section>`}
    <p class="hint">${t('red.never_school')}</p>
    <div class="foot"><button type="button" data-do="leave">${t('app.back')}</button></div>`);
  app.wire(root, {
    leave: () => app.back(),
    send: (button) => sendAgain(app, button.dataset.id),
  });
}
