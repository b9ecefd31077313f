// Taking it along: the address, a file with the settings, and the picture.

import { boot, say } from "./words.js";
import { toHash, fromHash } from "./state.js";

const KIND = "coprod-workshop";
const MOST_BYTES = 65536;

export async function copyLink() {
  try {
    await navigator.clipboard.writeText(location.href);
    return say("page > link_copied");
  } catch {
    return `${say("page > link_here")} ${location.href}`;
  }
}

export function saveFile(state) {
  const text = JSON.stringify({ kind: KIND, version: boot.version, settings: toHash(state) }, null, 1);
  download(new Blob([text], { type: "application/json" }), "coprod-workshop.json");
}

export async function openFile(file) {
  if (file.size > MOST_BYTES) return null;
  try {
    const found = JSON.parse(await file.text());
    return found.kind === KIND && typeof found.settings === "string" ? fromHash(found.settings) : null;
  } catch {
    return null;
  }
}

export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// Both drawings with the sentences below them, as one drawing that needs nothing else.
export function wholePicture(title, told, footer) {
  const drawings = [...document.querySelectorAll(".pictures svg")];
  const size = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const sizes = drawings.map((one) => one.viewBox.baseVal);
  const width = sizes.reduce((sum, one) => sum + one.width, 0) + size * 4;
  const tallest = Math.max(...sizes.map((one) => one.height));
  const captions = [...document.querySelectorAll(".pictures figcaption")].map((one) => [...one.children].map((part) => part.textContent));
  const fits = Math.floor((width - size * 3) / (size * 0.53));
  const below = [...told, footer].flatMap((line) => broken(line, fits));
  const height = tallest + size * (6.9 + below.length * 1.45);
  const texts = [textAt(size, size * 1.9, title, size * 1.3, true)];
  let left = size;
  const parts = drawings.map((drawing, place) => {
    captions[place].forEach((line, row) => texts.push(textAt(left, size * (3.7 + row * 1.3), line, row ? size * 0.9 : size, row === 0)));
    const copy = drawing.cloneNode(true);
    copy.setAttribute("x", left);
    copy.setAttribute("y", size * 5.6);
    copy.setAttribute("width", sizes[place].width);
    copy.setAttribute("height", sizes[place].height);
    left += sizes[place].width + size * 2;
    return new XMLSerializer().serializeToString(copy);
  });
  below.forEach((line, row) => texts.push(textAt(size, tallest + size * (7 + row * 1.45), line, size * 0.95, false)));
  const text = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="${family()}" font-size="${size}"><style>${styles()}</style><rect width="100%" height="100%" fill="#fff"/>${texts.join("")}${parts.join("")}</svg>`;
  return { text, width, height };
}

function family() {
  return getComputedStyle(document.body).fontFamily.replaceAll('"', "'");
}

function styles() {
  const root = getComputedStyle(document.documentElement);
  const named = ["ink", "soft", "line", "a", "b", "a-text", "b-text", "gap"].map((name) => `--${name}:${root.getPropertyValue(`--${name}`).trim()}`).join(";");
  return `svg{${named}} text{fill:var(--soft)} svg svg text{paint-order:stroke;stroke:#fff;stroke-width:4px} .strong{font-weight:700} .a{fill:var(--a-text)} .b{fill:var(--b-text)} .gap{fill:var(--gap)}`;
}

function textAt(x, y, text, size, bold) {
  const safe = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x}" y="${y}" font-size="${size}"${bold ? ' font-weight="700"' : ""} style="fill:var(--ink)">${safe}</text>`;
}

function broken(line, fits) {
  const rows = [""];
  for (const word of line.split(" ")) {
    if (`${rows.at(-1)} ${word}`.length > fits && rows.at(-1)) rows.push(word);
    else rows[rows.length - 1] = `${rows.at(-1)} ${word}`.trim();
  }
  return rows;
}

export function saveSvg(made) {
  download(new Blob([made.text], { type: "image/svg+xml" }), "coprod-workshop.svg");
}

export function savePng(made) {
  return new Promise((done) => {
    const image = new Image();
    const address = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(made.text)}`;
    image.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.width = made.width * 2;
      canvas.height = made.height * 2;
      const pen = canvas.getContext("2d");
      pen.scale(2, 2);
      pen.drawImage(image, 0, 0);
      canvas.toBlob((blob) => { if (blob) download(blob, "coprod-workshop.png"); done(Boolean(blob)); });
    };
    image.onerror = () => done(false);
    image.src = address;
  });
}
