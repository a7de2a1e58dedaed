// Photos: hashed as the camera gave them, bounded where that is enough, kept with what the app itself knows of them.

import { deviceMoment } from './words.js';

export const LONGEST_SIDE = 2560;
export const LARGEST = 25 * 1024 * 1024;
const THUMB_SIDE = 320;
const QUALITY = 0.85;
const FIX = { enableHighAccuracy: true, maximumAge: 120000, timeout: 10000 };
const PATIENCE_FOR_A_FIX_MS = 500;
const SPARE = 20 * 1024 * 1024;

/** A file that cannot be kept, with the code of the text that says why. */
export class Unusable extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** What a file is, by its first bytes, as the server looks at it; null for anything else. */
export function typeOf(bytes) {
  const head = new Uint8Array(bytes, 0, Math.min(16, bytes.byteLength));
  const text = String.fromCharCode(...head);
  if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (text.startsWith('\x89PNG')) return 'image/png';
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'image/webp';
  if (text.slice(4, 8) === 'ftyp' && /^(hei[cxms]|hev[cxms]|mif1|msf1)/.test(text.slice(8, 12))) return 'image/heic';
  return text.startsWith('%PDF') ? 'application/pdf' : null;
}

/** Where the device is, WGS-84, or null; never refuses. Asked for when the camera is opened. */
export function locate() {
  if (!navigator.geolocation) return Promise.resolve(null);
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lat: coords.latitude, lng: coords.longitude, accuracy_m: Math.round(coords.accuracy) }),
      () => resolve(null),
      FIX,
    );
  });
}

const soon = (promise, patience) =>
  Promise.race([promise, new Promise((resolve) => setTimeout(() => resolve(null), patience))]);

/** Free bytes as the browser estimates them; null where it does not say. */
export async function freeSpace() {
  try {
    const { quota, usage } = await navigator.storage.estimate();
    return quota - usage;
  } catch (_) {
    return null;
  }
}

/** Whether so many more bytes can be expected to find room. */
export async function hasRoom(bytes) {
  const free = await freeSpace();
  return free === null || free > bytes + SPARE;
}

async function decoded(blob) {
  const image = new Image();
  const url = URL.createObjectURL(blob);
  image.src = url;
  try {
    await image.decode();
    return image;
  } catch (_) {
    return null;
  } finally {
    URL.revokeObjectURL(url);
  }
}

const encoded = (canvas, type) =>
  new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Unusable('photo.undecodable'))), type, QUALITY);
  });

/** Upright, its longest side at most so long. The browser turns it as its EXIF says. */
function drawn(image, longest) {
  const scale = Math.min(1, longest / Math.max(image.naturalWidth || image.width, image.naturalHeight || image.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round((image.naturalWidth || image.width) * scale);
  canvas.height = Math.round((image.naturalHeight || image.height) * scale);
  const pen = canvas.getContext('2d');
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

async function thumbOf(image) {
  if (!image) return null;
  return (await encoded(drawn(image, THUMB_SIDE), 'image/jpeg')).arrayBuffer();
}

/**
 * What is to be kept of a file: `{photo, bytes}`. `whole`: the camera's own bytes (a critical finding), else a copy
 * bounded at 2560 px. `fix`: the promise of `locate()`. Raises `Unusable`.
 */
export async function prepare(file, { source, whole = false, fix = Promise.resolve(null), pdf = false }) {
  const given = await file.arrayBuffer();
  const type = typeOf(given);
  if (!type || (type === 'application/pdf' && !pdf)) throw new Unusable('photo.wrong_type');
  const capturedAt = deviceMoment(source === 'gallery' && file.lastModified ? file.lastModified : Date.now());
  const cameraSha = await sha256(given);
  let bytes = given;
  let kept = type;
  let image = null;
  if (type !== 'application/pdf') {
    image = await decoded(file);
    const small = image && Math.max(image.naturalWidth, image.naturalHeight) <= LONGEST_SIDE && type === 'image/jpeg';
    if (image && ((!small && !whole) || given.byteLength > LARGEST)) {
      bytes = await (await encoded(drawn(image, LONGEST_SIDE), 'image/jpeg')).arrayBuffer();
      kept = 'image/jpeg';
    }
  }
  if (bytes.byteLength > LARGEST) throw new Unusable('photo.too_large');
  const photo = {
    sha256: bytes === given ? cameraSha : await sha256(bytes),
    thumb: await thumbOf(image),
    manifest: {
      bytes: bytes.byteLength,
      type: kept,
      captured_at: capturedAt,
      source,
      location: source === 'camera' ? await soon(fix, PATIENCE_FOR_A_FIX_MS) : null,
      camera_sha256: cameraSha,
      derived_from: null,
    },
  };
  return { photo, bytes };
}

/** A drawing of the person's own: a signature (PNG), or a photo that was drawn on (JPEG, `from` the unmarked one). */
export async function prepareDrawing(canvas, from = null) {
  const type = from ? 'image/jpeg' : 'image/png';
  const bytes = await (await encoded(canvas, type)).arrayBuffer();
  const manifest = {
    bytes: bytes.byteLength,
    type,
    captured_at: from ? from.manifest.captured_at : deviceMoment(),
    source: from ? from.manifest.source : null,
    location: from ? from.manifest.location : null,
    camera_sha256: from ? from.manifest.camera_sha256 : null,
    derived_from: from ? from.sha256 : null,
  };
  const thumb = (await encoded(drawn(canvas, THUMB_SIDE), 'image/jpeg')).arrayBuffer();
  return { photo: { sha256: await sha256(bytes), thumb: await thumb, manifest }, bytes };
}

/** A canvas with this photo on it, upright, to be drawn on. Null where the browser cannot decode it. */
export async function canvasOf(bytes, type) {
  const image = await decoded(new Blob([bytes], { type }));
  return image && drawn(image, LONGEST_SIDE);
}

export const urlOf = (bytes, type = 'image/jpeg') => URL.createObjectURL(new Blob([bytes], { type }));
