#include "study/lesson_script.h"

namespace weir {

std::string_view lesson_controls_script() {
  return R"(
const numbers = JSON.parse(document.getElementById('numbers').textContent);
const element = (id) => document.getElementById(id);
const side = numbers.side, area = side * side;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
const parts = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

// ---- drawing ------------------------------------------------------------------------------------
const draw = (canvas, pixelAt) => {
  const context = canvas.getContext('2d'), picture = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < canvas.width * canvas.height; ++i) picture.data.set([...pixelAt(i), 255], 4 * i);
  context.putImageData(picture, 0, 0);
};
const toByte = (value) => Math.round(127.5 * (Math.min(1, Math.max(-1, value)) + 1));
const drawImage = (canvas, image) =>
  draw(canvas, (i) => [toByte(image[i]), toByte(image[area + i]), toByte(image[2 * area + i])]);
const orange = [213, 94, 0], blue = [0, 114, 178];
const signed = (share) => {  // blue at -1, white at 0, orange at 1
  const size = Math.min(1, Math.abs(share)), pole = share < 0 ? blue : orange;
  return pole.map((part) => Math.round(255 + size * (part - 255)));
};
const drawGradient = (canvas, shares) => draw(canvas, (i) => signed(shares[i]));
const bars = (list, logits, label) => {
  const probabilities = softmax(logits), answer = logits.indexOf(Math.max(...logits));
  list.replaceChildren(...numbers.classes.map((name, k) => {
    const row = document.createElement('li');
    row.className = k === answer ? (k === label ? 'answer true' : 'answer') : '';
    row.innerHTML = `<span class="what">${name}</span><span class="track"><i style="width:` +
      `${(100 * probabilities[k]).toFixed(1)}%"></i></span><span class="share">` +
      `${logits[k].toFixed(2)}<small>${(100 * probabilities[k]).toFixed(1)} %</small></span>`;
    return row;
  }));
};
const curve = (points, stroke, width) => `<polyline points="${points.map((p) => p.map((n) => n.toFixed(1)).join()).join(' ')}" ` +
  `fill="none" stroke="${stroke}" stroke-width="${width}" stroke-linejoin="round"/>`;

// Two paths over the layers: of the original and of this step.
const drawPaths = (svg, before, now) => {
  const most = 1.08 * Math.max(...before, ...now), wide = 300, high = 150, left = 34;
  const at = (path) => path.map((value, k) =>
    [left + k * (wide - left - 8) / (path.length - 1), high - 22 - value / most * (high - 34)]);
  const tick = (value) => `<text x="0" y="${high - 18 - value / most * (high - 34)}">${value.toFixed(2)}</text>`;
  svg.innerHTML = tick(0) + tick(most / 2) + tick(most) +
    `<text x="${left}" y="${high - 4}">layer 1</text><text x="${wide - 8}" y="${high - 4}" text-anchor="end">layer ${before.length}</text>` +
    curve(at(before), 'var(--normal)', 2.5) + curve(at(now), 'var(--fgsm)', 2.5);
};

// Blue: the answer is the label. Orange: it is not. The stronger, the higher the loss.
const drawPlane = (plane, label, step) => {
  const highest = Math.max(...plane.loss), width = plane.to - plane.from;
  draw(element('plane'), (i) => {
    const size = 0.15 + 0.85 * Math.sqrt(plane.loss[i] / highest);
    return signed(plane.answers[i] === label ? -size : size);
  });
  const points = plane.steps.map(([right, up]) => [(right - plane.from) / width * 100, (width / 2 - up) / width * 100]);
  element('way').innerHTML = curve(points, '#1c2128', 1) + points.map(([x, y], i) =>
    `<circle cx="${x}" cy="${y}" r="${i === step ? 3 : 1.4}" fill="${i === step ? '#fff' : '#1c2128'}" stroke="#1c2128"/>`).join('');
};

// ---- the explorer -------------------------------------------------------------------------------
const chosen = {image: 0, attack: 0, step: 0};
const choices = (place, names, which) => {
  element(place).replaceChildren(...names.map((name, i) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = name;
    button.addEventListener('click', () => { chosen[which] = i; begin(); });
    return button;
  }));
};
const pixelsOf = (image) => Float64Array.from(bytesOf(image.pixels), (byte) => Math.fround(byte / 127.5 - 1));
const begin = () => {  // another image or attack: at its last step
  const attack = numbers.images[chosen.image].attacks[chosen.attack];
  for (const [place, which] of [['image-choice', 'image'], ['attack-choice', 'attack']])
    [...element(place).children].forEach((button, i) => button.setAttribute('aria-pressed', i === chosen[which]));
  element('step').max = attack.steps.length - 1;
  element('step').value = chosen.step = attack.steps.length - 1;
  show();
};
const show = () => {
  const image = numbers.images[chosen.image], attack = image.attacks[chosen.attack];
  const step = attack.steps[chosen.step], first = attack.steps[0], last = attack.steps.at(-1);
  const original = pixelsOf(image), added = new Int8Array(bytesOf(step.added).buffer);
  const change = Float64Array.from(added, (byte) => byte / 127 * step.most);
  drawImage(element('picture'), original.map((value, i) => value + change[i]));
  drawImage(element('added'), change.map((value) => value / (last.most || 1)));
  if (step.gradient) drawGradient(element('slope'), Array.from(new Int8Array(bytesOf(step.gradient).buffer), (b) => b / 127));
  else draw(element('slope'), () => [255, 255, 255]);
  element('slope-caption').textContent = step.gradient ? 'which way it looks' : 'no further look';
  bars(element('bars'), step.logits, image.label);
  drawPlane(attack.plane, image.label, chosen.step);
  drawPaths(element('input-path'), first.iip, step.iip);
  drawPaths(element('output-path'), first.oip, step.oip);
  element('step-name').value = `${attack.names[chosen.step]}: ${step.l0} of 3072 numbers changed, ` +
    `the largest by ${step.linf.toFixed(4)}, length ${step.l2.toFixed(3)}`;
};
choices('image-choice', numbers.images.map((image) => numbers.classes[image.label]), 'image');
choices('attack-choice', numbers.images[0].attacks.map((attack) => attack.title), 'attack');
element('step').addEventListener('input', (event) => { chosen.step = Number(event.target.value); show(); });
element('explorer').hidden = false;
begin();

// ---- the painting board ---------------------------------------------------------------------------
const ask = buildNetwork(numbers.small);
const board = {image: 0, original: null, now: null, answer: null};
const refresh = () => {
  const label = numbers.images[board.image].label;
  board.answer = ask(board.now, label);
  const slopes = Array.from({length: area}, (_, i) => board.answer.gradient[i] + board.answer.gradient[area + i] +
    board.answer.gradient[2 * area + i]);
  const sizes = slopes.map(Math.abs).sort((a, b) => a - b), full = sizes[Math.floor(0.98 * area)] || 1;
  drawImage(element('paint'), board.now);
  drawGradient(element('live-slope'), slopes.map((slope) => slope / full));
  drawImage(element('live-added'), board.now.map((value, i) => 5 * (value - board.original[i])));
  bars(element('live-bars'), board.answer.logits, label);
  element('live-loss').value = `loss ${board.answer.loss.toFixed(4)}, largest change ` +
    Math.max(...board.now.map((value, i) => Math.abs(value - board.original[i]))).toFixed(3);
};
const paintImage = (i) => {
  board.image = i;
  board.original = pixelsOf(numbers.images[i]);
  board.now = board.original.slice();
  [...element('board-choice').children].forEach((button, k) => button.setAttribute('aria-pressed', k === i));
  refresh();
};
const limited = (value) => Math.min(1, Math.max(-1, value));
// What the chosen brush adds to number i, once.
const pushes = {
  brighter: () => 0.1, darker: () => -0.1,
  uphill: (i) => 0.02 * Math.sign(board.answer.gradient[i]), downhill: (i) => -0.02 * Math.sign(board.answer.gradient[i]),
};
const dab = (x, y) => {
  const brush = document.querySelector('input[name=brush]:checked').value, radius = 2;
  for (let i = 0; i < area; ++i) {
    if (Math.hypot(i % side + 0.5 - x, Math.floor(i / side) + 0.5 - y) > radius) continue;
    for (const at of [i, area + i, 2 * area + i]) board.now[at] = limited(board.now[at] + pushes[brush](at));
  }
  refresh();
};
const paint = element('paint');
let lastDab = null;
const painted = (event) => {
  const place = paint.getBoundingClientRect();
  const x = (event.clientX - place.left) / place.width * side, y = (event.clientY - place.top) / place.height * side;
  if (lastDab && Math.hypot(x - lastDab[0], y - lastDab[1]) < 1) return;
  lastDab = [x, y];
  dab(x, y);
};
paint.addEventListener('pointerdown', (event) => { lastDab = null; painted(event); });
paint.addEventListener('pointermove', (event) => { if (event.buttons) painted(event); });
const wholeStep = (eps) => {
  board.now = board.now.map((value, i) => limited(value + eps * Math.sign(board.answer.gradient[i])));
  refresh();
};
element('one-step').addEventListener('click', () => wholeStep(0.02));
element('step-back').addEventListener('click', () => wholeStep(-0.02));
element('start-over').addEventListener('click', () => paintImage(board.image));
element('board-choice').replaceChildren(...numbers.images.map((image, i) => {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = numbers.classes[image.label];
  button.addEventListener('click', () => paintImage(i));
  return button;
}));
// Is this network Weir's? The largest difference of a logit, and of a slope as a share of the largest slope, over all images.
const most = (values) => values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
const differences = numbers.images.map((image) => {
  const ours = ask(pixelsOf(image), image.label), theirs = new Float32Array(bytesOf(image.gradient).buffer);
  return {logit: most(ours.logits.map((z, k) => z - image.logits[k])),
          slope: most(ours.gradient.map((slope, i) => slope - theirs[i])) / most(theirs)};
});
const difference = most(differences.map((one) => one.logit)), slopeDifference = most(differences.map((one) => one.slope));
element('agreement').textContent = `Checked just now, on ${numbers.images.length} images: a logit of this script differs from Weir's by ` +
  `${difference.toExponential(0)} at most, a slope by ${slopeDifference.toExponential(0)} of the largest one.`;
document.documentElement.dataset.difference = difference;
document.documentElement.dataset.slopeDifference = slopeDifference;
element('board').hidden = false;
paintImage(0);
)";
}

}  // namespace weir
