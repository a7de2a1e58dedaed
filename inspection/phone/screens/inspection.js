// 检查: section by section, item by item. What is tapped or typed is stored before anything is drawn anew.

import { items, applies, verdict } from '../checklist.js';
import { mine } from '../db.js';
import * as drafts from '../draft.js';
import * as outbox from '../outbox.js';
import * as sync from '../sync.js';
import { deviceMoment, html, t, timeText } from '../words.js';
import { dropPhoto, photoButtons, photosByHash, photoStrip, readyThumbs, take } from './camera.js';
import { changed, findingPanels, severityOf, withPhrase } from './finding.js';
import { answerable } from './task.js';

const NA_REASONS = ['no_such_facility', 'stage', 'not_checked'];
const FILTERS = ['todo', 'bad', 'photo'];

export async function show(root, [id, view, target], app) {
  const draft = await drafts.draft(id);
  if (!draft) {
    app.titled(t('check.title'));
    app.mount(root, html`<p class="empty">${t('check.gone')}</p>`);
    return undefined;
  }
  app.titled(draft.institution.name);
  if (draft.state !== 'open') {
    app.go(`entry/${draft.entry}`, { replace: true });
    return undefined;
  }
  const page = new Page(root, app, draft);
  await page.load();
  const place = view || page.sectionOf(draft.place) || page.sections[0]?.code || '~other';
  page.draw(place, target || (view ? null : draft.place));
  readyThumbs(page.photos.values());
  const again = () => {
    if (document.visibilityState === 'visible') page.reload();
  };
  document.addEventListener('visibilitychange', again);
  const unwatch = outbox.watchQueue(() => page.drawDanger());
  return () => {
    document.removeEventListener('visibilitychange', again);
    unwatch();
  };
}

class Page {
  constructor(root, app, draft) {
    this.root = root;
    this.app = app;
    this.draft = draft;
    this.id = draft.id;
    this.naOpen = new Set();
  }

  async load() {
    const { code, version } = this.draft.checklist;
    [this.checklist, this.parts, this.photos, this.terms, this.open] = await Promise.all([
      sync.checklist(code, version), drafts.partsOf(this.id), photosByHash(this.id), sync.terms(), mine().all('problems'),
    ]);
    const declared = this.draft.sections;
    this.sections = answerable(this.checklist).filter((one) => !declared || declared.includes(one.code) || hasDanger(one));
    this.items = this.sections.flatMap((section) => section.items).filter((item) => this.belongs(item));
    this.byCode = new Map(items(this.checklist).map((item) => [item.code, item]));
    this.open = this.open
      .filter((one) => one.institution_id === this.draft.institution.id)
      .sort((a, b) => (a.due_on || '9').localeCompare(b.due_on || '9') || a.id.localeCompare(b.id));
  }

  /** Outside the sections declared only an immediate danger may be answered. */
  belongs(item) {
    const declared = this.draft.sections;
    if (item.red_line === 'R1' || !applies(item, this.draft.attributes)) return false;
    return !declared || declared.some((code) => item.code.startsWith(`${code}-`)) || item.red_line === 'R2';
  }

  /** What another page of the client may have changed meanwhile. */
  async reload() {
    const known = await drafts.draft(this.id);
    if (!known || known.state !== 'open') {
      this.app.again();
      return;
    }
    if (known.revision === this.draft.revision) return;
    this.draft = known;
    await this.load();
    this.draw(this.view);
  }

  sectionOf(code) {
    if (!code) return null;
    if (code.startsWith('other:')) return '~other';
    if (code.startsWith('recheck:')) return '~recheck';
    return this.sections.find((section) => code.startsWith(`${section.code}-`))?.code;
  }

  get circumstances() {
    return drafts.circumstancesOf(this.draft, this.checklist, this.parts, this.terms);
  }

  value(item) {
    return drafts.valueOf(item, this.parts.get(item.code));
  }

  /** `passes`, `fails`, `unknown`, `na`, `{fault}`, or null where nothing was answered. */
  judged(item, circumstances = this.circumstances) {
    const value = this.value(item);
    if (value === null) return null;
    return value === 'na' ? 'na' : verdict(item, value, circumstances);
  }

  isMissingPhoto(item, circumstances) {
    const part = this.parts.get(item.code);
    if (item.photo !== 'required' || part?.ahead || this.judged(item, circumstances) !== 'fails') return false;
    return !(part.photos || []).length && !(part.findings || []).some((one) => one.photos.length);
  }

  shown(view) {
    const circumstances = this.circumstances;
    if (view === '~todo') return this.items.filter((item) => this.judged(item, circumstances) === null);
    if (view === '~bad') return this.items.filter((item) => ['fails', 'unknown'].includes(this.judged(item, circumstances)));
    if (view === '~photo') return this.items.filter((item) => this.isMissingPhoto(item, circumstances));
    return this.items.filter((item) => item.code.startsWith(`${view}-`));
  }

  // ── drawing ────────────────────────────────────────────────────────────────────────────────────────────────────

  draw(view, target = null) {
    this.view = view;
    const isSection = !view.startsWith('~');
    const section = this.sections.find((one) => one.code === view);
    const body = document.createElement('div');
    body.className = 'fill';
    this.root.replaceChildren(body);
    this.app.mount(body, html`
      <div id="danger"></div>
      <div id="progress"></div>
      <nav id="views" aria-label="${t('check.sections')}"></nav>
      <h2 class="section">${section ? `${section.code} ${section.title}` : t(`check.view_${view.slice(1)}`)}</h2>
      ${isSection && this.reminder(section)}
      <div id="cards"></div>
      ${view === '~other' && html`<button type="button" class="main wide" data-do="add-other">${t('check.add_other')}</button>`}
      <p class="hint" id="saved">${t('check.saved_always')}</p>
      <div class="foot">
        <button type="button" data-do="step" data-by="-1">${t('check.previous')}</button>
        <button type="button" data-do="step" data-by="1">${t('check.next')}</button>
        <a class="button main" href="#/finish/${this.id}">${t('check.finish')}</a>
      </div>`);
    this.drawCards();
    this.drawProgress();
    this.drawDanger();
    this.app.wire(body, this.actions(), this.inputs());
    const card = target && body.querySelector(`#${CSS.escape(`card-${target}`)}`);
    if (card) card.scrollIntoView({ block: 'start' });
    else window.scrollTo(0, 0);
  }

  reminder(section) {
    const reminded = { 'S-02': 'vetting', 'S-04': 'dormitory', 'S-08': 'bullying', 'K-02': 'vetting', 'T-02': 'vetting' }[section.code];
    return reminded && html`<p class="note-box">${t(`check.remind_${reminded}`)}</p>`;
  }

  drawCards() {
    const cards = this.root.querySelector('#cards');
    if (this.view === '~other') {
      const others = [...this.parts.values()].filter((part) => part.kind === 'other');
      this.app.mount(cards, html`${others.map((part) => this.otherCard(part))}${!others.length && html`<p class="empty">${t('check.no_other')}</p>`}`);
    } else if (this.view === '~recheck') {
      this.app.mount(cards, html`${this.open.map((one) => this.recheckCard(one))}${!this.open.length && html`<p class="empty">${t('task.nothing_open')}</p>`}`);
    } else {
      const circumstances = this.circumstances;
      const shown = this.shown(this.view);
      this.app.mount(cards, html`${shown.map((item) => this.itemCard(item, circumstances))}${!shown.length && html`<p class="empty">${t(FILTERS.includes(this.view.slice(1)) ? `check.none_${this.view.slice(1)}` : 'check.none_here')}</p>`}`);
    }
  }

  drawCard(code) {
    const card = this.root.querySelector(`#${CSS.escape(`card-${code}`)}`);
    if (!card) return;
    const part = this.parts.get(code);
    const item = this.byCode.get(code);
    const fresh = document.createElement('div');
    const problem = code.startsWith('recheck:') && this.open.find((one) => `recheck:${one.id}` === code);
    this.app.mount(fresh, item ? this.itemCard(item) : problem ? this.recheckCard(problem) : part ? this.otherCard(part) : '');
    const focused = document.activeElement;
    const kept = focused && card.contains(focused) ? { ...focused.dataset } : null;
    card.replaceWith(...fresh.childNodes);
    if (kept) this.refocus(code, kept);
  }

  /** The keyboard stays where it was although the card is new. */
  refocus(code, kept) {
    const card = this.root.querySelector(`#${CSS.escape(`card-${code}`)}`);
    const same = [...card.querySelectorAll('button, input, textarea, a')].find((one) =>
      Object.keys(kept).every((name) => one.dataset[name] === kept[name]) && Object.keys(kept).length);
    (same || card.querySelector('button, input'))?.focus({ preventScroll: true });
  }

  drawProgress() {
    const circumstances = this.circumstances;
    const answered = this.items.filter((item) => this.value(item) !== null).length;
    const bad = this.items.filter((item) => ['fails', 'unknown'].includes(this.judged(item, circumstances)));
    const problems = bad.reduce((sum, item) => sum + Math.max(1, this.parts.get(item.code).findings?.length || 0), 0)
      + [...this.parts.values()].filter((part) => part.kind === 'other').length;
    this.app.mount(this.root.querySelector('#progress'), html`
      <div class="row"><p><strong>${t('check.progress', { answered, all: this.items.length })}</strong></p><p>${t('check.problems', { count: problems })}</p></div>
      <progress max="${this.items.length}" value="${answered}" aria-label="${t('check.progress', { answered, all: this.items.length })}"></progress>`);
    const chip = (view, label) => html`<a class="chip" href="#/check/${this.id}/${view}" data-do="view" data-view="${view}" aria-current="${String(view === this.view)}">${label}</a>`;
    const counts = (section) => {
      const all = this.items.filter((item) => item.code.startsWith(`${section.code}-`));
      return `${all.filter((item) => this.value(item) !== null).length}/${all.length}`;
    };
    const views = this.root.querySelector('#views');
    const lines = [...views.querySelectorAll('.line')].map((one) => one.scrollLeft);
    this.app.mount(views, html`
      <div class="chips line">${this.sections.map((section) => chip(section.code, `${section.code} ${counts(section)}`))}</div>
      <div class="chips line">
        ${FILTERS.map((filter) => chip(`~${filter}`, `${t(`check.view_${filter}`)} ${this.shown(`~${filter}`).length}`))}
        ${chip('~other', t('check.view_other'))}
        ${this.open.length > 0 && chip('~recheck', t('check.view_recheck_count', { count: this.open.length }))}</div>`);
    views.querySelectorAll('.line').forEach((one, index) => {
      const current = one.querySelector('[aria-current=true]');
      one.scrollLeft = lines[index] ?? (current ? current.offsetLeft - one.clientWidth / 2 : 0);
    });
  }

  /** Immediate dangers that have not gone ahead yet stand above everything. */
  async drawDanger() {
    const place = this.root.querySelector('#danger');
    if (!place) return;
    const circumstances = this.circumstances;
    const waiting = this.items.filter((item) => item.red_line === 'R2' && this.judged(item, circumstances) === 'fails' && !this.parts.get(item.code).ahead);
    this.app.mount(place, waiting.length > 0 && html`<p class="trouble-box"><strong>${t('danger.waiting', { count: waiting.length })}</strong>
      ${waiting.map((item) => html` <a href="#/check/${this.id}/${this.sectionOf(item.code)}/${item.code}" data-do="view" data-view="${this.sectionOf(item.code)}" data-target="${item.code}">${item.code}</a>`)}</p>`);
  }

  itemCard(item, circumstances = this.circumstances) {
    const part = this.parts.get(item.code) || {};
    const judged = this.judged(item, circumstances);
    return html`<article class="card ${tone(judged)}" id="card-${item.code}" aria-labelledby="text-${item.code}">
      <h3 id="text-${item.code}"><span class="quiet">${item.code}</span> ${item.text}</h3>
      <div>${item.severity && html`<span class="badge ${item.severity}">${t(`severity.${item.severity}`)}</span> `}
        ${item.red_line === 'R2' && html`<span class="badge overdue">${t('danger.badge')}</span> `}
        <span class="badge">${t(`photo_rule.${item.photo}`)}</span></div>
      ${this.basis(item)}
      ${part.ahead ? html`<p class="good-box">${t('danger.ahead')} <a href="#/entry/${part.ahead}">${t('danger.see')}</a></p>` : html`
        ${this.answerFields(item, part, judged)}
        <div id="after-${item.code}">${this.afterFields(item, part, judged)}</div>`}
    </article>`;
  }

  /** What opens under an answer: the findings of a failing one, a note for the others. */
  afterFields(item, part, judged) {
    if (judged === null || judged === 'na' || judged.fault) return '';
    if (judged === 'passes') return this.noteFields(item, part);
    return html`
      ${item.red_line === 'R2' && judged === 'fails' && this.dangerBox(item)}
      ${part.photos?.length > 0 && photoStrip(this.id, `part~${item.code}`, part.photos, this.photos)}
      ${part.findings?.length > 0
        ? findingPanels(this.id, part, item, this.photos)
        : html`<button type="button" class="plain wide" data-do="add-finding" data-code="${item.code}">${t('finding.add')}</button>`}`;
  }

  basis(item) {
    const laws = item.legal_basis.filter((one) => one.status !== 'unverified');
    return html`<details><summary>${t('check.basis')}</summary>
      <p>${item.method.map((one) => t(`method.${one}`)).join('、')}</p>
      ${laws.length > 0 && html`<p>${laws.map((one) => (one.status === 'verified' && one.article ? `${one.law} ${one.article}` : one.law)).join('；')}</p>`}
      <p class="quiet">${t('check.advice')}${item.advice}</p></details>`;
  }

  answerFields(item, part, judged) {
    const given = part.value ?? '';
    const press = (value, label, kind = '') => html`
      <button type="button" class="${kind}" data-do="answer" data-code="${item.code}" data-value="${value}" aria-pressed="${String(given === value)}">${label}</button>`;
    const na = html`<button type="button" data-do="na" data-code="${item.code}" aria-pressed="${String(given === 'na')}">${t('check.na')}</button>`;
    const labelled = (field) => html`<label class="field"><span>${item.answer.label || t(`check.answer_${item.answer.type}`)}${rule(item)}</span>${field}</label>`;
    const typed = given === 'na' ? '' : given;
    let fields;
    if (item.answer.type === 'yes_no') {
      fields = html`<div class="answers" role="group" aria-labelledby="text-${item.code}">${press('yes', t('check.yes'), 'yes')}${press('no', t('check.no'), 'no')}${na}</div>`;
    } else if (item.answer.type === 'choice') {
      fields = html`<div class="chips" role="group" aria-labelledby="text-${item.code}">${item.answer.choices.map((one) => press(one, one))}${na}</div>`;
    } else {
      const input = {
        number: html`<input inputmode="decimal" data-on="answer" data-code="${item.code}" maxlength="12" value="${typed}">`,
        date: html`<input type="date" data-on="answer" data-code="${item.code}" min="1990-01-01" max="2100-01-01" value="${typed}">`,
        text: html`<textarea data-on="answer" data-code="${item.code}" maxlength="4000">${typed}</textarea>`,
      }[item.answer.type];
      fields = html`${labelled(input)}<div class="answers">${na}</div>`;
    }
    return html`${fields}
      <p id="verdict-${item.code}" role="status">${verdictText(item, judged)}</p>
      ${(this.naOpen.has(item.code) || given === 'na') && html`<p class="label">${t('check.na_why')}</p><div class="chips" role="group" aria-label="${t('check.na_why')}">
        ${NA_REASONS.map((reason) => html`<button type="button" data-do="na-reason" data-code="${item.code}" data-reason="${reason}" aria-pressed="${String(given === 'na' && part.reason === reason)}">${t(`na.${reason}`)}</button>`)}</div>`}`;
  }

  noteFields(item, part) {
    return html`<details ${(part.note || part.photos?.length > 0) && 'open'}><summary>${t('check.note')}</summary>
      <label class="field"><span>${t('check.note')}</span><textarea data-on="note" data-code="${item.code}" maxlength="4000">${part.note}</textarea></label>
      ${item.photo === 'forbidden' ? html`<p class="note-box">${t('photo.forbidden')}</p>` : html`${photoButtons(`part~${item.code}`)}${photoStrip(this.id, `part~${item.code}`, part.photos || [], this.photos)}`}
    </details>`;
  }

  dangerBox(item) {
    const called = this.draft.r2_calls;
    return html`<section class="danger-box">
      <h4>${t('danger.title')}</h4>
      <p>${t('danger.what')}</p>
      <div class="pair">${['119', '110'].map((agency) => html`<a class="button danger" href="tel:${agency}" data-do="call" data-follow data-agency="${agency}" data-code="${item.code}">${t('danger.call', { agency })}</a>`)}</div>
      ${called.length > 0 && html`<p>${called.map((one) => t('danger.called', { agency: one.agency, time: timeText(Date.parse(one.called_at)) })).join('；')}</p>`}
      <button type="button" class="main wide" data-do="ahead" data-code="${item.code}">${t('danger.send')}</button>
      <p class="hint">${t('danger.send_hint')}</p></section>`;
  }

  otherCard(part) {
    return html`<article class="card bad" id="card-${part.code}"><h3>${t('finding.other')}</h3>
      ${findingPanels(this.id, part, null, this.photos)}</article>`;
  }

  recheckCard(problem) {
    const code = `recheck:${problem.id}`;
    const part = this.parts.get(code) || {};
    const press = (fixed, label, kind) => html`<button type="button" class="${kind}" data-do="recheck" data-code="${code}" data-problem="${problem.id}" data-fixed="${String(fixed)}" aria-pressed="${String(part.fixed === fixed)}">${label}</button>`;
    return html`<article class="card" id="card-${code}"><div><span class="badge ${problem.severity}">${t(`severity.${problem.severity}`)}</span> <span class="badge">${t(`status.${problem.status}`)}</span></div>
      <h3>${problem.text}</h3><p class="quiet">${problem.number}${problem.place && html` · ${problem.place}`}</p>
      <div class="answers" role="group" aria-label="${t('check.recheck')}">${press(true, t('check.recheck_fixed'), 'yes')}${press(false, t('check.recheck_not'), 'no')}</div>
      ${typeof part.fixed === 'boolean' && html`
        <label class="field"><span>${t('check.note')}</span><textarea data-on="note" data-code="${code}" maxlength="4000">${part.note}</textarea></label>
        ${problem.photo_rule === 'forbidden' ? html`<p class="note-box">${t('photo.forbidden')}</p>` : html`${photoButtons(`part~${code}`)}${photoStrip(this.id, `part~${code}`, part.photos || [], this.photos)}`}`}
    </article>`;
  }

  // ── what is done ───────────────────────────────────────────────────────────────────────────────────────────────

  async change(code, how) {
    const tell = (text) => {
      const saved = this.root.querySelector('#saved');
      if (saved) saved.textContent = text;
    };
    let part;
    try {
      part = await drafts.changePart(this.id, code, how);
    } catch (error) {
      tell(t('check.not_saved'));
      throw error;
    }
    this.parts.set(code, part);
    this.draft = { ...this.draft, revision: this.draft.revision + 1, place: code };
    tell(t('check.saved', { time: timeText(Date.now()) }));
    return part;
  }

  /** An answer, and a first finding where it fails by that. */
  async answer(code, value, reason = null) {
    const item = this.byCode.get(code);
    await this.change(code, (part) => {
      const next = { kind: 'item', photos: [], findings: [], note: '', ...part, value, reason };
      const given = drafts.valueOf(item, next);
      const fails = given !== null && given !== 'na' && verdict(item, given, this.circumstances) === 'fails';
      if (fails && !next.findings.length) next.findings = [drafts.newFinding()];
      return next;
    });
  }

  async changeFinding(at, how) {
    const [code, id] = at.split('~');
    return this.change(code, (part) => ({ ...part, findings: part.findings.map((one) => (one.id === id ? how(one) : one)) }));
  }

  redraw(code) {
    this.drawCard(code);
    this.drawProgress();
    this.drawDanger();
  }

  async redrawPhotos(code) {
    this.photos = await photosByHash(this.id);
    this.parts = await drafts.partsOf(this.id);
    this.draft = await drafts.draft(this.id);
    this.redraw(code);
  }

  actions() {
    return {
      view: (link) => {
        window.history.replaceState(null, '', `#/check/${this.id}/${link.dataset.view}`);
        this.draw(link.dataset.view, link.dataset.target);
      },
      step: (button) => this.step(Number(button.dataset.by)),
      answer: async ({ dataset: { code, value } }) => {
        this.naOpen.delete(code);
        await this.answer(code, this.parts.get(code)?.value === value ? null : value);
        this.redraw(code);
      },
      na: ({ dataset: { code } }) => {
        if (this.naOpen.has(code)) this.naOpen.delete(code);
        else this.naOpen.add(code);
        this.drawCard(code);
      },
      'na-reason': async ({ dataset: { code, reason } }) => {
        const known = this.parts.get(code);
        const same = known?.value === 'na' && known.reason === reason;
        this.naOpen.delete(code);
        await this.answer(code, same ? null : 'na', same ? null : reason);
        this.redraw(code);
      },
      phrase: async ({ dataset: { at, phrase } }) => {
        await this.changeFinding(at, (one) => withPhrase(one, t(`phrase.${phrase}`)));
        this.redraw(at.split('~')[0]);
      },
      set: async ({ dataset: { at, name, value } }) => {
        await this.changeFinding(at, (one) => changed(one, name, value));
        this.redraw(at.split('~')[0]);
      },
      'add-finding': async ({ dataset: { code } }) => {
        await this.change(code, (part) => ({ ...part, findings: [...(part.findings || []), drafts.newFinding()] }));
        this.redraw(code);
      },
      'drop-finding': async ({ dataset: { at } }) => this.dropFinding(at),
      'add-other': async () => {
        const code = `other:${drafts.newId()}`;
        await this.change(code, () => ({ kind: 'other', findings: [drafts.newFinding()] }));
        this.draw('~other', code);
      },
      recheck: async ({ dataset: { code, problem, fixed } }) => {
        const chosen = fixed === 'true';
        await this.change(code, (part) => ({ kind: 'recheck', problem_id: problem, note: '', photos: [], ...part, fixed: part?.fixed === chosen ? null : chosen }));
        this.redraw(code);
      },
      call: async ({ dataset: { agency, code } }) => {
        const called = { agency, called_at: deviceMoment() };
        this.draft = await drafts.changeDraft(this.id, (now) => ({ ...now, r2_calls: [...now.r2_calls, called] }));
        this.drawCard(code);
      },
      photo: (button) => this.photo(button.dataset),
      'drop-photo': async ({ dataset }) => {
        await dropPhoto(this.id, dataset);
        await this.redrawPhotos(dataset.slot.split('~')[1]);
      },
      ahead: async ({ dataset: { code } }) => {
        await drafts.sendAhead(this.id, this.checklist, this.byCode.get(code), this.terms);
        this.parts = await drafts.partsOf(this.id);
        this.draft = await drafts.draft(this.id);
        this.redraw(code);
        this.app.say(t('danger.sending'));
        outbox.send();
      },
    };
  }

  inputs() {
    return {
      answer: async (input) => {
        const { code } = input.dataset;
        const before = this.judged(this.byCode.get(code));
        await this.answer(code, input.value);
        this.drawTyped(code, before);
      },
      note: (input) => this.change(input.dataset.code, (part) => ({ ...part, note: input.value })),
      finding: (input) => this.changeFinding(input.dataset.at, (one) => changed(one, input.dataset.name, input.value)),
      fixed: async (input) => {
        await this.changeFinding(input.dataset.at, (one) => changed(one, 'fixed', input.checked));
        this.redraw(input.dataset.at.split('~')[0]);
      },
    };
  }

  /** While somebody types, the field itself stays: what is drawn anew stands around it. */
  drawTyped(code, before) {
    const item = this.byCode.get(code);
    const card = this.root.querySelector(`#${CSS.escape(`card-${code}`)}`);
    if (!card) return;
    const part = this.parts.get(code);
    const judged = this.judged(item);
    this.app.mount(card.querySelector(`#${CSS.escape(`verdict-${code}`)}`), verdictText(item, judged));
    for (const button of card.querySelectorAll('[data-do=na]')) button.setAttribute('aria-pressed', 'false');
    if (judged === before) return;
    card.className = `card ${tone(judged)}`;
    this.app.mount(card.querySelector(`#${CSS.escape(`after-${code}`)}`), this.afterFields(item, part, judged));
    this.drawProgress();
    this.drawDanger();
  }

  async dropFinding(at) {
    const [code, id] = at.split('~');
    const part = this.parts.get(code);
    const gone = part.findings.find((one) => one.id === id);
    for (const sha of gone.photos) await drafts.detach(this.id, `finding~${at}`, sha);
    for (const sha of gone.fixed?.photos || []) await drafts.detach(this.id, `fixed~${at}`, sha);
    if (part.kind === 'other') {
      await drafts.removePart(this.id, code);
      this.parts.delete(code);
      this.draw('~other');
      return;
    }
    await this.change(code, (now) => ({ ...now, findings: now.findings.filter((one) => one.id !== id) }));
    await this.redrawPhotos(code);
  }

  async photo({ slot, source }) {
    const [kind, code, findingId] = slot.split('~');
    const item = this.byCode.get(code);
    const finding = kind === 'part' ? null : this.parts.get(code).findings.find((one) => one.id === findingId);
    const whole = Boolean(finding) && severityOf(finding, item) === 'critical';
    const path = `check/${this.id}/${this.sectionOf(code)}/${code}`;
    if (!this.parts.get(code)) await this.answer(code, null);
    try {
      await take(this.app, { draft: this.id, slot, path, source, whole });
    } finally {
      await this.redrawPhotos(code);
    }
  }

  step(by) {
    const views = [...this.sections.map((one) => one.code), '~other', ...(this.open.length ? ['~recheck'] : [])];
    const index = views.indexOf(this.view);
    const next = views[index < 0 ? 0 : index + by];
    if (!next) {
      if (by > 0) this.app.go(`finish/${this.id}`);
      return;
    }
    window.history.replaceState(null, '', `#/check/${this.id}/${next}`);
    this.draw(next);
  }
}

const tone = (judged) => ({ fails: 'bad', passes: 'done' })[judged] || '';

const hasDanger = (section) => section.items.some((item) => item.red_line === 'R2');

/** The rule of a number or date in words. */
function rule(item) {
  const ok = item.answer.ok;
  if (!ok || Array.isArray(ok)) return '';
  return Object.entries(ok).map(([kind, bound]) => t(`rule.${kind}`, { bound: kind === 'min_attribute' ? t(`task.${bound}`) : bound })).join('');
}

function verdictText(item, judged) {
  if (judged === null || judged === 'na' || (judged === 'passes' && (['yes_no', 'text'].includes(item.answer.type) || !item.answer.ok))) return '';
  if (judged.fault) return html`<span class="fault">${t(`fault.${judged.fault.code}`, flat(judged.fault.params))}</span>`;
  if (judged === 'fails' && item.answer.type === 'yes_no') return '';
  return html`<span class="badge ${judged === 'fails' ? 'critical' : judged === 'passes' ? 'done' : ''}">${t(`check.${judged}`)}</span>`;
}

const flat = (params) => Object.fromEntries(Object.entries(params).map(([name, value]) => [name, [].concat(value).join('、')]));
