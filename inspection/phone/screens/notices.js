// 通知书 and 消息: what was ordered and whether its receipt was signed, and what one was told.

import { call, NoNetwork } from '../api.js';
import { mine } from '../db.js';
import * as outbox from '../outbox.js';
import { urlOf } from '../photo.js';
import * as sync from '../sync.js';
import { dateOf, dayText, dueText, html, momentText, t } from '../words.js';
import {
  asked, dayAndTime, drawing, faultsBox, field, isRight, queuedBox, queueInstead, setRight, severityBadge,
} from './problem.js';

const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const MOST_WORDS = 64;
const MOST_MESSAGES = 100;

const signedAt = (notice) => notice.acknowledgement?.acknowledged_at || notice.acknowledged_at;

const pathOf = (id) => `/notices/${id}/acknowledgement`;

/** What was signed here and has not been seen at the server yet. */
async function queuedFor(notice) {
  const own = (await outbox.entries()).filter((one) => one.path === pathOf(notice.id));
  return own.filter((one) => outbox.unsent(one) || (one.done_at && !signedAt(notice)));
}

/** Ask the server anew and show what is there then. */
const fetchInto = async (fetching, draw) => draw((await asked(fetching)) ? 'told' : 'away');

// ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────

const order = (notice) => `${signedAt(notice) ? 0 : 1} ${notice.issued_on} ${notice.id}`;

const notSignedFirst = (a, b) => order(b).localeCompare(order(a));

export async function showNotices(root, _, app) {
  app.titled(t('notice_page.title_all'));
  const draw = drawing(root, app, async (state) => {
    const notices = (await mine().all('notices')).sort(notSignedFirst);
    const signed = (await outbox.entries()).filter((one) => one.kind === 'acknowledgement' && outbox.unsent(one));
    const waiting = new Set(signed.map((one) => one.path.split('/')[2]));
    return notices.length
      ? html`<ul>${notices.map((one) => html`<li>${noticeCard(one, waiting.has(one.id), app)}</li>`)}</ul>`
      : html`<p class="empty">${t(`notice_page.empty_${state}`)}</p>`;
  });
  await draw();
  fetchInto(sync.fetchNotices, draw);
}

const signedText = (notice, waits, app) => {
  if (signedAt(notice)) return t('notice_page.signed', { day: dayText(dateOf(Date.parse(signedAt(notice)))) });
  if (waits) return t('notice_page.signed_here');
  return t(app.isUnit ? 'notice_page.not_signed_unit' : 'notice_page.not_signed');
};

const count = ({ problems }) => (Array.isArray(problems) ? problems.filter((row) => row.number).length : problems);

function noticeCard(notice, waits, app) {
  const signed = signedText(notice, waits, app);
  return html`<a class="card ${!signedAt(notice) && 'bad'}" href="#/notice/${notice.id}">
    <h2>${notice.document_number}</h2>
    <p>${signedAt(notice) ? signed : html`<strong>${signed}</strong>`}</p>
    <p class="quiet whole">${dayText(notice.issued_on)} · ${notice.signer}</p>
    <p class="quiet">${t('notice_page.count', { count: count(notice) })}</p>
    ${!app.isUnit && html`<p class="quiet">${notice.institution_name}</p>`}</a>`;
}

// ── one notice ───────────────────────────────────────────────────────────────────────────────────────────────────

export async function showNotice(root, [id], app) {
  app.titled(t('notice_page.title'));
  const draw = drawing(root, app, async (state) => {
    const notice = await mine().get('notices', id);
    if (!notice) return html`<p class="empty">${t(`notice_page.nothing_${state}`)}</p>`;
    return noticePage(notice, await queuedFor(notice), await sync.setting(typedKey(id)), state, app);
  });
  const fetchAnew = async () => {
    const answered = await asked(() => sync.fetchNotice(id)).catch((error) => {
      if (error.status === 404) return true;
      throw error;
    });
    await draw(answered ? 'told' : 'away');
  };
  const urls = [];
  app.wire(root, {
    document: async (button) => {
      const url = await fetchDocument(button, id, app);
      if (url) urls.push(url);
    },
    acknowledge: (form) => acknowledge(form, id, app, draw),
  }, {
    acknowledge: ({ form, name }) => {
      setRight(form, name);
      return sync.keepSetting(typedKey(id), valuesOf(form));
    },
  });
  await draw();
  fetchAnew();
  const stop = outbox.watchQueue(async () => {
    const notice = await mine().get('notices', id);
    const news = notice && !signedAt(notice) && (await queuedFor(notice)).some((one) => !isWaiting(one));
    await (news ? fetchAnew() : draw());
  });
  return () => {
    stop();
    urls.forEach((url) => URL.revokeObjectURL(url));
  };
}

/** Neither taken nor refused yet. */
const isWaiting = (entry) => !['done', 'attention'].includes(outbox.stateOf(entry));

const typedKey = (id) => `typed:acknowledgement:${id}`;

const valuesOf = ({ elements }) => ({ name: elements.name.value, title: elements.title.value });

function noticePage(notice, entries, typed, state, app) {
  const asks = app.isUnit && !signedAt(notice) && entries.every((one) => outbox.stateOf(one) === 'attention');
  const again = asks && t('problem_page.queued_correct');
  return html`
    ${!signedAt(notice) && entries.map((one) => queuedBox(one, again))}
    ${head(notice)}
    ${asks && acknowledgementForm(notice, typed, app)}
    <h2 class="section">${t('notice_page.problems', { count: count(notice) })}</h2>
    ${Array.isArray(notice.problems)
      ? html`<ul>${notice.problems.map((row) => html`<li>${rowCard(row, app)}</li>`)}</ul>`
      : html`<p class="note-box">${t(`notice_page.partial_${state}`)}</p>`}`;
}

function head(notice) {
  const signed = signedAt(notice);
  const { acknowledgement: by, service } = notice;
  const fact = (label, value) => value && html`<dt>${t(`notice_page.${label}`)}</dt><dd class="whole">${value}</dd>`;
  return html`<section class="card ${!signed && 'bad'}"><h2>${notice.document_number}</h2>
    <p>${signed
      ? html`<span class="badge done">${t('notice_page.is_signed')}</span>`
      : html`<span class="badge overdue">${t('notice_page.is_not_signed')}</span>`}</p>
    <dl class="facts">
      ${fact('institution', notice.institution_name)}
      ${fact('issued_on', dayText(notice.issued_on))}
      ${fact('signer', notice.signer)}
      ${fact('service', service && `${t(`notice_page.by_${service.method}`)} · ${dayText(service.on)}`)}
      ${fact('acknowledged', signed && `${by ? `${by.name}（${by.title}） ` : ''}${dayAndTime(signed)}`)}
    </dl>
    ${notice.opinion && html`<p class="said">${t('notice_page.opinion', { text: notice.opinion })}</p>`}
    <button type="button" class="plain wide" data-do="document">${t('notice_page.fetch_document')}</button>
    <p id="document" role="status"></p>
  </section>`;
}

/** A row as the notice orders it; how the problem stands today is on its own page. */
function rowCard(row, app) {
  const today = app.today();
  return html`<a class="card" href="#/problem/${row.problem_id}">
    <p>${severityBadge(row.severity)}
      ${row.action !== 'keep' && html`<span class="badge">${t(`notice_page.action_${row.action}`)}</span>`}</p>
    <h3 class="said">${row.text}</h3>
    <p class="quiet whole">${[row.number, row.place].filter(Boolean).join(' · ')}</p>
    ${row.due_on && html`<p>${t('problem_page.due', { day: dayText(row.due_on) })}
      ${row.provisional && html`<span class="badge">${t('problem_page.provisional')}</span>`}
      ${row.due_on >= today && html`<span class="quiet">· ${dueText(row.due_on, today)}</span>`}</p>`}</a>`;
}

const words = (name, label, autocomplete, value) => field('acknowledge', name, label, (about) => html`
  <input ${about} maxlength="${MOST_WORDS}" autocomplete="${autocomplete}" value="${value}">`);

const acknowledgementForm = (notice, typed, app) => html`
  <form class="card" data-do="acknowledge" novalidate>
    <h2>${t('notice_page.acknowledge')}</h2>
    ${faultsBox()}
    <p>${t('notice_page.acknowledge_means')}</p>
    ${words('name', t('notice_page.name'), 'name', typed ? typed.name : app.me.name)}
    ${words('title', t('notice_page.position'), 'organization-title', typed?.title)}
    <button type="submit" class="main wide">${t('notice_page.send')}</button>
  </form>`;

async function acknowledge(form, id, app, draw) {
  const name = form.elements.name.value.trim();
  const title = form.elements.title.value.trim();
  const faults = { name: !name && t('notice_page.no_name'), title: !title && t('notice_page.no_position') };
  if (!isRight(form, faults) || form.dataset.sent) return;
  form.dataset.sent = 'yes';
  try {
    const notice = await mine().get('notices', id);
    const path = () => pathOf(id);
    const about = { kind: 'acknowledgement', path, title: notice.document_number };
    await queueInstead({ name, title }, about, await queuedFor(notice));
    await mine().remove('settings', typedKey(id));
  } finally {
    delete form.dataset.sent;
  }
  document.activeElement?.blur();
  app.say(t('problem_page.kept'));
  await draw();
  window.scrollTo(0, 0);
}

/** The very file that was served. Browsers keep a file only at a tap of its own, so it is offered as a link. */
async function fetchDocument(button, id, app) {
  const place = button.parentElement.querySelector('#document');
  button.disabled = true;
  place.textContent = t('notice_page.fetching');
  try {
    const answer = await call('GET', `/notices/${id}.docx`, { picture: true });
    if (!answer.bytes) throw new sync.NotTold(answer);
    const url = urlOf(answer.bytes, DOCX);
    const notice = await mine().get('notices', id);
    const name = `${notice.document_number.replace(/[\\/:*?"<>|\s]+/g, '_')}.docx`;
    const text = t('notice_page.save', { name });
    app.mount(place, html`<a class="button main wide" href="${url}" download="${name}">${text}</a>`);
    return url;
  } catch (error) {
    if (!(error instanceof NoNetwork || error instanceof sync.NotTold)) throw error;
    place.textContent = error instanceof NoNetwork ? t('notice_page.document_away') : error.message;
    return null;
  } finally {
    button.disabled = false;
  }
}

// ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────

const isUnread = (one) => !one.read_at && !one.read_here;

const newestFirst = (a, b) => Date.parse(b.created_at) - Date.parse(a.created_at) || b.id.localeCompare(a.id);

/** The very item that a message is about, as a path of this client; null where there is none. */
function targetOf({ problem_id: problemId, params }) {
  if (problemId) return `problem/${problemId}`;
  if (params?.notice_id) return `notice/${params.notice_id}`;
  return params?.planned_on ? '' : null;
}

const remember = (ids) =>
  mine().work('messages', 'readwrite', async (s) => {
    for (const id of ids) {
      const one = await s.messages.get(id);
      if (one) await s.messages.put({ ...one, read_here: true });
    }
  });

/** Tell the server what was read here, where it can be reached; else the next fetching does. */
async function tellRead(ids) {
  for (const id of ids) if (!(await asked(() => call('PUT', `/notifications/${id}/read`)))) return;
}

export async function showInbox(root, _, app) {
  app.titled(t('inbox.title'));
  const draw = drawing(root, app, async (state) => inbox((await mine().all('messages')).sort(newestFirst), state));
  const read = async (ids) => {
    await remember(ids);
    tellRead(ids);
  };
  app.wire(root, {
    open: ({ dataset }) => read([dataset.id]),
    read: async ({ dataset }) => {
      await read([dataset.id]);
      app.again();
    },
    all: async () => {
      await read((await mine().all('messages')).filter(isUnread).map((one) => one.id));
      app.again();
    },
  });
  await draw();
  fetchInto(sync.fetchMessages, draw);
}

function inbox(messages, state) {
  const unread = messages.filter(isUnread).length;
  return html`
    ${state === 'away' && html`<p class="note-box">${t('inbox.away')}</p>`}
    ${unread > 0 && html`<div class="section"><p>${t('inbox.count', { count: unread })}</p>
      <button type="button" class="plain" data-do="all">${t('inbox.all_read')}</button></div>`}
    ${messages.length
      ? html`<ul>${messages.map((one) => html`<li>${messageCard(one)}</li>`)}</ul>`
      : html`<p class="empty">${t(`inbox.empty_${state}`)}</p>`}
    ${messages.length >= MOST_MESSAGES && html`<p class="hint">${t('inbox.most', { count: MOST_MESSAGES })}</p>`}`;
}

const datesInWords = (text) => text.replace(/\b\d{4}-\d\d-\d\d\b/g, (day) => dayText(day));

function messageCard(one) {
  const { id } = one;
  const text = datesInWords(one.text);
  const unread = isUnread(one);
  const target = targetOf(one);
  const inside = html`
    <p>${unread ? html`<span class="badge overdue">${t('inbox.unread')}</span> <strong>${text}</strong>` : text}</p>
    <p class="caption">${momentText(one.created_at)}${!unread && html` · ${t('inbox.read')}`}</p>`;
  if (target !== null) {
    return html`<a class="card" href="#/${target}" data-do="open" data-follow data-id="${id}">${inside}</a>`;
  }
  const mark = html`<button type="button" class="plain" data-do="read" data-id="${id}">${t('inbox.mark')}</button>`;
  return html`<div class="card">${inside}${unread && mark}</div>`;
}
