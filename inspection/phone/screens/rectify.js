// 整改: what the institution did about a problem, with its photos or papers, handed in for review.

import * as drafts from '../draft.js';
import * as outbox from '../outbox.js';
import * as sync from '../sync.js';
import { dateOf, dayText, html, momentText, t } from '../words.js';
import { dropPhoto, photoButtons, photosByHash, photoStrip, Pictures, take } from './camera.js';
import {
  asked, bodyOf, dueBadge, factOf, faultsBox, field, inTurn, isRight, isUnderWay, known, nothingKnown, queuedBox, queuedFor,
  setRight, severityBadge, side, turnedBack,
} from './problem.js';

export async function show(root, [problemId], app) {
  app.titled(t('rectify.title'));
  if (!(await known(problemId))) await asked(() => sync.fetchProblem(problemId));
  const problem = await known(problemId);
  if (!problem) {
    app.mount(root, nothingKnown('away'));
    return null;
  }
  const sent = (await queuedFor(problemId, problem.told_at)).find((one) => one.kind === 'rectification');
  if (sent) return showSent(root, sent, problem, app);
  if (!app.isUnit || !problem.can.includes('rectify')) {
    app.mount(root, html`<section class="card"><h2 class="said">${factOf(problem)}</h2>
      <p>${t(app.isUnit ? 'rectify.not_now' : 'rectify.not_yours', { status: t(`status.${problem.status}`) })}</p>
      <p><a class="button plain wide" href="#/problem/${problem.id}">${t('rectify.look')}</a></p></section>`);
    return null;
  }
  return showForm(root, problem, await drafts.startProof(problem, app.today()), app);
}

/** A proof that was submitted already: what it says, and how far it has come. */
async function showSent(root, entry, problem, app) {
  const draw = inTurn(async () => {
    const now = await outbox.entry(entry.id);
    const body = await bodyOf(now);
    const photos = await photosByHash(entry.draft);
    app.redraw(root, html`
      ${queuedBox(now)}
      ${!isUnderWay(now) && html`
        <button type="button" class="main wide" data-do="again">${t('rectify.again')}</button>`}
      ${body && html`<section class="card"><h2>${t('rectify.sent')}</h2>
        <p class="said">${factOf(problem)}</p>
        <dl class="facts"><dt>${t('rectify.description')}</dt><dd class="said">${body.description}</dd>
          <dt>${t('rectify.completed_on')}</dt><dd>${dayText(body.completed_on)}</dd></dl>
        ${photoStrip(entry.draft, 'proof', Object.keys(body.photos), photos, { fixed: true })}</section>`}`);
  });
  app.wire(root, {
    again: async () => {
      await drafts.openAgain(await outbox.entry(entry.id));
      app.again();
    },
  });
  await draw();
  return outbox.watchQueue(draw);
}

async function showForm(root, problem, draft, app) {
  const pictures = new Pictures();
  app.mount(root, html`${turnedBack(problem)}${proofForm(problem, draft, pictures, app.today())}`);
  const form = root.querySelector('form');
  const { description, completed_on: completedOn } = form.elements;
  const values = () => ({ description: description.value, completed_on: completedOn.value });
  const tell = (now) => {
    root.querySelector('#kept').textContent = t('rectify.kept', { at: momentText(now.changed_at) });
    root.querySelector('#early').textContent = earlyText(now.completed_on, problem);
  };
  const keep = async () => tell(await drafts.changeDraft(draft.id, (one) => ({ ...one, ...values() })));
  const drawPhotos = async () => {
    const now = await drafts.draft(draft.id);
    const strip = now.photos.length
      ? photoStrip(draft.id, 'proof', now.photos, await photosByHash(draft.id))
      : html`<p class="quiet">${t('rectify.no_photo')}</p>`;
    app.mount(root.querySelector('#new-photos'), strip);
    tell(now);
  };
  app.wire(root, {
    enlarge: (button) => pictures.enlarge(button, app),
    photo: async ({ dataset: { slot, source } }) => {
      await keep();
      try {
        const taken = await take(app, { draft: draft.id, slot, path: `rectify/${problem.id}`, source, pdf: true });
        if (taken) setRight(form, 'photos');
      } finally {
        await drawPhotos();
      }
    },
    'drop-photo': async ({ dataset }) => {
      await dropPhoto(draft.id, dataset);
      await drawPhotos();
    },
    proof: async () => {
      await keep();
      if (!isRight(form, proofFaults(await drafts.draft(draft.id), problem, app.today()))) return;
      await drafts.finishProof(draft.id);
      outbox.send();
      app.go(`entry/${draft.id}`, { replace: true });
    },
  }, {
    proof: ({ name }) => {
      setRight(form, name);
      return keep();
    },
  });
  if (takesPhotos(problem)) await drawPhotos();
  pictures.fill(root, app);
  return () => {
    pictures.release();
    letGoOfNothing(draft.id);
  };
}

/** A proof in which nothing was said yet is no unfinished work. */
async function letGoOfNothing(id) {
  const now = await drafts.draft(id);
  if (now?.state === 'open' && !now.description && !now.photos.length) await drafts.discard(id);
}

const takesPhotos = (problem) => problem.photo_rule !== 'forbidden';

const proofForm = (problem, draft, pictures, today) => html`
  <section class="card"><p>${severityBadge(problem.severity)} ${dueBadge(problem, today)}</p>
    <h2 class="said">${factOf(problem)}</h2>
    ${problem.due_on && html`<p>${t('problem_page.due', { day: dayText(problem.due_on) })}</p>`}
    ${problem.advice && html`<p class="said quiet">${t('rectify.advice', { text: problem.advice })}</p>`}
    ${problem.severity === 'critical' && html`<p class="note-box">${t('rectify.critical')}</p>`}</section>
  <form class="fill" data-do="proof" novalidate>
    ${faultsBox()}
    ${field('proof', 'description', t('rectify.description'), (about) => html`
      <textarea ${about} maxlength="8000" rows="5">${draft.description}</textarea>`)}
    ${field('proof', 'completed_on', t('rectify.completed_on'), (about) => html`
      <input type="date" ${about} max="${today}" value="${draft.completed_on}">`)}
    <p class="hint" id="early">${earlyText(draft.completed_on, problem)}</p>
    <section class="card" data-gallery><h2>${t('rectify.photos')}</h2>
      <p>${t(`rectify.photo_${problem.photo_rule}`)}</p>
      ${takesPhotos(problem) && html`<div class="beside">
        ${side('before', problem.photos || [], problem.partial ? 'picture_away' : 'no_photo', pictures)}
        <div><h3>${t('problem_page.after')}</h3><div id="new-photos"></div></div></div>
        ${pictures.place()}
        <p class="fault" id="fault-proof-photos" hidden></p>
        ${photoButtons('proof', { pdf: true })}`}</section>
    <p class="hint">${t('problem_page.counts_on_receipt')}</p>
    <p class="hint" id="kept">${t('rectify.kept', { at: momentText(draft.changed_at) })}</p>
    <div class="foot"><button type="submit" class="main">${t('rectify.submit')}</button></div>
  </form>`;

/** What keeps a proof from being handed in. What is merely odd does not. */
const proofFaults = (draft, problem, today) => ({
  description: !drafts.proofBody(draft, []).description && t('rectify.no_description'),
  completed_on: !draft.completed_on ? t('rectify.no_day') : draft.completed_on > today && t('rectify.day_in_future'),
  photos: problem.photo_rule === 'required' && !draft.photos.length && t('rectify.needs_photo'),
});

/** Put right before it was found: possible, but more often a slip of the finger. */
function earlyText(day, problem) {
  const found = !problem.partial && problem.timeline[0] && dateOf(Date.parse(problem.timeline[0].at));
  return day && found && day < found ? t('rectify.early', { day: dayText(found) }) : '';
}
