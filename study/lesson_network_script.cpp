#include "study/lesson_script.h"

namespace weir {

// A value is {channels, side, v}: v holds channels * side * side numbers, row by row. A layer's forward gives
// its value and the way back: from the slopes of what came out to those of what went in.
std::string_view lesson_network_script() {
  return R"(
const value = (channels, side) => ({channels, side, v: new Float64Array(channels * side * side)});

// Calls visit(k, c, weight, r, s) for every weight of every 3x3 window; r and s are -1, 0 or 1.
const eachWeight = (layer, visit) => {
  let i = 0;
  for (let k = 0; k < layer.out; ++k)
    for (let c = 0; c < layer.in; ++c)
      for (let r = -1; r <= 1; ++r)
        for (let s = -1; s <= 1; ++s) visit(k, c, layer.weight[i++], r, s);
};

// Where an output pixel and the input pixel that it looks at, r rows down and s columns right, are both inside.
const inside = (side, r, s, visit) => {
  for (let p = Math.max(0, -r); p < Math.min(side, side - r); ++p)
    for (let q = Math.max(0, -s); q < Math.min(side, side - s); ++q) visit(p * side + q);
};

const forward = {
  conv(layer, x) {  // y = max(0, bias + sum of weight * x under the window), zeros around the image
    const y = value(layer.out, x.side), area = x.side * x.side;
    for (let i = 0; i < y.v.length; ++i) y.v[i] = layer.bias[Math.floor(i / area)];
    eachWeight(layer, (k, c, weight, r, s) => {
      const to = k * area, from = c * area + r * x.side + s;
      inside(x.side, r, s, (at) => { y.v[to + at] += weight * x.v[from + at]; });
    });
    for (let i = 0; i < y.v.length; ++i) if (y.v[i] < 0) y.v[i] = 0;
    const back = (dy) => {
      const dx = value(x.channels, x.side), dz = dy.v.map((slope, i) => y.v[i] > 0 ? slope : 0);
      eachWeight(layer, (k, c, weight, r, s) => {
        const out = k * area, into = c * area + r * x.side + s;
        inside(x.side, r, s, (at) => { dx.v[into + at] += weight * dz[out + at]; });
      });
      return dx;
    };
    return {y, back};
  },
  max_pool(layer, x) {  // the largest of four; the way back leads to the first of them
    const y = value(x.channels, x.side / 2), winner = new Int32Array(y.v.length);
    for (let i = 0; i < y.v.length; ++i) {
      const column = i % y.side, row = Math.floor(i / y.side);  // rows of all channels, one below the other
      const corner = 2 * row * x.side + 2 * column;
      winner[i] = corner;
      for (const at of [corner + 1, corner + x.side, corner + x.side + 1])
        if (x.v[at] > x.v[winner[i]]) winner[i] = at;
      y.v[i] = x.v[winner[i]];
    }
    const back = (dy) => {
      const dx = value(x.channels, x.side);
      dy.v.forEach((slope, i) => { dx.v[winner[i]] += slope; });
      return dx;
    };
    return {y, back};
  },
  global_avg_pool(layer, x) {
    const y = value(x.channels, 1), area = x.side * x.side;
    x.v.forEach((one, i) => { y.v[Math.floor(i / area)] += one / area; });
    const back = (dy) => {
      const dx = value(x.channels, x.side);
      for (let i = 0; i < dx.v.length; ++i) dx.v[i] = dy.v[Math.floor(i / area)] / area;
      return dx;
    };
    return {y, back};
  },
  linear(layer, x) {  // y = W x + bias
    const y = value(layer.out, 1);
    for (let k = 0; k < layer.out; ++k) {
      y.v[k] = layer.bias[k];
      for (let c = 0; c < layer.in; ++c) y.v[k] += layer.weight[k * layer.in + c] * x.v[c];
    }
    const back = (dy) => {
      const dx = value(x.channels, 1);
      for (let k = 0; k < layer.out; ++k)
        for (let c = 0; c < layer.in; ++c) dx.v[c] += layer.weight[k * layer.in + c] * dy.v[k];
      return dx;
    };
    return {y, back};
  },
};

const softmax = (logits) => {
  const most = Math.max(...logits), powers = Array.from(logits, (z) => Math.exp(z - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
};

const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

const buildNetwork = (small) => {
  const numbers = new Float32Array(bytesOf(small.weights).buffer);
  let taken = 0;
  const take = (count) => numbers.subarray(taken, taken += count);
  const layers = small.layers.map((layer) => layer.out === undefined ? layer : {
    ...layer, weight: take(layer.in * layer.out * (layer.kind === 'conv' ? 9 : 1)), bias: take(layer.out)});

  // Logits of an image, 3 * 32 * 32 numbers in [-1, 1], and the slope of -log p(label) for each of them.
  return (image, label) => {
    let x = {channels: 3, side: Math.sqrt(image.length / 3), v: Float64Array.from(image)};
    const ways = layers.map((layer) => {
      const step = forward[layer.kind](layer, x);
      x = step.y;
      return step.back;
    });
    const logits = Array.from(x.v), probabilities = softmax(logits);
    let slope = {...x, v: Float64Array.from(probabilities, (p, k) => k === label ? p - 1 : p)};
    for (const back of ways.reverse()) slope = back(slope);
    return {logits, probabilities, gradient: slope.v, loss: -Math.log(probabilities[label])};
  };
};
)";
}

}  // namespace weir
