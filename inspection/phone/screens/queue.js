// 待上传 and 回执: each record in its own words; never a tick before the server's receipt.

import { openAgain } from '../draft.js';
import * as outbox from '../outbox.js';
import { dueText, html, momentText, sizeText, t, timeText } from '../words.js';
import { saveBackup } from './account.js';
import { sendAgain, unsentLeads, unsentList } from './lead.js';

const stored = (entry) => entry.photos.filter((photo) => photo.stored).length;

function stateText(entry) {
  const state = outbox.stateOf(entry);
  if (state === 'done') return entry.receipt ? t('queue.received', { code: entry.receipt.code }) : t('queue.taken');
  if (state === 'replaced' || state === 'aside') return t(`queue.${state}`);
  if (state === 'attention') return t('queue.attention');
  if (entry.again) return t('queue.again');
  return state === 'partial' ? t('queue.partial', { stored: stored(entry), all: entry.photos.length }) : t('queue.waiting');
}

/** What a pointer into a record means to its author: the item, where it is in one. */
const placeOf = (pointer) => /^\/answers\/([^/]+)/.exec(pointer || '')?.[1] || pointer;

/** The last error: what happened, what is safe, what to do. */
function errorText(entry) {
  const { error } = entry;
  if (!error || entry.done_at || entry.replaced_by) return '';
  if (error.code === 'no_network' || error.code === 'not_passed') return html`<p>${t(`queue.${error.code}`)}</p>`;
  const own = { photo_damaged: 'queue.photo_damaged', body_gone: 'queue.body_gone', other_content: 'queue.other_content' }[error.code];
  return html`<p class="fault">${own ? t(own) : error.text || error.code}</p>
    ${error.faults?.length > 0 && html`<ul>${error.faults.map((fault) => html`<li><strong>${placeOf(fault.pointer)}</strong> ${fault.text}</li>`)}</ul>`}`;
}

/** A record with what can be done about it; `alone` on its own page, where the receipt stands out. */
function row(entry, alone = false) {
  const state = outbox.stateOf(entry);
  const left = outbox.bytesLeft(entry);
  return html`<article class="card ${state === 'attention' ? 'bad' : state === 'done' ? 'done' : ''}" data-entry="${entry.id}" data-state="${state}">
    <div class="row">${alone ? html`<h2>${entry.title}</h2>` : html`<h3>${entry.title}</h3>`}${entry.urgent && html`<span class="badge overdue">${t('danger.badge')}</span>`}</div>
    <p class="quiet">${t(`queue.kind_${entry.kind}`)} · ${momentText(entry.created_at)}</p>
    ${alone && entry.receipt
      ? html`<div class="good-box"><h3>${stateText(entry)}</h3><p>${t('entry.received_at', { at: momentText(entry.receipt.received_at) })}</p></div>`
      : html`<p><strong>${stateText(entry)}</strong></p>`}
    <p>${t('queue.record')} ${entry.stored ? '✓' : t('queue.not_yet')}${entry.photos.length > 0 && html` · ${t('queue.photos', { stored: stored(entry), all: entry.photos.length })}`}${outbox.unsent(entry) && left > 0 && html` · ${t('queue.left', { size: sizeText(left) })}`}</p>
    ${entry.photos.length > 0 && outbox.unsent(entry) && html`<progress max="${entry.photos.length}" value="${stored(entry)}" aria-label="${t('queue.photos', { stored: stored(entry), all: entry.photos.length })}"></progress>`}
    ${errorText(entry)}
    ${outbox.canGoOn(entry) && entry.next_at > Date.now() && html`<p class="hint">${t('queue.next', { time: timeText(entry.next_at) })}</p>`}
    ${state === 'attention' && entry.draft && html`<button type="button" class="main wide" data-do="correct" data-id="${entry.id}">${t('queue.correct')}</button>`}
    ${state === 'attention' && !entry.draft && html`<button type="button" class="plain wide" data-do="aside" data-id="${entry.id}">${t('queue.put_aside')}</button>`}
    <div class="pair small">
      ${outbox.unsent(entry) && html`<button type="button" class="plain" data-do="now" data-id="${entry.id}">${t('queue.now')}</button>`}
      ${!alone && html`<a class="button plain" href="#/entry/${entry.id}">${t('queue.see')}</a>`}
      ${outbox.unsent(entry) && html`<button type="button" class="plain" data-do="export" data-id="${entry.id}">${t('queue.export')}</button>`}
    </div></article>`;
}

const acts = (app, draw) => ({
  now: async ({ dataset: { id } }) => {
    const going = outbox.sendNow(id || null);
    await draw();
    await going;
  },
  send: ({ dataset: { id } }) => sendAgain(app, id),
  export: ({ dataset: { id } }) => saveBackup(app, id ? [id] : null),
  aside: ({ dataset: { id } }) => outbox.putAside(id),
  correct: async ({ dataset: { id } }) => {
    const entry = await outbox.entry(id);
    const draft = await openAgain(entry);
    app.go(entry.kind === 'rectification' ? `rectify/${entry.path.split('/')[2]}` : `check/${draft}`);
  },
});

export async function show(root, _, app) {
  app.titled(t('queue.title'));
  const draw = async () => {
    const all = await outbox.entries();
    const waiting = all.filter(outbox.unsent);
    const newestFirst = (those) => all.filter(those).sort((a, b) => b.created_at - a.created_at);
    const done = newestFirst((one) => one.done_at);
    const leads = await unsentLeads();
    const left = waiting.length + leads.length;
    const replaced = newestFirst((one) => !one.done_at && !outbox.unsent(one));
    app.redraw(root, html`
      ${outbox.isPaused() && html`<p class="trouble-box">${t('app.signed_out')} <a href="#/signin">${t('app.sign_in_again')}</a></p>`}
      ${waiting.length > 0 && html`
        <p class="note-box">${t('queue.keep_open')}</p>
        <div class="pair"><button type="button" class="main" data-do="now">${t('queue.all_now')}</button>
          <button type="button" class="plain" data-do="export">${t('queue.export_all')}</button></div>`}
      <h2 class="section">${t('queue.unsent', { count: left })}</h2>
      ${!left && html`<p class="empty">${t('queue.nothing')}</p>`}
      ${unsentList(leads)}
      ${waiting.map((one) => row(one))}
      ${done.length > 0 && html`<h2 class="section">${t('queue.done', { count: done.length })}</h2>`}
      ${done.map((one) => row(one))}
      ${replaced.length > 0 && html`<h2 class="section">${t('queue.no_more')}</h2>`}
      ${replaced.map((one) => row(one))}`);
  };
  app.wire(root, acts(app, draw));
  await draw();
  return outbox.watchQueue(draw);
}

const MOST_ITEMS = 6;

/** The items that flags are about, or how many where they are many. */
function itemsOf(flags) {
  const codes = flags.filter((one) => one.pointer).map((one) => one.pointer.split('/')[2]).filter(Boolean);
  if (codes.length > MOST_ITEMS) return t('entry.items', { count: codes.length });
  return codes.map((code, index) => html`${index > 0 && '、'}<span class="badge">${code}</span>`);
}

/** One record after it was finished: saved here, then 36 of 41 sent, then received, with its receipt. */
export async function showEntry(root, [id], app) {
  app.titled(t('entry.title'));
  const draw = async () => {
    const entry = await outbox.entry(id);
    if (!entry) {
      app.mount(root, html`<p class="empty">${t('check.gone')}</p>`);
      return;
    }
    const { receipt, answer } = entry;
    app.redraw(root, html`
      ${!entry.done_at && !entry.stored && html`<p class="note-box">${t('entry.only_here')}</p>`}
      ${row(entry, true)}
      ${receipt && html`<section class="card"><details><summary>${t('entry.receipt')}</summary><dl class="facts">
        <dt>${t('entry.code')}</dt><dd>${receipt.code}</dd>
        <dt>${t('entry.completed')}</dt><dd>${momentText(receipt.completed_at)}</dd>
        <dt>${t('entry.content')}</dt><dd><code>${receipt.content_sha256}</code></dd>
        <dt>${t('entry.photos', { count: receipt.photos.length })}</dt><dd>${receipt.photos.map((sha) => html`<code>${sha}</code><br>`)}</dd></dl></details></section>`}
      ${answer?.problems?.length > 0 && html`<section class="card"><h2>${t('entry.problems', { count: answer.problems.length })}</h2><ul class="lines">
        ${answer.problems.map((one) => html`<li><span class="badge ${one.severity}">${t(`severity.${one.severity}`)}</span> ${one.item_code || t('finding.other')} · ${t(`status.${one.status}`)}${one.due_on && html` · ${dueText(one.due_on, app.today())}`}</li>`)}</ul></section>`}
      ${answer?.flags?.length > 0 && html`<section class="card"><h2>${t('entry.flags')}</h2><p class="hint">${t('entry.flags_hint')}</p><ul class="timeline">
        ${[...new Set(answer.flags.map((one) => one.code))].map((code) => html`<li>${t(`flag.${code}`)} ${itemsOf(answer.flags.filter((one) => one.code === code))}</li>`)}</ul></section>`}
      <a class="button plain wide" href="#/">${t('entry.home')}</a>`);
  };
  app.wire(root, acts(app, draw));
  await draw();
  return outbox.watchQueue(draw);
}
