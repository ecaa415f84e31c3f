// Returns what is wrong with the page as lists of sentences; arguments[0] is the least contrast.
// A piece is a line of text as it is seen: cut to the scrolling boxes around it.
const leastContrast = arguments[0];
const slack = 1.5;  // pixels that boxes may share: the air around the letters
const root = document.documentElement;

function visibleBox(rect, element) {
  let box = {left: rect.left, right: rect.right, top: rect.top, bottom: rect.bottom};
  for (let at = element; at && at !== document.body; at = at.parentElement) {
    if (getComputedStyle(at).overflowX === 'visible' || at instanceof SVGElement) continue;
    const frame = at.getBoundingClientRect();
    box = {left: Math.max(box.left, frame.left), right: Math.min(box.right, frame.right),
           top: Math.max(box.top, frame.top), bottom: Math.min(box.bottom, frame.bottom)};
  }
  return box.right - box.left > slack && box.bottom - box.top > slack ? box : null;
}

function isSticky(element) {
  for (let at = element; at; at = at.parentElement)
    if (getComputedStyle(at).position === 'sticky') return true;
  return false;
}

// Said to screen readers alone, and meant so.
function isSpokenOnly(element) {
  return element.closest('.hidden') !== null &&
         getComputedStyle(element.closest('.hidden')).clipPath !== 'none';
}

function collectPieces() {
  const pieces = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest('style, script') || !element.checkVisibility() ||
        isSpokenOnly(element))
      continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const rects = element instanceof SVGElement
      ? [element.getBoundingClientRect()] : [...range.getClientRects()];
    for (const rect of rects) {
      const box = visibleBox(rect, element);
      if (box) pieces.push({box, element, text: node.data.trim().slice(0, 60)});
    }
  }
  return pieces;
}

function findOverlaps(pieces) {
  const found = [];
  const sorted = [...pieces].sort((a, b) => a.box.top - b.box.top);
  for (let i = 0; i < sorted.length; i++)
    for (let j = i + 1; j < sorted.length; j++) {
      const [a, b] = [sorted[i], sorted[j]];
      if (b.box.top >= a.box.bottom - slack) break;
      const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      // A sticky row label hides what scrolls below it: meant so.
      if (across > slack && down > slack && isSticky(a.element) === isSticky(b.element))
        found.push(`"${a.text}" overlaps "${b.text}" by ${across.toFixed(1)} x ${down.toFixed(1)}`);
    }
  return found;
}

function findClipped(pieces) {
  const found = [];
  for (const {box, element, text} of pieces) {
    if (box.left < -slack || box.right > root.clientWidth + slack)
      found.push(`"${text}" leaves the page: ${box.left.toFixed(1)}..${box.right.toFixed(1)}`);
    const figure = element.closest('svg');
    if (!figure) continue;
    const frame = figure.getBoundingClientRect();
    const room = 8;  // half a tick label at zero may stand in the page's margin
    if (box.left < frame.left - room || box.right > frame.right + room ||
        box.top < frame.top - slack || box.bottom > frame.bottom + slack)
      found.push(`"${text}" leaves its figure`);
  }
  for (const element of document.body.querySelectorAll('*')) {
    const style = getComputedStyle(element);
    const scrolls = style.overflowX === 'auto' || style.overflowX === 'scroll';
    if (!(element instanceof SVGElement) && !scrolls && !isSpokenOnly(element) && style.display !== 'inline' &&
        element.clientWidth > 0 && element.scrollWidth > element.clientWidth + slack &&
        !element.querySelector('.scroll, svg') && !element.closest('.scroll table'))
      found.push(`<${element.localName}> "${element.textContent.trim().slice(0, 60)}" needs ` +
                 `${element.scrollWidth} of ${element.clientWidth} pixels`);
  }
  return found;
}

function luminance(color) {
  const parts = color.match(/[\d.]+/g).slice(0, 3).map(Number).map(part => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
}

function findFaint(pieces) {
  const paper = luminance(getComputedStyle(document.body).backgroundColor);
  const found = new Set();
  for (const {element, text} of pieces) {
    const style = getComputedStyle(element);
    const ink = luminance(element instanceof SVGElement ? style.fill : style.color);
    const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (contrast < leastContrast) found.add(`"${text}" has contrast ${contrast.toFixed(2)}`);
  }
  return [...found];
}

const pieces = collectPieces();
return {
  pieces: pieces.length,
  figureTexts: pieces.filter(piece => piece.element.closest('svg')).length,
  overlaps: findOverlaps(pieces),
  clipped: findClipped(pieces),
  faint: findFaint(pieces),
  scrollsSideways: root.scrollWidth > root.clientWidth,
  // Tables that a wide page must not make its reader scroll.
  hiddenTables: [...document.querySelectorAll('.scroll')]
    .filter(box => box.scrollWidth > box.clientWidth + slack).length,
};
