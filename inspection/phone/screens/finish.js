// 签字: what is missing, the preliminary opinion as the school sees it, the signatures; and the end of an inspection.

import { items } from '../checklist.js';
import * as drafts from '../draft.js';
import * as outbox from '../outbox.js';
import * as sync from '../sync.js';
import { html, t } from '../words.js';
import { drawStroke, followPen, photoButtons, photosByHash, photoStrip, take, thumbUrl } from './camera.js';

async function loaded(id, app) {
  const draft = await drafts.draft(id);
  if (!draft || draft.state !== 'open') {
    if (draft?.entry) app.go(`entry/${draft.entry}`, { replace: true });
    else app.go('', { replace: true });
    return null;
  }
  const [checklist, parts, photos, terms] = await Promise.all([
    sync.checklist(draft.checklist.code, draft.checklist.version), drafts.partsOf(id), photosByHash(id), sync.terms(),
  ]);
  return { draft, checklist, parts, photos, terms };
}

/** Who signs: everybody of the team, and the institution. What was signed already stays. */
async function withSigners(draft, me) {
  const wanted = [
    { role: 'inspector', name: me.name },
    ...draft.participants.map((one) => ({ role: 'inspector', name: one.name })),
    { role: 'institution', name: '' },
  ];
  const key = (one) => `${one.role}~${one.role === 'institution' ? '' : one.name}`;
  const known = new Map(draft.signatures.map((one) => [key(one), one]));
  const signatures = wanted.map((one) => known.get(key(one)) || { ...one, photo: null, refused: null });
  if (JSON.stringify(signatures) === JSON.stringify(draft.signatures)) return draft;
  return drafts.changeDraft(draft.id, (now) => ({ ...now, signatures }));
}

/** Remarks of the rules as lines with a link to their item. */
function remarks({ draft, checklist, parts, terms }) {
  const outcome = drafts.judge(draft, checklist, parts, terms);
  const known = new Map(items(checklist).map((item) => [item.code, item]));
  const line = (code, pointer, params = {}) => {
    const item = known.get((pointer || '').split('/')[2]);
    return { code, item, params };
  };
  const flags = outcome.flags.map((flag) => line(flag.code, flag.pointer));
  for (const part of parts.values()) {
    const item = known.get(part.code);
    if (!item || !outcome.failing.includes(part.code)) continue;
    for (const finding of part.findings || []) if (!finding.fact.trim()) flags.push({ code: 'fact_missing', item, params: {} });
  }
  return { faults: outcome.faults.map((fault) => line(fault.code, fault.pointer, fault.params)), flags, failing: outcome.failing };
}

const byCode = (lines) => {
  const groups = new Map();
  for (const one of lines) groups.set(one.code, [...(groups.get(one.code) || []), one]);
  return [...groups];
};

const MOST_LINKS = 6;

const sectionOf = (item) => item.code.replace(/-[^-]*$/, '');

/** To each item; where there are many, to the first of each section. */
function links(draft, lines) {
  const asked = lines.map((one) => one.item).filter(Boolean);
  const firsts = asked.filter((item, index) => asked.findIndex((one) => sectionOf(one) === sectionOf(item)) === index);
  const many = asked.length > MOST_LINKS;
  const label = (item) => (many ? `${sectionOf(item)} × ${asked.filter((one) => sectionOf(one) === sectionOf(item)).length}` : item.code);
  return html`<div class="chips">${(many ? firsts : asked).map((item) => html`
    <a class="chip button" href="#/check/${draft.id}/${sectionOf(item)}/${item.code}">${label(item)}</a>`)}</div>`;
}

export async function showSummary(root, [id], app) {
  app.titled(t('finish.title'));
  const page = await loaded(id, app);
  if (!page) return;
  const draw = async () => {
    page.draft = await withSigners(page.draft, app.me);
    summary(root, page, app);
  };
  app.wire(root, {
    'add-person': async (form) => {
      const [name, organisation] = [form.name.value.trim(), form.organisation.value.trim()];
      if (!name || !organisation) {
        app.say(t('finish.person_incomplete'), true);
        return;
      }
      page.draft = await drafts.changeDraft(id, (now) => ({ ...now, participants: [...now.participants, { user_id: null, name, organisation }] }));
      await draw();
    },
    'drop-person': async ({ dataset: { index } }) => {
      page.draft = await drafts.changeDraft(id, (now) => ({ ...now, participants: now.participants.filter((_, at) => at !== Number(index)) }));
      await draw();
    },
    finish: async (button) => {
      button.disabled = true;
      try {
        const entry = await drafts.finishInspection(id, page.checklist, page.terms);
        outbox.send();
        app.go(`entry/${entry.id}`, { replace: true });
      } finally {
        button.disabled = false;
      }
    },
    discard: async () => {
      if (root.querySelector('[name=word]').value.trim() !== t('finish.discard_word')) {
        app.say(t('me.type_word', { word: t('finish.discard_word') }), true);
        return;
      }
      await drafts.discard(id);
      app.go('', { replace: true });
    },
  });
  await draw();
}

function summary(root, page, app) {
  const { draft } = page;
  const found = remarks(page);
  const small = draft.participants.length < 1;
  const unsigned = draft.signatures.filter((one) => !one.photo && !one.refused);
  app.mount(root, html`
    <section class="card">
      <h2>${draft.institution.name}</h2>
      <p>${t('finish.findings', { count: findingsOf(page, found.failing) })}</p>
      <a class="button plain wide" href="#/opinion/${draft.id}">${t('finish.show_opinion')}</a>
    </section>
    ${found.faults.length > 0 && html`<section class="card bad"><h2>${t('finish.must')}</h2>
      ${found.faults.map((one) => html`<p>${one.item?.code} <span class="fault">${t(`fault.${one.code}`, one.params)}</span></p>`)}${links(draft, found.faults)}</section>`}
    <section class="card ${found.flags.length ? '' : 'done'}"><h2>${t(found.flags.length ? 'finish.missing' : 'finish.nothing_missing')}</h2>
      ${found.flags.length > 0 && html`<p class="hint">${t('finish.missing_hint')}</p>`}
      ${byCode(found.flags).map(([code, lines]) => html`<h3>${t(code === 'fact_missing' ? 'finish.fact_missing' : `flag.${code}`)} ${lines.length}</h3>${links(draft, lines)}`)}
    </section>
    <section class="card"><h2>${t('finish.team')}</h2>
      ${small && html`<p class="note-box">${t('flag.small_team')}</p>`}
      <ul class="lines">${draft.participants.map((one, index) => html`<li class="row"><span>${one.name} · ${one.organisation}</span>
        <button type="button" class="plain" data-do="drop-person" data-index="${index}" aria-label="${t('finish.remove_person', { name: one.name })}">${t('photo.remove')}</button></li>`)}</ul>
      <details><summary>${t('finish.add_person')}</summary><form data-do="add-person">
        <label class="field"><span>${t('finish.person')}</span><input name="name" maxlength="64" autocomplete="off"></label>
        <label class="field"><span>${t('finish.organisation')}</span><input name="organisation" maxlength="128" autocomplete="off"></label>
        <button type="submit" class="plain">${t('finish.add_person')}</button></form></details>
    </section>
    <section class="card"><h2>${t('finish.signatures')}</h2>
      ${unsigned.length > 0 && html`<p class="hint">${t('finish.unsigned', { count: unsigned.length })}</p>`}
      ${draft.signatures.map((one, index) => signer(draft, one, index, page.photos))}
    </section>
    <section class="card"><details><summary>${t('finish.discard')}</summary><p>${t('finish.discard_hint')}</p>
      <label class="field"><span>${t('me.type_word', { word: t('finish.discard_word') })}</span><input name="word" autocomplete="off"></label>
      <button type="button" class="danger" data-do="discard">${t('finish.discard')}</button></details></section>
    <div class="foot"><a class="button plain" href="#/check/${draft.id}">${t('finish.back')}</a>
      <button type="button" class="main" data-do="finish" ${found.faults.length > 0 && 'disabled'}>${t('finish.finish')}</button></div>`);
}

/** How many problems the visit has, those that went ahead too; a failing answer without a finding is one. */
function findingsOf({ parts }, failing) {
  const counted = [...parts.values()].filter((part) => part.kind === 'other' || part.ahead || failing.includes(part.code));
  return counted.reduce((sum, part) => sum + Math.max(1, part.findings.length), 0);
}

function signer(draft, one, index, photos) {
  const url = one.photo && thumbUrl(photos.get(one.photo));
  const who = one.role === 'institution' ? t('finish.institution') : one.name;
  return html`<div class="signer"><div class="row"><p><strong>${who}</strong>${one.role === 'institution' && one.name && html` ${one.name}`}</p>
    <a class="button ${one.photo || one.refused ? 'plain' : 'main'}" href="#/sign/${draft.id}/${index}">${t(one.photo || one.refused ? 'finish.change' : 'finish.sign')}</a></div>
    ${url && html`<img class="signature" src="${url}" alt="${t('finish.signature_of', { name: who })}">`}
    ${one.refused && html`<p>${t('finish.refused')}：${one.refused.reason}${one.refused.witness && html`（${t('finish.witness')} ${one.refused.witness}）`}</p>`}</div>`;
}

/** 初步意见 as the institution sees it: what was found, and that nothing is ordered yet. Red-line leads are in none. */
export async function showOpinion(root, [id], app) {
  app.titled(t('opinion.title'));
  const page = await loaded(id, app);
  if (!page) return;
  const body = drafts.inspectionBody(page.draft, page.checklist, page.parts, [...page.photos.values()], page.terms);
  const found = [];
  const outcome = drafts.judge(page.draft, page.checklist, page.parts, page.terms);
  for (const item of items(page.checklist)) {
    const part = page.parts.get(item.code);
    const answer = body.answers[item.code] || (part?.ahead && drafts.answerBody(item, part, drafts.circumstancesOf(page.draft, page.checklist, page.parts, page.terms)));
    if (!answer || (!part.ahead && !outcome.failing.includes(item.code))) continue;
    for (const finding of answer.findings || [{ fact: answer.note || t('finding.unmet', { text: item.text }), severity: null }]) found.push({ item, ...finding });
  }
  for (const finding of body.other_findings) found.push({ item: null, ...finding });
  app.mount(root, html`
    <section class="note-box"><p>${t('opinion.means')}</p></section>
    <h2>${page.draft.institution.name}</h2>
    <ol>${found.map((one, index) => html`<li class="card"><div><span class="badge ${one.severity || one.item?.severity || 'general'}">${t(`severity.${one.severity || one.item?.severity || 'general'}`)}</span></div>
      <h3>${index + 1}. ${one.fact}</h3>
      ${one.place && html`<p>${t('finding.place')}：${one.place}${one.quantity !== null && html`　${t('finding.quantity')}：${one.quantity}`}</p>`}
      ${one.item && html`<p class="quiet">${t('check.advice')}${one.item.advice}</p>`}
      ${one.fixed_on_the_spot && html`<p><span class="badge done">${t('finding.fixed')}</span></p>`}</li>`)}</ol>
    ${!found.length && html`<p class="empty">${t('opinion.nothing')}</p>`}
    <div class="foot"><a class="button main" href="#/finish/${id}">${t('opinion.done')}</a></div>`);
}

export async function showSignature(root, [id, place], app) {
  const index = Number(place);
  const page = await loaded(id, app);
  const one = page?.draft.signatures[index];
  if (!one) return;
  const isPlace = one.role === 'institution';
  const slot = `signature~${index}`;
  app.titled(isPlace ? t('finish.institution') : one.name);
  const change = (how) => drafts.changeDraft(id, (now) => ({ ...now, signatures: now.signatures.map((each, at) => (at === index ? how(each) : each)) }));
  app.mount(root, html`
    ${isPlace && html`<label class="field"><span>${t('finish.signer_name')}</span><input data-on="name" maxlength="64" autocomplete="off" value="${one.name}"></label>`}
    <h2>${t('sign.on_glass')}</h2>
    <div class="canvas sign"></div>
    <div class="pair"><button type="button" data-do="clear">${t('sign.clear')}</button><button type="button" class="main" data-do="keep">${t('sign.keep')}</button></div>
    <h2 class="section">${t('sign.on_paper')}</h2>
    <p class="hint">${t('sign.paper_hint')}</p>
    ${photoButtons(slot, { hint: false })}
    ${one.photo && photoStrip(id, slot, [one.photo], page.photos, { fixed: true })}
    ${isPlace && html`<h2 class="section">${t('sign.refusal')}</h2>
      <label class="field"><span>${t('sign.reason')}</span><input data-on="reason" maxlength="2000" value="${one.refused?.reason}"></label>
      <label class="field"><span>${t('finish.witness')}</span><input data-on="witness" maxlength="64" value="${one.refused?.witness}"></label>
      <button type="button" class="plain wide" data-do="refuse">${t('sign.refuse')}</button>
      ${one.refused && html`<button type="button" class="plain wide" data-do="unrefuse">${t('sign.unrefuse')}</button>`}`}
    <div class="foot"><a class="button plain" href="#/finish/${id}" data-do="leave">${t('finish.to_summary')}</a></div>`);
  const canvas = signingCanvas(root.querySelector('.canvas'));
  let strokes = 0;
  followPen(canvas, {
    begin: (point) => {
      strokes += 1;
      canvas.stroke = [point];
    },
    move: (point) => {
      canvas.stroke.push(point);
      drawStroke(canvas.getContext('2d'), { colour: '#1d2129', points: canvas.stroke.slice(-2) }, 5);
    },
  });
  let typed = one.refused || { reason: '', witness: '' };
  const keepTyped = async () => {
    if ((await drafts.draft(id)).signatures[index].refused) await change((each) => ({ ...each, refused: typed }));
  };
  app.wire(root, {
    clear: () => {
      strokes = 0;
      blank(canvas);
    },
    keep: async () => {
      if (!strokes) {
        app.say(t('sign.empty'), true);
        return;
      }
      await drafts.addDrawing(id, canvas, null, slot);
      await change((each) => ({ ...each, refused: null }));
      app.back();
    },
    photo: async ({ dataset: { source } }) => {
      if (await take(app, { draft: id, slot, path: `sign/${id}/${index}`, source })) {
        await change((each) => ({ ...each, refused: null }));
        app.again();
      }
    },
    refuse: async () => {
      await change((each) => ({ ...each, photo: null, refused: { reason: typed.reason.trim() || t('finish.refused'), witness: typed.witness.trim() } }));
      app.back();
    },
    unrefuse: async () => {
      await change((each) => ({ ...each, refused: null }));
      app.again();
    },
    leave: () => app.back(),
  }, {
    name: (input) => change((each) => ({ ...each, name: input.value })),
    reason: (input) => {
      typed = { ...typed, reason: input.value };
      return keepTyped();
    },
    witness: (input) => {
      typed = { ...typed, witness: input.value };
      return keepTyped();
    },
  });
}

function signingCanvas(place) {
  const canvas = document.createElement('canvas');
  canvas.width = 900;
  canvas.height = 480;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', t('sign.on_glass'));
  blank(canvas);
  place.append(canvas);
  return canvas;
}

function blank(canvas) {
  const pen = canvas.getContext('2d');
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
}
