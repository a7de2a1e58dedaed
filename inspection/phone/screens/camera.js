// 拍照: two ways to a photo, what is under each photo, drawing on it; and photos that lie at the server.

import { NoNetwork } from '../api.js';
import { addDrawing, addPhoto, detach, expectPhoto, forgetExpected, photoBytes, photosOf } from '../draft.js';
import { canvasOf, locate, urlOf } from '../photo.js';
import * as sync from '../sync.js';
import { html, momentText, t } from '../words.js';

const urls = new Map();

/** The address of a kept photo's thumbnail. */
export function thumbUrl(photo) {
  if (!photo?.thumb) return null;
  if (!urls.has(photo.sha256)) urls.set(photo.sha256, urlOf(photo.thumb));
  return urls.get(photo.sha256);
}

/** Addresses made before they are asked for, one at a time: a screen full of thumbnails then opens at once. */
export async function readyThumbs(photos) {
  for (const photo of photos) {
    thumbUrl(photo);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** The two buttons. One shared input fails in some WeChat builds, so each has its own. */
export const photoButtons = (slot, { pdf = false, hint = true } = {}) => html`
  <div class="pair">
    <button type="button" class="plain" data-do="photo" data-source="camera" data-slot="${slot}">${t('photo.camera')}</button>
    <button type="button" class="plain" data-do="photo" data-source="gallery" data-slot="${slot}">${t(pdf ? 'photo.gallery_or_pdf' : 'photo.gallery')}</button>
  </div>
  ${hint && html`<p class="hint">${t('photo.faces')}</p>`}`;

function caption({ manifest }) {
  const place = manifest.location
    ? t('photo.place', { lat: manifest.location.lat.toFixed(5), lng: manifest.location.lng.toFixed(5), accuracy: manifest.location.accuracy_m })
    : t('photo.no_place');
  return html`<span class="badge">${t(manifest.source === 'gallery' ? 'photo.from_gallery' : 'photo.from_camera')}</span>
    <br>${momentText(manifest.captured_at)}<br>${place}${manifest.derived_from && html`<br>${t('photo.marked')}`}`;
}

/** Thumbnails of these hashes with source, time and place; `photos` by hash, as they are kept. */
export const photoStrip = (draftId, slot, hashes, photos, { fixed = false } = {}) => html`
  <ul class="photos">
    ${hashes.map((sha, index) => {
      const photo = photos.get(sha);
      const url = thumbUrl(photo);
      const name = t('photo.number', { number: index + 1, count: hashes.length });
      return html`<li>
        ${url ? html`<img src="${url}" alt="${name}">` : html`<span class="file">${photo?.manifest.type === 'application/pdf' ? 'PDF' : t('photo.no_preview')}</span>`}
        <p class="caption whole"><strong>${name}</strong> ${photo ? caption(photo) : t('photo.gone')}</p>
        ${!fixed && photo && html`<div class="pair small">
          ${url && html`<a class="button plain" href="#/mark/${draftId}/${encodeURIComponent(slot)}/${sha}">${t('photo.mark')}</a>`}
          <button type="button" class="plain" data-do="drop-photo" data-slot="${slot}" data-sha="${sha}" aria-label="${t('photo.remove_number', { number: index + 1 })}">${t('photo.remove')}</button></div>`}
      </li>`;
    })}
  </ul>`;

/** No keeping of photos takes longer. */
const LONGEST_MS = 120000;

/** The photos of a draft by hash. */
export const photosByHash = async (draftId) => new Map((await photosOf(draftId)).map((photo) => [photo.sha256, photo]));

/**
 * Open camera or gallery and keep what comes of it. Everything, and where to come back to, is stored before the dialog
 * opens: many phones close the page while the camera is open. `path`: the screen to come back to; `whole`: the
 * camera's own bytes. Returns how many photos were kept.
 */
export async function take(app, { draft, slot, path, source, whole = false, pdf = false }) {
  const fix = source === 'camera' ? locate() : Promise.resolve(null);
  await expectPhoto({ draft, slot, path });
  try {
    const files = await choose({ source, pdf });
    if (!files.length) return 0;
    app.say(t('photo.keeping', { count: files.length }), false, LONGEST_MS);
    let trouble = null;
    for (const file of files) {
      try {
        await addPhoto(draft, file, { source, whole, fix, pdf }, slot);
      } catch (error) {
        trouble ||= error; // one that cannot be kept does not hold up the others
      }
    }
    if (trouble) throw trouble;
    app.say(t('photo.kept', { count: files.length }));
    return files.length;
  } finally {
    await forgetExpected();
  }
}

function choose({ source, pdf }) {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = pdf && source === 'gallery' ? 'image/*,application/pdf' : 'image/*';
  input.multiple = source === 'gallery';
  if (source === 'camera') input.setAttribute('capture', 'environment');
  input.className = 'away';
  input.setAttribute('aria-hidden', 'true');
  input.tabIndex = -1;
  document.body.append(input);
  return new Promise((resolve) => {
    const done = () => {
      resolve([...input.files]);
      input.remove();
    };
    input.addEventListener('change', done);
    input.addEventListener('cancel', done);
    input.click();
  });
}

export const dropPhoto = (draft, { slot, sha }) => detach(draft, slot, sha);

const COLOURS = ['#e11900', '#ffd400', '#1456b8'];

/** Draw on a photo; the drawing becomes a photo of its own, the unmarked one stays. */
export async function showMark(root, [draftId, place], app) {
  const [slot, sha] = place.split('/');
  app.titled(t('mark.title'));
  const photo = (await photosByHash(draftId)).get(sha);
  const bytes = await photoBytes(draftId, sha);
  const canvas = photo && bytes && (await canvasOf(bytes, photo.manifest.type));
  if (!canvas) {
    app.mount(root, html`<p class="empty">${t('photo.no_preview')}</p>`);
    return;
  }
  app.mount(root, html`
    <p class="hint">${t('mark.how')}</p>
    <div class="colours" role="group" aria-label="${t('mark.colour')}">
      ${COLOURS.map((colour, index) => html`<button type="button" data-do="colour" data-colour="${colour}" aria-pressed="${String(index === 0)}"><span class="colour c${index}"></span>${t(`mark.colour_${index}`)}</button>`)}
    </div>
    <div class="canvas"></div>
    <div class="foot"><button type="button" class="plain" data-do="undo">${t('mark.undo')}</button>
      <button type="button" class="main" data-do="keep">${t('mark.keep')}</button></div>`);
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', t('mark.title'));
  root.querySelector('.canvas').append(canvas);
  const unmarked = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const strokes = [];
  let colour = COLOURS[0];
  followPen(canvas, {
    begin: (point) => strokes.push({ colour, points: [point] }),
    move: (point) => {
      strokes[strokes.length - 1].points.push(point);
      redraw();
    },
  });
  const redraw = () => {
    const pen = canvas.getContext('2d');
    pen.putImageData(unmarked, 0, 0);
    for (const stroke of strokes) drawStroke(pen, stroke, Math.max(4, canvas.width / 160));
  };
  app.wire(root, {
    colour: (button) => {
      colour = button.dataset.colour;
      for (const one of root.querySelectorAll('[data-do=colour]')) one.setAttribute('aria-pressed', String(one === button));
    },
    undo: () => {
      strokes.pop();
      redraw();
    },
    keep: async () => {
      if (strokes.length) await addDrawing(draftId, canvas, photo, slot);
      app.back();
    },
  });
}

export function drawStroke(pen, { colour, points }, width) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.lineCap = 'round';
  pen.lineJoin = 'round';
  pen.beginPath();
  pen.moveTo(points[0].x, points[0].y);
  for (const point of points.slice(1)) pen.lineTo(point.x, point.y);
  if (points.length === 1) pen.lineTo(points[0].x + 0.1, points[0].y);
  pen.stroke();
}

/** Points of a finger, pen or mouse in the canvas's own pixels. */
export function followPen(canvas, { begin, move, end = () => {} }) {
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: ((event.clientX - box.left) * canvas.width) / box.width, y: ((event.clientY - box.top) * canvas.height) / box.height };
  };
  let down = false;
  canvas.addEventListener('pointerdown', (event) => {
    down = true;
    canvas.setPointerCapture?.(event.pointerId);
    begin(point(event));
    move(point(event));
    event.preventDefault();
  });
  canvas.addEventListener('pointermove', (event) => {
    if (down) move(point(event));
  });
  for (const kind of ['pointerup', 'pointercancel']) {
    canvas.addEventListener(kind, () => {
      if (down) end();
      down = false;
    });
  }
}

// ── photos that lie at the server ──────────────────────────────────────────────────────────────────────────────────

/** Pictures of one screen: an address each, or why there is none (`none`, `away`). */
export class Pictures {
  #known = new Map();

  /** Thumbnails as buttons; a tap shows the large one beneath. `what`: what they show, in words. */
  list(hashes, what) {
    return html`<ul class="pictures">${hashes.map((sha, index) => {
      const name = t('problem_page.picture', { what, number: index + 1, count: hashes.length });
      return html`<li><button type="button" class="picture" data-do="enlarge" data-sha="${sha}" data-name="${name}"
        aria-expanded="false" disabled></button></li>`;
    })}</ul>`;
  }

  /** Where the large one appears: in a `data-gallery`, across all of its width. */
  place() {
    return html`<div class="large" hidden></div>`;
  }

  /** Show in `root` what is here, and bring the rest. */
  async fill(root, app) {
    const wanted = new Set([...root.querySelectorAll('.picture')].map((one) => one.dataset.sha));
    for (const sha of wanted) this.#place(root, sha, app);
    for (const sha of wanted) {
      const about = this.#known.get(sha);
      if (about?.url || about?.why === 'coming') continue;
      this.#known.set(sha, { why: 'coming' });
      this.#known.set(sha, await this.#fetch(sha, 'thumbnail'));
      this.#place(root, sha, app);
    }
  }

  #place(root, sha, app) {
    const { url, why = 'coming' } = this.#known.get(sha) || {};
    for (const button of root.querySelectorAll(`.picture[data-sha="${sha}"]`)) {
      const { name } = button.dataset;
      app.mount(button, url
        ? html`<img src="${url}" alt="${name}">`
        : html`<span class="file"><span class="away">${name}</span>${t(`problem_page.picture_${why}`)}</span>`);
      button.disabled = !url;
    }
  }

  async #fetch(sha, size) {
    try {
      const bytes = await sync.picture(sha, size);
      return bytes ? { url: urlOf(bytes) } : { why: 'none' };
    } catch (error) {
      if (!(error instanceof NoNetwork)) throw error;
      return { why: 'away' };
    }
  }

  /** The large one in place, the small one until it is here; the same button again puts it away. */
  async enlarge(button, app) {
    const { sha, name } = button.dataset;
    const gallery = button.closest('[data-gallery]');
    const place = gallery.querySelector('.large');
    const opens = button.getAttribute('aria-expanded') !== 'true';
    for (const one of gallery.querySelectorAll('[aria-expanded=true]')) one.setAttribute('aria-expanded', 'false');
    button.setAttribute('aria-expanded', String(opens));
    place.hidden = !opens;
    if (!opens) return;
    const show = (url, note) => app.mount(place, html`<figure><img src="${url}" alt="${name}">
      <figcaption class="caption">${name}${note && html` · ${note}`}</figcaption></figure>`);
    show(this.#known.get(sha).url, t('problem_page.picture_coming'));
    const key = `${sha}-shared`;
    if (!this.#known.get(key)?.url) this.#known.set(key, await this.#fetch(sha, 'shared'));
    if (button.getAttribute('aria-expanded') !== 'true') return;
    const { url, why } = this.#known.get(key);
    show(url || this.#known.get(sha).url, why && t(`problem_page.large_${why}`));
  }

  release() {
    for (const { url } of this.#known.values()) if (url) URL.revokeObjectURL(url);
  }
}
