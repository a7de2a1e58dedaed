// 登录 and 我的: who is here, what this browser can do, and leaving.

import { call, NoNetwork, VERSION } from '../api.js';
import { openDrafts } from '../draft.js';
import { begunLead, unsentLeads } from './lead.js';
import { backup, entries, unsent } from '../outbox.js';
import { html, language, LANGUAGES, sizeText, t } from '../words.js';

const LITTLE_ROOM = 300 * 1048576;

const agent = () => navigator.userAgent;
export const isApple = () => /iPhone|iPad|iPod/.test(agent()) || (/Macintosh/.test(agent()) && navigator.maxTouchPoints > 1);
const isStandalone = () => navigator.standalone === true || window.matchMedia('(display-mode: standalone)').matches;

/** What this browser cannot promise, worst first; each is the code of a text. Said before field work, not after. */
export async function limitsHere() {
  const limits = [];
  if (!navigator.serviceWorker) {
    limits.push(/MicroMessenger/i.test(agent()) && isApple() ? 'limits.wechat_apple' : 'limits.no_worker');
  } else if (/MicroMessenger|QQ\/|DingTalk|Weibo|AlipayClient/i.test(agent())) {
    limits.push('limits.in_app');
  }
  if (isApple() && !isStandalone() && navigator.serviceWorker) limits.push('limits.add_to_home');
  const room = await navigator.storage?.estimate?.().catch(() => null);
  if (room && room.quota < LITTLE_ROOM) limits.push('limits.little_room');
  return limits;
}

/** Ask the browser to keep what is stored; true, false, or null where it cannot be asked. */
export async function askToKeep() {
  try {
    return (await navigator.storage.persist?.()) ?? null;
  } catch (_) {
    return null;
  }
}

/** Whether the browser has promised to keep what is stored; null where it does not say. */
export async function keptForSure() {
  try {
    return (await navigator.storage.persisted?.()) ?? null;
  } catch (_) {
    return null;
  }
}

export const limitList = (limits) => limits.length > 0 && html`
  <div class="note-box"><ul>${limits.map((code) => html`<li>${t(code)}</li>`)}</ul></div>`;

const languages = () => html`
  <div class="chips" role="group" aria-label="${t('me.language')}">
    ${LANGUAGES.map((tag) => html`<button type="button" lang="${tag}" data-do="language" data-tag="${tag}" aria-pressed="${String(tag === language())}">${t(`language.${tag.replace('-', '_')}`)}</button>`)}
  </div>`;

function deviceName() {
  const system = /Android|iPhone|iPad|Windows|Macintosh|Linux/.exec(agent())?.[0] || '';
  const browser = /MicroMessenger|Edg|Firefox|Chrome|Safari/.exec(agent())?.[0] || '';
  return `${system} ${browser}`.trim() || 'browser';
}

const ASKS_FOR_CODE = new Set(['otp_required', 'wrong_otp']);

/** Shown once the server has said that this account has a second factor; the password stays as it was typed. */
function askForCode(root) {
  const field = root.querySelector('#code');
  field.hidden = false;
  const input = field.querySelector('input');
  input.required = true;
  input.value = '';
  input.focus();
}

export async function showSignIn(root, _, app) {
  app.titled(t('signin.title'));
  const limits = await limitsHere();
  app.mount(root, html`
    ${app.isSignedOut && html`<div class="note-box">${t('signin.again')}</div>`}
    ${app.isWiped && html`<div class="trouble-box">${t('limits.wiped')}</div>`}
    ${limitList(limits)}
    <form class="card" data-do="enter">
      ${!app.me && html`<h2>${t('app.title')}</h2><p class="quiet">${t('signin.lead')}</p>`}
      <div id="trouble" role="alert"></div>
      <label class="field"><span>${t('signin.username')}</span>
        <input name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required value="${app.me?.username}"></label>
      <label class="field"><span>${t('signin.password')}</span>
        <input name="password" type="password" autocomplete="current-password" required></label>
      <label class="field" id="code" hidden><span>${t('signin.code')}</span>
        <input name="otp" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" maxlength="64" aria-describedby="code-hint">
        <span class="quiet" id="code-hint">${t('signin.code_hint')}</span></label>
      <button type="submit" class="main wide">${t('signin.enter')}</button>
    </form>
    ${languages()}`);
  app.wire(root, {
    language: (button) => app.useLanguage(button.dataset.tag),
    enter: async (form) => {
      const trouble = root.querySelector('#trouble');
      const button = form.querySelector('[type=submit]');
      app.mount(trouble, '');
      button.disabled = true;
      try {
        const answer = await call('POST', '/auth/login', {
          body: {
            username: form.username.value.trim(),
            password: form.password.value,
            device_name: deviceName(),
            otp: form.otp.value.trim() || null,
          },
          token: null,
        });
        if (answer.status !== 201) {
          app.mount(trouble, html`<p class="fault">${answer.json?.detail}</p>`);
          if (ASKS_FOR_CODE.has(answer.json?.code)) askForCode(root);
          return;
        }
        await app.signIn(answer.json);
        await askToKeep();
        app.go('', { replace: true });
        await app.refresh();
      } catch (error) {
        if (error instanceof NoNetwork) {
          app.mount(trouble, html`<p class="fault">${t('signin.no_network')}</p>`);
        } else throw error;
      } finally {
        button.disabled = false;
      }
    },
  });
  if (!app.me) root.querySelector('[name=username]').focus();
}

export async function showMe(root, _, app) {
  app.titled(t('me.title'));
  const [kept, limits, waiting, checks, proofs, leads, begun] = [
    await keptForSure(), await limitsHere(), (await entries()).filter(unsent), await openDrafts('inspection'), await openDrafts('rectification'),
    await unsentLeads(), await begunLead(),
  ];
  const room = await navigator.storage?.estimate?.().catch(() => null);
  const open = checks.length + proofs.length;
  app.mount(root, html`
    <section class="card">
      <h2>${app.me.name}</h2>
      <p>${app.me.organisation}</p>
      <p class="quiet">${[...new Set(app.me.roles.map((one) => one.role))].map((role) => t(`role.${role}`)).join('、')}</p>
    </section>
    ${limitList(limits)}
    <section class="card">
      <h2>${t('me.device')}</h2>
      <dl class="facts">
        <dt>${t('me.promise')}</dt><dd>${t(kept === null ? 'me.promise_unknown' : kept ? 'me.promise_yes' : 'me.promise_no')}</dd>
        <dt>${t('me.room')}</dt><dd>${room ? t('me.room_used', { used: sizeText(room.usage), free: sizeText(room.quota - room.usage) }) : t('me.room_unknown')}</dd>
        <dt>${t('me.version')}</dt><dd>${VERSION}</dd>
      </dl>
      ${kept === false && html`<button type="button" class="plain" data-do="keep">${t('me.ask_promise')}</button>`}
    </section>
    <section class="card"><h2>${t('me.language')}</h2>${languages()}</section>
    <section class="card">
      <h2>${t('me.leave')}</h2>
      ${waiting.length + open + leads.length > 0 || begun
        ? html`<form data-do="leave">
            ${(leads.length > 0 || begun) && html`<p class="trouble-box">${t('lead.unsent_leaving')}</p>`}
            ${waiting.length + open > 0 && html`<p class="trouble-box">${t('me.unsent', { waiting: waiting.length, open })}</p>`}
            ${waiting.length > 0 && html`<button type="button" class="plain wide" data-do="export">${t('queue.export')}</button>`}
            <label class="field"><span>${t('me.type_word', { word: t('me.word') })}</span><input name="word" autocomplete="off"></label>
            <button type="submit" class="danger wide">${t('me.leave')}</button></form>`
        : html`<button type="button" class="plain wide" data-do="leave">${t('me.leave')}</button>`}
    </section>`);
  app.wire(root, {
    language: (button) => app.useLanguage(button.dataset.tag),
    keep: async () => {
      app.say(t((await askToKeep()) ? 'me.promise_yes' : 'me.promise_no'));
      app.again();
    },
    export: () => saveBackup(app),
    leave: async (element) => {
      const word = element.tagName === 'FORM' ? element.word.value.trim() : null;
      if (word !== null && word !== t('me.word')) {
        app.say(t('me.type_word', { word: t('me.word') }), true);
        return;
      }
      try {
        await call('DELETE', `/auth/devices/${await ownDevice()}`);
      } catch (_) {
        // without a network the token simply stays unused here; it can be revoked from another device
      }
      await app.signOut();
    },
  });
}

async function ownDevice() {
  const answer = await call('GET', '/auth/devices');
  return answer.json.items.find((one) => one.current).id;
}

/** 导出备份: what was not sent (or these entries) as a file of the person's own. */
export async function saveBackup(app, ids = null) {
  const { id, username, name } = app.me;
  const file = await backup({ id, username, name }, VERSION, ids);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = `backup-${username}-${new Date().toISOString().slice(0, 16).replace(/[:T]/g, '')}.inspection-backup`;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  app.say(t('queue.exported', { size: sizeText(file.size) }));
}
